//! A configuration that is read anew while the daemon runs takes effect here, whole or not at all.
//!
//! Comes in: what was read, good or bad. What changes: the feeds, what they are polled with, and the rules that look a
//! feed up. What cannot change in a running daemon keeps its old value and is named. A bad configuration changes
//! nothing but the picture of the daemon, which says what is wrong with it.

use super::{RunError, board::Board, polling::Polling, push::Hubs, roster::Roster};
use crate::{
    config::{self, Config, Problems},
    fetch::{self, Means},
    metrics,
};
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// A configuration that was read while the daemon runs.
pub struct Reload {
    /// What holds from now on, or everything that is wrong with it.
    pub read: Result<Config, Problems>,
    /// Told when it has taken effect, or was refused.
    pub done: oneshot::Sender<()>,
}

pub(super) struct Reloading {
    /// What holds.
    pub(super) running: Config,
    pub(super) roster: Roster,
    pub(super) board: Board,
    /// What pages are fetched with.
    pub(super) means: watch::Sender<Means>,
    /// The hubs that tell of feeds, where they are asked to.
    pub(super) hubs: Option<Hubs>,
}

/// The one client and its options.
pub(super) fn means(options: &fetch::Options) -> Result<Means, String> {
    let client = fetch::Client::new(options, env!("CARGO_PKG_VERSION"));
    let client = client.map_err(|error| format!("the HTTP client cannot be set up: {error:#}"))?;
    Ok(Means { client: Arc::new(client), options: Arc::new(options.clone()) })
}

impl Reloading {
    /// Begins to poll the feeds, as often as their hubs let them be polled.
    pub(super) async fn begin(&mut self, polling: &mut Polling) -> Result<(), RunError> {
        self.told(polling);
        if let Some(hubs) = &self.hubs {
            hubs.follow(&self.running.feeds).await;
        }
        for feed in self.running.feeds.iter().filter(|feed| feed.enabled) {
            polling.begin(feed).await?;
        }
        Ok(())
    }

    /// Polls until no feed is left and no configuration can come, or until told to stop.
    pub(super) async fn run(
        mut self,
        mut polling: Polling,
        mut reloads: Option<mpsc::Receiver<Reload>>,
        cancel: &CancellationToken,
    ) -> Result<Polling, RunError> {
        while !polling.is_idle() || reloads.is_some() {
            let more_may_come = reloads.is_some();
            let next = async {
                match &mut reloads {
                    Some(reloads) => reloads.recv().await,
                    None => std::future::pending().await,
                }
            };
            let told = async {
                match &mut self.hubs {
                    Some(hubs) => hubs.changed().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = cancel.cancelled(), if more_may_come => reloads = None,
                () = told => self.told(&mut polling),
                Some(ended) = polling.next_ended() => polling.ended(ended).await?,
                reload = next => match reload {
                    Some(reload) => self.take(reload, &mut polling).await?,
                    None => reloads = None,
                },
            }
        }
        Ok(polling)
    }

    /// Subscriptions stand otherwise.
    pub(super) fn told(&mut self, polling: &mut Polling) {
        if let Some(hubs) = &mut self.hubs {
            hubs.apply(polling, &self.board);
        }
    }

    async fn take(&mut self, reload: Reload, polling: &mut Polling) -> Result<(), RunError> {
        let Reload { read, done } = reload;
        match read {
            Ok(read) => self.apply(read, polling).await?,
            Err(problems) => self.refuse(&problems.to_string()),
        }
        // Whoever asked may have gone away.
        done.send(()).ok();
        Ok(())
    }

    async fn apply(&mut self, read: Config, polling: &mut Polling) -> Result<(), RunError> {
        let (settled, waiting) = config::settle(&self.running, read);
        if settled.fetch != self.running.fetch {
            match means(&settled.fetch) {
                Ok(means) => drop(self.means.send_replace(means)),
                Err(problem) => {
                    self.refuse(&problem);
                    return Ok(());
                }
            }
        }
        // The rules are in force before the first item that is observed under them.
        self.roster.replace(&settled.feeds, settled.fetch.backfill);
        self.board.configured(&settled.feeds, &waiting);
        let means = self.means.borrow().clone();
        let changes = polling.follow(&settled.feeds, &means).await?;
        if let Some(hubs) = &mut self.hubs {
            hubs.follow(&settled.feeds).await;
            // The rows of the picture are new.
            hubs.apply(polling, &self.board);
        }
        metrics::reloaded("applied");
        let super::polling::Changes { added, removed, changed } = changes;
        tracing::info!(added, removed, changed, "the configuration was read anew and holds");
        if !waiting.is_empty() {
            tracing::warn!(keys = waiting.join(", "), "these settings keep their old values until a restart");
        }
        self.running = settled;
        Ok(())
    }

    fn refuse(&self, problems: &str) {
        metrics::reloaded("refused");
        tracing::error!(problems, "the configuration was read anew and is refused; the one before runs on");
        self.board.change(|now| {
            now.configuration.refused = Some(problems.to_owned());
            now.configuration.refused_at = Some(Timestamp::now());
        });
    }
}
