//! robots.txt (RFC 9309): may we fetch this page.
//!
//! The upper half is pure: bytes to [`Rules`], and a path against them, in time proportional to their sizes. The lower
//! half fetches and remembers them for each origin. A file that does not exist allows everything; one that cannot be
//! had (5xx, network) allows nothing for the time being.

use super::{Client, FetchError, Request, Response, Wants, guard, problem::ROBOTS_REFUSED};
use crate::model::{Feed, Validators};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use url::Url;

/// The name by which robots.txt knows us.
const TOKEN: &str = "dateline";
/// Longer paths and patterns are compared so far only.
const LONGEST_PATH: usize = 2 << 10;

/// The rules that hold for us, each a normalised pattern and whether it allows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Rules(Vec<(String, bool)>);

impl Rules {
    /// Reads a file: the groups that name us, else those for everybody.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (mut ours, mut everybodys) = (None::<Vec<_>>, Vec::new());
        let (mut for_us, mut for_all, mut in_rules) = (false, false, true);
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "user-agent" => {
                    // A name after rules begins a new group; names in a row share one.
                    if in_rules {
                        (for_us, for_all, in_rules) = (false, false, false);
                    }
                    let token = value.split(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '-' | '_' | '*')));
                    let token = token.into_iter().next().unwrap_or_default();
                    for_us |= token.eq_ignore_ascii_case(TOKEN);
                    for_all |= token == "*";
                    if for_us {
                        ours.get_or_insert_default();
                    }
                }
                verb @ ("allow" | "disallow") => {
                    in_rules = true;
                    if value.is_empty() {
                        continue;
                    }
                    let rule = (normal(value), verb == "allow");
                    if for_all {
                        everybodys.push(rule.clone());
                    }
                    if for_us {
                        ours.get_or_insert_default().push(rule);
                    }
                }
                _ => {}
            }
        }
        Self(ours.unwrap_or(everybodys))
    }

    /// Whether the longest pattern that matches allows; of two as long, the one that does.
    pub(super) fn allow(&self, url: &Url) -> bool {
        let path = normal(&url[url::Position::BeforePath..url::Position::AfterQuery]);
        let matching = self.0.iter().filter(|(pattern, _)| matches(pattern, &path));
        matching.max_by_key(|(pattern, allows)| (pattern.len(), *allows)).is_none_or(|(_, allows)| *allows)
    }
}

