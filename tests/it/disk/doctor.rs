//! A8, A9 and `dateline doctor`: damage is planted, the daemon stops loudly or mends it, the doctor names it, and its
//! advice is followed to the end.

use super::{Random, Watched, Wire, count, seed};
use crate::{
    delivery::stops_cleanly,
    harness::{Site, dateline, finished, wait_for},
};
use dateline::{
    intake::{check, set_aside},
    store::{Damage, StoreError, image},
};
use rusqlite::{Connection, params};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `dateline doctor --data-dir …`, as JSON.
fn doctor(data: &Path, more: &[&str]) -> (Option<i32>, Value, String) {
    let mut command = dateline();
    command.arg("doctor").arg("--data-dir").arg(data).args(["--format", "json"]).args(more);
    let Output { status, stdout, stderr } = finished(&mut command);
    (status.code(), serde_json::from_slice(&stdout).unwrap_or_default(), text(&stderr))
}

/// The doctor names what is wrong, and nothing else; returns its words and its advice.
#[track_caller]
fn names(data: &Path, subject: &str) -> (String, String) {
    let (code, report, stderr) = doctor(data, &[]);
    assert_eq!(code, Some(1), "{report:#} {stderr}");
    let problems: Vec<&Value> =
        report["findings"].as_array().unwrap().iter().filter(|finding| finding["level"] == "problem").collect();
    assert_eq!(problems.len(), 1, "{report:#}");
    assert!(problems[0]["subject"].as_str().unwrap().contains(subject), "{report:#}");
    let say = |key: &str| problems[0][key].as_str().unwrap_or_default().to_owned();
    (say("words"), say("way_out"))
}

#[track_caller]
fn is_sound(data: &Path) {
    let (code, report, stderr) = doctor(data, &[]);
    assert_eq!(code, Some(0), "{report:#} {stderr}");
}

/// A directory with published records and, where asked, with frames that wait.
struct Planted {
    site: Site,
    wire: Wire,
}

impl Planted {
    fn new() -> Self {
        let site = Site::new();
        let mut wire = Wire::new(&site);
        wire.grow(&site, 8);
        assert!(site.once().status.success());
        Self { site, wire }
    }

    /// Four polls that were observed by a process that died before it could publish them.
    fn with_waiting_frames() -> Self {
        let mut planted = Self::new();
        for _ in 0..4 {
            planted.wire.grow(&planted.site, 2);
            let died = finished(planted.site.command("run").arg("--once").env("FAILPOINTS", "C4=return"));
            assert!(!died.status.success(), "the process was to die at C4: was it built with the feature `faults`?");
        }
        planted
    }

    fn data(&self) -> PathBuf {
        self.site.path("data")
    }

    fn open(&self) -> Connection {
        Connection::open(self.data().join("dateline.sqlite")).unwrap()
    }

