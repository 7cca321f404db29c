//! Labelled text: the patterns of the specification where they are at hand, and a corpus of our own.

use super::find;
use crate::extract::diseases::COVID_19;
use crate::extract::places::Places;
use crate::language::pack;
use crate::model::{Article, FeedId, ItemId, Observation, StatedTime};
use serde_json::Value;
use std::collections::BTreeMap;

fn article(case: &Value) -> Article {
    let text = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
    let mut article = Article::new(
        serde_json::from_value::<ItemId>("t:1".into()).unwrap(),
        serde_json::from_value::<FeedId>("t".into()).unwrap(),
    );
    article.headline = Some(case["headline"].as_str().unwrap_or("Coronavirus update").to_owned());
    article.body = text("text");
    article.published = format!("{}T12:00:00Z", text("date")).parse::<StatedTime>().ok();
    article.wire.editors_note = case["editors_note"].as_str().map(str::to_owned);
    article.language = Some("en".to_owned());
    article
}

#[derive(Default)]
struct Score {
    expected: usize,
    found: usize,
    value: usize,
    kind: usize,
    place: usize,
    fields: BTreeMap<&'static str, (usize, usize)>,
}

fn same_value(reference: &Value, observation: &Observation) -> bool {
    serde_json::to_value(observation.metric).unwrap() == reference["metric"]
        && observation.value.map(|value| value.0) == reference["value"].as_f64()
        && observation.value_max.map(|value| value.0) == reference["value_max"].as_f64()
}

fn same_kind(reference: &Value, observation: &Observation) -> bool {
    reference["kind"].is_null() || serde_json::to_value(observation.kind).unwrap() == reference["kind"]
}

fn same_place(reference: &Value, observation: &Observation) -> bool {
    let Some(object) = reference.as_object() else { return true };
    let location = &observation.location;
    if !object.contains_key("location") {
        return true;
    }
    let subdivision =
        reference["subdivision"].as_str().is_none_or(|code| location.subdivision.as_deref() == Some(code));
    match reference["iso2"].as_str() {
        Some(iso2) => location.iso2.as_deref() == Some(iso2) && subdivision,
        None => {
            location.iso2.is_none()
                && (reference["location"].is_null() || location.name.as_deref() == reference["location"].as_str())
        }
    }
}

/// What is wrong with a matched observation.
fn differences(case: &str, reference: &Value, observation: &Observation, score: &mut Score) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut field = |name: &'static str, given: &Value, found: Value| {
        if given.is_null() {
            return;
        }
        let entry = score.fields.entry(name).or_default();
        entry.1 += 1;
        if *given == found {
            entry.0 += 1;
        } else {
            wrong.push(format!("{name} {given} != {found}"));
        }
    };
    field("qualifier", &reference["qualifier"], serde_json::to_value(observation.qualifier).unwrap());
    field("period", &reference["period"], serde_json::to_value(observation.period).unwrap());
    field("as_of", &reference["as_of"], serde_json::to_value(&observation.as_of.date).unwrap());
    field("rank", &reference["rank"], serde_json::to_value(observation.rank).unwrap());
    field("rank_scope", &reference["rank_scope"], serde_json::to_value(&observation.rank_scope).unwrap());
    field("status", &reference["status"], serde_json::to_value(observation.status).unwrap());
    field("statistic", &reference["statistic"], serde_json::to_value(observation.statistic).unwrap());
    field("per", &reference["per"], serde_json::to_value(observation.per).unwrap());
    let subset = observation.subset.first().map(|subset| serde_json::to_value(subset).unwrap()).unwrap_or_default();
    field("subset", &reference["subset"], subset);
    if let Some(source) = reference["source"].as_str() {
        let found = observation.source.as_ref().map(|source| source.name.to_lowercase()).unwrap_or_default();
        field("source", &Value::Bool(true), Value::Bool(found == source.to_lowercase()));
    }
    if let (Some(start), Some(end)) = (reference["start"].as_u64(), reference["end"].as_u64()) {
        let span = observation.spans.value.unwrap_or_default();
        // References count code points.
        let points = |byte: usize| case.get(..byte).map_or(0, |text| text.chars().count()) as u64;
        field("span", &serde_json::json!([start, end]), serde_json::json!([points(span.start), points(span.end)]));
    }
    wrong
}

