//! What one reader got, and whether that is what it was promised.
//!
//! Order and uniqueness are checked with each record, so that a reader that stays attached need not keep them; what is
//! missing is found by comparing with the ledger. Claims are added up as a reader would: what stands of an item after
//! its last record must be what its last article says.

use super::{Entry, ledger::Ledger};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The begin of a list of what is wrong; the rest is counted.
const SHOWN: usize = 12;

/// Members that a story names at most (docs/RECORD.md).
const NAMED_MEMBERS: usize = 1_000;

#[derive(Default)]
pub struct Auditor {
    pub records: u64,
    /// Two daemons observed the same feeds, each in its own order; only `rev` tells the order of their revisions.
    pub two_writers: bool,
    /// Workers read feeds of one fetcher side by side, and members of a story are of several feeds: what is told of a
    /// story comes in the order in which they were judged.
    shared_out: bool,
    pub doubled: u64,
    pub disordered: u64,
    /// What no reader should see, in words.
    pub problems: Vec<String>,
    keys: HashMap<(&'static str, String), Key>,
    /// Articles and claims are named by what they say, wherever they came from.
    names: HashSet<String>,
    items: BTreeMap<String, Item>,
    /// Members of each story, as last told.
    stories: BTreeMap<String, BTreeSet<String>>,
    states: BTreeMap<String, String>,
    letters: Vec<Letter>,
    pub claims: u64,
    pub retractions: u64,
    /// Articles that their publisher withdrew.
    pub kills: u64,
}

struct Letter {
    key: String,
    text: String,
    reason: String,
}

#[derive(Default)]
struct Key {
    origin: (String, u64, u64),
    of_origin: BTreeSet<String>,
    rev: u64,
}

#[derive(Default)]
struct Item {
    guid: String,
    /// Take and version of the page, 0 for none, in topic order.
    told: Vec<(u32, u32)>,
    /// The last article's id of the story, whether it is a copy, and what it observes.
    story: String,
    is_copy: bool,
    killed: bool,
    says: BTreeMap<String, String>,
    /// What its claims add up to.
    claimed: BTreeMap<String, String>,
}

impl Auditor {
    #[cfg(feature = "kafka")]
    /// Of what workers publish.
    pub fn of_workers() -> Self {
        Self { shared_out: true, ..Self::default() }
    }

    pub fn take(&mut self, entry: Entry) {
        self.records += 1;
        self.order(&entry);
        match entry.topic {
            "articles.v1" => self.article(&entry),
            "covid-stats.v1" => self.claim(&entry),
            "stories.v1" => self.story(&entry),
            "feed-status.v1" => {
                let state = entry.value["state"].as_str().unwrap_or_default().to_owned();
                self.states.insert(entry.key, state);
            }
            "dead-letters.v1" => {
                let text = String::from_utf8_lossy(&entry.bytes).into_owned();
                self.letters.push(Letter { key: entry.key, text, reason: entry.reason });
            }
            _ => {}
        }
    }

    /// Within a key: origins do not go back, nothing of an origin comes twice, articles count 1, 2, 3.
    fn order(&mut self, entry: &Entry) {
        let said = format!("{} {} rev {} of {:?}", entry.topic, entry.key, entry.rev, entry.origin);
        let key = self.keys.entry((entry.topic, entry.key.clone())).or_default();
        let same_intake = key.origin.0 == entry.origin.0 && !(self.shared_out && entry.topic == "stories.v1");
        let mut wrong = Vec::new();
        if same_intake && entry.origin < key.origin {
            self.disordered += 1;
            wrong.push(format!("out of order: {said} after {:?}", key.origin));
        }
        if key.origin != entry.origin {
            key.of_origin.clear();
            key.origin = entry.origin.clone();
        }
        let is_named = matches!(entry.topic, "articles.v1" | "covid-stats.v1");
        let again = is_named && !self.names.insert(format!("{} {}", entry.topic, entry.ce_id));
        if !key.of_origin.insert(entry.ce_id.clone()) || again {
            self.doubled += 1;
            wrong.push(format!("twice: {said}"));
        } else if entry.topic == "articles.v1" {
            if entry.rev != key.rev + 1 {
                self.disordered += 1;
                wrong.push(format!("out of order: {said} after revision {}", key.rev));
            }
            key.rev = entry.rev;
        }
        if entry.generation != 0 {
            wrong.push(format!("generation {}: {said}", entry.generation));
        }
        self.problems.extend(wrong);
    }

