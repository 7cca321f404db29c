//! A few hundred stories, observed one after the other: what is decided about them, published of them and remembered is
//! the same to the byte, wherever batches end, whatever becomes of the commits, and whenever the memory is read anew.
//!
//! Nothing is left out of the comparison: neither a record nor a row of the state says what batch it was made in.

use super::*;
use crate::model::{FeedId, Record};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Invented copy with its copies, cuts, newer versions and notices that kill, of which the held part stays unread.
const TOLD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/stories/desks.jsonl");

#[derive(Deserialize)]
struct Document {
    id: String,
    feed: String,
    agency: Option<String>,
    published: Timestamp,
    headline: String,
    text: String,
    part: String,
}

/// What a feed brings of one story at one time.
struct Sighting {
    at: Timestamp,
    feed: String,
    agency: Option<String>,
    item: Item,
}

impl Sighting {
    fn of(document: &Document, guid: &str, hours: i64, text: &str) -> Self {
        let feed = FeedId(document.feed.clone());
        let mut item = Item::new(ItemId::new(&feed, guid), feed);
        let paragraphs = text.split("\n\n").map(|paragraph| format!("<p>{paragraph}</p>"));
        item.guid = Some(guid.to_owned());
        item.link = Some(format!("https://{}.example/{guid}", document.feed));
        item.title = Some(document.headline.clone());
        item.content = Some(paragraphs.collect());
        item.published = document.published.to_string().parse().ok();
        item.language = Some("en".to_owned());
        let at = document.published + SignedDuration::from_hours(hours);
        Self { at, feed: document.feed.clone(), agency: document.agency.clone(), item }
    }
}

/// The documents, and of some what becomes of them: set again, corrected, sent again under another guid, deleted.
fn sightings() -> Vec<Sighting> {
    let lines = std::fs::read_to_string(TOLD).unwrap();
    let documents = lines.lines().map(|line| serde_json::from_str::<Document>(line).unwrap());
    let documents = documents.filter(|document| document.part == "development").take(260);
    let mut sightings = Vec::new();
    for (number, document) in documents.enumerate() {
        let Document { id, text, .. } = &document;
        let later = |guid: &str, hours, text: &str| Sighting::of(&document, guid, hours, text);
        sightings.push(later(id, 0, text));
        match number % 9 {
            0 => sightings.push(later(id, 1, &text.replace(" - ", " \u{2013} "))),
            2 => sightings.push(later(id, 2, &text.replace(['2', '3'], "4"))),
            4 => sightings.push(later(
                &format!("{id}-again"),
                5,
                &format!("{text}\n\nInquiries go on, officials added."),
            )),
            6 => {
                let mut deleted = later(id, 30, text);
                (deleted.item.content, deleted.item.deleted) = (None, true);
                sightings.push(deleted);
            }
            8 => sightings.push(later(id, 26, &text.split("\n\n").take(2).collect::<Vec<_>>().join("\n\n"))),
            _ => {}
        }
    }
    sightings.extend(daily());
    sightings.extend(affair());
    sightings.sort_by_key(|sighting| sighting.at);
    sightings
}

/// Unlike stories of one agency, day after day, each closed by a paragraph that stands and led by the day's figures.
fn daily() -> Vec<Sighting> {
    const LEADS: [&str; 6] = [
        "The ferry to the outer islands was laid up for repairs to its bow door, and school boats carried the mail.",
        "A choir of retired miners won the regional contest with a lament that its youngest member had written.",
        "Surveyors found that the old lighthouse leans by a hand's breadth more than it did before the winter.",
        "The town library lent out garden tools for the first time and had to close early because none were left.",
        "Beekeepers asked for a lower speed limit on the valley road, along which the limes are in bloom.",
        "A court told a baker to take down the neon pretzel that lights the bedrooms across the street.",
    ];
    let day = |(number, lead): (usize, &&str)| {
        let (cases, deaths) = (310 + 7 * number, 12 + number);
        let document = Document {
            id: format!("daily-{number}"),
            feed: "norwire".to_owned(),
            agency: Some("Norwire".to_owned()),
            published: "2021-10-01T06:00:00Z".parse::<Timestamp>().unwrap()
                + SignedDuration::from_hours(24 * number as i64),
            headline: format!("{} of day {number}", lead.split(' ').take(4).collect::<Vec<_>>().join(" ")),
            text: format!(
                "OSLO, October {}. /Norwire/. {lead}\n\nNorway reported {cases} new coronavirus cases and {deaths} deaths \
                 in the past 24 hours.\n\nFerries and flights between the Nordic countries are subject to rules that each \
                 government announces on Thursdays, and travellers who come from a red region must stay at home for {} days \
                 unless they can show a negative test in one of the official languages.",
                number + 1,
                7 + number,
            ),
            part: String::new(),
        };
        let mut copy = Sighting::of(&document, &format!("copied-{number}"), 1, &document.text);
        copy.feed = "daily".to_owned();
        copy.item.feed = FeedId(copy.feed.clone());
        copy.item.id = ItemId::new(&copy.item.feed, &format!("copied-{number}"));
        copy.agency = None;
        [Sighting::of(&document, &document.id, 0, &document.text), copy]
    };
    LEADS.iter().enumerate().flat_map(day).collect()
}

