//! Readers of the topic files of the embedded default.

use super::{Entry, TOPICS, Topics, origin, reason};
use base64::Engine as _;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// Follows the files of a data directory as `tail -F` does.
pub struct TopicFiles {
    directory: PathBuf,
    followed: BTreeMap<&'static str, Followed>,
}

struct Followed {
    file: File,
    inode: u64,
    /// The begin of a line whose end is not there yet.
    rest: Vec<u8>,
}

impl TopicFiles {
    pub fn new(data_directory: &Path) -> Self {
        Self { directory: data_directory.join("topics"), followed: BTreeMap::new() }
    }

    /// A reader of what is written from now on.
    pub fn from_now(data_directory: &Path) -> Self {
        let mut topics = Self::new(data_directory);
        for topic in TOPICS {
            if let Some(mut followed) = Followed::open(&topics.live(topic)) {
                followed.file.seek(SeekFrom::End(0)).unwrap();
                topics.followed.insert(topic, followed);
            }
        }
        topics
    }

    fn live(&self, topic: &str) -> PathBuf {
        self.directory.join(format!("wire.{topic}.ndjson"))
    }
}

impl Followed {
    fn open(path: &Path) -> Option<Self> {
        let file = File::open(path).ok()?;
        let inode = file.metadata().unwrap().ino();
        Some(Self { file, inode, rest: Vec::new() })
    }

    fn read(&mut self, topic: &'static str, entries: &mut Vec<Entry>) {
        self.file.read_to_end(&mut self.rest).unwrap();
        let end = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let rest = self.rest.split_off(end);
        entries.extend(lines(topic, &std::mem::replace(&mut self.rest, rest)));
    }
}

impl Topics for TopicFiles {
    fn more(&mut self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for topic in TOPICS {
            let live = self.live(topic);
            if let Some(followed) = self.followed.get_mut(topic) {
                let moved = std::fs::metadata(&live).map(|found| found.ino()).ok() != Some(followed.inode);
                // What was written before the file moved aside is still read of it.
                followed.read(topic, &mut entries);
                if !moved {
                    continue;
                }
                assert!(followed.rest.is_empty(), "{topic} moved aside with a line cut off");
            }
            if let Some(mut followed) = Followed::open(&live) {
                followed.read(topic, &mut entries);
                self.followed.insert(topic, followed);
            }
        }
        entries
    }

    fn all(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for topic in TOPICS {
            let live = self.live(topic);
            let prefix = format!("wire.{topic}.");
            let of_topic = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(&prefix);
            let mut files: Vec<PathBuf> = std::fs::read_dir(&self.directory)
                .into_iter()
                .flatten()
                .map(|entry| entry.unwrap().path())
                .filter(of_topic)
                .collect();
            files.sort_by_key(|path| (*path == live, path.clone()));
            let mut of_topic = Vec::new();
            for path in files {
                let bytes = std::fs::read(&path).unwrap();
                assert!(bytes.is_empty() || bytes.ends_with(b"\n"), "{} ends in a line cut off", path.display());
                of_topic.extend(lines(topic, &bytes));
            }
            entries.extend(of_topic);
        }
        entries
    }
}

fn lines(topic: &'static str, bytes: &[u8]) -> Vec<Entry> {
    let entry = |line: Value| {
        let text = |name: &str| line["_meta"][name].as_str().unwrap().to_owned();
        let letter = line["bytes_base64"].as_str().map(|text| base64::engine::general_purpose::STANDARD.decode(text));
        let is_value = letter.is_none() && line["deleted"] != true;
        Entry {
            topic,
            key: text("key"),
            rev: line["_meta"]["rev"].as_u64().unwrap(),
            origin: origin(&text("origin")),
            generation: line["_meta"]["generation"].as_u64().unwrap(),
            ce_id: text("ce_id"),
            ce_time: text("ce_time").parse().unwrap(),
            bytes: letter.map(Result::unwrap).unwrap_or_default(),
            reason: reason(|name| line["headers"][name].as_str().map(str::to_owned)),
            value: if is_value { line } else { Value::Null },
        }
    };
    crate::harness::lines(bytes).into_iter().map(entry).collect()
}
