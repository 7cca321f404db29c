//! The sink against a real broker: what is committed is seen once, what is not is never seen, and every start finds
//! the truth.

use crate::kafka_broker::{self, Broker};
use dateline::model::{Position, Record, StateChange, Topic, state_key};
use dateline::publish::{Batch, Delivery, KafkaOptions, PublishError, Sink, kafka::KafkaSink};
use dateline::store::{Store, image};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication},
    client::DefaultClientContext,
    producer::{BaseProducer, BaseRecord, Producer as _},
};
use std::{
    thread,
    time::{Duration, Instant},
};

/// A deployment: a broker, topics under a prefix of its own, and a data directory.
pub(crate) struct Deployment<'b> {
    pub(crate) broker: &'b Broker,
    pub(crate) prefix: String,
    pub(crate) options: KafkaOptions,
    pub(crate) directory: tempfile::TempDir,
}

impl<'b> Deployment<'b> {
    pub(crate) fn new(broker: &'b Broker) -> Self {
        let prefix = format!("t{}", uuid::Uuid::new_v4().simple());
        let options = KafkaOptions {
            bootstrap_servers: broker.address(),
            transactional_id: format!("{prefix}-1"),
            partitions: 3,
            ..KafkaOptions::default()
        };
        Self { broker, prefix, options, directory: tempfile::tempdir().unwrap() }
    }

    /// The same topics and transactional id from another data directory.
    pub(crate) fn twin(&self) -> Self {
        Self {
            broker: self.broker,
            prefix: self.prefix.clone(),
            options: self.options.clone(),
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(self.directory.path()).unwrap()
    }

    pub(crate) fn sink(&self, store: &Store) -> KafkaSink {
        KafkaSink::open(&self.options, &self.prefix, store.clone()).unwrap()
    }

    pub(crate) fn topic(&self, topic: Topic) -> String {
        topic.name(&self.prefix)
    }

    /// The keys that a committed reader sees, by topic, in no order.
    pub(crate) fn keys(&self, topic: Topic) -> Vec<String> {
        let mut keys: Vec<String> = self.broker.read(&self.topic(topic)).into_iter().map(|record| record.key).collect();
        keys.sort();
        keys
    }
}

pub(crate) fn record(topic: Topic, key: &str, bytes: usize) -> Record {
    let headers = [("item", key), ("rev", "1"), ("ce_type", "x"), ("content-type", "application/json")];
    Record {
        topic,
        key: key.to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        value: Some(format!("{{\"text\":\"{}\"}}", "x".repeat(bytes)).into_bytes()),
    }
}

/// Frame `seq` brought one article.
pub(crate) fn batch(store: &Store, seq: u64) -> Batch {
    let key = format!("feed:{seq}");
    Batch {
        records: vec![record(Topic::Articles, &key, 100)],
        state: vec![StateChange::set(format!("item/{key}"), &seq)],
        position: Position { intake: store.intake_id().to_owned(), seq, index: 0 },
    }
}

pub(crate) async fn image_of(store: &Store) -> Vec<(String, Vec<u8>)> {
    let scan = |db: &_| {
        let mut rows = Vec::new();
        for prefix in ["item/", "pos/", "text/"] {
            image::scan(db, prefix, |key, value| {
                rows.push((key.to_owned(), value.to_vec()));
                Ok(())
            })?;
        }
        Ok(rows)
    };
    store.read(scan).await.unwrap()
}

pub(crate) fn raw_producer(broker: &Broker, transactional_id: &str) -> BaseProducer {
    ClientConfig::new()
        .set("bootstrap.servers", broker.address())
        .set("transactional.id", transactional_id)
        .set("transaction.timeout.ms", "20000")
        .set("message.timeout.ms", "10000")
        .create()
        .unwrap()
}

fn send(producer: &BaseProducer, topic: &str, key: &str) {
    producer.send(BaseRecord::to(topic).key(key).payload("1").partition(0)).map_err(|(error, _)| error).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_is_seen_and_the_next_start_goes_on_behind_it() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker);
    let store = deployment.store();
    let mut sink = deployment.sink(&store);
    assert!(matches!(sink.commit(batch(&store, 1)).await, Err(PublishError::Doubt(_))), "recovery comes first");
    assert_eq!(sink.recover().await.unwrap(), 0);
    for seq in 1..=3 {
        sink.commit(batch(&store, seq)).await.unwrap();
    }
    assert_eq!(deployment.keys(Topic::Articles), ["feed:1", "feed:2", "feed:3"]);
    let first = &broker.read(&deployment.topic(Topic::Articles))[0];
    assert_eq!(first.headers["rev"], "1");
    assert_eq!(first.json()["text"].as_str().unwrap().len(), 100);
    let image = image_of(&store).await;
    assert_eq!(image.len(), 4, "three items and the position");
    sink.close().await;
    drop(sink);

