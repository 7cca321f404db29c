//! The data directory, from the outside in: permissions, lock, disk, the file, its rows, the topic files.

use super::finding::Finding;
use crate::{
    intake::{check, set_aside},
    model::{ItemState, Position, StoredText, StoryState, units},
    publish::{
        Target,
        inspect::{self as topics, Owner},
    },
    store::{Damage, StoreError, error::corrupt_state, image, inspect},
};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

/// What is said of a file that a start has made and nothing more.
const EMPTY: &str = "it is empty; `dateline run` begins it";

/// Less room than this, and the next large document holds the feeds.
const LITTLE_ROOM: u64 = 64 << 20;

/// A clock that is so far behind what was recorded has been set back.
const CLOCK_STEP: SignedDuration = SignedDuration::from_hours(1);

/// Everything about a directory; `to` is where the configuration publishes, if there is one.
pub(super) fn look(data_dir: &Path, to: Option<Target>) -> Vec<Finding> {
    let mut findings = vec![permissions(data_dir)];
    if !data_dir.is_dir() {
        return findings;
    }
    findings.push(match inspect::lock_holder(data_dir) {
        Some(process) => {
            Finding::note("lock", format!("process {process} works in the directory; it is not disturbed"))
        }
        None => Finding::sound("lock", "no process works in the directory"),
    });
    findings.extend(room(data_dir));
    findings.extend(file(data_dir, to));
    findings
}

fn permissions(data_dir: &Path) -> Finding {
    let subject = "directory";
    let data = match fs::metadata(data_dir) {
        Ok(data) if data.is_dir() => data,
        Ok(_) => {
            return Finding::problem(
                subject,
                format!("{} is no directory", data_dir.display()),
                "name another data_dir",
            );
        }
        Err(error) => {
            let words = format!("{}: {error}", data_dir.display());
            return Finding::problem(
                subject,
                words,
                "`dateline run` makes it; check the name, and that this user may enter it",
            );
        }
    };
    let mode = data.permissions().mode() & 0o777;
    if mode & 0o022 != 0 {
        let words = format!("{} can be written by others (mode {mode:o})", data_dir.display());
        return Finding::problem(subject, words, format!("chmod 700 {}", data_dir.display()));
    }
    let foreign = ["dateline.sqlite", "dateline.sqlite-wal", "dateline.lock", "topics"]
        .into_iter()
        .find(|name| fs::metadata(data_dir.join(name)).is_ok_and(|inside| inside.uid() != data.uid()));
    match foreign {
        Some(name) => Finding::problem(
            subject,
            format!("{name} belongs to another user than the directory: the daemon may not be able to write it"),
            format!("chown -R {}:{} {}", data.uid(), data.gid(), data_dir.display()),
        ),
        None => Finding::sound(subject, format!("{} (mode {mode:o})", data_dir.display())),
    }
}

fn room(data_dir: &Path) -> Option<Finding> {
    let free = rustix::fs::statvfs(data_dir).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize))?;
    let words = format!("{} free", units::bytes::format(free));
    Some(if free < LITTLE_ROOM {
        let way_out = "make room: while the disk is full the feeds are held, and polling resumes by itself";
        Finding::problem("disk", words, way_out)
    } else {
        Finding::sound("disk", words)
    })
}

fn file(data_dir: &Path, to: Option<Target>) -> Vec<Finding> {
    let path = inspect::file(data_dir);
    let subject = "dateline.sqlite";
    let has_topics = fs::read_dir(data_dir.join("topics")).is_ok_and(|mut entries| entries.next().is_some());
    let lost =
        "put it back from a backup, make it anew with `dateline rebuild-state`, or move topics/ aside and begin anew";
    match fs::metadata(&path) {
        Err(_) if has_topics => {
            return vec![Finding::problem(
                subject,
                "it is missing, but topics/ holds what was published from it",
                lost,
            )];
        }
        Err(_) => return vec![Finding::note(subject, "there is none yet; `dateline run` makes it")],
        Ok(data) if data.len() == 0 && !has_log(&path) && has_topics => {
            return vec![Finding::problem(subject, "it is empty, but topics/ holds what was published from it", lost)];
        }
        Ok(data) if data.len() == 0 && !has_log(&path) => {
            return vec![Finding::note(subject, EMPTY)];
        }
        Ok(_) => {}
    }
    let inspection = match inspect::open(data_dir) {
        Ok(inspection) => inspection,
        Err(error) => return vec![Finding::of_store(subject, &error)],
    };
    if inspection.schema == 0 {
        return vec![Finding::note(subject, EMPTY)];
    }
    let db = &inspection.connection;
    let age = if inspection.schema < inspection.known_schema { "; the next start brings it up to date" } else { "" };
    let mut findings = vec![Finding::sound(subject, format!("schema version {}{age}", inspection.schema))];
    findings.extend(integrity(db));
    findings.extend(rows(db));
    findings.push(owner(db, to));
    findings.extend(topic_files(db, data_dir));
    findings.push(clock(db));
    findings
}

fn has_log(file: &Path) -> bool {
    fs::metadata(file.with_extension("sqlite-wal")).is_ok_and(|log| log.len() > 0)
}