/// Two ends of one affair, and what shows them to be one.
fn affair() -> Vec<Sighting> {
    let told = |(number, (headline, text)): (i64, (&str, &str))| {
        let document = Document {
            id: format!("affair-{number}"),
            feed: format!("paper-{number}"),
            agency: None,
            published: "2021-10-01T06:30:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(3 * number),
            headline: headline.to_owned(),
            text: text.to_owned(),
            part: String::new(),
        };
        Sighting::of(&document, &document.id, 0, text)
    };
    let texts = [
        (
            "Boathouse of Ekeberg searched",
            "Police searched the boathouse of shipbroker Torvald Ekeberg in Larvik on Friday and carried out boxes of logs, \
             neighbours told reporters.\n\nEkeberg was at home with his lawyer Ragna Moe. Investigator Odd Sletten declined to \
             comment on the search of the boathouse, and Moe spoke of an outrage against Ekeberg.",
        ),
        (
            "Anglers queue at Fjordkreditt in Moss",
            "Customers queued before branches of Fjordkreditt in Moss on Friday after withdrawals were limited to 500 kroner.\
             \n\nSupervisor Hilde Bratten said that Fjordkreditt had enough liquidity. Treasurer Arve Lunde of Fjordkreditt asked \
             depositors in Moss to stay calm, and Bratten promised a statement.",
        ),
        (
            "Ekeberg took loans of Fjordkreditt",
            "Torvald Ekeberg, whose boathouse in Larvik was searched, pledged shares of Fjordkreditt to himself, investigators \
             say.\n\nSupervisor Hilde Bratten confirmed that Fjordkreditt lent Ekeberg money against its own shares. Lawyer Ragna \
             Moe called that a misunderstanding; treasurer Arve Lunde of Fjordkreditt in Moss resigned, and Odd Sletten wants to \
             hear Ekeberg, Lunde and Bratten.",
        ),
    ];
    (0..).zip(texts).map(told).collect()
}

/// The sequence, observed and read out once; a life may be led with it again and again.
struct Past {
    units: Vec<Unit>,
    rules: Arc<Rules>,
    _world: World,
}

fn again(unit: &Unit) -> Unit {
    let Unit { feed, origin, at, position, ends, content } = unit;
    let content = match content {
        Prepared::Item(observed, enriched) => Prepared::Item(observed.clone(), enriched.clone()),
        Prepared::Other(content) => Prepared::Other(content.clone()),
        Prepared::Poison(letter) => Prepared::Poison(letter.clone()),
    };
    Unit { feed: Arc::clone(feed), origin: origin.clone(), at: *at, position: *position, ends: *ends, content }
}

impl Past {
    async fn observe() -> Self {
        let mut world = World::new();
        let mut feeds: BTreeMap<String, Feed> = BTreeMap::new();
        for Sighting { at, feed, agency, item } in sightings() {
            let feed = feeds.entry(feed).or_insert_with_key(|id| {
                let mut feed = Feed::new(id, &format!("https://{id}.example/rss.xml"));
                feed.agency = agency;
                feed
            });
            world.poll += 1;
            let poll = Poll {
                feed: feed.clone(),
                poll: world.poll,
                at,
                validators: Validators::default(),
                body: crate::model::Hash::of_bytes(b""),
                head: FeedHead::default(),
                items: vec![item],
            };
            world.intake.append(poll).await.unwrap();
        }
        let feeds: Vec<Feed> = feeds.into_values().collect();
        let (_ending, ending) = watch::channel(true);
        let reading = Reading {
            source: Source::Intake(world.intake.clone(), Roster::new(&feeds, crate::model::Backfill::All)),
            tables: Some(enrich::tables(world.config.extract.clone())),
            ending,
            tap: Tap::default(),
            parallel: 2,
            refused: false,
        };
        let units = enrich::units(reading, 0).flat_map(futures::stream::iter).map(Result::unwrap).collect().await;
        Self { units, rules: Arc::new(rules(&world)), _world: world }
    }

