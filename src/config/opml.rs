//! OPML, the lists of feeds that readers exchange: read as they are, written as they should be.
//!
//! Reading takes anything that has outlines: wrong cases, outlines that are never closed, bare ampersands, no head, wrong
//! encodings. What cannot become a feed is told ([`Read::notes`]), and what a feed's block has no key for is kept beside
//! it as words. Writing takes what other readers understand, and nothing secret.

mod write;

pub use write::{Written, write};

use super::validate::is_id;
use crate::{
    markup::{
        encoding,
        tokens::{Tag, Token, Tokens},
    },
    model::{Feed, Stage, units},
};
use std::{collections::BTreeMap, fmt::Write as _};
use unicode_normalization::UnicodeNormalization as _;
use url::Url;

/// A list as it was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Read {
    /// Its feeds, in the order of the list, each address once.
    pub feeds: Vec<Entry>,
    /// What was repaired, left out or met twice, in words.
    pub notes: Vec<String>,
}

/// One feed of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// As a block of a feed list.
    pub feed: Feed,
    /// What such a block has no key for: names and values, for a person.
    pub beside: Vec<(String, String)>,
}

/// Folders nest no deeper.
const DEEPEST: usize = 32;
/// A name is no longer.
const LONGEST_ID: usize = 60;
/// Longer words are cut.
const LONGEST_WORDS: usize = 300;

/// Reads a list. Names are unique among themselves and different from `taken`; feeds whose address is in `known` are
/// left out and told of.
pub fn read(bytes: &[u8], taken: &[&str], known: &[&str]) -> Result<Read, String> {
    let decoded = encoding::decode(Stage::Parse, bytes, None, "");
    let text = decoded.text;
    let mut reader = Reader {
        read: Read { feeds: Vec::new(), notes: decoded.issues.into_iter().map(|issue| issue.detail).collect() },
        taken: taken.iter().map(|id| (*id).to_owned()).collect(),
        met: known.iter().map(|url| (key(url), None)).collect(),
        outlines: 0,
    };
    let leaves_stay_open = leaves_stay_open(&text);
    let mut folders: Vec<Open> = Vec::new();
    let mut tokens = Tokens::new(&text, 0);
    let (mut is_list, mut is_whole) = (false, false);
    while let Some(token) = tokens.next() {
        match token {
            Token::Open(tag) if tag.name.eq_ignore_ascii_case("opml") => is_list = true,
            Token::Open(tag) if tag.name.eq_ignore_ascii_case("outline") => {
                let outline = Outline::of(&tag);
                let is_folder = outline.address().is_none();
                reader.outline(&outline, &folders);
                if !tag.closed && (is_folder || !leaves_stay_open) {
                    let off = outline.is_off() || folders.last().is_some_and(|folder| folder.off);
                    let name = if is_folder && folders.len() < DEEPEST { outline.name() } else { None };
                    folders.push(Open { name, off });
                }
            }
            Token::Close(name) if name.eq_ignore_ascii_case("outline") => drop(folders.pop()),
            Token::Close(name) if name.eq_ignore_ascii_case("opml") => is_whole = true,
            _ => {}
        }
    }
    let over = tokens.overlooked;
    if reader.outlines == 0 {
        return Err(if is_list { "the list is empty" } else { "no OPML: it holds no outlines" }.to_owned());
    }
    for (n, what) in [(over.bare_ampersands, "bare ampersands"), (over.bare_brackets, "bare brackets")] {
        if n > 0 {
            reader.read.notes.push(format!("{n} {what} were taken as they stand"));
        }
    }
    if leaves_stay_open {
        reader
            .read
            .notes
            .push("outlines are never closed: those of feeds were taken to end where they begin".to_owned());
    }
    if over.cut || !folders.is_empty() || is_list && !is_whole {
        reader.read.notes.push("the list ends before its outlines do; what is there was read".to_owned());
    }
    Ok(reader.read)
}

