//! Which daemon is meant, for the verbs that ask a running one.

use clap::Args;
use std::path::PathBuf;
use url::Url;

/// Where the running daemon answers.
#[derive(Debug, Clone, Default, Args)]
pub struct Reach {
    /// The daemon's configuration file, for its status.listen, whatever else is wrong with it; found as `run` finds it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Set one key of it, such as status.listen=127.0.0.1:9640. May be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Where its status page is, instead; http only.
    #[arg(long, value_name = "URL", value_parser = page)]
    pub url: Option<Url>,
}

/// The page has no TLS of its own: what stands before it is asked in another way.
fn page(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if url.scheme() == "http" { Ok(url) } else { Err("write http://HOST:PORT".to_owned()) }
}