fn run(text: &str) -> (Score, Vec<String>) {
    let places = Places::new();
    let pack = pack("en").unwrap();
    let mut score = Score::default();
    let mut failures = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let article = article(&case);
        let mut found = find(pack, &places, COVID_19, &article).observations;
        found.retain(|observation| observation.field.is_body());
        let references = case["observations"].as_array().unwrap();
        score.expected += references.len();
        score.found += found.len();
        let mut problems = Vec::new();
        for reference in references {
            // Of several candidates the one that agrees in most is the match.
            let quality = |observation: &Observation| {
                u8::from(same_kind(reference, observation)) * 2 + u8::from(same_place(reference, observation))
            };
            let best = (0..found.len())
                .filter(|n| same_value(reference, &found[*n]))
                .max_by_key(|n| (quality(&found[*n]), found.len() - n));
            let Some(best) = best else {
                problems.push(format!("missing {} {}", reference["metric"], reference["value"]));
                continue;
            };
            let observation = found.remove(best);
            score.value += 1;
            let (kind, place) = (same_kind(reference, &observation), same_place(reference, &observation));
            score.kind += usize::from(kind);
            score.place += usize::from(kind && place);
            if !kind {
                problems.push(format!("{} kind {:?} ({})", reference["value"], observation.kind, observation.rule));
            }
            if !place {
                problems.push(format!("{} place {:?}", reference["value"], observation.location));
            }
            let wrong = differences(&article.body, reference, &observation, &mut score);
            problems.extend(wrong.into_iter().map(|wrong| format!("{}: {wrong}", reference["value"])));
        }
        problems.extend(found.iter().map(|extra| format!("extra {:?} {:?} {}", extra.metric, extra.value, extra.rule)));
        if !problems.is_empty() {
            failures.push(format!(
                "{} {:?}\n    {}",
                case["id"].as_str().unwrap_or("?"),
                article.body,
                problems.join("\n    ")
            ));
        }
    }
    (score, failures)
}

fn report(name: &str, text: &str) -> (f64, usize) {
    let (score, failures) = run(text);
    let f1 = |hits: usize| 2.0 * hits as f64 / (score.expected + score.found).max(1) as f64;
    println!("{name}: {} expected, {} found, {} cases fail", score.expected, score.found, failures.len());
    println!(
        "  metric+value P {:.3} R {:.3} F1 {:.3}",
        score.value as f64 / score.found as f64,
        score.value as f64 / score.expected as f64,
        f1(score.value)
    );
    println!("  +kind F1 {:.3}  +place F1 {:.3}", f1(score.kind), f1(score.place));
    for (field, (right, all)) in &score.fields {
        println!("  {field} {right}/{all}");
    }
    for failure in &failures {
        println!("  {failure}");
    }
    (f1(score.place), failures.len())
}

#[test]
fn the_patterns_of_the_specification_hold_where_they_are_at_hand() {
    let Ok(text) = std::fs::read_to_string("../shared/spec/covid-patterns.jsonl") else { return };
    let (f1, failures) = report("patterns", &text);
    assert!(f1 > 0.99 && failures == 0);
}

#[test]
fn our_own_corpus_is_read_well() {
    let (f1, _) = report("corpus", include_str!("../../../tests/corpus/en/covid.jsonl"));
    assert!(f1 > 0.97);
}

#[test]
fn the_seed_gives_its_nine_figures_where_it_is_at_hand() {
    let (Ok(text), Ok(expected)) = (
        std::fs::read_to_string("../shared/seed/tass-2020-09-29.txt"),
        std::fs::read_to_string("../shared/seed/expected.json"),
    ) else {
        return;
    };
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let mut article = article(&serde_json::json!({"text": "", "date": "2020-09-29", "headline": expected["headline"]}));
    article.body = text.split("\n\n").skip(2).collect::<Vec<_>>().join("\n\n").trim().to_owned();
    let places = Places::new();
    let found = find(pack("en").unwrap(), &places, COVID_19, &article);
    assert!(found.relevant);
    let wanted = expected["covid"]["observations"].as_array().unwrap();
    let found: Vec<Value> =
        found.observations.iter().map(|observation| serde_json::to_value(observation).unwrap()).collect();
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!(agrees(found, wanted), "{found:#} {wanted:#}");
    }
}

