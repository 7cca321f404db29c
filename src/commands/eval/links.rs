//! Labelled links: documents in the order in which they are observed, each with what it is made from.
//!
//! A file has one document a line: `{"id", "story", "feed", "agency"?, "published", "headline", "text", "style"?,
//! "part"?, "label": {"relation", "of", "origin", "embedded"?}}`, as in `tests/corpus/stories`. They are judged as the
//! daemon would, one memory for all files, without what entities and figures would add.

use super::rates;
use crate::commands::process::{Done, Memory};
use crate::model::{Enriched, Feed, Hash, ItemId, Relation, StatedTime, word};
use crate::{clean, dedup};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::io;

/// One labelled document.
#[derive(Debug, Deserialize)]
pub(super) struct Case {
    id: String,
    story: String,
    feed: String,
    agency: Option<String>,
    published: StatedTime,
    headline: Option<String>,
    text: String,
    #[serde(default)]
    style: String,
    pub(super) part: Option<String>,
    label: Label,
}

#[derive(Debug, Deserialize)]
struct Label {
    /// As in a record; also `kill`, of a notice that withdraws another document.
    relation: String,
    of: Option<String>,
    origin: Option<String>,
}

/// A document that was judged.
pub(super) struct Scored {
    case: Case,
    relation: Relation,
    of: Option<String>,
    story: Option<String>,
    origin: Option<String>,
}

/// Judges documents in their order. Fails where the memory cannot be put away.
pub(super) fn score(mut cases: Vec<Case>) -> io::Result<Vec<Scored>> {
    cases.sort_by_key(|case| case.published.utc());
    let mut memory = Memory::new(&dedup::Options::default(), Timestamp::UNIX_EPOCH);
    cases.into_iter().map(|case| judge(&mut memory, case)).collect()
}

fn judge(memory: &mut Memory, case: Case) -> io::Result<Scored> {
    let document = clean::Document {
        id: case.id.clone(),
        headline: case.headline.clone(),
        text: Some(case.text.clone()),
        published: Some(case.published),
        agency: case.agency.clone(),
        ..clean::Document::default()
    };
    let mut article = clean::document(&Feed::new(&case.feed, ""), document);
    article.id = ItemId(case.id.clone());
    let observed = Some(case.published.utc());
    article.observed = observed;
    let hash = Hash::of_fields("v1:document", [case.headline.as_deref().unwrap_or_default(), &case.text]);
    let enriched = Enriched::bare(article);
    let verdict = memory.judge(&mut Done { id: case.id.clone().into(), enriched, hash, observed })?;
    let duplicate = verdict.duplicate;
    Ok(Scored {
        case,
        relation: duplicate.relation,
        of: duplicate.of.map(|of| of.0),
        story: duplicate.story,
        origin: duplicate.origin_agency,
    })
}

impl Scored {
    /// What it truly goes back to.
    fn true_root(&self) -> &str {
        self.case.label.of.as_deref().unwrap_or(&self.case.id)
    }

    fn found_root(&self) -> &str {
        self.of.as_deref().unwrap_or(&self.case.id)
    }
}

/// The figures of a set of documents.
struct Figures {
    /// By true relation: documents linked to what they go back to, so many with the true relation too, and all.
    linked: BTreeMap<String, [usize; 3]>,
    /// Originals that were linked to something else, and all.
    merged: [usize; 2],
    /// Pairs of documents that go back to one: right, expected, found.
    copies: [usize; 3],
    /// The same of pairs of one story.
    stories: [usize; 3],
    /// Documents of which the writer was named rightly, and all whose writer is labelled.
    origin: [usize; 2],
}

fn figures(scored: &[&Scored]) -> Figures {
    let roots: HashMap<&str, &str> = scored.iter().map(|one| (one.case.id.as_str(), one.true_root())).collect();
    let root_of = |id: &str| roots.get(id).copied();
    let mut figures = Figures {
        linked: BTreeMap::new(),
        merged: [0; 2],
        copies: pairs(scored.iter().map(|one| (one.true_root(), one.found_root()))),
        stories: pairs(
            scored.iter().map(|one| (one.case.story.as_str(), one.story.as_deref().unwrap_or(&one.case.id))),
        ),
        origin: [0; 2],
    };
    for one in scored {
        let is_right = root_of(one.found_root()) == Some(one.true_root());
        if one.case.label.relation == "original" {
            figures.merged[1] += 1;
            figures.merged[0] += usize::from(!is_right);
        } else {
            let [linked, same, all] = figures.linked.entry(one.case.label.relation.clone()).or_default();
            *linked += usize::from(is_right && one.of.is_some());
            *same += usize::from(is_right && word(&one.relation) == one.case.label.relation);
            *all += 1;
        }
        if let Some(origin) = &one.case.label.origin {
            figures.origin[1] += 1;
            let found = one.origin.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(origin));
            figures.origin[0] += usize::from(found);
        }
    }
    figures
}

