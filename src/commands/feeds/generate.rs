//! `dateline generate feed`: a feed is asked, and the block that configures it is written.
//!
//! What goes into a file goes to its end: nothing that is there is changed, and nothing is added that is there already.

use super::{
    ask,
    check::minute,
    complain, discover,
    probe::{self, Found},
};
use crate::{
    cli::{Generate, GenerateFeed, GenerateVerb},
    commands::{exit, put, put_text, refuse},
    config::{self, Config, opml},
    fetch::{self, Client},
    model::{Feed, Issue, Stage, units},
};
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    path::Path,
    time::Duration,
};

/// Runs the verb.
pub(in crate::commands) fn run(given: &Generate) -> u8 {
    let GenerateVerb::Feed(given) = &given.verb;
    feed(given).unwrap_or_else(|code| code)
}

fn feed(given: &GenerateFeed) -> Result<u8, u8> {
    let url = discover::address(&given.url)?;
    let options = fetch::Options { user_agent_contact: given.contact.clone(), ..fetch::Options::default() };
    let found = ask(&options, async |client| find(&client, &url, &given.allow).await)?;
    let (asked, found) = found.map_err(|issue| {
        complain(&format!("error: {}: {}", issue.code, issue.detail));
        if issue.stage == Stage::Parse { exit::FAILED } else { exit::UNAVAILABLE }
    })?;
    let entry = entry(given, &asked, &found);
    let mut config = Config::new("data".into());
    config.feeds.push(entry.feed.clone());
    let problems = config.problems();
    if !problems.0.is_empty() {
        problems.0.iter().for_each(|problem| complain(&format!("error: {}: {}", problem.key, problem.message)));
        return Err(exit::USAGE);
    }
    match &given.append {
        None => {
            put_text(&opml::blocks(&[entry]));
            Ok(exit::DONE)
        }
        Some(path) => append(path, &asked, &entry),
    }
}

/// The feed, and the address it was asked at: the one given, or the best that its page names.
async fn find(client: &Client, url: &str, allow: &[String]) -> Result<(String, Found), Issue> {
    let at = |url: &str| Feed { allow: allow.to_vec(), ..Feed::new("feed", url) };
    let no_feed = match probe::ask(client, &at(url)).await {
        Err(issue) if issue.stage == Stage::Parse => issue,
        asked => return asked.map(|found| (url.to_owned(), found)),
    };
    let (rows, _) = discover::search(client, url, allow).await?;
    let best = rows.into_iter().next().ok_or(no_feed)?.found.address;
    let found = probe::ask(client, &at(&best)).await?;
    Ok((best, found))
}

/// The block, with what was seen beside it.
fn entry(given: &GenerateFeed, asked: &str, found: &Found) -> opml::Entry {
    let url = found.moved.as_deref().unwrap_or(asked);
    let id = given.id.clone().unwrap_or_else(|| config::id_of_url(url));
    let mut feed = discover::feed(found, &id, url, &given.allow);
    let [wish, fresh] = found.wishes;
    feed.interval = interval(found.every, wish.max(fresh));
    let shown = |time: Duration| units::duration::format(Duration::from_secs(time.as_secs().max(1)));
    let seen = [
        ("format", found.format.clone()),
        ("items", Some(found.items.to_string())),
        ("newest", found.newest.as_deref().map(minute)),
        ("an item every", found.every.map(shown)),
        ("asks to wait (ttl, sy:updatePeriod)", wish.map(shown)),
        ("stays good (Cache-Control, Expires)", fresh.map(shown)),
        ("text", Some(found.text.as_str().to_owned())),
        ("hub", found.hub.clone()),
        ("validators", Some(found.validators.as_str().to_owned()).filter(|word| word != "-")),
        ("moved for good from", found.moved.as_ref().map(|_| fetch::redact(asked))),
        ("problems", Some(found.problems.join("; ")).filter(|problems| !problems.is_empty())),
    ];
    let beside = seen.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    opml::Entry { feed, beside }
}

/// Intervals that people write, in minutes.
const STEPS: [u64; 10] = [1, 2, 5, 10, 15, 20, 30, 40, 50, 60];

/// Twice as often as items come, and no more often than the publisher wishes, an hour at most, as the daemon would learn.
fn interval(every: Option<Duration>, wish: Option<Duration>) -> Option<Duration> {
    let [shortest, .., longest] = STEPS;
    let often = every.map(|every| {
        let half = every.as_secs() / 120;
        STEPS.into_iter().rev().find(|step| *step <= half).unwrap_or(shortest)
    });
    let wished = wish.map(|wish| STEPS.into_iter().find(|step| step * 60 >= wish.as_secs()).unwrap_or(longest));
    often.max(wished).map(|step| Duration::from_secs(60 * step))
}

/// Adds the block to the end of the file, unless the feed is there, by this address or the one that it was asked at.
fn append(path: &Path, asked: &str, entry: &opml::Entry) -> Result<u8, u8> {
    let shown = path.display();
    let trouble = |error: std::io::Error| {
        complain(&format!("error: cannot add to {shown}: {error}"));
        exit::IO
    };
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read.map_err(trouble)?,
    };
    let known = config::feeds_of(path, &text).map_err(|problems| refuse(&problems))?;
    let feed = &entry.feed;
    let addresses = [opml::key(&feed.url), opml::key(asked)];
    let taken = known.iter().find(|other| other.id == feed.id || addresses.contains(&opml::key(&other.url)));
    if let Some(other) = taken {
        let (what, hint) = match other.id == feed.id {
            true => ("id", "; give another with --id"),
            false => ("address", ""),
        };
        complain(&format!("error: {shown} has a feed of this {what}: {}{hint}", other.id));
        return Err(exit::FAILED);
    }
    let gap = match (text.is_empty(), text.ends_with('\n')) {
        (true, _) => "",
        (false, true) => "\n",
        (false, false) => "\n\n",
    };
    let added = format!("{gap}{}", opml::blocks(std::slice::from_ref(entry)));
    // Where feeds are one list in brackets, there can be no block after it.
    config::feeds_of(path, &format!("{text}{added}")).map_err(|problems| refuse(&problems))?;
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(added.as_bytes()).and_then(|()| file.sync_all())).map_err(trouble)?;
    put(format_args!("{} is added to {shown}", feed.id));
    Ok(exit::DONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(every: Option<&str>, wish: Option<&str>, expected: Option<&str>) {
        let read = |text: Option<&str>| text.map(|text| units::duration::parse(text).unwrap());
        assert_eq!(interval(read(every), read(wish)), read(expected));
    }

    #[test]
    fn an_interval_is_half_of_what_was_seen_within_what_is_wished() {
        check(None, None, None);
        check(Some("22m"), None, Some("10m"));
        check(Some("30s"), None, Some("1m"));
        check(Some("30d"), None, Some("1h"));
        check(Some("22m"), Some("5m"), Some("10m"));
        check(Some("22m"), Some("12m"), Some("15m"));
        check(Some("22m"), Some("30d"), Some("1h"));
        check(None, Some("300s"), Some("5m"));
        check(None, Some("301s"), Some("10m"));
    }
}