    fn article(&mut self, entry: &Entry) {
        let article = &entry.value;
        let item = self.items.entry(entry.key.clone()).or_default();
        item.guid = article["guid"].as_str().unwrap_or_default().to_owned();
        let take = last_number(article["headline"].as_str().unwrap_or_default());
        let told = (take, article["body"].as_str().and_then(version).unwrap_or(0));
        if !self.two_writers && item.told.last().is_some_and(|before| *before >= told) {
            self.disordered += 1;
            let before = item.told.last();
            self.problems.push(format!("out of order: {} tells (take, page) {told:?} after {before:?}", entry.key));
        }
        item.told.push(told);
        item.story = article["duplicate"]["story"].as_str().unwrap_or_default().to_owned();
        item.is_copy = ["exact", "near", "abridged"].contains(&article["duplicate"]["relation"].as_str().unwrap_or(""));
        item.killed = article["change"] == "kill";
        self.kills += u64::from(item.killed);
        item.says = if item.killed { BTreeMap::new() } else { observations(article) };
    }

    fn claim(&mut self, entry: &Entry) {
        let item = self.items.entry(entry.key.clone()).or_default();
        let id = entry.value["id"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
        if entry.value["op"] == "retract" {
            self.retractions += 1;
            if item.claimed.remove(&id).is_none() {
                self.problems.push(format!("{} retracts {id}, which nobody claimed", entry.key));
            }
        } else {
            self.claims += 1;
            let replaced = item.claimed.insert(id.clone(), entry.value["value"].to_string());
            if replaced.is_some() != entry.value["supersedes"].is_u64() {
                self.problems
                    .push(format!("{} asserts {id} over {replaced:?}: {}", entry.key, entry.value["supersedes"]));
            }
        }
    }

    fn story(&mut self, entry: &Entry) {
        let members = entry.value["members"].as_array().into_iter().flatten();
        let members = members.filter_map(Value::as_str).map(str::to_owned).collect();
        self.stories.insert(entry.key.clone(), members);
    }

    pub fn items(&self) -> usize {
        self.items.len()
    }

    pub fn revisions(&self) -> usize {
        self.items.values().map(|item| item.told.len()).sum()
    }

    pub fn copies(&self) -> usize {
        self.items.values().filter(|item| item.is_copy).count()
    }

    pub fn letters(&self) -> usize {
        self.letters.len()
    }

    /// Dead letters that a panic in this stage made.
    pub fn letters_of(&self, stage: &str) -> usize {
        let reasons = [format!("{stage} panic"), format!("{stage} parser_failed")];
        self.letters.iter().filter(|letter| reasons.contains(&letter.reason)).count()
    }

    /// Whether this version of an item, or of its page, is on the articles or among the dead letters.
    pub fn has(&self, name: &str, version: u32) -> bool {
        self.versions().contains(&(name.to_owned(), version))
    }

    fn versions(&self) -> HashSet<(String, u32)> {
        let mut versions = HashSet::new();
        for item in self.items.values() {
            for (take, page) in &item.told {
                versions.insert((item.guid.clone(), *take));
                versions.insert((format!("{}/page", item.guid), *page));
            }
        }
        for letter in &self.letters {
            let Ok(letter) = serde_json::from_str::<Value>(&letter.text) else { continue };
            let Some(observed) = observed_in(&letter) else { continue };
            let guid = observed["item"]["guid"].as_str().unwrap_or_default().to_owned();
            let page = observed["page"]["bytes"].as_str().map(|text| STANDARD.decode(text).unwrap());
            if let Some(version) = page.and_then(|page| version(&String::from_utf8_lossy(&page))) {
                versions.insert((format!("{guid}/page"), version));
            }
            versions.insert((guid, last_number(observed["item"]["title"].as_str().unwrap_or_default())));
        }
        versions
    }

    /// What was observed and is not on the topics.
    pub fn missing(&self, ledger: &Ledger) -> Vec<String> {
        let missing = self.missing_versions(ledger).into_iter();
        missing.map(|(name, version)| format!("lost: {name} version {version}")).collect()
    }

    /// The same, by name and version.
    pub fn missing_versions(&self, ledger: &Ledger) -> Vec<(String, u32)> {
        let versions = self.versions();
        let observed = ledger.observed().map(|(name, version)| (name.to_owned(), version));
        observed.filter(|version| !versions.contains(version)).collect()
    }

    #[cfg(feature = "kafka")]
    /// The last version of each item, and of each page, that is there.
    pub fn last_versions(&self) -> HashMap<String, u32> {
        let mut last = HashMap::new();
        for (name, version) in self.versions() {
            let known = last.entry(name).or_insert(version);
            *known = version.max(*known);
        }
        last
    }

    /// Everything that must hold at the end, beside what is missing.
    pub fn conclude(&mut self, ledger: &Ledger) {
        for (key, item) in &self.items {
            for (take, page) in &item.told {
                let invented = ledger.way(&item.guid, *take).is_none()
                    || (*page > 0 && ledger.way(&format!("{}/page", item.guid), *page).is_none());
                if invented {
                    self.problems.push(format!("invented: {key} take {take} page {page}"));
                }
            }
            let expected = if item.is_copy { &BTreeMap::new() } else { &item.says };
            if item.claimed != *expected {
                self.problems.push(format!("{key} says {expected:?} and claims {:?}", item.claimed));
            }
            let story = self.stories.get(&item.story);
            // What is withdrawn joins no story, and a story with very many members names the first of them.
            let named = story.is_some_and(|members| members.contains(key) || members.len() >= NAMED_MEMBERS);
            if !item.killed && !item.story.is_empty() && !named {
                self.problems.push(format!("story {} does not name its member {key}", item.story));
            }
        }
        for (feed, state) in &self.states {
            // Of two daemons the one that is gone may have told its view of a feed last, until that feed's next change.
            if state != "active" && !self.two_writers {
                self.problems.push(format!("feed {feed} is well and called {state}"));
            }
        }
        let mut junk = HashSet::new();
        for letter in &self.letters {
            if let Some(number) = number_after(&letter.text, "Scheduled maintenance number ")
                && (!junk.insert(number) || number > ledger.junk)
            {
                self.doubled += 1;
                self.problems.push(format!("twice: junk {number} of {}", letter.key));
            }
        }
    }

    /// Fails when anything is wrong; says the begin of it.
    #[track_caller]
    pub fn must_be_clean(&self, reader: &str, lost: &[String]) {
        let wrong: Vec<&String> = lost.iter().chain(&self.problems).collect();
        let begin: Vec<&&String> = wrong.iter().take(SHOWN).collect();
        assert!(wrong.is_empty(), "{reader} reader: {} things are wrong, such as {begin:#?}", wrong.len());
    }
}

fn observations(article: &Value) -> BTreeMap<String, String> {
    let mut says = BTreeMap::new();
    for observation in article["covid"]["observations"].as_array().into_iter().flatten() {
        let id = observation["id"].as_str().unwrap_or_default().to_owned();
        // Of two that are one claim the first counts.
        says.entry(id).or_insert_with(|| observation["value"].to_string());
    }
    says
}

/// What was observed, by itself or within what goes between roles.
fn observed_in(letter: &Value) -> Option<&Value> {
    if letter["item"]["guid"].is_string() {
        return Some(letter);
    }
    letter.as_object()?.values().find_map(observed_in)
}

/// Of a page, by its text.
fn version(text: &str) -> Option<u32> {
    number_after(text, "This is version ")
}

fn last_number(text: &str) -> u32 {
    text.rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0)
}

fn number_after(text: &str, words: &str) -> Option<u32> {
    let (_, rest) = text.split_once(words)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
