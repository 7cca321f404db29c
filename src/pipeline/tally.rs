//! What a batch says of itself in numbers, counted once it is committed.

use crate::{
    metrics,
    model::{Enriched, Outcome, Record, Stage, SuppressReason, Topic, Verdict},
};
use jiff::Timestamp;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// What the units of a batch were, and what became of them.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Revisions.
    pub(super) items: u64,
    /// Of these, published.
    pub(super) published: u64,
    /// Of these, remembered only.
    pub(super) suppressed: u64,
    /// Of these, dead letters.
    pub(super) failed: u64,
    reasons: BTreeMap<&'static str, u64>,
    decisions: Vec<&'static str>,
    letters: Vec<(Stage, &'static str)>,
    entities: BTreeMap<&'static str, u64>,
    observations: Vec<(Option<String>, &'static str)>,
    stated: Vec<Timestamp>,
}

impl Tally {
    pub(super) fn decided(&mut self, enriched: &Enriched, verdict: &Verdict) {
        self.items += 1;
        match &verdict.outcome {
            Outcome::Suppress(reason) => self.suppressed(*reason),
            Outcome::Publish { .. } => {
                self.published += 1;
                self.decisions.push(word(&verdict.duplicate.relation));
                self.stated.extend(enriched.article.published.map(|time| time.utc()));
                for entity in &enriched.entities {
                    *self.entities.entry(word(&entity.kind)).or_default() += 1;
                }
                if !verdict.duplicate.relation.is_copy() {
                    let observations = &enriched.covid.observations;
                    let country_and_metric = observations
                        .iter()
                        .map(|observation| (observation.location.iso2.clone(), word(&observation.metric)));
                    self.observations.extend(country_and_metric);
                }
            }
        }
    }

    fn suppressed(&mut self, reason: SuppressReason) {
        self.suppressed += 1;
        self.decisions.push("suppressed");
        *self.reasons.entry(word(&reason)).or_default() += 1;
    }

    /// An item, or bytes that were no feed.
    pub(super) fn dead_letter(&mut self, stage: Stage, is_item: bool) {
        if is_item {
            self.items += 1;
            self.failed += 1;
        }
        self.letters.push((stage, if is_item { "panic" } else { "unreadable" }));
    }

    /// The batch is committed.
    pub(super) fn count(&self, topics: &BTreeMap<Topic, u64>) {
        metrics::received(Stage::Clean, self.items);
        metrics::received(Stage::Extract, self.items);
        metrics::sent(Stage::Clean, self.items - self.failed);
        metrics::sent(Stage::Extract, self.items - self.failed);
        metrics::received(Stage::Dedup, self.items - self.failed);
        metrics::sent(Stage::Dedup, self.published);
        self.reasons.iter().for_each(|(reason, count)| metrics::discarded(Stage::Dedup, reason, *count));
        self.decisions.iter().for_each(|kind| metrics::decided(kind));
        self.entities.iter().for_each(|(kind, count)| metrics::entities(kind, *count));
        for (country, metric) in &self.observations {
            metrics::covid_observation(country.as_deref().unwrap_or("none"), metric);
        }
        for (stage, reason) in &self.letters {
            metrics::failed(*stage, reason);
            metrics::dead_letter(reason);
        }
        let now = Timestamp::now();
        for stated in &self.stated {
            // A story dated in the future has no lag.
            metrics::publish_lag(Duration::try_from(now.duration_since(*stated)).unwrap_or_default());
        }
        for (topic, count) in topics {
            metrics::received(Stage::Publish, *count);
            metrics::sent(Stage::Publish, *count);
            metrics::published(topic.suffix(), "committed", *count);
        }
    }
}

/// How many records go to each topic.
pub(super) fn by_topic(records: &[Record]) -> BTreeMap<Topic, u64> {
    let mut topics = BTreeMap::new();
    for record in records {
        *topics.entry(record.topic).or_default() += 1;
    }
    topics
}

/// The word of a value of a closed list, as records write it. Each is kept once for the life of the process.
fn word(value: &impl Serialize) -> &'static str {
    static WORDS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let Ok(serde_json::Value::String(text)) = serde_json::to_value(value) else { return "other" };
    let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = words.get(text.as_str()) {
        return known;
    }
    let kept: &'static str = text.leak();
    words.insert(kept);
    kept
}