/// One spelling for each path: what need not be escaped is not, what is escaped is so in capitals.
fn normal(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut bytes = path.bytes().take(LONGEST_PATH);
    while let Some(byte) = bytes.next() {
        let digit = |byte: Option<u8>| byte.and_then(|byte| (byte as char).to_digit(16));
        let mut ahead = bytes.clone();
        if byte == b'%'
            && let (Some(high), Some(low)) = (digit(ahead.next()), digit(ahead.next()))
        {
            bytes = ahead;
            match char::from_u32(high * 16 + low) {
                Some(plain) if plain.is_ascii_alphanumeric() || "-._~".contains(plain) => out.push(plain),
                _ => out.push_str(&format!("%{high:X}{low:X}")),
            }
        } else if byte.is_ascii_graphic() {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Whether a pattern matches the beginning of a path: `*` stands for anything, a final `$` for the end.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, to_the_end) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return !to_the_end || rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() && to_the_end {
            return rest.ends_with(part);
        }
        // The first place is as good as any: what follows has the more room.
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

/// Rules are fetched anew after this long (RFC 9309 §2.4).
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// A failure is remembered for this long, so that the pages of one host do not all try.
const FAILURE_KEPT: Duration = Duration::from_millis(900);
/// When so many origins are remembered, those that have run out are forgotten; failing that, all.
const MOST_ORIGINS: usize = 4096;

/// The rules of the hosts that we have met.
#[derive(Default)]
pub struct Robots {
    origins: Mutex<HashMap<String, Arc<Origin>>>,
}

/// What is known of one origin. The async lock is held while its file is fetched: others wait for the answer.
#[derive(Default)]
struct Origin(tokio::sync::Mutex<Option<Known>>);

struct Known {
    until: Instant,
    /// The rules, or why there are none.
    rules: Result<Arc<Rules>, FetchError>,
}

impl Robots {
    /// Says whether a page may be fetched, after a look at its host's file if need be.
    pub async fn permit(&self, client: &Client, feed: &Feed, page: &Url) -> Result<(), FetchError> {
        // Where we must not go, we ask nothing either.
        guard::admit(page, feed)?;
        let origin = self.origin(page);
        let mut known = origin.0.lock().await;
        let rules = match &*known {
            Some(known) if known.until > Instant::now() => known.rules.clone(),
            _ => {
                let rules = ask(client, feed, page).await;
                let kept = if rules.is_ok() { KEPT } else { FAILURE_KEPT };
                *known = Some(Known { until: Instant::now() + kept, rules: rules.clone() });
                rules
            }
        };
        drop(known);
        if rules?.allow(page) {
            Ok(())
        } else {
            Err(FetchError::refused(ROBOTS_REFUSED, "robots.txt does not allow this page"))
        }
    }

    fn origin(&self, page: &Url) -> Arc<Origin> {
        let key = page.origin().ascii_serialization();
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if origins.len() >= MOST_ORIGINS && !origins.contains_key(&key) {
            let now = Instant::now();
            origins.retain(|_, origin| {
                // One that is being asked just now is locked, and worth keeping.
                origin.0.try_lock().map_or(true, |known| known.as_ref().is_some_and(|known| known.until > now))
            });
            if origins.len() >= MOST_ORIGINS {
                origins.clear();
            }
        }
        Arc::clone(origins.entry(key).or_default())
    }
}

async fn ask(client: &Client, feed: &Feed, page: &Url) -> Result<Arc<Rules>, FetchError> {
    let mut url = page.clone();
    url.set_path("/robots.txt");
    url.set_query(None);
    url.set_fragment(None);
    let none = Validators::default();
    let request = Request { feed, url: url.as_str(), validators: &none, wants: Wants::Robots };
    match client.get(request).await {
        Ok(Response::Document(document)) => Ok(Arc::new(Rules::read(&document.fetched.body))),
        // Nothing there, or nothing for us: 4xx allows everything, and so do answers without a file.
        Ok(Response::NotModified { .. }) | Err(FetchError::GiveUp(_) | FetchError::Gone(_)) => Ok(Arc::default()),
        Err(FetchError::Retry { after, mut issue }) => {
            // 429 is a 4xx, but one that asks for patience.
            issue.detail = format!("robots.txt cannot be had ({}: {})", issue.code, issue.detail);
            ROBOTS_REFUSED.clone_into(&mut issue.code);
            Err(FetchError::Retry { after, issue })
        }
        Err(refused @ FetchError::Refused(_)) => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, allowed: &[&str], refused: &[&str]) {
        let rules = Rules::read(file.as_bytes());
        let allows = |path: &str| rules.allow(&Url::parse("https://wire.example").unwrap().join(path).unwrap());
        for path in allowed {
            assert!(allows(path), "{path} ought to be allowed by {rules:?}");
        }
        for path in refused {
            assert!(!allows(path), "{path} ought to be refused by {rules:?}");
        }
    }

    #[test]
    fn our_group_goes_before_everybodys() {
        let file =
            "User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-Agent: DateLine/1.0 # us\nDisallow: /drafts\n";
        check(file, &["/", "/news"], &["/drafts", "/drafts/1"]);
        check("User-agent: other\nDisallow: /\n", &["/"], &[]);
        check("User-agent: *\nDisallow: /\n", &[], &["/", "/news?id=1"]);
        check("User-agent: dateline\nDisallow:\n\nUser-agent: *\nDisallow: /\n", &["/"], &[]);
        check("Disallow: /\n", &["/"], &[]);
    }

    #[test]
    fn the_longest_pattern_decides() {
        let file =
            "User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /*.pdf$\nDisallow: /*?print=\nAllow: /x\nDisallow: /x";
        check(file, &["/", "/a/b/c", "/f.pdf.html", "/x", "/y?q=1"], &["/a", "/a/c", "/d/f.pdf", "/y?print=1"]);
        check("User-agent: *\nDisallow: /%7euser/caf\u{e9}", &["/user"], &["/~user/caf%C3%A9", "/%7Euser/caf%c3%a9"]);
        check("User-agent: *\nDisallow: *secret", &["/open"], &["/a/secret/b"]);
    }

    #[test]
    fn no_file_takes_long() {
        let hostile = format!("User-agent: *\nDisallow: /{}\n", "a*".repeat(1000)).repeat(250);
        let rules = Rules::read(hostile.as_bytes());
        let url = Url::parse(&format!("https://wire.example/{}", "a".repeat(5000))).unwrap();
        assert!(!rules.allow(&url));
        assert_eq!(Rules::read(b"\xff\xfe\x00<html>: :::\n"), Rules::default());
    }
}
