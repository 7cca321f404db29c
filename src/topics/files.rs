//! The topic files of the embedded default, read back line by line.
//!
//! `publish::ndjson` writes a line and `publish::lines` reads it. Rotated files come before the
//! live one, in the order of their dates and numbers. A last line without its line end is being written, or waits in the
//! journal to be completed: it is left out here, and comes from the journal where that is at hand.

use super::{Log, Place, Placed, ReadError, Topics};
use crate::{
    model::{Record, Topic},
    publish::lines,
};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead, BufReader, Read as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

/// Committed lines that may not yet be in their file: by topic name, then by number.
pub type Pending = BTreeMap<String, BTreeMap<u64, Vec<u8>>>;

/// The number of a line that is no record's.
pub const UNKNOWN: u64 = u64::MAX;

/// The files of a directory, held open as they were when the reading began.
pub struct Files {
    prefix: String,
    topics: BTreeMap<Topic, OfTopic>,
}

/// How far the files of one topic reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Extent {
    /// How many there are.
    pub files: usize,
    /// Their size.
    pub bytes: u64,
    /// The number of the first record.
    pub begin: i64,
    /// The last record with its number.
    pub last: Option<(u64, Record)>,
}

struct OfTopic {
    name: String,
    files: Vec<OpenFile>,
    pending: BTreeMap<u64, Vec<u8>>,
    log: Log,
}

struct OpenFile {
    name: String,
    file: File,
    length: u64,
}

impl Files {
    /// Opens the files of every topic of this prefix. A rotation meanwhile does not matter: what is open stays open.
    pub fn open(directory: &Path, prefix: &str, pending: Pending) -> Result<Self, ReadError> {
        let mut files = Self { prefix: prefix.to_owned(), topics: BTreeMap::new() };
        let mut pending = pending;
        // What a claim rests on must be within what is read, also while a daemon goes on writing: so articles, and the dead
        // letters that stand for some of them, are opened last.
        let (first, last): (Vec<Topic>, Vec<Topic>) =
            Topic::PUBLIC.into_iter().partition(|topic| !matches!(topic, Topic::Articles | Topic::DeadLetters));
        for topic in first.into_iter().chain(last) {
            let name = topic.name(prefix);
            let open = open_files(directory, &name)
                .map_err(|error| ReadError::Failed(format!("cannot read {}: {error}", directory.display())))?;
            let pending = pending.remove(&name).unwrap_or_default();
            if open.is_empty() && pending.is_empty() {
                continue;
            }
            let mut of_topic =
                OfTopic { files: open, pending, log: Log { name: name.clone(), topic, begin: 0, end: None }, name };
            of_topic.find_begin()?;
            files.topics.insert(topic, of_topic);
        }
        if files.topics.is_empty() {
            return Err(ReadError::Nothing(format!("{} holds no topic files of {prefix}", directory.display())));
        }
        Ok(files)
    }

    /// How far the files of a topic reach; none where there are none.
    pub fn extent(&self, topic: Topic) -> Result<Option<Extent>, ReadError> {
        let Some(found) = self.topics.get(&topic) else { return Ok(None) };
        let mut last = found.pending.last_key_value().and_then(|(_, line)| parse(topic, line));
        for open in found.files.iter().rev() {
            let line =
                last_line(open).map_err(|error| ReadError::Failed(format!("cannot read {}: {error}", open.name)))?;
            if let Some(written) = line.and_then(|line| parse(topic, &line)) {
                last = last.filter(|(number, _)| *number > written.0).or(Some(written));
                break;
            }
        }
        let bytes = found.files.iter().map(|open| open.length).sum();
        Ok(Some(Extent { files: found.files.len(), bytes, begin: found.log.begin, last }))
    }

    /// First part of the topics' names.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl Topics for Files {
    fn logs(&self, topic: Topic) -> Vec<Log> {
        self.topics.get(&topic).map(|found| found.log.clone()).into_iter().collect()
    }

