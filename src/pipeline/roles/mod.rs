//! The same rooms as separate roles: `fetch ─raw(feed)→ enrich ─enriched(domain)→ dedup ─outputs(item)`.
//!
//! ```text
//!  group: which partitions are mine ─► a line for each ─► feeds ─► intake ─► raw            (fetch)
//!                                                         raw ─► clean, extract ─► enriched (enrich)
//!                                                         enriched ─► dedup ─► outputs      (dedup)
//! ```
//!
//! A consumer group says which partitions a worker has, and nothing else. Every partition is worked on by a line of its
//! own, with a transactional producer that is named after the partition: whoever opens it next fences whoever had it
//! before, so a worker that was thought to be dead changes nothing any more. A partition that is taken away is let go of
//! only when its line has ended, and the group waits for that: no feed is polled by two.

mod drain;
mod lines;
mod moving;
mod picture;
mod shard;
pub(super) mod topics;
mod workers;

pub use drain::drain;
pub use moving::{Moved, to_one, to_roles};

use super::{Reload, RunError, RunOptions, RunReport};
use crate::{
    broker::{
        BrokerError, Membership, Settings,
        group::{GroupEvent, GroupSettings, Protocol},
    },
    config::Config,
    publish::{
        PublishError, kafka,
        roles::{GroupProtocol, Role},
    },
};
use lines::{Lines, Partition};
use picture::Picture;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use topics::Names;

/// A broker that is away is asked again after this, and then ever more rarely.
const FIRST_RETRY: Duration = Duration::from_millis(200);
const LAST_RETRY: Duration = Duration::from_secs(10);

/// How long the others may take to be told that this worker is gone.
const GOODBYE: Duration = Duration::from_secs(2);

/// What the lines of a worker have in common.
pub(super) struct Worker {
    role: Role,
    instance: String,
    config: Config,
    names: Names,
    settings: Settings,
    /// The topics as they are.
    topics: crate::broker::topics::Topics,
    membership: Membership,
    watching: super::Watching,
    picture: Picture,
    tables: Option<Arc<super::enrich::Tables>>,
}

/// Works in a role until told to stop.
pub(super) async fn run(
    options: RunOptions,
    role: Role,
    reloads: Option<mpsc::Receiver<Reload>>,
) -> Result<RunReport, RunError> {
    let RunOptions { config, cancel, watching, snapshot, .. } = options;
    let picture = Picture::new(snapshot);
    let names = Names::new(&config, role);
    let settings = kafka::settings(&config.publish.kafka);
    let Some(topics) = topics::ensure(&config, &names, &picture, &cancel).await? else {
        return Ok(RunReport::default());
    };
    let group = GroupSettings {
        group: names.group(),
        instance: config.roles.instance(),
        session_timeout: config.roles.session_timeout,
        protocol: match config.roles.group_protocol {
            GroupProtocol::Classic => Protocol::Classic,
            GroupProtocol::Consumer => Protocol::Consumer,
        },
    };
    let (membership, mut events) =
        Membership::join(&settings, &group, &names.input()).map_err(|error| of_broker(&error))?;
    tracing::info!(role = role.as_str(), instance = group.instance, group = group.group, "joining the group");
    let tables = (role == Role::Enrich).then(|| super::enrich::tables(config.extract.clone()));
    let worker = Worker {
        role,
        instance: group.instance.clone(),
        config,
        names,
        settings,
        topics,
        membership: membership.clone(),
        watching,
        picture: picture.clone(),
        tables,
    };
    let worker = Arc::new(worker);
    let telling = CancellationToken::new();
    let told = tokio::spawn(workers::run(Arc::clone(&worker), telling.clone()));
    let mut lines = Lines::new(worker);
    let mut reloads = reloads;
    let result = loop {
        tokio::select! {
            biased;
            event = events.recv() => match event {
                Some(event) => if let Err(error) = heard(&mut lines, event).await { break Err(error) },
                None => break Err(RunError { exit: 70, message: "the group's member has ended".to_owned() }),
            },
            () = cancel.cancelled() => break Ok(()),
            error = lines.failed() => break Err(error),
            Some(reload) = next(&mut reloads) => lines.reload(reload).await,
        }
    };
    // What is ours is taken away first, and the lines end; only then is the member gone.
    let leaving = tokio::spawn(async move { membership.leave().await });
    tokio::pin!(leaving);
    loop {
        tokio::select! {
            biased;
            event = events.recv() => match event {
                Some(event) => drop(heard(&mut lines, event).await),
                None => break,
            },
            _ = &mut leaving => break,
        }
    }
    lines.end().await;
    telling.cancel();
    tokio::time::timeout(GOODBYE, told).await.ok();
    result?;
    let now = picture.now();
    Ok(RunReport { failed: Vec::new(), records: now.publisher.records, commits: now.publisher.commits })
}

async fn next(reloads: &mut Option<mpsc::Receiver<Reload>>) -> Option<Reload> {
    match reloads {
        Some(reloads) => reloads.recv().await,
        None => std::future::pending().await,
    }
}

/// Does what the group says.
async fn heard(lines: &mut Lines, event: GroupEvent) -> Result<(), RunError> {
    match event {
        GroupEvent::Assigned(partitions) => {
            tracing::info!(?partitions, "the group gives these partitions");
            partitions.into_iter().for_each(|partition| lines.begin(Partition(partition)));
            Ok(())
        }
        GroupEvent::Revoked { partitions, lost, done } => {
            tracing::info!(?partitions, lost, "the group takes these partitions away");
            let ended = lines.let_go(partitions.into_iter().map(Partition), lost);
            if !lost {
                ended.await;
            }
            // Nobody waits any more where the group has ended.
            done.send(()).ok();
            Ok(())
        }
        GroupEvent::Failed(error) => Err(of_broker(&error)),
    }
}

fn of_broker(error: &BrokerError) -> RunError {
    let exit = match error {
        BrokerError::Denied(_) | BrokerError::NotLetIn(_) => 77,
        BrokerError::Stuck(_) => 74,
        BrokerError::Unavailable(_) => 69,
        _ => 78,
    };
    RunError { exit, message: error.to_string() }
}

/// The pause before the next attempt.
fn longer(pause: Duration) -> Duration {
    (pause * 2).min(LAST_RETRY)
}

/// Whether waiting may help.
fn may_pass(error: &PublishError) -> bool {
    !matches!(error, PublishError::Fatal { .. })
}
