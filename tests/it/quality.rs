//! How well labelled text is read may only rise: a drop below a floor fails. The floors are what was reached, less the
//! noise of a label or two; `docs/LANGUAGES.md` has the figures.

use crate::harness::{dateline, fed, finished, lines};
use serde_json::Value;

/// A part of a corpus of a language; F1 of metric and value, also with kind, also with place; false figures in trap passages.
struct Floor {
    corpus: &'static str,
    part: &'static str,
    f1: [f64; 3],
    traps: u64,
}

const fn floor(corpus: &'static str, part: &'static str, f1: [f64; 3], traps: u64) -> Floor {
    Floor { corpus, part, f1, traps }
}

/// Corpora without parts are of the development.
const FLOORS: [Floor; 113] = [
    floor("en/covid", "", [0.99, 0.99, 0.99], 0),
    floor("en/covid-agencies", "", [0.995, 0.990, 0.990], 0),
    floor("en/covid-fresh", "", [0.995, 0.975, 0.975], 0),
    floor("en/statistics", "development", [0.975, 0.970, 0.960], 9),
    floor("en/statistics-scored", "scored", [0.945, 0.930, 0.915], 22),
    floor("en/statistics-unlike", "development", [0.915, 0.875, 0.850], 2),
    floor("en/statistics-unlike-scored", "scored", [0.910, 0.820, 0.780], 2),
    floor("en/statistics-voices", "development", [0.860, 0.800, 0.765], 1),
    floor("en/statistics-tallies", "development", [0.920, 0.905, 0.875], 1),
    floor("en/statistics-tallies-scored", "scored", [0.880, 0.830, 0.790], 1),
    floor("en/statistics-reports", "development", [0.870, 0.820, 0.770], 1),
    floor("en/statistics-reports-scored", "scored", [0.760, 0.680, 0.570], 2),
    floor("en/statistics-asia", "development", [0.900, 0.865, 0.835], 1),
    floor("en/statistics-asia-scored", "scored", [0.870, 0.820, 0.790], 1),
    floor("en/statistics-desks", "development", [0.905, 0.880, 0.845], 2),
    floor("en/statistics-desks-scored", "scored", [0.835, 0.815, 0.765], 1),
    floor("en/statistics-bulletins", "development", [0.845, 0.810, 0.760], 2),
    floor("en/statistics-bulletins-scored", "scored", [0.885, 0.845, 0.730], 1),
    floor("en/statistics-features", "development", [0.805, 0.765, 0.690], 5),
    floor("en/statistics-features-scored", "scored", [0.700, 0.645, 0.540], 2),
    floor("en/statistics-rough", "development", [0.785, 0.740, 0.630], 1),
    floor("en/statistics-rough-scored", "scored", [0.660, 0.585, 0.490], 1),
    floor("en/statistics-anglo", "development", [0.930, 0.885, 0.860], 1),
    floor("en/statistics-world-scored", "scored", [0.940, 0.915, 0.885], 1),
    floor("en/statistics-europe", "development", [0.920, 0.900, 0.860], 4),
    floor("en/statistics-europe-scored", "scored", [0.825, 0.785, 0.705], 1),
    floor("en/statistics-americas", "development", [0.905, 0.880, 0.830], 3),
    floor("en/statistics-americas-scored", "scored", [0.815, 0.755, 0.695], 1),
    floor("en/statistics-africa", "development", [0.875, 0.845, 0.810], 1),
    floor("en/statistics-africa-scored", "scored", [0.880, 0.820, 0.735], 1),
    floor("en/statistics-subcontinent", "development", [0.920, 0.900, 0.870], 3),
    floor("en/statistics-subcontinent-scored", "scored", [0.870, 0.845, 0.815], 1),
    floor("en/statistics-mideast", "development", [0.925, 0.910, 0.855], 1),
    floor("en/statistics-mideast-scored", "scored", [0.835, 0.760, 0.685], 1),
    floor("en/statistics-wires", "development", [0.895, 0.870, 0.825], 4),
    floor("en/statistics-wires-scored", "scored", [0.880, 0.835, 0.800], 1),
    floor("en/statistics-eastasia", "development", [0.930, 0.910, 0.875], 6),
    floor("en/statistics-eastasia-scored", "scored", [0.870, 0.805, 0.770], 1),
    floor("en/statistics-dailies", "development", [0.955, 0.935, 0.905], 3),
    floor("en/statistics-counties", "development", [0.920, 0.890, 0.845], 1),
    floor("en/statistics-longreads", "development", [0.860, 0.815, 0.650], 2),
    floor("en/statistics-copy", "development", [0.850, 0.805, 0.750], 1),
    floor("en/statistics-asiapacific", "development", [0.925, 0.905, 0.875], 0),
    floor("en/statistics-eurasia", "development", [0.930, 0.915, 0.875], 0),
    floor("en/statistics-midafrica", "development", [0.940, 0.915, 0.860], 0),
    floor("en/statistics-newworld", "development", [0.925, 0.895, 0.855], 0),
    floor("en/statistics-ministries", "development", [0.880, 0.840, 0.805], 0),
    floor("en/statistics-passing", "development", [0.920, 0.870, 0.745], 0),
    floor("en/statistics-wards", "development", [0.870, 0.845, 0.815], 1),
    floor("en/statistics-roundups", "development", [0.910, 0.880, 0.820], 7),
    floor("en/statistics-background", "development", [0.910, 0.885, 0.810], 6),
    floor("en/statistics-ragged", "development", [0.815, 0.770, 0.665], 0),
    floor("en/statistics-narratives", "development", [0.780, 0.720, 0.565], 0),
    floor("en/statistics-hospitals", "development", [0.865, 0.825, 0.730], 1),
    floor("en/statistics-rankings", "development", [0.920, 0.900, 0.825], 0),
    floor("en/statistics-incidences", "development", [0.900, 0.870, 0.855], 0),
    floor("en/statistics-breakdowns", "development", [0.935, 0.910, 0.810], 1),
    floor("en/statistics-stages", "development", [0.910, 0.885, 0.835], 0),
    floor("en/statistics-locals", "development", [0.830, 0.795, 0.670], 0),
    floor("en/statistics-national", "development", [0.945, 0.920, 0.895], 0),
    floor("en/statistics-feeds", "development", [0.815, 0.765, 0.665], 0),
    floor("en/statistics-tables", "development", [0.885, 0.850, 0.820], 0),
    floor("en/statistics-analyses", "development", [0.840, 0.790, 0.710], 2),
    floor("en/statistics-spoken", "development", [0.870, 0.800, 0.725], 0),
    floor("en/statistics-everyday", "development", [0.910, 0.885, 0.815], 0),
    floor("en/statistics-deceiving", "development", [0.000, 0.000, 0.000], 32),
    floor("en/statistics-continent", "development", [0.920, 0.905, 0.880], 1),
    floor("en/statistics-southasia", "development", [0.940, 0.920, 0.890], 1),
    floor("en/statistics-provincial", "development", [0.920, 0.870, 0.770], 6),
    floor("en/statistics-africamideast", "development", [0.955, 0.940, 0.900], 0),
    floor("en/statistics-pacific", "development", [0.940, 0.905, 0.855], 0),
    floor("en/statistics-latin", "development", [0.920, 0.915, 0.875], 1),
    floor("en/statistics-briefings", "development", [0.905, 0.870, 0.740], 5),
    floor("en/statistics-tempting", "development", [0.810, 0.735, 0.700], 3),
    floor("en/statistics-republics", "development", [0.965, 0.950, 0.935], 2),
    floor("en/statistics-fareast", "development", [0.965, 0.935, 0.935], 2),
    floor("en/statistics-worldwire", "development", [0.950, 0.930, 0.880], 1),
    floor("en/statistics-homedesks", "development", [0.965, 0.950, 0.935], 1),
    floor("en/statistics-southwires", "development", [0.975, 0.970, 0.955], 0),
    floor("en/statistics-institutes", "development", [0.940, 0.915, 0.905], 10),
    floor("en/statistics-governors", "development", [0.965, 0.925, 0.890], 0),
    floor("en/statistics-prefectures", "development", [0.965, 0.930, 0.895], 0),
    floor("en/statistics-factboxes", "development", [0.950, 0.930, 0.890], 1),
    floor("en/statistics-townships", "development", [0.935, 0.920, 0.905], 1),
    floor("en/statistics-districts", "development", [0.960, 0.955, 0.945], 0),
    floor("en/statistics-healthweeks", "development", [0.935, 0.915, 0.905], 0),
    floor("en/statistics-sidelines", "development", [0.930, 0.920, 0.890], 0),
    floor("en/statistics-outbreaks", "development", [0.925, 0.875, 0.835], 0),
    floor("en/statistics-lakhs", "development", [0.965, 0.940, 0.920], 0),
    floor("en/statistics-clusters", "development", [0.970, 0.955, 0.935], 0),
    floor("en/statistics-exam4-scored", "scored", [0.935, 0.915, 0.880], 1),
    floor("en/statistics-exam5-scored", "scored", [0.960, 0.950, 0.910], 0),
    floor("en/statistics-standings", "development", [0.970, 0.945, 0.900], 2),
    floor("en/statistics-orders-scored", "scored", [0.960, 0.940, 0.875], 1),
    floor("en/statistics-beats-scored", "scored", [0.000, 0.000, 0.000], 1),
    floor("en/statistics-mixed-scored", "scored", [0.840, 0.790, 0.735], 6),
    floor("en/statistics-deceiving-scored", "scored", [0.000, 0.000, 0.000], 7),
    floor("en/statistics-situation-scored", "scored", [0.860, 0.810, 0.740], 1),
    floor("en/statistics-exam3-scored", "scored", [0.945, 0.910, 0.860], 4),
    floor("en/statistics-exam2-scored", "scored", [0.930, 0.920, 0.910], 2),
    floor("en/statistics-exam-scored", "scored", [0.925, 0.900, 0.865], 3),
    floor("es/statistics", "development", [0.985, 0.965, 0.965], 1),
    floor("es/statistics", "scored", [0.935, 0.905, 0.875], 3),
    floor("pt/statistics", "development", [0.975, 0.975, 0.960], 1),
    floor("pt/statistics", "scored", [0.925, 0.865, 0.830], 3),
    floor("fr/statistics", "development", [0.985, 0.965, 0.950], 1),
    floor("fr/statistics", "scored", [0.945, 0.900, 0.890], 5),
    floor("de/statistics", "development", [0.965, 0.965, 0.955], 1),
    floor("de/statistics", "scored", [0.905, 0.890, 0.825], 3),
    floor("ru/statistics", "development", [0.960, 0.915, 0.915], 1),
    floor("ru/statistics", "scored", [0.905, 0.860, 0.845], 1),
    floor("zh/statistics", "development", [0.995, 0.995, 0.980], 1),
    floor("zh/statistics", "scored", [0.945, 0.910, 0.905], 5),
];