    let mut sink = deployment.sink(&store);
    assert_eq!(sink.recover().await.unwrap(), 3);
    assert_eq!(image_of(&store).await, image);
    sink.commit(batch(&store, 4)).await.unwrap();
    assert_eq!(deployment.keys(Topic::Articles).len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_was_cut_off_is_never_seen_and_is_made_again() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker);
    let store = deployment.store();
    let mut sink = deployment.sink(&store);
    sink.recover().await.unwrap();
    sink.commit(batch(&store, 1)).await.unwrap();

    // The process dies with everything produced and nothing committed (C5): a producer of the same id stands for it.
    let (articles, state) = (deployment.topic(Topic::Articles), deployment.topic(Topic::State));
    let dead = raw_producer(broker, &deployment.options.transactional_id);
    dead.init_transactions(Duration::from_secs(20)).unwrap();
    dead.begin_transaction().unwrap();
    send(&dead, &articles, "feed:2");
    let position = state_key::position(store.intake_id());
    send(&dead, &state, &format!("{}/{position}", deployment.options.transactional_id));
    dead.flush(Duration::from_secs(20)).unwrap();
    assert_eq!(broker.read_uncommitted(&articles).len(), 2, "it was written");
    assert_eq!(broker.read(&articles).len(), 1, "and is not seen");
    // Its client goes on living, as a process does that was stopped and not killed (C10).

