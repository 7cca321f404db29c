//! The line with hand-made polls and the sink in memory: whatever the sink does, each revision comes out once.

mod batches;

use super::{
    decide::Decider,
    enrich::{Prepared, Unit},
    *,
};
use crate::{
    intake::Poll,
    model::{Feed, FeedHead, Item, ItemId, Stage, StateChange, Topic, Validators, state_key},
    publish::{
        Batch, PublishError,
        memory::{Failure, Memory, Published},
    },
    store::image,
    tap::{self, Filter, Told},
};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::{collections::VecDeque, sync::Mutex};

struct World {
    store: Store,
    intake: Intake,
    feed: Feed,
    poll: u64,
    config: Config,
    _dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let mut config = Config::new(dir.path().to_owned());
        // The polls are of 2020: their frames stay all the same.
        config.intake.retain = Duration::from_secs(100 * 365 * 86_400);
        let policy = intake::Policy {
            options: config.intake.clone(),
            horizon: config.dedup.horizon,
            page_recheck: config.fetch.page_recheck.clone(),
        };
        let intake = Intake::new(store.clone(), policy);
        let feed = Feed::new("invented", "https://wire.example/rss.xml");
        Self { store, intake, feed, poll: 0, config, _dir: dir }
    }

    async fn shows(&mut self, entries: &[(&str, &str)]) {
        self.poll += 1;
        let at: Timestamp = "2020-10-01T08:00:00Z".parse().unwrap();
        let items = entries.iter().map(|(name, text)| {
            let mut item = Item::new(ItemId::new(&self.feed.id, name), self.feed.id.clone());
            item.title = Some(format!("Harbour of {name} {text}"));
            item.content = Some(format!("<p>GENEVA, October 1. The harbour of {name} {text}, its master said.</p>"));
            item
        });
        let items = items.collect();
        let (feed, validators, head) = (self.feed.clone(), Validators::default(), FeedHead::default());
        self.intake
            .append(Poll {
                feed,
                poll: self.poll,
                at,
                validators,
                body: crate::model::Hash::of_bytes(b""),
                head,
                items,
            })
            .await
            .unwrap();
    }

    /// One process's life with a sink that fails in this way; returns what a reader sees of it.
    async fn run(&self, failures: &[Failure]) -> Vec<String> {
        let (sink, published) = Memory::new(self.store.clone());
        published.lock().unwrap().failures = VecDeque::from(failures.to_vec());
        self.live(sink, Tap::default()).await;
        articles(&published)
    }

    /// One process's life with this sink.
    async fn live(&self, sink: impl Sink + 'static, tap: Tap) {
        let options = RunOptions {
            config: self.config.clone(),
            once: true,
            cancel: CancellationToken::new(),
            watching: Watching { tap, ..Watching::default() },
            snapshot: watch::Sender::new(Snapshot::new(Timestamp::now())),
        };
        run_with(options, self.store.clone(), Box::new(sink)).await.unwrap();
    }
}

/// Revision and headline of each article record.
fn articles(published: &Mutex<Published>) -> Vec<String> {
    let published = published.lock().unwrap();
    let articles = published.records.iter().filter(|record| record.topic == Topic::Articles);
    let line = |record: &Record| {
        let value: serde_json::Value = serde_json::from_slice(record.value.as_ref().unwrap()).unwrap();
        format!("{} {}", record.header("rev").unwrap(), value["headline"].as_str().unwrap())
    };
    articles.map(line).collect()
}

#[tokio::test]
async fn each_revision_comes_out_once_and_in_order_whatever_the_sink_does() {
    for failures in [
        &[][..],
        &[Failure::DoubtBefore],
        &[Failure::DoubtAfter],
        &[Failure::DoubtBefore, Failure::Unavailable, Failure::DoubtAfter],
    ] {
        let mut world = World::new();
        world.shows(&[("Alta", "opens"), ("Bergen", "freezes")]).await;
        world.shows(&[("Alta", "closes again"), ("Bergen", "freezes")]).await;
        let expected = ["1 Harbour of Alta opens", "1 Harbour of Bergen freezes", "2 Harbour of Alta closes again"];
        assert_eq!(world.run(failures).await, expected, "{failures:?}");
        assert!(world.run(&[]).await.is_empty(), "a later life finds nothing to do");
    }
}

/// A sink whose first commit takes until so many items have left a room.
struct Slow {
    inner: Memory,
    until: Option<(tap::Watcher, usize)>,
}

impl Sink for Slow {
    fn recover(&mut self) -> BoxFuture<'_, Result<u64, PublishError>> {
        self.inner.recover()
    }

    fn commit(&mut self, batch: Batch) -> BoxFuture<'_, Result<(), PublishError>> {
        Box::pin(async {
            if let Some((mut watcher, most)) = self.until.take() {
                let told = async {
                    let mut told = 0;
                    while told < most {
                        told += match watcher.next().await.unwrap() {
                            Told::Passed(_) => 1,
                            Told::Missed(missed) => usize::try_from(missed).unwrap(),
                        };
                    }
                };
                tokio::time::timeout(Duration::from_secs(60), told).await.expect("nothing goes on meanwhile");
            }
            self.inner.commit(batch).await
        })
    }

    fn close(&mut self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }
}

