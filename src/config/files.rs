//! The files a configuration was read from, and whether they have changed since.
//!
//! Asked now and then, this needs no notification from the system, and sees every way in which files are replaced: an
//! editor that writes in place, a rename over the old file, and the symbolic link to a directory that Kubernetes swaps.

use std::{
    collections::BTreeMap,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files {
    /// Files by name, whether they were there or not.
    named: Vec<PathBuf>,
    /// Patterns of file names.
    patterns: Vec<PathBuf>,
    /// Every file as it was just before it was read.
    read: BTreeMap<PathBuf, Option<Stamp>>,
}

/// Files as they were at one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look(BTreeMap<PathBuf, Option<Stamp>>);

/// By what a file is known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Files {
    /// This file is read now.
    pub(super) fn named(&mut self, path: &Path) {
        self.named.push(path.to_owned());
        self.found(path);
    }

    /// The files that match are read now.
    pub(super) fn pattern(&mut self, pattern: &Path) {
        self.patterns.push(pattern.to_owned());
    }

    /// This file matches a pattern and is read now.
    pub(super) fn found(&mut self, path: &Path) {
        self.read.insert(path.to_owned(), stamp(path));
    }

    /// How the files were when they were read: what has changed since then differs from a later look.
    pub fn as_read(&self) -> Look {
        Look(self.read.clone())
    }

    /// How the files are now. May block.
    pub fn look(&self) -> Look {
        let matches = self.patterns.iter().filter_map(|pattern| glob::glob(&pattern.to_string_lossy()).ok());
        let matches = matches.flatten().filter_map(Result::ok).filter(|path| path.is_file());
        Look(matches.chain(self.named.iter().cloned()).map(|path| (path.clone(), stamp(&path))).collect())
    }
}

/// Of the file that a name leads to in the end, through all links.
fn stamp(path: &Path) -> Option<Stamp> {
    let file = std::fs::metadata(path).ok()?;
    Some(Stamp {
        device: file.dev(),
        inode: file.ino(),
        bytes: file.size(),
        modified: (file.mtime(), file.mtime_nsec()),
        changed: (file.ctime(), file.ctime_nsec()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::symlink};

    #[test]
    fn every_way_of_replacing_a_file_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir_all(at("one")).unwrap();
        fs::create_dir_all(at("two")).unwrap();
        fs::write(at("one/feeds.toml"), "same length").unwrap();
        fs::write(at("two/feeds.toml"), "other words").unwrap();
        symlink("one", at("..data")).unwrap();
        symlink("..data/feeds.toml", at("feeds.toml")).unwrap();
        let mut files = Files::default();
        files.named(&at("feeds.toml"));
        files.pattern(&at("*.list"));
        let mut last = files.look();
        assert_eq!(files.as_read(), last);
        let mut changed = |what: &str| {
            let now = files.look();
            assert_ne!(now, last, "{what}");
            last = now;
        };
        symlink("two", at("..data_tmp")).unwrap();
        fs::rename(at("..data_tmp"), at("..data")).unwrap();
        changed("the link was swapped");
        fs::write(at("two/feeds.toml"), "longer than it was").unwrap();
        changed("it was written in place");
        fs::write(at("next"), "longer than it was").unwrap();
        fs::rename(at("next"), at("two/feeds.toml")).unwrap();
        changed("it was renamed over");
        fs::write(at("b.list"), "").unwrap();
        changed("another file matches");
        fs::remove_file(at("feeds.toml")).unwrap();
        changed("it is gone");
    }
}