    /// Takes the sequence in batches, whose sizes come again and again in this order; what becomes of each is asked by
    /// its number.
    async fn life(&self, sizes: &[usize], fate: impl Fn(usize) -> Fate) -> Life {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let restored = |looked| {
            let (rules, store) = (Arc::clone(&self.rules), store.clone());
            let mut decider = Decider::restore(rules, store, 0, Default::default()).unwrap();
            (decider.forgets, decider.looked) = (true, looked);
            decider
        };
        let (mut decider, mut records, mut done, mut looked) = (restored(None), Vec::new(), 0, None);
        for (number, size) in sizes.iter().cycle().enumerate() {
            if done == self.units.len() {
                break;
            }
            let batch = &self.units[done..self.units.len().min(done + size)];
            batch.iter().for_each(|unit| decider.take(again(unit)).unwrap());
            let (closed, _) = decider.close().unwrap();
            let fate = fate(number);
            if fate != Fate::Lost {
                (done, looked) = (done + batch.len(), decider.looked);
                records.extend(closed.records);
                store.write(move |tx| image::apply(tx, &closed.state)).await.unwrap();
            }
            match fate {
                Fate::Committed => decider.committed(),
                // The batch that was lost is taken again by a memory that knows nothing of it.
                Fate::Lost | Fate::Restarted => decider = restored(looked),
            }
        }
        let scan = |db: &rusqlite::Connection| {
            let mut rows = Vec::new();
            image::scan_range(db, "", "~", |key, value| {
                rows.push((key.to_owned(), String::from_utf8_lossy(value).into_owned()));
                Ok(())
            })?;
            Ok(rows)
        };
        Life { records, state: store.read(scan).await.unwrap() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Committed,
    /// Not committed, and the process ends.
    Lost,
    /// Committed, and the process ends.
    Restarted,
}

/// What readers and the next start find.
struct Life {
    records: Vec<Record>,
    state: Vec<(String, String)>,
}

impl Life {
    #[track_caller]
    fn is_like(&self, other: &Self, how: &str) {
        let told = |record: &Record| {
            let value = record.value.as_deref().map(String::from_utf8_lossy);
            format!("{:?} {} {:?} {value:?}", record.topic, record.key, record.headers)
        };
        for (one, other) in self.records.iter().zip(&other.records) {
            assert!(one == other, "{how}:\n{}\n{}", told(one), told(other));
        }
        assert_eq!(self.records.len(), other.records.len(), "{how}");
        for (one, other) in self.state.iter().zip(&other.state) {
            assert_eq!(one, other, "{how}");
        }
        assert_eq!(self.state.len(), other.state.len(), "{how}");
    }

    /// How many records of a topic are so.
    fn count(&self, topic: Topic, is_so: impl Fn(&Value) -> bool) -> usize {
        let records = self.records.iter().filter(|record| record.topic == topic);
        let value =
            |record: &Record| record.value.as_ref().map_or(Value::Null, |value| serde_json::from_slice(value).unwrap());
        records.filter(|record| is_so(&value(record))).count()
    }

    /// Nothing is compared that does not happen.
    #[track_caller]
    fn shows_all_there_is(&self) {
        for (path, values) in [
            ("/duplicate/relation", &["original", "exact", "near", "abridged", "update"][..]),
            ("/change", &["new", "update", "correction", "kill"]),
            ("/duplicate/reason", &["withdraws"]),
        ] {
            for wanted in values {
                let count = self.count(Topic::Articles, |article| article.pointer(path) == Some(&Value::from(*wanted)));
                assert!(count > 0, "{path}: no {wanted}");
            }
        }
        let stands = |article: &Value| {
            let sections = article["sections"].as_array().map_or(&[][..], Vec::as_slice);
            sections.iter().any(|section| section["standing"].is_object())
        };
        let several = |story: &Value| story["members"].as_array().is_some_and(|members| members.len() > 1);
        let joined = |story: &Value| story["merged"].as_array().is_some_and(|merged| !merged.is_empty());
        for (what, count) in [
            ("paragraph that stands", self.count(Topic::Articles, stands)),
            ("story told by many", self.count(Topic::Stories, several)),
            ("story of two", self.count(Topic::Stories, joined)),
            ("story forgotten", self.count(Topic::Stories, Value::is_null)),
            ("claim", self.count(Topic::CovidStats, Value::is_object)),
        ] {
            assert!(count > 0, "no {what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_decision_depends_on_where_a_batch_ends() {
    let past = Past::observe().await;
    let committed = |_| Fate::Committed;
    let whole = past.life(&[past.units.len()], committed).await;
    whole.shows_all_there_is();
    for size in [1, 7, 64] {
        past.life(&[size], committed).await.is_like(&whole, &format!("batches of {size}"));
    }
    let restarted = |number| if number % 3 == 2 { Fate::Restarted } else { Fate::Committed };
    past.life(&[7], restarted).await.is_like(&whole, "restarted after every third batch of 7");
    let lost = |number| if number % 2 == 0 { Fate::Lost } else { Fate::Committed };
    past.life(&[64, 1, 7], lost).await.is_like(&whole, "every second batch lost");
}
