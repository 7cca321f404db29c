//! Every error code on every request of a transaction: what the room `broker` makes of it.
//!
//! Against librdkafka's own mock cluster, which is good for codes and for nothing else: it keeps no transactions.

use dateline::broker::{
    BrokerError, Membership, Message, Producer, Settings,
    group::{GroupEvent, GroupSettings, Protocol},
    producer::{Messages, SentOffset},
};
use rdkafka::{
    mocking::MockCluster,
    types::{RDKafkaApiKey as Api, RDKafkaErrorCode as Code, RDKafkaRespErr},
};
use std::{collections::BTreeMap, thread, time::Duration};

/// What comes of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Committed,
    Doubt,
    Fenced,
    Unavailable,
    Denied,
    NotTaken,
    Refused,
    Stuck,
}

fn class(result: &Result<(), BrokerError>) -> Class {
    match result {
        Ok(()) => Class::Committed,
        Err(BrokerError::Doubt(_)) => Class::Doubt,
        Err(BrokerError::Fenced(_)) => Class::Fenced,
        Err(BrokerError::Unavailable(_)) => Class::Unavailable,
        Err(BrokerError::Denied(_) | BrokerError::NotLetIn(_)) => Class::Denied,
        Err(BrokerError::NotTaken { .. }) => Class::NotTaken,
        Err(BrokerError::Refused(_)) => Class::Refused,
        Err(BrokerError::Stuck(_)) => Class::Stuck,
    }
}

/// Codes after which the client tries again by itself, so that the batch is committed after all. 46 says that the
/// broker has the messages already.
fn is_tried_again(api: Api, number: i32) -> bool {
    match api {
        Api::AddPartitionsToTxn => [3, 14, 15, 16, 51, TRANSPORT].contains(&number),
        Api::Produce => [2, 3, 5, 6, 7, 8, 9, 14, 15, 16, 19, 20, 46, 56, TRANSPORT].contains(&number),
        Api::EndTxn => [14, 15, 16, 51, TRANSPORT].contains(&number),
        Api::AddOffsetsToTxn | Api::TxnOffsetCommit => [3, 7, 14, 15, 16, 51, TRANSPORT].contains(&number),
        // Who leads is asked again until it is known.
        Api::Metadata => true,
        // Opening has no batch that could be half done.
        _ => false,
    }
}

fn expected(api: Api, number: i32) -> &'static [Class] {
    if is_tried_again(api, number) {
        return &[Class::Committed];
    }
    let opening = matches!(api, Api::InitProducerId | Api::FindCoordinator);
    match number {
        47 | 90 if api != Api::FindCoordinator => &[Class::Fenced],
        31 | 53 => &[Class::Denied],
        _ if opening => &[Class::Committed, Class::Unavailable, Class::Denied, Class::Refused],
        30 | 58 => &[Class::Denied],
        29 if matches!(api, Api::AddOffsetsToTxn | Api::TxnOffsetCommit) => &[Class::Denied],
        10 | 18 | 29 | 32 | 44 | 87 => &[Class::NotTaken],
        35 => &[Class::Refused],
        _ => &[Class::Doubt],
    }
}

/// The client's own code for a connection that broke.
const TRANSPORT: i32 = -195;

/// Mock clusters for each request, that the codes may be tried side by side: most of the time is waiting.
const CLUSTERS: i32 = 4;

#[test]
fn every_code_on_every_request() {
    let apis = [
        Api::InitProducerId,
        Api::FindCoordinator,
        Api::AddPartitionsToTxn,
        Api::Produce,
        Api::AddOffsetsToTxn,
        Api::TxnOffsetCommit,
        Api::EndTxn,
        Api::Metadata,
    ];
    let mut threads = Vec::new();
    for api in apis {
        for share in 0..CLUSTERS {
            let numbers: Vec<i32> =
                (-1..=120).chain([TRANSPORT]).filter(|number| number.rem_euclid(CLUSTERS) == share).collect();
            threads.push(thread::spawn(move || {
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(some(api, numbers))
            }));
        }
    }
    let mut tried = 0;
    let mut wrong = Vec::new();
    for thread in threads {
        let (pairs, others) = thread.join().unwrap();
        tried += pairs;
        wrong.extend(others);
    }
    eprintln!("{tried} pairs of request and code");
    assert!(tried > 800 && wrong.is_empty(), "{wrong:#?}");
}

