//! Which story a new text belongs to: what tells of one event, by whomever and over days.
//!
//! Comes in: an original with what it looks like. Goes out: the story that it joins, a second one that it shows to be the
//! same, or none. A text joins the story with whose originals it shares enough rare words, counted in *unseen words*: a
//! shared word that nobody has used counts 1, a shared name 2, and less the more originals use it. The evidence needed
//! grows with the days since the story's last news. Items of a recurring form (another day's table) are no kin of each
//! other, however much they share. The constants were chosen on the labelled stories of `tests/corpus/stories` for
//! precision: two stories of one event are a smaller harm than one story of two.

use super::{entry::Entry, fingerprint::NAME, window::Window};
use crate::model::{Article, ItemId, Signature};
use jiff::Timestamp;

/// Originals looked at that share words, those compared, and newest members of a story compared.
const HOLDERS: usize = 32;
const CANDIDATES: usize = 16;
const LOOKED_AT: usize = 8;
/// The evidence of a story is the mean of its most alike members.
const BEST: usize = 3;
/// Evidence, in unseen words, that joins a text to a story, joins two stories to one, and below which a revised text
/// leaves its story.
const JOINS: f64 = 1.5;
const MERGES: f64 = 4.0;
const LEAVES: f64 = 1.0;
/// Days without news in which the evidence counts half, and after which a story is closed.
const HALF_LIFE: f64 = 4.0;
const CLOSED: f64 = 14.0;
/// Of the first words of either text, the other must have one.
const FIRST: usize = 3;

/// An original as its kin is sought.
pub(super) struct Sought<'a> {
    id: &'a ItemId,
    feed: &'a str,
    signature: &'a Signature,
    first_seen: Timestamp,
    /// Of each of its keys how rare it is.
    rarity: Vec<f64>,
}

impl<'a> Sought<'a> {
    pub(super) fn new(window: &Window, article: &'a Article, signature: &'a Signature, first_seen: Timestamp) -> Self {
        let rarity = signature.keys.iter().map(|key| window.rarity(*key)).collect();
        Self { id: &article.id, feed: &article.feed.0, signature, first_seen, rarity }
    }
}

/// What was found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    /// It is one of a recurring form.
    pub(super) form: bool,
    /// The story that it joins.
    pub(super) story: Option<String>,
    /// A second story that it shows to be the same.
    pub(super) second: Option<String>,
}

/// Seeks the kin of an original. `look_alikes` are texts with the same words that tell something else.
pub(super) fn seek(window: &Window, sought: &Sought<'_>, look_alikes: &[Entry<'_>]) -> Found {
    let candidates = candidates(window, sought);
    let alike = look_alikes.iter().map(|entry| likeness_of_form(sought, entry, true));
    let is_alike = |entry: &&Entry<'_>| look_alikes.iter().any(|alike| alike.order() == entry.order());
    let others = candidates.iter().filter(|entry| !is_alike(entry)).map(|entry| likeness_of_form(sought, entry, false));
    if sought.signature.form || alike.chain(others).sum::<f64>() >= 1.0 {
        return Found { form: true, ..Found::default() };
    }
    let mut stories: Vec<(f64, String)> = Vec::new();
    for entry in &candidates {
        let Some(story) = entry.story().filter(|story| stories.iter().all(|(_, known)| known != story)) else {
            continue;
        };
        stories.push((evidence(window, sought, &story, true), story));
    }
    stories.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut stories = stories.into_iter();
    let story = stories.next().filter(|(evidence, _)| *evidence >= JOINS).map(|(_, story)| story);
    let second = stories.next().filter(|(evidence, _)| story.is_some() && *evidence >= MERGES).map(|(_, story)| story);
    Found { form: false, story, second }
}

/// Whether a revised original still belongs to its story: it tells mostly of the same, or the others there do.
pub(super) fn stays(window: &Window, sought: &Sought<'_>, before: &Signature, story: &str) -> bool {
    let has = |key: &&u32| before.keys.iter().any(|known| known >> 1 == **key >> 1);
    let kept = sought.signature.keys.iter().filter(has).count();
    let others = window.members(story, LOOKED_AT).iter().filter(|entry| !entry.is(&sought.id.0)).count();
    kept * 2 >= sought.signature.keys.len() || others == 0 || evidence(window, sought, story, false) >= LEAVES
}

