//! A look at what passes through the rooms, while it passes: `dateline tap` and the live list of the status page.
//!
//! Rooms offer what leaves them; it is written out only while somebody watches that room. Who watches never holds
//! anybody up: whoever reads too slowly misses some and is told how many.

use crate::model::{FeedId, ItemId, Stage};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::broadcast::{self, error::RecvError};

/// What may wait for the slowest of those who watch.
const WAITING: usize = 256;

/// Something that left a room.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tapped {
    /// The room.
    pub stage: Stage,
    /// When.
    pub at: Timestamp,
    /// Its feed.
    pub feed: FeedId,
    /// Its item; none of what is about a feed.
    pub item: Option<ItemId>,
    /// What left: of `parse` and `intake` the item, of `clean` and `extract` the article record without and with what
    /// the text says, of `dedup` the verdict, of `publish` the record.
    pub value: Value,
}

/// Which of it somebody wants to see; an empty list wants all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Rooms.
    pub stages: Vec<Stage>,
    /// Feed ids.
    pub feeds: Vec<String>,
    /// ISO 3166-1 alpha-2: of a claim's place or of somebody or something that is named.
    pub countries: Vec<String>,
    /// Parts of names, in any case.
    pub entities: Vec<String>,
}

/// Why a filter cannot be read: names the parameter and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FilterError(String);

impl Filter {
    /// Reads the parameters `stage`, `feed`, `country` and `entity`, each of which may be repeated. Without a stage that
    /// of `publish` is meant.
    pub fn read<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> Result<Self, FilterError> {
        let mut filter = Self::default();
        for (name, value) in pairs {
            match name {
                "stage" => {
                    let stage = Stage::ALL.into_iter().find(|stage| stage.as_str() == value);
                    let words = Stage::ALL.map(Stage::as_str).join(", ");
                    filter.stages.push(
                        stage.ok_or_else(|| FilterError(format!("stage: expected one of {words}, not {value:?}")))?,
                    );
                }
                "feed" => filter.feeds.push(value.to_owned()),
                "country" if value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                    filter.countries.push(value.to_ascii_uppercase());
                }
                "country" => {
                    return Err(FilterError(format!("country: expected two letters as in ISO 3166-1, not {value:?}")));
                }
                "entity" => filter.entities.push(value.to_lowercase()),
                other => {
                    return Err(FilterError(format!(
                        "{other:?} is no parameter: expected stage, feed, country or entity"
                    )));
                }
            }
        }
        if filter.stages.is_empty() {
            filter.stages.push(Stage::Publish);
        }
        let names_nothing = |stage: &Stage| !matches!(stage, Stage::Extract | Stage::Publish);
        if (!filter.countries.is_empty() || !filter.entities.is_empty()) && filter.stages.iter().any(names_nothing) {
            return Err(FilterError("country and entity are known of the stages extract and publish".to_owned()));
        }
        Ok(filter)
    }

    /// Whether it is wanted.
    pub fn admits(&self, tapped: &Tapped) -> bool {
        let value = &tapped.value;
        (self.stages.is_empty() || self.stages.contains(&tapped.stage))
            && (self.feeds.is_empty() || self.feeds.contains(&tapped.feed.0))
            && (self.countries.is_empty() || self.countries.iter().any(|country| is_about(value, country)))
            && (self.entities.is_empty() || self.entities.iter().any(|name| names(value, name)))
    }
}

/// Its article or claim: the value itself, or that of a record, or what a verdict is about.
fn content(value: &Value) -> &Value {
    if value["value"].is_object() { &value["value"] } else { value }
}

fn each<'v>(value: &'v Value, list: &str) -> impl Iterator<Item = &'v Value> {
    value[list].as_array().into_iter().flatten()
}

fn is_about(value: &Value, country: &str) -> bool {
    let content = content(value);
    content["iso2"] == country
        || each(&content["covid"], "observations").any(|observation| observation["location"]["iso2"] == country)
        || each(content, "entities").any(|entity| entity["country"] == country)
}

fn names(value: &Value, part: &str) -> bool {
    let content = content(value);
    let has = |name: &Value| name.as_str().is_some_and(|name| name.to_lowercase().contains(part));
    has(&content["place"]) || each(content, "entities").any(|entity| has(&entity["name"]))
}

/// The place where rooms offer what leaves them; clones share it.
#[derive(Clone)]
pub struct Tap {
    inner: Arc<Inner>,
}

struct Inner {
    out: broadcast::Sender<Arc<Tapped>>,
    /// How many watch each room.
    watched: [AtomicUsize; Stage::ALL.len()],
}

impl Default for Tap {
    fn default() -> Self {
        Self { inner: Arc::new(Inner { out: broadcast::Sender::new(WAITING), watched: Default::default() }) }
    }
}

