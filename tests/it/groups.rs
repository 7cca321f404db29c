//! Consumer groups against a real broker: who owns which partitions and when, how far a group has come, and what a
//! reader that follows a partition sees.

use crate::{
    kafka::raw_producer,
    kafka_broker::{self, Broker},
};
use dateline::broker::{
    BrokerError, Membership, Message, Settings,
    group::{GroupEvent, GroupSettings, Protocol},
    tail::{Tail, Tailed},
    topics::{self, Creation, Wanted},
};
use dateline::model::{Position, Record, Topic};
use dateline::publish::{
    Batch, Epoch, KafkaOptions, PublishError, Sink,
    kafka::{Seat, relay::RelaySink, settings},
};
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions},
    client::DefaultClientContext,
    producer::{BaseProducer, BaseRecord, Producer as _},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

const BOTH: [Protocol; 2] = [Protocol::Classic, Protocol::Consumer];

/// A topic and the workers that share its partitions.
#[derive(Clone)]
struct Team<'b> {
    broker: &'b Broker,
    options: KafkaOptions,
    topic: String,
    protocol: Protocol,
    owners: Owners,
}

/// Which worker has a partition now. No partition is ever given to one before another has let go of it.
type Owners = Arc<Mutex<BTreeMap<i32, String>>>;

impl<'b> Team<'b> {
    fn new(broker: &'b Broker, partitions: i32, protocol: Protocol) -> Self {
        let topic = format!("t{}.raw.v1", uuid::Uuid::new_v4().simple());
        let options = KafkaOptions {
            bootstrap_servers: broker.address(),
            transactional_id: format!("{topic}-line"),
            ..KafkaOptions::default()
        };
        let wanted = Wanted { name: topic.clone(), partitions, compacted: false, strict: false, vital: true };
        topics::ensure(&settings(&options), &[wanted], Creation { allowed: true, replication_factor: 1 }).unwrap();
        Self { broker, options, topic, protocol, owners: Owners::default() }
    }

    fn settings(&self) -> Settings {
        settings(&self.options)
    }

    fn group(&self, instance: &str) -> GroupSettings {
        GroupSettings {
            group: format!("{}-group", self.topic),
            instance: instance.to_owned(),
            session_timeout: Duration::from_secs(6),
            protocol: self.protocol,
        }
    }

    fn join(&self, instance: &str) -> Worker {
        let (membership, events) = Membership::join(&self.settings(), &self.group(instance), &self.topic).unwrap();
        let worker = Worker { instance: instance.to_owned(), membership, seen: Arc::default() };
        tokio::spawn(worker.clone().follow(events, Arc::clone(&self.owners)));
        worker
    }

    fn owned(&self, worker: &Worker) -> BTreeSet<i32> {
        let owners = self.owners.lock().unwrap();
        owners.iter().filter(|(_, owner)| **owner == worker.instance).map(|(partition, _)| *partition).collect()
    }

    /// Waits until each of these has so many partitions.
    async fn until(&self, shares: &[(&Worker, usize)]) {
        let shared = || shares.iter().all(|(worker, share)| self.owned(worker).len() == *share);
        within(shares, shared).await;
    }

    fn producer(&self) -> BaseProducer {
        let producer = raw_producer(self.broker, &self.options.transactional_id);
        producer.init_transactions(LIMIT).unwrap();
        producer
    }

    /// Writes to partition 0 within the producer's transaction.
    fn write(&self, producer: &BaseProducer, keys: &[&str]) {
        for key in keys {
            let record = BaseRecord::to(&self.topic).key(*key).payload("1").partition(0);
            producer.send(record).map_err(|(error, _)| error).unwrap();
        }
        producer.flush(LIMIT).unwrap();
    }

    fn sink(&self, worker: &Worker, output: &str) -> RelaySink {
        let output = output.to_owned();
        let message_of = move |record: Record| Message {
            topic: output.clone(),
            partition: Some(0),
            key: record.key,
            headers: Vec::new(),
            value: record.value,
        };
        let limits = (1 << 20, 1 << 20);
        let seat = Seat::new(worker.membership.clone(), 0, true);
        RelaySink::open(&self.options, seat, limits, Box::new(message_of)).unwrap()
    }
}

/// Longer than anything takes here, on a machine that does other things too.
const LIMIT: Duration = Duration::from_secs(90);

