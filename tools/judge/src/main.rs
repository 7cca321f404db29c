//! Trains the models of figures and says how good they are: the judge, which tells numbers that are none, the one that
//! suggests what a number counts, the one that weighs both and the network (`network.py`) with the rules, those that tell new counts from totals, and the one
//! that tells whose a figure is.
//!
//! Each number of the labelled text is an example for the judge: right where a label stands, wrong where none does. Each count
//! that is found where a label stands is one for kinds, each place that a figure may be of one for places. What hears words are
//! logistic regressions, found by coordinate ascent on the dual; what compares figures are boosted trees ([`boost`]). Choices
//! are made by leaving out one family of cases at a time, that is those whose ids begin alike, for they were written together.

mod boost;
mod linear;
mod stories;

use boost::{Row, Size};
use dateline::clean::{self, Document};
use dateline::extract::{self, beside, dated, hashed, judge, network, newness, of_whom, suggestion, trees, weighed, whose};
use dateline::model::{Article, Feed, Location, Metric, Span, Subset};
use linear::{each, rank, shares, train};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

type Failure = Box<dyn std::error::Error>;

/// How much an example may weigh: the less, the smoother the model. Whether a number is a figure at all hangs on its whole
/// surroundings; whether a count is new, on a few words.
const MOST_OF_FIGURE: f64 = 0.05;
const MOST_OF_KIND: f64 = 0.5;

/// Corpora that rules were fitted to; the families of all others are unlike them.
const FITTED: [&str; 4] = ["statistics", "covid", "covid-agencies", "covid-fresh"];

/// Corpora of copy as it stood on the wire; the others were written to be various.
const PLAIN: &str = "republics fareast worldwire homedesks southwires institutes governors prefectures factboxes townships \
                     districts healthweeks sidelines outbreaks";

/// What an example weighs, by what its family was written for.
const OF_FITTED: f32 = 0.5;
const OF_UNLIKE: f32 = 1.0;
const OF_WIRE: f32 = 2.0;

static WEIGHTS: OnceLock<BTreeMap<String, f32>> = OnceLock::new();

/// What an example of a family weighs.
fn weight_of(family: &str) -> f32 {
    WEIGHTS.get().and_then(|all| all.get(family)).copied().unwrap_or(OF_FITTED)
}

/// Whether no rule was fitted to a family of text, or hardly any.
fn is_unlike(family: &str) -> bool {
    weight_of(family) > OF_FITTED
}

/// What a number of a passage made to deceive weighs, where one of other text weighs one.
const TRAP: f32 = 2.5;

/// The trees that weigh numbers, and those that look at what stands beside a figure.
const OF_FIGURE: Size = Size { trees: 150, leaves: 15 };
const OF_KIND: Size = Size { trees: 120, leaves: 10 };
const OF_PLACE: Size = Size { trees: 150, leaves: 15 };
const OF_TELLING: Size = Size { trees: 150, leaves: 15 };

/// Of so many numbers one may be without an answer of the network, for rules that came after it read some more.
const MOST_DEAF: usize = 200;

/// Log odds from which a count's words alone would be believed against the rules, to compare the trees with.
const CONTRADICTS: f64 = 1.5;

/// A number of the text.
struct Example {
    family: String,
    features: Vec<u32>,
    /// It is a figure; it is new.
    right: bool,
}

/// A case of labelled text.
struct Case {
    family: String,
    article: Article,
    /// Labels by the byte where their number starts.
    labels: BTreeMap<usize, Value>,
    trap: bool,
}

