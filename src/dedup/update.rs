//! How a text relates to an earlier one: copy, cut copy, newer version of the same story, or only a look-alike.
//!
//! Comes in: two signatures with what is known of their tellers. Goes out: the relation with the rule that decided.
//! Words propose, places dispose: tables, tallies and notices are told in the same words every day, so two texts that
//! differ by what stands between the same words are not copies of each other. An editor's changes look different: they
//! add, drop and turn around, and seldom put one fact exactly in the place of another.

use super::entry::Entry;
use super::fingerprint::SHORT;
use super::similarity::{Comparison, Later};
use crate::model::{Body, FeedId, Notice, Relation, Signature};

/// Sampled shingles that two texts must have in common before their shares mean anything.
const LEAST_EVIDENCE: usize = 4;
/// [`likeness`] from which on one text is made from the other. Of our labelled stories 95 of 100 copies and rewritten
/// copies come to this, and of two newsrooms' accounts of one event 2 of 100.
const MADE_FROM: f64 = 0.45;
/// Share of the shorter text's shingles in the other that even a rewritten copy has.
const LEAST_SHARE: f64 = 0.12;
/// Texts of fewer shingles owe more of them to chance and to set phrases.
const BRIEF: u32 = 24;
const LEAST_SHARE_OF_BRIEF: f64 = 0.6;
/// A text that has less of the other's runs of words than this is told freely, and only its names make a copy of it, where
/// the other has most of them: which other words are rare, a memory learns slowly.
const FREELY: f64 = 0.25;
/// Of texts of fewer names than this the names say nothing.
const FEW_NAMES: usize = 3;
/// Containment from which on one text stands in the other; the rest is captions, credits and extraction noise.
const CONTAINED: f64 = 0.5;
/// By how much a text must be longer to contain the other and not to equal it.
const LONGER: f64 = 1.3;
/// Likeness that a notice ("UPDATE 1-", "CORRECTED") from the same source or the same address needs to the story that
/// it renews. Standing background alone stays below.
const AKIN: f64 = 0.35;
/// Resemblance of a text that its own feed sends again as good as unchanged.
const REISSUED: f64 = 0.8;
/// Share of the facts that differ in a new version of the day without notice; daily tallies change most of theirs.
const RENEWED_FACTS: f64 = 0.34;
/// Share of the earlier text that still stands in it, and the length of both in shingles.
const RENEWED_SHARE: f64 = 0.6;
const RENEWED_SHINGLES: u32 = 100;
/// An identical text of fewer shingles than this on another day is a set phrase ("No new cases were reported today").
const SET_PHRASE: u32 = 60;

/// Who tells the later text, when, and how often such texts come.
#[derive(Clone, Copy)]
pub(super) struct Teller<'a> {
    pub(super) feed: &'a FeedId,
    pub(super) agency: Option<&'a str>,
    pub(super) notice: Option<Notice>,
    /// Several look-alikes of the text are remembered: it is of a recurring form.
    pub(super) recurring: bool,
}

/// What a comparison came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Link {
    pub(super) relation: Relation,
    /// From the closed list in `docs/RECORD.md`.
    pub(super) reason: &'static str,
    pub(super) resemblance: f64,
    /// Share of the later text that stands in the earlier.
    pub(super) shared: f64,
    /// By how much it is to be preferred: an exact copy to any other, else the likelier.
    pub(super) weight: f64,
}

/// How likely one text is made from the other, 0 to 1: the mean of how much of either stands in the other, by runs of
/// words and by terms. The weights are those of a logistic regression over 1,700 labelled pairs, rounded: terms hold
/// through rewriting, and the shorter text says more than the longer.
pub(super) fn likeness(c: &Comparison) -> f64 {
    0.27 * c.shared.max(c.covered)
        + 0.12 * c.shared.min(c.covered)
        + 0.40 * c.terms_shared.max(c.terms_covered)
        + 0.21 * c.terms_shared.min(c.terms_covered)
}

/// How like a notice is to the text that it may withdraw, and whether that may be another text of its form; none when it
/// is too little.
pub(super) fn akin(notice: &Signature, text: &Signature, comparison: &Comparison) -> Option<(f64, bool)> {
    let likeness = likeness(comparison);
    let compared = notice.shingles.min(text.shingles) >= SHORT && comparison.evidence >= LEAST_EVIDENCE;
    (compared && likeness >= AKIN).then(|| (likeness, is_another(notice, text, comparison, false)))
}

