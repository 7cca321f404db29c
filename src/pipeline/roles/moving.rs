//! From one process to many workers and back: the state goes from one form to the other, and nothing is published for it.
//!
//! Comes in: a deployment that is stopped, with nothing on its way. Goes out: the same memory where the others look for
//! it, and a mark where it was, so that whoever is started there by mistake refuses. Until the last transaction every
//! partition says that it is not whole; a move that broke off is done again from the beginning, and overwrites itself.

use super::{
    of_broker,
    topics::{Names, of_all},
};
use crate::{
    broker::{
        BrokerError, Message, Producer, Settings,
        partition_reader::{PartitionReader, ReadMessage},
        producer::Messages,
        topics::{self, Creation, Topics},
    },
    config::Config,
    intake,
    model::{
        Feed, FeedId, ItemId, ItemState, Position, SeenState, SeriesEnd, SeriesState, StateChange, StoryState, Topic,
        state_key,
    },
    pipeline::{RunError, intake_of, open_store},
    publish::{
        KAFKA_IMAGE, KafkaOptions, Sink as _,
        kafka::{self, KafkaSink},
        roles::{Role, partition_of, shard_of},
    },
    store::{Store, StoreError, image},
};
use std::collections::{BTreeMap, BTreeSet};

/// What is written at once.
const CHUNK_BYTES: usize = 2 << 20;

/// How a move went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moved {
    /// Items that are remembered.
    pub items: u64,
    /// Feeds of which something is known.
    pub feeds: u64,
    /// Keys in all.
    pub keys: u64,
}

/// Which partition a feed's memory lies in, and which its polling.
struct Places {
    feeds: BTreeMap<FeedId, Feed>,
    domains: i32,
    shards: i32,
}

impl Places {
    fn feed(&self, id: &FeedId) -> Feed {
        // One that was taken out of the configuration is remembered until its items expire.
        self.feeds.get(id).cloned().unwrap_or_else(|| Feed::new(&id.0, ""))
    }

    fn domain(&self, id: &FeedId) -> i32 {
        partition_of(self.feed(id).domain(), self.domains)
    }

    fn domain_of_item(&self, item: &str) -> i32 {
        self.domain(&item.rsplit_once(':').map_or(item, |(feed, _)| feed).into())
    }

    fn shard(&self, id: &FeedId) -> i32 {
        shard_of(&self.feed(id), self.shards)
    }

    /// The partitions of the workers' memory that a key belongs to.
    fn of(&self, key: &str, value: &[u8]) -> Result<BTreeSet<i32>, StoreError> {
        let read = |error: serde_json::Error| StoreError::Io(format!("cannot read the state's {key}: {error}"));
        let (kind, name) = key.split_once('/').unwrap_or((key, ""));
        Ok(match kind {
            "item" | "text" => [self.domain_of_item(name)].into(),
            "feed" => [self.domain(&name.into())].into(),
            "story" => {
                let story: StoryState = serde_json::from_slice(value).map_err(read)?;
                let members = story.members.iter().map(|item| self.domain_of_item(&item.0));
                members.chain([self.domain_of_item(&story.id)]).collect()
            }
            "series" => {
                let series: SeriesState = serde_json::from_slice(value).map_err(read)?;
                series.claims.iter().map(|claim| self.domain_of_item(claim.item())).collect()
            }
            state_key::GENERATION => (0..self.domains).collect(),
            // Positions are counted in another log over there.
            _ => BTreeSet::new(),
        })
    }
}

/// Where a state lies: a topic's partition, and what its keys begin with.
#[derive(Clone)]
struct Shelf {
    topic: String,
    partition: i32,
    id: String,
}

impl Shelf {
    fn message(&self, change: StateChange) -> Message {
        Message {
            topic: self.topic.clone(),
            partition: Some(self.partition),
            key: format!("{}/{}", self.id, change.key),
            headers: Vec::new(),
            value: change.value,
        }
    }
}

