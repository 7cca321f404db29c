//! What a broker does not take, and what a broker has lost: nothing else is held up by it, and nothing is hushed up.

use crate::{
    kafka::{Deployment, batch, image_of, raw_producer, record, recovered},
    kafka_broker::{self, Broker},
};
use dateline::model::Topic;
use dateline::publish::{Batch, PublishError, Sink as _, kafka::KafkaSink};
use dateline::store::{Store, image};
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier},
    client::DefaultClientContext,
    producer::Producer as _,
};
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

/// A batch with a record of this topic beside its article.
fn batch_with(store: &Store, seq: u64, topic: Topic, bytes: usize) -> Batch {
    let mut batch = batch(store, seq);
    let mut beside = record(topic, &format!("beside:{seq}"), 0);
    // Compression must not make it small.
    let mut text = String::new();
    while text.len() < bytes {
        text.push_str(&uuid::Uuid::new_v4().simple().to_string());
    }
    beside.value = Some(format!("\"{text}\"").into_bytes());
    batch.records.push(beside);
    batch
}

/// As the pipeline does: after a doubt the sink recovers, and the batch is made again unless it was committed.
async fn publish(sink: &mut KafkaSink, seq: u64, make: impl Fn() -> Batch) -> Result<u32, PublishError> {
    let mut doubts = 0;
    while let Err(error) = sink.commit(make()).await {
        match error {
            PublishError::Doubt(_) | PublishError::Unavailable(_) => doubts += 1,
            fatal @ PublishError::Fatal { .. } => return Err(fatal),
        }
        assert!(doubts < 12, "it spins: {error}");
        match sink.recover().await {
            Ok(position) if position == seq => break,
            Ok(_) | Err(PublishError::Doubt(_) | PublishError::Unavailable(_)) => {}
            Err(fatal) => return Err(fatal),
        }
    }
    Ok(doubts)
}

