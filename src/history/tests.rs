use super::*;
use crate::model::{ArticleSummary, Change, EntityType, FeedId, ItemId, Record, Relation, Topic};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

fn shown(item: &str, revision: u32, change: Change) -> Shown {
    let now = Timestamp::now();
    Shown {
        summary: ArticleSummary {
            id: ItemId(item.to_owned()),
            revision,
            feed: FeedId(item.split(':').next().unwrap().to_owned()),
            headline: Some(format!("{item} says {revision}")),
            url: None,
            observed: Some(now - SignedDuration::from_secs(30)),
            agency: None,
            change,
            relation: Relation::Original,
            of: None,
            origin_agency: None,
            observations: 0,
            figures: Vec::new(),
        },
        published: Some(now - SignedDuration::from_secs(90)),
        backfilled: false,
        story: Some("s1".to_owned()),
        entities: vec![(EntityType::Person, "Kari Lund".to_owned()), (EntityType::Work, "A Play".to_owned())],
        item: None,
        records: Vec::new(),
    }
}

/// A claim record with every member, and these instead.
pub(crate) fn claim(members: &Value) -> Value {
    let mut claim: Value = serde_json::from_str(
        r#"{"schema":"claim/1","op":"assert","id":"ntb:1/no-deaths","supersedes":null,"item":"ntb:1","revision":1,
        "feed":"ntb","agency":null,"url":null,"headline":null,"published":"2021-03-05T10:00:00Z","observed":null,
        "disease":"COVID-19","place":"Norway","place_kind":"country","iso2":"NO","iso3":"NOR","subdivision":null,
        "place_how":"explicit","metric":"deaths","value":640,"value_max":null,"unit":"count","per":null,
        "qualifier":"exact","kind":"cumulative","period":null,"statistic":null,"subset":[],"as_of":"2021-03-04",
        "as_of_how":"explicit","rank":null,"rank_scope":null,"source":null,"source_type":null,"status":"reported",
        "sentence":"So many people died.","sentence_start":0,"sentence_end":20,"value_text":null,"in_background":false,
        "confidence":0.9,"rule":"deaths","plausibility":[],"series":null}"#,
    )
    .unwrap();
    for (name, value) in members.as_object().unwrap() {
        claim[name] = value.clone();
    }
    claim
}

fn claiming(mut shown: Shown, op: &str, value: u32, supersedes: Option<u32>) -> Shown {
    let (item, revision) = (&shown.summary.id, shown.summary.revision);
    let claim = claim(&json!({
        "op": op, "id": format!("{item}/no-deaths"), "item": item, "revision": revision, "value": value,
        "supersedes": supersedes,
    }));
    let value = Some(claim.to_string().into_bytes());
    shown.records.push(Record { topic: Topic::CovidStats, key: item.0.clone(), headers: Vec::new(), value });
    shown
}

/// A history in a directory; whoever drops it has all of it written.
fn open(directory: &Path) -> (History, watch::Sender<Snapshot>) {
    let picture = watch::Sender::new(Snapshot::new(Timestamp::now()));
    (History::open(directory, picture.subscribe()).unwrap(), picture)
}

/// What a history says after what was noted is written, and that it says so after a restart too.
async fn told<T: Send + 'static>(
    directory: &Path,
    noted: Vec<Shown>,
    question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> T {
    let (history, _picture) = open(directory);
    history.note(noted);
    drop(history);
    open(directory).0.ask(question).await.unwrap()
}

#[tokio::test]
async fn a_figure_is_found_by_place_and_day_until_it_is_corrected() {
    let place = tempfile::tempdir().unwrap();
    let first = claiming(shown("ntb:1", 1, Change::New), "assert", 640, None);
    let other = claiming(shown("yle:1", 1, Change::New), "assert", 644, None);
    let corrected = claiming(shown("ntb:1", 2, Change::Correction), "assert", 645, Some(1));
    let drawn = told(place.path(), vec![first, other, corrected], |db| {
        let series = all_series(db, "NO")?.remove(0);
        assert_eq!((series.points, series.days, series.series.as_str()), (2, 1, "Norway · cumulative"));
        assert_eq!(countries(db)?, [Country { iso2: "NO".to_owned(), name: Some("Norway".to_owned()), claims: 2 }]);
        assert_eq!(claims_of(db, "ntb:1")?.len(), 1);
        points(db, "NO", "deaths", &series.series)
    });
    let values = |points: Vec<ClaimPoint>| -> Vec<(f64, Option<u32>)> {
        points.iter().map(|point| (point.claim.value.unwrap().0, point.ended)).collect()
    };
    let mut found = values(drawn.await);
    found.sort_by(|one, other| one.0.total_cmp(&other.0));
    assert_eq!(found, [(640.0, Some(2)), (644.0, None), (645.0, None)]);

    let retracted = claiming(shown("yle:1", 2, Change::Update), "retract", 644, Some(1));
    let left = told(place.path(), vec![retracted], |db| points(db, "NO", "deaths", "Norway · cumulative")).await;
    assert_eq!(values(left).iter().filter(|(_, ended)| ended.is_none()).count(), 1);
}