    let mut sink = deployment.sink(&store);
    assert_eq!(sink.recover().await.unwrap(), 1);
    sink.commit(batch(&store, 2)).await.unwrap();
    assert_eq!(deployment.keys(Topic::Articles), ["feed:1", "feed:2"]);
    assert!(dead.commit_transaction(Duration::from_secs(20)).is_err(), "the old one is fenced");
    assert_eq!(deployment.keys(Topic::Articles), ["feed:1", "feed:2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_was_not_heard_of_is_found_and_not_repeated() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker);
    let store = deployment.store();
    let mut sink = deployment.sink(&store);
    sink.recover().await.unwrap();
    let before = store.read(|db| image::meta(db, "kafka_image")).await.unwrap().unwrap();
    sink.commit(batch(&store, 1)).await.unwrap();
    // The process died between the broker's commit and the image's (C7): the image is put back to where it was.
    store
        .write(move |tx| {
            image::clear(tx)?;
            image::set_meta(tx, "kafka_image", &before)
        })
        .await
        .unwrap();
    let mut sink = deployment.sink(&store);
    assert_eq!(sink.recover().await.unwrap(), 1);
    assert_eq!(image_of(&store).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_lost_or_ahead_of_the_broker_is_read_anew() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker);
    let store = deployment.store();
    let mut sink = deployment.sink(&store);
    sink.recover().await.unwrap();
    for seq in 1..=5 {
        let mut batch = batch(&store, seq);
        batch.state.push(StateChange::set("text/feed:1".to_owned(), &seq));
        if seq == 5 {
            batch.state.push(StateChange::forget("item/feed:2".to_owned()));
        }
        sink.commit(batch).await.unwrap();
    }
    let image = image_of(&store).await;
    assert_eq!(image.len(), 6, "four items, a text, the position");

    store
        .write(|tx| {
            image::clear(tx)?;
            tx.execute("DELETE FROM meta WHERE key = 'kafka_image'", [])
        })
        .await
        .unwrap();
    assert_eq!(deployment.sink(&store).recover().await.unwrap(), 5);
    assert_eq!(image_of(&store).await, image);

    // The broker has less than the image knows of (C13).
    let meta = store.read(|db| image::meta(db, "kafka_image")).await.unwrap().unwrap();
    let mut meta: serde_json::Value = serde_json::from_str(&meta).unwrap();
    meta["offset"] = serde_json::json!(1_000_000);
    let invented = StateChange::set("item/invented".to_owned(), &1);
    store
        .write(move |tx| {
            image::apply(tx, &[invented])?;
            image::set_meta(tx, "kafka_image", &meta.to_string())
        })
        .await
        .unwrap();
    assert_eq!(deployment.sink(&store).recover().await.unwrap(), 5);
    assert_eq!(image_of(&store).await, image);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journals_state_is_not_taken_for_the_brokers() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker);
    let store = deployment.store();
    let position = StateChange::set("pos/journal".to_owned(), &1);
    store.write(move |tx| image::apply(tx, &[position])).await.unwrap();
    let refusal = deployment.sink(&store).recover().await.unwrap_err();
    assert!(matches!(&refusal, PublishError::Fatal { exit: 78, message } if message.contains("data_dir")), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_deployment_of_one_id_fences_the_first_and_twice_is_an_error() {
    let Some(broker) = kafka_broker::shared() else { return };
    let one = Deployment::new(broker);
    let two = one.twin();
    let (store_one, store_two) = (one.store(), two.store());
    let (mut first, mut second) = (one.sink(&store_one), two.sink(&store_two));
    first.recover().await.unwrap();
    first.commit(batch(&store_one, 1)).await.unwrap();
    assert_eq!(second.recover().await.unwrap(), 0, "its own intake has no position");
    assert_eq!(image_of(&store_two).await.len(), 2, "and knows what the other published");

    assert!(matches!(first.commit(batch(&store_one, 2)).await, Err(PublishError::Doubt(_))));
    assert_eq!(first.recover().await.unwrap(), 1, "the fenced batch was not committed");
    first.commit(batch(&store_one, 2)).await.unwrap();
    assert!(matches!(second.commit(batch(&store_two, 1)).await, Err(PublishError::Doubt(_))));
    second.recover().await.unwrap();
    let stop = first.commit(batch(&store_one, 3)).await.unwrap_err();
    assert!(
        matches!(&stop, PublishError::Fatal { exit: 78, message } if message.contains("another deployment")),
        "{stop}"
    );
    assert_eq!(one.keys(Topic::Articles), ["feed:1", "feed:2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_its_topic_does_not_take_goes_to_the_dead_letters() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker);
    let store = deployment.store();
    let mut sink = deployment.sink(&store);
    sink.recover().await.unwrap();
    let mut large = batch(&store, 1);
    // The topics take 8 MiB: one fits although it is larger than Kafka's own default, the other does not.
    large.records.push(record(Topic::Articles, "feed:large", 5 << 20));
    large.records.push(record(Topic::Articles, "feed:larger", 9 << 20));
    large.state.push(StateChange::set("text/feed:larger".to_owned(), &"x".repeat(9 << 20)));
    sink.commit(large).await.unwrap();
    assert_eq!(deployment.keys(Topic::Articles), ["feed:1", "feed:large"]);
    let letters = broker.read(&deployment.topic(Topic::DeadLetters));
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].headers["__connect.errors.exception.class.name"], "record_too_large");
    assert_eq!(letters[0].headers["item"], "feed:larger");
    assert_eq!(letters[0].bytes.as_ref().unwrap().len(), 16 << 10, "its head");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_transactions_every_record_is_there_at_least_once() {
    let Some(broker) = kafka_broker::shared() else { return };
    let mut deployment = Deployment::new(broker);
    deployment.options.delivery = Delivery::AtLeastOnce;
    let store = deployment.store();
    let mut sink = deployment.sink(&store);
    assert_eq!(sink.recover().await.unwrap(), 0);
    for seq in 1..=3 {
        sink.commit(batch(&store, seq)).await.unwrap();
    }
    drop(sink);
    store
        .write(|tx| {
            image::clear(tx)?;
            tx.execute("DELETE FROM meta WHERE key = 'kafka_image'", [])
        })
        .await
        .unwrap();
    let mut sink = deployment.sink(&store);
    assert_eq!(sink.recover().await.unwrap(), 3);
    assert_eq!(image_of(&store).await.len(), 4);
    assert_eq!(deployment.keys(Topic::Articles), ["feed:1", "feed:2", "feed:3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_are_made_as_the_contract_says_and_taken_as_they_are() {
    let Some(broker) = kafka_broker::shared() else { return };
    let mut deployment = Deployment::new(broker);
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", broker.address()).create().unwrap();
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(20)));
    let events = deployment.topic(Topic::Events);
    let existing = NewTopic::new(&events, 2, TopicReplication::Fixed(1));
    admin.create_topics([&existing], &options).await.unwrap()[0].as_ref().unwrap();

    deployment.options.create_topics = false;
    let store = deployment.store();
    let refusal = deployment.sink(&store).recover().await.unwrap_err();
    assert!(
        matches!(&refusal, PublishError::Fatal { exit: 78, message } if message.contains("articles.v1")),
        "{refusal}"
    );

    deployment.options.create_topics = true;
    deployment.sink(&store).recover().await.unwrap();
    assert_eq!(broker.partitions(&events), 2, "an existing topic is used as it is");
    assert_eq!(broker.partitions(&deployment.topic(Topic::Articles)), 3);
    assert_eq!(broker.partitions(&deployment.topic(Topic::State)), 1);
    for topic in Topic::PUBLIC.into_iter().chain([Topic::State]) {
        let name = deployment.topic(topic);
        let described = admin.describe_configs([&ResourceSpecifier::Topic(&name)], &AdminOptions::new()).await.unwrap();
        let policy = described[0].as_ref().unwrap().get("cleanup.policy").unwrap().value.clone().unwrap();
        assert_eq!(policy, if topic.compacted() { "compact" } else { "delete" }, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_waits_for_what_another_deployment_has_not_decided() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker);
    let store = deployment.store();
    deployment.sink(&store).recover().await.unwrap();
    let state = deployment.topic(Topic::State);
    let other = raw_producer(broker, &format!("{}-other", deployment.prefix));
    other.init_transactions(Duration::from_secs(20)).unwrap();
    other.begin_transaction().unwrap();
    send(&other, &state, "another/item/feed:9");
    other.flush(Duration::from_secs(20)).unwrap();

    let mut sink = deployment.sink(&store);
    let recovery = tokio::spawn(async move { sink.recover().await });
    // It cannot be done before the other transaction is; that it is done after proves the wait.
    thread::sleep(Duration::from_secs(1));
    assert!(!recovery.is_finished());
    other.commit_transaction(Duration::from_secs(20)).unwrap();
    assert_eq!(recovery.await.unwrap().unwrap(), 0);
    assert!(image_of(&store).await.is_empty(), "what is another's stays out of the image");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_is_said_to_be_away_and_soon() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let options = KafkaOptions { bootstrap_servers: "127.0.0.1:1".to_owned(), ..KafkaOptions::default() };
    let mut sink = KafkaSink::open(&options, "wire", store.clone()).unwrap();
    let began = Instant::now();
    let away = sink.recover().await.unwrap_err();
    assert!(matches!(away, PublishError::Unavailable(_)), "{away}");
    assert!(began.elapsed() < Duration::from_secs(10), "so that the caller can go on taking in");
}

/// As the pipeline does: while the broker is away, recovery is tried again.
pub(crate) async fn recovered(sink: &mut KafkaSink) -> u64 {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        match sink.recover().await {
            Ok(position) => return position,
            Err(error @ (PublishError::Unavailable(_) | PublishError::Doubt(_))) => {
                assert!(Instant::now() < deadline, "{error}");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}
