//! Pure: `Link` headers (RFC 8288) to targets and their relations.

use crate::model::Fetched;
use url::Url;

/// Links that are read from one response; more are hostile.
const MOST: usize = 100;

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// Absolute.
    pub(super) target: Url,
    /// Lower case, as many as were stated.
    pub(super) relations: Vec<String>,
    /// The media type of what it leads to, where that is stated.
    pub(super) media_type: Option<String>,
    /// What it is called.
    pub(super) title: Option<String>,
}

impl Link {
    pub(super) fn is(&self, relation: &str) -> bool {
        self.relations.iter().any(|stated| stated == relation)
    }
}

/// The links that the headers of a response state.
pub(super) fn of_headers(fetched: &Fetched) -> Vec<Link> {
    let Ok(base) = Url::parse(&fetched.url) else { return Vec::new() };
    let values = fetched.headers.iter().filter(|(name, _)| name == "link");
    values.flat_map(|(_, value)| read(value, &base)).take(MOST).collect()
}

/// Reads one header's value; what cannot be read costs that link alone.
fn read(value: &str, base: &Url) -> Vec<Link> {
    let mut links = Vec::new();
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, mut tail)) = after.split_once('>') else { break };
        let (mut relations, mut media_type, mut title) = (None, None, None);
        while let Some(after) = tail.trim_start().strip_prefix(';') {
            let (name, value, after) = parameter(after.trim_start());
            match name.to_ascii_lowercase().as_str() {
                // Of several the first holds (§3.3).
                "rel" => drop(relations.get_or_insert(value)),
                "type" => drop(media_type.get_or_insert(value.to_ascii_lowercase())),
                "title" => drop(title.get_or_insert(value)),
                _ => {}
            }
            tail = after;
        }
        rest = tail;
        let Ok(target) = base.join(target.trim()) else { continue };
        let relations = relations.unwrap_or_default().split_ascii_whitespace().map(str::to_ascii_lowercase).collect();
        links.push(Link { target, relations, media_type, title });
    }
    links
}

/// A parameter's name and value, and what follows it.
fn parameter(text: &str) -> (&str, String, &str) {
    let end = text.find(['=', ';', ',']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let Some(rest) = rest.strip_prefix('=') else { return (name.trim(), String::new(), rest) };
    let rest = rest.trim_start();
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find([';', ',']).unwrap_or(rest.len());
        let (value, rest) = rest.split_at(end);
        return (name.trim(), value.trim().to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => break,
            '\\' => value.extend(characters.next()),
            c => value.push(c),
        }
    }
    (name.trim(), value, characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: &[(&str, &str)]) {
        let links = read(value, &Url::parse("https://wire.example/feeds/all").unwrap());
        let found: Vec<(String, String)> =
            links.iter().map(|link| (link.target.to_string(), link.relations.join(" "))).collect();
        let expected: Vec<(String, String)> =
            expected.iter().map(|(target, relations)| ((*target).to_owned(), (*relations).to_owned())).collect();
        assert_eq!(found, expected, "{value}");
    }

    #[test]
    fn links_are_read_as_servers_write_them() {
        check(
            "<https://hub.example/>; rel=\"hub\", </feeds/all>;rel=self",
            &[("https://hub.example/", "hub"), ("https://wire.example/feeds/all", "self")],
        );
        check("<a>; rel=\"Self hub\"; rel=\"next\"", &[("https://wire.example/feeds/a", "self hub")]);
        check(
            "<https://hub.example/?a=1,2;3>; title=\"a, \\\"b\\\" <c>; d\" ; rel = hub ,<x>; rel=alternate",
            &[("https://hub.example/?a=1,2;3", "hub"), ("https://wire.example/feeds/x", "alternate")],
        );
        check("<https://hub.example/>", &[("https://hub.example/", "")]);
        check("rel=hub, <http://[/>; rel=hub, <b>; rel=hub", &[("https://wire.example/feeds/b", "hub")]);
        check("<never closed; rel=hub", &[]);
    }
}
