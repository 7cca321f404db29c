//! What the feed server has served, and what of it is known to have become durable.

use std::collections::{BTreeMap, HashMap};

/// How far a version of an item, or of a page, has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It was in an answer, of which the daemon may have got any part.
    Begun,
    /// In an answer whose last byte was handed to the network.
    Served,
    /// A later request named the answer by its entity tag.
    Observed,
}

/// Versions by what they are versions of: `guid` of an item, or `guid/page`.
#[derive(Debug, Default)]
pub struct Ledger {
    versions: BTreeMap<String, BTreeMap<u32, Way>>,
    /// What an answer holds, by path and entity tag, until it is known to be durable or superseded by one that is.
    answers: HashMap<(String, String), Vec<(String, u32)>>,
    /// Documents that were no feed; each is served once.
    pub junk: u32,
}

impl Ledger {
    /// An answer is about to be sent.
    pub fn begun(&mut self, path: &str, etag: &str, holds: Vec<(String, u32)>) {
        for (name, version) in &holds {
            self.versions.entry(name.clone()).or_default().entry(*version).or_insert(Way::Begun);
        }
        self.answers.insert((path.to_owned(), etag.to_owned()), holds);
    }

    /// Its last byte was sent.
    pub fn served(&mut self, path: &str, etag: &str) {
        let holds = self.answers.get(&(path.to_owned(), etag.to_owned())).cloned().unwrap_or_default();
        self.raise(&holds, Way::Served);
    }

    /// A request names the answer.
    pub fn named(&mut self, path: &str, etag: &str) {
        let Some(holds) = self.answers.remove(&(path.to_owned(), etag.to_owned())) else { return };
        self.raise(&holds, Way::Observed);
    }

    fn raise(&mut self, holds: &[(String, u32)], way: Way) {
        for (name, version) in holds {
            let at = self.versions.get_mut(name).and_then(|versions| versions.get_mut(version)).unwrap();
            *at = way.max(*at);
        }
    }

    pub fn way(&self, name: &str, version: u32) -> Option<Way> {
        self.versions.get(name)?.get(&version).copied()
    }

    pub fn is_observed(&self, name: &str, version: u32) -> bool {
        self.way(name, version) == Some(Way::Observed)
    }

    /// Everything that must be on the topics.
    pub fn observed(&self) -> impl Iterator<Item = (&str, u32)> {
        self.versions.iter().flat_map(|(name, versions)| {
            let observed = versions.iter().filter(|(_, way)| **way == Way::Observed);
            observed.map(move |(version, _)| (name.as_str(), *version))
        })
    }
}