/// A deployment that is being moved.
struct Mover {
    config: Config,
    settings: Settings,
    producer: Producer,
    places: Places,
    fetch: Vec<Shelf>,
    dedup: Vec<Shelf>,
    one: Shelf,
    open: Vec<Message>,
    bytes: usize,
    moved: Moved,
}

/// Moves what one process remembers to workers.
pub async fn to_roles(config: Config) -> Result<Moved, RunError> {
    let store = open_store(&config).await?;
    let kafka = &config.publish.kafka;
    let mut sink = KafkaSink::open(kafka, &config.publish.topic_prefix, store.clone())?;
    let position = sink.recover().await?;
    sink.close().await;
    let waiting = intake_of(&config, &store).backlog(position).await?.frames;
    if waiting > 0 {
        let message = format!(
            "{waiting} frames wait for publication in {}: run the daemon until nothing waits (`dateline run --once`), and \
             then move it",
            config.data_dir.display()
        );
        return Err(RunError { exit: 75, message });
    }
    let mut mover = Mover::begin(config).await?;
    mover.mark(|_| Some(serde_json::json!({ "v": 1 })), None).await?;
    mover.put_memory(&store).await?;
    mover.put_feeds(&store, position).await?;
    mover.put_positions().await?;
    mover.mark(|_| None, Some("many workers")).await?;
    Ok(mover.moved)
}

/// Moves what workers remember to one process, into this data directory.
pub async fn to_one(config: Config) -> Result<Moved, RunError> {
    let store = open_store(&config).await?;
    let mut mover = Mover::begin(config).await?;
    let reader = PartitionReader::new(&mover.settings).map_err(|error| of_broker(&error))?;
    mover.check_that_nothing_is_on_its_way(&reader)?;
    // Whoever is started over there from now on refuses.
    mover.mark(|_| Some(serde_json::json!({ "v": 1 })), None).await?;
    let mut shared: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for shelf in mover.dedup.clone() {
        for (key, value) in mover.read(&reader, &shelf)? {
            if key.starts_with("story/") || key.starts_with(state_key::SERIES) {
                // Told in several domains: the one that was told of last goes on.
                let newer = |before: &Vec<u8>| last_told(&key, before) > last_told(&key, &value);
                if !shared.get(&key).is_some_and(newer) {
                    shared.insert(key, value);
                }
            } else if ["item/", "text/", "feed/"].iter().any(|kind| key.starts_with(kind))
                || key == state_key::GENERATION
            {
                mover.moved.items += u64::from(key.starts_with("item/"));
                mover.put(&mover.one.clone(), StateChange { key, value: Some(value) }).await?;
            }
        }
    }
    for (key, value) in shared {
        mover.put(&mover.one.clone(), StateChange { key, value: Some(value) }).await?;
    }
    let mut facts = Vec::new();
    for shelf in mover.fetch.clone() {
        let read = mover.read(&reader, &shelf)?.into_iter();
        let known = |key: &str| key.starts_with(state_key::FACTS) || key.starts_with(state_key::SEEN);
        facts.extend(read.filter(|(key, _)| known(key)).map(|(key, value)| StateChange { key, value: Some(value) }));
    }
    mover.moved.feeds = facts.iter().filter(|change| change.key.starts_with(state_key::FACTS)).count() as u64;
    let intake = store.intake_id().to_owned();
    let last = store.read(intake::last).await?;
    let position = Position { intake: intake.clone(), seq: last, index: 0 };
    mover.put(&mover.one.clone(), StateChange::set(state_key::position(&intake), &position)).await?;
    mover.settle_locally(&store, facts).await?;
    mover.mark(|_| None, None).await?;
    Ok(mover.moved)
}

/// When a story or a series was last told of, or how much of it was.
fn last_told(key: &str, value: &[u8]) -> (Option<jiff::Timestamp>, usize) {
    if key.starts_with("story/") {
        let story = serde_json::from_slice::<StoryState>(value).ok();
        return (None, story.map_or(0, |story| story.members.len()));
    }
    (serde_json::from_slice::<SeriesEnd>(value).ok().map(|end| end.last()), 0)
}