#[tokio::test]
async fn what_was_killed_is_forgotten() {
    let place = tempfile::tempdir().unwrap();
    let first = claiming(shown("ntb:1", 1, Change::New), "assert", 640, None);
    let near = claiming(shown("ntb:11", 1, Change::New), "assert", 7, None);
    let killed = shown("ntb:1", 2, Change::Kill);
    told(place.path(), vec![first, near, killed], |db| {
        assert_eq!(whole(db, "ntb:1", Some(1))?.map(|whole| whole.summary.revision), None);
        assert_eq!(whole(db, "ntb:1", None)?.map(|whole| whole.summary.revision), Some(2));
        assert_eq!((claims_of(db, "ntb:1")?.len(), claims_of(db, "ntb:11")?.len()), (0, 1));
        let stories = pickups(db, Timestamp::UNIX_EPOCH)?;
        assert_eq!((stories[0].item.as_str(), &stories[0].headline), ("ntb:1", &None));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_same_again_counts_once() {
    let place = tempfile::tempdir().unwrap();
    let again = || vec![claiming(shown("ntb:1", 1, Change::New), "assert", 640, None), shown("yle:2", 1, Change::New)];
    told(place.path(), again(), |_| Ok(())).await;
    told(place.path(), again(), |db| {
        assert_eq!(latest(db, None, None, 9)?.len(), 2);
        assert_eq!(latest(db, None, Some("yle"), 9)?[0].1.id.0, "yle:2");
        assert_eq!(countries(db)?[0].claims, 1);
        let stories = pickups(db, Timestamp::UNIX_EPOCH)?;
        assert_eq!((stories[0].items, stories[0].feeds, stories[0].within_an_hour), (2, 2, 1));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn freshness_names_and_traffic_are_counted() {
    let place = tempfile::tempdir().unwrap();
    let (history, picture) = open(place.path());
    picture.send_modify(|now| now.stages[1].sent = 40);
    let backfilled = Shown { backfilled: true, ..shown("yle:2", 1, Change::New) };
    history.note(vec![shown("ntb:1", 1, Change::New), backfilled, shown("ntb:1", 2, Change::Update)]);
    // Its end looks at the counters a last time.
    drop(history);
    let (history, picture) = open(place.path());
    picture.send_modify(|now| now.stages[1].sent = 2);
    drop(history);
    let (history, _picture) = open(place.path());
    let told = history.ask(|db| {
        let fresh = freshness(db, Timestamp::now() - SignedDuration::from_hours(1))?;
        let named = named(db, Timestamp::now(), None)?;
        Ok((fresh, named, traffic(db, 0)?))
    });
    let (fresh, named, traffic) = told.await.unwrap();
    assert_eq!(fresh.iter().map(|row| (row.step, row.items)).collect::<Vec<_>>(), Step::ALL.map(|step| (step, 1)));
    assert!((55.0..66.0).contains(&fresh[0].p50) && (30.0..36.0).contains(&fresh[1].p50), "{fresh:?}");
    assert_eq!((named.len(), named[0].name.as_str(), named[0].today), (1, "Kari Lund", 2));
    assert_eq!(traffic.iter().map(|minute| minute.sent).sum::<u64>(), 42, "a restart counts from nothing");
}

#[tokio::test]
async fn today_is_held_against_the_seven_days_before() {
    let place = tempfile::tempdir().unwrap();
    told(place.path(), vec![shown("ntb:1", 1, Change::New)], |_| Ok(())).await;
    let file = Connection::open(place.path().join("history.sqlite")).unwrap();
    for (days, articles) in [(1, 9), (7, 5), (8, 70)] {
        let day = super::write::date(Timestamp::now() - SignedDuration::from_hours(24 * days));
        let row = rusqlite::params![day, "person", "Kari Lund", articles];
        file.execute("INSERT INTO entity_day (day, kind, name, articles) VALUES (?, ?, ?, ?)", row).unwrap();
    }
    let named = told(place.path(), Vec::new(), |db| named(db, Timestamp::now(), Some("person"))).await;
    assert_eq!(named, [Named { kind: "person".to_owned(), name: "Kari Lund".to_owned(), today: 1, a_day: 2.0 }]);
}

#[test]
fn a_damaged_file_begins_anew() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("history.sqlite"), b"no database, by any means at all").unwrap();
    let (history, _picture) = open(place.path());
    history.note(vec![shown("ntb:1", 1, Change::New)]);
    drop(history);
    assert!(place.path().join("history.sqlite").metadata().unwrap().len() > 4096);
}
