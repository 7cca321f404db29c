//! Replays with hand-made polls and the sink in memory: what comes again is what was, number by number.

use super::*;
use crate::{
    intake::Poll,
    model::{Feed, FeedHead, Generation, Item, ItemId, ItemState, Record, Snapshot, Topic, Validators, state_key},
    pipeline::{RunOptions, run_with},
    publish::memory::{Failure, Memory as MemorySink},
};
use serde_json::Value;
use std::collections::{BTreeSet, VecDeque};

struct World {
    store: Store,
    intake: Intake,
    polls: u64,
    config: Config,
    _dir: tempfile::TempDir,
}

/// Hours after this.
const BEGIN: &str = "2020-10-01T00:00:00Z";

fn hour(hours: u64) -> Timestamp {
    BEGIN.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours as i64)
}

impl World {
    fn new(feeds: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let mut config = Config::new(dir.path().to_owned());
        for feed in feeds {
            let mut feed = Feed::new(feed, &format!("https://wire.example/{feed}.xml"));
            feed.enabled = false;
            feed.language = Some("en".to_owned());
            config.feeds.push(feed);
        }
        config.fetch.backfill = crate::model::Backfill::All;
        // The invented past is long ago.
        config.intake.retain = Duration::from_secs(100 * 365 * 86_400);
        config.dedup.horizon = Duration::from_secs(100 * 365 * 86_400);
        let intake = intake_of(&config, &store);
        Self { store, intake, polls: 0, config, _dir: dir }
    }

    /// One poll an hour; each entry is a name and a text. What is shown is published.
    async fn shows(&mut self, feed: &str, entries: &[(&str, &str)]) -> Vec<Record> {
        self.sees(feed, entries).await;
        self.daemon().await
    }

    /// The same, left on the doorstep.
    async fn sees(&mut self, feed: &str, entries: &[(&str, &str)]) {
        self.polls += 1;
        let feed = self.config.feed(&feed.into()).unwrap().clone();
        let items = entries.iter().map(|(name, text)| {
            let mut item = Item::new(ItemId::new(&feed.id, name), feed.id.clone());
            item.title = Some(format!("Norway and the virus, by {name}"));
            let text = text.replace('|', "</p><p>OSLO, October 1. ");
            item.content = Some(format!("<p>{text}</p>"));
            item
        });
        let (validators, head) = (Validators::default(), FeedHead::default());
        let poll = Poll {
            items: items.collect(),
            feed,
            poll: self.polls,
            at: hour(self.polls),
            validators,
            body: crate::model::Hash::of_bytes(b""),
            head,
        };
        self.intake.append(poll).await.unwrap();
    }

    async fn daemon(&self) -> Vec<Record> {
        let (sink, published) = MemorySink::new(self.store.clone());
        let options = RunOptions {
            config: self.config.clone(),
            once: true,
            cancel: CancellationToken::new(),
            watching: Default::default(),
            snapshot: watch::Sender::new(Snapshot::new(Timestamp::now())),
        };
        run_with(options, self.store.clone(), Box::new(sink)).await.unwrap();
        std::mem::take(&mut published.lock().unwrap().records)
    }

    fn wish(&self) -> ReplayOptions {
        ReplayOptions {
            config: self.config.clone(),
            since: None,
            until: None,
            feeds: Vec::new(),
            to_prefix: None,
            dry_run: false,
            cancel: CancellationToken::new(),
            on_progress: None,
        }
    }

    async fn replay(&self, wish: ReplayOptions, failures: &[Failure]) -> (Vec<Record>, ReplayReport) {
        let (sink, published) = MemorySink::new(self.store.clone());
        published.lock().unwrap().failures = VecDeque::from(failures.to_vec());
        let report = replay_with(wish, self.store.clone(), Box::new(sink)).await.unwrap();
        let records = std::mem::take(&mut published.lock().unwrap().records);
        assert_eq!(records.len() as u64, report.records);
        (records, report)
    }

