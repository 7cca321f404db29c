//! How good the tagger is, measured on the corpora of the shared folder where it is there; they are not part of the
//! repository.

use super::Rules;
use crate::extract::places::Places;
use crate::model::{Article, EntityType, FeedId, Field, ItemId, MentionForm};
use std::collections::HashSet;
use std::path::Path;

/// A document: words with their labels, put together again.
struct Document {
    text: String,
    gold: HashSet<(usize, usize, EntityType)>,
}

fn kind(label: &str) -> Option<EntityType> {
    match label {
        "PER" | "Person" | "person" | "politician" => Some(EntityType::Person),
        "ORG" | "Organisation" | "organisation" | "politicalparty" => Some(EntityType::Organisation),
        "LOC" | "Location" | "location" | "country" => Some(EntityType::Place),
        _ => None,
    }
}

fn documents(path: &Path) -> Vec<Document> {
    let content = std::fs::read_to_string(path).unwrap_or_default();
    let mut documents = Vec::new();
    let mut document = Document { text: String::new(), gold: HashSet::new() };
    let mut open: Option<(usize, EntityType, String)> = None;
    let mut sentences = 0;
    let mut quote = false;
    for line in content.lines() {
        let mut columns = line.split_whitespace();
        let (word, label) = (columns.next().unwrap_or(""), columns.next_back().unwrap_or("O"));
        if word.is_empty() || word == "-DOCSTART-" {
            if let Some((start, kind, _)) = open.take() {
                document.gold.insert((start, document.text.trim_end().len(), kind));
            }
            sentences += 1;
            quote = false;
            document.text = document.text.trim_end().to_owned();
            document.text.push('\n');
            document.text.push('\n');
            if sentences >= 15 {
                documents
                    .push(std::mem::replace(&mut document, Document { text: String::new(), gold: HashSet::new() }));
                sentences = 0;
            }
            continue;
        }
        let (mark, label) = label.split_once('-').unwrap_or((label, ""));
        let continues = open.as_ref().is_some_and(|(_, _, name)| name == label) && mark == "I";
        if !continues && let Some((start, kind, _)) = open.take() {
            document.gold.insert((start, document.text.trim_end().len(), kind));
        }
        let closing = matches!(
            word,
            "." | "," | ";" | ":" | "!" | "?" | ")" | "]" | "%" | "'s" | "’s" | "n't" | "-" | "”" | "''" | "/"
        ) || word == "\"" && quote;
        if closing || document.text.ends_with(['(', '[', '$', '“', '-', '/']) || document.text.ends_with("\u{1}") {
            document.text = document.text.trim_end().trim_end_matches('\u{1}').to_owned();
        }
        let start = document.text.len();
        if !continues && let Some(kind) = kind(label) {
            open = Some((start, kind, label.to_owned()));
        }
        let word = if matches!(word, "``" | "''") { "\"" } else { word };
        document.text.push_str(word);
        if word == "\"" {
            quote = !quote;
        }
        if !(matches!(word, "(" | "[" | "$" | "“") || word == "\"" && quote) {
            document.text.push(' ');
        }
    }
    if let Some((start, kind, _)) = open.take() {
        document.gold.insert((start, document.text.trim_end().len(), kind));
    }
    documents.push(document);
    documents
}

/// Prints precision, recall and F1 and returns F1 over persons, organisations and places.
fn measure(name: &str, paths: &[std::path::PathBuf]) -> Option<f64> {
    let rules = Rules::new(&[]);
    let places = Places::new();
    let mut counts = std::collections::BTreeMap::from([
        (EntityType::Person, [0usize; 3]),
        (EntityType::Organisation, [0; 3]),
        (EntityType::Place, [0; 3]),
    ]);
    let mut errors: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for document in paths.iter().flat_map(|path| documents(path)) {
        let feed = FeedId::from("measure");
        let mut article = Article::new(ItemId::new(&feed, "1"), feed);
        article.body = document.text.clone();
        let found: HashSet<(usize, usize, EntityType)> = rules
            .entities(&places, &article)
            .iter()
            .flat_map(|entity| entity.mentions.iter().map(move |mention| (entity.kind, mention)))
            .filter(|(kind, mention)| {
                counts_for(*kind) && mention.form != MentionForm::Role && mention.span.field == Field::Body
            })
            .map(|(kind, mention)| {
                (
                    mention.span.start,
                    mention.span.end,
                    if kind == EntityType::Facility { EntityType::Place } else { kind },
                )
            })
            .filter(|(_, _, kind)| *kind != EntityType::Group)
            .collect();
        for (kind, [right, extra, missed]) in counts.iter_mut() {
            let of = |set: &HashSet<(usize, usize, EntityType)>| {
                set.iter().filter(|(_, _, found)| found == kind).copied().collect::<HashSet<_>>()
            };
            let (gold, found) = (of(&document.gold), of(&found));
            *right += gold.intersection(&found).count();
            *extra += found.difference(&gold).count();
            *missed += gold.difference(&found).count();
            for (start, end, kind) in found.difference(&gold) {
                *errors.entry(format!("+{kind:?} {}", document.text.get(*start..*end).unwrap_or(""))).or_default() += 1;
            }
            for (start, end, kind) in gold.difference(&found) {
                *errors.entry(format!("-{kind:?} {}", document.text.get(*start..*end).unwrap_or(""))).or_default() += 1;
            }
        }
    }
    let mut total = [0usize; 3];
    let mut line = name.to_owned();
    for (kind, numbers) in &counts {
        let (precision, recall, f1) = rates(*numbers);
        line.push_str(&format!("  {kind:?} {precision:.3}/{recall:.3}/{f1:.3}"));
        total.iter_mut().zip(numbers).for_each(|(total, number)| *total += number);
    }
    if total[0] + total[2] == 0 {
        return None;
    }
    let (precision, recall, f1) = rates(total);
    eprintln_line(&format!("{line}  all {precision:.3}/{recall:.3}/{f1:.3}"));
    if std::env::var_os("SHOW_ERRORS").is_some() {
        let mut errors: Vec<_> = errors.into_iter().collect();
        errors.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        for (error, count) in errors.iter().take(120) {
            eprintln_line(&format!("{count:4} {error}"));
        }
    }
    Some(f1)
}

