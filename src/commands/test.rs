//! `dateline test`: runs the `[[tests]]` of the configuration over the stages of `process`, and says of each whether it
//! holds, and if not, where what stands is not what was expected.

use super::{
    audit::complain,
    exit, load,
    process::Bench,
    put, refuse,
    show::{Style, Tone},
};
use crate::{
    cli::{ReportFormat, Test},
    config::{Case, FieldPath, Flags},
};
use regex::Regex;
use serde_json::{Value, json};
use std::{fs, str::FromStr};

/// The longest value that is shown of what was found.
const SHOWN: usize = 300;

/// One thing that is not as expected.
#[derive(Debug, PartialEq)]
struct Failure {
    /// Where; empty when nothing came out at all.
    path: String,
    expected: String,
    found: String,
}

pub(super) fn run(given: &Test) -> u8 {
    let config = match load(&Flags::from(&given.configuration)) {
        Ok(loaded) if loaded.unread.0.is_empty() => loaded.config,
        Ok(loaded) => return refuse(&loaded.unread),
        Err(problems) => return refuse(&problems),
    };
    let is_wanted = |case: &&Case| given.names.is_empty() || given.names.iter().any(|name| case.name.contains(name));
    let cases: Vec<Case> = config.tests.iter().filter(is_wanted).cloned().collect();
    if cases.is_empty() {
        complain("there is no such test: write [[tests]] blocks into the configuration");
        return exit::NO_INPUT;
    }
    let mut bench = Bench::new(config);
    let mut results = Vec::new();
    for case in &cases {
        let failures = failures(&mut bench, case);
        if given.format == ReportFormat::Text {
            tell(case, &failures);
        }
        results.push((case, failures));
    }
    let failed = results.iter().filter(|(_, failures)| !failures.is_empty()).count();
    let ok = results.len() - failed;
    match given.format {
        ReportFormat::Text => put(format_args!("{ok} ok, {failed} failed")),
        ReportFormat::Json => {
            let tests: Vec<Value> = results.iter().map(|(case, failures)| report(case, failures)).collect();
            put(format_args!("{:#}", json!({ "ok": ok, "failed": failed, "tests": tests })));
        }
    }
    if failed == 0 { exit::DONE } else { exit::FAILED }
}

fn tell(case: &Case, failures: &[Failure]) {
    let style = Style::of_stdout();
    let (tone, word) = if failures.is_empty() { (Tone::Good, "ok    ") } else { (Tone::Bad, "FAILED") };
    put(format_args!("{}  {}", style.paint(tone, word), style.paint(Tone::Plain, &case.name)));
    for Failure { path, expected, found } in failures {
        let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
        let line = format!("{path}expected {expected}, found {found}");
        put(format_args!("        {}", style.paint(Tone::Plain, &line.replace('\n', "\\n"))));
    }
}

fn report(case: &Case, failures: &[Failure]) -> Value {
    let failures: Vec<Value> = failures
        .iter()
        .map(|Failure { path, expected, found }| json!({ "path": path, "expected": expected, "found": found }))
        .collect();
    json!({ "name": case.name, "ok": failures.is_empty(), "failures": failures })
}

fn failures(bench: &mut Bench, case: &Case) -> Vec<Failure> {
    let input = match (&case.input, &case.file) {
        (Some(text), _) => Ok(text.clone().into_bytes()),
        (None, Some(file)) => fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display())),
        (None, None) => Ok(Vec::new()),
    };
    match input.and_then(|bytes| bench.run(case, bytes)) {
        Ok(value) => compare(case, &value),
        Err(found) => vec![Failure { path: String::new(), expected: "a record".to_owned(), found }],
    }
}

/// Everything that is not as the test says.
fn compare(case: &Case, value: &Value) -> Vec<Failure> {
    let mut failures = Vec::new();
    let mut check = |path: &str, expected: String, holds: &dyn Fn(&FieldPath) -> bool| {
        // The configuration has read every path and pattern before.
        let Ok(read) = FieldPath::from_str(path) else { return };
        if !holds(&read) {
            failures.push(Failure { path: path.to_owned(), expected, found: shown(&read, value) });
        }
    };
    for (path, expected) in &case.expect {
        let holds = |path: &FieldPath| matches!(path.find(value).as_slice(), [found] if is(found, expected));
        check(path, expected.to_string(), &holds);
    }
    for (path, pattern) in &case.matches {
        let Ok(regex) = Regex::new(pattern) else { continue };
        let fits = |found: &Value| found.as_str().is_some_and(|text| regex.is_match(text));
        let holds = |path: &FieldPath| matches!(path.find(value).as_slice(), [found] if fits(found));
        check(path, format!("text that matches {pattern}"), &holds);
    }
    for (path, count) in &case.count {
        check(path, format!("{count} of them"), &|path| path.count(value) == *count);
    }
    for path in &case.absent {
        check(path, "nothing".to_owned(), &|path| path.find(value).is_empty());
    }
    failures
}

fn shown(path: &FieldPath, value: &Value) -> String {
    let text = match path.find(value).as_slice() {
        [] => "nothing".to_owned(),
        [Value::Array(elements)] => format!("{} of them: {}", elements.len(), json!(elements)),
        [one] => one.to_string(),
        several => format!("{} of them: {}", several.len(), json!(several)),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Whether what was found is what was expected; of an object only the members that are named count.
fn is(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(found), Value::Number(expected)) => {
            found == expected || found.as_f64().is_some_and(|found| Some(found) == expected.as_f64())
        }
        (Value::Object(found), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| found.get(name).is_some_and(|found| is(found, value)))
        }
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len() && found.iter().zip(expected).all(|(found, expected)| is(found, expected))
        }
        _ => found == expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize as _;

    #[track_caller]
    fn check(expectations: &str, expected: &[&str]) {
        let block: toml::Value = toml::from_str(&format!("name = \"a\"\n{expectations}")).unwrap();
        let case = Case::deserialize(block).unwrap();
        let value = json!({
            "headline": "Norway counts 17 deaths", "language": null, "words": [1, 2.0], "day": "2020-10-06",
            "covid": {"observations": [{"value": 17, "location": {"name": "Norway", "iso": "NO"}}, {"value": 4}]},
        });
        let words = |failure: Failure| format!("{}: {}, {}", failure.path, failure.expected, failure.found);
        let found: Vec<String> = compare(&case, &value).into_iter().map(words).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_not_as_expected_is_named() {
        check("[expect]\nheadline = \"Norway counts 17 deaths\"\nwords = [1, 2]\nday = 2020-10-06\n", &[]);
        check("[expect]\n\"covid.observations[0]\" = { value = 17.0, location = { iso = \"NO\" } }", &[]);
        check("[expect]\n\"covid.observations[0].value\" = 18", &["covid.observations[0].value: 18, 17"]);
        check("[expect]\nlanguage = \"en\"", &["language: \"en\", nothing"]);
        check("absent = [\"language\", \"covid.observations[value=9]\"]", &[]);
        check("absent = [\"covid.observations[value=4]\"]", &["covid.observations[value=4]: nothing, {\"value\":4}"]);
        check("[count]\n\"covid.observations\" = 2\n\"covid.observations[value=4]\" = 1", &[]);
        check("[count]\nwords = 3", &["words: 3 of them, 2 of them: [1,2.0]"]);
        check("[matches]\nheadline = '^Norway .* \\d+ deaths$'", &[]);
        check("[matches]\nwords = 'x'", &["words: text that matches x, 2 of them: [1,2.0]"]);
    }
}
