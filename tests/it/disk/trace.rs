//! The model of a disk that loses power. In comes the trace that the shim wrote; out go directories as they may be
//! found after a power cut.
//!
//! What was synced survives. Of what was not, any part may: each sector of each write by itself, a length without its
//! contents, in whatever order. Names (created, removed, renamed) survive in the order in which they were changed, as
//! journaling file systems keep it, but only a sync of their directory makes them sure.

use super::Random;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// One record of the trace.
pub struct Op {
    what: u8,
    file: u64,
    place: usize,
    bytes: Vec<u8>,
}

impl Op {
    pub fn is_note(&self) -> bool {
        self.what == b'N'
    }
}

pub fn read(path: &Path) -> Vec<Op> {
    let all = fs::read(path).unwrap();
    let mut rest = all.as_slice();
    let mut ops = Vec::new();
    while let Some((head, more)) = rest.split_at_checked(21) {
        let number = |at: usize, length: usize| {
            let mut bytes = [0; 8];
            bytes[..length].copy_from_slice(&head[at..at + length]);
            u64::from_le_bytes(bytes)
        };
        let (bytes, more) = more.split_at(number(17, 4) as usize);
        ops.push(Op { what: head[0], file: number(1, 8), place: number(9, 8) as usize, bytes: bytes.to_vec() });
        rest = more;
    }
    assert!(rest.is_empty(), "the trace ends amid a record");
    ops
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

#[derive(Clone)]
enum NameChange {
    Put(PathBuf, usize),
    Take(PathBuf),
    Move(PathBuf, PathBuf),
}

impl NameChange {
    fn directory(&self) -> &Path {
        let (Self::Put(path, _) | Self::Take(path) | Self::Move(path, _)) = self;
        path.parent().unwrap()
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Put(path, file) => drop(names.insert(path.clone(), *file)),
            Self::Take(path) => drop(names.remove(path)),
            Self::Move(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
        }
    }
}

#[derive(Clone, Default)]
struct File {
    synced: Vec<u8>,
    pending: Vec<Change>,
}

/// The disk at one moment.
#[derive(Clone, Default)]
pub struct Disk {
    files: Vec<File>,
    /// Which file has an inode at present; numbers are used again.
    inodes: BTreeMap<u64, usize>,
    directories: BTreeMap<u64, PathBuf>,
    names: BTreeMap<PathBuf, usize>,
    pending_names: Vec<NameChange>,
}

fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8(bytes.to_vec()).unwrap())
}

impl Disk {
    pub fn apply(&mut self, op: &Op) {
        match op.what {
            b'C' => {
                let file = self.files.len();
                self.files.push(File::default());
                self.inodes.insert(op.file, file);
                self.pending_names.push(NameChange::Put(path(&op.bytes), file));
            }
            b'W' => self.pending(op).push(Change::Write(op.place, op.bytes.clone())),
            b'T' => self.pending(op).push(Change::Truncate(op.place)),
            b'S' => {
                let file = &mut self.files[self.inodes[&op.file]];
                for change in file.pending.drain(..) {
                    apply(&change, &mut file.synced);
                }
            }
            b'P' => drop(self.directories.insert(op.file, path(&op.bytes))),
            b'D' => {
                let directory = self.directories[&op.file].clone();
                let (sure, pending) =
                    self.pending_names.drain(..).partition(|change: &NameChange| change.directory() == directory);
                self.pending_names = pending;
                let sure: Vec<NameChange> = sure;
                sure.iter().for_each(|change| change.apply(&mut self.names));
            }
            b'U' => self.pending_names.push(NameChange::Take(path(&op.bytes))),
            b'R' => {
                let middle = op.bytes.iter().position(|byte| *byte == 0).unwrap();
                let (from, to) = (path(&op.bytes[..middle]), path(&op.bytes[middle + 1..]));
                self.pending_names.push(NameChange::Move(from, to));
            }
            b'N' => {}
            other => panic!("a record of kind {other}"),
        }
    }

    fn pending(&mut self, op: &Op) -> &mut Vec<Change> {
        &mut self.files[self.inodes[&op.file]].pending
    }

    /// Whether a power cut now could lose anything.
    pub fn is_unsure(&self) -> bool {
        !self.pending_names.is_empty() || self.names.values().any(|file| !self.files[*file].pending.is_empty())
    }

    /// The files as running programs see them.
    pub fn whole(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut names = self.names.clone();
        self.pending_names.iter().for_each(|change| change.apply(&mut names));
        let contents = |file: usize| {
            let mut bytes = self.files[file].synced.clone();
            self.files[file].pending.iter().for_each(|change| apply(change, &mut bytes));
            bytes
        };
        names.into_iter().map(|(path, file)| (path, contents(file))).collect()
    }

    /// The files as one power cut may leave them.
    pub fn after_a_power_cut(&self, random: &mut Random) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut names = self.names.clone();
        let kept = random.below(self.pending_names.len() + 1);
        self.pending_names.iter().take(kept).for_each(|change| change.apply(&mut names));
        // Of 8 sectors so many survive: none, all, or some.
        let survive = [0, 8, 4, 1, 7][random.below(5)];
        names.into_iter().map(|(path, file)| (path, torn(&self.files[file], survive, random))).collect()
    }
}

fn apply(change: &Change, bytes: &mut Vec<u8>) {
    match change {
        Change::Truncate(length) => bytes.resize(*length, 0),
        Change::Write(at, written) => {
            if bytes.len() < at + written.len() {
                bytes.resize(at + written.len(), 0);
            }
            bytes[*at..at + written.len()].copy_from_slice(written);
        }
    }
}

fn torn(file: &File, survive: usize, random: &mut Random) -> Vec<u8> {
    let mut bytes = file.synced.clone();
    let mut longest = bytes.len();
    for change in &file.pending {
        match change {
            Change::Truncate(length) => {
                longest = longest.max(*length);
                if random.below(8) < survive {
                    apply(change, &mut bytes);
                }
            }
            Change::Write(at, written) => {
                longest = longest.max(at + written.len());
                let mut done = 0;
                while done < written.len() {
                    // Sectors are those of the file, not of the write.
                    let step = (SECTOR - (at + done) % SECTOR).min(written.len() - done);
                    if random.below(8) < survive {
                        apply(&Change::Write(at + done, written[done..done + step].to_vec()), &mut bytes);
                    }
                    done += step;
                }
            }
        }
    }
    // A length may survive without what it counts.
    if longest > bytes.len() && random.below(2) == 0 {
        bytes.resize(bytes.len() + random.below(longest - bytes.len() + 1), 0);
    }
    bytes
}

/// Writes files that lay under one directory into another one, which is emptied first.
pub fn lay_out(files: &BTreeMap<PathBuf, Vec<u8>>, from: &Path, to: &Path) {
    fs::remove_dir_all(to).ok();
    fs::create_dir_all(to).unwrap();
    for (path, bytes) in files {
        let target = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, bytes).unwrap();
    }
}
