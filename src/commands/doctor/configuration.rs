//! The configuration, problem by problem, with the line it stands in and a caret under the place.

use super::finding::Finding;
use crate::config::{Place, Problem, Problems};

pub(super) fn problems(problems: &Problems) -> Vec<Finding> {
    problems.0.iter().map(finding).collect()
}

fn finding(problem: &Problem) -> Finding {
    let Place::File { path, line, column } = &problem.place else {
        return Finding::problem("configuration", problem.to_string(), "");
    };
    let mut words = problem.to_string();
    let text = std::fs::read_to_string(path).unwrap_or_default();
    if let Some(written) = text.lines().nth(line.saturating_sub(1)) {
        let number = line.to_string();
        // Tabs stay tabs, so that the caret stands under its character whatever they are worth.
        let before: String =
            written.chars().take(column.saturating_sub(1)).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let shown = if may_be_secret(&problem.key) { written.split('=').next().unwrap_or_default() } else { written };
        words.push_str(&format!("\n{number} | {shown}\n{} | {before}^", " ".repeat(number.len())));
    }
    Finding::problem("configuration", words, "")
}

/// Settings passed through to the broker's client hold passwords; addresses hold tokens.
fn may_be_secret(key: &str) -> bool {
    key.contains("librdkafka") || key.ends_with("url")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caret_stands_under_the_place_and_secrets_are_not_shown() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("dateline.toml");
        std::fs::write(&path, "[fetch]\n\tjitter = \"much\"\n\"sasl.password\" = 12345\n").unwrap();
        let at = |line, column, key: &str| {
            let place = Place::File { path: path.clone(), line, column };
            finding(&Problem { place, key: key.to_owned(), message: "wrong".to_owned() }).words
        };
        let words = at(2, 11, "fetch.jitter");
        assert!(words.ends_with("fetch.jitter: wrong\n2 | \tjitter = \"much\"\n  | \t         ^"), "{words}");
        let words = at(3, 19, "publish.kafka.librdkafka.sasl.password");
        assert!(words.contains("\"sasl.password\"") && !words.contains("12345"), "{words}");
    }
}