    fn waiting(&self) -> Vec<u64> {
        let db = self.open();
        let position = set_aside::position(&db).unwrap();
        let mut select = db.prepare("SELECT seq FROM frame WHERE seq > ?1").unwrap();
        select.query_map([position], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// The run stops with this exit code and these words, and has changed nothing that readers see.
    #[track_caller]
    fn stops(&self, code: i32, words: &[&str]) {
        let before = self.site.topic("articles.v1");
        let stopped = self.site.once();
        let said = text(&stopped.stderr);
        assert_eq!(stopped.status.code(), Some(code), "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
        assert_eq!(self.site.topic("articles.v1"), before);
    }

    #[track_caller]
    fn publishes_everything(&self) {
        let run = self.site.once();
        assert!(run.status.success(), "{}", text(&run.stderr));
        self.wire.check(&self.site.topic("articles.v1"));
        is_sound(&self.data());
    }
}

fn flip(bytes: &mut [u8], random: &mut Random) {
    let at = random.below(bytes.len());
    bytes[at] ^= 1 << random.below(8);
}

#[test]
fn every_flipped_bit_of_a_frame_or_a_state_row_is_found_when_it_is_read() {
    let planted = Planted::with_waiting_frames();
    let mut random = seed("flipped bits");
    let flips = count("DATELINE_FAULTS_FLIPS", 300);
    let db = planted.open();
    let position = set_aside::position(&db).unwrap();
    let rows = |table: &str, key: &str| -> Vec<i64> {
        let mut select = db.prepare(&format!("SELECT rowid FROM {table} WHERE {key}")).unwrap();
        select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let frames = rows("frame", &format!("seq > {position}"));
    let states = rows("state", "true");
    let columns = [("frame", "contents"), ("frame", "hash"), ("frame", "feed"), ("state", "value"), ("state", "hash")];
    for _ in 0..flips {
        let (table, column) = columns[random.below(columns.len())];
        let ids = if table == "frame" { &frames } else { &states };
        let row = ids[random.below(ids.len())];
        db.execute_batch("BEGIN").unwrap();
        let select = format!("SELECT CAST({column} AS BLOB) FROM {table} WHERE rowid = ?1");
        let mut bytes: Vec<u8> = db.query_row(&select, [row], |row| row.get(0)).unwrap();
        flip(&mut bytes, &mut random);
        let kind = if column == "feed" { "TEXT" } else { "BLOB" };
        let update = format!("UPDATE {table} SET {column} = CAST(?2 AS {kind}) WHERE rowid = ?1");
        db.execute(&update, params![row, bytes]).unwrap();
        let found =
            if table == "frame" { check::frames(&db, position).found } else { image::check(&db, |_, _| Ok(())).1 };
        assert_eq!(found.len(), 1, "{table}.{column} of row {row}: {found:?}");
        let named = match &found[0] {
            StoreError::Corrupt(Damage::Frame { seq, .. }) => *seq == row as u64,
            StoreError::Corrupt(Damage::StateRow { key, .. }) => image::get(&db, key).is_err(),
            other => panic!("{table}.{column} of row {row}: {other}"),
        };
        assert!(named, "{found:?}");
        db.execute_batch("ROLLBACK").unwrap();
    }
    eprintln!("{flips} flipped bits, each found; none was used");
}

#[test]
fn a_damaged_frame_stops_loudly_and_can_be_set_aside() {
    let mut random = seed("damaged frames");
    for round in 0..count("DATELINE_FAULTS_FRAMES", 2) {
        let planted = Planted::with_waiting_frames();
        let frames = planted.waiting();
        let seq = frames[random.below(frames.len())];
        let db = planted.open();
        // The first round takes a frame away, the others damage one.
        if round == 0 {
            db.execute("DELETE FROM frame WHERE seq = ?1", [seq]).unwrap();
        } else {
            let mut bytes: Vec<u8> =
                db.query_row("SELECT contents FROM frame WHERE seq = ?1", [seq], |row| row.get(0)).unwrap();
            flip(&mut bytes, &mut random);
            db.execute("UPDATE frame SET contents = ?2 WHERE seq = ?1", params![seq, bytes]).unwrap();
        }
        drop(db);
        let frame = format!("frame {seq} of the intake log");
        let advice = format!("doctor --set-aside {seq}");
        planted.stops(74, &[&frame, &advice]);
        let (_, way_out) = names(&planted.data(), &frame);
        assert!(way_out.contains(&advice), "{way_out}");

        let (code, report, stderr) = doctor(&planted.data(), &["--set-aside", &seq.to_string()]);
        assert_eq!(code, Some(0), "{report:#} {stderr}");
        assert!(planted.data().join(format!("set-aside/frame-{seq}.json")).exists());
        planted.publishes_everything();
        let letters = planted.site.topic("dead-letters.v1");
        assert_eq!(letters.len(), 1, "{letters:?}");
        assert!(letters[0].to_string().contains(&frame), "{letters:?}");
        let gaps = planted.site.topic("events.v1");
        assert!(gaps.iter().any(|event| event["kind"] == "gap" && event["feed"] == "wire"), "{gaps:?}");
        // A second time there is nothing to set aside.
        let (code, _, stderr) = doctor(&planted.data(), &["--set-aside", &seq.to_string()]);
        assert!(code == Some(2) && stderr.contains("is sound"), "{stderr}");
    }
}

#[test]
fn a_damaged_waiting_entry_stops_loudly_and_can_be_set_aside() {
    let site = Site::new();
    site.feed("wire", "language = \"en\"\nbackfill = \"all\"\nfull_text = true");
    let mut wire = Wire::default();
    wire.grow(&site, 3);
    // The pages are not there yet: the process dies while the items wait for them.
    let mut command = site.command("run");
    let died = finished(command.arg("--once").env("FAILPOINTS", "C3=return"));
    assert!(!died.status.success());
    let planted = Planted { site, wire };
    let db = planted.open();
    let (item, mut entry): (String, Vec<u8>) =
        db.query_row("SELECT item, entry FROM waiting LIMIT 1", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let middle = entry.len() / 2;
    entry[middle] ^= 4;
    db.execute("UPDATE waiting SET entry = ?2 WHERE item = ?1", params![item, entry]).unwrap();
    drop(db);
    planted.stops(74, &[&item, "--set-aside"]);
    names(&planted.data(), &item);
    let (code, report, stderr) = doctor(&planted.data(), &["--set-aside", &item]);
    assert_eq!(code, Some(0), "{report:#} {stderr}");
    planted.publishes_everything();
    assert_eq!(planted.site.topic("dead-letters.v1").len(), 1);
}

#[test]
fn a_damaged_state_row_of_the_journal_stops_loudly() {
    let planted = Planted::new();
    let data = planted.data();
    let backup = planted.site.path("backup");
    fs::copy(data.join("dateline.sqlite"), &backup).unwrap();
    for prefix in ["item/", "pos/"] {
        let db = planted.open();
        let key: String = db
            .query_row("SELECT key FROM state WHERE substr(key, 1, ?2) = ?1", params![prefix, prefix.len()], |row| {
                row.get(0)
            })
            .unwrap();
        db.execute("UPDATE state SET value = CAST(value || x'20' AS BLOB) WHERE key = ?1", [&key]).unwrap();
        drop(db);
        planted.stops(74, &[&format!("state row {key}"), "rebuild-state", "restore a backup"]);
        names(&data, &key);
        // The advice, followed.
        for log in ["dateline.sqlite-wal", "dateline.sqlite-shm"] {
            fs::remove_file(data.join(log)).ok();
        }
        fs::copy(&backup, data.join("dateline.sqlite")).unwrap();
        is_sound(&data);
    }
    planted.publishes_everything();
}

#[test]
fn a_truncated_empty_lost_foreign_or_future_file_stops_loudly() {
    let planted = Planted::new();
    let file = planted.data().join("dateline.sqlite");
    let whole = fs::read(&file).unwrap();
    let change = |change: &dyn Fn(&Path)| {
        for log in ["dateline.sqlite-wal", "dateline.sqlite-shm"] {
            fs::remove_file(planted.data().join(log)).ok();
        }
        fs::write(&file, &whole).unwrap();
        change(&file);
    };
    // Cut off amid its pages.
    change(&|file| fs::write(file, &whole[..whole.len() / 2]).unwrap());
    let (code, report, _) = doctor(&planted.data(), &[]);
    assert!(code == Some(1) && report.to_string().contains("restore a backup"), "{report:#}");
    planted.stops(74, &["damaged", "restore a backup"]);
    change(&|file| fs::write(file, b"").unwrap());
    names(&planted.data(), "dateline.sqlite");
    planted.stops(78, &["remembers nothing of it", "rebuild-state"]);
    change(&|file| fs::remove_file(file).unwrap());
    names(&planted.data(), "dateline.sqlite");
    planted.stops(78, &["remembers nothing of it", "rebuild-state"]);
    change(&|file| {
        fs::remove_file(file).unwrap();
        Connection::open(file).unwrap().execute_batch("CREATE TABLE somebodys (life TEXT)").unwrap();
    });
    names(&planted.data(), "the store");
    planted.stops(74, &["no SQLite file of ours", "move it aside"]);
    let tables: u32 = planted.open().query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1, "a foreign file is left as it is");
    change(&|file| Connection::open(file).unwrap().pragma_update(None, "user_version", 77).unwrap());
    let (words, way_out) = names(&planted.data(), "dateline.sqlite");
    assert!(words.contains("77") && way_out.contains("newer dateline"), "{words} {way_out}");
    planted.stops(78, &["schema version 77", "newer dateline"]);
    change(&|_| ());
    planted.publishes_everything();
}

#[test]
fn a_topic_file_that_was_changed_is_named_and_moved_aside() {
    let planted = Planted::new();
    let live = planted.data().join("topics/wire.articles.v1.ndjson");
    let bytes = fs::read(&live).unwrap();
    fs::write(&live, &bytes[..bytes.len() - 10]).unwrap();
    let (words, way_out) = names(&planted.data(), "wire.articles.v1");
    assert!(words.contains("not as it was left") && way_out.contains("aside"), "{words} {way_out}");
    let run = planted.site.once();
    assert!(run.status.success(), "{}", text(&run.stderr));
    is_sound(&planted.data());
    fs::write(&live, &bytes).unwrap();
    names(&planted.data(), "wire.articles.v1");
}

#[test]
fn the_doctor_looks_at_a_running_daemon_without_disturbing_it() {
    let site = Site::new();
    let mut wire = Wire::new(&site);
    wire.grow(&site, 5);
    let watched = Watched::spawn(&site, &mut site.command("run"));
    wait_for(Duration::from_secs(30), "the first records", || {
        wire.is_complete(&site.topic("articles.v1")).then_some(())
    });
    let data = site.path("data");
    let process = watched.daemon.child.id();
    for _ in 0..3 {
        wire.grow(&site, 5);
        let (code, report, stderr) = doctor(&data, &[]);
        assert_eq!(code, Some(0), "{report:#} {stderr}");
        assert!(report.to_string().contains(&format!("process {process} works")), "{report:#}");
    }
    let (code, _, stderr) = doctor(&data, &["--set-aside", "1"]);
    assert!(code == Some(75) && stderr.contains("stop it first"), "{stderr}");
    wait_for(Duration::from_secs(30), "all records", || wire.is_complete(&site.topic("articles.v1")).then_some(()));
    stops_cleanly(watched.daemon);
    wire.check(&site.topic("articles.v1"));
}

#[test]
fn the_doctor_says_who_may_write_and_what_is_wrong_with_the_configuration() {
    use std::os::unix::fs::PermissionsExt as _;
    let planted = Planted::new();
    let data = planted.data();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o777)).unwrap();
    let (words, way_out) = names(&data, "directory");
    assert!(words.contains("written by others") && way_out.starts_with("chmod 700"), "{words} {way_out}");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    is_sound(&data);

    let file = planted.site.path("wrong.toml");
    fs::write(&file, "[fetch]\ndefault_interval = 30\n").unwrap();
    let mut command = dateline();
    let run = finished(command.arg("doctor").arg("--config").arg(&file).arg("--data-dir").arg(&data));
    let said = text(&run.stdout);
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(said.contains("2 | default_interval = 30\n       |                    ^"), "{said}");
}

/// With Kafka the image is only a copy: a damaged row is never used, the image is read anew from the state topic.
#[cfg(feature = "kafka")]
#[test]
fn a_damaged_state_row_of_kafkas_image_is_read_anew_from_the_state_topic() {
    let Some(broker) = crate::kafka_broker::shared() else { return };
    let site = Site::new();
    let prefix = format!("d{}", uuid::Uuid::new_v4().simple());
    site.settings(&format!(
        "[publish]\nto = \"kafka\"\ntopic_prefix = \"{prefix}\"\n[publish.kafka]\nbootstrap_servers = \"{}\"\n\
         transactional_id = \"{prefix}-1\"\n",
        broker.address()
    ));
    let mut wire = Wire::new(&site);
    wire.grow(&site, 6);
    assert!(site.once().status.success());
    let mut planted = Planted { site, wire };
    let mut random = seed("damaged image");
    for prefix in ["item/", "text/", "pos/", "feed/"] {
        let db = planted.open();
        let (key, mut value): (String, Vec<u8>) = db
            .query_row(
                "SELECT key, value FROM state WHERE substr(key, 1, ?2) = ?1",
                params![prefix, prefix.len()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        flip(&mut value, &mut random);
        db.execute("UPDATE state SET value = ?2 WHERE key = ?1", params![key, value]).unwrap();
        drop(db);
        // Every item changes, so that the damaged row is read.
        for item in 0..planted.wire.takes.len() {
            planted.wire.change(&planted.site, item);
        }
        let run = planted.site.once();
        assert!(run.status.success(), "{prefix}: {}", text(&run.stderr));
    }
    planted.wire.check(&broker.values_in_order(&format!("{prefix}.articles.v1")));
}
