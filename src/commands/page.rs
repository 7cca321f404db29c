//! The status page beside a daemon: its history, its counters and what passes through the rooms, put together and served.

use super::schema;
use crate::{
    config::Config,
    history::History,
    metrics,
    model::Snapshot,
    pipeline::{OnShown, Watching},
    status::{self, Watched},
};
use std::sync::Arc;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Serves the page until the end is called; says how it is reached. The daemon tells it through `watching`.
pub(super) async fn serve(
    config: &Config,
    picture: watch::Receiver<Snapshot>,
    watching: &mut Watching,
    ended: CancellationToken,
) -> anyhow::Result<(String, JoinHandle<()>)> {
    let metrics = metrics::install()?;
    let history = History::open(&config.data_dir, picture.clone());
    let history = history.inspect_err(|error| tracing::warn!(%error, "the status page remembers nothing")).ok();
    watching.on_shown = history.clone().map(|history| Arc::new(move |shown| history.note(shown)) as OnShown);
    let (data_dir, tap) = (config.data_dir.clone(), watching.tap.clone());
    let watched = Watched { snapshot: picture, metrics, data_dir, history, tap, cancel: ended };
    let (address, task) = status::serve(&config.status, watched, schema::documents(&config.publish)).await?;
    Ok((format!("status page: http://{address}/"), task))
}
