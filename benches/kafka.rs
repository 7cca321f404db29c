//! What the way to a broker costs beside Kafka's own library: `cargo bench --bench kafka -- HOST:PORT [BATCHES]`.
//!
//! The records of our own corpus are sent again and again, a thousand at a time, to a topic that the broker makes by
//! itself: by the producer that the program publishes with, by rdkafka with the same settings and nothing around it, and
//! by rdkafka as a program without guarantees would set it. Printed is what the whole process takes of a processor for a
//! record, for the library has threads of its own, and how many records a second that is.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]
#![allow(dead_code, reason = "it needs few of the rooms")]

mod rooms;

use dateline::{
    broker::{Message, Producer, Settings, producer::Messages},
    clean, extract,
    model::{Article, Enriched, Record},
};
use rdkafka::{
    ClientConfig,
    error::KafkaError,
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer as _},
};
use rooms::{documents, judged, parsed, records};
use std::{collections::BTreeMap, error::Error, time::Duration};

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Records of a batch, which is a transaction where there are any.
const BATCH: usize = 1_000;

/// Rounds of each, in turn, of which the best counts.
const ROUNDS: usize = 5;

/// How long a call may wait for the broker.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a topic takes, as the broker has it by itself.
const LIMIT: usize = 1_048_588;

/// Where everything is sent.
const TOPIC: &str = "dateline-bench";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let Some(address) = arguments.next() else {
        println!("no broker is named: cargo bench --bench kafka -- HOST:PORT [BATCHES]");
        return Ok(());
    };
    let batches: usize = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(20);
    let written = written();
    let batch: Vec<&Record> = written.iter().cycle().take(BATCH).collect();
    let bytes: usize = batch.iter().filter_map(|record| record.value.as_ref()).map(Vec::len).sum();
    println!("{batches} batches of {BATCH} records of {} bytes in the middle", bytes / BATCH);

    let settings = |id: &str| Settings {
        bootstrap_servers: address.clone(),
        transactional_id: format!("dateline-bench-{id}"),
        transactions: true,
        epoch_per_transaction: false,
        librdkafka: BTreeMap::new(),
    };
    let mut own = settings("own");
    let (ours, config) = (Producer::start(&own)?, own.producer(LIMIT, LIMIT));
    ours.open(config.clone()).await?;
    own = settings("bare");
    let bare: BaseProducer = own.producer(LIMIT, LIMIT).create()?;
    bare.init_transactions(PATIENCE)?;
    let plain: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", &address).set("acks", "1").set("linger.ms", "5").create()?;

    let mut best = [f64::MAX; 3];
    for _ in 0..ROUNDS {
        let ready: Vec<Messages> = (0..batches).map(|_| messages(&batch)).collect();
        let mut last = processor_seconds();
        let mut took = |which: usize| {
            let now = processor_seconds();
            best[which] = best[which].min(now - last);
            last = processor_seconds();
        };
        for messages in ready {
            // A producer is given up after a commit that took long, as the program does.
            if ours.commit(messages).await?.given_up {
                ours.open(config.clone()).await?;
            }
        }
        took(0);
        for _ in 0..batches {
            bare.begin_transaction()?;
            send(&bare, &batch)?;
            bare.commit_transaction(PATIENCE)?;
        }
        took(1);
        for _ in 0..batches {
            send(&plain, &batch)?;
        }
        took(2);
    }
    println!("{:48} {:>9} {:>9} {:>7}", "", "µs each", "each s", "ratio");
    let names =
        ["dateline's producer", "rdkafka, the same settings", "rdkafka, acks=1, not compressed, no transactions"];
    for (name, seconds) in names.into_iter().zip(best) {
        let each = seconds / (batches * BATCH) as f64;
        println!("{name:48} {:9.2} {:9.0} {:7.2}", each * 1e6, 1.0 / each, seconds / best[1]);
    }
    Ok(())
}

/// The records that our own corpus makes.
fn written() -> Vec<Record> {
    let stories = parsed(&documents(None, 0));
    let tables = extract::Tables::new(&extract::Options::default());
    let articles = stories.iter().map(|(feed, observed)| clean::item(feed, observed));
    let enriched: Vec<Enriched> = articles.map(|article: Article| extract::article(&tables, article)).collect();
    let verdicts = judged(&stories, &enriched);
    let each = enriched.into_iter().zip(&verdicts).zip(&stories);
    each.flat_map(|((enriched, verdict), (_, observed))| records(enriched, verdict, observed)).collect()
}

/// A batch as the program hands it over.
fn messages(batch: &[&Record]) -> Messages {
    let message = |record: &&Record| Message {
        topic: TOPIC.to_owned(),
        partition: None,
        key: record.key.clone(),
        headers: record.headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect(),
        value: record.value.clone(),
    };
    Messages { outputs: batch.iter().map(message).collect(), ..Messages::default() }
}

/// Sends a batch and waits until all of it is acknowledged.
fn send(producer: &BaseProducer, batch: &[&Record]) -> Result<(), KafkaError> {
    for record in batch {
        let headers = record
            .headers
            .iter()
            .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: Some(value) }));
        let mut message = BaseRecord::to(TOPIC).key(&record.key).headers(headers);
        if let Some(value) = &record.value {
            message = message.payload(value);
        }
        producer.send(message).map_err(|(error, _)| error)?;
    }
    producer.flush(PATIENCE)
}

/// What this process has had of its processors.
fn processor_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