fn case(case: &Value) -> Result<Case, Failure> {
    let text = |key: &str| case[key].as_str().map(str::to_owned);
    let id = text("id").ok_or("a case without id")?;
    let document = Document {
        id: id.clone(),
        headline: Some(text("headline").unwrap_or_else(|| "Coronavirus update".to_owned())),
        text: text("text"),
        language: text("language"),
        published: format!("{}T12:00:00Z", text("date").unwrap_or_default()).parse().ok(),
        ..Document::default()
    };
    let article = clean::document(&Feed::new("train", ""), document);
    let bytes: Vec<usize> = article.body.char_indices().map(|(byte, _)| byte).collect();
    let labels = case["observations"].as_array().ok_or("a case without labels")?;
    let start = |label: &Value| bytes.get(usize::try_from(label["start"].as_u64()?).ok()?).copied();
    // Where a figure stands again.
    let again = labels.iter().flat_map(|label| {
        let spans = label["also_at"].as_array().into_iter().flatten();
        spans.filter_map(|span| Some((start(&json!({"start": span[0]}))?, label.clone())))
    });
    Ok(Case {
        family: id.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-').to_owned(),
        labels: again.chain(labels.iter().filter_map(|label| Some((start(label)?, label.clone())))).collect(),
        article,
        trap: case["trap"] == true,
    })
}

/// The numbers of a case, right where they are figures.
fn figures(tables: &extract::Tables, case: &Case) -> Vec<Example> {
    let left_out = extract::left_out(tables, &case.article);
    let found = extract::article(tables, case.article.clone());
    let told = found.covid.observations.iter().flat_map(|one| one.spans.value.iter().chain(&one.also_at));
    let mut numbers: BTreeSet<Span> = told.copied().collect();
    numbers.extend(left_out.iter().filter(|one| !one.reason.starts_with("neither the story")).map(|one| one.span));
    let body = numbers.into_iter().filter(|span| span.field.is_body());
    body.map(|span| Example {
        family: case.family.clone(),
        features: judge::features_of(&found.article, span),
        right: case.labels.contains_key(&span.start),
    })
    .collect()
}

/// A story whose figures are read, with what labels say of its counts.
struct Told {
    family: String,
    story: newness::Story,
    /// New or not, by the figure's place in the story.
    labels: BTreeMap<usize, bool>,
}

fn told(tables: &extract::Tables, nth: usize, case: &Case, answers: &Answers) -> Told {
    let mut story = extract::counts(tables, &case.article);
    for one in &mut story.told {
        let answer = answers.get(&(nth, one.span.start));
        one.heard = answer.map_or(beside::NOTHING, |answer| network::newness(answer));
    }
    let open = story.told.iter().enumerate().filter(|(_, one)| one.open);
    let labels = open.filter_map(|(at, one)| {
        let kind = case.labels.get(&one.span.start)?["kind"].as_str().filter(|kind| *kind != "current")?;
        Some((at, kind == "new"))
    });
    Told { family: case.family.clone(), labels: labels.collect(), story }
}

/// The counts of a story, right where they are new.
fn kinds(told: &Told) -> Vec<Example> {
    let labels = told.labels.iter();
    labels
        .map(|(at, new)| Example {
            family: told.family.clone(),
            features: told.story.features[*at].clone(),
            right: *new,
        })
        .collect()
}

/// What trees see of the counts of stories; how new each sounds is told by models that have not heard its family.
fn rows(all: &[Told], examples: &[Example]) -> Vec<(String, bool, Row)> {
    let families: BTreeSet<&str> = all.iter().map(|told| told.family.as_str()).collect();
    let mut rows = Vec::new();
    for family in families {
        let rest: Vec<&Example> = examples.iter().filter(|example| example.family != family).collect();
        let weights = train(&rest, MOST_OF_KIND);
        for Told { story, labels, .. } in all.iter().filter(|told| told.family == family) {
            let heard = |features: &[u32]| features.iter().map(|feature| weights[*feature as usize]).sum::<f32>();
            let odds: Vec<f32> = (story.told.iter().zip(&story.features))
                .map(|(one, features)| {
                    one.outright().unwrap_or_else(|| if one.open { heard(features) } else { beside::NOTHING })
                })
                .collect();
            let weight = weight_of(family);
            rows.extend(labels.iter().map(|(at, new)| {
                let seen = beside::seen(&story.told, &odds, *at, story.when).to_vec();
                (family.to_owned(), story.told[*at].new, Row { seen, right: *new, weight })
            }));
        }
    }
    rows
}