/// Whether [`relate`] may come to anything, by the part of an entry that is read fastest, and how many sampled shingles
/// both have where that decided. `bottom` is room to read in.
pub(super) fn may_relate(
    later: &Later<'_>,
    teller: &Teller<'_>,
    earlier: Body<'_>,
    bottom: &mut Vec<u32>,
) -> (bool, Option<usize>) {
    let signature = later.signature;
    let Some((exact, link, guid)) = earlier.hashes() else { return (false, None) };
    let has_address = is_same(signature.link, link) || is_same(signature.guid, guid);
    if exact == signature.exact || has_address {
        return (true, None);
    }
    let Some(shingles) = earlier.sample(bottom) else { return (false, None) };
    let shares = later.shares(bottom);
    let is_made_from = shares.shared.max(shares.covered) >= least_share(signature.shingles.min(shingles));
    // Of a text of few shingles nothing but its exact form or its address tells.
    let may_relate = signature.shingles.min(shingles) >= SHORT
        && shares.evidence >= LEAST_EVIDENCE
        && (is_made_from || teller.notice.is_some());
    (may_relate, Some(shares.evidence))
}

fn is_same(one: Option<u64>, other: Option<u64>) -> bool {
    one.is_some() && one == other
}

/// Share of a text in the other from which on one may be made from the other, of so many shingles of the shorter.
fn least_share(shingles: u32) -> f64 {
    if shingles < BRIEF { LEAST_SHARE_OF_BRIEF } else { LEAST_SHARE }
}

/// Relates a text to an earlier entry; `Original` with reason `look_alike` when only the words are the same, none when
/// not even they are.
pub(super) fn relate(
    later: &Signature,
    teller: &Teller<'_>,
    entry: &Entry<'_>,
    earlier: &Signature,
    comparison: &Comparison,
) -> Option<Link> {
    let Comparison { resemblance, shared, covered, .. } = *comparison;
    let likeness = likeness(comparison);
    let link = |relation, reason| Some(Link { relation, reason, resemblance, shared, weight: likeness });
    let certain = |relation, reason| Some(Link { relation, reason, resemblance: 1.0, shared: 1.0, weight: 2.0 });
    let days_apart = days_apart(later, earlier);
    let same_day = days_apart.is_none_or(|days| days == 0);
    // Without dates nothing says which of two texts is the newer version, unless a notice does.
    let is_dated = days_apart.is_some();
    let same_feed = teller.feed.0 == entry.feed && is_dated;
    let same_agency = teller.agency.is_some() && teller.agency == entry.agency;
    let same_source = same_feed || same_agency && is_dated;
    let same_address = is_same(later.link, earlier.link) || is_same(later.guid, earlier.guid);

    if later.shingles < SHORT || earlier.shingles < SHORT {
        let in_time = if same_feed { same_day } else { days_apart.is_none_or(|days| days <= 1) };
        return if later.exact == earlier.exact && (in_time || same_address) {
            certain(Relation::Exact, "same_headline")
        } else if same_address && later.shingles < earlier.shingles {
            link(Relation::Abridged, "same_link")
        } else if same_address && later.shingles >= SHORT {
            link(Relation::Update, "same_link")
        } else {
            None
        };
    }
    if later.exact == earlier.exact {
        let another_days = days_apart.is_some_and(|days| days > 1) && later.shingles < SET_PHRASE && !same_address;
        return if another_days {
            certain(Relation::Original, "look_alike")
        } else {
            certain(Relation::Exact, "same_text")
        };
    }
    if comparison.evidence < LEAST_EVIDENCE {
        return None;
    }

    let akin = likeness >= AKIN;
    let facts_differ = comparison.slots.facts_share();
    let renews =
        (same_feed || same_agency) && matches!(teller.notice, Some(Notice::Update | Notice::Correction | Notice::Kill));
    let tomorrows = days_apart.is_some_and(|days| days > 1 || (days == 1 && facts_differ > RENEWED_FACTS));
    if renews && akin && !tomorrows {
        return link(Relation::Update, "notice");
    }
    if same_address && akin && comparison.slots.facts_differ > 0 {
        return link(Relation::Update, "same_link");
    }
    let share = shared.max(covered);
    let same_names = comparison.names >= FEW_NAMES && comparison.names_lost < 0.5;
    let unsure = share < FREELY && !same_names;
    if likeness < MADE_FROM || share < least_share(later.shingles.min(earlier.shingles)) || unsure {
        if !(same_address && akin) {
            return None;
        }
        let relation = if later.shingles < earlier.shingles { Relation::Abridged } else { Relation::Update };
        return link(relation, "same_link");
    }
    if is_another(later, earlier, comparison, teller.recurring || same_feed) {
        return if same_source && same_day && renews_facts(later, earlier, comparison) {
            link(Relation::Update, "changed_figures")
        } else {
            link(Relation::Original, "look_alike")
        };
    }
    let (later_size, earlier_size) = (f64::from(later.shingles), f64::from(earlier.shingles));
    let adds = covered >= CONTAINED && later_size > earlier_size * LONGER && same_feed;
    let is_cut = shared >= CONTAINED && later_size * LONGER < earlier_size;
    if same_feed && !same_day && !same_address && !adds && !is_cut {
        // Who tells much the same again on another day fills in a form.
        return link(Relation::Original, "look_alike");
    }
    if comparison.slots.facts_differ > 0 && same_source {
        return link(Relation::Update, "changed_figures");
    }
    if adds {
        return link(Relation::Update, "adds");
    }
    if is_cut {
        return link(Relation::Abridged, "contained");
    }
    if same_feed && resemblance < REISSUED && !same_address {
        // Much the same in few words, of another place or company.
        let is_form = later.shingles.min(earlier.shingles) < RENEWED_SHINGLES;
        return if is_form { link(Relation::Original, "look_alike") } else { link(Relation::Update, "rewritten") };
    }
    link(Relation::Near, "resemblance")
}

