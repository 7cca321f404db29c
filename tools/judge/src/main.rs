//! Trains the judge of figures and says how good it is.
//!
//! Each number of the labelled text is an example: right where a label stands, wrong where none does. The model is a
//! logistic regression, found by coordinate ascent on its dual. Choices are made by leaving out one family of cases at a
//! time, that is those whose ids begin alike, for they were written together.

use dateline::clean::{self, Document};
use dateline::extract::{self, judge};
use dateline::model::{Feed, Span};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

type Failure = Box<dyn std::error::Error>;

/// How much an example may weigh: the less, the smoother the model.
const MOST: f64 = 0.05;
const EPOCHS: usize = 30;

/// The share of right figures that the threshold gives up, of those that the rules find in families left out.
const GIVEN_UP: f64 = 0.0075;

/// A number of the text.
struct Example {
    family: String,
    features: Vec<u32>,
    right: bool,
    /// The rules take it for a figure.
    found: bool,
    trap: bool,
}

/// The numbers of a case.
fn examples(tables: &extract::Tables, case: &Value) -> Result<Vec<Example>, Failure> {
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
    let left_out = extract::left_out(tables, &article);
    let article = extract::article(tables, article);
    let starts: BTreeMap<usize, usize> =
        article.article.body.char_indices().enumerate().map(|(chars, (bytes, _))| (chars, bytes)).collect();
    let labels = case["observations"].as_array().ok_or("a case without labels")?;
    let labels: BTreeSet<usize> = labels
        .iter()
        .filter_map(|label| starts.get(&usize::try_from(label["start"].as_u64()?).ok()?).copied())
        .collect();
    let mut numbers: BTreeMap<Span, bool> = BTreeMap::new();
    for observation in &article.covid.observations {
        let spans = observation.spans.value.iter().chain(&observation.also_at);
        numbers.extend(spans.map(|span| (*span, true)));
    }
    for number in left_out {
        if !number.reason.starts_with("neither the story") {
            numbers.entry(number.span).or_insert(number.reason.starts_with(judge::REFUSED));
        }
    }
    let family = id.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-');
    let body = numbers.into_iter().filter(|(span, _)| span.field.is_body());
    Ok(body
        .map(|(span, found)| Example {
            family: family.to_owned(),
            features: judge::features_of(&article.article, span),
            right: labels.contains(&span.start),
            found,
            trap: case["trap"] == true,
        })
        .collect())
}

/// The weights that tell the right from the wrong.
fn train(examples: &[&Example]) -> Vec<f32> {
    let mut weights = vec![0.0_f64; 1 << judge::BITS];
    let mut shares = vec![MOST / 1000.0; examples.len()];
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
            let (mut low, mut high) = (0.0, MOST);
            for _ in 0..40 {
                let middle = f64::midpoint(low, high);
                let slope = own * (middle - share) + margin + (middle / (MOST - middle)).ln();
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

fn main() -> Result<(), Failure> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let Some((out, corpora @ [_, ..])) = given.split_last() else {
        return Err("usage: dateline-judge CORPUS.jsonl... MODEL.bin".into());
    };
    let tables = extract::Tables::new(&extract::Options::default());
    let mut all = Vec::new();
    for corpus in corpora {
        for line in std::fs::read_to_string(corpus)?.lines().filter(|line| !line.is_empty()) {
            all.extend(examples(&tables, &serde_json::from_str(line)?)?);
        }
    }
    let families: BTreeSet<&str> = all.iter().map(|example| example.family.as_str()).collect();
    println!(
        "{} numbers, {} of them right, {} families",
        all.len(),
        all.iter().filter(|one| one.right).count(),
        families.len()
    );
    let mut scored: Vec<(f64, &Example)> = Vec::new();
    for family in families {
        let (held, rest): (Vec<&Example>, Vec<&Example>) = all.iter().partition(|example| example.family == family);
        let weights = train(&rest);
        scored.extend(held.into_iter().map(|example| (sum(&weights, example), example)));
    }
    scored.retain(|(_, example)| example.found);
    scored.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let count = |below: f64, asked: fn(&Example) -> bool| {
        scored.iter().filter(|(score, example)| *score < below && asked(example)).count()
    };
    let right: Vec<f64> = scored.iter().filter(|(_, example)| example.right).map(|(score, _)| *score).collect();
    for share in [0.0025, 0.005, GIVEN_UP, 0.01, 0.02] {
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
    let threshold = right[(right.len() as f64 * GIVEN_UP) as usize] as f32;
    let weights = train(&all.iter().collect::<Vec<_>>());
    std::fs::write(out, judge::model(threshold, &weights))?;
    println!("{out}: threshold {threshold:.2}");
    Ok(())
}
