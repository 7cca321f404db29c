//! A5: the power is cut. One run of the real program on the journal is recorded, call by call; then the cut is made at
//! any point of it, with any part of what was not synced lost, as often as asked for. Each time our own recovery must
//! find a state that is one of the states committed, no older than what had been acknowledged; and topic files that
//! hold each committed line once and nothing else.

use super::{
    Random, Wire, count, seed,
    trace::{self, Disk},
    under_shim,
};
use crate::harness::{Site, finished};
use dateline::{
    publish::{JournalOptions, Sink as _, journal::Journal},
    store::{Store, inspect},
};
use rusqlite::{Connection, types::ValueRef};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What is fixed about the state after one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Digest(String);

impl Digest {
    /// Over every row of every table; the intake's id is made anew when not even the schema had survived.
    fn of(db: &Connection) -> Self {
        let mut hasher = blake3::Hasher::new();
        let tables =
            ["meta", "state", "frame", "feed", "seen", "waiting", "page_watch", "topic", "journal", "sqlite_sequence"];
        for table in tables {
            let only = if table == "meta" { "WHERE key <> 'intake_id'" } else { "" };
            let mut select = db.prepare(&format!("SELECT * FROM {table} {only} ORDER BY 1, 2")).unwrap();
            let columns = select.column_count();
            let mut rows = select.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                for column in 0..columns {
                    match row.get_ref(column).unwrap() {
                        ValueRef::Null => hasher.update(b"null"),
                        ValueRef::Integer(number) => hasher.update(&number.to_le_bytes()),
                        ValueRef::Real(number) => hasher.update(&number.to_le_bytes()),
                        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                            hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes)
                        }
                    };
                }
            }
            hasher.update(table.as_bytes());
        }
        Self(hasher.finalize().to_hex()[..16].to_owned())
    }
}

/// What a reader has of each topic when it takes the rotated files in order and then the live one.
fn streams(topics: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files: Vec<(String, u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(topics).into_iter().flatten() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let rotated = stem.rsplit_once('.').and_then(|(topic, tail)| {
            let (date, number) = tail.rsplit_once('-')?;
            date.starts_with("20").then_some((topic.to_owned(), number.parse().ok()?))
        });
        let (topic, number) = rotated.unwrap_or((stem, u64::MAX));
        files.push((topic, number, path));
    }
    files.sort();
    let mut streams: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (topic, _, path) in files {
        streams.entry(topic).or_default().extend(fs::read(path).unwrap());
    }
    streams
}

