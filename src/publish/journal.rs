//! The embedded default: the SQLite file in the broker's place.
//!
//! Lines (table `journal`), state changes and position are written in one SQL transaction, whose commit **is** the
//! publication. From the journal the topic files are written, each line at its recorded place, so that recovery writes
//! the last lines again in place. Lines leave the journal once they are known to be on the disk in their file. A file
//! that is found shorter than recorded, or foreign, is moved aside untouched and a new one begun.

use super::{
    Batch, JournalOptions, KAFKA_IMAGE, PublishError, Sink, lost,
    ndjson::{self, Directory, Found, Recorded},
};
use crate::{
    clock::WallClock,
    faults,
    model::{Hash, Record},
    store::{Store, StoreError, error::corrupt, image},
};
use futures::future::BoxFuture;
use jiff::{Timestamp, civil::Date};
use rusqlite::{Connection, Transaction, params};
use std::{
    collections::BTreeMap,
    fs::File,
    io,
    os::unix::fs::FileExt,
    time::{Duration, Instant, SystemTime},
};

/// Files are synced this often at most; until then their lines stay in the journal.
const SYNC_INTERVAL: Duration = Duration::from_secs(5);

/// Or when this much is not synced.
const SYNC_BYTES: u64 = 16 << 20;

/// Lines are gathered up to this much for one write.
const WRITE_BYTES: usize = 256 << 10;

/// The sink of `publish.to = "journal"`.
pub struct Journal {
    store: Store,
    directory: Directory,
    options: JournalOptions,
    prefix: String,
    /// By topic name; none while it must be read anew.
    files: Option<BTreeMap<String, LiveFile>>,
    synced_at: Instant,
    now: fn() -> Timestamp,
    clock: WallClock,
    /// Whether a lost memory is being made anew.
    rebuilding: bool,
}

/// One topic's live file.
#[derive(Debug)]
struct LiveFile {
    day: Date,
    next: u64,
    recorded: Recorded,
    /// The last committed line: where it starts, and its hash.
    last: Option<(u64, Hash)>,
    handle: Option<File>,
}

impl LiveFile {
    fn new(day: Date, next: u64) -> Self {
        Self { day, next, recorded: Recorded::default(), last: None, handle: None }
    }
}

/// One line on its way.
struct Line {
    topic: String,
    offset: u64,
    at: u64,
    bytes: Vec<u8>,
}

/// A failure of SQL or of files, by what the caller does about it.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    File(#[from] io::Error),
}

impl From<Failure> for PublishError {
    fn from(failure: Failure) -> Self {
        let message = format!("publishing to the journal: {failure}");
        match failure {
            Failure::Store(StoreError::Full(_)) => PublishError::Unavailable(message),
            Failure::File(error) if error.kind() == io::ErrorKind::StorageFull => PublishError::Unavailable(message),
            Failure::Store(error) => PublishError::Fatal { exit: error.exit_code(), message },
            Failure::File(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                PublishError::Fatal { exit: 77, message }
            }
            Failure::File(_) => PublishError::Fatal { exit: 74, message },
        }
    }
}

impl Journal {
    /// A sink that writes topic files under `topics/` beside the store's file.
    pub fn new(store: Store, options: JournalOptions, prefix: &str) -> Self {
        let directory = Directory(store.data_dir().join("topics"));
        let prefix = prefix.to_owned();
        Self {
            store,
            directory,
            options,
            prefix,
            files: None,
            synced_at: Instant::now(),
            now: Timestamp::now,
            clock: WallClock::watch(),
            rebuilding: false,
        }
    }

    /// The same for `rebuild-state`, which makes a lost memory anew.
    #[must_use]
    pub fn rebuilding(mut self) -> Self {
        self.rebuilding = true;
        self
    }

    /// A memory that knows nothing of what was published would publish it again.
    async fn refuse_a_lost_memory(&self) -> Result<(), PublishError> {
        let has_records = self.files.iter().flatten().any(|(_, file)| file.next > 0);
        let trouble = self.store.read(move |db| lost::trouble(db, has_records)).await.map_err(Failure::from)?;
        match trouble.filter(|_| !self.rebuilding) {
            None => Ok(()),
            Some(trouble) => {
                let state = format!("the state in {}", self.store.data_dir().display());
                Err(trouble.refusal(&state, &format!("the files in {}", self.directory.0.display()), lost::REBUILD))
            }
        }
    }

