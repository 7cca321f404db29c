//! Keeps the figures that stand in a SQLite file, and prints the latest of each country and metric.
//!
//! `cargo run --example consumer -- --bootstrap-servers broker:9092 --until-end`. The tables and questions are in
//! `tables.sqlite.sql` and `figures.sql` beside it. It may be killed at any moment: positions are committed behind the
//! table, and what comes again changes nothing.

use rdkafka::{
    ClientConfig, Message,
    consumer::{BaseConsumer, CommitMode, Consumer},
    error::KafkaError,
    message::{BorrowedMessage, Headers},
};
use rusqlite::{Connection, types::Value};
use std::{error::Error, io::Write, time::Duration};

const TOPICS: [&str; 3] = ["covid-stats.v1", "articles.v1", "stories.v1"];

struct Arguments {
    bootstrap_servers: String,
    prefix: String,
    group: String,
    state: String,
    until_end: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    run(std::env::args().skip(1), &mut std::io::stdout())
}

/// The same with its words and its standard output given.
pub fn run(arguments: impl Iterator<Item = String>, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let given = Arguments::parse(arguments)?;
    let mut db = Connection::open(&given.state)?;
    db.execute_batch(include_str!("tables.sqlite.sql"))?;
    db.execute_batch(include_str!("figures.sql"))?;

    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &given.bootstrap_servers)
        .set("group.id", &given.group)
        .set("isolation.level", "read_committed") // The default here, but not in Java.
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .create()?;
    let topics = TOPICS.map(|name| format!("{}.{name}", given.prefix));
    consumer.subscribe(&topics.each_ref().map(String::as_str))?;

    // The client tells the number of a partition that has ended and not its topic, so ends are counted.
    let mut ends = 0;
    loop {
        // One transaction for what is there at once.
        let batch = db.transaction()?;
        let mut taken = 0;
        while taken < 500 {
            match consumer.poll(Duration::from_millis(if taken == 0 { 1000 } else { 50 })) {
                Some(Ok(message)) => {
                    apply(&batch, &message)?;
                    taken += 1;
                }
                Some(Err(KafkaError::PartitionEOF(_))) => ends += 1,
                Some(Err(error)) => return Err(error.into()),
                None => break,
            }
        }
        batch.commit()?;
        if taken > 0 {
            // Behind the table: a crash between the two reads again what is there, and nothing is missing.
            consumer.commit_consumer_state(CommitMode::Sync)?;
        }
        let assigned = consumer.assignment()?.count();
        let at_end = taken == 0 && assigned > 0 && ends >= assigned;
        if (given.until_end && at_end) || (taken > 0 && !given.until_end) {
            show(&db, out)?;
        }
        if given.until_end && at_end {
            return Ok(());
        }
    }
}

/// Takes one record into the tables.
fn apply(db: &Connection, message: &BorrowedMessage<'_>) -> Result<(), Box<dyn Error>> {
    let key = std::str::from_utf8(message.key().unwrap_or_default())?;
    let value = message.payload().map(std::str::from_utf8).transpose()?;
    if message.topic().ends_with(".stories.v1") {
        match value {
            Some(value) => db.execute("insert or replace into stories values (?, ?)", [key, value])?,
            // A tombstone: the story is past the horizon.
            None => db.execute("delete from stories where id = ?", [key])?,
        };
        return Ok(());
    }
    let value = value.ok_or("a record without a value")?;
    let generation = message.headers().and_then(|headers| headers.iter().find(|header| header.key == "generation"));
    let generation = std::str::from_utf8(generation.and_then(|header| header.value).ok_or("no generation")?)?;
    let table = if message.topic().ends_with(".articles.v1") { "articles" } else { "claims" };
    db.execute(
        &format!(
            "insert into {table} values (?1 ->> 'id', cast(?2 as integer), ?1 ->> 'revision', ?1) on conflict (id) do update
             set generation = excluded.generation, revision = excluded.revision, record = excluded.record
             where (excluded.generation, excluded.revision) > (generation, revision)"
        ),
        [value, generation],
    )?;
    Ok(())
}

fn show(db: &Connection, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let (stories, items): (i64, i64) =
        db.query_row("select stories, items from counts", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    writeln!(out, "{stories} stories in {items} items")?;
    let mut figures = db.prepare("select * from figures")?;
    let columns = figures.column_count();
    let mut rows = figures.query([])?;
    while let Some(row) = rows.next()? {
        let texts = (0..columns).map(|column| {
            Ok(match row.get(column)? {
                Value::Null | Value::Blob(_) => String::new(),
                Value::Integer(number) => number.to_string(),
                Value::Real(number) => number.to_string(),
                Value::Text(text) => text,
            })
        });
        writeln!(out, "{}", texts.collect::<Result<Vec<String>, rusqlite::Error>>()?.join("\t"))?;
    }
    Ok(())
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut given = Self {
            bootstrap_servers: "127.0.0.1:9092".to_owned(),
            prefix: "wire".to_owned(),
            group: "desk".to_owned(),
            state: "figures.sqlite".to_owned(),
            until_end: false,
        };
        while let Some(word) = words.next() {
            let value = match word.as_str() {
                "--bootstrap-servers" => &mut given.bootstrap_servers,
                "--prefix" => &mut given.prefix,
                "--group" => &mut given.group,
                "--state" => &mut given.state,
                "--until-end" => {
                    given.until_end = true;
                    continue;
                }
                _ => return Err(format!("unknown: {word}")),
            };
            *value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        }
        Ok(given)
    }
}
