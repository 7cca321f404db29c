//! Files are damaged, cut and moved between two lives of the journal; readers must see each line once.

use super::*;
use crate::model::{Position, Record, StateChange, Topic, state_key};
use std::{fs, path::PathBuf};

struct World {
    dir: tempfile::TempDir,
    journal: Option<Journal>,
    seq: u64,
    options: JournalOptions,
}

impl World {
    async fn new(options: JournalOptions) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut world = Self { dir, journal: None, seq: 0, options };
        world.restart().await;
        world
    }

    /// As after kill -9: nothing is closed.
    async fn restart(&mut self) -> u64 {
        self.journal = None;
        let store = Store::open(self.dir.path()).unwrap();
        let mut journal = Journal::new(store, self.options.clone(), "wire");
        let position = journal.recover().await.unwrap();
        self.journal = Some(journal);
        position
    }

    async fn publish(&mut self, text: &str) {
        self.seq += 1;
        let journal = self.journal.as_mut().unwrap();
        let intake = journal.store.intake_id().to_owned();
        let position = Position { intake: intake.clone(), seq: self.seq, index: 0 };
        let record = Record {
            topic: Topic::Articles,
            key: "a:1".to_owned(),
            headers: Vec::new(),
            value: Some(format!("{{\"text\":\"{text}\"}}").into_bytes()),
        };
        let state = vec![StateChange::set(state_key::position(&intake), &position)];
        journal.commit(Batch { records: vec![record], state, position }).await.unwrap();
    }

    fn live(&self) -> PathBuf {
        self.dir.path().join("topics/wire.articles.v1.ndjson")
    }

    /// The texts in all files, the moved ones first; every line must be whole.
    #[track_caller]
    fn check(&self, expected: &[&str]) {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(self.dir.path().join("topics")).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort_by_key(|path| (*path == self.live(), path.clone()));
        let mut found = Vec::new();
        for path in paths {
            for line in fs::read_to_string(path).unwrap().split_inclusive('\n') {
                let value: serde_json::Value = serde_json::from_str(line.strip_suffix('\n').unwrap()).unwrap();
                assert_eq!(value["_meta"]["offset"], found.len(), "{line}");
                found.push(value["text"].as_str().unwrap().to_owned());
            }
        }
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn a_torn_last_line_is_completed_and_a_missing_one_written() {
    let mut world = World::new(JournalOptions::default()).await;
    world.publish("one").await;
    world.publish("two").await;
    for cut in [1, 20, 75] {
        let length = fs::metadata(world.live()).unwrap().len();
        File::options().write(true).open(world.live()).unwrap().set_len(length - cut).unwrap();
        assert_eq!(world.restart().await, 2);
        world.check(&["one", "two"]);
    }
    world.publish("three").await;
    world.check(&["one", "two", "three"]);
}

#[tokio::test]
async fn what_is_synced_leaves_the_journal_and_the_file_is_known_again() {
    let mut world = World::new(JournalOptions::default()).await;
    world.publish("one").await;
    world.journal.as_mut().unwrap().close().await;
    assert_eq!(world.restart().await, 1);
    let store = world.journal.as_ref().unwrap().store.clone();
    let rows = |db: &Connection| db.query_row("SELECT count(*) FROM journal", [], |row| row.get::<_, u32>(0));
    assert_eq!(store.read(rows).await.unwrap(), 0);
    drop(store);
    world.publish("two").await;
    world.check(&["one", "two"]);
}

#[tokio::test]
async fn a_foreign_or_shortened_file_is_left_alone_and_a_new_one_begun() {
    for damage in ["longer", "shorter", "other", "gone"] {
        let mut world = World::new(JournalOptions::default()).await;
        world.publish("one").await;
        world.journal.as_mut().unwrap().close().await;
        world.restart().await;
        world.publish("two").await;
        let text = fs::read_to_string(world.live()).unwrap();
        let damaged = match damage {
            "longer" => format!("{text}{{\"not\":\"ours\"}}\n"),
            "shorter" => text.get(..10).unwrap().to_owned(),
            "other" => text.replace("one", "eno"),
            _ => String::new(),
        };
        if damaged.is_empty() {
            fs::remove_file(world.live()).unwrap();
        } else {
            fs::write(world.live(), &damaged).unwrap();
        }
        world.restart().await;
        world.publish("three").await;
        let new = fs::read_to_string(world.live()).unwrap();
        let moved = fs::read_dir(world.dir.path().join("topics")).unwrap().map(|entry| entry.unwrap().path());
        let moved: Vec<PathBuf> = moved.filter(|path| *path != world.live()).collect();
        if damage != "gone" {
            assert_eq!(fs::read_to_string(&moved[0]).unwrap(), damaged, "left as it is");
        }
        let twos = new.matches("two").count() + damaged.matches("two").count();
        assert_eq!((twos, new.matches("three").count()), (1, 1), "{damage}: {new}");
    }
}

#[tokio::test]
async fn files_move_aside_by_size_and_by_day_and_a_cut_move_is_finished() {
    let mut world = World::new(JournalOptions { max_file: 150, ..JournalOptions::default() }).await;
    for text in ["one", "two", "three"] {
        world.publish(text).await;
    }
    world.check(&["one", "two", "three"]);
    let files = fs::read_dir(world.dir.path().join("topics")).unwrap().count();
    assert!(files >= 2, "{files}");

    let mut world = World::new(JournalOptions::default()).await;
    world.publish("one").await;
    world.journal.as_mut().unwrap().now = || Timestamp::now() + jiff::SignedDuration::from_hours(24);
    world.publish("two").await;
    world.check(&["one", "two"]);
    assert_eq!(fs::read_dir(world.dir.path().join("topics")).unwrap().count(), 2);

    // The process ends between the record of the move and the move.
    let store = world.journal.as_ref().unwrap().store.clone();
    store
        .write(|tx| {
            tx.execute("DELETE FROM journal", [])?;
            tx.execute("UPDATE topic SET moving_to = 'wire.articles.v1.2020-01-01-1.ndjson'", [])
        })
        .await
        .unwrap();
    drop(store);
    world.restart().await;
    world.publish("three").await;
    assert_eq!(fs::read_dir(world.dir.path().join("topics")).unwrap().count(), 3);
    assert!(fs::read_to_string(world.live()).unwrap().contains("three"));
}

#[tokio::test]
async fn an_image_of_kafka_is_refused_with_words() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.write(|tx| image::set_meta(tx, KAFKA_IMAGE, "{}")).await.unwrap();
    let refusal = Journal::new(store, JournalOptions::default(), "wire").recover().await;
    let Err(PublishError::Fatal { exit: 78, message }) = refusal else { panic!("{refusal:?}") };
    assert!(message.contains("a data_dir of its own"), "{message}");
}
