//! Feeds as an OPML list that other readers take, without anything secret.

use super::{super::secret, cut};
use crate::{markup::entities, model::Feed};
use jiff::Timestamp;
use std::fmt::Write as _;
use url::Url;

/// A list as it was written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Written {
    /// OPML 2.0.
    pub text: String,
    /// What was left out, in words.
    pub notes: Vec<String>,
}

/// Writes feeds as a list. Folders are their first tags; all of their tags are categories.
pub fn write(title: &str, feeds: &[Feed], now: Timestamp) -> Written {
    let mut written = Written::default();
    let mut folders: Vec<(&str, Vec<String>)> = vec![("", Vec::new())];
    for feed in feeds {
        let Some(url) = public(feed, &mut written.notes) else { continue };
        let folder = feed.tags.first().map_or("", String::as_str);
        let line = outline(feed, &url);
        match folders.iter_mut().find(|(name, _)| *name == folder) {
            Some((_, lines)) => lines.push(line),
            None => folders.push((folder, vec![line])),
        }
    }
    let out = &mut written.text;
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n    <title>");
    entities::escape_into(title, out);
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT");
    let _ = write!(out, "</title>\n    <dateCreated>{date}</dateCreated>\n  </head>\n  <body>\n");
    for (folder, lines) in folders {
        let names: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
        for (depth, name) in names.iter().enumerate() {
            let _ = write!(out, "{:indent$}<outline text=\"", "", indent = 4 + 2 * depth);
            entities::escape_into(name, out);
            out.push_str("\">\n");
        }
        for line in lines {
            let _ = writeln!(out, "{:indent$}{line}", "", indent = 4 + 2 * names.len());
        }
        for depth in (0..names.len()).rev() {
            let _ = writeln!(out, "{:indent$}</outline>", "", indent = 4 + 2 * depth);
        }
    }
    out.push_str("  </body>\n</opml>\n");
    written
}

fn outline(feed: &Feed, url: &str) -> String {
    let mut out = "<outline".to_owned();
    let title = feed.title.as_deref().unwrap_or_default();
    // The words that every outline must have.
    let text = feed.title.as_deref().unwrap_or(&feed.id.0);
    let categories: Vec<String> = feed.tags.iter().map(|tag| format!("/{}", tag.replace(',', " "))).collect();
    let categories = categories.join(",");
    let language = feed.language.as_deref().unwrap_or_default();
    let comment = if feed.enabled { "" } else { "true" };
    for (key, value) in [
        ("text", text),
        ("title", title),
        ("type", "rss"),
        ("xmlUrl", url),
        ("language", language),
        ("category", &categories),
        ("isComment", comment),
    ] {
        if !value.is_empty() {
            let _ = write!(out, " {key}=\"");
            entities::escape_into(value, &mut out);
            out.push('"');
        }
    }
    out + "/>"
}

/// The address without credentials; none when it is one as a whole.
fn public(feed: &Feed, notes: &mut Vec<String>) -> Option<String> {
    let Ok(mut url) = Url::parse(&feed.url) else {
        notes.push(format!("{}: left out: its address cannot be read", feed.id));
        return None;
    };
    let _ = (url.set_username(""), url.set_password(None));
    url.set_fragment(None);
    if url.path_segments().into_iter().flatten().any(secret::in_path) {
        notes.push(format!("{}: left out: its path looks like a secret", feed.id));
        return None;
    }
    let Some(query) = url.query().map(str::to_owned) else { return Some(url.to_string()) };
    let (mut kept, mut left) = (Vec::new(), Vec::new());
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if secret::in_query(pair) {
            left.push(if value.is_empty() { "…".to_owned() } else { cut(key) });
        } else {
            kept.push(pair);
        }
    }
    url.set_query((!kept.is_empty()).then(|| kept.join("&")).as_deref());
    if !left.is_empty() {
        notes.push(format!("{}: exported without {} of its address, which may be secret", feed.id, left.join(", ")));
    }
    Some(url.to_string())
}

#[cfg(test)]
mod tests {
    use super::{super::read, *};

    #[test]
    fn what_is_exported_comes_back_and_holds_no_secret() {
        let list = "<opml><body><outline text='World'><outline text='Asia &amp; \"more\"'><outline text='One' language='fr' xmlUrl='https://one.example/rss?format=xml&amp;id=7'/></outline>\
            <outline text='Two' xmlUrl='https://two.example/' isComment='true' category='b'/></outline><outline text='three-en' xmlUrl='https://three.example/'/></body></opml>";
        let first = read(list.as_bytes(), &[], &[]).unwrap();
        let feeds: Vec<Feed> = first.feeds.iter().map(|entry| entry.feed.clone()).collect();
        let written = write("Feeds", &feeds, Timestamp::UNIX_EPOCH);
        assert!(written.text.contains("<dateCreated>Thu, 01 Jan 1970 00:00:00 GMT</dateCreated>"), "{}", written.text);
        let again = read(written.text.as_bytes(), &[], &[]).unwrap();
        let mut back: Vec<Feed> = again.feeds.into_iter().map(|entry| entry.feed).collect();
        back.sort_by_key(|feed| feeds.iter().position(|known| known.id == feed.id));
        assert_eq!((back, again.notes, written.notes), (feeds, vec![], vec![]));

        let secrets = [
            "https://a.example/rss?token=hunter2&lang=en",
            "https://a.example/rss?k=9f8a7b6c5d4e3f2a1b0c&page=2",
            "https://a.example/rss?Abc123Def456Ghi789",
            "https://a.example/private-9f8a7b/basic.xml",
            "https://a.example/u/9f8a7b6c5d4e3f2a1b0c9d8e/rss",
            "https://www.youtube.example/feeds?channel_id=UCBJycsmduvYEL83R0Z4JriQ",
        ];
        let feeds: Vec<Feed> = secrets.iter().enumerate().map(|(n, url)| Feed::new(&format!("f{n}"), url)).collect();
        let written = write("Feeds", &feeds, Timestamp::UNIX_EPOCH);
        for secret in ["hunter2", "9f8a7b", "Abc123"] {
            assert!(!written.text.contains(secret) && !written.notes.concat().contains(secret), "{secret}");
        }
        for kept in ["lang=en", "page=2", "channel_id=UCBJ"] {
            assert!(written.text.contains(kept), "{kept}: {}", written.text);
        }
        assert_eq!(written.notes.len(), 5, "{:?}", written.notes);
    }
}