    async fn state(&self) -> Vec<(String, Vec<u8>)> {
        let scan = |db: &rusqlite::Connection| {
            let mut rows = Vec::new();
            for prefix in ["item/", "text/", "story/", state_key::SERIES, "pos/", "feed/", "copied/"] {
                image::scan(db, prefix, |key, value| {
                    rows.push((key.to_owned(), value.to_vec()));
                    Ok(())
                })?;
            }
            Ok(rows)
        };
        self.store.read(scan).await.unwrap()
    }

    async fn item(&self, id: &ItemId) -> ItemState {
        let key = state_key::item(id);
        let value = self.store.read(move |db| image::get(db, &key)).await.unwrap().unwrap();
        serde_json::from_slice(&value).unwrap()
    }

    async fn generation(&self) -> Option<Generation> {
        let value = self.store.read(|db| image::get(db, state_key::GENERATION)).await.unwrap()?;
        Some(serde_json::from_slice(&value).unwrap())
    }
}

/// Everything of a record but the generation.
fn bare(record: &Record) -> (Topic, String, Vec<(String, String)>, Option<String>) {
    let headers = record.headers.iter().filter(|(name, _)| name != "generation").cloned().collect();
    let value = record.value.as_ref().map(|value| String::from_utf8(value.clone()).unwrap());
    (record.topic, record.key.clone(), headers, value)
}

#[track_caller]
fn same(again: &[Record], before: &[Record]) {
    let (again, before): (Vec<_>, Vec<_>) = (again.iter().map(bare).collect(), before.iter().map(bare).collect());
    for (again, before) in again.iter().zip(&before) {
        assert_eq!(again, before);
    }
    assert_eq!(again.len(), before.len());
}

/// `rev change supersedes` of each article.
fn articles(records: &[Record]) -> Vec<String> {
    values(records, Topic::Articles)
        .iter()
        .map(|value| format!("{} {} {}", value["revision"], value["change"].as_str().unwrap(), value["supersedes"]))
        .collect()
}

/// `op value rev supersedes` of each claim.
fn claims(records: &[Record]) -> Vec<String> {
    values(records, Topic::CovidStats)
        .iter()
        .map(|value| {
            format!(
                "{} {} {} {}",
                value["op"].as_str().unwrap(),
                value["value"],
                value["revision"],
                value["supersedes"]
            )
        })
        .collect()
}

fn values(records: &[Record], topic: Topic) -> Vec<Value> {
    let of_topic = records.iter().filter(|record| record.topic == topic && record.value.is_some());
    of_topic.map(|record| serde_json::from_slice(record.value.as_ref().unwrap()).unwrap()).collect()
}

const FIRST: &str = "|Norway has reported 17 deaths from COVID-19 in total, the health ministry of the country said on \
                     Thursday evening. The borders to the east stay closed for another month, its minister added.";
const COPY: &str = FIRST;

fn corrected(deaths: u32) -> String {
    FIRST.replace("17", &deaths.to_string())
}

/// Three feeds: an original that is corrected and touched up, a copy of it, and a story of its own.
async fn told() -> (World, Vec<Record>) {
    let mut world = World::new(&["first", "second", "third"]);
    let mut all = world.shows("first", &[("a", FIRST)]).await;
    all.extend(world.shows("second", &[("copy", COPY)]).await);
    all.extend(world.shows("first", &[("a", &corrected(19))]).await);
    // Typography only.
    all.extend(world.shows("first", &[("a", &corrected(19).replace("month, its", "month; its"))]).await);
    let other = "|The harbour of Tromsø was closed by ice on Wednesday, and 12 ships wait outside, the master said.";
    all.extend(world.shows("third", &[("b", other)]).await);
    all.extend(world.shows("first", &[("a", &corrected(21).replace("month, its", "month; its"))]).await);
    (world, all)
}

#[tokio::test]
async fn everything_comes_again_once_with_the_bytes_that_it_had() {
    let (world, all) = told().await;
    assert_eq!(articles(&all).len(), 5, "{:?}", articles(&all));
    assert_eq!(claims(&all).len(), 3, "{:?}", claims(&all));
    let state = world.state().await;
    for (nth, failures) in [
        &[][..],
        &[Failure::DoubtBefore],
        &[Failure::DoubtAfter],
        &[Failure::DoubtBefore, Failure::Unavailable, Failure::DoubtAfter],
    ]
    .into_iter()
    .enumerate()
    {
        let (again, report) = world.replay(world.wish(), failures).await;
        same(&again, &all);
        let generation = nth as u32 + 1;
        assert!(again.iter().all(|record| record.header("generation") == Some(&generation.to_string())));
        assert_eq!((report.generation, report.finished), (Some(generation), true));
        assert_eq!(world.state().await, state, "the state is that of the daemon");
        assert!(world.generation().await.unwrap().finished);
        assert!(world.daemon().await.is_empty(), "the daemon finds nothing to do");
    }
}

