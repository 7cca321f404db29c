//! The demo's script: which feed carries what at which moment, and the documents and pages that show it.
//!
//! Everything is a function of the moment: a server asked twice at one moment gives the same bytes.

use jiff::{Timestamp, civil::Date, tz::Offset};
use serde::Deserialize;
use serde_json::json;
use std::{fmt::Write as _, time::Duration};

/// The script as it is written.
#[derive(Debug, Deserialize)]
pub(super) struct Script {
    #[serde(rename = "feed")]
    pub(super) feeds: Vec<Source>,
    #[serde(rename = "version")]
    pub(super) versions: Vec<Version>,
}

/// One feed.
#[derive(Debug, Deserialize)]
pub(super) struct Source {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) agency: String,
    pub(super) language: String,
    pub(super) country: String,
    pub(super) format: Format,
    #[serde(default)]
    pub(super) pages: bool,
    /// Between these moments what the server sends is no feed.
    pub(super) breaks: Option<[f64; 2]>,
}

/// How a feed is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Rss,
    Atom,
    Json,
}

/// A story as it stands from a moment on.
#[derive(Debug, Deserialize)]
pub(super) struct Version {
    pub(super) feed: String,
    pub(super) guid: String,
    /// Share of the demo's length.
    pub(super) at: f64,
    /// What the narrator says of it.
    pub(super) note: Option<String>,
    headline: String,
    text: String,
}

/// When the demo began and how long it takes.
pub(super) struct Clock {
    pub(super) began: Timestamp,
    pub(super) length: Duration,
}

impl Clock {
    /// A moment as publishers write it: whole seconds.
    fn at(&self, moment: f64) -> Timestamp {
        let passed = self.length.mul_f64(moment).as_secs();
        Timestamp::from_second(self.began.as_second() + passed as i64).unwrap_or(self.began)
    }
}

/// A document ready to be sent.
pub(super) struct Document {
    pub(super) media_type: &'static str,
    pub(super) body: String,
}

impl Script {
    /// The script that is bundled, with its dates filled in.
    pub(super) fn bundled(today: Date) -> anyhow::Result<Self> {
        let mut script: Self = toml::from_str(include_str!("stories.toml"))?;
        for version in &mut script.versions {
            version.headline = dated(&version.headline, today);
            version.text = dated(version.text.trim(), today);
        }
        Ok(script)
    }

    /// What stands in a feed at a moment, newest first: the last version of each story.
    fn standing(&self, feed: &str, moment: f64) -> Vec<&Version> {
        let mut standing: Vec<&Version> = Vec::new();
        for version in self.versions.iter().filter(|version| version.feed == feed && version.at <= moment) {
            standing.retain(|other| other.guid != version.guid);
            standing.insert(0, version);
        }
        standing
    }

    /// The feed document at a moment.
    pub(super) fn document(&self, feed: &Source, base: &str, clock: &Clock, moment: f64) -> Document {
        if feed.breaks.is_some_and(|[from, to]| (from..to).contains(&moment)) {
            return Document {
                media_type: "application/rss+xml",
                body: "\u{0}\u{1}%PDF-1.4 this is no feed at all".to_owned(),
            };
        }
        let entries: Vec<Entry<'_>> =
            self.standing(&feed.id, moment).into_iter().map(|version| self.entry(feed, base, clock, version)).collect();
        match feed.format {
            Format::Rss => {
                Document { media_type: "application/rss+xml; charset=utf-8", body: rss(feed, base, &entries) }
            }
            Format::Atom => {
                Document { media_type: "application/atom+xml; charset=utf-8", body: atom(feed, base, &entries) }
            }
            Format::Json => Document { media_type: "application/feed+json", body: json_feed(feed, base, &entries) },
        }
    }

    /// The page of a story at a moment, with the furniture that pages have.
    pub(super) fn page(&self, feed: &Source, guid: &str, moment: f64) -> Option<Document> {
        let version = self.standing(&feed.id, moment).into_iter().find(|version| version.guid == guid)?;
        let headline = escaped(&version.headline);
        let body = format!(
            "<!DOCTYPE html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{headline} - {title}</title></head><body>\
             <nav><a href=\"/\">Home</a> <a href=\"/world\">World</a> <a href=\"/economy\">Economy</a></nav>\
             <main><article><h1>{headline}</h1>\n{}</article>\
             <aside><h3>Read also</h3><ul><li><a href=\"/1\">Library opens reading room on the pier</a></li></ul></aside></main>\
             <footer>{title}. All stories are invented.</footer></body></html>",
            feed.language,
            markup(&version.text),
            title = escaped(&feed.title),
        );
        Some(Document { media_type: "text/html; charset=utf-8", body })
    }

    fn entry<'s>(&'s self, feed: &Source, base: &str, clock: &Clock, version: &'s Version) -> Entry<'s> {
        // The first version tells when the story was published; a later one when it was changed.
        let same = |other: &&Version| other.feed == version.feed && other.guid == version.guid;
        let first = self.versions.iter().find(same).map_or(0.0, |first| first.at);
        let lead = version.text.split("\n\n").next().unwrap_or_default();
        Entry {
            guid: &version.guid,
            headline: &version.headline,
            link: format!("{base}/{}/{}", feed.id, version.guid),
            lead: markup(lead),
            html: if feed.pages { None } else { Some(markup(&version.text)) },
            published: clock.at(first),
            updated: clock.at(version.at),
        }
    }
}

