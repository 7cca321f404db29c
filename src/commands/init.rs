//! `dateline init`: a configuration to begin with, in two files.

use super::{
    exit,
    feeds::{complain, deliver},
    put,
};
use crate::{
    cli::Init,
    config::{Config, id_of_url, opml},
    model::{Feed, Hash},
    publish::Target,
};
use std::{fs, path::Path};

const MAIN: &str = include_str!("init/dateline.toml");
const FEEDS: &str = include_str!("init/feeds.toml");

/// Runs the verb.
pub(super) fn run(given: &Init) -> u8 {
    let feeds = feeds(given);
    let problems = config(given, &feeds).problems();
    for problem in &problems.0 {
        complain(&format!("error: {}: {}", problem.key, problem.message));
    }
    if !problems.0.is_empty() {
        return exit::USAGE;
    }
    let is_file = given.place.extension().is_some_and(|extension| extension == "toml");
    let main = if is_file { given.place.clone() } else { given.place.join("dateline.toml") };
    let directory = main.parent().unwrap_or(Path::new(""));
    let list = directory.join("feeds.toml");
    // Both or none: what is there is found before anything is written.
    if let Some(taken) = [&main, &list].into_iter().find(|path| !given.force && path.exists()) {
        complain(&format!("error: {} is there already; --force writes over it", taken.display()));
        return exit::IO;
    }
    if let Err(error) = fs::create_dir_all(directory) {
        complain(&format!("error: cannot make {}: {error}", directory.display()));
        return exit::IO;
    }
    let entries: Vec<opml::Entry> = feeds.into_iter().map(|feed| opml::Entry { feed, beside: Vec::new() }).collect();
    for (path, text) in [(&list, FEEDS.to_owned() + &opml::blocks(&entries)), (&main, main_text(given))] {
        let code = deliver(&text, Some(path), !given.force);
        if code != exit::DONE {
            return code;
        }
    }
    put(format_args!(
        "{0} and {1} are written; next: dateline run --once --config {0}",
        main.display(),
        list.display()
    ));
    exit::DONE
}

fn feeds(given: &Init) -> Vec<Feed> {
    let mut feeds: Vec<Feed> = Vec::new();
    for url in &given.feed {
        let mut feed = Feed::new(&id_of_url(url), url);
        if feeds.iter().any(|other| other.id == feed.id) {
            feed.id.0 += &format!("-{}", Hash::of_bytes(url.as_bytes()).short(8));
        }
        feed.allow.clone_from(&given.allow);
        feeds.push(feed);
    }
    if feeds.is_empty() {
        let mut feed = Feed::new("un-news", "https://news.un.org/feed/subscribe/en/news/all/rss.xml");
        feed.agency = Some("UN News".to_owned());
        feed.language = Some("en".to_owned());
        feeds.push(feed);
    }
    feeds
}

/// What the files will say, to be checked before they are written.
fn config(given: &Init, feeds: &[Feed]) -> Config {
    let mut config = Config::new("data".into());
    config.feeds = feeds.to_vec();
    config.fetch.user_agent_contact.clone_from(&given.contact);
    if let Some(broker) = &given.kafka {
        config.publish.to = Target::Kafka;
        config.publish.kafka.bootstrap_servers.clone_from(broker);
    }
    config
}

fn main_text(given: &Init) -> String {
    let mut text = MAIN.to_owned();
    let mut say = |sample: &str, key: &str, value: &str| {
        text = text.replace(sample, &format!("{key} = {}", toml::Value::from(value)));
    };
    if let Some(broker) = &given.kafka {
        say("to = \"journal\"", "to", "kafka");
        say("# bootstrap_servers = \"broker:9092\"", "bootstrap_servers", broker);
    }
    if let Some(contact) = &given.contact {
        say("# user_agent_contact = \"mailto:ops@example.org\"", "user_agent_contact", contact);
    }
    text
}