/// The originals that share the rarest words with a text, the most alike first.
fn candidates<'w>(window: &'w Window, sought: &Sought<'_>) -> Vec<Entry<'w>> {
    let weighted = sought.signature.keys.iter().zip(&sought.rarity);
    let weighted = weighted.map(|(key, rarity)| (*key, rarity * if key & 1 == 1 { NAME } else { 1.0 }));
    let open = window
        .kin(weighted, HOLDERS)
        .into_iter()
        .filter(|entry| !entry.is(&sought.id.0) && days_between(sought, entry) <= CLOSED);
    open.take(CANDIDATES).collect()
}

/// Evidence that a text belongs to a story: the mean of its most alike members, less the longer there was no news. A
/// story of a recurring form takes nothing in.
fn evidence(window: &Window, sought: &Sought<'_>, story: &str, in_time: bool) -> f64 {
    let mut members = window.members(story, LOOKED_AT);
    members.retain(|entry| !entry.is(&sought.id.0));
    let forms = members.iter().filter(|entry| entry.body.is_some_and(|body| body.is_form())).count();
    let Some(newest) = members.first() else { return 0.0 };
    let days = if in_time { days_between(sought, newest) } else { 0.0 };
    if forms * 2 >= members.len() || days > CLOSED {
        return 0.0;
    }
    let mut alike: Vec<f64> = members.iter().map(|entry| shared(sought, entry)).collect();
    alike.sort_by(|a, b| b.total_cmp(a));
    alike.truncate(BEST);
    alike.iter().sum::<f64>() / alike.len() as f64 * 0.5f64.powf(days / HALF_LIFE)
}

/// What two texts share, in unseen words; none unless they share two words, and one of the first of either.
fn shared(sought: &Sought<'_>, entry: &Entry<'_>) -> f64 {
    let theirs = entry.body.map(|body| body.keys()).unwrap_or_default();
    let (mut sum, mut number, mut first, mut first_of_theirs) = (0.0, 0, false, false);
    for (at, key) in sought.signature.keys.iter().enumerate() {
        let Some((their_place, their_key)) = theirs.iter().enumerate().find(|(_, known)| *known >> 1 == key >> 1)
        else {
            continue;
        };
        number += 1;
        first |= at < FIRST;
        first_of_theirs |= their_place < FIRST;
        sum += sought.rarity.get(at).copied().unwrap_or(0.0) * if (key | their_key) & 1 == 1 { NAME } else { 1.0 };
    }
    if number >= 2 && first && first_of_theirs { sum } else { 0.0 }
}

/// How much a text and an earlier one look like two of one form; together 1 is enough.
fn likeness_of_form(sought: &Sought<'_>, entry: &Entry<'_>, alike: bool) -> f64 {
    if !alike && sought.feed != entry.feed {
        return 0.0;
    }
    let Some(earlier) = entry.signature() else { return 0.0 };
    let signature = sought.signature;
    let words = signature.headline.iter().filter(|word| earlier.headline.binary_search(word).is_ok()).count();
    let headline = words as f64 / signature.headline.len().max(earlier.headline.len()).max(1) as f64;
    if alike {
        return if headline >= 0.3 { 1.0 } else { 0.5 };
    }
    let is_shared = |key: &&u32| earlier.keys.iter().any(|known| known >> 1 == **key >> 1);
    let keys = signature.keys.iter().filter(is_shared).count();
    let same_keys = keys >= 3 && keys * 4 >= signature.keys.len().max(earlier.keys.len()) * 3;
    if words >= 2 && headline >= 0.8 || same_keys {
        1.0
    } else if words >= 2 && headline >= 0.5 {
        0.5
    } else {
        0.0
    }
}

fn days_between(sought: &Sought<'_>, entry: &Entry<'_>) -> f64 {
    sought.first_seen.duration_since(entry.first_seen).as_secs_f64().max(0.0) / 86_400.0
}