/// Tries these codes on a request; returns how many there were, and what did not come as expected.
async fn some(api: Api, numbers: Vec<i32>) -> (usize, Vec<String>) {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("out", 1, 1).unwrap();
    cluster.create_topic("state", 1, 1).unwrap();
    let member =
        if matches!(api, Api::AddOffsetsToTxn | Api::TxnOffsetCommit) { Some(member(&cluster).await) } else { None };
    let (mut tried, mut wrong) = (0, Vec::new());
    for number in numbers {
        let Ok(code) = RDKafkaRespErr::try_from(number) else { continue };
        if number == 0 {
            continue;
        }
        tried += 1;
        let class = one(&cluster, api, code, number, member.as_ref()).await;
        if !expected(api, number).contains(&class) {
            wrong.push(format!("{api:?} {number} {:?}: {class:?}", Code::from(code)));
        }
    }
    (tried, wrong)
}

async fn one(
    cluster: &MockCluster<'static, rdkafka::producer::DefaultProducerContext>,
    api: Api,
    code: RDKafkaRespErr,
    number: i32,
    member: Option<&Membership>,
) -> Class {
    let settings = settings(cluster, &format!("codes-{api:?}-{number}"));
    let producer = Producer::start(&settings).unwrap();
    let at_opening = matches!(api, Api::InitProducerId | Api::FindCoordinator);
    if at_opening {
        cluster.request_errors(api, &[code]);
    }
    let mut result = producer.open(settings.producer(1_000_000, 1_000_000)).await;
    if !at_opening {
        result.unwrap();
        cluster.request_errors(api, &[code]);
        let offsets = member.map(|_| SentOffset { topic: "out".to_owned(), partition: 0, next: 1 });
        let messages = Messages { offsets: offsets.into_iter().collect(), member: member.cloned(), ..messages() };
        result = producer.commit(messages).await.map(drop);
    }
    cluster.clear_request_errors(api);
    let class = class(&result);
    if class != Class::Committed {
        goes_on(&producer, &settings).await;
    }
    class
}

fn settings(cluster: &MockCluster<'static, rdkafka::producer::DefaultProducerContext>, id: &str) -> Settings {
    Settings {
        bootstrap_servers: cluster.bootstrap_servers(),
        transactional_id: id.to_owned(),
        transactions: true,
        epoch_per_transaction: false,
        librdkafka: BTreeMap::new(),
    }
}

/// A member of a group that has its partition.
async fn member(cluster: &MockCluster<'static, rdkafka::producer::DefaultProducerContext>) -> Membership {
    let group = GroupSettings {
        group: "codes".to_owned(),
        instance: "one".to_owned(),
        session_timeout: Duration::from_secs(30),
        protocol: Protocol::Classic,
    };
    let (member, mut events) = Membership::join(&settings(cluster, "codes"), &group, "out").unwrap();
    assert!(matches!(events.recv().await, Some(GroupEvent::Assigned(_))));
    // Else it would leave.
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    member
}

/// Work goes on as the pipeline would: open, commit, and open again where the commit left a doubt (a busy machine lets a
/// transaction pass its time).
async fn goes_on(producer: &Producer, settings: &Settings) {
    for last in [false, false, true] {
        producer.open(settings.producer(1_000_000, 1_000_000)).await.unwrap();
        match producer.commit(messages()).await {
            Ok(_) => return,
            Err(BrokerError::Doubt(_)) if !last => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn messages() -> Messages {
    let message = |topic: &str| Message {
        topic: topic.to_owned(),
        partition: Some(0),
        key: "k".to_owned(),
        headers: Vec::new(),
        value: Some(b"1".to_vec()),
    };
    Messages { outputs: vec![message("out")], state: vec![message("state")], ..Messages::default() }
}