/// A figure whose own words do not say where: the places that it may be of, its own first, and which are right.
struct Placed {
    family: String,
    rows: Vec<Row>,
    /// Right for who scores: a label that names a country alone does not ask for no part of it.
    right: Vec<bool>,
    /// What was chosen by trees that have not seen the family.
    best: usize,
}

/// The figures of a case that may be of several places; `trees` say which, and what was told before goes by that, or by the
/// rules where there are none.
fn placed(tables: &extract::Tables, case: &Case, trees: &[trees::Tree]) -> Vec<Placed> {
    let mut all = Vec::new();
    extract::placed(tables, &case.article, |asked| {
        let odds = |seen: &[f32]| trees.iter().map(|tree| tree.adds(seen)).sum::<f32>();
        let best = if trees.is_empty() { 0 } else { whose::chosen(asked, odds) };
        let Some(label) = case.labels.get(&asked.span.start).filter(|label| label.get("iso2").is_some()) else {
            return best;
        };
        let text = |key: &str| label[key].as_str();
        let country = |one: &Location| match text("iso2") {
            Some(country) => one.iso2.as_deref() == Some(country),
            None => one.iso2.is_none() && one.name.as_deref() == text("location"),
        };
        let right = |one: &Location| {
            country(one) && text("subdivision").is_none_or(|part| one.subdivision.as_deref() == Some(part))
        };
        // "Navajo Nation", of a country, may be any part of it.
        let within = text("location")
            .is_some_and(|name| text("iso2").is_some_and(|code| tables.country(code) != Some(name)));
        let exact = |one: &Location| right(one) && (text("subdivision").is_some() || within || one.subdivision.is_none());
        let weight = weight_of(&case.family);
        let candidates = || asked.candidates.iter();
        all.push(Placed {
            family: case.family.clone(),
            rows: candidates()
                .map(|one| Row { seen: one.seen.clone(), right: exact(&one.location), weight })
                .collect(),
            right: candidates().map(|one| right(&one.location)).collect(),
            best,
        });
        best
    });
    all
}