    /// Brings the topic files to what is committed, and ends: afterwards they hold every record. Returns the number that
    /// the next record of each topic would have.
    pub async fn settled(
        store: Store,
        options: JournalOptions,
        prefix: &str,
    ) -> Result<BTreeMap<String, u64>, PublishError> {
        let mut journal = Self::new(store, options, prefix);
        journal.recover_files().await?;
        let ends = journal.files.iter().flatten().map(|(topic, file)| (topic.clone(), file.next)).collect();
        journal.finish().await?;
        Ok(ends)
    }

    /// An image that is of a cluster's state topic would count as published here what only that cluster's readers saw.
    async fn refuse_an_image_of_kafka(&self) -> Result<(), PublishError> {
        let of_kafka = self.store.read(|db| image::meta(db, KAFKA_IMAGE)).await.map_err(Failure::from)?;
        if of_kafka.is_none() {
            return Ok(());
        }
        let message = format!(
            "{} holds what was published to Kafka: give publish.to = \"journal\" a data_dir of its own",
            self.store.data_dir().display()
        );
        Err(PublishError::Fatal { exit: 78, message })
    }

    async fn recover_files(&mut self) -> Result<u64, Failure> {
        self.files = None;
        let mut files = self.store.read(load).await?;
        self.adopt(&mut files).await?;
        for (topic, file) in &mut files {
            self.settle(topic, file).await?;
        }
        self.files = Some(files);
        let intake = self.store.intake_id().to_owned();
        Ok(self.store.read(move |db| image::position(db, &intake)).await?)
    }

    /// Brings one file to what is committed.
    async fn settle(&self, topic: &str, file: &mut LiveFile) -> Result<(), Failure> {
        let name = topic.to_owned();
        let moving: Option<String> = self.store.read(move |db| moving_to(db, &name)).await?;
        if let Some(target) = moving {
            self.directory.move_aside(topic, &target)?;
            self.begin_file(topic, file).await?;
        }
        let name = topic.to_owned();
        let mut pending = self.store.read(move |db| lines_of(db, &name)).await?;
        if self.directory.look(topic, &file.recorded)? == Found::Foreign {
            tracing::warn!(topic, "the topic file is not as it was left; it is moved aside and a new one begun");
            pending.retain(|line| !self.directory.holds(topic, line.at, &line.bytes));
            let mut end = 0;
            for line in &mut pending {
                line.at = end;
                end += line.bytes.len() as u64;
            }
            let aside = self.directory.free_name(topic, ndjson::day((self.now)()));
            self.directory.move_aside(topic, &aside)?;
            *file = LiveFile::new(ndjson::day((self.now)()), file.next);
            file.recorded.bytes = end;
            let (name, row) = (topic.to_owned(), Row::of(topic, file));
            let lines = pending.iter().map(|line| (line.offset, line.at, line.bytes.clone())).collect::<Vec<_>>();
            self.store
                .write(move |tx| {
                    tx.execute("DELETE FROM journal WHERE topic = ?1", [&name])?;
                    for (offset, at, bytes) in lines {
                        insert_line(tx, &name, offset, at, &bytes)?;
                    }
                    row.save(tx)
                })
                .await?;
        }
        file.last = pending.last().map(|line| (line.at, Hash::of_bytes(&line.bytes)));
        if !pending.is_empty() {
            let handle = file.handle.insert(self.directory.open(topic)?);
            for line in &pending {
                handle.write_all_at(&line.bytes, line.at)?;
            }
        }
        Ok(())
    }

    async fn publish(&mut self, batch: Batch) -> Result<(), PublishError> {
        let Some(mut files) = self.files.take() else {
            return Err(PublishError::Doubt("the journal must be recovered first".to_owned()));
        };
        self.rotate(&mut files).await?;
        let lines = self.place(&mut files, batch.records);
        let rows: Vec<Row> = files.iter().map(|(topic, file)| Row::of(topic, file)).collect();
        let state = batch.state;
        let lines = self
            .store
            .write(move |tx| {
                for row in rows {
                    tx.prepare_cached("DELETE FROM journal WHERE topic = ?1 AND at < ?2")?
                        .execute(params![row.name, row.recorded.synced])?;
                    row.save(tx)?;
                }
                for line in &lines {
                    insert_line(tx, &line.topic, line.offset, line.at, &line.bytes)?;
                    faults::point("C4");
                }
                faults::stop("C10");
                image::apply(tx, &state)?;
                faults::point("C5");
                faults::soon("C6");
                Ok(lines)
            })
            .await
            .map_err(Failure::from)?;
        // Published. What goes wrong from here on is mended by `recover` from the journal.
        faults::point("C7");
        let sync = self.synced_at.elapsed() >= SYNC_INTERVAL
            || files.values().any(|file| file.recorded.bytes - file.recorded.synced >= SYNC_BYTES);
        let directory = self.directory.clone();
        let written = tokio::task::spawn_blocking(move || {
            write_lines(&directory, &mut files, &lines)?;
            if sync {
                sync_files(&mut files)?;
            }
            Ok::<_, io::Error>(files)
        });
        let in_doubt = |error: &dyn std::fmt::Display| PublishError::Doubt(format!("writing topic files: {error}"));
        let files = written.await.map_err(|error| in_doubt(&error))?.map_err(|error| in_doubt(&error))?;
        if sync {
            self.synced_at = Instant::now();
        }
        self.files = Some(files);
        Ok(())
    }

