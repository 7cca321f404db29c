//! How a text relates to an earlier one: copy, cut copy, newer version of the same story, or only a look-alike.
//!
//! Comes in: two signatures with what is known of their tellers. Goes out: the relation with the rule that decided.
//! Words propose, figures dispose: tables and tallies are told in the same words every day, so two texts whose figures
//! differ in the same places are not copies of each other.

use super::entry::Entry;
use super::fingerprint::SHORT;
use super::similarity::{Comparison, compare};
use crate::model::{FeedId, Notice, Relation, Signature};

/// Sampled shingles that two texts must have in common before their shares mean anything.
const LEAST_EVIDENCE: usize = 5;
/// Resemblance from which on two texts are one. Two stories about one event by two writers stay far below; a copy in
/// which every tenth word was touched, with captions between, comes to this.
const NEAR: f64 = 0.35;
/// Containment from which on one text stands in the other; the rest is captions, credits and extraction noise.
const CONTAINED: f64 = 0.6;
/// Texts of fewer shingles owe more of them to chance and to set phrases, so more must agree.
const BRIEF: u32 = 24;
/// What a notice ("UPDATE 1-", "CORRECTED") from the same source needs in common with the story that it renews:
/// resemblance, or containment of either in the other. Standing background alone stays below.
const RENEWED: f64 = 0.2;
const RENEWED_PART: f64 = 0.4;
/// Share of the figures that may differ in a copy told the same day: misprints, and versions between two corrections.
const MISPRINTS: f64 = 0.15;
/// Share of the figures that differ in a new version without notice; daily tallies change most of theirs.
const RENEWED_FIGURES: f64 = 0.34;
/// An identical text of fewer shingles than this on another day is a set phrase ("No new cases were reported today").
const SET_PHRASE: u32 = 60;

/// Who tells the later text.
pub(super) struct Teller<'a> {
    pub(super) feed: &'a FeedId,
    pub(super) agency: Option<&'a str>,
    pub(super) notice: Option<Notice>,
}

/// What a comparison came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Link {
    pub(super) relation: Relation,
    /// From the closed list in `docs/RECORD.md`.
    pub(super) reason: &'static str,
    pub(super) resemblance: f64,
    pub(super) shared: f64,
}

impl Link {
    /// By how much a link is to be preferred: an exact copy to any other, else the more of either text is in the other.
    pub(super) fn weight(&self) -> f64 {
        if self.relation == Relation::Exact { 2.0 } else { self.resemblance.max(self.shared) }
    }
}

/// Relates a text to an earlier entry; `Original` with reason `look_alike` when only the words are the same, none when
/// not even they are.
pub(super) fn relate(later: &Signature, teller: &Teller<'_>, entry: &Entry<'_>) -> Option<Link> {
    let earlier = &entry.signature()?;
    let comparison = compare(later, earlier);
    let link = |relation, reason| {
        Some(Link { relation, reason, resemblance: comparison.resemblance, shared: comparison.shared })
    };
    let certain = |relation, reason| Some(Link { relation, reason, resemblance: 1.0, shared: 1.0 });
    let days_apart = match (later.day, earlier.day) {
        (Some(later), Some(earlier)) => {
            Some(later.since(earlier).map_or(i64::MAX, |span| i64::from(span.get_days()).abs()))
        }
        _ => None,
    };
    let same_day = days_apart.is_none_or(|days| days == 0);
    let same_feed = teller.feed.0 == entry.feed;
    let same_source = same_feed || (teller.agency.is_some() && teller.agency == entry.agency);
    let same_link = later.link.is_some() && later.link == earlier.link;

    if later.shingles < SHORT || earlier.shingles < SHORT {
        let in_time = if same_feed { same_day } else { days_apart.is_none_or(|days| days <= 1) };
        return if later.exact == earlier.exact && (in_time || same_link) {
            certain(Relation::Exact, "same_headline")
        } else if same_link && later.shingles < earlier.shingles {
            link(Relation::Abridged, "same_link")
        } else if same_link && later.shingles >= SHORT {
            link(Relation::Update, "same_link")
        } else {
            None
        };
    }
    if later.exact == earlier.exact {
        let another_days = days_apart.is_some_and(|days| days > 1) && later.shingles < SET_PHRASE && !same_link;
        return if another_days {
            certain(Relation::Original, "look_alike")
        } else {
            certain(Relation::Exact, "same_text")
        };
    }
    if comparison.evidence < LEAST_EVIDENCE {
        return None;
    }

    let brief = later.shingles.min(earlier.shingles) < BRIEF;
    let (near, contained) = if brief { (0.55, 0.8) } else { (NEAR, CONTAINED) };
    let alike = comparison.resemblance >= near || comparison.shared >= contained || comparison.covered >= contained;
    let akin = comparison.resemblance >= RENEWED || comparison.shared.max(comparison.covered) >= RENEWED_PART;
    let renews = same_source && matches!(teller.notice, Some(Notice::Update | Notice::Correction | Notice::Kill));
    let tomorrows = days_apart.is_some_and(|days| days > 1 || (days == 1 && comparison.conflict() > RENEWED_FIGURES));
    if renews && akin && !tomorrows {
        return link(Relation::Update, "notice");
    }
    if same_link && akin && comparison.conflicting > 0 {
        return link(Relation::Update, "same_link");
    }
    if !alike {
        if !(same_link && akin) {
            return None;
        }
        let relation = if later.shingles < earlier.shingles { Relation::Abridged } else { Relation::Update };
        return link(relation, "same_link");
    }
    if figures_differ(later, earlier, &comparison, same_day) {
        let renewed = same_source && same_day && comparison.conflict() <= RENEWED_FIGURES && comparison.conflicting > 0;
        return if renewed {
            link(Relation::Update, "changed_figures")
        } else {
            link(Relation::Original, "look_alike")
        };
    }
    if comparison.conflicting > 0 && same_source {
        return link(Relation::Update, "changed_figures");
    }
    let longer = u64::from(later.shingles) * 10 > u64::from(earlier.shingles) * 13;
    let shorter = u64::from(later.shingles) * 13 < u64::from(earlier.shingles) * 10;
    if comparison.covered >= contained && longer && (same_feed || comparison.shared < 0.6) {
        return link(Relation::Update, "adds");
    }
    if comparison.shared >= contained && shorter {
        return link(Relation::Abridged, "contained");
    }
    if same_feed && comparison.resemblance < 0.8 && !same_link {
        return link(Relation::Update, "rewritten");
    }
    link(Relation::Near, "resemblance")
}

/// Whether the figures tell two texts with the same words apart.
fn figures_differ(later: &Signature, earlier: &Signature, comparison: &Comparison, same_day: bool) -> bool {
    if comparison.conflicting > 0 {
        return !same_day || comparison.conflict() > MISPRINTS;
    }
    // In tables the words beside the numbers are numbers too; then the numbers themselves are compared.
    let (later, earlier) = (values(later), values(earlier));
    let fewer = later.len().min(earlier.len());
    let common = later.iter().filter(|value| earlier.binary_search(value).is_ok()).count();
    fewer >= 3 && common * 2 < fewer
}

fn values(signature: &Signature) -> Vec<u32> {
    let mut values: Vec<u32> = signature.figures.iter().map(|figure| figure >> 1 & 0x1fff).collect();
    values.sort_unstable();
    values.dedup();
    values
}