/// What trees that have not seen the family do, three families left out at a time.
fn tell_placed(
    all: &[Placed],
    cases: &[Case],
    size: Size,
    again: impl Fn(&Case, &[trees::Tree]) -> Vec<Placed>,
) {
    let families: Vec<&str> = all.iter().map(|one| one.family.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    let mut told = Vec::new();
    for held in families.chunks(3) {
        let is_held = |family: &str| held.contains(&family);
        let rest = all.iter().filter(|one| !is_held(&one.family)).flat_map(|one| &one.rows);
        let trees = boost::grow(&rest.collect::<Vec<_>>(), size);
        let held = cases.iter().filter(|case| is_held(&case.family));
        told.extend(held.flat_map(|case| again(case, &trees)));
    }
    for unlike in [true, false] {
        let told = || told.iter().filter(|one| is_unlike(&one.family) == unlike);
        let count = |before: bool, now: bool| {
            told().filter(|one| one.right[0] == before && one.right[one.best] == now).count()
        };
        let lifts = told().filter(|one| one.rows[one.best].right && !one.rows[0].right && one.right[0]);
        println!(
            "{} figures, {} of them right; {} more are now, {} no longer; {} have the country, not a part",
            told().count(),
            told().filter(|one| one.right[0]).count(),
            count(false, true),
            count(true, false),
            lifts.count()
        );
    }
}

/// Asks of each figure of a case which of several things holds, where its label says so; `trees` choose, or the rules where there
/// are none.
fn asked<T>(
    case: &Case,
    trees: &[trees::Tree],
    margin: f32,
    ask: impl FnOnce(&mut dyn FnMut(&trees::Asked<T>) -> usize),
    right: impl Fn(&Value, &T) -> Option<bool>,
) -> Vec<Placed> {
    let mut all = Vec::new();
    ask(&mut |asked| {
        let odds = |seen: &[f32]| trees.iter().map(|tree| tree.adds(seen)).sum::<f32>();
        let best = if trees.is_empty() { 0 } else { trees::chosen(asked, margin, odds) };
        let Some(label) = case.labels.get(&asked.span.start) else { return best };
        let Some(right) = asked.candidates.iter().map(|one| right(label, &one.value)).collect::<Option<Vec<bool>>>()
        else {
            return best;
        };
        let weight = weight_of(&case.family);
        let rows = asked.candidates.iter().zip(&right);
        all.push(Placed {
            family: case.family.clone(),
            rows: rows.map(|(one, right)| Row { seen: one.seen.clone(), right: *right, weight }).collect(),
            right,
            best,
        });
        best
    });
    all
}

/// The figures of a case that may describe several days.
fn dates(tables: &extract::Tables, case: &Case, trees: &[trees::Tree]) -> Vec<Placed> {
    let right = |label: &Value, (as_of, _): &dated::Dated| Some(as_of.date.as_deref() == Some(label["as_of"].as_str()?));
    asked(case, trees, dated::MARGIN, |choose| extract::day_of(tables, &case.article, choose), right)
}

/// The figures of a case that may count several parts of the population.
fn parts(tables: &extract::Tables, case: &Case, trees: &[trees::Tree]) -> Vec<Placed> {
    let right = |label: &Value, part: &Vec<Subset>| {
        let told = match &label["subset"] {
            Value::Array(all) => all.clone(),
            Value::Null => Vec::new(),
            one => vec![one.clone()],
        };
        let mut told: Vec<Subset> = told.into_iter().map(serde_json::from_value).collect::<Result<_, _>>().ok()?;
        told.sort();
        Some(*part == told)
    };
    asked(case, trees, of_whom::MARGIN, |choose| extract::part_of(tables, &case.article, choose), right)
}

/// How often the rules are wrong of a kind, how often with words alone, and how often with the trees, of families left out.
fn tell_trees(rows: &[(String, bool, Row)]) {
    let mut wrong: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let groups: BTreeSet<&str> = rows.iter().map(|(family, ..)| family.as_str()).collect();
    for held in groups {
        let rest: Vec<&Row> = rows.iter().filter(|(family, ..)| family != held).map(|(.., row)| row).collect();
        let trees = boost::grow(&rest, OF_KIND);
        for (_, rules, row) in rows.iter().filter(|(family, ..)| family == held) {
            let odds: f32 = trees.iter().map(|tree| tree.adds(&row.seen)).sum();
            let words = if row.seen[2].abs() < CONTRADICTS as f32 { *rules } else { row.seen[2] > 0.0 };
            let told = wrong.entry(if is_unlike(held) { held } else { "others" }).or_default();
            told[0] += 1;
            for (count, new) in told[1..].iter_mut().zip([*rules, words, odds > 0.0]) {
                *count += usize::from(new != row.right);
            }
        }
    }
    println!("families left out: counts, of which are wrong by the rules, with words, with trees");
    for (family, [count, rules, words, trees]) in &wrong {
        println!("{family}: {count}, {rules}, {words}, {trees}");
    }
    let sum = |n: usize| wrong.values().map(|told| told[n]).sum::<usize>();
    println!("all: {}, {}, {}, {}", sum(0), sum(1), sum(2), sum(3));
}

/// A number that is weighed.
struct Open {
    family: String,
    trap: bool,
    /// What the judge sees of it.
    features: Vec<u32>,
    asked: weighed::Asked,
    /// What the network answers that has not seen the family.
    answer: Vec<f32>,
    /// The same of the other items of its list.
    items: Vec<Vec<f32>>,
    /// What its label says that it counts.
    label: Option<Metric>,
}

/// What networks that have not seen the family answer, by the number of the case and where the number starts.
type Answers = BTreeMap<(usize, usize), Vec<f32>>;

/// The numbers of a case that are weighed.
fn open(tables: &extract::Tables, nth: usize, case: &Case, answers: &Answers) -> Vec<Open> {
    let metric = |label: &Value| serde_json::from_value(label["metric"].clone()).ok();
    let asked = extract::weigh(tables, &case.article).into_iter();
    asked
        .map(|asked| Open {
            family: case.family.clone(),
            trap: case.trap,
            features: judge::features_of(&case.article, asked.span),
            label: case.labels.get(&asked.span.start).and_then(metric),
            answer: answers.get(&(nth, asked.span.start)).cloned().unwrap_or_default(),
            items: asked.items.iter().filter_map(|start| answers.get(&(nth, *start)).cloned()).collect(),
            asked,
        })
        .collect()
}

/// What the network is told of a case, and what labels say.
fn heard(tables: &extract::Tables, nth: usize, case: &Case) -> Value {
    let label = |label: &Value| {
        let metric: Metric = serde_json::from_value(label["metric"].clone()).ok()?;
        Some(json!([metric as usize + 1, label["kind"]]))
    };
    let labels = case.labels.iter().filter_map(|(start, one)| Some((start.to_string(), label(one)?)));
    json!({
        "case": nth,
        "lot": lot(&case.family),
        "unlike": is_unlike(&case.family),
        "weight": weight_of(&case.family),
        "told": extract::listen(tables, &case.article),
        "labels": labels.collect::<serde_json::Map<_, _>>(),
    })
}

/// What is left out at a time: families unlike the rules' own one by one, all others in a few lots.
fn lot(family: &str) -> String {
    if is_unlike(family) {
        return family.to_owned();
    }
    format!("lot {}", family.bytes().map(u32::from).sum::<u32>() % 6)
}

/// What trees see of a metric that a number may count.
struct Weighed<'a> {
    open: &'a Open,
    metric: Metric,
    row: Row,
}

