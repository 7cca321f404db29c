//! A look at what the embedded sink has written, for `dateline doctor`: topic files against their records.
//!
//! Comes in: a connection that only reads, and the directory. Goes out: what each topic should hold, and what is not
//! so. Nothing is changed: what a restart would mend is said to be so.

use super::{
    KAFKA_IMAGE,
    ndjson::{Directory, Found, Recorded},
};
use crate::{model::Hash, store::StoreError, store::image};
use rusqlite::Connection;
use std::{
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::Path,
};

/// One topic's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicFiles {
    /// Its name.
    pub topic: String,
    /// Records published so far.
    pub records: u64,
    /// Committed lines that are perhaps not in the file yet: the daemon writes them, and writes them again at its start.
    pub pending: u64,
    /// What is wrong with the live file; none when it is as recorded.
    pub problem: Option<String>,
}

/// What each topic's live file should hold, and whether it does.
pub fn topic_files(db: &Connection, data_dir: &Path) -> Result<Vec<TopicFiles>, StoreError> {
    let directory = Directory(data_dir.join("topics"));
    let rows = db
        .prepare("SELECT name, next, bytes, synced, tail_start, tail_hash, (SELECT count(*) FROM journal WHERE topic = name) FROM topic")?
        .query_map([], |row| {
            let tail_hash = row.get::<_, Option<Vec<u8>>>(5)?.and_then(|hash| String::from_utf8(hash).ok()).map(Hash);
            let recorded = Recorded { bytes: row.get(2)?, synced: row.get(3)?, tail_start: row.get(4)?, tail_hash };
            Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?, recorded, row.get::<_, u64>(6)?))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let look = |(topic, records, recorded, pending): (String, u64, Recorded, u64)| {
        let problem = match directory.look(&topic, &recorded) {
            Ok(Found::Ours) => {
                wrong_line(&directory, &topic, recorded.synced).unwrap_or_else(|error| Some(error.to_string()))
            }
            Ok(Found::Nothing) => None,
            Ok(Found::Foreign) => Some(format!(
                "{} is not as it was left (recorded: {} bytes, of which {} on the disk)",
                directory.live(&topic).display(),
                recorded.bytes,
                recorded.synced
            )),
            Err(error) => Some(format!("{}: {error}", directory.live(&topic).display())),
        };
        TopicFiles { topic, records, pending, problem }
    };
    Ok(rows.into_iter().map(look).collect())
}

/// The first line, of those that are on the disk for sure, that is not the record that should stand there.
fn wrong_line(directory: &Directory, topic: &str, synced: u64) -> io::Result<Option<String>> {
    let path = directory.live(topic);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut reader = BufReader::new(io::Read::take(file, synced));
    let mut line = Vec::new();
    let (mut n, mut expected) = (0u64, None);
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        n += 1;
        let offset =
            serde_json::from_slice::<serde_json::Value>(&line).ok().and_then(|line| line["_meta"]["offset"].as_u64());
        let Some(offset) = offset else {
            return Ok(Some(format!("{}:{n}: the line is no record", path.display())));
        };
        if expected.is_some_and(|expected| expected != offset) {
            return Ok(Some(format!("{}:{n}: record {offset} stands in the place of another", path.display())));
        }
        expected = Some(offset + 1);
    }
}

/// Whose committed state the file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Nobody's yet.
    Nobody,
    /// The journal's: it is the truth itself.
    Journal,
    /// A cluster's: a copy of its state topic, described by what was recorded of it.
    Kafka(String),
}

/// Whose committed state the file holds.
pub fn owner(db: &Connection) -> Result<Owner, StoreError> {
    if let Some(described) = image::meta(db, KAFKA_IMAGE)? {
        return Ok(Owner::Kafka(described));
    }
    let occupied: bool = db.query_row("SELECT EXISTS (SELECT 1 FROM state)", [], |row| row.get(0))?;
    Ok(if occupied { Owner::Journal } else { Owner::Nobody })
}
