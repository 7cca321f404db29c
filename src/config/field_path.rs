//! A path into a record: `items[0].headline`, `covid.observations[metric=deaths,location=Estonia].value`.
//!
//! Comes in: a path as an operator writes it, and a JSON value. Goes out: the values that stand there. An element of a
//! list is named by its number or by what its members say; a member that is an object says what any of its own members
//! say, so that `location=Estonia` finds the location of that name.

use serde_json::Value;
use std::str::FromStr;

/// A path, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Index(usize),
    Where(Vec<(String, String)>),
}

impl FromStr for FieldPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            |what: &str| format!("no path ({what}): write for example \"covid.observations[metric=deaths].value\"");
        let mut steps = Vec::new();
        let mut rest = text;
        loop {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, tail) = rest.split_at(end);
            if name.is_empty() || name.contains([']', ' ']) {
                return Err(wrong("a name is missing"));
            }
            steps.push(Step::Field(name.to_owned()));
            rest = tail;
            while let Some(tail) = rest.strip_prefix('[') {
                let (inner, tail) = until_bracket(tail).ok_or_else(|| wrong("a ] is missing"))?;
                steps.push(selector(inner).ok_or_else(|| wrong("between [ and ] stands a number or name=value"))?);
                rest = tail;
            }
            match rest.strip_prefix('.') {
                Some(tail) => rest = tail,
                None if rest.is_empty() => return Ok(Self(steps)),
                None => return Err(wrong("after ] comes a dot")),
            }
        }
    }
}

/// What stands before the bracket that closes, and behind it; brackets between quotation marks are text.
fn until_bracket(text: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let at = text.find(|c| {
        quoted ^= c == '"';
        c == ']' && !quoted
    })?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

fn selector(inner: &str) -> Option<Step> {
    if let Ok(index) = inner.parse() {
        return Some(Step::Index(index));
    }
    let mut quoted = false;
    let parts = inner.split(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let pair = |part: &str| {
        let (name, value) = part.split_once('=')?;
        let name = name.trim();
        (!name.is_empty()).then(|| (name.to_owned(), value.trim().trim_matches('"').to_owned()))
    };
    parts.map(pair).collect::<Option<Vec<_>>>().map(Step::Where)
}

impl FieldPath {
    /// The values that stand there; null is none.
    pub fn find<'v>(&self, root: &'v Value) -> Vec<&'v Value> {
        let mut found = vec![root];
        for step in &self.0 {
            found = found.into_iter().flat_map(|value| step.take(value)).filter(|value| !value.is_null()).collect();
        }
        found
    }

    /// How many there are: the elements of one list, unless the path itself chooses among them, else the values.
    pub fn count(&self, root: &Value) -> usize {
        match (self.find(root).as_slice(), self.0.last()) {
            ([Value::Array(elements)], Some(Step::Field(_))) => elements.len(),
            (found, _) => found.len(),
        }
    }
}

impl Step {
    fn take<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match self {
            Step::Field(name) => value.get(name).into_iter().collect(),
            Step::Index(index) => value.get(index).into_iter().collect(),
            Step::Where(wanted) => {
                let elements = value.as_array().map(Vec::as_slice).unwrap_or_default();
                let fits = |element: &&Value| wanted.iter().all(|(name, text)| says(element.get(name), text));
                elements.iter().filter(fits).collect()
            }
        }
    }
}

/// Whether a member is this, or has a member that is.
fn says(member: Option<&Value>, text: &str) -> bool {
    match member {
        Some(Value::Object(members)) => members.values().any(|value| is(value, text)),
        Some(value) => is(value, text),
        None => text == "null",
    }
}

fn is(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string == text,
        Value::Number(number) => number.to_string() == text,
        Value::Bool(holds) => text == if *holds { "true" } else { "false" },
        Value::Null => text == "null",
        Value::Object(_) | Value::Array(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(path: &str, expected: &[Value], count: usize) {
        let root = json!({
            "headline": "a, b]", "nothing": null,
            "covid": {"observations": [
                {"metric": "deaths", "value": 17, "location": {"name": "Estonia", "iso": "EE"}},
                {"metric": "cases", "value": 4, "location": {"name": "Latvia", "iso": null}, "says": "a, b]"},
                {"metric": "deaths", "value": 2, "location": null},
            ]},
        });
        let path: FieldPath = path.parse().unwrap_or_else(|problem| panic!("{path}: {problem}"));
        let found: Vec<Value> = path.find(&root).into_iter().cloned().collect();
        assert_eq!((found.as_slice(), path.count(&root)), (expected, count));
    }

    #[test]
    fn elements_are_named_by_number_or_by_what_they_say() {
        check("headline", &[json!("a, b]")], 1);
        check("nothing", &[], 0);
        check("covid.observations[1].value", &[json!(4)], 1);
        check("covid.observations[9].value", &[], 0);
        check("covid.observations[metric=deaths,location=Estonia].value", &[json!(17)], 1);
        check("covid.observations[location=EE].value", &[json!(17)], 1);
        check("covid.observations[metric=deaths].value", &[json!(17), json!(2)], 2);
        check("covid.observations[metric=deaths][0]", &[], 0);
        check("covid.observations[says=\"a, b]\"].value", &[json!(4)], 1);
        check("covid.observations[value=2].metric", &[json!("deaths")], 1);
        let root = json!({"covid": {"observations": [1, 2, 3]}});
        assert_eq!("covid.observations".parse::<FieldPath>().unwrap().count(&root), 3);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in ["", ".a", "a..b", "a[", "a[]", "a[b]", "a[=b]", "a[0]b", "a.", "a b"] {
            assert!(path.parse::<FieldPath>().is_err(), "{path}");
        }
    }
}