#[tokio::test]
async fn a_window_that_begins_amid_an_items_history_keeps_the_numbers() {
    let (mut world, all) = told().await;
    let (again, report) = world.replay(ReplayOptions { since: Some(hour(3)), ..world.wish() }, &[]).await;
    assert_eq!(articles(&again), ["2 update 1", "1 new null", "3 correction 2"]);
    // The claim of the first revision is not known here: the new generation begins with the second one's.
    assert_eq!(claims(&again), ["assert 19 2 null", "assert 21 3 2"]);
    let first = &values(&again, Topic::Articles)[0];
    assert_eq!(first["changes"], serde_json::json!([]));
    assert_eq!(first["issues"][0]["code"], "previous_not_retained");
    let ids = |records: &[Record]| -> BTreeSet<String> {
        records.iter().filter_map(|record| record.header("ce_id").map(str::to_owned)).collect()
    };
    let stories = |id: &String| id.ends_with("/story");
    assert!(ids(&again).difference(&ids(&all)).all(stories), "no new ids but those of stories that are told again");
    assert_eq!(values(&again, Topic::Stories)[0]["members"].as_array().unwrap().len(), 2, "the copy is still in it");
    assert!(report.left_out.is_empty());

    // The daemon goes on: the next number, the newest claim taken back, under the generation that readers hold.
    let next = world.shows("first", &[("a", &corrected(25))]).await;
    assert_eq!(articles(&next), ["4 correction 3"]);
    assert_eq!(claims(&next), ["assert 25 4 3"]);
    assert_eq!(next[0].header("generation"), Some("1"));
}

#[tokio::test]
async fn claims_that_still_stand_are_asserted_by_the_first_revision_of_a_generation() {
    let mut world = World::new(&["first"]);
    world.shows("first", &[("a", FIRST)]).await;
    let moved = FIRST.replace("another month", "two more months and a week");
    let second = world.shows("first", &[("a", &moved)]).await;
    assert_eq!((articles(&second).len(), claims(&second).len()), (1, 0), "the claim stands");
    let (again, _) = world.replay(ReplayOptions { since: Some(hour(2)), ..world.wish() }, &[]).await;
    assert_eq!(claims(&again), ["assert 17 2 null"]);
    let gone = "|Norway has nothing to say about the virus, the health ministry of the country said on Friday evening.";
    let next = world.shows("first", &[("a", gone)]).await;
    assert_eq!(claims(&next), ["retract 17 3 2"], "what readers of this generation hold is taken back");
}

#[tokio::test]
async fn a_copy_keeps_its_original_in_a_feed_that_is_not_replayed() {
    let (world, all) = told().await;
    let state = world.state().await;
    let (again, report) = world.replay(ReplayOptions { feeds: vec!["second".into()], ..world.wish() }, &[]).await;
    assert!(report.feeds.keys().eq([&FeedId::from("second")]));
    let copies: Vec<Record> = all.iter().filter(|record| record.key.starts_with("second:")).cloned().collect();
    let [copy, was] = [&again, &copies].map(|records| values(records, Topic::Articles)[0].clone());
    assert_eq!((&copy["duplicate"]["relation"], &copy["duplicate"]["of"]), (&"exact".into(), &was["duplicate"]["of"]));
    assert_eq!(
        (&copy["duplicate"]["similarity"], &copy["duplicate"]["reason"]),
        (&Value::Null, &"earlier_version".into())
    );
    assert_eq!(values(&again, Topic::Stories).len(), 1, "its story is told in this generation too");
    assert!(claims(&again).is_empty(), "a copy makes no claims");
    assert_eq!(world.state().await, state);

    // And an original its place, though the copy is known from before.
    let (again, _) = world.replay(ReplayOptions { feeds: vec!["first".into()], ..world.wish() }, &[]).await;
    assert!(values(&again, Topic::Articles).iter().all(|article| article["duplicate"]["relation"] == "original"));
    assert_eq!(articles(&again), ["1 new null", "2 correction 1", "3 correction 2"]);
    assert_eq!(claims(&again).len(), 3);
    assert_eq!(world.state().await, state);
}

