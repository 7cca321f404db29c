//! Trains the two models of figures and says how good they are: the judge, which refuses numbers that are none, and the one
//! that tells new counts from totals.
//!
//! Each number of the labelled text is an example for the judge: right where a label stands, wrong where none does. Each count
//! that is found where a label stands is one for the other. The models are logistic regressions, found by coordinate ascent on
//! the dual. Choices are made by leaving out one family of cases at a time, that is those whose ids begin alike, for they were
//! written together.

use dateline::clean::{self, Document};
use dateline::extract::{self, hashed, judge};
use dateline::model::{Article, Feed, Span};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

type Failure = Box<dyn std::error::Error>;

/// How much an example may weigh: the less, the smoother the model. Whether a number is a figure at all hangs on its whole
/// surroundings; whether a count is new, on a few words.
const MOST_OF_FIGURE: f64 = 0.05;
const MOST_OF_KIND: f64 = 0.5;
const EPOCHS: usize = 30;

/// The share of right figures that the threshold gives up, of those that the rules find in families left out.
const GIVEN_UP: f64 = 0.0125;

/// Log odds from which a count's words are believed against the rules. The rules were fitted to most of this text, so that it
/// asks for more than other text does.
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
    Ok(Case {
        family: id.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-').to_owned(),
        labels: labels.iter().filter_map(|label| Some((start(label)?, label.clone()))).collect(),
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

/// The counts of a case whose labels say what they are, right where they are new.
fn kinds(tables: &extract::Tables, case: &Case) -> Vec<Example> {
    let counts = extract::counts(tables, &case.article).into_iter();
    counts
        .filter_map(|count| {
            let kind = case.labels.get(&count.span.start)?["kind"].as_str().filter(|kind| *kind != "current")?;
            Some(Example {
                family: case.family.clone(),
                features: count.features,
                right: kind == "new",
                found: count.new,
                trap: case.trap,
            })
        })
        .collect()
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
    for share in [0.0025, 0.005, 0.0075, 0.01, GIVEN_UP, 0.02] {
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

/// How often the rules are wrong of a kind, and how often with the model beside them.
fn tell_kinds(all: &[Example]) {
    let scored = left_out(all, MOST_OF_KIND);
    let wrong = |contradicts: f64, family: Option<&str>| {
        let of = scored.iter().filter(|(_, example)| family.is_none_or(|family| example.family == family));
        of.filter(|(score, example)| {
            let new = if score.abs() < contradicts { example.found } else { *score > 0.0 };
            new != example.right
        })
        .count()
    };
    for contradicts in [f64::MAX, 3.0, 2.0, CONTRADICTS, 1.0, 0.0] {
        println!(
            "contradicted from {contradicts:.1e}, families left out: {} wrong of {}, {} in xa",
            wrong(contradicts, None),
            scored.len(),
            wrong(contradicts, Some("xa")),
        );
    }
}

fn main() -> Result<(), Failure> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let Some((what @ ("figures" | "kinds"), [corpora @ .., out])) =
        given.split_first().map(|(what, rest)| (what.as_str(), rest))
    else {
        return Err("usage: dateline-judge figures|kinds CORPUS.jsonl... MODEL.bin".into());
    };
    let tables = extract::Tables::new(&extract::Options::default());
    let mut all = Vec::new();
    for corpus in corpora {
        for line in std::fs::read_to_string(corpus)?.lines().filter(|line| !line.is_empty()) {
            let case = case(&serde_json::from_str(line)?)?;
            all.extend(if what == "figures" { figures(&tables, &case) } else { kinds(&tables, &case) });
        }
    }
    println!("{} numbers, {} of them right", all.len(), all.iter().filter(|one| one.right).count());
    let (threshold, most) = if what == "figures" {
        (judge(&all), MOST_OF_FIGURE)
    } else {
        tell_kinds(&all);
        (CONTRADICTS, MOST_OF_KIND)
    };
    let weights = train(&all.iter().collect::<Vec<_>>(), most);
    std::fs::write(out, hashed::model(threshold as f32, &weights))?;
    println!("{out}: threshold {threshold:.2}");
    Ok(())
}