    /// Gives each record its number and its place.
    fn place(&self, files: &mut BTreeMap<String, LiveFile>, records: Vec<Record>) -> Vec<Line> {
        let today = ndjson::day((self.now)());
        let mut lines = Vec::with_capacity(records.len());
        for record in records.into_iter().filter(|record| record.topic.is_public()) {
            let topic = record.topic.name(&self.prefix);
            let file = files.entry(topic.clone()).or_insert_with(|| LiveFile::new(today, 0));
            let (offset, at) = (file.next, file.recorded.bytes);
            let bytes = ndjson::line(record, offset);
            file.next += 1;
            file.recorded.bytes += bytes.len() as u64;
            lines.push(Line { topic, offset, at, bytes });
        }
        for (topic, file) in files {
            if let Some(line) = lines.iter().rfind(|line| line.topic == *topic) {
                file.last = Some((line.at, Hash::of_bytes(&line.bytes)));
            }
        }
        lines
    }

    /// Moves files aside that are of another day or too large. Each step is durable before the next.
    async fn rotate(&mut self, files: &mut BTreeMap<String, LiveFile>) -> Result<(), PublishError> {
        let today = ndjson::day((self.now)());
        let mut rotated = false;
        for (topic, file) in files {
            let due = file.day != today || file.recorded.bytes >= self.options.max_file;
            if !due {
                continue;
            }
            if file.recorded.bytes == 0 {
                file.day = today;
                continue;
            }
            self.move_file(topic, file).await?;
            rotated = true;
        }
        if rotated {
            // A clock that was set makes every file look old; their total size is kept all the same.
            let now = self.clock.believed().map_or(SystemTime::UNIX_EPOCH, |_| SystemTime::now());
            self.directory.clean_up(&self.options, now).map_err(Failure::from)?;
        }
        Ok(())
    }

    async fn move_file(&self, topic: &str, file: &mut LiveFile) -> Result<(), Failure> {
        let handle = match file.handle.take() {
            Some(handle) => handle,
            None => self.directory.open(topic)?,
        };
        handle.sync_data()?;
        let target = self.directory.free_name(topic, file.day);
        let (name, moving) = (topic.to_owned(), target.clone());
        self.store
            .write(move |tx| {
                tx.execute("DELETE FROM journal WHERE topic = ?1", [&name])?;
                tx.execute("UPDATE topic SET moving_to = ?2 WHERE name = ?1", [&name, &moving])
            })
            .await?;
        self.directory.move_aside(topic, &target)?;
        self.begin_file(topic, file).await
    }

    /// Records that the live file is a new, empty one.
    async fn begin_file(&self, topic: &str, file: &mut LiveFile) -> Result<(), Failure> {
        *file = LiveFile::new(ndjson::day((self.now)()), file.next);
        let (name, row) = (topic.to_owned(), Row::of(topic, file));
        self.store
            .write(move |tx| {
                tx.execute("UPDATE topic SET moving_to = NULL WHERE name = ?1", [&name])?;
                row.save(tx)
            })
            .await?;
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), Failure> {
        let Some(mut files) = self.files.take() else { return Ok(()) };
        sync_files(&mut files)?;
        let rows: Vec<Row> = files.iter().map(|(topic, file)| Row::of(topic, file)).collect();
        self.store
            .write(move |tx| {
                for row in rows {
                    tx.execute(
                        "DELETE FROM journal WHERE topic = ?1 AND at < ?2",
                        params![row.name, row.recorded.synced],
                    )?;
                    row.save(tx)?;
                }
                Ok(())
            })
            .await?;
        Ok(())
    }
}

impl Sink for Journal {
    fn recover(&mut self) -> BoxFuture<'_, Result<u64, PublishError>> {
        Box::pin(async {
            self.refuse_an_image_of_kafka().await?;
            let position = self.recover_files().await?;
            self.refuse_a_lost_memory().await?;
            Ok(position)
        })
    }

    fn commit(&mut self, batch: Batch) -> BoxFuture<'_, Result<(), PublishError>> {
        Box::pin(self.publish(batch))
    }

    fn close(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            if let Err(error) = self.finish().await {
                // Nothing is lost: the next start writes the last lines again from the journal.
                tracing::warn!(%error, "the topic files were not closed cleanly");
            }
        })
    }
}

