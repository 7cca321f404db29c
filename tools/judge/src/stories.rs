//! The model of stories that name no disease.
//!
//! In: labelled stories, and other news. Out: a weight for each bucket of their words. What holds: whether a story names the
//! disease is not heard.

use super::linear::{each, sum, train};
use super::{Case, Example};
use dateline::extract::{hashed, unnamed};

/// How much an example may weigh.
const MOST_OF_STORY: f64 = 0.1;

/// The bytes of the model.
pub fn model(all: &[Example]) -> Vec<u8> {
    hashed::model(&train(&all.iter().collect::<Vec<_>>(), MOST_OF_STORY))
}

/// Each story, right where it has figures; those that nothing is labelled in are other news, too.
pub fn stories(cases: &[Case]) -> Vec<Example> {
    let all = cases.iter();
    all.map(|case| Example {
        family: case.family.clone(),
        features: unnamed::features_of(&case.article),
        right: !case.labels.is_empty(),
    })
    .collect()
}

/// Says what the model of stories makes of those that name no disease, one family in eight left out at a time.
pub fn tell(cases: &[Case], all: &[Example]) {
    let lot = |one: &Example| one.family.bytes().map(u32::from).sum::<u32>() % 8;
    let told = each((0..8).map(|lot| lot.to_string()).collect(), |held| {
        let is_held = |one: &Example| lot(one).to_string() == *held;
        let weights = train(&all.iter().filter(|one| !is_held(one)).collect::<Vec<_>>(), MOST_OF_STORY);
        let held = cases.iter().zip(all).filter(|(_, one)| is_held(one));
        held.map(|(case, one)| (case, sum(&weights, one))).collect::<Vec<_>>()
    });
    let named = |case: &Case| {
        let text = format!("{:?} {}", case.article.headline, case.article.body).to_lowercase();
        ["covid", "corona", "sars", "pandemic"].iter().any(|name| text.contains(name))
    };
    let unnamed: Vec<_> = told.iter().flat_map(|(_, told)| told).filter(|(case, _)| !named(case)).collect();
    for from in [-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0] {
        let of = |what: fn(&Case) -> bool, from: f64| {
            unnamed.iter().filter(|(case, odds)| what(case) && *odds >= from).map(|(case, _)| case.labels.len().max(1)).sum::<usize>()
        };
        let all = |what: fn(&Case) -> bool| format!("{} of {}", of(what, from), of(what, f64::MIN));
        println!(
            "from {from:.1}: {} figures, {} deceiving passages, {} other stories",
            all(|case| !case.labels.is_empty()),
            all(|case| case.labels.is_empty() && !case.family.starts_with("news")),
            all(|case| case.family.starts_with("news")),
        );
    }
}