impl Tap {
    /// Offers something; it is made only while somebody watches that room.
    pub fn offer(&self, stage: Stage, feed: &FeedId, item: Option<&ItemId>, value: impl FnOnce() -> Value) {
        if self.inner.watched[stage as usize].load(Ordering::Relaxed) == 0 {
            return;
        }
        let tapped = Tapped { stage, at: Timestamp::now(), feed: feed.clone(), item: item.cloned(), value: value() };
        // Nobody may be left by now.
        self.inner.out.send(Arc::new(tapped)).ok();
    }

    /// Watches from now on.
    pub fn watch(&self, filter: Filter) -> Watcher {
        let receiver = self.inner.out.subscribe();
        let watcher = Watcher { tap: self.clone(), filter, receiver };
        watcher.count(|watched| watched.fetch_add(1, Ordering::Relaxed));
        watcher
    }
}

/// Somebody who watches.
pub struct Watcher {
    tap: Tap,
    filter: Filter,
    receiver: broadcast::Receiver<Arc<Tapped>>,
}

/// What a watcher is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// Something that it wants to see.
    Passed(Arc<Tapped>),
    /// So many things that were offered to all watchers came faster than it read.
    Missed(u64),
}

impl Watcher {
    /// The next thing that is wanted; none when nothing more will come.
    pub async fn next(&mut self) -> Option<Told> {
        loop {
            match self.receiver.recv().await {
                Ok(tapped) if self.filter.admits(&tapped) => return Some(Told::Passed(tapped)),
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => return Some(Told::Missed(missed)),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn count(&self, change: impl Fn(&AtomicUsize) -> usize) {
        let stages = &self.filter.stages;
        // A room that is named twice is watched once.
        for (stage, watched) in Stage::ALL.iter().zip(&self.tap.inner.watched) {
            if stages.is_empty() || stages.contains(stage) {
                change(watched);
            }
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.count(|watched| watched.fetch_sub(1, Ordering::Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(query: &[(&'static str, &'static str)]) -> Result<Filter, String> {
        Filter::read(query.iter().copied()).map_err(|error| error.to_string())
    }

    fn offer(tap: &Tap, stage: Stage, feed: &str, value: Value) {
        tap.offer(stage, &FeedId(feed.to_owned()), None, || value);
    }

    #[tokio::test]
    async fn only_what_is_wanted_is_told_and_only_then_is_it_made() {
        let tap = Tap::default();
        tap.offer(Stage::Publish, &FeedId("yon".to_owned()), None, || panic!("nobody watches"));
        let mut claims = tap.watch(read(&[("country", "kr"), ("feed", "yon")]).unwrap());
        let mut named = tap.watch(read(&[("stage", "extract"), ("entity", "lavrov")]).unwrap());
        tap.offer(Stage::Clean, &FeedId("yon".to_owned()), None, || panic!("nobody watches this room"));
        offer(&tap, Stage::Publish, "yon", json!({ "value": { "iso2": "JP" } }));
        offer(&tap, Stage::Publish, "tass", json!({ "value": { "iso2": "KR" } }));
        offer(&tap, Stage::Publish, "yon", json!({ "value": { "iso2": "KR" } }));
        offer(&tap, Stage::Extract, "tass", json!({ "entities": [{ "name": "Sergey Lavrov" }] }));
        let Some(Told::Passed(claim)) = claims.next().await else { panic!("nothing came") };
        assert_eq!((claim.feed.0.as_str(), &claim.value["value"]["iso2"]), ("yon", &json!("KR")));
        let Some(Told::Passed(name)) = named.next().await else { panic!("nothing came") };
        assert_eq!(name.stage, Stage::Extract);
        drop((claims, named));
        tap.offer(Stage::Extract, &FeedId("yon".to_owned()), None, || panic!("nobody watches any more"));
    }

    #[tokio::test]
    async fn the_slow_are_told_how_much_they_missed() {
        let tap = Tap::default();
        let mut slow = tap.watch(Filter::default());
        for _ in 0..WAITING + 3 {
            offer(&tap, Stage::Parse, "yon", Value::Null);
        }
        assert_eq!(slow.next().await, Some(Told::Missed(3)));
    }

    #[test]
    fn a_filter_says_what_is_wrong_with_it() {
        let wrong = |name, value, said: &str| {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.contains(said), "{error}");
        };
        wrong("stage", "cook", "stage: expected one of fetch, parse, intake");
        wrong("country", "Korea", "two letters");
        wrong("colour", "red", "is no parameter");
        assert!(
            read(&[("stage", "parse"), ("entity", "x")]).unwrap_err().contains("of the stages extract and publish")
        );
        assert_eq!(read(&[]).unwrap().stages, [Stage::Publish]);
    }
}