/// What trees see of the numbers of stories: scores are told by models that have not seen the lot. One list for each lot.
fn weigh<'a>(stories: &'a [Vec<Open>], judged: &[Example]) -> Vec<(String, Vec<Weighed<'a>>)> {
    let lots: BTreeSet<String> = stories.iter().flatten().map(|open| lot(&open.family)).collect();
    each(lots.into_iter().collect(), |held| {
        let is_held = |family: &str| lot(family) == *held;
        let rest: Vec<&Open> = stories.iter().flatten().filter(|open| !is_held(&open.family)).collect();
        let ranks = rank(&rest);
        let judge = train(&judged.iter().filter(|one| !is_held(&one.family)).collect::<Vec<_>>(), MOST_OF_FIGURE);
        let held = stories.iter().filter(|story| story.first().is_some_and(|open| is_held(&open.family)));
        held.flat_map(|story| rows_of_story(story, &ranks, &judge)).collect()
    })
}

fn rows_of_story<'a>(story: &'a [Open], ranks: &[f32], judge: &[f32]) -> Vec<Weighed<'a>> {
    let mut heard = weighed::Heard::default();
    let mut rows = Vec::new();
    for open in story {
        let scores = heard.seen(open.features.iter().map(|feature| judge[*feature as usize]).sum(), &open.answer);
        let shares = shares(ranks, &open.asked);
        for (n, (metric, features, seen)) in open.asked.metrics.iter().enumerate() {
            let mut seen = seen.clone();
            seen[..weighed::SCORES].copy_from_slice(&scores);
            let words = network::scores(&open.answer, *metric);
            let listed = network::scores_of_list(open.items.iter().map(|item| &item[..]), *metric);
            for (slot, heard) in seen[weighed::HEARD..].iter_mut().zip(words.into_iter().chain(listed)) {
                *slot = heard;
            }
            let of_rules = Some(*metric) == open.asked.found;
            let mut likely = network::is_likely(&open.answer, *metric) || features.is_none() && of_rules;
            if features.is_some() {
                let others = shares.iter().enumerate().filter(|(other, share)| *other != n && **share > 0.0);
                let other = others.map(|(_, share)| *share).reduce(f32::max);
                let most = suggestion::UNCONTESTED;
                let margin = other.map_or(most, |other| (shares[n] / other).ln().clamp(-most, most));
                let is_weighed = suggestion::is_weighed(shares[n].ln(), margin, of_rules);
                likely |= is_weighed;
                seen[weighed::SCORES..][..2]
                    .copy_from_slice(&if is_weighed { [shares[n].ln(), margin] } else { suggestion::LAST });
            }
            if !likely {
                continue;
            }
            let weight = match open.family.as_str() {
                _ if open.trap => TRAP,
                family => weight_of(family),
            };
            rows.push(Weighed { open, metric: *metric, row: Row { seen, right: open.label == Some(*metric), weight } });
        }
    }
    rows
}

