//! What kind of revision it is, and whether it says anything new at all.

use super::words::{Word, squeezed, words};
use super::{changes, claims};
use crate::model::{Article, Change, Enriched, Notice, Previous, StoredText};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Fields whose change alone is not worth a revision: the publisher's clock, and what follows from the text.
const INCIDENTAL: [&str; 2] = ["updated", "wire.dateline"];

/// Whether a revision differs from what was published in typography and white space only: letters, digits and signs of
/// value are the same, so are its claims and all other published fields.
pub(super) fn only_typography(previous: &Previous, enriched: &Enriched) -> bool {
    let Some(before) = &previous.text else { return false };
    let now = changes::stored(&enriched.article);
    let essential = |text: &StoredText| -> BTreeMap<String, String> {
        text.fields
            .iter()
            .filter(|(name, _)| !INCIDENTAL.contains(&name.as_str()))
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect()
    };
    let same = |before: Option<&str>, now: Option<&str>| {
        before == now || squeezed(before.unwrap_or("")) == squeezed(now.unwrap_or(""))
    };
    let makes_claims = !previous.state.relation.is_copy();
    let killed_now = enriched.article.wire.notice == Some(Notice::Kill) && !previous.state.killed;
    !killed_now
        && same(before.headline.as_deref(), now.headline.as_deref())
        && same(before.summary.as_deref(), now.summary.as_deref())
        && same(Some(&before.body), Some(&now.body))
        && essential(before) == essential(&now)
        && (!makes_claims || claims::unchanged(&previous.state.claims, &enriched.covid.observations))
}

/// The kind of a revision that is published.
///
/// The publisher's word comes first: a kill, a correction, an update. An embargo that was stated before and is over
/// has ended. Without a word, a revision in which nothing but figures differs corrects them; any other is an update.
pub(super) fn kind(previous: Option<&Previous>, article: &Article, now: Timestamp) -> Change {
    let notice = article.wire.notice;
    let Some(previous) = previous.filter(|previous| previous.state.revision > 0) else {
        return if notice == Some(Notice::Kill) { Change::Kill } else { Change::New };
    };
    let Some(before) = &previous.text else {
        return match notice {
            Some(Notice::Kill) => Change::Kill,
            Some(Notice::Correction) => Change::Correction,
            _ => Change::Update,
        };
    };
    match notice.filter(|notice| *notice == Notice::Kill || is_fresh(before, article)) {
        Some(Notice::Kill) => Change::Kill,
        Some(Notice::Correction) => Change::Correction,
        _ if embargo_ended(before, article, now) => Change::EmbargoLift,
        None if !previous.state.killed && only_figures(before, article) => Change::Correction,
        _ => Change::Update,
    }
}

/// Whether the notice speaks of this revision: "CORRECTED" in a headline that has not changed spoke of an earlier one.
fn is_fresh(before: &StoredText, article: &Article) -> bool {
    let now = changes::stored(article);
    let differs = |name: &str| before.fields.get(name) != now.fields.get(name);
    before.headline != now.headline || differs("wire.editors_note") || differs(changes::NOTICE)
}

fn embargo_ended(before: &StoredText, article: &Article, now: Timestamp) -> bool {
    before.fields.contains_key("wire.embargo_until")
        && article.wire.embargo_until.is_none_or(|until| until <= now)
        && squeezed(&before.body) == squeezed(&article.body)
}

/// Same words, other numbers.
fn only_figures(before: &StoredText, article: &Article) -> bool {
    let now = changes::stored(article);
    let mut figure_changed = false;
    let mut same_words = |before: &str, now: &str| {
        let (before, now) = (words(before), words(now));
        let pairs = || before.iter().zip(&now);
        let same = |(before, now): (&Word, &Word)| before.hash == now.hash;
        figure_changed |= !pairs().all(same);
        before.len() == now.len()
            && pairs().all(|(before, now)| same((before, now)) || (before.is_figure() && now.is_figure()))
    };
    let same = same_words(before.headline.as_deref().unwrap_or(""), now.headline.as_deref().unwrap_or(""))
        && same_words(before.summary.as_deref().unwrap_or(""), now.summary.as_deref().unwrap_or(""))
        && same_words(&before.body, &now.body);
    same && figure_changed
}