async fn within(what: impl std::fmt::Debug, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < deadline, "in vain: {what:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A member that lets go at once of what is taken from it.
#[derive(Clone)]
struct Worker {
    instance: String,
    membership: Membership,
    seen: Arc<Mutex<Vec<Seen>>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Seen {
    Assigned(Vec<i32>),
    Revoked(Vec<i32>),
    Lost(Vec<i32>),
    Failed(BrokerError),
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}", self.instance, self.seen.lock().unwrap())
    }
}

impl Worker {
    async fn follow(self, mut events: mpsc::Receiver<GroupEvent>, owners: Owners) {
        while let Some(event) = events.recv().await {
            let seen = match event {
                GroupEvent::Assigned(partitions) => {
                    let mut owners = owners.lock().unwrap();
                    for partition in &partitions {
                        let earlier = owners.insert(*partition, self.instance.clone());
                        assert_eq!(earlier, None, "{partition} is given to {}", self.instance);
                    }
                    Seen::Assigned(partitions)
                }
                GroupEvent::Revoked { partitions, lost, done } => {
                    assert!(partitions.iter().all(|partition| !self.membership.owns(*partition)));
                    owners.lock().unwrap().retain(|at, owner| !partitions.contains(at) || *owner != self.instance);
                    let _ = done.send(());
                    if lost { Seen::Lost(partitions) } else { Seen::Revoked(partitions) }
                }
                GroupEvent::Failed(error) => Seen::Failed(error),
            };
            self.seen.lock().unwrap().push(seen);
        }
    }

    /// What has been taken away, in all.
    fn taken(&self) -> Vec<i32> {
        let seen = self.seen.lock().unwrap();
        let taken = |seen: &Seen| match seen {
            Seen::Revoked(partitions) | Seen::Lost(partitions) => partitions.clone(),
            _ => Vec::new(),
        };
        seen.iter().flat_map(taken).collect()
    }

    fn has_seen(&self, wanted: impl Fn(&Seen) -> bool) -> bool {
        self.seen.lock().unwrap().iter().any(wanted)
    }