/// Says what the trees are worth at each threshold, of families left out.
fn tell_weighed(lots: &[(String, Vec<Weighed>)]) {
    let names: Vec<String> = lots.iter().map(|(name, _)| name.clone()).collect();
    let told = each(names, |held| {
        let rest = lots.iter().filter(|(name, _)| name != held).flat_map(|(_, rows)| rows.iter().map(|one| &one.row));
        let trees = boost::grow(&rest.collect::<Vec<_>>(), OF_FIGURE);
        let rows = lots.iter().filter(|(name, _)| name == held).flat_map(|(_, rows)| rows);
        let mut best: BTreeMap<*const Open, (f32, &Weighed)> = BTreeMap::new();
        for one in rows {
            let odds: f32 = trees.iter().map(|tree| tree.adds(&one.row.seen)).sum();
            let slot = best.entry(std::ptr::from_ref(one.open)).or_insert((odds, one));
            if odds > slot.0 {
                *slot = (odds, one);
            }
        }
        best.into_values().collect::<Vec<_>>()
    });
    for (what, unlike) in [("families unlike the rules' own", true), ("the others", false)] {
        let of = || told.iter().filter(|(name, _)| is_unlike(name) == unlike).flat_map(|(_, all)| all);
        println!(
            "{what}, left out: {} numbers, {} of them figures",
            of().count(),
            of().filter(|one| one.1.open.label.is_some()).count()
        );
        for from in [-1.0, -0.7, -0.5, -0.3, -0.1, 0.0, 0.3, 0.6] {
            let believed = || of().filter(|one| one.0 >= from);
            println!(
                "from {from:.1}: {} right, {} of another metric, {} no figures, {} of them in traps",
                believed().filter(|one| one.1.open.label == Some(one.1.metric)).count(),
                believed().filter(|one| one.1.open.label.is_some_and(|label| label != one.1.metric)).count(),
                believed().filter(|one| one.1.open.label.is_none()).count(),
                believed().filter(|one| one.1.open.label.is_none() && one.1.open.trap).count(),
            );
        }
    }
}