impl Mover {
    async fn begin(config: Config) -> Result<Self, RunError> {
        let kafka = &config.publish.kafka;
        let prefix = &config.publish.topic_prefix;
        let found = topics_of(&config).await?;
        let partitions = |topic: Topic| {
            let found = found.found.get(&topic.name(prefix)).map_or(0, |topic| topic.partitions);
            i32::try_from(found).unwrap_or(i32::MAX)
        };
        let (shards, domains) = (partitions(Topic::FetchState), partitions(Topic::DedupState));
        let shelves = |role: Role, topic: Topic, count: i32| {
            let names = Names::new(&config, role);
            let shelf =
                |partition| Shelf { topic: topic.name(prefix), partition, id: names.transactional_id(partition) };
            (0..count).map(shelf).collect::<Vec<_>>()
        };
        let (fetch, dedup) =
            (shelves(Role::Fetch, Topic::FetchState, shards), shelves(Role::Dedup, Topic::DedupState, domains));
        let one = Shelf { topic: Topic::State.name(prefix), partition: 0, id: kafka.transactional_id.clone() };
        let feeds = config.feeds.iter().map(|feed| (feed.id.clone(), feed.clone())).collect();
        // Under the id of the one process: one that runs all the same is fenced.
        let settings = kafka::settings(kafka);
        let started = Producer::start(&settings).map_err(|error| BrokerError::Stuck(error.to_string()));
        let producer = started.map_err(|error| of_broker(&error))?;
        let limits = found.found.values().map(|topic| topic.max_message_bytes);
        let (least, most) = (limits.clone().min().unwrap_or(1 << 20), limits.max().unwrap_or(1 << 20));
        producer.open(settings.producer(least, most)).await.map_err(|error| of_broker(&error))?;
        let (open, bytes, moved) = (Vec::new(), 0, Moved::default());
        let places = Places { feeds, domains, shards };
        Ok(Self { config, settings, producer, places, fetch, dedup, one, open, bytes, moved })
    }

    /// Every key of the memory goes where its feeds' domains are.
    async fn put_memory(&mut self, store: &Store) -> Result<(), RunError> {
        let mut after = String::new();
        loop {
            let from = after.clone();
            let rows = store.read(move |db| image::rows_after(db, &from, CHUNK_BYTES)).await?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after.clone_from(last);
            for (key, value) in rows {
                for partition in self.places.of(&key, &value)? {
                    let Some(shelf) = shelf_of(&self.dedup, partition) else { continue };
                    self.put(&shelf, StateChange { key: key.clone(), value: Some(value.clone()) }).await?;
                }
                if let Some(item) = state_key::item_of(&key) {
                    self.put_seen(store, &item, &value).await?;
                }
            }
        }
    }

    /// What fetchers know of an item, which is less.
    async fn put_seen(&mut self, store: &Store, item: &ItemId, value: &[u8]) -> Result<(), RunError> {
        let key = state_key::seen(item);
        let state: ItemState = serde_json::from_slice(value)
            .map_err(|error| StoreError::Io(format!("cannot read the state of item {item}: {error}")))?;
        let asked = item.clone();
        let item_hash = store.read(move |db| intake::item_hash(db, &asked)).await?;
        let seen = SeenState {
            v: 1,
            feed: state.feed.clone(),
            intake: store.intake_id().to_owned(),
            // Whoever takes the shard over begins its first tenure.
            tenure: 0,
            item_hash: item_hash.unwrap_or_else(|| state.hash.clone()),
            hash: state.hash,
            earlier: state.earlier,
            touched: state.touched,
            page_at: None,
        };
        let shelf = shelf_of(&self.fetch, self.places.shard(&state.feed));
        self.moved.items += 1;
        match shelf {
            Some(shelf) => self.put(&shelf, StateChange::set(key, &seen)).await,
            None => Ok(()),
        }
    }