#[tokio::test]
async fn to_another_prefix_it_goes_once_and_leaves_the_state_alone() {
    let (mut world, all) = told().await;
    let state = world.state().await;
    let copy = || ReplayOptions { to_prefix: Some("wire2".to_owned()), ..world.wish() };
    let (again, report) = world.replay(copy(), &[Failure::DoubtAfter]).await;
    same(&again, &all);
    assert!(again.iter().all(|record| record.header("generation") == Some("0")));
    assert_eq!((report.generation, world.generation().await), (None, None));
    let untouched = |rows: Vec<(String, Vec<u8>)>| -> Vec<(String, Vec<u8>)> {
        rows.into_iter().filter(|(key, _)| !key.starts_with("copied/")).collect()
    };
    assert_eq!(untouched(world.state().await), state);
    assert!(world.replay(copy(), &[]).await.0.is_empty(), "it is there already");
    let next =
        world.shows("third", &[("c", "|A ferry left Bergen for Hull on Sunday with 80 cars, its owner said.")]).await;
    let copy = ReplayOptions { to_prefix: Some("wire2".to_owned()), ..world.wish() };
    same(&world.replay(copy, &[]).await.0, &next);
}

#[tokio::test]
async fn of_a_killed_item_only_the_withdrawal_comes_again() {
    let mut world = World::new(&["first"]);
    world.shows("first", &[("a", FIRST)]).await;
    let kill = format!("EDITORS: Please kill the story on Norway. It is not so.{FIRST}");
    let killed = world.shows("first", &[("a", &kill)]).await;
    let id = ItemId::new(&"first".into(), "a");
    if !world.item(&id).await.killed {
        // The wording is that of the notices' table; the promise is about what the table calls a kill.
        panic!("the notice is not one: {:?}", articles(&killed));
    }
    let (again, report) = world.replay(world.wish(), &[]).await;
    assert_eq!(articles(&again), ["2 kill 1"]);
    assert!(!again.iter().any(|record| String::from_utf8_lossy(record.value.as_ref().unwrap()).contains("17 deaths")));
    assert_eq!(report.feeds[&"first".into()].left[&Why::Withdrawn], 1);
    assert!(report.left_out.is_empty(), "nobody misses it");
}

/// A story with a copy, and a notice under a name of its own that withdraws it.
async fn withdrawn() -> (World, Vec<Record>) {
    let mut world = World::new(&["first", "second"]);
    let mut all = world.shows("first", &[("a", FIRST)]).await;
    all.extend(world.shows("second", &[("copy", COPY)]).await);
    all.extend(world.shows("first", &[("a", &corrected(19))]).await);
    let notice = format!("EDITORS: Please kill the story on Norway. It is not so.{}", corrected(19));
    all.extend(world.shows("first", &[("a", &corrected(19)), ("notice", &notice)]).await);
    (world, all)
}

/// `item rev change` of each article.
fn changes(world: &World, records: &[Record]) -> Vec<String> {
    let name = |id: &Value| {
        let names =
            world.config.feeds.iter().flat_map(|feed| ["a", "copy", "notice", "again"].map(|name| (feed, name)));
        let mut names = names.filter(|(feed, name)| ItemId::new(&feed.id, name).0 == id.as_str().unwrap());
        names.next().unwrap().1
    };
    let articles = values(records, Topic::Articles);
    let line =
        |value: &Value| format!("{} {} {}", name(&value["id"]), value["revision"], value["change"].as_str().unwrap());
    articles.iter().map(line).collect()
}

/// The state but for texts, of which what is erased does not come again.
async fn remembered(world: &World) -> Vec<(String, String)> {
    let rows = world.state().await.into_iter().filter(|(key, _)| !key.starts_with("text/"));
    rows.map(|(key, value)| (key, String::from_utf8(value).unwrap())).collect()
}

