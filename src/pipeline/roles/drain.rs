//! What the directory of a fetcher that is gone for good still holds is handed on.
//!
//! Each of its shards is taken over for as long as that takes, with nothing polled: whoever polls the shard is fenced,
//! reads what was published meanwhile, and goes on. Items that wait for their pages get them first.

use super::{
    lines::Partition,
    picture::Picture,
    shard::{self, Definitions},
    topics::{self, Names},
};
use crate::{
    config::Config,
    model::Snapshot,
    pipeline::{RunError, RunOptions, Watching, carry::Part, run_all},
    publish::{kafka, roles::Role},
    store::{Store, inspect},
};
use jiff::Timestamp;
use std::{fs, io, path::Path};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Hands on what lies in the shards of this data directory; returns of each how many records that were.
pub async fn drain(config: Config, cancel: CancellationToken) -> Result<Vec<(i32, u64)>, RunError> {
    let here = config.data_dir.display();
    let shards = match shards_in(&config.data_dir) {
        Ok(shards) if !shards.is_empty() => shards,
        Ok(_) => return Err(RunError { exit: 66, message: format!("{here} holds no shard of feeds") }),
        Err(error) => return Err(RunError { exit: 66, message: format!("cannot read {here}: {error}") }),
    };
    let names = Names::new(&config, Role::Fetch);
    let picture = Picture::new(watch::Sender::new(Snapshot::new(Timestamp::now())));
    if topics::ensure(&config, &names, &picture, &cancel).await?.is_none() {
        return Ok(Vec::new());
    }
    let mut drained = Vec::new();
    for shard in shards {
        let records = drain_shard(&config, &names, shard, &cancel).await?;
        tracing::info!(shard, records, "the shard is drained");
        drained.push((shard, records));
    }
    Ok(drained)
}

async fn drain_shard(config: &Config, names: &Names, shard: i32, cancel: &CancellationToken) -> Result<u64, RunError> {
    let partition = Partition(shard);
    let settings = kafka::settings(&config.publish.kafka);
    let definitions = Definitions::read(&settings, &names.input(), partition).await?;
    let line = Role::Fetch.line(shard);
    let data_dir = config.data_dir.join(&line);
    let store = tokio::task::spawn_blocking(move || Store::open_line(&data_dir, &line)).await;
    let store = store.map_err(|failure| RunError::lost("opening the store", &failure))??;
    let mut sink = shard::sink(config, names, (partition, None), &store)?;
    let mut config = config.clone();
    config.feeds = definitions.feeds.into_values().collect();
    let tenures = shard::try_to_take_over(partition, &config, &store, sink.as_mut()).await??;
    let snapshot = watch::Sender::new(Snapshot::new(Timestamp::now()));
    let watching = Watching::default();
    let options = RunOptions { config, once: true, cancel: cancel.clone(), watching, snapshot };
    Ok(run_all(options, None, store, sink, Part::Fetch { tenures, polls: false }, None).await?.records)
}

/// The shards that lie in a fetcher's data directory, in order.
fn shards_in(data_dir: &Path) -> io::Result<Vec<i32>> {
    let mut shards = Vec::new();
    for entry in fs::read_dir(data_dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.rsplit_once('-')?.1.parse().ok());
        if let Some(number) = number.filter(|number| Role::Fetch.line(*number).as_str() == name)
            && inspect::file(&entry.path()).exists()
        {
            shards.push(number);
        }
    }
    shards.sort_unstable();
    Ok(shards)
}
