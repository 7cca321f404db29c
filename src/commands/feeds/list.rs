//! `dateline feeds import` and `export`: lists of feeds as other readers have them.

use super::{complain, deliver};
use crate::{
    cli::{FeedsExport, FeedsImport},
    commands::{exit, load, refuse},
    config::{Config, Flags, opml},
};
use jiff::Timestamp;
use std::io::Read as _;

/// Lists are no larger.
const MOST_BYTES: u64 = 64 << 20;

pub(super) fn import(given: &FeedsImport) -> u8 {
    let known = match &given.config {
        None => Vec::new(),
        Some(path) => match load(&Flags { config: Some(path.clone()), ..Flags::default() }) {
            Ok(loaded) => loaded.config.feeds,
            Err(problems) => return refuse(&problems),
        },
    };
    let mut bytes = Vec::new();
    let name = given.list.display();
    let read = if given.list.as_os_str() == "-" {
        std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(&given.list).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
    };
    if let Err(error) = read {
        complain(&format!("error: cannot read {name}: {error}"));
        return exit::NO_INPUT;
    }
    let ids: Vec<&str> = known.iter().map(|feed| feed.id.0.as_str()).collect();
    let urls: Vec<&str> = known.iter().map(|feed| feed.url.as_str()).collect();
    let list = match opml::read(&bytes, &ids, &urls) {
        Ok(list) => list,
        Err(why) => {
            complain(&format!("error: {name}: {why}"));
            return exit::BAD_INPUT;
        }
    };
    list.notes.iter().for_each(|note| complain(note));
    let code = deliver(&opml::blocks(&list.feeds), given.output.as_deref(), true);
    if code == exit::DONE {
        complain(&format!("{} feeds, {} remarks", list.feeds.len(), list.notes.len()));
    }
    code
}

pub(super) fn export(config: &Config, given: &FeedsExport) -> u8 {
    let written = opml::write("Feeds of dateline", &config.feeds, Timestamp::now());
    written.notes.iter().for_each(|note| complain(note));
    deliver(&written.text, given.output.as_deref(), false)
}