fn main() -> Result<(), Failure> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let Some((what @ ("stories" | "figures" | "metrics" | "words" | "weighed" | "kinds" | "places" | "dates" | "parts"), [corpora @ .., out])) =
        given.split_first().map(|(what, rest)| (what.as_str(), rest))
    else {
        return Err("usage: dateline-judge stories|figures|metrics|words|weighed|kinds|places|dates|parts CORPUS.jsonl... OUT".into());
    };
    let (scores, corpora): (Vec<&String>, Vec<&String>) = corpora.iter().partition(|one| one.ends_with(".ndjson"));
    let tables = extract::Tables::new(&extract::Options::default());
    let (mut cases, mut weights) = (Vec::new(), BTreeMap::new());
    for corpus in corpora {
        let stem = Path::new(corpus).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let weight = match stem.strip_prefix("statistics-") {
            _ if FITTED.contains(&stem) => OF_FITTED,
            Some(name) if PLAIN.split(' ').any(|plain| plain == name) => OF_WIRE,
            _ => OF_UNLIKE,
        };
        for line in std::fs::read_to_string(corpus)?.lines().filter(|line| !line.is_empty()) {
            let case = case(&serde_json::from_str(line)?)?;
            weights.insert(case.family.clone(), weight);
            cases.push(case);
        }
    }
    WEIGHTS.set(weights).map_err(|_| "the families are known once")?;
    let figures = || cases.iter().flat_map(|case| figures(&tables, case)).collect::<Vec<_>>();
    let mut answers = Answers::new();
    for scores in scores {
        for line in std::fs::read_to_string(scores)?.lines() {
            let (case, start, answer) = serde_json::from_str(line)?;
            answers.insert((case, start), answer);
        }
    }
    let opened = || cases.iter().enumerate().map(|(nth, case)| open(&tables, nth, case, &answers)).collect::<Vec<_>>();
    let bytes = match what {
        "stories" => {
            let all = stories::stories(&cases);
            stories::tell(&cases, &all);
            stories::model(&all)
        }
        "figures" => {
            let all = figures();
            println!("{} numbers, {} of them right", all.len(), all.iter().filter(|one| one.right).count());
            hashed::model(&train(&all.iter().collect::<Vec<_>>(), MOST_OF_FIGURE))
        }
        "metrics" => hashed::model(&rank(&opened().iter().flatten().collect::<Vec<_>>())),
        "words" => {
            let told = cases.iter().enumerate().map(|(nth, case)| heard(&tables, nth, case).to_string() + "\n");
            told.collect::<String>().into_bytes()
        }
        "weighed" => {
            let mut stories = opened();
            let all = stories.iter().flatten().count();
            let deaf = stories.iter().flatten().filter(|open| open.answer.is_empty()).count();
            if deaf * MOST_DEAF > all {
                return Err(format!("network.py was not told {deaf} of {all} numbers: give its SCORES.ndjson").into());
            }
            stories.iter_mut().for_each(|story| story.retain(|open| !open.answer.is_empty()));
            let lots = weigh(&stories, &figures());
            tell_weighed(&lots);
            let rows = lots.iter().flat_map(|(_, rows)| rows.iter().map(|one| &one.row));
            trees::bytes(&boost::grow(&rows.collect::<Vec<_>>(), OF_FIGURE))
        }
        "kinds" if answers.is_empty() => return Err("give the SCORES.ndjson of network.py".into()),
        "kinds" => {
            let stories: Vec<Told> = cases.iter().enumerate().map(|(nth, case)| told(&tables, nth, case, &answers)).collect();
            let all: Vec<Example> = stories.iter().flat_map(kinds).collect();
            let rows = rows(&stories, &all);
            tell_trees(&rows);
            let grown = boost::grow(&rows.iter().map(|(.., row)| row).collect::<Vec<_>>(), OF_KIND);
            std::fs::write(out.replace(".bin", "_trees.bin"), trees::bytes(&grown))?;
            hashed::model(&train(&all.iter().collect::<Vec<_>>(), MOST_OF_KIND))
        }
        "dates" | "parts" => {
            let again = |case: &Case, trees: &[trees::Tree]| match what {
                "dates" => dates(&tables, case, trees),
                _ => parts(&tables, case, trees),
            };
            let all: Vec<Placed> = cases.iter().flat_map(|case| again(case, &[])).collect();
            let reachable = all.iter().filter(|one| one.right.contains(&true)).count();
            println!("{} figures, {reachable} of them with what is right among what is asked about", all.len());
            tell_placed(&all, &cases, OF_TELLING, again);
            trees::bytes(&boost::grow(&all.iter().flat_map(|one| &one.rows).collect::<Vec<_>>(), OF_TELLING))
        }
        _ => {
            let all: Vec<Placed> = cases.iter().flat_map(|case| placed(&tables, case, &[])).collect();
            tell_placed(&all, &cases, OF_PLACE, |case, trees| placed(&tables, case, trees));
            trees::bytes(&boost::grow(&all.iter().flat_map(|one| &one.rows).collect::<Vec<_>>(), OF_PLACE))
        }
    };
    std::fs::write(out, bytes)?;
    Ok(())
}
