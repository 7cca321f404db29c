//! The command line of `dateline completions`.

use clap::Args;
use clap_complete::Shell;

/// `dateline completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline completions bash > ~/.local/share/bash-completion/completions/dateline
  dateline completions zsh > ~/.zfunc/_dateline
  dateline completions fish > ~/.config/fish/completions/dateline.fish

Exit codes: 0 done; 2 no such shell.")]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}
