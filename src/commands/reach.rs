//! The running daemon, asked over HTTP by the verbs that watch it.

use super::exit;
use crate::{
    PROGRAM,
    cli::Reach,
    commands::show::harmless,
    config::{self, Environment, Flags},
};
use reqwest::{Response, StatusCode};
use std::{
    error::Error as _,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};
use url::Url;

/// Within this a daemon that is there has taken the connection.
const CONNECT: Duration = Duration::from_secs(5);

/// A stream that says nothing for so long has broken; a daemon says that it lives every ten seconds.
const SILENCE: Duration = Duration::from_secs(30);

/// What an answer that is refused may say.
const WORDS: usize = 64 << 10;

/// A daemon that may or may not be there.
pub(super) struct Daemon {
    client: reqwest::Client,
    /// Its status page.
    pub(super) page: Url,
}

/// Why the daemon did not answer as it should.
#[derive(Debug)]
pub(super) enum Unreached {
    /// Nobody answers, or breaks off.
    Away(String),
    /// It answers with this instead.
    Refused(StatusCode, String),
}

/// Finds the daemon and does this with it; returns the exit code.
pub(super) fn with<W: Future<Output = u8>>(given: &Reach, work: impl FnOnce(Daemon) -> W) -> u8 {
    let daemon = match Daemon::find(given) {
        Ok(daemon) => daemon,
        Err(code) => return code,
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("threads cannot be started: {error}"));
            return exit::BUG;
        }
    };
    let code = runtime.block_on(work(daemon));
    // Whoever waits for a key is not waited for.
    runtime.shutdown_background();
    code
}

impl Daemon {
    /// Where the command line and the configuration say that it is; else the exit code, with the reason said.
    pub(super) fn find(given: &Reach) -> Result<Self, u8> {
        let page = match &given.url {
            Some(url) => url.clone(),
            None => configured(given)?,
        };
        let client = reqwest::Client::builder()
            .user_agent(PROGRAM)
            .no_proxy()
            // Plain http only: a machine without certificates has daemons too.
            .tls_certs_only([])
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .build();
        let client = client.map_err(|error| {
            complain(&format!("no HTTP client: {error}"));
            exit::BUG
        })?;
        Ok(Self { client, page })
    }

    /// Asks for a path below the page.
    pub(super) async fn ask(&self, path: &str, query: &[(&'static str, String)]) -> Result<Response, Unreached> {
        let mut url = self.page.clone();
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        url.set_query(None);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut response = self.client.get(url).send().await.map_err(away)?;
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        let mut words = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await
            && words.len() < WORDS
        {
            words.extend_from_slice(&chunk);
        }
        words.truncate(WORDS);
        Err(Unreached::Refused(response.status(), String::from_utf8_lossy(&words).trim().to_owned()))
    }

    /// Says why it could not be asked at the beginning; returns the exit code.
    pub(super) fn give_up(&self, why: &Unreached) -> u8 {
        let page = &self.page;
        match why {
            Unreached::Away(why) => complain(&format!("no daemon answers at {page}: {why}")),
            Unreached::Refused(StatusCode::BAD_REQUEST, words) => {
                complain(words);
                return exit::USAGE;
            }
            Unreached::Refused(StatusCode::SERVICE_UNAVAILABLE, words) => {
                complain(words);
                return exit::TRY_LATER;
            }
            Unreached::Refused(status, words) => complain(&format!("{page} answers {status}: {words}")),
        }
        exit::UNAVAILABLE
    }
}

/// Why a connection failed, in its innermost words.
pub(super) fn away(error: reqwest::Error) -> Unreached {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut inner = error.source();
    while let Some(error) = inner {
        words = error.to_string();
        inner = error.source();
    }
    Unreached::Away(words)
}

/// The page of the daemon that the configuration describes, which may run on an earlier one: what is wrong with the rest
/// of it does not matter.
fn configured(given: &Reach) -> Result<Url, u8> {
    let flags = Flags { config: given.config.clone(), set: given.set.clone(), ..Flags::default() };
    let options = config::status(&flags, &Environment::of_process());
    page_of(&options.listen).map_err(|why| {
        complain(&why);
        exit::CONFIGURATION
    })
}

/// Where to ask a daemon that listens there.
fn page_of(listen: &str) -> Result<Url, String> {
    if listen == "off" {
        return Err("status.listen is off: this daemon cannot be watched".to_owned());
    }
    let asked = match listen.parse::<SocketAddr>() {
        Ok(mut address) if address.ip().is_unspecified() => {
            address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
            address.to_string()
        }
        _ => listen.to_owned(),
    };
    if asked.ends_with(":0") {
        return Err("status.listen takes any free port: say --url with the address that the daemon printed".to_owned());
    }
    Url::parse(&format!("http://{asked}/")).map_err(|error| format!("status.listen: {listen:?}: {error}"))
}

#[expect(clippy::print_stderr, reason = "a command's remarks")]
pub(super) fn complain(words: &str) {
    eprintln!("dateline: {}", harmless(words));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(listen: &str, page: &str) {
        assert_eq!(page_of(listen).map(String::from).unwrap_or_else(|why| why), page);
    }

    #[test]
    fn who_listens_everywhere_is_asked_at_home() {
        check("127.0.0.1:8640", "http://127.0.0.1:8640/");
        check("0.0.0.0:8640", "http://127.0.0.1:8640/");
        check("[::]:8640", "http://[::1]:8640/");
        check("localhost:8640", "http://localhost:8640/");
        check("off", "status.listen is off: this daemon cannot be watched");
        check("[::1]:0", "status.listen takes any free port: say --url with the address that the daemon printed");
    }
}