/// Pairs with the same keys: right, expected and found.
fn pairs<'k>(keys: impl Iterator<Item = (&'k str, &'k str)>) -> [usize; 3] {
    let (mut truth, mut found, mut both) = (HashMap::new(), HashMap::new(), HashMap::new());
    for (expected, given) in keys {
        *truth.entry(expected).or_insert(0usize) += 1;
        *found.entry(given).or_insert(0usize) += 1;
        *both.entry((expected, given)).or_insert(0usize) += 1;
    }
    let count = |n: &usize| n * (n - 1) / 2;
    let expected = truth.values().map(count).sum();
    [both.values().map(count).sum(), expected, found.values().map(count).sum()]
}

fn groups(scored: &[Scored]) -> Vec<(&str, Vec<&Scored>)> {
    let mut styles: BTreeMap<&str, Vec<&Scored>> = BTreeMap::new();
    for one in scored {
        styles.entry(&one.case.style).or_default().push(one);
    }
    let styles = styles.into_iter().filter(|(style, _)| !style.is_empty());
    std::iter::once(("all", scored.iter().collect())).chain(styles).collect()
}

/// The figures of a report.
pub(super) fn json(scored: &[Scored]) -> Value {
    let group = |cases: &[&Scored]| {
        let Figures { linked, merged, copies, stories, origin } = figures(cases);
        let told = |pairs: [usize; 3]| {
            let [precision, recall, f1] = rates(pairs).map(|rate| (rate * 10_000.0).round() / 10_000.0);
            json!({"precision": precision, "recall": recall, "f1": f1})
        };
        let relation = |[linked, same, of]: &[usize; 3]| json!({"linked": linked, "named": same, "of": of});
        let relations: BTreeMap<&String, Value> =
            linked.iter().map(|(name, counts)| (name, relation(counts))).collect();
        json!({
            "documents": cases.len(), "relations": relations, "merged": {"originals": merged[0], "of": merged[1]},
            "copies": told(copies), "stories": told(stories), "origin": {"right": origin[0], "of": origin[1]},
        })
    };
    let groups: serde_json::Map<String, Value> =
        groups(scored).iter().map(|(style, cases)| ((*style).to_owned(), group(cases))).collect();
    json!(groups)
}

/// Laid out for reading.
pub(super) fn print(out: &mut impl io::Write, scored: &[Scored], failures: bool) -> io::Result<()> {
    if failures {
        let roots: HashMap<&str, &str> = scored.iter().map(|one| (one.case.id.as_str(), one.true_root())).collect();
        for one in scored.iter().filter(|one| roots.get(one.found_root()) != Some(&one.true_root())) {
            let (id, found, truth) = (&one.case.id, one.of.as_deref().unwrap_or("nothing"), one.true_root());
            writeln!(out, "{id} is {} of {truth}, found {} of {found}", one.case.label.relation, word(&one.relation))?;
        }
    }
    writeln!(
        out,
        "links         documents  copies P     R     F1      stories P     R     F1      originals merged  origin"
    )?;
    for (style, cases) in groups(scored) {
        let Figures { linked, merged, copies, stories, origin } = figures(&cases);
        let [[p, r, f], [story_p, story_r, story_f]] = [copies, stories].map(rates);
        writeln!(
            out,
            "{style:12}  {:9}         {p:.4} {r:.3} {f:.3}           {story_p:.3} {story_r:.3} {story_f:.3}  {:4} of {:4}      {} of {}",
            cases.len(),
            merged[0],
            merged[1],
            origin[0],
            origin[1]
        )?;
        for (relation, [linked, same, of]) in linked {
            writeln!(
                out,
                "    {relation}: {linked} of {of} linked to what they go back to, {same} of them by this name"
            )?;
        }
    }
    Ok(())
}