/// How often other fields are right among matches whose label says what they are, over the English text that is only scored.
const FIELDS: [(&str, f64); 6] =
    [("as_of", 0.89), ("period", 0.93), ("qualifier", 0.985), ("status", 0.985), ("per", 0.965), ("subset", 0.66)];

fn eval(corpus: &str, part: &str) -> Value {
    let part = if part.is_empty() { vec![] } else { vec!["--part", part] };
    let corpus = format!("{}/tests/corpus/{corpus}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let output = finished(dateline().args(["eval", "--format", "json"]).args(part).arg(corpus));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn labelled_text_is_read_as_well_as_it_was() {
    let mut below = Vec::new();
    let mut fields = [[0.0; 2]; FIELDS.len()];
    for Floor { corpus, part, f1, traps } in FLOORS {
        let all = &eval(corpus, part)["all"];
        let name = format!("{corpus} {part}");
        println!("{name}: {all}");
        for (level, floor) in ["metric_value", "with_kind", "with_place"].into_iter().zip(f1) {
            let reached = all[level]["f1"].as_f64().unwrap();
            if reached < floor {
                below.push(format!("{name}: {level} {reached} is below {floor}"));
            }
        }
        for (told, (field, _)) in
            fields.iter_mut().zip(FIELDS).filter(|_| part == "scored" && corpus.starts_with("en/"))
        {
            let one = &all["fields"][field];
            let [right, of] = ["right", "of"].map(|key| one[key].as_f64().unwrap_or_default());
            *told = [told[0] + right, told[1] + of];
        }
        let caught = all["traps"]["false"].as_u64().unwrap();
        if caught > traps {
            below.push(format!("{name}: {caught} false figures in traps, more than {traps}"));
        }
    }
    for ([right, of], (field, floor)) in fields.into_iter().zip(FIELDS) {
        println!("{field}: {right} of {of}");
        if right < floor * of {
            below.push(format!("{field}: {right} of {of} are right, less than {floor}"));
        }
    }
    assert!(below.is_empty(), "{}", below.join("\n"));
}

/// Names and values of the corpus' part that nothing was trained on, by row of the report: of the files that were first,
/// and of those that came later.
const NAMES: [(&str, f64, f64); 8] = [
    ("names", 0.86, 0.845),
    ("person", 0.885, 0.88),
    ("organisation", 0.80, 0.77),
    ("place", 0.89, 0.855),
    ("date", 0.93, 0.925),
    ("money", 0.945, 0.86),
    ("percent", 0.935, 0.87),
    ("duration", 0.89, 0.82),
];

/// The countries of places, and the days of dates, among exact matches.
const AGREEMENT: [(&str, f64, f64); 2] = [("country of places", 0.945, 0.895), ("date", 0.885, 0.88)];

const FIRST: [&str; 7] = ["agency", "asia", "business", "classic", "local", "south", "sport"];
const LATER: [&str; 8] = ["agency2", "agency3", "classic2", "classic3", "local2", "papers2", "papers3", "web2"];

/// Names in other languages that the fast tagger finds, and the countries of places among them.
const FOREIGN: [(&str, f64, f64); 4] =
    [("es", 0.78, 0.87), ("fr", 0.755, 0.89), ("de", 0.76, 0.84), ("ru", 0.745, 0.93)];

/// Values in other languages, F1: dates, money, percentages, lengths.
const FOREIGN_VALUES: [(&str, [f64; 4]); 4] = [
    ("es", [0.89, 0.85, 0.82, 0.87]),
    ("fr", [0.93, 0.74, 0.93, 0.84]),
    ("de", [0.93, 0.87, 0.96, 0.79]),
    ("ru", [0.96, 0.91, 0.95, 0.88]),
];

/// Values in text written for them: money and percentages in their many forms, and newswire of three kinds ("values2").
const FORMS: [(&str, &str, f64); 9] = [
    ("en/values", "money", 0.96),
    ("en/values", "percent", 0.97),
    ("en/values2", "date", 0.93),
    ("en/values2", "duration", 0.92),
    ("en/values2", "money", 0.95),
    ("en/values2", "percent", 0.94),
    ("en/percent", "percent", 0.96),
    ("pt/values", "money", 0.96),
    ("pt/values", "percent", 0.96),
];

/// Speech in quotation marks and speech that is told, F1, and the share of right speakers among matches.
const SPEECH: [(&str, f64, f64, f64); 6] = [
    ("en", 0.95, 0.92, 0.99),
    ("es", 0.95, 0.94, 0.85),
    ("pt", 0.99, 0.99, 0.60),
    ("fr", 0.99, 0.94, 0.90),
    ("de", 0.99, 0.94, 0.90),
    ("ru", 0.99, 0.91, 0.95),
];

fn names(tagger: &str, files: &[String]) -> Value {
    let mut command = dateline();
    command.args(["eval", "--format", "json", "--part", "held", "--entities", tagger]);
    command.args(files.iter().map(|file| format!("{}/tests/corpus/{file}.txt", env!("CARGO_MANIFEST_DIR"))));
    let output = finished(&mut command);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["names"].clone()
}

#[test]
fn names_and_values_are_found_as_well_as_they_were() {
    let mut below = Vec::new();
    for (files, later) in [(FIRST.as_slice(), false), (LATER.as_slice(), true)] {
        let files: Vec<String> = files.iter().map(|file| format!("entities/{file}")).collect();
        let report = names("fast", &files);
        println!("{report}");
        let floor = |first: f64, of_later: f64| if later { of_later } else { first };
        for (row, first, of_later) in NAMES {
            let reached = report["types"][row]["f1"].as_f64().unwrap();
            if reached < floor(first, of_later) {
                below.push(format!("{row}: {reached} is below {}", floor(first, of_later)));
            }
        }
        for (question, first, of_later) in AGREEMENT {
            let [right, of] = ["right", "of"].map(|key| report["agreement"][question][key].as_f64().unwrap());
            if right / of < floor(first, of_later) {
                below.push(format!("{question}: {right} of {of} is below {}", floor(first, of_later)));
            }
        }
    }
    for (language, floor, countries) in FOREIGN {
        let report = names("fast", &[format!("{language}/names")]);
        println!("{language} {report}");
        let reached = report["types"]["names"]["f1"].as_f64().unwrap();
        let [right, of] = ["right", "of"].map(|key| report["agreement"]["country of places"][key].as_f64().unwrap());
        if reached < floor || right / of < countries {
            below.push(format!("{language}: names {reached}, countries {right} of {of}, not {floor} and {countries}"));
        }
        let floors = FOREIGN_VALUES.iter().find(|(code, _)| *code == language).unwrap().1;
        for (row, floor) in ["date", "money", "percent", "duration"].into_iter().zip(floors) {
            let reached = report["types"][row]["f1"].as_f64().unwrap();
            if reached < floor {
                below.push(format!("{language}: {row} {reached} is below {floor}"));
            }
        }
    }
    for (file, row, floor) in FORMS {
        let report = names("fast", &[file.to_owned()]);
        println!("{file} {report}");
        let reached = report["types"][row]["f1"].as_f64().unwrap();
        if reached < floor {
            below.push(format!("{file} by forms: {row} {reached} is below {floor}"));
        }
    }
    // The encoder takes seconds a story in a build without optimisation: a few stories must do.
    let accurate = names("accurate", &["entities/local".to_owned()]);
    println!("{accurate}");
    let reached = accurate["types"]["names"]["f1"].as_f64().unwrap();
    if reached < ACCURATE {
        below.push(format!("accurate: {reached} is below {ACCURATE}"));
    }
    assert!(below.is_empty(), "{}", below.join("\n"));
}

#[test]
fn speech_and_its_speakers_are_found_as_well_as_they_were() {
    let mut below = Vec::new();
    for (language, quoted, told, speakers) in SPEECH {
        let report = names("fast", &[format!("{language}/quotes")]);
        println!("{language} {report}");
        let f1 = |row: &str| report["types"][row]["f1"].as_f64().unwrap();
        let [right, of] = ["right", "of"].map(|key| report["agreement"]["speaker"][key].as_f64().unwrap());
        let reached = [f1("quote"), f1("told"), right / of];
        if reached.iter().zip([quoted, told, speakers]).any(|(reached, floor)| *reached < floor) {
            below.push(format!("{language}: {reached:?}, not {quoted}, {told} and {speakers}"));
        }
    }
    assert!(below.is_empty(), "{}", below.join("\n"));
}

/// Names that the accurate tagger finds in `local.txt`.
const ACCURATE: f64 = 0.87;

/// What of the held stories goes back where it should: copies' precision and recall over pairs, stories' precision and
/// recall, originals that were taken for something else.
#[test]
fn copies_and_stories_are_found_as_well_as_they_were() {
    let mut command = dateline();
    command.args(["eval", "--format", "json", "--part", "held"]);
    command.args(
        ["held", "alike", "embedded"]
            .map(|file| format!("{}/tests/corpus/stories/{file}.jsonl", env!("CARGO_MANIFEST_DIR"))),
    );
    let output = finished(&mut command);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let [story, alike, embedded] = ["story", "look-alike", "embedded"].map(|style| &report["links"][style]);
    println!("{story}\n{alike}\n{embedded}");
    let of = |value: &Value| value.as_f64().unwrap();
    assert!(of(&story["copies"]["precision"]) >= 0.995 && of(&story["copies"]["recall"]) >= 0.88);
    assert!(of(&story["stories"]["precision"]) >= 0.98 && of(&story["stories"]["recall"]) >= 0.7);
    assert!(of(&story["merged"]["originals"]) < 1.0 && of(&alike["merged"]["originals"]) <= 2.0);
    let linked = |style: &Value| -> f64 {
        style["relations"].as_object().unwrap().values().map(|relation| of(&relation["linked"])).sum()
    };
    assert!(linked(story) >= 132.0, "{} of 142 copies and new versions are linked", linked(story));
    assert!(linked(embedded) >= 12.0, "{} of 13 passages are found", linked(embedded));
}

/// Texts of one form that name no day: originals taken for copies, and copies that are found, of 428.
#[test]
fn undated_look_alikes_are_told_apart_as_well_as_they_were() {
    let mut command = dateline();
    command.args(["eval", "--format", "json"]);
    command.args(
        ["forms", "notices"].map(|file| format!("{}/tests/corpus/stories/{file}.jsonl", env!("CARGO_MANIFEST_DIR"))),
    );
    let output = finished(&mut command);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let alike = &report["links"]["look-alike"];
    assert_eq!(alike["merged"]["originals"], 0, "{alike}");
    let relations = alike["relations"].as_object().unwrap().values();
    let linked: f64 = relations.map(|relation| relation["linked"].as_f64().unwrap()).sum();
    assert!(linked >= 402.0, "{linked} of 428 copies are linked");
}

#[test]
fn the_patterns_of_the_specification_hold_where_they_are_at_hand() {
    let patterns = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/spec/covid-patterns.jsonl");
    if std::fs::exists(patterns).unwrap() {
        let output = finished(dateline().args(["eval", "--failures", patterns]));
        let report = String::from_utf8(output.stdout).unwrap();
        // A failure is told before the table.
        assert!(output.status.success() && report.starts_with("style"), "{report}");
    }
}

#[test]
fn eval_says_how_many_and_how_sure() {
    let all = eval("en/statistics", "development")["all"].clone();
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
