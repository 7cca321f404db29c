//! Trains the models of figures and says how good they are: the judge, which refuses numbers that are none, the one that
//! suggests what a number counts, those that tell new counts from totals, and the one that tells a country from its parts.
//!
//! Each number of the labelled text is an example for the judge: right where a label stands, wrong where none does. Each count
//! that is found where a label stands is one for kinds, each figure that inherited a place one for places. What hears words are
//! logistic regressions, found by coordinate ascent on the dual; what compares figures are boosted trees ([`boost`]). Choices
//! are made by leaving out one family of cases at a time, that is those whose ids begin alike, for they were written together.

mod boost;

use boost::Row;
use dateline::clean::{self, Document};
use dateline::extract::{self, beside, hashed, judge, newness, suggestion, trees};
use dateline::model::{Article, Feed, Metric, Span};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

type Failure = Box<dyn std::error::Error>;

/// How much an example may weigh: the less, the smoother the model. Whether a number is a figure at all hangs on its whole
/// surroundings; whether a count is new, on a few words.
const MOST_OF_FIGURE: f64 = 0.05;
const MOST_OF_KIND: f64 = 0.5;
const EPOCHS: usize = 30;

/// Passes over the examples, the step, and what keeps weights small, of the model that ranks metrics.
const RANKED: usize = 8;
const PACE: f32 = 0.3;
const SMOOTH: f32 = 0.002;

/// How sure judge and suggestion must be together of a number that the rules leave open.
const SURE: f32 = 1.6;

/// Families of text that no rule was fitted to, or hardly any.
const UNLIKE: [&str; 18] =
    ["xa", "xe", "xf", "tl", "xr", "as", "an", "bu", "dk", "fe", "ro", "af", "am", "ea", "eu", "me", "sc", "wi"];

/// The share of right figures that the threshold gives up, of those that the rules find in families left out.
const GIVEN_UP: f64 = 0.0125;

/// Log odds from which a count's words alone would be believed against the rules, to compare the trees with.
const CONTRADICTS: f64 = 1.5;

