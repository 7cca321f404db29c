//! The topic files, one JSON object per line, for readers without a broker.
//!
//! `topics/<topic>.ndjson` grows; daily and by size it moves to `topics/<topic>.<date>-<n>.ndjson`. Every line has its
//! recorded place in the file and is written there, so that writing it again changes nothing, and a torn last line is
//! completed in place. A file never shrinks, and never holds a line that is not committed. Which lines those are is
//! known to `publish::journal`; this file knows only bytes and places.

use super::{JournalOptions, lines};
use crate::model::{Hash, Record, Topic};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Map, Value, json};
use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// The record as a line, with its line end: the value and one more member, `_meta`. All of the record can be had from
/// it again ([`super::lines`]).
pub(super) fn line(record: Record, offset: u64) -> Vec<u8> {
    let mut meta = Map::new();
    meta.insert("key".to_owned(), json!(record.key));
    meta.insert("offset".to_owned(), json!(offset));
    for name in ["item", "rev", "hash", "origin", "generation", "ce_id", "ce_type", "ce_time"] {
        let value = match record.header(name) {
            Some(text) if matches!(name, "rev" | "generation") => {
                text.parse::<u64>().map_or_else(|_| json!(text), |number| json!(number))
            }
            Some(text) => json!(text),
            None => Value::Null,
        };
        meta.insert(name.to_owned(), value);
    }
    if record.header("traceparent").is_some_and(|trace| trace.ends_with("-00")) {
        meta.insert("sampled".to_owned(), json!(false));
    }
    // Most headers follow from the others; where they do not, all of them are written.
    let stands_beside = record.topic == Topic::DeadLetters && record.value.is_some();
    if !stands_beside && lines::derived(record.topic, &meta, record.value.as_deref()).as_ref() != Some(&record.headers)
    {
        meta.insert("headers".to_owned(), json!(record.headers));
    }
    let meta = Value::Object(meta).to_string();
    let mut line = match record.value {
        None => b"{\"deleted\":true}".to_vec(),
        // Dead letters are bytes, whatever they are, and their reason stands in headers.
        Some(bytes) if record.topic == Topic::DeadLetters => {
            let headers: Map<String, Value> =
                record.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            json!({ "schema": "dead-letter/1", "headers": headers, "bytes_base64": STANDARD.encode(&bytes) })
                .to_string()
                .into_bytes()
        }
        Some(json) => json,
    };
    // Values are JSON objects; the member goes in before the closing brace.
    line.pop();
    line.reserve_exact(meta.len() + b",\"_meta\":}\n".len());
    if line.len() > 1 {
        line.push(b',');
    }
    line.extend_from_slice(b"\"_meta\":");
    line.extend_from_slice(meta.as_bytes());
    line.extend_from_slice(b"}\n");
    line
}

/// The day that a file is named after.
pub(super) fn day(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

/// The directory of the topic files.
#[derive(Debug, Clone)]
pub(super) struct Directory(pub(super) PathBuf);

/// What is on the disk under the name of a live file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// The file as it was left: whole lines up to what is known to be written, then perhaps a part of what follows.
    Ours,
    /// Something else: shorter or longer than recorded, or with other lines.
    Foreign,
}

/// What is recorded of a live file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Recorded {
    /// Length with every committed line.
    pub(super) bytes: u64,
    /// Length that is known to be on the disk.
    pub(super) synced: u64,
    /// Where the last line within `synced` starts.
    pub(super) tail_start: u64,
    /// Its hash.
    pub(super) tail_hash: Option<Hash>,
}

impl Directory {
    pub(super) fn live(&self, topic: &str) -> PathBuf {
        self.0.join(format!("{topic}.ndjson"))
    }

    /// A name for a file that moves aside, which no file has yet.
    pub(super) fn free_name(&self, topic: &str, day: Date) -> String {
        let name = |n: u32| format!("{topic}.{day}-{n}.ndjson");
        (1..).map(name).find(|name| !self.0.join(name).exists()).unwrap_or_else(|| name(0))
    }

    pub(super) fn look(&self, topic: &str, recorded: &Recorded) -> io::Result<Found> {
        let file = match File::open(self.live(topic)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(if recorded.synced == 0 { Found::Nothing } else { Found::Foreign });
            }
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        if length < recorded.synced || length > recorded.bytes {
            return Ok(Found::Foreign);
        }
        if let Some(hash) = &recorded.tail_hash {
            let size = usize::try_from(recorded.synced - recorded.tail_start).unwrap_or(0);
            let mut tail = vec![0; size];
            file.read_exact_at(&mut tail, recorded.tail_start)?;
            if Hash::of_bytes(&tail) != *hash {
                return Ok(Found::Foreign);
            }
        }
        Ok(Found::Ours)
    }

    /// Whether the file under the live name already holds these bytes at that place.
    pub(super) fn holds(&self, topic: &str, at: u64, bytes: &[u8]) -> bool {
        let Ok(file) = File::open(self.live(topic)) else { return false };
        let mut there = vec![0; bytes.len()];
        file.read_exact_at(&mut there, at).is_ok() && there == bytes
    }

