//! `dateline health`: asks the daemon that runs whether it is ready, for containers and scripts.

use super::{
    exit, put_text,
    reach::{self, Unreached, away},
};
use crate::cli::Health;
use reqwest::StatusCode;
use tokio::time::timeout;

/// Runs the verb.
pub(super) fn run(given: &Health) -> u8 {
    reach::with(&given.reach, async |daemon| {
        let asking = async { daemon.ask("readyz", &[("verbose", String::new())]).await?.text().await.map_err(away) };
        // What is late is as good as nothing: whoever asks every few seconds asks again.
        match timeout(given.timeout, asking).await {
            Ok(Ok(words)) => {
                put_text(&words);
                exit::DONE
            }
            Ok(Err(Unreached::Refused(StatusCode::SERVICE_UNAVAILABLE, words))) => {
                put_text(&format!("{words}\n"));
                exit::FAILED
            }
            Ok(Err(why)) => daemon.give_up(&why),
            Err(_) => daemon.give_up(&Unreached::Away(format!("no answer within {:?}", given.timeout))),
        }
    })
}
