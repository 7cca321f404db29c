//! What changed between two published revisions of an item, named field by field.
//!
//! The body's changes are narrowed to sentences: paragraphs are aligned first, then the sentences of those that differ.
//! What stands still is not repeated, so that a corrected figure is named by its sentence and not by its story.

use crate::markup::bytes::head;
use crate::model::{Article, Enriched, FieldChange, Observation, StandingClaim, StoredText};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Most changes of the body that are named one by one.
const PASSAGES: usize = 64;
/// Longest passage that is quoted, in code points; more is cut with an ellipsis.
const PASSAGE: usize = 2_000;
/// Rows times columns up to which pieces are aligned; beyond that the whole stretch counts as replaced.
const ALIGNMENT: usize = 250_000;

/// The notice that a revision carried. It is no field of the record, so its change is not named, but a notice that
/// merely stays on from the revision before says nothing about this one.
pub(super) const NOTICE: &str = "notice";

/// The text of a revision as it is kept for the comparison with the next.
pub(super) fn stored(article: &Article) -> StoredText {
    StoredText {
        v: 1,
        headline: article.headline.clone(),
        summary: article.summary.clone(),
        body: article.body.clone(),
        fields: fields(article),
    }
}

/// The same as it is remembered: what must not be used is not kept either.
pub(super) fn kept(article: &Article, killed: bool) -> StoredText {
    let mut text = stored(article);
    if killed {
        text.body.clear();
        text.summary = None;
    }
    text
}

/// The published fields besides headline, summary and body whose changes are named.
fn fields(article: &Article) -> BTreeMap<String, String> {
    let list = |values: &[String]| (!values.is_empty()).then(|| values.join(", "));
    let authors: Vec<String> = article.authors.iter().filter_map(|author| author.name.clone()).collect();
    let enclosures: Vec<String> = article.enclosures.iter().map(|enclosure| enclosure.url.clone()).collect();
    let wire = &article.wire;
    [
        ("url", article.url.clone()),
        ("canonical_url", article.canonical_url.clone()),
        ("published", article.published.map(|time| time.to_string())),
        ("updated", article.updated.map(|time| time.to_string())),
        ("rights", article.rights.clone()),
        ("categories", list(&article.categories)),
        ("authors", list(&authors)),
        ("images", list(&article.images)),
        ("enclosures", list(&enclosures)),
        ("wire.agency", wire.agency.clone()),
        ("wire.dateline", wire.dateline.as_ref().map(|dateline| dateline.text.clone())),
        ("wire.byline", wire.byline.clone()),
        ("wire.slug", wire.slug.clone()),
        ("wire.urgency", wire.urgency.map(|urgency| urgency.to_string())),
        ("wire.editors_note", wire.editors_note.clone()),
        ("wire.embargo_until", wire.embargo_until.map(|until| until.to_string())),
        (NOTICE, wire.notice.map(|notice| format!("{notice:?}").to_lowercase())),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.map(|value| (name.to_owned(), value)))
    .collect()
}

/// Names what changed.
pub(super) fn between(before: &StoredText, standing: &[StandingClaim], enriched: &Enriched) -> Vec<FieldChange> {
    let now = stored(&enriched.article);
    let mut changes = Vec::new();
    let mut compare = |field: &str, from: Option<&String>, to: Option<&String>| {
        if from != to {
            changes.push(FieldChange { field: field.to_owned(), from: from.map(quoted), to: to.map(quoted) });
        }
    };
    compare("headline", before.headline.as_ref(), now.headline.as_ref());
    compare("summary", before.summary.as_ref(), now.summary.as_ref());
    let names: BTreeSet<&String> = before.fields.keys().chain(now.fields.keys()).collect();
    for name in names.into_iter().filter(|name| *name != NOTICE) {
        compare(name, before.fields.get(name), now.fields.get(name));
    }
    changes.extend(body(&before.body, &now.body));
    changes
        .extend(figures(standing, &enriched.covid.observations).into_iter().filter(|change| change.from != change.to));
    changes
}

