//! `dateline config`: what holds, where it came from, and what could be said.

use super::{exit, feeds::complain, put_text};
use crate::{
    cli::{Config, ConfigFormat, ConfigShow, ConfigVerb},
    config::{Flags, Place, Setting, problem_of_key},
};
use serde_json::{Map, Value, json};

const REFERENCE: &str = include_str!("../../config/dateline.toml");
const CATALOGUE: &str = include_str!("../../config/feeds.toml");

/// Runs the verb.
pub(super) fn run(given: &Config) -> u8 {
    match &given.verb {
        ConfigVerb::Show(given) => show(given),
        ConfigVerb::Reference(given) => {
            put_text(if given.feeds { CATALOGUE } else { REFERENCE });
            exit::DONE
        }
    }
}

fn show(given: &ConfigShow) -> u8 {
    let loaded = match super::load(&Flags::from(&given.configuration)) {
        Ok(loaded) => loaded,
        Err(problems) => return super::refuse(&problems),
    };
    let mut settings = loaded.settings();
    let key = given.key.as_deref().unwrap_or_default();
    if !key.is_empty() {
        settings.retain(|setting| setting.key() == key || setting.key().starts_with(&format!("{key}.")));
        if settings.is_empty() {
            return missing(key);
        }
    }
    put_text(&match given.format {
        ConfigFormat::Toml => toml(&settings, given.origin),
        ConfigFormat::Json => format!("{:#}\n", json(&settings, key, given.origin)),
    });
    exit::DONE
}

fn missing(key: &str) -> u8 {
    let (problem, code) = match (key.strip_prefix("feed."), problem_of_key(key)) {
        (Some(_), _) => ("no such feed, or no such key of it".to_owned(), exit::USAGE),
        (None, Some(problem)) => (problem, exit::USAGE),
        (None, None) => ("has no value".to_owned(), exit::FAILED),
    };
    complain(&format!("error: {key}: {problem}"));
    code
}

/// A file, in which keys and heads of tables stand as the settings come.
fn toml(settings: &[Setting], origin: bool) -> String {
    let mut text = String::new();
    let mut head: &[String] = &[];
    for setting in settings {
        let Some((key, table)) = setting.path.split_last() else { continue };
        if table != head {
            let gap = if text.is_empty() { "" } else { "\n" };
            text.push_str(&match table {
                [feed, _id] if feed == "feed" => format!("{gap}[[feed]]\n"),
                _ => format!("{gap}[{}]\n", table.join(".")),
            });
            head = table;
        }
        let bare = key.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        let key = if bare { key.clone() } else { literal(&Value::from(key.as_str())) };
        let line = format!("{key} = {}", literal(&setting.value));
        text.push_str(&if origin { format!("{line:<48}  # {}\n", from(&setting.place)) } else { line + "\n" });
    }
    text
}

fn literal(value: &Value) -> String {
    toml::Value::try_from(value).map(|value| value.to_string()).unwrap_or_default()
}

fn from(place: &Place) -> String {
    match place {
        Place::Default => "default".to_owned(),
        stated => stated.to_string(),
    }
}

/// Tables in tables, from `key` on.
fn json(settings: &[Setting], key: &str, origin: bool) -> Value {
    let mut root = Value::Object(Map::new());
    for setting in settings {
        let above = (0..=setting.path.len()).find(|n| setting.path.get(..*n).unwrap_or_default().join(".") == key);
        let below = setting.path.iter().skip(above.unwrap_or(0));
        let place = below.fold(&mut root, |table, key| &mut table[key.as_str()]);
        *place = match origin {
            true => json!({ "value": setting.value, "origin": from(&setting.place) }),
            false => setting.value.clone(),
        };
    }
    root
}