    pub(super) fn open(&self, topic: &str) -> io::Result<File> {
        fs::create_dir_all(&self.0)?;
        let file = File::options().create(true).truncate(false).write(true).open(self.live(topic))?;
        // What is synced into a file is lost all the same when a power cut takes its name.
        File::open(&self.0)?.sync_all()?;
        Ok(file)
    }

    /// Gives the live file another name, unless that has happened already.
    pub(super) fn move_aside(&self, topic: &str, name: &str) -> io::Result<()> {
        let target = self.0.join(name);
        if !target.exists() && self.live(topic).exists() {
            fs::rename(self.live(topic), target)?;
            File::open(&self.0)?.sync_all()?;
        }
        Ok(())
    }

    /// Deletes rotated files that are too old, then the oldest while all files together are too large.
    pub(super) fn clean_up(&self, options: &JournalOptions, now: SystemTime) -> io::Result<Vec<PathBuf>> {
        let mut rotated = Vec::new();
        let mut total = 0;
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            let data = entry.metadata()?;
            if !data.is_file() || entry.path().extension().is_none_or(|extension| extension != "ndjson") {
                continue;
            }
            total += data.len();
            if is_rotated(&entry.path()) {
                rotated.push((data.modified()?, data.len(), entry.path()));
            }
        }
        rotated.sort();
        let mut deleted = Vec::new();
        for (modified, length, path) in rotated {
            let age = now.duration_since(modified).unwrap_or_default();
            if age < options.retain && total <= options.max_total {
                continue;
            }
            fs::remove_file(&path)?;
            total -= length;
            deleted.push(path);
        }
        Ok(deleted)
    }
}

/// The files of a topic, the live one and those that were moved aside, in no order.
pub(super) fn files(directory: &Path, topic: &str) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let live = format!("{topic}.ndjson");
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let aside = name.strip_prefix(topic).is_some_and(|rest| rest.starts_with('.')) && is_rotated(&path);
        let of_topic = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.rsplit_once('.'));
        if name == live || (aside && of_topic.is_some_and(|(of_topic, _)| of_topic == topic)) {
            found.push(path);
        }
    }
    Ok(found)
}

/// `<topic>.<date>-<n>.ndjson`; the live files have no date.
fn is_rotated(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
    let Some((_, last)) = stem.rsplit_once('.') else { return false };
    let Some((date, number)) = last.rsplit_once('-') else { return false };
    date.parse::<Date>().is_ok() && number.parse::<u32>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(topic: Topic, value: Option<&str>, expected: &str) {
        let headers = [("item", "a:1"), ("rev", "2"), ("hash", "h"), ("origin", "i/1/0"), ("generation", "0")];
        let record = Record {
            topic,
            key: "a:1".to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            value: value.map(|value| value.as_bytes().to_vec()),
        };
        let line = String::from_utf8(line(record, 7)).unwrap();
        assert!(line.ends_with("}\n") && line.trim_end().lines().count() == 1);
        let parsed: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(parsed["_meta"]["offset"], 7);
        assert_eq!(parsed["_meta"]["rev"], 2);
        assert_eq!(parsed["_meta"]["key"], "a:1");
        assert!(line.starts_with(expected), "{line}");
    }

    #[test]
    fn a_line_is_the_value_and_its_meta() {
        check(Topic::Articles, Some(r#"{"schema":"article/1"}"#), r#"{"schema":"article/1","_meta":{"#);
        check(Topic::Articles, Some("{}"), r#"{"_meta":{"#);
        check(Topic::Stories, None, r#"{"deleted":true,"_meta":{"#);
        check(Topic::DeadLetters, Some("<rss"), r#"{"schema":"dead-letter/1","headers":{"item":"a:1""#);
    }

    #[test]
    fn only_rotated_files_are_ever_deleted_the_oldest_first() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["w.a.v1.2020-10-01-1.ndjson", "w.a.v1.2020-10-01-2.ndjson", "w.a.v1.ndjson", "mine.txt"] {
            fs::write(dir.path().join(name), [b'x'; 100]).unwrap();
        }
        let old = SystemTime::now() - std::time::Duration::from_secs(60);
        File::options()
            .write(true)
            .open(dir.path().join("w.a.v1.2020-10-01-1.ndjson"))
            .unwrap()
            .set_modified(old)
            .unwrap();
        let options = JournalOptions { max_total: 250, ..JournalOptions::default() };
        let deleted = Directory(dir.path().to_owned()).clean_up(&options, SystemTime::now()).unwrap();
        assert_eq!(deleted, [dir.path().join("w.a.v1.2020-10-01-1.ndjson")]);
        let options = JournalOptions { max_total: 0, ..JournalOptions::default() };
        Directory(dir.path().to_owned()).clean_up(&options, SystemTime::now()).unwrap();
        assert!(dir.path().join("w.a.v1.ndjson").exists() && dir.path().join("mine.txt").exists());
    }
}