/// What the seed says agrees in magnitude with the series that were published of its places for its day.
#[test]
fn the_seed_agrees_with_the_published_series_where_both_are_at_hand() {
    let data = |name: &str| std::fs::read_to_string(format!("../shared/data/covid-series/{name}"));
    let (Ok(text), Ok(world)) =
        (std::fs::read_to_string("../shared/seed/tass-2020-09-29.txt"), data("worldwide-aggregate.csv"))
    else {
        return;
    };
    let mut article = article(&serde_json::json!({"text": "", "date": "2020-09-29"}));
    article.body = text.split("\n\n").skip(2).collect::<Vec<_>>().join("\n\n").trim().to_owned();
    let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
    let published = |observation: &Observation| -> f64 {
        let (series, column) = match serde_json::to_value(observation.metric).unwrap().as_str().unwrap() {
            "cases" => ("confirmed", 1),
            "recoveries" => ("recovered", 2),
            _ => ("deaths", 3),
        };
        let cell = |line: &str, n: usize| line.split(',').nth(n).unwrap().parse().unwrap();
        let Some(iso2) = observation.location.iso2.as_deref() else {
            return cell(world.lines().find(|line| line.starts_with("2020-09-29,")).unwrap(), column);
        };
        let table =
            data(&format!("jhu_{series}_global_to_2021-01-31.csv")).unwrap().replace("\"Korea, South\"", "Korea");
        let name = if iso2 == "KR" { ",Korea," } else { ",Russia," };
        let day = table.lines().next().unwrap().split(',').position(|day| day == "9/29/20").unwrap();
        cell(table.lines().find(|line| line.starts_with(name)).unwrap(), day)
    };
    assert_eq!(found.len(), 9);
    for observation in &found {
        let (said, published) = (observation.value.unwrap().0, published(observation));
        // The sources count differently (recoveries most), not in another magnitude.
        assert!((0.9..1.1).contains(&(said / published)), "{:?} {said} {published}", observation.location);
    }
}

/// Whether every field that is wanted is found.
fn agrees(found: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Object(fields) => fields.iter().all(|(key, value)| agrees(&found[key], value)),
        wanted => found == wanted,
    }
}

#[test]
fn agency_copy_is_read_well() {
    let (f1, _) = report("agencies", include_str!("../../../tests/corpus/en/covid-agencies.jsonl"));
    assert!(f1 > 0.97);
}
#[test]
fn hostile_text_neither_panics_nor_breaks_spans() {
    const PIECES: &[&str] = &[
        "12",
        "1,204. 317",
        "5.6",
        "%",
        "percent",
        " ",
        " ",
        " ",
        "cases",
        "deaths",
        "(",
        ")",
        "é",
        "—",
        "’s",
        "India",
        "South Korea",
        "U.S.",
        "no",
        "new",
        "to",
        "from",
        "by",
        "\n",
        "\n\n",
        ";",
        ":",
        ",",
        ".",
        "per",
        "100,000",
        "November",
        "31",
        "2020",
        "on",
        "Monday",
        "toll",
        "rose",
        "has",
        "million",
        "lakh",
        "and",
        "a",
        "half",
        "of",
        "third",
        "-",
        "highest",
        "in",
        "the",
        "world",
        "first",
        "each",
        "\u{301}",
        "🦠",
        "覆",
        "79th",
    ];
    let places = Places::new();
    let mut state = 1u64;
    for _ in 0..300 {
        let mut text = String::from("covid ");
        for _ in 0..40 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(PIECES[(state >> 33) as usize % PIECES.len()]);
            if state >> 62 != 0 {
                text.push(' ');
            }
        }
        let article = article(&serde_json::json!({"text": text, "date": "2020-02-29"}));
        for mut observation in find(pack("en").unwrap(), &places, COVID_19, &article).observations {
            let body = observation.field.is_body();
            observation.each_span(&mut |span| assert!(!body || span.of(&article.body).is_some(), "{text:?}"));
        }
    }
}

#[test]
fn a_corrected_headline_is_a_mention_of_the_body() {
    let mut article = article(&serde_json::json!({
        "date": "2021-01-20",
        "headline": "CORRECTED-Portugal reports 1,420 new coronavirus cases",
        "text": "Portugal reported 1,420 new coronavirus cases on Tuesday, 15,400 in all, nearly 140 of them fatal.",
    }));
    article.wire.editors_note = None;
    let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
    let new: Vec<_> = found.iter().filter(|one| one.value.map(|value| value.0) == Some(1420.0)).collect();
    assert_eq!(new.len(), 1, "{new:#?}");
    assert!(new[0].field.is_body() && new[0].also_at.len() == 1 && new[0].id == "pt-cases-new-day");
    assert!(found.iter().any(|one| one.id.starts_with("pt-deaths") && one.value.map(|value| value.0) == Some(140.0)));
}

#[test]
fn fresh_copy_is_read_well() {
    let (f1, _) = report("fresh", include_str!("../../../tests/corpus/en/covid-fresh.jsonl"));
    assert!(f1 > 0.97);
}