/// The recorded life: polls, changes, rotations, and deaths in between.
fn record(site: &Site, wire: &mut Wire) -> Vec<trace::Op> {
    site.settings("[publish.journal]\nmax_file = \"64KiB\"\n");
    let (trace, notes) = (site.path("trace"), site.path("notes"));
    let runs = count("DATELINE_FAULTS_POWER_RUNS", 9);
    for run in 0..runs {
        for item in 0..wire.takes.len() / 3 {
            wire.change(site, item);
        }
        wire.grow(site, 6);
        let mut command = site.command("run");
        under_shim(site, &mut command)
            .env("DATELINE_SHIM_TRACE", &trace)
            .env("DATELINE_SHIM_NOTES", &notes)
            .arg("--once");
        // Two of three runs die on their way, so that the next one finds what a dead process leaves.
        let dies = ["", "C4=return", "C7=return"][run % 3];
        let done = finished(command.env("FAILPOINTS", dies));
        assert_eq!(done.status.success(), dies.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    let done = finished(
        under_shim(site, &mut site.command("run"))
            .env("DATELINE_SHIM_TRACE", &trace)
            .env("DATELINE_SHIM_NOTES", &notes)
            .arg("--once"),
    );
    assert!(done.status.success());
    wire.check(&site.topic("articles.v1"));
    trace::read(&trace)
}

/// A directory in memory, where there is one: nothing here needs a real disk.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

#[test]
fn a_power_cut_at_any_point_leaves_a_state_that_was_committed() {
    let site = Site::new();
    let mut wire = Wire::new(&site);
    let ops = record(&site, &mut wire);
    let root = site.path("data");
    let finally = streams(&root.join("topics"));
    let scratch = scratch();
    let directory = scratch.path().join("data");

    // The state after each commit, as it would be without any cut.
    let mut disk = Disk::default();
    let mut states = Vec::new();
    for op in &ops {
        disk.apply(op);
        if op.is_note() {
            trace::lay_out(&disk.whole(), &root, &directory);
            states.push(Digest::of(&Connection::open(inspect::file(&directory)).unwrap()));
        }
    }
    assert!(states.len() > 20, "{} commits", states.len());
    trace::lay_out(&disk.whole(), &root, &directory);
    assert_eq!(streams(&directory.join("topics")), finally, "the trace does not hold everything that was written");

    let schedules = count("DATELINE_FAULTS_SCHEDULES", 200);
    let mut random = seed("power cuts");
    let mut cuts: Vec<usize> = (0..schedules).map(|_| 1 + random.below(ops.len())).collect();
    cuts.sort_unstable();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (mut disk, mut done, mut acknowledged, mut unsure, mut later) = (Disk::default(), 0, 0, 0, 0);
    for cut in cuts {
        for op in &ops[done..cut] {
            disk.apply(op);
            acknowledged += usize::from(op.is_note());
        }
        done = cut;
        unsure += usize::from(disk.is_unsure());
        let before = random.clone();
        trace::lay_out(&disk.after_a_power_cut(&mut random), &root, &directory);
        let place =
            format!("cut at call {cut} of {}, {acknowledged} commits acknowledged, chance {before:?}", ops.len());
        later += usize::from(recovers(&runtime, &directory, &states, acknowledged, &finally, &place));
    }
    eprintln!(
        "{schedules} power cuts over {} calls and {} commits, 0 violations; {unsure} with something to lose, {later} kept a \
         commit that had not been acknowledged",
        ops.len(),
        states.len()
    );
    assert!(unsure * 4 > schedules, "hardly any cut had something to lose");
    goes_on(&site, &wire, &ops, &root, &mut random);
}

/// Recovers and looks; says whether the state is that of the commit after the last one acknowledged.
fn recovers(
    runtime: &tokio::runtime::Runtime,
    directory: &Path,
    states: &[Digest],
    acknowledged: usize,
    finally: &BTreeMap<String, Vec<u8>>,
    place: &str,
) -> bool {
    let store = Store::open(directory).unwrap_or_else(|error| panic!("{place}: {error}"));
    let (found, records) = store
        .read_here(|db| {
            let mut select = db.prepare("SELECT name, next FROM topic")?;
            let records: BTreeMap<String, usize> =
                select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
            Ok((Digest::of(db), records))
        })
        .unwrap();
    // Before the first commit there is nothing but the schema.
    let is = |n: usize| if n == 0 { records.is_empty() } else { states.get(n - 1) == Some(&found) };
    let later = is(acknowledged + 1) && !is(acknowledged);
    assert!(
        is(acknowledged) || later,
        "{place}: the state is that of commit {:?}",
        states.iter().position(|state| *state == found).map(|at| at + 1)
    );
    let mut journal = Journal::new(store, JournalOptions::default(), "wire");
    runtime.block_on(journal.recover()).unwrap_or_else(|error| panic!("{place}: {error}"));
    drop(journal);
    let after = streams(&directory.join("topics"));
    for (topic, records) in &records {
        let whole = &finally[topic];
        let length: usize = whole.split_inclusive(|byte| *byte == b'\n').take(*records).map(<[u8]>::len).sum();
        let found = after.get(topic).map_or(&[][..], Vec::as_slice);
        assert!(
            found == &whole[..length],
            "{place}: {topic} has {} bytes instead of {length} ({records} records), alike up to {:?}",
            found.len(),
            found.iter().zip(whole).position(|(a, b)| a != b)
        );
    }
    assert!(after.iter().all(|(topic, bytes)| records.contains_key(topic) || bytes.is_empty()), "{place}: invented");
    later
}

/// The real program goes on after some of the cuts: every item ends in its last take, each take once.
fn goes_on(site: &Site, wire: &Wire, ops: &[trace::Op], root: &Path, random: &mut Random) {
    let rounds = count("DATELINE_FAULTS_POWER_RESTARTS", 4);
    for _ in 0..rounds {
        let mut disk = Disk::default();
        let cut = 1 + random.below(ops.len());
        ops[..cut].iter().for_each(|op| disk.apply(op));
        let before = random.clone();
        trace::lay_out(&disk.after_a_power_cut(random), root, root);
        let done = site.once();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "cut at {cut}, chance {before:?}: {said}");
        let articles = site.topic("articles.v1");
        assert!(wire.is_complete(&articles), "cut at {cut}, chance {before:?}");
        wire.check_some(&articles);
    }
    eprintln!("{rounds} restarts of the program after power cuts: 0 lost, 0 doubled, 0 out of order");
}