    async fn committed(&self) -> Option<i64> {
        let membership = self.membership.clone();
        tokio::task::spawn_blocking(move || membership.committed(0)).await.unwrap().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_share_the_partitions_and_only_those_that_move_are_let_go_of() {
    let Some(broker) = kafka_broker::shared() else { return };
    for protocol in BOTH {
        let team = Team::new(broker, 6, protocol);
        let one = team.join("one");
        team.until(&[(&one, 6)]).await;
        let two = team.join("two");
        team.until(&[(&one, 3), (&two, 3)]).await;
        assert_eq!(one.taken().len(), 3, "{protocol:?}: what stays is not interrupted: {one:?}");
        assert!(two.taken().is_empty());

        let three = team.join("three");
        team.until(&[(&one, 2), (&two, 2), (&three, 2)]).await;
        assert_eq!((one.taken().len(), two.taken().len()), (4, 1), "{protocol:?}: {one:?} {two:?}");
        for worker in [&one, &two, &three] {
            worker.membership.leave().await;
            assert_eq!(team.owned(worker), BTreeSet::new(), "{protocol:?}: a member that leaves lets go first");
            assert!(worker.membership.metadata().is_none(), "{protocol:?}: and is none any more");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_comes_back_has_what_it_had_and_one_that_does_not_is_succeeded() {
    let Some(broker) = kafka_broker::shared() else { return };
    for protocol in BOTH {
        let team = Team::new(broker, 4, protocol);
        let one = team.join("one");
        team.until(&[(&one, 4)]).await;
        let two = team.join("two");
        team.until(&[(&one, 2), (&two, 2)]).await;
        let (had, taken) = (team.owned(&two), one.taken());

        // As a new version of the program is put in the place of the old one.
        two.membership.leave().await;
        let two = team.join("two");
        team.until(&[(&two, 2)]).await;
        assert_eq!(team.owned(&two), had, "{protocol:?}");
        assert_eq!((team.owned(&one).len(), one.taken()), (2, taken), "{protocol:?}: the other noticed nothing");

        // As a process that is killed, it says nothing when it goes.
        two.membership.leave().await;
        team.until(&[(&one, 4)]).await;
        one.membership.leave().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_members_with_one_name_one_is_told_so_in_words() {
    let Some(broker) = kafka_broker::shared() else { return };
    // The classic protocol puts out the older one, the other refuses the newer one while the older lives.
    let team = Team::new(broker, 2, Protocol::Classic);
    let older = team.join("one");
    team.until(&[(&older, 2)]).await;
    // It begins before the older knows; what parts the two is the producer's epoch.
    let newer = Team { owners: Owners::default(), ..team.clone() }.join("one");
    let fenced = |seen: &Seen| matches!(seen, Seen::Failed(BrokerError::Fenced(why)) if why.contains("name"));
    within(&older, || older.has_seen(fenced)).await;
    assert!(older.has_seen(|seen| matches!(seen, Seen::Lost(partitions) if partitions.len() == 2)), "{older:?}");
    newer.membership.leave().await;

    let team = Team::new(broker, 2, Protocol::Consumer);
    let older = team.join("one");
    team.until(&[(&older, 2)]).await;
    let newer = team.join("one");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(newer.seen.lock().unwrap().is_empty(), "it waits: {newer:?}");
    older.membership.leave().await;
    within(&newer, || newer.has_seen(|seen| matches!(seen, Seen::Assigned(_)))).await;
    newer.membership.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_whose_broker_is_away_waits_for_it_and_can_leave() {
    let options = KafkaOptions { bootstrap_servers: "127.0.0.1:1".to_owned(), ..KafkaOptions::default() };
    for protocol in BOTH {
        let (group, instance) = ("away".to_owned(), "one".to_owned());
        let group = GroupSettings { group, instance, session_timeout: Duration::from_secs(6), protocol };
        let (membership, mut events) = Membership::join(&settings(&options), &group, "wire.raw.v1").unwrap();
        assert!(tokio::time::timeout(Duration::from_secs(1), events.recv()).await.is_err(), "{protocol:?}");
        tokio::time::timeout(Duration::from_secs(30), membership.leave()).await.unwrap();
        assert!(events.recv().await.is_none(), "{protocol:?}");
    }
}

/// A worker that stands still for longer than the group has patience learns that others have gone on without it.
#[cfg(feature = "faults")]
#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_stood_still_is_told_that_it_has_lost_its_partitions() {
    use dateline::broker::{
        Producer,
        producer::{Messages, SentOffset},
    };
    let Some(broker) = kafka_broker::shared() else { return };
    let team = Team::new(broker, 4, Protocol::Classic);
    let silence = format!("silence/{}", team.group("").group);
    fail::cfg(&silence, "return(6000)").unwrap();
    let (one, two) = (team.join("one"), team.join("two"));
    team.until(&[(&one, 2), (&two, 2)]).await;
    let still = format!("still/{}/one", team.group("").group);
    fail::cfg(&still, "pause").unwrap();
    // It may think what it likes: from here on what it has may be given away.
    team.owners.lock().unwrap().retain(|_, owner| *owner != one.instance);
    within(&two, || team.owned(&two).len() == 4).await;
    // In the name of such a member nothing is committed (S3).
    let producer = Producer::start(&team.settings()).unwrap();
    producer.open(team.settings().producer(1 << 20, 1 << 20)).await.unwrap();
    let offsets = vec![SentOffset { topic: team.topic.clone(), partition: 0, next: 5 }];
    let member = Some(one.membership.clone());
    let sent = producer.commit(Messages { offsets, member, ..Messages::default() }).await;
    assert!(matches!(sent, Err(BrokerError::Doubt(_))), "{sent:?}");
    assert_eq!(two.committed().await, None);
    fail::remove(&still);
    within(&one, || one.has_seen(|seen| matches!(seen, Seen::Lost(lost) if lost.len() == 2))).await;
    // It comes back as one among others.
    team.until(&[(&one, 2), (&two, 2)]).await;
    fail::remove(&silence);
}

#[tokio::test(flavor = "multi_thread")]
async fn offsets_are_seen_when_their_transaction_is_committed_and_waited_for_until_then() {
    let Some(broker) = kafka_broker::shared() else { return };
    for protocol in BOTH {
        let team = Team::new(broker, 1, protocol);
        let one = team.join("one");
        team.until(&[(&one, 1)]).await;
        assert_eq!(one.committed().await, None);
        let producer = team.producer();
        let send = |next: i64| {
            let mut offsets = TopicPartitionList::new();
            offsets.add_partition_offset(&team.topic, 0, Offset::Offset(next)).unwrap();
            producer.begin_transaction().unwrap();
            let member = one.membership.metadata().unwrap();
            producer.send_offsets_to_transaction(&offsets, &member, LIMIT).unwrap();
        };
        send(3);
        producer.abort_transaction(LIMIT).unwrap();
        assert_eq!(one.committed().await, None, "{protocol:?}");
        send(7);
        producer.commit_transaction(LIMIT).unwrap();
        assert_eq!(one.committed().await, Some(7), "{protocol:?}");
        send(9);
        let asked = one.clone();
        let answer = tokio::spawn(async move { asked.committed().await });
        // It cannot be known before the transaction is decided; that it is known after proves the wait.
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!answer.is_finished());
        producer.commit_transaction(LIMIT).unwrap();
        assert_eq!(answer.await.unwrap(), Some(9), "{protocol:?}");
        one.membership.leave().await;
    }
}

fn batch(keys: &[&str], next: u64) -> Batch {
    let record = |key: &&str| Record {
        topic: Topic::DeadLetters,
        key: (*key).to_owned(),
        headers: Vec::new(),
        value: Some(b"1".to_vec()),
    };
    let position = Position { intake: String::new(), seq: next, index: 0 };
    Batch { records: keys.iter().map(record).collect(), state: Vec::new(), position }
}

fn keys(broker: &Broker, topic: &str) -> Vec<String> {
    broker.read(topic).into_iter().map(|record| record.key).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_without_state_goes_on_behind_what_it_has_committed() {
    let Some(broker) = kafka_broker::shared() else { return };
    for (protocol, epoch) in [(Protocol::Classic, Epoch::WhilePrompt), (Protocol::Consumer, Epoch::PerTransaction)] {
        let mut team = Team::new(broker, 1, protocol);
        team.options.epoch = epoch;
        let output = Team::new(broker, 1, protocol).topic;
        let one = team.join("one");
        team.until(&[(&one, 1)]).await;
        let mut sink = team.sink(&one, &output);
        assert!(matches!(sink.commit(batch(&["a"], 1)).await, Err(PublishError::Doubt(_))), "recovery comes first");
        assert_eq!(sink.recover().await.unwrap(), 0);
        sink.commit(batch(&["a", "b"], 2)).await.unwrap();
        sink.commit(batch(&[], 5)).await.unwrap();
        sink.commit(batch(&["c"], 6)).await.unwrap();
        drop(sink);

        let mut sink = team.sink(&one, &output);
        assert_eq!(sink.recover().await.unwrap(), 6);
        sink.commit(batch(&["d"], 7)).await.unwrap();
        assert_eq!(keys(broker, &output), ["a", "b", "c", "d"]);
        assert_eq!(one.committed().await, Some(7));
        one.membership.leave().await;
        assert!(matches!(sink.commit(batch(&["e"], 8)).await, Err(PublishError::Doubt(_))), "it is no member any more");
        assert_eq!(keys(broker, &output).len(), 4);
    }
}

/// S3 and S7: whoever has lost its partition commits nothing, and does not stop its successor.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_has_lost_its_partition_is_fenced_and_leaves_its_successor_alone() {
    let Some(broker) = kafka_broker::shared() else { return };
    let team = Team::new(broker, 1, Protocol::Classic);
    let output = Team::new(broker, 1, Protocol::Classic).topic;
    let silence = format!("silence/{}", team.group("").group);
    fail::cfg(&silence, "return(6000)").unwrap();
    let older = team.join("one");
    team.until(&[(&older, 1)]).await;
    let mut first = team.sink(&older, &output);
    first.recover().await.unwrap();
    first.commit(batch(&["a"], 1)).await.unwrap();

    // The older one stands still for longer than the group has patience, and knows nothing of its successor.
    let still = format!("still/{}/one", team.group("").group);
    fail::cfg(&still, "pause").unwrap();
    team.owners.lock().unwrap().clear();
    let newer = team.join("two");
    team.until(&[(&newer, 1)]).await;
    let mut second = team.sink(&newer, &output);
    assert_eq!(second.recover().await.unwrap(), 1);
    assert!(older.membership.owns(0), "as far as it knows");
    let fenced = first.commit(batch(&["b"], 2)).await.unwrap_err();
    assert!(matches!(fenced, PublishError::Doubt(_)), "{fenced}");

    fail::remove(&still);
    within(&older, || older.has_seen(|seen| *seen == Seen::Lost(vec![0]))).await;
    let ours = first.recover().await.unwrap_err();
    assert!(matches!(&ours, PublishError::Doubt(why) if why.contains("no longer ours")), "{ours}");
    second.commit(batch(&["b"], 2)).await.unwrap();
    assert_eq!(keys(broker, &output), ["a", "b"]);
    newer.membership.leave().await;
    fail::remove(&silence);
}

/// Takes chunks until these keys have come; returns the offset behind the last chunk.
async fn take(chunks: &mut mpsc::Receiver<Result<Tailed, BrokerError>>, keys: &[&str]) -> i64 {
    let mut seen = Vec::new();
    loop {
        let chunk = tokio::time::timeout(LIMIT, chunks.recv()).await.unwrap().unwrap().unwrap();
        assert_eq!(chunk.lost, None);
        seen.extend(chunk.messages.into_iter().map(|message| message.key));
        if seen == keys {
            return chunk.next;
        }
        assert!(seen.len() < keys.len(), "{seen:?}");
    }
}

async fn next_chunk(chunks: &mut mpsc::Receiver<Result<Tailed, BrokerError>>) -> Tailed {
    tokio::time::timeout(LIMIT, chunks.recv()).await.unwrap().unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_follows_what_is_committed_and_says_what_is_lost() {
    let Some(broker) = kafka_broker::shared() else { return };
    let team = Team::new(broker, 1, Protocol::Classic);
    let producer = team.producer();
    let transaction = |keys: &[&str], commit: bool| {
        producer.begin_transaction().unwrap();
        team.write(&producer, keys);
        if commit { producer.commit_transaction(LIMIT).unwrap() } else { producer.abort_transaction(LIMIT).unwrap() }
    };
    transaction(&["a", "b", "c"], true);
    let (tail, mut chunks) = Tail::follow(&team.settings(), &team.topic, 0, None).unwrap();
    take(&mut chunks, &["a", "b", "c"]).await;
    transaction(&["never"], false);
    transaction(&["d"], true);
    let next = take(&mut chunks, &["d"]).await;
    // Three records and their mark, one that was aborted and its mark, and the last.
    assert!(next >= 7, "{next}");
    let end = if next == 8 { next } else { next_chunk(&mut chunks).await.next };
    assert_eq!(end, 8, "marks are counted once the end is reached");
    drop(tail);
    within("the thread ends", || chunks.is_closed()).await;

    let (_tail, mut chunks) = Tail::follow(&team.settings(), &team.topic, 0, Some(2)).unwrap();
    take(&mut chunks, &["c", "d"]).await;

    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", broker.address()).create().unwrap();
    let mut cut = TopicPartitionList::new();
    cut.add_partition_offset(&team.topic, 0, Offset::Offset(6)).unwrap();
    admin.delete_records(&cut, &AdminOptions::new()).await.unwrap();
    for (from, why) in [(1, "deleted 5 offsets"), (99, "ends at 8")] {
        let (_tail, mut chunks) = Tail::follow(&team.settings(), &team.topic, 0, Some(from)).unwrap();
        let lost = next_chunk(&mut chunks).await;
        assert!(lost.lost.as_ref().unwrap().to_string().contains(why), "{lost:?}");
        assert_eq!((lost.next, lost.messages.len()), (6, 0));
        take(&mut chunks, &["d"]).await;
    }
}

/// The bound is on bytes: whoever does not read on holds little.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_not_read_from_waits_and_loses_nothing() {
    let Some(broker) = kafka_broker::shared() else { return };
    let team = Team::new(broker, 1, Protocol::Classic);
    let producer = team.producer();
    let payload = "x".repeat(200_000);
    producer.begin_transaction().unwrap();
    for key in 0..100 {
        let key = key.to_string();
        let record = BaseRecord::to(&team.topic).key(&key).payload(&payload).partition(0);
        producer.send(record).map_err(|(error, _)| error).unwrap();
        producer.poll(Duration::ZERO);
    }
    producer.commit_transaction(LIMIT).unwrap();
    let (_tail, mut chunks) = Tail::follow(&team.settings(), &team.topic, 0, None).unwrap();
    let mut read = 0;
    while read < 100 {
        let chunk = next_chunk(&mut chunks).await;
        for message in &chunk.messages {
            assert_eq!(message.key, read.to_string());
            read += 1;
        }
        let bytes: usize = chunk.messages.iter().map(|message| message.value.as_ref().unwrap().len()).sum();
        assert!(bytes <= (1 << 20) + payload.len(), "{bytes}");
    }
}
