//! `dateline man`: manual pages of the program and of every verb, made from the definition of the command line and from
//! what holds for all of them.

use super::{exit, feeds::complain, put_text};
use crate::cli::{Cli, Man};
use clap::{Command, CommandFactory as _};
use clap_mangen::roff::{Roff, bold, roman};
use std::io;

/// What stands in every page.
const SECTIONS: [(&str, &[(&str, &str)]); 3] = [
    (
        "EXIT STATUS",
        &[
            ("0", "Done."),
            ("1", "A check failed."),
            ("2", "The command line makes no sense."),
            ("65", "The input could not be read as what it should be."),
            ("66", "There is no such input."),
            ("69", "The broker or the network is not there."),
            ("70", "A bug of the program."),
            ("73", "The state cannot be created."),
            ("74", "Input or output failed."),
            ("75", "Not done, or not all of it; the same may go well later."),
            ("77", "Not permitted."),
            ("78", "The configuration is refused."),
        ],
    ),
    (
        "FILES",
        &[
            (
                "./dateline.toml, $XDG_CONFIG_HOME/dateline/dateline.toml, /etc/dateline/dateline.toml",
                "The configuration; the first of them that is there, where neither --config nor DATELINE_CONFIG names another.",
            ),
            ("feeds.toml", "The list of feeds beside it, or the files that its key feeds names."),
            (
                "$STATE_DIRECTORY, $XDG_STATE_HOME/dateline, ~/.local/state/dateline",
                "The state, and under topics/ the NDJSON files of records, where data_dir names no other directory.",
            ),
        ],
    ),
    (
        "ENVIRONMENT",
        &[
            ("DATELINE_CONFIG", "The configuration file."),
            (
                "DATELINE__SECTION__KEY",
                "Sets a key: DATELINE__PUBLISH__TO is publish.to. It wins over the file, and a flag over it.",
            ),
            ("STATE_DIRECTORY", "Where the state belongs; systemd sets it."),
            ("XDG_CONFIG_HOME, XDG_STATE_HOME, HOME", "Where files are looked for, as above."),
            ("NO_COLOR", "Without colours, whatever it says."),
        ],
    ),
];

/// Runs the verb.
pub(super) fn run(given: &Man) -> u8 {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    if let Some(directory) = &given.dir {
        if let Err(error) = std::fs::create_dir_all(directory) {
            complain(&format!("error: cannot make {}: {error}", directory.display()));
            return exit::IO;
        }
        let mut all = vec![&program];
        while let Some(command) = all.pop() {
            all.extend(command.get_subcommands());
            let path = directory.join(format!("{}.1", name(command)));
            if let Err(error) = page(command).and_then(|page| std::fs::write(&path, page)) {
                complain(&format!("error: cannot write {}: {error}", path.display()));
                return exit::IO;
            }
        }
        return exit::DONE;
    }
    let mut command = &program;
    for verb in &given.verb {
        match command.find_subcommand(verb) {
            Some(found) => command = found,
            None => {
                complain(&format!("error: {} has no verb {verb}", name(command)));
                return exit::USAGE;
            }
        }
    }
    match page(command) {
        Ok(page) => {
            put_text(&String::from_utf8_lossy(&page));
            exit::DONE
        }
        Err(_) => exit::BUG,
    }
}

/// `dateline-feeds-check`.
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(command.clone())
        .source(concat!("dateline ", env!("CARGO_PKG_VERSION")))
        .manual("Manual of dateline");
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut roff = Roff::new();
    let help = command.get_after_help().map(|help| help.to_string().replace("\nExit", "\n\nExit")).unwrap_or_default();
    let (examples, notes): (Vec<&str>, Vec<&str>) =
        help.split("\n\n").map(str::trim_end).partition(|part| part.starts_with("Examples:\n"));
    for line in examples.iter().flat_map(|part| part.lines()) {
        match line {
            "Examples:" => roff.control("SH", ["EXAMPLES"]).control("nf", []),
            _ => roff.text([roman(line)]),
        };
    }
    roff.control("fi", []).control("SH", ["NOTES"]);
    for note in notes {
        roff.control("PP", []).text([roman(note.trim())]);
    }
    for (title, entries) in SECTIONS {
        roff.control("SH", [title]);
        for (term, words) in entries {
            roff.control("TP", []).text([bold(*term)]).text([roman(*words)]);
        }
    }
    roff.to_writer(&mut page)?;
    Ok(page)
}