/// Changed, new and lost observations by their ids. Copies have no standing claims and so name none.
fn figures(standing: &[StandingClaim], observations: &[Observation]) -> Vec<FieldChange> {
    if standing.is_empty() {
        return Vec::new();
    }
    let before: HashMap<&str, &Observation> =
        standing.iter().map(|claim| (claim.observation.id.as_str(), &claim.observation)).collect();
    let mut seen = BTreeSet::new();
    let mut changes = Vec::new();
    for observation in observations.iter().filter(|observation| seen.insert(observation.id.as_str())) {
        let field = format!("covid.{}", observation.id);
        match before.get(observation.id.as_str()) {
            None => changes.push(FieldChange { field, from: None, to: Some(value(observation)) }),
            Some(before) if before.same_claim(observation) => {}
            Some(before) => {
                let (mut from, mut to) = (value(before), value(observation));
                if from == to {
                    from = in_full(before);
                    to = in_full(observation);
                }
                changes.push(FieldChange { field, from: Some(from), to: Some(to) });
            }
        }
    }
    for claim in standing.iter().filter(|claim| !seen.contains(claim.observation.id.as_str())) {
        let field = format!("covid.{}", claim.observation.id);
        changes.push(FieldChange { field, from: Some(value(&claim.observation)), to: None });
    }
    changes
}

/// `406`, `10-12`, or the rank where there is no number.
fn value(observation: &Observation) -> String {
    match (observation.value, observation.value_max, observation.rank) {
        (Some(value), Some(most), _) => format!("{value}-{most}"),
        (Some(value), None, _) => value.to_string(),
        (None, _, Some(rank)) => format!("rank {rank}"),
        (None, _, None) => String::new(),
    }
}

