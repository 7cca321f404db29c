//! Which daemon is meant, for the verbs that ask a running one.

use super::Configuration;
use clap::Args;
use url::Url;

/// Where the running daemon answers.
#[derive(Debug, Clone, Default, Args)]
pub struct Reach {
    /// Where the daemon's configuration comes from, for its status.listen; whatever else is wrong with it.
    #[command(flatten)]
    pub configuration: Configuration,
    /// Where its status page is, instead; http only.
    #[arg(long, value_name = "URL", value_parser = page)]
    pub url: Option<Url>,
}

/// The page has no TLS of its own: what stands before it is asked in another way.
fn page(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if url.scheme() == "http" { Ok(url) } else { Err("write http://HOST:PORT".to_owned()) }
}