#[tokio::test]
async fn what_a_notice_withdrew_comes_again_with_the_notice() {
    let (mut world, all) = withdrawn().await;
    assert_eq!(changes(&world, &all), ["a 1 new", "copy 1 new", "a 2 correction", "notice 1 kill", "a 3 kill"]);
    assert_eq!(claims(&all), ["assert 17 1 null", "assert 19 2 1", "retract 19 3 2"]);
    let [kill, notice] = [4, 3].map(|nth| values(&all, Topic::Articles)[nth].clone());
    assert_eq!((&kill["withdrawn_by"], &kill["supersedes"], &kill["body"]), (&notice["id"], &2.into(), &Value::Null));
    assert_eq!(notice["withdraws"], serde_json::json!([{"item": kill["id"], "revision": 3}]));
    assert_eq!((&notice["duplicate"]["of"], &notice["duplicate"]["reason"]), (&kill["id"], &"withdraws".into()));

    let state = remembered(&world).await;
    let text = |record: &Record| String::from_utf8_lossy(record.value.as_deref().unwrap_or_default()).into_owned();
    for (since, expected) in
        [(None, &["copy 1 new", "notice 1 kill", "a 3 kill"][..]), (Some(hour(4)), &["notice 1 kill", "a 3 kill"])]
    {
        let (again, report) = world.replay(ReplayOptions { since, ..world.wish() }, &[Failure::DoubtAfter]).await;
        assert_eq!(changes(&world, &again), expected);
        assert!(claims(&again).is_empty(), "nothing of it stands in this generation");
        let told: Vec<&Record> = again.iter().filter(|record| !record.key.starts_with("second:")).collect();
        assert!(!told.iter().any(|record| text(record).contains("19 deaths")), "what it said is erased");
        assert!(report.left_out.is_empty() && report.finished);
        assert_eq!(remembered(&world).await, state);
        assert!(world.daemon().await.is_empty());
    }
    let (other, _) = world.replay(ReplayOptions { feeds: vec!["second".into()], ..world.wish() }, &[]).await;
    assert_eq!(changes(&world, &other), ["copy 1 new"]);

    // Touched up, it stays withdrawn; a second notice kills nothing; what says something else goes on with the number.
    let touched = corrected(19).replace("its minister", "the minister");
    assert!(world.shows("first", &[("a", &touched)]).await.is_empty());
    assert!(changes(&world, &world.replay(world.wish(), &[]).await.0).contains(&"a 3 kill".to_owned()));
    let again = format!("EDITORS: Please kill the story on Norway. It was not so.{}", corrected(19));
    let again = world.shows("first", &[("a", &touched), ("again", &again)]).await;
    assert_eq!(changes(&world, &again), ["again 1 kill"]);
    let alive = world.shows("first", &[("a", &corrected(25))]).await;
    assert_eq!(changes(&world, &alive), ["a 4 update"]);
    assert_eq!(claims(&alive), ["assert 25 4 null"]);
    let state = remembered(&world).await;
    let (replayed, _) = world.replay(world.wish(), &[]).await;
    assert_eq!(changes(&world, &replayed), ["copy 1 new", "notice 1 kill", "a 3 kill", "again 1 kill", "a 4 update"]);
    assert_eq!(claims(&replayed), ["assert 25 4 null"]);
    assert_eq!(remembered(&world).await, state);
}

