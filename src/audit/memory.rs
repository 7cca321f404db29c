//! What the state remembers of each item, and whether the topics hold all of it (G1).

use super::{Auditor, Offence, Promise, What, articles::Articles, key, report::word};
use crate::model::{Hash, Position, SuppressReason, Suppressed, Topic, state_key};
use serde::{Deserialize, de::IgnoredAny};
use std::collections::{BTreeMap, HashMap};

/// Contents that an entry remembers at most; of older ones nothing can be said. As `dedup` keeps them.
const REMEMBERED: usize = 16;

/// The state, as far as it is compared.
#[derive(Default)]
pub(super) struct Memory {
    items: HashMap<Box<str>, Remembered>,
    positions: BTreeMap<String, u64>,
    rebuilt: BTreeMap<String, u64>,
    /// It is being made anew.
    half_made: bool,
    /// The last place done of each feed: a batch may end within a frame.
    feeds: BTreeMap<String, Position>,
}

/// An item's entry.
pub(super) struct Remembered {
    revision: u32,
    content: u64,
    earlier: Box<[u64]>,
    suppressed: Box<[(u64, SuppressReason)]>,
    /// The claims that stand: observation and revision.
    claims: Box<[(Box<str>, u32)]>,
}

#[derive(Deserialize)]
struct Entry {
    revision: u32,
    hash: Hash,
    #[serde(default)]
    earlier: Vec<Hash>,
    #[serde(default)]
    suppressed: Vec<Suppressed>,
    #[serde(default)]
    claims: Vec<Claim>,
    #[serde(default, rename = "signature")]
    _signature: IgnoredAny,
}

#[derive(Deserialize)]
struct Claim {
    revision: u32,
    observation: Observation,
}

#[derive(Deserialize)]
struct Observation {
    id: Box<str>,
}

impl Memory {
    pub(super) fn entry(&mut self, key: &str, value: Option<&[u8]>) -> Result<(), String> {
        let fail = |error: serde_json::Error| format!("{key}: {error}");
        if let Some(item) = key.strip_prefix("item/") {
            let Some(value) = value else {
                self.items.remove(item);
                return Ok(());
            };
            let entry: Entry = serde_json::from_slice(value).map_err(fail)?;
            self.items.insert(item.into(), Remembered::of(entry));
        } else if let Some(intake) = key.strip_prefix("pos/") {
            note(&mut self.positions, intake, value).map_err(fail)?;
        } else if let Some(intake) = key.strip_prefix("rebuilt/") {
            note(&mut self.rebuilt, intake, value).map_err(fail)?;
        } else if let (Some(feed), Some(value)) = (key.strip_prefix("feed/"), value) {
            self.feeds.insert(feed.to_owned(), serde_json::from_slice(value).map_err(fail)?);
        } else if key == state_key::REBUILDING {
            self.half_made = value.is_some();
        }
        Ok(())
    }

    pub(super) fn position(&self, intake: &str) -> u64 {
        self.positions.get(intake).copied().unwrap_or(0)
    }

    /// Whether what was observed in this place of a feed's frames has been judged.
    pub(super) fn is_done(&self, feed: &str, place: &key::Place) -> bool {
        let within =
            |last: &Position| last.intake == place.intake && (place.seq, place.index) <= (last.seq, last.index as u64);
        place.seq <= self.position(&place.intake) || self.feeds.get(feed).is_some_and(within)
    }

    /// Up to this frame the verdicts without a record were lost with the state, and cannot be shown.
    pub(super) fn rebuilt(&self, intake: &str) -> u64 {
        self.rebuilt.get(intake).copied().unwrap_or(0)
    }

    pub(super) fn item(&self, item: &str) -> Option<&Remembered> {
        self.items.get(item)
    }
}

fn note(to: &mut BTreeMap<String, u64>, intake: &str, value: Option<&[u8]>) -> serde_json::Result<()> {
    match value {
        None => to.remove(intake),
        Some(value) => to.insert(intake.to_owned(), serde_json::from_slice::<Position>(value)?.seq),
    };
    Ok(())
}

impl Remembered {
    fn of(entry: Entry) -> Self {
        let suppressed = entry.suppressed.iter().map(|entry| (key::content(&entry.hash.0), entry.reason));
        Self {
            revision: entry.revision,
            content: key::content(&entry.hash.0),
            earlier: entry.earlier.iter().map(|hash| key::content(&hash.0)).collect(),
            suppressed: suppressed.collect(),
            claims: entry.claims.into_iter().map(|claim| (claim.observation.id, claim.revision)).collect(),
        }
    }

    /// Its last content.
    pub(super) fn content(&self) -> u64 {
        self.content
    }

    /// Why this content was not published, if that is remembered.
    pub(super) fn suppressed(&self, content: u64) -> Option<SuppressReason> {
        self.suppressed.iter().find(|(suppressed, _)| *suppressed == content).map(|(_, reason)| *reason)
    }

    /// Whether the item is known to have had this content.
    pub(super) fn is_known(&self, content: u64) -> bool {
        self.content == content || self.earlier.contains(&content)
    }

    /// Whether older reasons may have been forgotten.
    pub(super) fn is_full(&self) -> bool {
        self.suppressed.len() >= REMEMBERED
    }