/// Whether a version of the day without notice has other figures, and is not another text of the form: a story of some
/// length of which nearly all stands, with the same names.
fn renews_facts(later: &Signature, earlier: &Signature, comparison: &Comparison) -> bool {
    let facts = comparison.slots.facts_share();
    facts > 0.0
        && facts <= RENEWED_FACTS
        && comparison.covered >= RENEWED_SHARE
        && comparison.names_lost < 0.2
        && later.shingles.min(earlier.shingles) >= RENEWED_SHINGLES
        && !LIST.contains(&later.everyday.min(earlier.everyday))
}

fn days_apart(later: &Signature, earlier: &Signature) -> Option<i64> {
    let (later, earlier) = (later.day?, earlier.day?);
    Some(later.since(earlier).map_or(i64::MAX, |span| i64::from(span.get_days()).abs()))
}

/// Share of the differing shingles that single differing places explain, from which on a text is another of the same
/// form: each place stands in three shingles.
const EXPLAINED: f64 = 0.25;
const EXPLAINED_STRICTLY: f64 = 0.15;
/// Even of two equal texts so many shingles may differ by noise.
const NOISE: f64 = 0.06;
/// Share of all common places below which a differing name or word is noise.
const SINGLE: f64 = 0.015;
/// Share of the common facts that differ, from which on it is another text however long.
const OTHER_FACTS: f64 = 0.22;
/// A text without many everyday words is a list or a table.
const LIST: std::ops::Range<u8> = 20..102;
/// The same terms in another order make another list.
const SAME_TERMS: f64 = 0.88;
const OTHER_ORDER: f64 = 0.72;
const LIST_SHINGLES: u32 = 250;
/// Share of the names that are others in another notice of the same form.
const OTHER_NAMES: f64 = 0.4;
const SAME_FORM: f64 = 0.6;
const NOTICE_SHINGLES: u32 = 160;
const SHORT_NOTICE_SHINGLES: u32 = 70;
/// What a copy of a text of a recurring form has in common with it at least.
const SURE_SHARE: f64 = 0.75;
const LIKELY_SHARE: f64 = 0.5;
const SURE_FACTS: usize = 3;

/// Whether two texts with the same words are two texts of one form: another day's table, another town's notice.
fn is_another(later: &Signature, earlier: &Signature, comparison: &Comparison, strict: bool) -> bool {
    let Comparison { names_lost, names, slots, .. } = *comparison;
    let fewer = later.shingles.min(earlier.shingles);
    let share = comparison.shared.max(comparison.covered);
    let differing = ((1.0 - share).max(NOISE) * f64::from(fewer)).max(3.0);
    let is_noise = slots.facts_differ == 0 && slots.share() < SINGLE;
    let explained = if is_noise { 0.0 } else { 3.0 * slots.differ() / differing };
    if strict {
        let agrees = share >= SURE_SHARE || share >= LIKELY_SHARE && slots.facts_agree >= SURE_FACTS;
        if explained > EXPLAINED_STRICTLY || !agrees || names_lost > 0.2 && names > 2 {
            return true;
        }
    }
    let same_terms = comparison.terms_shared.min(comparison.terms_covered) > SAME_TERMS;
    let is_list = LIST.contains(&later.everyday.min(earlier.everyday)) && fewer < LIST_SHINGLES;
    let is_form = comparison.resemblance >= SAME_FORM && names > 2;
    let is_notice = is_form || fewer < SHORT_NOTICE_SHINGLES || fewer < NOTICE_SHINGLES && slots.differ() > 0.0;
    explained > EXPLAINED
        || slots.differ() > 1.0 && explained > EXPLAINED_STRICTLY && slots.share() > 0.12
        || slots.facts_differ >= 2 && slots.facts_share() > OTHER_FACTS
        || is_list && same_terms && share < OTHER_ORDER
        || is_notice && names >= 2 && names_lost >= OTHER_NAMES
}
