//! Which daemon is meant, for the verbs that ask a running one.

use clap::Args;
use std::path::PathBuf;
use url::Url;

/// Where the running daemon answers.
#[derive(Debug, Clone, Default, Args)]
pub struct Reach {
    /// The daemon's configuration file, for its status.listen; found as `run` finds it when neither this nor --url is
    /// given.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where its status page is.
    #[arg(long, value_name = "URL", conflicts_with = "config", value_parser = page)]
    pub url: Option<Url>,
}

/// The page has no TLS of its own: what stands before it is asked in another way.
fn page(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if url.scheme() == "http" { Ok(url) } else { Err("write http://HOST:PORT".to_owned()) }
}