/// The words with which the sink refuses to begin.
async fn refused(sink: &mut KafkaSink) -> String {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        match sink.recover().await {
            Err(PublishError::Fatal { message, .. }) => return message,
            other => assert!(other.is_err() && Instant::now() < deadline, "{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn admin(broker: &Broker) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", broker.address()).create().unwrap()
}

fn letters(deployment: &Deployment<'_>) -> Vec<(String, String)> {
    let letters = deployment.broker.read(&deployment.topic(Topic::DeadLetters));
    let of = |letter: &kafka_broker::Read| (letter.headers["item"].clone(), letter.headers["error-code"].clone());
    // They lie in several partitions.
    let mut letters: Vec<(String, String)> = letters.iter().map(of).collect();
    letters.sort();
    letters
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_takes_less_from_now_on_holds_up_nothing() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker);
    let store = deployment.store();
    let mut sink = deployment.sink(&store);
    recovered(&mut sink).await;
    sink.commit(batch_with(&store, 1, Topic::Events, 50_000)).await.unwrap();
    let events = deployment.topic(Topic::Events);
    let less = AlterConfig::new(ResourceSpecifier::Topic(&events)).set("max.message.bytes", "20000");
    admin(broker).alter_configs([&less], &AdminOptions::new()).await.unwrap()[0].as_ref().unwrap();

    let doubts = publish(&mut sink, 2, || batch_with(&store, 2, Topic::Events, 50_000)).await.unwrap();
    assert!(doubts >= 1, "the topic takes less while the program does not know of it");
    sink.commit(batch_with(&store, 3, Topic::Events, 50_000)).await.unwrap();
    sink.commit(batch_with(&store, 4, Topic::Events, 500)).await.unwrap();
    assert_eq!(deployment.keys(Topic::Articles), ["feed:1", "feed:2", "feed:3", "feed:4"]);
    assert_eq!(deployment.keys(Topic::Events), ["beside:1", "beside:4"]);
    let too_large = |key: &str| (key.to_owned(), "record_too_large".to_owned());
    assert_eq!(letters(&deployment), [too_large("beside:2"), too_large("beside:3")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_we_may_not_write_holds_up_nothing_and_the_vital_ones_end_the_program() {
    let settings = "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
                    allow.everyone.if.no.acl.found=true\n";
    let Some(broker) = Broker::install_with(1, settings) else { return };
    broker.start();
    let deployment = Deployment::new(&broker);
    let store = deployment.store();
    let mut sink = deployment.sink(&store);
    recovered(&mut sink).await;
    sink.commit(batch_with(&store, 1, Topic::Events, 10)).await.unwrap();

    deny_writing(&broker, &deployment.topic(Topic::Events));
    let began = Instant::now();
    let doubts = publish(&mut sink, 2, || batch_with(&store, 2, Topic::Events, 10)).await.unwrap();
    assert!((1..=2).contains(&doubts), "{doubts} doubts");
    assert!(began.elapsed() < Duration::from_secs(30), "it took {:?}", began.elapsed());
    sink.commit(batch_with(&store, 3, Topic::Events, 10)).await.unwrap();
    assert_eq!(deployment.keys(Topic::Articles), ["feed:1", "feed:2", "feed:3"]);
    assert_eq!(deployment.keys(Topic::Events), ["beside:1"]);
    let denied = |key: &str| (key.to_owned(), "topic_not_allowed".to_owned());
    assert_eq!(letters(&deployment), [denied("beside:2"), denied("beside:3")]);

    for vital in [Topic::DeadLetters, Topic::State] {
        let name = deployment.topic(vital);
        deny_writing(&broker, &name);
        // A program that is started again learns it anew.
        let mut sink = deployment.sink(&store);
        let stop = match sink.recover().await {
            Ok(_) => publish(&mut sink, 4, || batch_with(&store, 4, Topic::Events, 10)).await.map(drop),
            Err(error) => Err(error),
        };
        let said = matches!(&stop, Err(PublishError::Fatal { exit: 77, message }) if message.contains(&name));
        assert!(said, "{stop:?}");
    }
    assert_eq!(deployment.keys(Topic::Articles), ["feed:1", "feed:2", "feed:3"]);
}

/// Everybody may read and describe the topic, and nobody may write it. The client library cannot say that, so the
/// request (CreateAcls, version 1) is written by hand.
fn deny_writing(broker: &Broker, topic: &str) {
    const CREATE_ACLS: i16 = 30;
    const TOPIC: u8 = 2;
    const LITERAL: u8 = 3;
    let [read, write, describe, describe_configs] = [3, 4, 8, 10];
    let [deny, allow] = [2, 3];
    let text = |text: &str| [&(text.len() as i16).to_be_bytes(), text.as_bytes()].concat();
    let mut body = [&CREATE_ACLS.to_be_bytes()[..], &1_i16.to_be_bytes(), &1_i32.to_be_bytes(), &text("test")].concat();
    let rules = [(write, deny), (read, allow), (describe, allow), (describe_configs, allow)];
    body.extend((rules.len() as i32).to_be_bytes());
    for (operation, permission) in rules {
        body.push(TOPIC);
        body.extend(text(topic));
        body.push(LITERAL);
        body.extend(text("User:*"));
        body.extend(text("*"));
        body.extend([operation, permission]);
    }
    let mut connection = TcpStream::connect(broker.address()).unwrap();
    connection.write_all(&[&(body.len() as i32).to_be_bytes()[..], &body].concat()).unwrap();
    let mut length = [0; 4];
    connection.read_exact(&mut length).unwrap();
    let mut answer = vec![0; i32::from_be_bytes(length) as usize];
    connection.read_exact(&mut answer).unwrap();
    // Correlation id, throttle time, number of results; of each the code and a message, which is none or empty.
    let is_done = |result: &[u8]| result[..2] == [0, 0] && matches!(result[2..], [0xff, 0xff] | [0, 0]);
    assert!(answer.len() == 12 + 4 * rules.len() && answer[12..].chunks(4).all(is_done), "{answer:?}");
}

async fn delete(broker: &Broker, topic: &str) {
    admin(broker).delete_topics(&[topic], &AdminOptions::new()).await.unwrap()[0].as_ref().unwrap();
    crate::harness::wait_for(Duration::from_secs(30), "the topic to go", || {
        (broker.partitions(topic) == 0).then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_was_deleted_is_made_again() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker);
    let store = deployment.store();
    let mut sink = deployment.sink(&store);
    recovered(&mut sink).await;
    sink.commit(batch(&store, 1)).await.unwrap();
    delete(broker, &deployment.topic(Topic::Articles)).await;
    publish(&mut sink, 2, || batch(&store, 2)).await.unwrap();
    assert_eq!(deployment.keys(Topic::Articles), ["feed:2"]);
}

/// C13. The state topic is gone, or another one of its name has grown past the image, or its begin was cut off: what
/// is known is what the broker has. A daemon does not begin beside articles of which nothing is remembered; whoever
/// rebuilds the memory finds the position where it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_topic_that_was_lost_is_noticed_also_when_it_has_grown_again() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker);
    let state = deployment.topic(Topic::State);
    let store = deployment.store();
    let mut sink = deployment.sink(&store);
    recovered(&mut sink).await;
    for seq in 1..=3 {
        sink.commit(batch(&store, seq)).await.unwrap();
    }
    assert_eq!(image_of(&store).await.len(), 4);
    delete(broker, &state).await;
    for _ in 0..2 {
        let refusal = refused(&mut sink).await;
        assert!(refusal.contains("rebuild-state"), "{refusal}");
    }
    drop(sink);
    let sink = deployment.sink(&store).rebuilding();
    drop(sink);
    refuses_to_work(&mut deployment.sink(&store)).await;
    refuses_to_work(&mut deployment.sink(&store)).await;
    // As `rebuild-state` does, though it also learns what the topics hold.
    let mut sink = deployment.sink(&store).rebuilding();
    assert_eq!(recovered(&mut sink).await, 3, "the position is carried over");
    assert_eq!(image_of(&store).await.len(), 1, "and nothing else is known");
    sink.commit(batch(&store, 4)).await.unwrap();
    drop(sink);

    // Another directory of the same deployment is the first to find the topic gone, and writes more than was there.
    delete(broker, &state).await;
    let twin = deployment.twin();
    let twin_store = twin.store();
    let mut sink = twin.sink(&twin_store).rebuilding();
    recovered(&mut sink).await;
    for seq in 101..=110 {
        sink.commit(batch(&twin_store, seq)).await.unwrap();
    }
    drop(sink);
    let mut sink = deployment.sink(&store);
    assert_eq!(recovered(&mut sink).await, 4);
    assert_eq!(image_of(&store).await.len(), 12, "the other's ten items and both positions");
    sink.commit(batch(&store, 5)).await.unwrap();

    // The begin is cut off behind the image's last record.
    let mut cut = TopicPartitionList::new();
    cut.add_partition_offset(&state, 0, Offset::End).unwrap();
    // Kafka cuts nothing off a compacted topic.
    for policy in ["delete", "compact"] {
        let change = AlterConfig::new(ResourceSpecifier::Topic(&state)).set("cleanup.policy", policy);
        admin(broker).alter_configs([&change], &AdminOptions::new()).await.unwrap()[0].as_ref().unwrap();
        if policy == "delete" {
            let cut = admin(broker).delete_records(&cut, &AdminOptions::new()).await.unwrap();
            cut.elements()[0].error().unwrap();
        }
    }
    drop(sink);
    refuses_to_work(&mut deployment.sink(&store)).await;
    let mut sink = deployment.sink(&store).rebuilding();
    assert_eq!(recovered(&mut sink).await, 5);
    sink.commit(batch(&store, 6)).await.unwrap();
    drop(sink);
    let dropped = store.write(|tx| {
        image::clear(tx)?;
        tx.execute("DELETE FROM meta WHERE key = 'kafka_image'", [])
    });
    dropped.await.unwrap();
    assert_eq!(recovered(&mut deployment.sink(&store)).await, 6, "the topic knows the position again");
    let expected: Vec<String> = (1..=6).chain(101..=110).map(|seq| format!("feed:{seq}")).collect();
    let mut found = deployment.keys(Topic::Articles);
    found.sort_by_key(|key| key.trim_start_matches("feed:").parse::<u64>().unwrap());
    assert_eq!(found, expected, "nothing is published twice");
}

/// A memory that is gone beside records that are there is no beginning.
async fn refuses_to_work(sink: &mut KafkaSink) {
    let refusal = sink.recover().await.unwrap_err();
    let said = matches!(&refusal, PublishError::Fatal { exit: 78, message } if message.contains("rebuild-state"));
    assert!(said, "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_form_of_the_state_is_refused_and_an_older_one_is_read() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker);
    let (state, id) = (deployment.topic(Topic::State), deployment.options.transactional_id.clone());
    let store = deployment.store();
    let mut sink = deployment.sink(&store);
    recovered(&mut sink).await;
    sink.commit(batch(&store, 1)).await.unwrap();
    let format = format!("{id}/format");
    let formats = || broker.read(&state).into_iter().filter(|read| read.key == format).collect::<Vec<_>>();
    assert_eq!(formats()[0].json()["v"], 1);
    assert_eq!(formats()[0].offset, 0, "it is the first thing that the topic says");
    drop(sink);

    // As a program before the form had a number left it: no form in the topic, no anchor in the image.
    let write = |key: &str, value: Option<&str>| {
        let producer = raw_producer(broker, &id);
        producer.init_transactions(Duration::from_secs(20)).unwrap();
        producer.begin_transaction().unwrap();
        let record = rdkafka::producer::BaseRecord::to(&state).key(key).partition(0);
        let record = if let Some(value) = value { record.payload(value) } else { record };
        producer.send(record).map_err(|(error, _)| error).unwrap();
        producer.commit_transaction(Duration::from_secs(20)).unwrap();
    };
    write(&format, None);
    let meta = store.read(|db| image::meta(db, "kafka_image")).await.unwrap().unwrap();
    let mut meta: serde_json::Value = serde_json::from_str(&meta).unwrap();
    meta.as_object_mut().unwrap().retain(|name, _| !["anchor", "carried"].contains(&name.as_str()));
    store.write(move |tx| image::set_meta(tx, "kafka_image", &meta.to_string())).await.unwrap();
    let mut sink = deployment.sink(&store);
    assert_eq!(recovered(&mut sink).await, 1);
    assert_eq!(formats().last().unwrap().json()["v"], 1);
    sink.commit(batch(&store, 2)).await.unwrap();

    write(&format, Some("{\"v\":2}"));
    let refusal = deployment.sink(&store).recover().await.unwrap_err();
    assert!(matches!(&refusal, PublishError::Fatal { exit: 78, message } if message.contains("newer")), "{refusal}");
    // It is not forgotten at the next start either.
    let refusal = deployment.sink(&store).recover().await.unwrap_err();
    assert!(matches!(&refusal, PublishError::Fatal { exit: 78, .. }), "{refusal}");
}