fn eprintln_line(line: &str) {
    eprintln!("{line}");
}

fn counts_for(kind: EntityType) -> bool {
    matches!(kind, EntityType::Person | EntityType::Organisation | EntityType::Place)
}

fn rates([right, extra, missed]: [usize; 3]) -> (f64, f64, f64) {
    let right = right as f64;
    let precision = right / (right + extra as f64).max(1.0);
    let recall = right / (right + missed as f64).max(1.0);
    (precision, recall, 2.0 * precision * recall / (precision + recall).max(1e-9))
}

/// Exact span and type on corpora that the rules were not made from; the floors are what the first version reached.
#[test]
fn holds_its_f1_on_the_shared_corpora() {
    let Some(data) = ["../shared/data", "../../shared/data"].into_iter().map(Path::new).find(|path| path.exists())
    else {
        return;
    };
    let one = |path: &str| vec![data.join(path)];
    let mut re3d = Vec::new();
    for folder in ["Australian_Department_of_Foreign_Affairs", "CENTCOM", "UK_Government", "US_State_Department"] {
        re3d.extend(
            std::fs::read_dir(data.join("re3d-open").join(folder))
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| path.extension().is_some_and(|extension| extension == "conll")),
        );
    }
    for (name, paths, floor) in [
        ("wikigold", one("wikigold/wikigold.conll"), 0.5),
        ("gum-wikinews", one("gum-wikinews/derived-named.conll"), 0.5),
        ("re3d-open", re3d, 0.2),
        ("crossner-politics", one("crossner-politics/test.txt"), 0.4),
        ("broad-twitter-news", one("broad-twitter-news/btc-section-g.conll"), 0.4),
    ] {
        if let Some(f1) = measure(name, &paths) {
            assert!(f1 >= floor, "{name}: {f1}");
        }
    }
}

/// Our own paragraphs, in the style of agencies: mentions by type and text, roles left out. `MISSES=1` prints what is
/// wrong.
#[test]
fn reads_our_own_wire_corpus() {
    let (rules, places) = (Rules::new(&[]), Places::new());
    let mut counts = [0usize; 3];
    let mut report = String::new();
    for line in include_str!("../../../tests/corpus/en/entities.jsonl").lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = case["text"].as_str().unwrap();
        let expected: HashSet<(String, String)> = case["entities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entity| (entity["type"].as_str().unwrap().to_owned(), entity["text"].as_str().unwrap().to_owned()))
            .collect();
        let feed = FeedId::from("measure");
        let mut article = Article::new(ItemId::new(&feed, "1"), feed);
        article.body = text.to_owned();
        crate::clean::wire::structure(&mut article, None);
        let found: HashSet<(String, String)> = rules
            .entities(&places, &article)
            .iter()
            .flat_map(|entity| entity.mentions.iter().map(move |mention| (entity.kind, mention)))
            .filter(|(_, mention)| mention.form != MentionForm::Role)
            .map(|(kind, mention)| {
                (serde_json::to_value(kind).unwrap().as_str().unwrap().to_owned(), mention.text.clone())
            })
            .collect();
        counts[0] += expected.intersection(&found).count();
        counts[1] += found.difference(&expected).count();
        counts[2] += expected.difference(&found).count();
        let mut wrong: Vec<String> =
            found.difference(&expected).map(|(kind, text)| format!("+{kind} {text}")).collect();
        wrong.extend(expected.difference(&found).map(|(kind, text)| format!("-{kind} {text}")));
        wrong.sort();
        if !wrong.is_empty() {
            report.push_str(&format!("  {}: {}\n", case["id"], wrong.join("; ")));
        }
    }
    let (precision, recall, f1) = rates(counts);
    eprintln_line(&format!("own corpus {precision:.3}/{recall:.3}/{f1:.3}"));
    if std::env::var_os("MISSES").is_some() {
        eprintln_line(&report);
    }
    assert!(f1 >= 0.95, "{f1}\n{report}");
}