#[tokio::test]
async fn a_kill_by_a_notice_is_the_same_whatever_a_batch_holds() {
    let (world, all) = withdrawn().await;
    let mut at_once = World::new(&["first", "second"]);
    let notice = format!("EDITORS: Please kill the story on Norway. It is not so.{}", corrected(19));
    at_once.sees("first", &[("a", FIRST)]).await;
    at_once.sees("second", &[("copy", COPY)]).await;
    at_once.sees("first", &[("a", &corrected(19))]).await;
    at_once.sees("first", &[("a", &corrected(19)), ("notice", &notice)]).await;
    let records = at_once.daemon().await;
    let values = |records: &[Record]| -> Vec<_> { records.iter().map(|record| bare(record).3).collect() };
    assert_eq!(values(&records), values(&all));
    let without_positions = |rows: Vec<(String, Vec<u8>)>| -> Vec<(String, Vec<u8>)> {
        rows.into_iter().filter(|(key, _)| !key.starts_with("pos/") && !key.starts_with("feed/")).collect()
    };
    assert_eq!(without_positions(at_once.state().await), without_positions(world.state().await));
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_changes_nothing() {
    let (world, _) = told().await;
    let World { store, config, .. } = &world;
    let position = store.read({
        let id = store.intake_id().to_owned();
        move |db| image::position(db, &id)
    });
    let wish = ReplayOptions { dry_run: true, since: Some(hour(3)), ..world.wish() };
    let plan = plan(&wish, &intake_of(config, store), store, position.await.unwrap()).await.unwrap();
    let feeds = report(&plan).feeds;
    let first = &feeds[&"first".into()];
    assert_eq!((first.revisions, first.remembered), (2, 1));
    assert!(!feeds.contains_key(&"second".into()));
    assert_eq!(world.generation().await, None);
}

/// `relation value` of each claim that is asserted: how it stands to the claim of which value.
fn series(records: &[Record]) -> Vec<String> {
    let asserted = values(records, Topic::CovidStats).into_iter().filter(|value| value["op"] == "assert");
    asserted
        .map(|value| match value["series"].as_object() {
            Some(series) => format!("{} {}", series["relation"].as_str().unwrap(), series["value"]),
            None => "null".to_owned(),
        })
        .collect()
}

/// Each poll: the feed and its words for a total of deaths on one day or the next.
fn totals() -> Vec<(&'static str, String)> {
    let ministry = |deaths: u32, day: u32| {
        format!(
            "|As of September {day}, 2020, Norway has reported {deaths} deaths from COVID-19 in total, the authorities \
             wrote on their page. The borders to the east stay closed for another month and the ports for two."
        )
    };
    let tally = |deaths: u32, day: u32| {
        format!(
            "|Fjordposten counts the dead of the coronavirus pandemic by its own means. As of September {day}, 2020, Norway \
             has reported {deaths} deaths from COVID-19 in total. Its readers send what they see on the notice boards."
        )
    };
    vec![
        ("first", ministry(17, 29)),
        ("second", tally(23, 29)),
        ("first", ministry(19, 29)),
        ("third", tally(19, 29).replace("Fjordposten", "Havnebladet").replace("readers", "sailors and dockers")),
        ("first", ministry(25, 30)),
    ]
}

#[tokio::test]
async fn series_are_the_same_whatever_a_batch_holds_and_in_a_replay() {
    let feeds = ["first", "second", "third"];
    let mut at_once = World::new(&feeds);
    let mut restarted = World::new(&feeds);
    let mut all = Vec::new();
    for (feed, text) in totals() {
        at_once.sees(feed, &[("a", &text)]).await;
        // Each run begins with the image alone.
        all.extend(restarted.shows(feed, &[("a", &text)]).await);
    }
    let expected = ["null", "contradicts 17", "corrects 17", "confirms 19", "advances 19"];
    assert_eq!(series(&all), expected, "{:?}", claims(&all));
    assert_eq!(series(&at_once.daemon().await), expected);
    // The articles say of their figures what the claims say.
    let articles = values(&all, Topic::Articles);
    let last = articles.last().unwrap();
    assert_eq!(last["covid"]["observations"][0]["series"]["relation"], "advances", "{last:#}");

    let state = restarted.state().await;
    assert!(state.iter().any(|(key, _)| key == "series/COVID-19|NO|deaths|cumulative||"), "{state:?}");
    let (again, _) = restarted.replay(restarted.wish(), &[]).await;
    same(&again, &all);
    assert_eq!(restarted.state().await, state);
    // Of a window that begins later the claims before it are known as far as they still stand.
    let (window, _) = restarted.replay(ReplayOptions { since: Some(hour(4)), ..restarted.wish() }, &[]).await;
    assert_eq!(series(&window), ["contradicts 23", "advances 19"]);
    assert!(restarted.daemon().await.is_empty());
}