/// An outline that is open.
struct Open {
    /// The folder's name; none for what is no folder.
    name: Option<String>,
    /// Commented out, with all that is in it.
    off: bool,
}

/// Whether the outlines of feeds have no end, so that the next feed would stand in the one before it: more outlines are
/// opened than closed.
fn leaves_stay_open(text: &str) -> bool {
    let (mut open, mut ends) = (0usize, 0usize);
    let mut tokens = Tokens::new(text, 0);
    while let Some(token) = tokens.next() {
        match token {
            Token::Open(tag) if tag.name.eq_ignore_ascii_case("outline") => open += usize::from(!tag.closed),
            Token::Close(name) if name.eq_ignore_ascii_case("outline") => ends += 1,
            _ => {}
        }
    }
    open > ends
}

/// The attributes of an outline, names in lower case.
struct Outline(BTreeMap<String, String>);

/// Attributes that become keys, or say nothing.
const USED: [&str; 11] = [
    "text",
    "title",
    "type",
    "xmlurl",
    "url",
    "language",
    "category",
    "iscomment",
    "isbreakpoint",
    "created",
    "version",
];

impl Outline {
    fn of(tag: &Tag<'_>) -> Self {
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self(tag.attributes.iter().map(|(name, value)| (name.to_ascii_lowercase(), squeezed(value))).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The feed's address. Some lists have it under `url`, with the type of a feed.
    fn address(&self) -> Option<&str> {
        let by_type = || {
            let kind = self.get("type").unwrap_or_default().to_ascii_lowercase();
            self.get("url").filter(|_| ["rss", "atom", "rdf", "json", "feed"].contains(&kind.as_str()))
        };
        self.get("xmlurl").or_else(by_type)
    }

    fn name(&self) -> Option<String> {
        self.get("title").or_else(|| self.get("text")).map(cut)
    }

    fn is_off(&self) -> bool {
        self.get("iscomment").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

struct Reader {
    read: Read,
    taken: Vec<String>,
    /// Addresses met, and the place of their feed; none for what is configured already.
    met: BTreeMap<String, Option<usize>>,
    outlines: usize,
}

impl Reader {
    fn note(&mut self, note: String) {
        self.read.notes.push(note);
    }

    fn outline(&mut self, outline: &Outline, folders: &[Open]) {
        self.outlines += 1;
        let name = outline.name().unwrap_or_else(|| "(no name)".to_owned());
        let Some(written) = outline.address() else {
            let kind = outline.get("type").unwrap_or_default();
            if let Some(url) = outline.get("url").filter(|_| kind.eq_ignore_ascii_case("include")) {
                self.note(format!("{name}: another list stands at {}: import it too", shown(url)));
            } else if let Some(site) = outline.get("htmlurl") {
                self.note(format!("{name}: no feed is named: try `dateline feeds discover {}`", shown(site)));
            }
            return;
        };
        let (url, repairs) = match address(written) {
            Ok(found) => found,
            Err(why) => return self.note(format!("{name}: left out: {why}")),
        };
        repairs.iter().for_each(|repair| self.note(format!("{name}: {repair}")));
        let mut tags: Vec<String> = Vec::new();
        let folder: Vec<&str> = folders.iter().filter_map(|open| open.name.as_deref()).collect();
        let categories = outline.get("category").unwrap_or_default().split(',').map(|tag| tag.trim().trim_matches('/'));
        for tag in std::iter::once(folder.join("/").as_str()).chain(categories).filter(|tag| !tag.is_empty()) {
            if tags.iter().all(|known| known != tag) {
                tags.push(cut(tag));
            }
        }
        match self.met.get(&key(&url)).copied() {
            Some(None) => return self.note(format!("{name}: left out: {} is configured already", shown(&url))),
            Some(Some(first)) => {
                let Some(entry) = self.read.feeds.get_mut(first) else { return };
                tags.retain(|tag| !entry.feed.tags.contains(tag));
                let note = format!(
                    "{name}: {} stands in the list more than once; taken once, as {}",
                    shown(&url),
                    entry.feed.id
                );
                entry.feed.tags.extend(tags);
                return self.note(note);
            }
            None => {}
        }
        let mut feed = Feed::new(&self.id(outline.name().as_deref(), &url), &url);
        // A name such as feeds have here is no title.
        feed.title = outline.name().filter(|name| !is_id(name));
        feed.tags = tags;
        feed.enabled = !outline.is_off() && !folders.iter().any(|open| open.off);
        let mut beside = Vec::new();
        if let Some(language) = outline.get("language") {
            // "unknown" is what the format's own text suggests.
            match language.replace('_', "-") {
                code if super::is_language(&code) => feed.language = Some(code),
                code if code.eq_ignore_ascii_case("unknown") => {}
                _ => beside.push(("language".to_owned(), cut(language))),
            }
        }
        let known = |name: &str| USED.contains(&name) || name.starts_with("xmlns");
        let rest = outline
            .0
            .iter()
            .filter(|(name, value)| !known(name) && !value.is_empty() && outline.name().as_ref() != Some(value));
        beside.extend(rest.map(|(name, value)| (name.clone(), cut(value))));
        self.met.insert(key(&url), Some(self.read.feeds.len()));
        self.read.feeds.push(Entry { feed, beside });
    }

    /// A name of the feed's own: from what it is called, where Latin letters can be made of it, else from its address.
    fn id(&mut self, name: Option<&str>, url: &str) -> String {
        let named = name.map(|name| if is_id(name) { name.to_owned() } else { slug(name) }).filter(|id| id.len() >= 3);
        let base: String = named.unwrap_or_else(|| super::id_of_url(url)).chars().take(LONGEST_ID).collect();
        let mut id = base.clone();
        let mut n = 1;
        while self.taken.contains(&id) {
            n += 1;
            id = format!("{base}-{n}");
        }
        self.taken.push(id.clone());
        id
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_WORDS).collect()
}

/// Letters and digits of a name, parted by hyphens; accents are left out. `BBC News – World` is `bbc-news-world`.
fn slug(name: &str) -> String {
    let mut out = String::new();
    let mut foreign = false;
    for c in name.nfkd().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            c if c.is_alphanumeric() => foreign = true,
            // The accents that were taken off.
            c if unicode_normalization::char::is_combining_mark(c) => {}
            '\'' | '’' => {}
            _ if !out.ends_with('-') && !out.is_empty() => out.push('-'),
            _ => {}
        }
    }
    // A few Latin letters among others would name nothing.
    if foreign { String::new() } else { out.trim_matches('-').to_owned() }
}

/// An address as it is written, repaired as far as can be, with what was done. The error does not repeat what may be a
/// secret.
fn address(written: &str) -> Result<(String, Vec<&'static str>), String> {
    let mut repairs = Vec::new();
    let mut text = written.trim().to_owned();
    for scheme in ["feed:", "pcast:", "itpc:", "podcast:"] {
        if text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)) {
            let rest = text.get(scheme.len()..).unwrap_or_default();
            text = if rest.starts_with("//") { format!("http:{rest}") } else { rest.to_owned() };
            repairs.push("the address began with a reader's scheme; http or https is taken");
        }
    }
    if text.starts_with("//") {
        text.insert_str(0, "https:");
        repairs.push("the address had no scheme; https is taken");
    } else if !text.contains("://")
        && text.split('/').next().is_some_and(|host| host.contains('.') && !host.contains(':'))
    {
        text.insert_str(0, "https://");
        repairs.push("the address had no scheme; https is taken");
    }
    let mut url = Url::parse(&text).map_err(|error| format!("its address cannot be read ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("its address is neither http nor https".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        // An http address can always have them taken out.
        let _ = (url.set_username(""), url.set_password(None));
        repairs.push("user name and password were taken out of the address: feeds are fetched without");
    }
    url.set_fragment(None);
    Ok((url.to_string(), repairs))
}

/// By what addresses are told apart: one with http and one with https is the same feed, and so is one with a
/// slash at its end.
pub fn key(url: &str) -> String {
    let bare = url.split_once("://").map_or(url, |(_, rest)| rest);
    bare.trim_start_matches("www.").trim_end_matches('/').to_owned()
}

fn shown(url: &str) -> String {
    crate::fetch::redact(url)
}

/// Blocks of a feed list, ready to be pasted or named under `feeds`.
pub fn blocks(entries: &[Entry]) -> String {
    let mut out = String::new();
    for entry in entries {
        if !out.is_empty() {
            out.push('\n');
        }
        block_into(entry, &mut out);
    }
    out
}

fn block_into(Entry { feed, beside }: &Entry, out: &mut String) {
    let string = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let _ = writeln!(out, "[[feed]]\nid = {}\nurl = {}", string(&feed.id.0), string(&feed.url));
    let words = [
        ("title", &feed.title),
        ("agency", &feed.agency),
        ("language", &feed.language),
        ("domain", &feed.domain),
        ("country", &feed.country),
    ];
    for (key, value) in words {
        if let Some(value) = value {
            let _ = writeln!(out, "{key} = {}", string(value));
        }
    }
    if let Some(interval) = feed.interval {
        let _ = writeln!(out, "interval = {}", string(&units::duration::format(interval)));
    }
    if feed.full_text {
        out.push_str("full_text = true\n");
    }
    if !feed.tags.is_empty() {
        let tags: Vec<String> = feed.tags.iter().map(|tag| string(tag)).collect();
        let _ = writeln!(out, "tags = [{}]", tags.join(", "));
    }
    if !feed.allow.is_empty() {
        let allow: Vec<String> = feed.allow.iter().map(|address| string(address)).collect();
        let _ = writeln!(out, "allow = [{}]", allow.join(", "));
    }
    if !feed.enabled {
        out.push_str("enabled = false\n");
    }
    for (name, value) in beside {
        let _ = writeln!(out, "# {}: {}", cut(name), cut(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(list: &str, expected: &[(&str, &str, &[&str])], notes: &[&str]) -> Read {
        let read = read(list.as_bytes(), &[], &[]).unwrap();
        let found: Vec<(&str, &str, Vec<&str>)> = read
            .feeds
            .iter()
            .map(|entry| (&*entry.feed.id.0, &*entry.feed.url, entry.feed.tags.iter().map(String::as_str).collect()))
            .collect();
        let expected: Vec<(&str, &str, Vec<&str>)> =
            expected.iter().map(|(id, url, tags)| (*id, *url, tags.to_vec())).collect();
        assert_eq!(found, expected, "{:?}", read.notes);
        assert_eq!(read.notes.len(), notes.len(), "{:?}", read.notes);
        for (found, expected) in read.notes.iter().zip(notes) {
            assert!(found.contains(expected), "{found} / {expected}");
        }
        read
    }

    #[test]
    fn folders_and_categories_become_tags() {
        let list = "<?xml version=\"1.0\"?><opml version=\"2.0\"><head><title>x</title></head><body>\
            <outline text=\"World\"><outline text=\"Asia\">\
            <outline type=\"rss\" text=\"Example Wire – Öst\" xmlUrl=\"https://wire.example/rss\" htmlUrl=\"https://wire.example/\" language=\"en_GB\"/>\
            </outline><outline text=\"新聞\" xmlUrl=\"https://wire.example/zh.xml?a=1&amp;b=2\" category=\"/News/Asia,cn\"></outline></outline>\
            <outline text=\"Off\" isComment=\"true\"><outline text=\"Quiet\" xmlUrl=\"https://off.example/\"/></outline></body></opml>";
        let read = check(
            list,
            &[
                ("example-wire-ost", "https://wire.example/rss", &["World/Asia"]),
                ("wire.example-zh", "https://wire.example/zh.xml?a=1&b=2", &["World", "News/Asia", "cn"]),
                ("quiet", "https://off.example/", &["Off"]),
            ],
            &[],
        );
        assert_eq!(read.feeds[0].feed.language.as_deref(), Some("en-GB"));
        assert_eq!(read.feeds[0].beside, [("htmlurl".to_owned(), "https://wire.example/".to_owned())]);
        assert!(read.feeds[1].feed.enabled && !read.feeds[2].feed.enabled);
    }

    #[test]
    fn broken_lists_lose_nothing_silently() {
        check(
            "junk <outline text='R & D' XMLURL='feed://wire.example/rnd?x=1&y=2'><outline title=Two xmlurl=wire.example/two>\
             <outline text='Folder'><outline text='Three' xmlUrl='https://user:pw@three.example/rss'>",
            &[
                ("r-d", "http://wire.example/rnd?x=1&y=2", &[]),
                ("two", "https://wire.example/two", &[]),
                ("three", "https://three.example/rss", &["Folder"]),
            ],
            &[
                "reader's scheme",
                "no scheme",
                "user name and password",
                "bare ampersands",
                "never closed",
                "the list ends before",
            ],
        );
        check(
            "<opml><body><outline text='Alpha' xmlUrl='http://a.example/rss'/><outline text='Alpha' xmlUrl='https://www.a.example/rss/' category='x'/>\
             <outline text='Alpha' xmlUrl='https://b.example/'/><outline text='Bad' xmlUrl='javascript:alert(1)'/>\
             <outline text='Site' htmlUrl='https://site.example/'/><outline type='include' text='More' url='https://more.example/x.opml'/>\
             <outline type='rss' text='Old' url='https://old.example/rss'/></body></opml>",
            &[
                ("alpha", "http://a.example/rss", &["x"]),
                ("alpha-2", "https://b.example/", &[]),
                ("old", "https://old.example/rss", &[]),
            ],
            &["more than once", "Bad: left out", "feeds discover https://site.example/", "another list stands at"],
        );
        assert!(read(b"<rss><channel/></rss>", &[], &[]).is_err());
        assert!(read(b"", &[], &[]).is_err());
        let known = read(b"<outline xmlUrl='https://a.example/'/>", &[], &["http://a.example"]).unwrap();
        assert!(known.feeds.is_empty() && known.notes[0].contains("configured already"));
    }

    #[test]
    fn blocks_are_taken_as_they_are_written() {
        let list = "<outline text='Say \"hi\" \\ &#10; there' xmlUrl='https://a.example/' description='one&#10;[[feed]] two' language='Klingon language'/>";
        let entries = read(list.as_bytes(), &[], &[]).unwrap().feeds;
        let text = blocks(&entries);
        let list: super::super::FeedList = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(list.feed, [entries[0].feed.clone()]);
        assert!(
            text.contains("# language: Klingon language") && text.contains("# description: one [[feed]] two"),
            "{text}"
        );
    }

    #[test]
    fn no_list_is_too_strange() {
        let seeds = [
            "<opml>",
            "<outline text='a' xmlUrl='",
            "https://a.example/\u{e9}'",
            "/>",
            "</outline>",
            "xmlurl=feed:",
            ">",
            "&#x;",
            "<![CDATA[",
            "<outline",
            " category=',/,//a' ",
            "\u{0}",
            "isComment=true ",
            "<outline text=\"\u{65b0}\" url=':' type=rss>",
        ];
        let mut state = 7_u64;
        for _ in 0..2_000 {
            let mut list = String::new();
            for _ in 0..12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                list.push_str(seeds[(state >> 33) as usize % seeds.len()]);
            }
            if let Ok(found) = read(list.as_bytes(), &[], &[]) {
                let text = blocks(&found.feeds);
                let taken: super::super::FeedList =
                    toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
                assert_eq!(taken.feed.len(), found.feeds.len());
                write("x", &taken.feed, jiff::Timestamp::UNIX_EPOCH);
            }
        }
    }
}
