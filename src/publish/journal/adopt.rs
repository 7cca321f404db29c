//! Topic files that the journal knows nothing of: they lie where the SQLite file has been lost.
//!
//! They are moved aside untouched, and the numbers of their records are gone on with, so that a reader who counts by them
//! meets none twice.

use super::{Failure, Journal, LiveFile, Row};
use crate::{model::Topic, publish::ndjson};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::Path,
};

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "_meta")]
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    offset: u64,
}

impl Journal {
    /// Takes up topics that have files and no row.
    pub(super) async fn adopt(&self, files: &mut BTreeMap<String, LiveFile>) -> Result<(), Failure> {
        for topic in Topic::PUBLIC {
            let name = topic.name(&self.prefix);
            if files.contains_key(&name) {
                continue;
            }
            let next = next_number(&self.directory.0, &name)?;
            let Some(next) = next else { continue };
            tracing::warn!(
                topic = name,
                next,
                "topic files of an earlier journal; they are moved aside and gone on with"
            );
            let today = ndjson::day((self.now)());
            let file = LiveFile::new(today, next);
            let row = Row::of(&name, &file);
            let aside = self.directory.free_name(&name, today);
            self.directory.move_aside(&name, &aside)?;
            self.store.write(move |tx| row.save(tx)).await?;
            files.insert(name, file);
        }
        Ok(())
    }
}

/// One more than the highest number in the files of a topic; none where there are no files.
fn next_number(directory: &Path, topic: &str) -> io::Result<Option<u64>> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut next = None;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let ours = name.strip_prefix(topic).is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".ndjson"));
        if !ours {
            continue;
        }
        for line in BufReader::new(File::open(&path)?).split(b'\n') {
            // A torn line, or one that is no record's, has no number.
            let number = serde_json::from_slice::<Line>(&line?).map_or(0, |line| line.meta.offset + 1);
            next = next.max(Some(number));
        }
    }
    Ok(next)
}
