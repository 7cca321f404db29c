//! The topic files read back, oldest record first, whatever rotation, damage and hands have made of them.
//!
//! In comes the directory of the topic files, out go the records of one topic by rising number, each once. What is no
//! line of ours is counted and passed over; numbers that are not there are told as gaps.

use super::{lines, ndjson};
use crate::model::{Record, Topic};
use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

/// What stood in the way of reading a topic whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Damage {
    /// Numbers that are in no file: the first, and the one behind the last.
    pub missing: Vec<(u64, u64)>,
    /// Lines that are none of ours.
    pub foreign_lines: u64,
}

/// The records of one topic.
pub struct Archive {
    topic: Topic,
    files: VecDeque<(u64, PathBuf)>,
    reader: Option<BufReader<File>>,
    /// The number that is due.
    next: u64,
    /// What was met so far.
    pub damage: Damage,
}

impl Archive {
    /// The records from this number on.
    pub fn open(directory: &Path, prefix: &str, topic: Topic, from: u64) -> io::Result<Self> {
        let mut archive = Self { topic, files: VecDeque::new(), reader: None, next: from, damage: Damage::default() };
        let mut files = Vec::new();
        for path in ndjson::files(directory, &topic.name(prefix))? {
            // A file without any record of ours has no place among the others.
            match archive.first_number(&path)? {
                Some(first) => files.push((first, path)),
                None => archive.damage.foreign_lines += lines_of(&path)?,
            }
        }
        files.sort();
        archive.files = files.into();
        Ok(archive)
    }

    /// The next record with its number; none at the end.
    pub fn next_record(&mut self) -> io::Result<Option<(u64, Record)>> {
        let mut line = Vec::new();
        loop {
            let Some(reader) = &mut self.reader else {
                let Some((_, path)) = self.files.pop_front() else { return Ok(None) };
                self.reader = Some(BufReader::new(File::open(path)?));
                continue;
            };
            line.clear();
            reader.read_until(b'\n', &mut line)?;
            let Some(whole) = line.strip_suffix(b"\n") else {
                // The end of the file, or a line that somebody cut.
                self.damage.foreign_lines += u64::from(!line.is_empty());
                self.reader = None;
                continue;
            };
            match lines::record(self.topic, whole) {
                // A line that was written again into a new file stands in the old one too.
                Ok((number, _)) if number < self.next => {}
                Ok((number, record)) => {
                    self.expect(number);
                    self.next = number + 1;
                    return Ok(Some((number, record)));
                }
                Err(_) => self.damage.foreign_lines += 1,
            }
        }
    }

    /// What lies between the last record and this number is missing.
    pub fn expect(&mut self, number: u64) {
        if number > self.next {
            self.damage.missing.push((self.next, number));
        }
    }

    fn first_number(&self, path: &Path) -> io::Result<Option<u64>> {
        let mut reader = BufReader::new(File::open(path)?);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            let number = line.strip_suffix(b"\n").and_then(|line| lines::record(self.topic, line).ok());
            if let Some((number, _)) = number {
                return Ok(Some(number));
            }
            line.clear();
        }
        Ok(None)
    }
}

fn lines_of(path: &Path) -> io::Result<u64> {
    Ok(fs::read(path)?.split_inclusive(|byte| *byte == b'\n').count() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u64) -> String {
        let record = Record {
            topic: Topic::Articles,
            key: "a:1".to_owned(),
            headers: vec![("n".to_owned(), number.to_string())],
            value: Some(format!("{{\"n\":{number}}}").into_bytes()),
        };
        String::from_utf8(ndjson::line(record, number)).unwrap()
    }

    #[track_caller]
    fn check(files: &[(&str, &[&str])], from: u64, expected: &[u64], damage: &Damage) {
        let dir = tempfile::tempdir().unwrap();
        for (name, lines) in files {
            fs::write(dir.path().join(name), lines.concat()).unwrap();
        }
        let mut archive = Archive::open(dir.path(), "wire", Topic::Articles, from).unwrap();
        let mut found = Vec::new();
        while let Some((number, record)) = archive.next_record().unwrap() {
            assert_eq!(record.header("n"), Some(number.to_string().as_str()));
            found.push(number);
        }
        assert_eq!((found.as_slice(), &archive.damage), (expected, damage));
    }

    #[test]
    fn files_are_read_by_their_numbers_and_what_is_missing_is_told() {
        let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(line);
        let whole = Damage::default();
        let live = "wire.articles.v1.ndjson";
        // Ten comes after nine.
        let files: [(&str, &[&str]); 3] = [
            ("wire.articles.v1.2020-10-01-10.ndjson", &[&c, &d]),
            ("wire.articles.v1.2020-10-01-9.ndjson", &[&a, &b]),
            (live, &[&e]),
        ];
        check(&files, 0, &[0, 1, 2, 3, 4], &whole);
        check(&files, 3, &[3, 4], &whole);
        check(&files[1..], 0, &[0, 1, 4], &Damage { missing: vec![(2, 4)], foreign_lines: 0 });
        check(&[(live, &[&a, "hello\n", "{\"half\":"])], 0, &[0], &Damage { missing: Vec::new(), foreign_lines: 2 });
        let doubled: [(&str, &[&str]); 2] = [("wire.articles.v1.2020-10-01-1.ndjson", &[&a, &b]), (live, &[&b, &c])];
        check(&doubled, 0, &[0, 1, 2], &whole);
        check(&[("wire.articles.v1.mine.ndjson", &["x\n"]), ("wire.events.v1.ndjson", &[&a])], 0, &[], &whole);
    }
}