/// A number of the text.
struct Example {
    family: String,
    features: Vec<u32>,
    /// It is a figure; it is new.
    right: bool,
    /// The rules take it for one.
    found: bool,
    trap: bool,
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
    let mut numbers: BTreeMap<Span, bool> = BTreeMap::new();
    for observation in &found.covid.observations {
        let spans = observation.spans.value.iter().chain(&observation.also_at);
        numbers.extend(spans.map(|span| (*span, true)));
    }
    for number in left_out {
        if !number.reason.starts_with("neither the story") {
            numbers.entry(number.span).or_insert(number.reason.starts_with(judge::REFUSED));
        }
    }
    let body = numbers.into_iter().filter(|(span, _)| span.field.is_body());
    body.map(|(span, is_found)| Example {
        family: case.family.clone(),
        features: judge::features_of(&found.article, span),
        right: case.labels.contains_key(&span.start),
        found: is_found,
        trap: case.trap,
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

fn told(tables: &extract::Tables, case: &Case) -> Told {
    let story = extract::counts(tables, &case.article);
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
            found: told.story.told[*at].new,
            trap: false,
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
            let weight = if UNLIKE.contains(&family) { 1.0 } else { 0.5 };
            rows.extend(labels.iter().map(|(at, new)| {
                let seen = beside::seen(&story.told, &odds, *at, story.when).to_vec();
                (family.to_owned(), story.told[*at].new, Row { seen, right: *new, weight })
            }));
        }
    }
    rows
}

/// A figure that inherited a part of a country: right where its label says the country.
fn lifts(tables: &extract::Tables, case: &Case) -> Vec<(String, Row)> {
    let asked = extract::lifts(tables, &case.article).into_iter();
    asked
        .filter_map(|asked| {
            let label = case.labels.get(&asked.span.start)?;
            let name = label["location"].as_str();
            let countrys = name.is_none_or(|name| tables.country(&asked.country) == Some(name));
            let right = label["subdivision"].is_null() && countrys;
            let row = Row { seen: asked.seen, right, weight: 1.0 };
            (label["iso2"].as_str() == Some(asked.country.as_str())).then_some((case.family.clone(), row))
        })
        .collect()
}

/// What is lifted of families left out, from several odds on.
fn tell_lifts(rows: &[(String, Row)]) {
    let families: BTreeSet<&str> = rows.iter().map(|(family, _)| family.as_str()).collect();
    let mut told: Vec<(f32, bool)> = Vec::new();
    for held in families {
        let rest: Vec<&Row> = rows.iter().filter(|(family, _)| family != held).map(|(_, row)| row).collect();
        let trees = boost::grow(&rest);
        let held = rows.iter().filter(|(family, _)| family == held);
        told.extend(held.map(|(_, row)| (trees.iter().map(|tree| tree.adds(&row.seen)).sum(), row.right)));
    }
    let right = told.iter().filter(|one| one.1).count();
    println!("{} figures that inherited a part of a country, {right} of them the country's", told.len());
    for from in [0.0, 0.3, 0.5, 1.0, 1.5] {
        let lifted = || told.iter().filter(|one| one.0 >= from);
        println!(
            "lifted from {from:.1}: {} rightly, {} wrongly",
            lifted().filter(|one| one.1).count(),
            lifted().filter(|one| !one.1).count()
        );
    }
}

/// How often the rules are wrong of a kind, how often with words alone, and how often with the trees, of families left out.
fn tell_trees(rows: &[(String, bool, Row)]) {
    let mut wrong: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let groups: BTreeSet<&str> = rows.iter().map(|(family, ..)| family.as_str()).collect();
    for held in groups {
        let rest: Vec<&Row> = rows.iter().filter(|(family, ..)| family != held).map(|(.., row)| row).collect();
        let trees = boost::grow(&rest);
        for (_, rules, row) in rows.iter().filter(|(family, ..)| family == held) {
            let odds: f32 = trees.iter().map(|tree| tree.adds(&row.seen)).sum();
            let words = if row.seen[2].abs() < CONTRADICTS as f32 { *rules } else { row.seen[2] > 0.0 };
            let told = wrong.entry(if UNLIKE.contains(&held) { held } else { "others" }).or_default();
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

/// A number of which the rules do not know what it counts, or might know worse.
struct Open {
    family: String,
    trap: bool,
    /// What the judge sees of it.
    features: Vec<u32>,
    asked: suggestion::Asked,
    /// What its label says that it counts.
    label: Option<Metric>,
}

/// The numbers of a case that are asked about.
fn open(tables: &extract::Tables, case: &Case) -> Vec<Open> {
    let asked = extract::suggestions(tables, &case.article).into_iter();
    asked
        .map(|asked| Open {
            family: case.family.clone(),
            trap: case.trap,
            features: judge::features_of(&case.article, asked.span),
            label: case
                .labels
                .get(&asked.span.start)
                .and_then(|label| serde_json::from_value(label["metric"].clone()).ok()),
            asked,
        })
        .collect()
}

/// The weights that rank what a number counts: a conditional logit over its metrics, by Adagrad.
fn rank(open: &[&Open]) -> Vec<f32> {
    let labelled = open.iter().filter(|open| open.asked.metrics.iter().any(|(metric, _)| Some(*metric) == open.label));
    let mut examples: Vec<&Open> = labelled.copied().collect();
    let mut weights = vec![0.0_f32; 1 << suggestion::BITS];
    let mut slopes = vec![0.0_f32; 1 << suggestion::BITS];
    let mut random = 1_u64;
    for _ in 0..RANKED {
        for at in (1..examples.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            examples.swap(at, (random >> 33) as usize % (at + 1));
        }
        for open in &examples {
            let shares = shares(&weights, &open.asked);
            for ((metric, features), share) in open.asked.metrics.iter().zip(shares) {
                let off = share - if Some(*metric) == open.label { 1.0 } else { 0.0 };
                for feature in features {
                    let at = *feature as usize;
                    let slope = off + SMOOTH * weights[at];
                    slopes[at] += slope * slope;
                    weights[at] -= PACE * slope / (slopes[at] + 1.0).sqrt();
                }
            }
        }
    }
    weights
}

/// How likely each metric is.
fn shares(weights: &[f32], asked: &suggestion::Asked) -> Vec<f32> {
    let score = |features: &[u32]| features.iter().map(|feature| weights[*feature as usize]).sum::<f32>();
    let scores: Vec<f32> = asked.metrics.iter().map(|(_, features)| score(features)).collect();
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    let all: f32 = scores.iter().map(|score| (score - most).exp()).sum();
    scores.iter().map(|score| (score - most).exp() / all).collect()
}

/// What is suggested for a number by models that have not seen its family.
struct Suggested<'a> {
    open: &'a Open,
    best: Metric,
    /// Logarithm of its share.
    share: f32,
    /// Log odds against the metric of the rules; none where that is the best, or there is none.
    better: Option<f32>,
    /// The judge's score.
    score: f32,
}

/// What is suggested for the numbers of the families unlike the rules' own, each left out.
fn suggested<'a>(all: &'a [Open], judged: &[Example]) -> Vec<Suggested<'a>> {
    let mut told = Vec::new();
    for family in UNLIKE {
        let (held, rest): (Vec<&Open>, Vec<&Open>) = all.iter().partition(|open| open.family == family);
        let weights = rank(&rest);
        let judge = train(&judged.iter().filter(|one| one.family != family).collect::<Vec<_>>(), MOST_OF_FIGURE);
        for open in held {
            let shares = shares(&weights, &open.asked);
            let each = || open.asked.metrics.iter().map(|(metric, _)| *metric).zip(shares.iter().copied());
            let Some((best, share)) = each().max_by(|one, other| one.1.total_cmp(&other.1)) else { continue };
            let own = each().find(|(metric, _)| *metric != best && Some(*metric) == open.asked.found);
            let score = open.features.iter().map(|feature| judge[*feature as usize]).sum();
            let better = own.map(|(_, own)| (share / own).ln());
            told.push(Suggested { open, best, share: share.ln(), better, score });
        }
    }
    told
}

/// Says what suggestions are worth at each threshold.
fn tell_suggestions(told: &[Suggested]) {
    let count = |asked: &dyn Fn(&Suggested) -> bool| told.iter().filter(|one| asked(one)).count();
    let right = |one: &Suggested| one.open.label == Some(one.best);
    let found = |one: &Suggested| one.open.asked.found.is_some();
    println!(
        "families left out: {} numbers, the rules name the metric of {} rightly, of {} wrongly, of {} not, and one of {} that are no figures",
        told.len(),
        count(&|one| one.open.label.is_some() && one.open.asked.found == one.open.label),
        count(&|one| found(one) && one.open.label.is_some() && one.open.asked.found != one.open.label),
        count(&|one| !found(one) && one.open.label.is_some()),
        count(&|one| found(one) && one.open.label.is_none()),
    );
    for better in [1.0, 1.5, 2.0, 2.5, 3.0, 4.0] {
        let changed = |one: &Suggested| found(one) && one.better.is_some_and(|odds| odds > better);
        println!(
            "better by {better:.1}: {} mended, {} broken, {} wrong as before",
            count(&|one| changed(one) && right(one)),
            count(&|one| changed(one) && one.open.label.is_some() && one.open.asked.found == one.open.label),
            count(&|one| changed(one)
                && one.open.label.is_some()
                && !right(one)
                && one.open.asked.found != one.open.label),
        );
    }
    for sure in [0.5, 0.8, 1.0, 1.3, SURE, 2.0] {
        let added = |one: &Suggested| !found(one) && one.score + one.share > sure;
        println!(
            "sure by {sure:.2}: {} right, {} of another metric, {} no figures, {} of them in traps",
            count(&|one| added(one) && right(one)),
            count(&|one| added(one) && one.open.label.is_some() && !right(one)),
            count(&|one| added(one) && one.open.label.is_none()),
            count(&|one| added(one) && one.open.label.is_none() && one.open.trap),
        );
    }
}

/// The weights that tell the right from the wrong.
fn train(examples: &[&Example], most: f64) -> Vec<f32> {
    let mut weights = vec![0.0_f64; 1 << hashed::BITS];
    let mut shares = vec![most / 1000.0; examples.len()];
    let sign = |example: &Example| if example.right { 1.0 } else { -1.0 };
    let add = |weights: &mut [f64], example: &Example, by: f64| {
        example.features.iter().for_each(|feature| weights[*feature as usize] += by * sign(example));
    };
    for (example, share) in examples.iter().zip(&shares) {
        add(&mut weights, example, *share);
    }
    let mut random = 1_u64;
    let mut order: Vec<usize> = (0..examples.len()).collect();
    for _ in 0..EPOCHS {
        for at in (1..order.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(at, (random >> 33) as usize % (at + 1));
        }
        for n in &order {
            let (example, share) = (examples[*n], shares[*n]);
            let margin = sign(example) * sum(&weights, example);
            let own = example.features.len() as f64;
            // Where the slope of the dual is zero, which grows with the share.
            let (mut low, mut high) = (0.0, most);
            for _ in 0..40 {
                let middle = f64::midpoint(low, high);
                let slope = own * (middle - share) + margin + (middle / (most - middle)).ln();
                if slope > 0.0 { high = middle } else { low = middle }
            }
            add(&mut weights, example, low - share);
            shares[*n] = low;
        }
    }
    weights.into_iter().map(|weight| weight as f32).collect()
}

fn sum<W: Copy + Into<f64>>(weights: &[W], example: &Example) -> f64 {
    example.features.iter().map(|feature| weights[*feature as usize].into()).sum()
}

/// The score of each example by a model that has not seen its family.
fn left_out(all: &[Example], most: f64) -> Vec<(f64, &Example)> {
    let families: BTreeSet<&str> = all.iter().map(|example| example.family.as_str()).collect();
    let mut scored: Vec<(f64, &Example)> = Vec::new();
    for family in families {
        let (held, rest): (Vec<&Example>, Vec<&Example>) = all.iter().partition(|example| example.family == family);
        let weights = train(&rest, most);
        scored.extend(held.into_iter().map(|example| (sum(&weights, example), example)));
    }
    scored.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    scored
}

/// The judge's threshold.
fn judge(all: &[Example]) -> f64 {
    let mut scored = left_out(all, MOST_OF_FIGURE);
    scored.retain(|(_, example)| example.found);
    let count = |below: f64, asked: fn(&Example) -> bool| {
        scored.iter().filter(|(score, example)| *score < below && asked(example)).count()
    };
    let right: Vec<f64> = scored.iter().filter(|(_, example)| example.right).map(|(score, _)| *score).collect();
    for share in [0.0025, 0.005, 0.0075, 0.01, GIVEN_UP, 0.0175] {
        let below = right[(right.len() as f64 * share) as usize];
        println!(
            "below {below:.2}, families left out: {} of {} right ones, {} of {} wrong ones, {} of {} in traps",
            count(below, |one| one.right),
            right.len(),
            count(below, |one| !one.right),
            count(f64::MAX, |one| !one.right),
            count(below, |one| !one.right && one.trap),
            count(f64::MAX, |one| !one.right && one.trap),
        );
    }
    right[(right.len() as f64 * GIVEN_UP) as usize]
}

fn main() -> Result<(), Failure> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let Some((what @ ("figures" | "metrics" | "kinds" | "places"), [corpora @ .., out])) =
        given.split_first().map(|(what, rest)| (what.as_str(), rest))
    else {
        return Err("usage: dateline-judge figures|metrics|kinds|places CORPUS.jsonl... MODEL.bin".into());
    };
    let tables = extract::Tables::new(&extract::Options::default());
    let (mut all, mut open_ones, mut stories, mut lifted) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for corpus in corpora {
        for line in std::fs::read_to_string(corpus)?.lines().filter(|line| !line.is_empty()) {
            let case = case(&serde_json::from_str(line)?)?;
            match what {
                "kinds" => stories.push(told(&tables, &case)),
                "places" => {
                    lifted.extend(lifts(&tables, &case));
                    continue;
                }
                "metrics" => open_ones.extend(open(&tables, &case)),
                _ => {}
            }
            all.extend(if what == "kinds" { kinds(&stories[stories.len() - 1]) } else { figures(&tables, &case) });
        }
    }
    if what == "places" {
        tell_lifts(&lifted);
        std::fs::write(out, trees::bytes(&boost::grow(&lifted.iter().map(|(_, row)| row).collect::<Vec<_>>())))?;
        return Ok(());
    }
    println!("{} numbers, {} of them right", all.len(), all.iter().filter(|one| one.right).count());
    let examples: Vec<&Example> = all.iter().collect();
    let (threshold, weights) = match what {
        "figures" => (judge(&all) as f32, train(&examples, MOST_OF_FIGURE)),
        "metrics" => {
            tell_suggestions(&suggested(&open_ones, &all));
            (SURE, rank(&open_ones.iter().collect::<Vec<_>>()))
        }
        _ => {
            let rows = rows(&stories, &all);
            tell_trees(&rows);
            let grown = boost::grow(&rows.iter().map(|(.., row)| row).collect::<Vec<_>>());
            std::fs::write(out.replace(".bin", "_trees.bin"), trees::bytes(&grown))?;
            (CONTRADICTS as f32, train(&examples, MOST_OF_KIND))
        }
    };
    std::fs::write(out, hashed::model(threshold, &weights))?;
    println!("{out}: threshold {threshold:.2}");
    Ok(())
}