    fn read(&self, topic: Topic, visit: &mut dyn FnMut(Placed)) -> Result<(), ReadError> {
        let Some(found) = self.topics.get(&topic) else { return Ok(()) };
        found.each_line(&mut |place, line| {
            visit(placed(topic, place, line));
            true
        })
    }
}

/// Is shown a line, and may ask for its place by its number; says whether it wants more.
type VisitLine<'v> = &'v mut dyn FnMut(&mut dyn FnMut(u64) -> Place, &[u8]) -> bool;

impl OfTopic {
    fn find_begin(&mut self) -> Result<(), ReadError> {
        let mut first = None;
        self.each_line(&mut |_, line| {
            first = parse(self.log.topic, line).map(|(number, _)| number);
            first.is_none()
        })?;
        self.log.begin = i64::try_from(first.unwrap_or(0)).unwrap_or(i64::MAX);
        Ok(())
    }

    /// Visits whole lines until `visit` says false: of the files first, then those that are still in the journal only.
    fn each_line(&self, visit: VisitLine<'_>) -> Result<(), ReadError> {
        let mut beyond = None;
        for open in &self.files {
            let failed =
                |error: &dyn std::fmt::Display| ReadError::Failed(format!("cannot read {}: {error}", open.name));
            let file = open.file.try_clone().map_err(|error| failed(&error))?;
            rewind(&file).map_err(|error| failed(&error))?;
            let mut reader = BufReader::with_capacity(1 << 16, file.take(open.length));
            let mut line = Vec::new();
            for at in 1_u64.. {
                line.clear();
                if reader.read_until(b'\n', &mut line).map_err(|error| failed(&error))? == 0 {
                    break;
                }
                if line.last() != Some(&b'\n') {
                    break;
                }
                let mut last = None;
                let mut place = |number| {
                    last = Some(number);
                    Place::Line { file: open.name.clone(), line: at, number }
                };
                let more = visit(&mut place, &line);
                beyond = last.filter(|number| *number != UNKNOWN).max(beyond);
                if !more {
                    return Ok(());
                }
            }
        }
        let rest = self.pending.iter().filter(|(number, _)| beyond.is_none_or(|beyond| **number > beyond));
        for (_, line) in rest {
            let mut place = |number| Place::Line { file: format!("{}.ndjson", self.name), line: 0, number };
            if !visit(&mut place, line) {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// The last whole line of a file, found from its end.
fn last_line(open: &OpenFile) -> std::io::Result<Option<Vec<u8>>> {
    let mut span = 1 << 16;
    loop {
        let from = open.length.saturating_sub(span);
        let mut bytes = vec![0; usize::try_from(open.length - from).unwrap_or(usize::MAX)];
        open.file.read_exact_at(&mut bytes, from)?;
        // The first one may have begun before.
        let lines = bytes.split_inclusive(|byte| *byte == b'\n').skip(usize::from(from > 0));
        match lines.filter(|line| line.ends_with(b"\n")).last() {
            Some(line) => return Ok(Some(line.to_vec())),
            None if from == 0 => return Ok(None),
            None => span *= 4,
        }
    }
}

fn rewind(file: &File) -> std::io::Result<()> {
    std::io::Seek::rewind(&mut { file })
}

/// The live file is opened first: when it is renamed before the directory is listed, it is met twice and kept once.
fn open_files(directory: &Path, topic: &str) -> std::io::Result<Vec<OpenFile>> {
    let live = directory.join(format!("{topic}.ndjson"));
    let live = match open(&live) {
        Ok(open) => Some(open),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut rotated: Vec<((String, u32), PathBuf)> = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if let Some(order) = path.file_name().and_then(|name| name.to_str()).and_then(|name| rotation(name, topic)) {
            rotated.push((order, path));
        }
    }
    rotated.sort();
    let mut files = Vec::new();
    for (_, path) in rotated {
        match open(&path) {
            Ok(open) => files.push(open),
            // Deleted by age since it was listed.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    if let Some(live) = live {
        let renamed = files.iter().any(|file| same_file(&file.file, &live.file));
        if !renamed {
            files.push(live);
        }
    }
    Ok(files)
}

fn open(path: &Path) -> std::io::Result<OpenFile> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(OpenFile { name, file, length })
}

fn same_file(one: &File, other: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (one.metadata(), other.metadata()) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

/// Date and number of `<topic>.<date>-<n>.ndjson`.
fn rotation(file: &str, topic: &str) -> Option<(String, u32)> {
    let rest = file.strip_prefix(topic)?.strip_prefix('.')?.strip_suffix(".ndjson")?;
    let (date, number) = rest.rsplit_once('-')?;
    date.parse::<jiff::civil::Date>().ok()?;
    Some((date.to_owned(), number.parse().ok()?))
}

/// A line as its number and its record.
fn parse(topic: Topic, line: &[u8]) -> Option<(u64, Record)> {
    lines::record(topic, line.strip_suffix(b"\n")?).ok()
}

/// A line that is none of ours becomes a record without key and headers: whoever reads it says so.
fn placed(topic: Topic, place: &mut dyn FnMut(u64) -> Place, line: &[u8]) -> Placed {
    let (number, record) = parse(topic, line).unwrap_or_else(|| {
        (UNKNOWN, Record { topic, key: String::new(), headers: Vec::new(), value: Some(line.to_vec()) })
    });
    Placed { place: place(number), record }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u64, text: &str) -> Vec<u8> {
        format!(
            "{{\"schema\":\"article/1\",\"id\":\"{text}\",\"_meta\":{{\"key\":\"{text}\",\"offset\":{number},\"item\":\"{text}\",\"rev\":1,\"hash\":\"h\",\"origin\":\"i/1/0\",\"generation\":0,\"ce_id\":\"{text}/1\",\"ce_type\":\"t\",\"ce_time\":\"2020-10-01T00:00:00Z\"}}}}\n"
        )
        .into_bytes()
    }

    fn keys(files: &Files) -> Vec<String> {
        let mut keys = Vec::new();
        files
            .read(Topic::Articles, &mut |placed| keys.push(format!("{} {}", placed.place, placed.record.key)))
            .unwrap();
        keys
    }

    #[test]
    fn rotated_files_come_first_and_a_torn_line_is_completed_from_the_journal() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, lines: &[Vec<u8>]| fs::write(directory.path().join(name), lines.concat()).unwrap();
        write("w.articles.v1.2020-10-01-10.ndjson", &[line(5, "e")]);
        write("w.articles.v1.2020-10-01-2.ndjson", &[line(3, "c"), line(4, "d")]);
        write("w.articles.v1.ndjson", &[line(6, "f"), line(7, "g")[..20].to_vec()]);
        write("w.articles.v10.ndjson", &[line(0, "foreign")]);
        let pending = Pending::from([(
            "w.articles.v1".to_owned(),
            BTreeMap::from([(6, line(6, "f")), (7, line(7, "g")), (8, line(8, "h"))]),
        )]);
        let files = Files::open(directory.path(), "w", pending).unwrap();
        assert_eq!(files.logs(Topic::Articles)[0].begin, 3);
        let last = files.extent(Topic::Articles).unwrap().unwrap();
        assert_eq!((last.files, last.begin, last.last.unwrap().0), (3, 3, 8));
        assert_eq!(files.extent(Topic::Events).unwrap(), None);
        let found = keys(&files);
        let expected = [
            "w.articles.v1.2020-10-01-2.ndjson:1 c",
            "w.articles.v1.2020-10-01-2.ndjson:2 d",
            "w.articles.v1.2020-10-01-10.ndjson:1 e",
            "w.articles.v1.ndjson:1 f",
            "w.articles.v1.ndjson (record 7, still in the journal) g",
            "w.articles.v1.ndjson (record 8, still in the journal) h",
        ];
        assert_eq!(found, expected);
        assert!(matches!(Files::open(directory.path(), "other", Pending::new()), Err(ReadError::Nothing(_))));
    }
}