struct Entry<'s> {
    guid: &'s str,
    headline: &'s str,
    link: String,
    lead: String,
    /// The whole story, where the feed carries it.
    html: Option<String>,
    published: Timestamp,
    updated: Timestamp,
}

fn rss(feed: &Source, base: &str, entries: &[Entry<'_>]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>{}</title><link>{base}/{}</link><language>{}</language>\n",
        escaped(&feed.title),
        feed.id,
        feed.language
    );
    for entry in entries {
        let content = entry.html.as_deref().map(|html| format!("<content:encoded>{}</content:encoded>", escaped(html)));
        let content = content.unwrap_or_default();
        let published = Offset::UTC.to_datetime(entry.published).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
        let _ = writeln!(
            out,
            "<item><guid isPermaLink=\"false\">{}</guid><title>{}</title><link>{}</link><description>{}</description>{content}<pubDate>{published}</pubDate></item>",
            entry.guid,
            escaped(entry.headline),
            entry.link,
            escaped(&entry.lead)
        );
    }
    out.push_str("</channel></rss>\n");
    out
}

fn atom(feed: &Source, base: &str, entries: &[Entry<'_>]) -> String {
    let latest = entries.iter().map(|entry| entry.updated).max().unwrap_or(Timestamp::UNIX_EPOCH);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\"><title>{}</title><id>{base}/{}</id><updated>{latest}</updated>\n",
        feed.language,
        escaped(&feed.title),
        feed.id
    );
    for entry in entries {
        let _ = writeln!(
            out,
            "<entry><id>urn:demo:{}</id><title>{}</title><link href=\"{}\"/><published>{}</published><updated>{}</updated><content type=\"html\">{}</content></entry>",
            entry.guid,
            escaped(entry.headline),
            entry.link,
            entry.published,
            entry.updated,
            escaped(entry.html.as_ref().unwrap_or(&entry.lead))
        );
    }
    out.push_str("</feed>\n");
    out
}

fn json_feed(feed: &Source, base: &str, entries: &[Entry<'_>]) -> String {
    let items: Vec<serde_json::Value> = entries
        .iter()
        .map(|entry| {
            json!({
                "id": entry.guid, "url": entry.link, "title": entry.headline, "content_html": entry.html.as_ref().unwrap_or(&entry.lead),
                "date_published": entry.published.to_string(), "date_modified": entry.updated.to_string(),
            })
        })
        .collect();
    json!({
        "version": "https://jsonfeed.org/version/1.1", "title": feed.title, "home_page_url": format!("{base}/{}", feed.id),
        "language": feed.language, "items": items,
    })
    .to_string()
}

/// Paragraphs and subheads as markup.
fn markup(text: &str) -> String {
    let mut out = String::new();
    for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
        let _ = match paragraph.strip_prefix("## ") {
            Some(subhead) => writeln!(out, "<h2>{}</h2>", escaped(subhead)),
            None => writeln!(out, "<p>{}</p>", escaped(paragraph)),
        };
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn dated(text: &str, today: Date) -> String {
    let yesterday = today.yesterday().unwrap_or(today);
    text.replace("{month}", &today.strftime("%B").to_string())
        .replace("{mon}", &today.strftime("%b").to_string())
        .replace("{day}", &today.day().to_string())
        .replace("{year}", &today.year().to_string())
        .replace("{weekday}", &today.strftime("%A").to_string())
        .replace("{yday}", &format!("{} {}", yesterday.strftime("%B"), yesterday.day()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Feed, Fetched},
        parse,
    };

    #[track_caller]
    fn check(id: &str, moment: f64, headlines: &[&str]) {
        let script = Script::bundled(jiff::civil::date(2020, 11, 3)).unwrap();
        let source = script.feeds.iter().find(|feed| feed.id == id).unwrap();
        let began: Timestamp = "2020-11-03T09:00:00Z".parse().unwrap();
        let document =
            script.document(source, "http://127.0.0.1:1", &Clock { began, length: Duration::from_secs(20) }, moment);
        let headers = vec![("content-type".to_owned(), document.media_type.to_owned())];
        let body = document.body.into_bytes().into();
        let url = format!("http://127.0.0.1:1/{id}.xml");
        let fetched =
            Fetched { feed: id.into(), url: url.clone(), status: 200, headers, body, complete: true, at: began };
        let parsed = parse::feed(&Feed::new(id, &url), &fetched);
        let found: Vec<String> =
            parsed.map(|parsed| parsed.items.into_iter().filter_map(|item| item.title).collect()).unwrap_or_default();
        assert_eq!(found.len(), headlines.len(), "{found:?}");
        assert!(found.iter().zip(headlines).all(|(found, begin)| found.starts_with(begin)), "{found:?}");
    }

    #[test]
    fn every_format_is_read_back_and_stories_change_as_time_passes() {
        check("tass", 0.0, &["Norway and Iceland"]);
        check("ap", 0.0, &[]);
        check("ap", 0.2, &["Iceland's glacier guides"]);
        check("afp", 0.4, &["Kenya says"]);
        check("afp", 0.9, &["KILL: Kenya"]);
        check("reuters", 0.9, &["CORRECTED-Portugal reports 1,420"]);
        check("courier", 0.3, &["Portugal has", "Harbour & market"]);
        check("courier", 0.6, &[]);
    }
}
