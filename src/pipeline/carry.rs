//! What is handed on where the work is split: raw from who fetches, enriched from who reads.
//!
//! Fetching is the whole of a daemon with another last room: what was observed is published as it is, each content of an
//! item once, and the state says what was. Who takes the shard over goes on from there.

use super::{
    decide::{Decider, NO_REVISION},
    enrich::{Prepared, Unit},
};
use crate::{
    intake,
    model::{
        Content, EnrichedContent, EnrichedRecord, Feed, Origin, Owner, RELAY_VERSION, RawRecord, SeenState,
        StateChange, state_key,
    },
    publish::{encode, relay},
    store::StoreError,
};
use jiff::Timestamp;
use std::sync::Arc;

/// What a line does with its units.
#[cfg_attr(not(feature = "kafka"), expect(dead_code, reason = "the work is split over topics only"))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Judges them, and publishes what readers read.
    Judge,
    /// Hands on what a shard of feeds observed. Of frames of an earlier tenure of the shard here: what somebody else has
    /// published since of an item overtakes what they say of it.
    Fetch {
        /// When the shard was had here.
        tenures: intake::Tenures,
        /// Whether its feeds are polled; else only what lies here is handed on.
        polls: bool,
    },
    /// Hands on what was read of it.
    Enrich,
}

impl Decider {
    /// Hands on one thing that was observed, unless it is what was handed on last.
    pub(super) fn fetched(
        &mut self,
        feed: &Arc<Feed>,
        origin: &Origin,
        (at, position): (Timestamp, u64),
        content: Content,
    ) -> Result<(), StoreError> {
        let rules = Arc::clone(&self.rules);
        let Part::Fetch { tenures, .. } = &rules.part else { return Ok(()) };
        let tenure = tenures.of(position);
        match &content {
            Content::Item(observed) => {
                let key = state_key::seen(&observed.item.id);
                let before = self.state.seen(&observed.item.id)?;
                if before.as_ref().is_some_and(|before| before.hash == observed.hash) {
                    return Ok(());
                }
                if before.as_ref().is_some_and(|before| before.tenure > tenure) {
                    let item = &observed.item.id;
                    tracing::warn!(%item, %origin, "overtaken: its feed was taken over and a later content published");
                    return Ok(());
                }
                let owner = Owner { intake: origin.intake.clone(), tenure };
                let after = SeenState::after(before, observed, at, owner);
                self.state.apply(StateChange::set(key, &after));
            }
            Content::Touch(item) => {
                if let Some(mut seen) = self.state.seen(item)? {
                    seen.touched = at;
                    self.state.apply(StateChange::set(state_key::seen(item), &seen));
                }
            }
            Content::Status(_) => {
                let told = self.state.feed_origin(&feed.id)?;
                // Whoever has had the shard since has told how the feed is, or found it as it had been told before.
                if tenure < tenures.last() && told.is_some_and(|told| told.last.intake != origin.intake) {
                    return Ok(());
                }
            }
            Content::Event(_) | Content::Unreadable(_) => {}
        }
        let record = RawRecord::new(feed, origin.clone(), at, content);
        self.push(vec![relay::raw(&record, self.rules.sampled)]);
        Ok(())
    }

    /// Says of the feeds in the open batch what whoever takes them over has to know.
    pub(super) fn tell_facts(&mut self) -> Result<(), StoreError> {
        let position = self.open.position;
        for feed in std::mem::take(&mut self.open.feeds) {
            if let Some(facts) = self.store.read_here(|db| intake::vouched(db, &feed, position))? {
                self.state.apply(StateChange::set(state_key::facts(&feed), &facts));
            }
        }
        Ok(())
    }

    /// Hands on one thing that was read.
    pub(super) fn enriched(&mut self, unit: Unit) {
        let Unit { feed, origin, at, content, .. } = unit;
        let content = match content {
            Prepared::Item(observed, enriched) => EnrichedContent::item(&feed, observed, enriched),
            Prepared::Other(content) => EnrichedContent::Other(content),
            Prepared::Poison(letter) => {
                let stamp = self.rules.stamp(self.generation, &origin, &NO_REVISION, at);
                return self.push(vec![encode::dead_letter(&stamp, &letter)]);
            }
        };
        let record = EnrichedRecord { v: RELAY_VERSION, feed: Feed::clone(&feed), origin, at, content };
        self.push(vec![relay::enriched(&record, self.rules.sampled)]);
    }

    /// Forgets what a shard saw last before the horizon.
    pub(super) fn forget_seen(&mut self, before: Timestamp) -> Result<(), StoreError> {
        for key in self.state.seen_before(before)? {
            self.state.apply(StateChange::forget(key));
        }
        Ok(())
    }
}
