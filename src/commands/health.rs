//! `dateline health`: asks the daemon that runs whether it is ready, for containers and scripts.

use super::{
    exit, put_text,
    reach::{Daemon, Unreached, complain},
};
use crate::cli::Health;
use reqwest::StatusCode;
use tokio::time::timeout;

/// Runs the verb.
pub(super) fn run(given: &Health) -> u8 {
    let daemon = match Daemon::find(&given.reach) {
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
    let asking = async {
        let answer = daemon.ask("readyz", &[("verbose", String::new())]).await?;
        answer.text().await.map_err(super::reach::away)
    };
    // What is late is as good as nothing: whoever asks every few seconds asks again.
    let asked = runtime.block_on(async { timeout(given.timeout, asking).await });
    match asked {
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
}
