//! How well labelled text is read may only rise: a drop below a floor fails. The floors are what was reached, less the
//! noise of a label or two; `docs/LANGUAGES.md` has the figures.

use crate::harness::{dateline, fed, finished, lines};
use serde_json::Value;

/// F1 of metric and value, also with kind, also with place; false figures in trap passages.
struct Floor {
    language: &'static str,
    part: &'static str,
    f1: [f64; 3],
    traps: u64,
}

const fn floor(language: &'static str, part: &'static str, f1: [f64; 3], traps: u64) -> Floor {
    Floor { language, part, f1, traps }
}

const FLOORS: [Floor; 14] = [
    floor("en", "development", [0.98, 0.97, 0.965], 2),
    floor("en", "scored", [0.88, 0.845, 0.815], 21),
    floor("es", "development", [0.975, 0.955, 0.955], 1),
    floor("es", "scored", [0.92, 0.89, 0.865], 4),
    floor("pt", "development", [0.97, 0.97, 0.955], 1),
    floor("pt", "scored", [0.86, 0.79, 0.755], 3),
    floor("fr", "development", [0.975, 0.955, 0.92], 1),
    floor("fr", "scored", [0.87, 0.82, 0.81], 5),
    floor("de", "development", [0.955, 0.955, 0.945], 2),
    floor("de", "scored", [0.885, 0.865, 0.795], 3),
    floor("ru", "development", [0.895, 0.845, 0.835], 1),
    floor("ru", "scored", [0.88, 0.83, 0.81], 2),
    floor("zh", "development", [0.95, 0.95, 0.935], 1),
    floor("zh", "scored", [0.935, 0.895, 0.89], 6),
];

fn eval(language: &str, part: &str) -> Value {
    let corpus = format!("{}/tests/corpus/{language}/statistics.jsonl", env!("CARGO_MANIFEST_DIR"));
    let output = finished(dateline().args(["eval", "--format", "json", "--part", part]).arg(corpus));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn labelled_text_is_read_as_well_as_it_was() {
    let mut below = Vec::new();
    for Floor { language, part, f1, traps } in FLOORS {
        let all = &eval(language, part)["all"];
        let name = format!("{language} {part}");
        println!("{name}: {all}");
        for (level, floor) in ["metric_value", "with_kind", "with_place"].into_iter().zip(f1) {
            let reached = all[level]["f1"].as_f64().unwrap();
            if reached < floor {
                below.push(format!("{name}: {level} {reached} is below {floor}"));
            }
        }
        let caught = all["traps"]["false"].as_u64().unwrap();
        if caught > traps {
            below.push(format!("{name}: {caught} false figures in traps, more than {traps}"));
        }
    }
    assert!(below.is_empty(), "{}", below.join("\n"));
}

#[test]
fn eval_says_how_many_and_how_sure() {
    let all = eval("en", "development")["all"].clone();
    let [low, high] = [0, 1].map(|n| all["metric_value"]["interval"][n].as_f64().unwrap());
    let f1 = all["metric_value"]["f1"].as_f64().unwrap();
    assert!(low < f1 && f1 < high && high - low < 0.1, "{all}");
    assert!(all["expected"].as_u64().unwrap() > 700 && all["traps"]["passages"].as_u64().unwrap() > 100);
    let broken = finished(dateline().args(["eval", "Cargo.toml"]).current_dir(env!("CARGO_MANIFEST_DIR")));
    assert_eq!(broken.status.code(), Some(65));
    assert!(String::from_utf8_lossy(&broken.stderr).contains("Cargo.toml:1"));
}

/// Each number is there once, with what became of it.
#[test]
fn explain_says_what_became_of_every_number() {
    let text = "Latvia reported 227 new coronavirus cases on Tuesday, 14 days after its 3 hospitals reopened.\\n\\n\
                The country of 1.9 million now counts 11,304 cases, 12 percent more than a month ago.";
    let document =
        format!("{{\"id\":\"a\",\"language\":\"en\",\"published\":\"2020-11-18T09:00:00Z\",\"text\":\"{text}\"}}");
    let mut command = dateline();
    let output = fed(command.args(["explain", "--from", "ndjson", "--format", "ndjson"]), document.as_bytes());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let line = &lines(&output.stdout)[0];
    let numbers = line["numbers"].as_array().unwrap();
    let body: Vec<char> = line["body"].as_str().unwrap().chars().collect();
    let mut told = Vec::new();
    for number in numbers {
        let [start, end] = ["start", "end"].map(|key| number[key].as_u64().unwrap() as usize);
        assert_eq!(body[start..end].iter().collect::<String>(), number["text"].as_str().unwrap());
        told.push((number["text"].as_str().unwrap(), number.get("observation").is_some()));
        assert!(number.get("observation").is_some() || number["left_out"].as_str().is_some_and(|why| !why.is_empty()));
    }
    let expected =
        [("227", true), ("14", false), ("3", false), ("1.9 million", false), ("11,304", true), ("12 percent", false)];
    assert_eq!(told, expected);
    let mut command = dateline();
    let output = fed(command.args(["explain", "--from", "ndjson", "--format", "pretty"]), document.as_bytes());
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains("[1] 227") && page.contains("left out: unit"), "{page}");
}