/// The value with what else a claim says, for claims that differ in something else than their value.
fn in_full(observation: &Observation) -> String {
    let word = |word: serde_json::Result<serde_json::Value>| match word {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    };
    let parts = [
        value(observation),
        word(serde_json::to_value(observation.qualifier)),
        word(serde_json::to_value(observation.status)),
        observation.location.name.clone().unwrap_or_default(),
        observation.as_of.date.clone().unwrap_or_default(),
        observation.source.as_ref().map(|source| source.name.clone()).unwrap_or_default(),
        observation.rank.map(|rank| format!("rank {rank}")).unwrap_or_default(),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// The changed passages of the body.
fn body(before: &str, now: &str) -> Vec<FieldChange> {
    let paragraphs = |text: &str| text.split("\n\n").filter(|p| !p.trim().is_empty()).map(str::to_owned).collect();
    let (before, now): (Vec<String>, Vec<String>) = (paragraphs(before), paragraphs(now));
    let mut passages = Vec::new();
    for (gone, come) in aligned(&refs(&before), &refs(&now)) {
        // Paragraphs that took each other's place are compared sentence by sentence; the rest came or went whole.
        let pairs = gone.len().min(come.len());
        for (from, to) in gone.iter().zip(come.iter()) {
            for (gone, come) in aligned(&sentences(from), &sentences(to)) {
                passages.push((gone.join(" "), come.join(" ")));
            }
        }
        passages.extend(gone.iter().skip(pairs).map(|from| ((*from).to_owned(), String::new())));
        passages.extend(come.iter().skip(pairs).map(|to| (String::new(), (*to).to_owned())));
    }
    let rest = passages.len().saturating_sub(PASSAGES);
    let mut changes: Vec<FieldChange> = passages
        .into_iter()
        .take(PASSAGES)
        .map(|(from, to)| {
            let some = |text: String| (!text.is_empty()).then(|| quoted(&text));
            FieldChange { field: "body".to_owned(), from: some(from), to: some(to) }
        })
        .collect();
    if rest > 0 {
        let to = Some(format!("… and {rest} more passages"));
        changes.push(FieldChange { field: "body".to_owned(), from: None, to });
    }
    changes
}

fn refs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Sentences for display: cut after a full stop, question or exclamation mark that white space follows. An abbreviation
/// cuts a passage short, which costs nothing but a shorter quotation.
fn sentences(paragraph: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut ended = false;
    for (offset, c) in paragraph.char_indices() {
        if ended && c.is_whitespace() {
            sentences.extend(paragraph.get(start..offset).map(str::trim));
            start = offset;
        }
        ended = matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '…')
            || (ended && matches!(c, '"' | '\'' | '”' | '’' | '»' | ')'));
    }
    sentences.extend(paragraph.get(start..).map(str::trim));
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// What took the place of what: stretches that differ, between the longest common subsequence of the pieces.
fn aligned<'t>(before: &[&'t str], now: &[&'t str]) -> Vec<(Vec<&'t str>, Vec<&'t str>)> {
    let head = before.iter().zip(now).take_while(|(before, now)| before == now).count();
    let (before, now) = (before.get(head..).unwrap_or(&[]), now.get(head..).unwrap_or(&[]));
    let tail = before.iter().rev().zip(now.iter().rev()).take_while(|(before, now)| before == now).count();
    let before = before.get(..before.len() - tail).unwrap_or(&[]);
    let now = now.get(..now.len() - tail).unwrap_or(&[]);
    if before.is_empty() && now.is_empty() {
        return Vec::new();
    }
    if before.len().saturating_mul(now.len()) > ALIGNMENT {
        return vec![(before.to_vec(), now.to_vec())];
    }
    let width = now.len() + 1;
    let mut longest = vec![0u32; (before.len() + 1) * width];
    let at = |longest: &[u32], row: usize, column: usize| longest.get(row * width + column).copied().unwrap_or(0);
    for (row, from) in before.iter().enumerate().rev() {
        for (column, to) in now.iter().enumerate().rev() {
            let best = if from == to {
                at(&longest, row + 1, column + 1) + 1
            } else {
                at(&longest, row + 1, column).max(at(&longest, row, column + 1))
            };
            if let Some(cell) = longest.get_mut(row * width + column) {
                *cell = best;
            }
        }
    }
    let mut stretches: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    let (mut row, mut column, mut open) = (0, 0, false);
    while row < before.len() || column < now.len() {
        let (from, to) = (before.get(row).copied(), now.get(column).copied());
        if from.is_some() && from == to {
            (row, column, open) = (row + 1, column + 1, false);
            continue;
        }
        if !open {
            stretches.push((Vec::new(), Vec::new()));
            open = true;
        }
        let Some((gone, come)) = stretches.last_mut() else { break };
        let from_goes = to.is_none() || at(&longest, row + 1, column) >= at(&longest, row, column + 1);
        match (from, to) {
            (Some(from), _) if from_goes => {
                gone.push(from);
                row += 1;
            }
            (_, Some(to)) => {
                come.push(to);
                column += 1;
            }
            _ => break,
        }
    }
    stretches
}

fn quoted(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    match head(text, PASSAGE) {
        whole if whole == text => text.to_owned(),
        passage => format!("{passage}…"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, now: &str, expected: &[(&str, &str)]) {
        let changes = body(before, now);
        let found: Vec<(&str, &str)> = changes
            .iter()
            .map(|change| (change.from.as_deref().unwrap_or(""), change.to.as_deref().unwrap_or("")))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_change_is_narrowed_to_its_sentence() {
        let before = "The dam holds. Its level stands at 406 cm. Nobody was hurt.\n\nRain is expected.";
        check(before, &before.replace("406", "408"), &[("Its level stands at 406 cm.", "Its level stands at 408 cm.")]);
        check(before, before, &[]);
    }

    #[test]
    fn paragraphs_come_and_go_whole() {
        check("One.\n\nTwo.\n\nThree.", "One.\n\nThree.\n\nFour.", &[("Two.", ""), ("", "Four.")]);
        check("", "All new.", &[("", "All new.")]);
        check("A one. B two.\n\nC.", "A one. B 2.\n\nX.\n\nC.", &[("B two.", "B 2."), ("", "X.")]);
    }

    proptest::proptest! {
        #[test]
        fn any_two_texts_are_compared(before in "[a-c.\n ]{0,60}", now in "\\PC{0,40}") {
            body(&before, &now);
            proptest::prop_assert!(body(&now, &now).is_empty());
        }
    }
}