    /// Why the revision that it counts last is not in the topic as it says; none when it is.
    fn quarrel(&self, item: &str, articles: &Articles) -> Option<String> {
        if self.revision == 0 {
            return None;
        }
        let has = |content: u64| articles.has_revision(item, self.revision, content);
        let is_last = self.suppressed(self.content).is_none();
        if has(self.content) || (!is_last && self.earlier.iter().any(|content| has(*content))) {
            return None;
        }
        let known = articles.generations().any(|generation| articles.has(generation, item, self.revision));
        Some(if known {
            format!("revision {} is published with another content than {}", self.revision, key::digits(self.content))
        } else {
            format!("revision {} with content {} is not there", self.revision, key::digits(self.content))
        })
    }
}

impl Auditor {
    /// Every revision and content that the state knows is published, or remembered with its reason; and the topics know
    /// of no item what the state does not.
    pub(super) fn compare_state(&mut self) {
        let is_lost = self.memory.positions.is_empty() && self.articles.generations().next().is_some();
        if self.memory.half_made || is_lost {
            self.findings.offence(Offence {
                promise: Promise::G1,
                what: What::Unproved,
                topic: Topic::State.suffix().to_owned(),
                place: None,
                feed: String::new(),
                item: None,
                rev: None,
                generation: 0,
                detail: "the state is lost or half made, and no daemon works with it: run `dateline rebuild-state`"
                    .to_owned(),
            });
            return;
        }
        // Taken out while the findings change, and put back after.
        let items = std::mem::take(&mut self.memory.items);
        let mut names: Vec<&Box<str>> = items.keys().collect();
        names.sort_unstable();
        for item in names {
            if let Some(remembered) = items.get(item) {
                self.compare_entry(item, remembered);
            }
        }
        self.memory.items = items;
        self.compare_unknown();
    }

    fn compare_entry(&mut self, item: &str, remembered: &Remembered) {
        let feed = key::feed_of(item);
        for (_, reason) in &remembered.suppressed {
            *self.findings.of(feed, 0).suppressed.entry(word(*reason)).or_default() += 1;
        }
        // What retention has removed can be neither proved nor missed.
        let cut = self.cut.contains(&Topic::Articles);
        let gone =
            |articles: &Articles| cut && articles.newest(item).is_none_or(|(last, ..)| last < remembered.revision);
        if let Some(detail) = remembered.quarrel(item, &self.articles) {
            if gone(&self.articles) {
                self.findings.note("{n} revisions that the state remembers are no longer in the log: not proved");
                return;
            }
            let known = detail.contains("another content");
            let what = if known { What::Contradiction } else { What::Missing };
            self.miss(Promise::G1, what, Topic::Articles, item, Some(remembered.revision), detail);
            return;
        }
        if let Some((last, (intake, seq), _)) = self.articles.newest(item)
            && last > remembered.revision
            && seq <= self.memory_position(intake)
        {
            let detail = format!("the topic has revision {last}, the state counts {}", remembered.revision);
            self.miss(Promise::G2, What::Contradiction, Topic::State, item, Some(last), detail);
        }
        for content in remembered.earlier.iter().chain([&remembered.content]) {
            let known = self.articles.has_content(item, *content) || remembered.suppressed(*content).is_some();
            if known {
                continue;
            }
            if cut || remembered.is_full() {
                self.findings.note("{n} earlier contents are no longer in the log: not proved");
            } else {
                let detail = format!(
                    "content {} was judged, but is neither published nor remembered with a reason",
                    key::digits(*content)
                );
                self.miss(Promise::G1, What::Missing, Topic::Articles, item, None, detail);
            }
        }
        for (observation, rev) in &remembered.claims {
            let id = format!("{item}/{observation}");
            let unsure = self.cut.contains(&Topic::CovidStats) || self.articles.has_lettered_claims(item);
            let stands = self.articles.generations().any(|generation| self.claims.stands(generation, &id, *rev));
            if !unsure && !stands && !self.has_gone_on(item) {
                let detail = format!("the state says that claim {id} of revision {rev} stands; the topic does not");
                self.miss(Promise::G1, What::Missing, Topic::CovidStats, item, Some(*rev), detail);
            }
        }
    }

    /// Whether the topics hold a later revision than the state that was read could know.
    fn has_gone_on(&self, item: &str) -> bool {
        self.articles.newest(item).is_some_and(|(_, (intake, seq), _)| seq > self.memory_position(intake))
    }

    fn compare_unknown(&mut self) {
        let horizon = self.options.now.as_second().saturating_sub(self.options.horizon.as_secs());
        let mut unknown = Vec::new();
        for name in self.articles.names() {
            if self.memory.items.contains_key(name) {
                continue;
            }
            let Some((last, (intake, seq), time)) = self.articles.newest(name) else { continue };
            // An intake that the state does not know of belongs to a deployment that has gone or shares the topics.
            let judged = self.memory.positions.get(intake).is_some_and(|position| seq <= *position);
            if judged && time >= horizon {
                unknown.push((name.to_owned(), last));
            }
        }
        for (item, last) in unknown {
            let detail = "the topic has this item, the state does not know it".to_owned();
            self.miss(Promise::G2, What::Contradiction, Topic::State, &item, Some(last), detail);
        }
    }

    fn memory_position(&self, intake: &str) -> u64 {
        self.memory.position(intake)
    }

    pub(super) fn miss(
        &mut self,
        promise: Promise,
        what: What,
        topic: Topic,
        item: &str,
        rev: Option<u32>,
        detail: String,
    ) {
        self.findings.offence(Offence {
            promise,
            what,
            topic: topic.suffix().to_owned(),
            place: None,
            feed: key::feed_of(item).to_owned(),
            item: Some(item.to_owned()),
            rev,
            generation: 0,
            detail,
        });
    }
}
