//! Series across stories: what a claim says of the claims before it.

use super::*;
use crate::model::{ClaimChange, SeriesRelation};

/// A story with one total of deaths in Merania, so short that it is nobody's copy.
fn tells(feed: &str, guid: &str, deaths: f64, day: &str) -> Enriched {
    let body = format!("By {day}: {deaths} dead.");
    let mut enriched = article(feed, guid, &format!("{feed} {guid} {deaths}"), &body);
    let mut claim = observation("merania-deaths-cumulative", Metric::Deaths, deaths, &body);
    claim.kind = Kind::Cumulative;
    claim.as_of = AsOf { date: Some(day.to_owned()), how: AsOfHow::Explicit };
    enriched.covid.observations.push(claim);
    enriched
}

/// `relation other's-item's-feed value as_of`, and what is implausible; `none` where nothing was known.
fn said(verdict: &Verdict) -> String {
    let asserted: Vec<&Observation> = verdict
        .claims
        .iter()
        .filter_map(|change| match change {
            ClaimChange::Assert { observation, .. } => Some(&**observation),
            ClaimChange::Retract { .. } => None,
        })
        .collect();
    let [observation] = asserted[..] else { panic!("one claim: {verdict:?}") };
    assert_eq!(
        verdict.state.claims.last().map(|claim| &claim.observation),
        Some(observation),
        "the state says the same"
    );
    let Some(series) = &observation.series else { return "none".to_owned() };
    let codes: String = observation.plausibility.iter().map(|against| format!(" {}", against.code)).collect();
    let relation = format!("{:?}", series.relation).to_lowercase();
    assert_eq!(series.agency.as_ref(), Some(&series.feed.0.to_uppercase()));
    format!("{relation} {} {} {}{codes}", series.other.split(':').next().unwrap(), series.value, series.as_of)
}

/// The stories of four days, each with what it says of the ones before.
fn days() -> Vec<(Enriched, &'static str)> {
    let corrected = |feed, guid, deaths, day| noticed(tells(feed, guid, deaths, day), Notice::Correction);
    vec![
        (tells("norwire", "1", 310.0, "2021-03-05"), "none"),
        (tells("daily", "1", 310.0, "2021-03-05"), "confirms norwire 310 2021-03-05"),
        (tells("norwire", "2", 322.0, "2021-03-06"), "advances norwire 310 2021-03-05"),
        (tells("herald", "1", 340.0, "2021-03-06"), "contradicts norwire 322 2021-03-06"),
        (tells("norwire", "2", 325.0, "2021-03-06"), "corrects norwire 322 2021-03-06"),
        (tells("daily", "2", 325.0, "2021-03-06"), "confirms norwire 325 2021-03-06"),
        (tells("daily", "3", 320.0, "2021-03-07"), "contradicts daily 325 2021-03-06 cumulative_falls"),
        (corrected("courier", "1", 318.0, "2021-03-08"), "corrects daily 320 2021-03-07"),
        (tells("courier", "2", 331.0, "2021-03-08"), "corrects courier 318 2021-03-08"),
        (tells("herald", "2", 331.0, "2021-03-08"), "confirms courier 331 2021-03-08"),
    ]
}

#[test]
fn a_claim_says_how_it_stands_to_what_was_known() {
    let mut memory = Memory::new();
    for (story, expected) in days() {
        assert_eq!(said(&memory.judge(&story)), expected, "{}", story.article.body);
    }
    assert_eq!(memory.told.series.keys().collect::<Vec<_>>(), ["series/COVID-19|Merania|deaths|cumulative||"]);
}

#[test]
fn a_restart_in_the_middle_changes_no_relation() {
    for interval in [1, 3] {
        let mut memory = Memory::new();
        for (number, (story, expected)) in days().into_iter().enumerate() {
            if number % interval == 0 {
                memory.restart();
            }
            assert_eq!(said(&memory.judge(&story)), expected);
        }
    }
}

#[test]
fn what_is_killed_or_retracted_leaves_its_series() {
    let mut memory = Memory::new();
    memory.judge(&tells("norwire", "1", 310.0, "2021-03-05"));
    memory.judge(&tells("herald", "1", 340.0, "2021-03-05"));
    let notice = noticed(article("herald", "1", "KILL: Merania", "Do not use."), Notice::Kill);
    assert_eq!(memory.judge(&notice).series.len(), 1);
    let expected = "contradicts norwire 310 2021-03-05";
    assert_eq!(said(&memory.judge(&tells("daily", "1", 340.0, "2021-03-05"))), expected);
    let mut silent = tells("daily", "1", 340.0, "2021-03-05");
    silent.covid.observations.clear();
    silent.article.body = "Merania counts its dead.".to_owned();
    memory.judge(&silent);
    memory.judge(&noticed(article("norwire", "1", "KILL: Merania", "Do not use."), Notice::Kill));
    assert!(memory.told.series.is_empty(), "nothing is left of it");
    assert_eq!(said(&memory.judge(&tells("courier", "1", 340.0, "2021-03-05"))), "none");
}

