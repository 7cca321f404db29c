//! Hubs, where the operator has us told by them: the subscriptions' task is begun here, and what it says of each feed
//! changes how often that feed is polled and how it is shown.

use super::{RunError, board::Board, polling::Polling};
use crate::{
    config::Config,
    fetch::{
        Delivery, Means,
        websub::{self, Push, Service, Setup, Standing, Standings, WebSub},
    },
    model::{Feed, PushSnapshot},
    store::Store,
};
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// The handle on the subscriptions, and how they stand.
pub(super) struct Hubs {
    pub(super) websub: WebSub,
    standings: watch::Receiver<Standings>,
}

impl Hubs {
    /// Begins to listen, where a public address is configured.
    pub(super) async fn open(
        config: &Config,
        store: &Store,
        means: watch::Receiver<Means>,
        out: mpsc::Sender<Delivery>,
    ) -> Result<Option<(Self, Service)>, RunError> {
        let options = config.fetch.websub.clone();
        if options.callback.is_none() {
            return Ok(None);
        }
        let setup = Setup { options, store: store.clone(), means, out };
        let opened = websub::open(setup).await.map_err(|error| match error {
            websub::SetupError::Listen { .. } => RunError { exit: 69, message: error.to_string() },
            websub::SetupError::Store(error) => error.into(),
        });
        let (websub, standings, service) = opened?;
        tracing::info!(address = %service.address(), "hubs are listened to");
        Ok(Some((Self { websub, standings }, service)))
    }

    /// These feeds are configured.
    pub(super) async fn follow(&self, feeds: &[Feed]) {
        let enabled = feeds.iter().filter(|feed| feed.enabled);
        self.websub.follow(enabled.map(|feed| Arc::new(feed.clone())).collect()).await;
    }

    /// Returns when subscriptions stand otherwise than they did.
    pub(super) async fn changed(&mut self) {
        if self.standings.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Has feeds polled and shown as their subscriptions stand.
    pub(super) fn apply(&mut self, polling: &mut Polling, board: &Board) {
        let standings = self.standings.borrow_and_update().clone();
        polling.told(standings.iter().filter(|(_, push)| push.standing == Standing::Live).map(|(id, _)| id));
        board.change(|now| {
            for row in &mut now.feeds {
                row.push = standings.get(&row.id).map(shown);
            }
        });
    }
}

fn shown(push: &Push) -> PushSnapshot {
    PushSnapshot {
        standing: push.standing.as_str().to_owned(),
        hub: push.hub.clone(),
        until: push.until,
        why: push.why.clone(),
    }
}