#[tokio::test]
async fn what_comes_next_is_enriched_and_decided_about_while_a_batch_is_committed() {
    let at_a_time = 2 * std::thread::available_parallelism().unwrap().get();
    // Each item is a batch. Without reading ahead there are eight at a time of which the first one is told.
    for (room, most) in [(Stage::Extract, 24 * at_a_time), (Stage::Dedup, 2)] {
        let mut world = World::new();
        let names: Vec<String> = (0..40 * at_a_time).map(|n| format!("number {n}")).collect();
        world.shows(&names.iter().map(|name| (name.as_str(), "opens")).collect::<Vec<_>>()).await;
        world.config.publish.max_batch = 1;
        let (inner, published) = Memory::new(world.store.clone());
        let tap = Tap::default();
        let watcher = tap.watch(Filter { stages: vec![room], ..Filter::default() });
        world.live(Slow { inner, until: Some((watcher, most)) }, tap).await;
        assert_eq!(articles(&published).len(), names.len());
    }
}

#[tokio::test]
async fn a_replay_from_an_earlier_position_changes_nothing() {
    let mut world = World::new();
    world.shows(&[("Alta", "opens")]).await;
    world.shows(&[("Alta", "closes")]).await;
    assert_eq!(world.run(&[]).await.len(), 2);
    let forget = StateChange::forget(state_key::position(world.store.intake_id()));
    world.store.write(move |tx| image::apply(tx, &[forget])).await.unwrap();
    assert!(world.run(&[]).await.is_empty());
}

/// Of the past of ten thousand new feeds nothing is read in vain; a replay reads it, for it may have been published.
#[tokio::test]
async fn what_is_refused_is_read_out_by_a_replay_only() {
    let mut world = World::new();
    world.feed.exclude = vec!["freezes".to_owned()];
    world.shows(&[("Alta", "opens"), ("Bergen", "freezes")]).await;
    for (refused, expected) in [(false, [true, false]), (true, [true, true])] {
        let (_ending, ending) = watch::channel(true);
        let roster = Roster::new(std::slice::from_ref(&world.feed), crate::model::Backfill::All);
        let reading = Reading {
            source: Source::Intake(world.intake.clone(), roster),
            tables: Some(enrich::tables(world.config.extract.clone())),
            ending,
            tap: Tap::default(),
            parallel: 1,
            refused,
        };
        let mut units = enrich::units(reading, 0);
        let mut read_out = Vec::new();
        while let Some(some) = units.next().await {
            read_out.extend(some.into_iter().filter_map(|unit| match unit.unwrap().content {
                enrich::Prepared::Item(_, enriched) => Some(enriched.unwrap().language_pack.is_some()),
                _ => None,
            }));
        }
        assert_eq!(read_out, expected);
    }
}

#[tokio::test]
async fn the_embedded_default_takes_the_same_batches() {
    let mut world = World::new();
    world.shows(&[("Alta", "opens")]).await;
    let told = Arc::new(Mutex::new(0));
    let count = Arc::clone(&told);
    let options = RunOptions {
        config: world.config.clone(),
        once: true,
        cancel: CancellationToken::new(),
        watching: Watching { on_record: Some(Arc::new(move |_| *count.lock().unwrap() += 1)), ..Watching::default() },
        snapshot: watch::Sender::new(Snapshot::new(Timestamp::now())),
    };
    let sink = open_sink(&world.config, &world.store).unwrap();
    let report = run_with(options, world.store.clone(), sink).await.unwrap();
    assert!(report.failed.is_empty() && report.records >= 1);
    assert_eq!(*told.lock().unwrap(), report.records);
    let lines = std::fs::read_to_string(world.config.data_dir.join("topics/wire.articles.v1.ndjson")).unwrap();
    assert_eq!(lines.lines().count(), 1);
}

fn rules(world: &World) -> Rules {
    Rules {
        part: super::carry::Part::Judge,
        log: world.store.intake_id().to_owned(),
        dedup: world.config.dedup.clone(),
        publish_body: true,
        format: crate::publish::Format::Flat,
        sampled: 1.0,
        program: "dateline/test".to_owned(),
        tap: Default::default(),
        keep_shown: false,
    }
}

/// A batch may close within the first frame of all, when the daemon is told to stop.
#[tokio::test]
async fn a_batch_that_finishes_no_frame_leaves_a_position_all_the_same() {
    let world = World::new();
    let mut decider = Decider::restore(Arc::new(rules(&world)), world.store.clone(), 0, Default::default()).unwrap();
    let (batch, _) = decider.close().unwrap();
    let position = state_key::position(world.store.intake_id());
    assert!(batch.state.iter().any(|change| change.key == position), "else the state is taken for one that was lost");
}