#[test]
fn copies_join_no_series() {
    let with = |feed: &str, day: &str| {
        let mut enriched = counting(article(feed, "1", "h", TALLY), &[("o1", Metric::Deaths, 31.0)]);
        enriched.covid.observations[0].as_of.date = Some(day.to_owned());
        enriched
    };
    let mut memory = Memory::new();
    memory.judge(&with("norwire", "2021-03-05"));
    let copy = memory.judge(&with("daily", "2021-03-05"));
    assert!(copy.claims.is_empty() && copy.series.is_empty());
}

#[test]
fn figures_of_one_story_are_not_held_against_each_other() {
    let mut memory = Memory::new();
    let mut story = tells("norwire", "1", 310.0, "2021-03-05");
    let earlier = tells("norwire", "1", 300.0, "2021-03-04").covid.observations.remove(0);
    story.covid.observations.push(Observation { id: "merania-deaths-cumulative-2".to_owned(), ..earlier });
    let verdict = memory.judge(&story);
    assert_eq!(verdict.claims.len(), 2);
    assert!(verdict.state.claims.iter().all(|claim| claim.observation.series.is_none()));
    // A revision that changes one of them speaks of its own earlier form, and not of the other.
    story.covid.observations[0].value = Some(Number(312.0));
    story.article.body.push_str(" It was 312.");
    assert_eq!(
        memory.judge(&story).state.claims[0].observation.series.as_ref().map(|series| series.relation),
        Some(SeriesRelation::Corrects)
    );
}

#[test]
fn what_is_no_report_or_has_no_day_stands_alone() {
    let mut memory = Memory::new();
    memory.judge(&tells("norwire", "1", 310.0, "2021-03-05"));
    let alone = |memory: &mut Memory, guid: &str, change: &dyn Fn(&mut Observation)| {
        let mut story = tells("daily", guid, 340.0, "2021-03-05");
        change(&mut story.covid.observations[0]);
        let verdict = memory.judge(&story);
        assert_eq!((said(&verdict).as_str(), verdict.series.len()), ("none", 0));
    };
    alone(&mut memory, "1", &|one| one.status = Status::Forecast);
    alone(&mut memory, "2", &|one| one.as_of.date = None);
    alone(&mut memory, "3", &|one| one.value = None);
    alone(&mut memory, "4", &|one| one.location.name = None);
    alone(&mut memory, "5", &|one| {
        one.in_background = true;
        one.as_of.how = AsOfHow::PublishedDefault;
    });
}

#[test]
fn a_story_that_takes_a_figure_back_makes_a_total_fall() {
    let mut memory = Memory::new();
    memory.judge(&tells("norwire", "1", 310.0, "2021-03-05"));
    let mut story = tells("daily", "1", 305.0, "2021-03-06");
    let mut wrong = story.covid.observations[0].clone();
    (wrong.id, wrong.status, wrong.value) = ("wrong".to_owned(), Status::Superseded, Some(Number(310.0)));
    let verdict = memory.judge(&{
        story.covid.observations.insert(0, wrong);
        story
    });
    let series = verdict.state.claims[1].observation.series.as_ref().unwrap();
    assert_eq!(series.relation, SeriesRelation::Corrects);
    assert!(verdict.state.claims[1].observation.plausibility.is_empty());
}

#[test]
fn a_series_remembers_the_last_claims_of_the_horizon() {
    let mut memory = Memory::new();
    for day in 10..30 {
        memory.judge(&tells("norwire", &day.to_string(), f64::from(day), &format!("2021-03-{day}")));
    }
    let key = "series/COVID-19|Merania|deaths|cumulative||";
    let days = |memory: &Memory| -> Vec<String> {
        let series = memory.told.series(key).unwrap().unwrap();
        series.claims.into_iter().map(|claim| claim.as_of).collect()
    };
    assert_eq!(days(&memory), (22..30).map(|day| format!("2021-03-{day}")).collect::<Vec<_>>());
    assert!(!memory.evict(29).iter().any(|key| key.starts_with("series/")));
    // What is beyond the horizon is not asked any more, also before it is forgotten.
    memory.now += SignedDuration::from_hours(31 * 24);
    assert_eq!(said(&memory.judge(&tells("daily", "1", 20.0, "2021-03-29"))), "none");
    assert_eq!(days(&memory), ["2021-03-29"]);
    assert!(memory.evict(31).iter().any(|forgotten| forgotten == key));
}