    async fn put_feeds(&mut self, store: &Store, position: u64) -> Result<(), RunError> {
        let feeds: Vec<FeedId> = self.places.feeds.keys().cloned().collect();
        for feed in feeds {
            let asked = feed.clone();
            let Some(facts) = store.read(move |db| intake::vouched(db, &asked, position)).await? else { continue };
            let Some(shelf) = shelf_of(&self.fetch, self.places.shard(&feed)) else { continue };
            self.moved.feeds += 1;
            self.put(&shelf, StateChange::set(state_key::facts(&feed), &facts)).await?;
        }
        Ok(())
    }

    /// Where workers had come, if there have been any: what they had decided is in the memory that is moved.
    async fn put_positions(&mut self) -> Result<(), RunError> {
        let reader = PartitionReader::new(&self.settings).map_err(|error| of_broker(&error))?;
        let names = Names::new(&self.config, Role::Dedup);
        for shelf in self.dedup.clone() {
            let done = reader.committed(&names.group(), &names.input(), shelf.partition);
            let done = done.map_err(|error| of_broker(&error))?.and_then(|offset| u64::try_from(offset).ok());
            let log = super::lines::log_of(&names.input(), super::Partition(shelf.partition));
            let position = Position { intake: log.clone(), seq: done.unwrap_or(0), index: 0 };
            self.put(&shelf, StateChange::set(state_key::position(&log), &position)).await?;
        }
        Ok(())
    }

    async fn put(&mut self, shelf: &Shelf, change: StateChange) -> Result<(), RunError> {
        self.moved.keys += 1;
        self.bytes += change.key.len() + change.value.as_ref().map_or(0, Vec::len);
        self.open.push(shelf.message(change));
        if self.bytes >= CHUNK_BYTES { self.commit().await } else { Ok(()) }
    }

    async fn commit(&mut self) -> Result<(), RunError> {
        self.bytes = 0;
        let outputs = std::mem::take(&mut self.open);
        if outputs.is_empty() {
            return Ok(());
        }
        let committed = self.producer.commit(Messages { outputs, ..Messages::default() }).await;
        if committed.map_err(|error| of_broker(&error))?.given_up {
            let limit = usize::try_from(self.config.publish.max_batch).unwrap_or(usize::MAX).max(8 << 20);
            let opened = self.producer.open(self.settings.producer(1 << 20, limit)).await;
            opened.map_err(|error| of_broker(&error))?;
        }
        Ok(())
    }

    /// Says of every partition of the workers whether it is whole, together with what is still open, and where the
    /// deployment is from then on: `moved` is what the one process is told, and nothing where it has it back.
    async fn mark(
        &mut self,
        unfinished: impl Fn(&Shelf) -> Option<serde_json::Value>,
        moved: Option<&str>,
    ) -> Result<(), RunError> {
        let shelves: Vec<Shelf> = self.fetch.iter().chain(&self.dedup).cloned().collect();
        let ends = shelves.first().is_some_and(|shelf| unfinished(shelf).is_none());
        for shelf in shelves {
            let value = unfinished(&shelf).map(|value| value.to_string().into_bytes());
            self.open.push(shelf.message(StateChange { key: state_key::REBUILDING.to_owned(), value }));
            if ends {
                let there = moved.is_none().then(|| serde_json::json!("one process").to_string().into_bytes());
                self.open.push(shelf.message(StateChange { key: state_key::MOVED.to_owned(), value: there }));
            }
        }
        if ends {
            let there = moved.map(|to| serde_json::json!(to).to_string().into_bytes());
            self.open.push(self.one.message(StateChange { key: state_key::MOVED.to_owned(), value: there }));
        }
        self.commit().await
    }

