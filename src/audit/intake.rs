//! What the intake log observed, and the verdict on each of it (G1).
//!
//! A content that has been judged (its frame is at or below the position, or its place at or below its feed's last) is
//! published under its origin, or dead-lettered, or remembered with the reason why not, or it is what its item showed
//! before. What lies above is observed and not yet published.

use super::{Auditor, Promise, What, key};
use crate::model::{Content, Frame, Observed as Revision, Topic};
use std::collections::HashMap;

/// The last content of each item that was judged, as far as the log goes back, and whether its verdict was lost.
#[derive(Default)]
pub(super) struct Observed(HashMap<Box<str>, (u64, bool)>);

impl Auditor {
    pub(super) fn observe(&mut self, intake: &str, frame: &Frame) {
        let lost = frame.seq <= self.memory.rebuilt(intake);
        let forgotten = self.options.now.duration_since(frame.at) >= self.options.horizon;
        for (index, content) in (0_u64..).zip(&frame.contents) {
            let place = key::Place { intake: intake.to_owned(), seq: frame.seq, index };
            let done = self.memory.is_done(&frame.feed.0, &place);
            match content {
                Content::Item(_) if !done => self.findings.of(&frame.feed.0, 0).waiting += 1,
                Content::Item(revision) => self.judged(&place, revision, lost, forgotten),
                Content::Event(_) if done => self.told(&place, frame, Topic::Events),
                Content::Unreadable(_) if done => self.told(&place, frame, Topic::DeadLetters),
                Content::Touch(_) | Content::Status(_) | Content::Event(_) | Content::Unreadable(_) => {}
            }
        }
    }

    fn judged(&mut self, place: &key::Place, revision: &Revision, lost: bool, forgotten: bool) {
        let item = revision.item.id.0.as_str();
        let content = key::content(&revision.hash.0);
        let origin = place.key();
        if self.articles.is_dead(origin) {
            return;
        }
        let before = self.observed.0.insert(item.into(), (content, lost)).map(|(before, _)| before);
        if let Some(published) = self.articles.of_origin(item, origin) {
            if published != content {
                let detail = format!(
                    "frame {}, place {} observed content {}, and {} is published of it",
                    place.seq,
                    place.index,
                    key::digits(content),
                    key::digits(published)
                );
                self.miss(Promise::G1, What::Contradiction, Topic::Articles, item, None, detail);
            }
            return;
        }
        let remembered = self.memory.item(item);
        let is_suppressed = remembered.is_some_and(|entry| entry.suppressed(content).is_some());
        let is_unchanged = match before {
            Some(before) => before == content,
            // What it showed before lies further back than the log.
            None => self.articles.has_content(item, content),
        };
        if is_suppressed || is_unchanged {
            return;
        }
        if lost {
            self.findings.note("{n} contents were judged before the state was rebuilt: their reasons are lost");
        } else if self.cut.contains(&Topic::Articles) && remembered.is_some_and(|entry| entry.is_known(content)) {
            self.findings.note("{n} observed contents are no longer in the log: not proved");
        } else if forgotten && remembered.is_none() {
            self.findings.note("{n} contents are of items that were forgotten at the horizon: not proved");
        } else if remembered.is_some_and(super::memory::Remembered::is_full) {
            self.findings.note("{n} contents were judged so long ago that their reasons are no longer remembered");
        } else {
            let detail = format!(
                "content {} was observed (frame {}, place {}) and has no verdict",
                key::digits(content),
                place.seq,
                place.index
            );
            self.miss(Promise::G1, What::Missing, Topic::Articles, item, None, detail);
        }
    }

    /// An event or a dead letter stands in its topic under its origin.
    fn told(&mut self, place: &key::Place, frame: &Frame, topic: Topic) {
        if self.articles.is_told(place.key()) || self.cut.contains(&topic) {
            return;
        }
        self.findings.offence(super::Offence {
            promise: Promise::G1,
            what: What::Missing,
            topic: topic.suffix().to_owned(),
            place: None,
            feed: frame.feed.0.clone(),
            item: None,
            rev: None,
            generation: 0,
            detail: format!("frame {}, place {} has no record in {}", place.seq, place.index, topic.suffix()),
        });
    }

    /// The last content observed of an item is the one that its entry has.
    pub(super) fn compare_last_observed(&mut self) {
        let observed = std::mem::take(&mut self.observed.0);
        let mut items: Vec<(&Box<str>, &(u64, bool))> = observed.iter().filter(|(_, (_, lost))| !lost).collect();
        items.sort_unstable();
        for (item, (content, _)) in items {
            let Some(remembered) = self.memory.item(item) else { continue };
            if remembered.content() == *content || remembered.suppressed(*content).is_some() {
                continue;
            }
            let detail = format!(
                "the last content observed is {}, the state has {}",
                key::digits(*content),
                key::digits(remembered.content())
            );
            self.miss(Promise::G1, What::Contradiction, Topic::State, item, None, detail);
        }
    }
}