fn integrity(db: &Connection) -> Vec<Finding> {
    let way_out = "restore a backup, or move the data_dir aside and start with an empty one; with Kafka nothing that was \
                   published is published again";
    match inspect::integrity(db) {
        Ok(problems) if problems.is_empty() => vec![Finding::sound("pages", "SQLite finds them in order")],
        Ok(problems) => problems.into_iter().map(|words| Finding::problem("pages", words, way_out)).collect(),
        Err(error) => vec![Finding::of_store("pages", &error)],
    }
}

fn rows(db: &Connection) -> Vec<Finding> {
    let mut findings = Vec::new();
    let position = match set_aside::position(db) {
        Ok(position) => position,
        Err(error) => {
            // A damaged state row is listed among the state rows.
            match StoreError::from(error) {
                StoreError::Corrupt(Damage::StateRow { .. }) => {}
                error => findings.push(Finding::of_store("position", &error)),
            }
            0
        }
    };
    let frames = check::frames(db, position);
    let mut say = |subject: &str, rows: u64, found: Vec<StoreError>, words: String| {
        if found.is_empty() {
            findings.push(Finding::sound(subject, format!("{rows} {words}")));
        }
        findings.extend(found.iter().map(|error| Finding::of_store(subject, error)));
    };
    let pending = db.query_row("SELECT count(*) FROM frame WHERE seq > ?1", [position], |row| row.get::<_, u64>(0));
    let waits = format!("as written; published up to {position}, {} wait", pending.unwrap_or(0));
    say("frames", frames.rows, frames.found, waits);
    let (states, found) = image::check(db, check_state);
    say("state rows", states, found, "as written".to_owned());
    let entries = check::entries(db);
    say("waiting pages", entries.rows, entries.found, "as written".to_owned());
    let doorstep = check::doorstep(db);
    say("feeds and items seen", doorstep.rows, doorstep.found, "can be read".to_owned());
    findings
}

/// Whether the value of a key can be read by this program.
fn check_state(key: &str, value: &[u8]) -> rusqlite::Result<()> {
    let read = match key.split('/').next() {
        Some("item") => serde_json::from_slice::<ItemState>(value).map(drop),
        Some("text") => serde_json::from_slice::<StoredText>(value).map(drop),
        Some("story") => serde_json::from_slice::<StoryState>(value).map(drop),
        Some("pos" | "feed") => serde_json::from_slice::<Position>(value).map(drop),
        _ => Ok(()),
    };
    read.map_err(|error| corrupt_state(key, error.to_string()))
}

fn owner(db: &Connection, to: Option<Target>) -> Finding {
    let subject = "owner";
    match (topics::owner(db), to) {
        (Err(error), _) => Finding::of_store(subject, &error),
        (Ok(Owner::Kafka(of)), Some(Target::Journal)) => Finding::problem(
            subject,
            format!("the state is a copy of a cluster's ({of}), but publish.to = \"journal\""),
            "give publish.to = \"journal\" a data_dir of its own",
        ),
        (Ok(Owner::Journal), Some(Target::Kafka)) => Finding::problem(
            subject,
            "the state is that of the embedded journal, but publish.to = \"kafka\"",
            "move it with `dateline migrate`, or give publish.to = \"kafka\" a data_dir of its own",
        ),
        (Ok(Owner::Kafka(of)), _) => Finding::sound(subject, format!("the state is a copy of a cluster's: {of}")),
        (Ok(Owner::Journal), _) => Finding::sound(subject, "the embedded journal: the state is the truth itself"),
        (Ok(Owner::Nobody), _) => Finding::sound(subject, "nothing has been published from here yet"),
    }
}

fn topic_files(db: &Connection, data_dir: &Path) -> Vec<Finding> {
    let files = match topics::topic_files(db, data_dir) {
        Ok(files) => files,
        Err(error) => return vec![Finding::of_store("topic files", &error)],
    };
    let way_out = "nothing is lost by it: the next start moves the file aside untouched and begins a new one, with the \
                   lines that were not on the disk; readers find the older ones in the file aside or in a backup";
    let finding = |file: topics::TopicFiles| match file.problem {
        Some(problem) => Finding::problem(&file.topic, problem, way_out),
        None => {
            let pending = if file.pending == 0 {
                String::new()
            } else {
                format!(", the last {} perhaps not in the file until the next start", file.pending)
            };
            Finding::sound(&file.topic, format!("{} records{pending}", file.records))
        }
    };
    files.into_iter().map(finding).collect()
}

fn clock(db: &Connection) -> Finding {
    let now = Timestamp::now();
    let newest: Option<i64> = db.query_row("SELECT max(at) FROM frame", [], |row| row.get(0)).unwrap_or(None);
    let newest = newest.and_then(|micros| Timestamp::from_microsecond(micros).ok());
    match newest {
        Some(newest) if newest.duration_since(now) > CLOCK_STEP => Finding::problem(
            "clock",
            format!("it says {now}, but the newest frame was observed at {newest}"),
            "set the clock; nothing is decided by it but what is displayed and what is forgotten, and that pauses meanwhile",
        ),
        _ => Finding::sound("clock", format!("{now}")),
    }
}