    /// What a shelf holds.
    fn read(&self, reader: &PartitionReader, shelf: &Shelf) -> Result<BTreeMap<String, Vec<u8>>, RunError> {
        let prefix = format!("{}/", shelf.id);
        let mut held = BTreeMap::new();
        each(reader, &shelf.topic, shelf.partition, None, &mut |message| {
            let Some(key) = message.key.strip_prefix(&prefix) else { return };
            match message.value {
                Some(value) => drop(held.insert(key.to_owned(), value)),
                None => drop(held.remove(key)),
            }
        })?;
        Ok(held)
    }

    /// Records between roles that nobody has taken would be lost.
    fn check_that_nothing_is_on_its_way(&self, reader: &PartitionReader) -> Result<(), RunError> {
        let prefix = &self.config.publish.topic_prefix;
        let names = Names::new(&self.config, Role::Enrich);
        let raw = Topic::Raw.name(prefix);
        let found = reader.partitions().map_err(|error| of_broker(&error))?;
        let mut waiting = 0_u64;
        for partition in (0_i32..).take(found.get(&raw).copied().unwrap_or(0)) {
            let done = reader.committed(&names.group(), &raw, partition).map_err(|error| of_broker(&error))?;
            each(reader, &raw, partition, done, &mut |_| waiting += 1)?;
        }
        let enriched = Topic::Enriched.name(prefix);
        for shelf in &self.dedup {
            let log = super::lines::log_of(&enriched, super::Partition(shelf.partition));
            let position = self.read(reader, shelf)?.remove(&state_key::position(&log));
            let position = position.and_then(|value| serde_json::from_slice::<Position>(&value).ok());
            let done = position.map(|position| i64::try_from(position.seq).unwrap_or(i64::MAX));
            each(reader, &enriched, shelf.partition, done, &mut |_| waiting += 1)?;
        }
        if waiting == 0 {
            return Ok(());
        }
        let message = format!(
            "{waiting} records between the roles wait: stop the fetchers, let the others work until nothing waits, stop \
             them too, and then move"
        );
        Err(RunError { exit: 75, message })
    }

    /// The data directory takes over what the fetchers knew, and begins its image anew.
    async fn settle_locally(&mut self, store: &Store, facts: Vec<StateChange>) -> Result<(), RunError> {
        store.write(move |tx| image::apply(tx, &facts)).await?;
        intake_of(&self.config, store).adopt(&self.config.feeds, 0).await?;
        store
            .write(|tx| {
                image::clear(tx)?;
                image::unset_meta(tx, KAFKA_IMAGE)
            })
            .await?;
        Ok(())
    }
}

fn shelf_of(shelves: &[Shelf], partition: i32) -> Option<Shelf> {
    usize::try_from(partition).ok().and_then(|partition| shelves.get(partition)).cloned()
}

/// Visits what a partition holds from an offset on.
fn each(
    reader: &PartitionReader,
    topic: &str,
    partition: i32,
    from: Option<i64>,
    visit: &mut dyn FnMut(ReadMessage),
) -> Result<(), RunError> {
    let ends = reader.ends(topic, partition).map_err(|error| of_broker(&error))?;
    let from = from.unwrap_or(ends.low).max(ends.low);
    // The other partitions are left out: nothing is read where begin and end are one.
    let before = usize::try_from(partition).unwrap_or(0);
    let bounds: Vec<(i64, i64)> = std::iter::repeat_n((0, 0), before).chain([(from, ends.high)]).collect();
    reader.read(topic, &bounds, visit).map_err(|error| of_broker(&error))
}

/// The topics of the roles that remember.
async fn topics_of(config: &Config) -> Result<Topics, RunError> {
    let options: &KafkaOptions = &config.publish.kafka;
    let (settings, creation) = (
        kafka::settings(options),
        Creation { allowed: options.create_topics, replication_factor: options.replication_factor },
    );
    let wanted = of_all(config);
    let ensured = tokio::task::spawn_blocking(move || topics::ensure(&settings, &wanted, creation)).await;
    ensured.map_err(|failure| RunError::lost("looking for the topics", &failure))?.map_err(|error| of_broker(&error))
}