fn write_lines(directory: &Directory, files: &mut BTreeMap<String, LiveFile>, lines: &[Line]) -> Result<(), io::Error> {
    // The lines of a topic follow one another; few writes take them, whatever the batch is.
    for (topic, file) in files.iter_mut() {
        let mut of_topic = lines.iter().filter(|line| line.topic == *topic).peekable();
        while let Some(first) = of_topic.peek() {
            let (at, mut bytes) = (first.at, Vec::with_capacity(WRITE_BYTES));
            while let Some(line) =
                of_topic.next_if(|line| bytes.is_empty() || bytes.len() + line.bytes.len() <= WRITE_BYTES)
            {
                bytes.extend_from_slice(&line.bytes);
            }
            let handle = match &mut file.handle {
                Some(handle) => handle,
                empty => empty.insert(directory.open(topic)?),
            };
            if faults::fails("C8") {
                let half = bytes.len() / 2;
                handle.write_all_at(bytes.get(..half).unwrap_or_default(), at)?;
                std::process::abort();
            }
            handle.write_all_at(&bytes, at)?;
        }
    }
    Ok(())
}

fn sync_files(files: &mut BTreeMap<String, LiveFile>) -> io::Result<()> {
    for file in files.values_mut().filter(|file| file.recorded.synced < file.recorded.bytes) {
        let Some(handle) = &file.handle else { continue };
        handle.sync_data()?;
        file.recorded.synced = file.recorded.bytes;
        if let Some((start, hash)) = &file.last {
            file.recorded.tail_start = *start;
            file.recorded.tail_hash = Some(hash.clone());
        }
    }
    Ok(())
}

/// A row of the table `topic`.
struct Row {
    name: String,
    day: String,
    next: u64,
    recorded: Recorded,
}

impl Row {
    fn of(topic: &str, file: &LiveFile) -> Self {
        let LiveFile { day, next, recorded, .. } = file;
        Self { name: topic.to_owned(), day: day.to_string(), next: *next, recorded: recorded.clone() }
    }

    fn save(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        let Recorded { bytes, synced, tail_start, tail_hash } = &self.recorded;
        let tail_hash = tail_hash.as_ref().map(|hash| hash.0.as_bytes());
        tx.prepare_cached(
            "INSERT INTO topic (name, day, next, bytes, synced, tail_start, tail_hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (name) DO UPDATE SET day = excluded.day, next = excluded.next, bytes = excluded.bytes,
               synced = excluded.synced, tail_start = excluded.tail_start, tail_hash = excluded.tail_hash",
        )?
        .execute(params![self.name, self.day, self.next, bytes, synced, tail_start, tail_hash])
        .map(drop)
    }
}

fn load(db: &Connection) -> rusqlite::Result<BTreeMap<String, LiveFile>> {
    db.prepare("SELECT name, day, next, bytes, synced, tail_start, tail_hash FROM topic")?
        .query_map([], |row| {
            let (name, day): (String, String) = (row.get(0)?, row.get(1)?);
            let day = day.parse().map_err(|error| corrupt(format!("the day of topic {name}: {error}")))?;
            let tail_hash = row.get::<_, Option<Vec<u8>>>(6)?.and_then(|hash| String::from_utf8(hash).ok()).map(Hash);
            let recorded = Recorded { bytes: row.get(3)?, synced: row.get(4)?, tail_start: row.get(5)?, tail_hash };
            Ok((name, LiveFile { day, next: row.get(2)?, recorded, last: None, handle: None }))
        })?
        .collect()
}

fn moving_to(db: &Connection, topic: &str) -> rusqlite::Result<Option<String>> {
    db.query_row("SELECT moving_to FROM topic WHERE name = ?1", [topic], |row| row.get(0))
}

fn lines_of(db: &Connection, topic: &str) -> rusqlite::Result<Vec<Line>> {
    db.prepare("SELECT offset, at, line FROM journal WHERE topic = ?1 ORDER BY offset")?
        .query_map([topic], |row| {
            Ok(Line { topic: topic.to_owned(), offset: row.get(0)?, at: row.get(1)?, bytes: row.get(2)? })
        })?
        .collect()
}

fn insert_line(tx: &Transaction<'_>, topic: &str, offset: u64, at: u64, bytes: &[u8]) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO journal (topic, offset, at, line) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![topic, offset, at, bytes])
        .map(drop)
}

mod adopt;
#[cfg(test)]
mod tests;
