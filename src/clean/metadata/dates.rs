//! When a story was published and last changed, as its page says it.
//!
//! In: what a page states in its markup, its address and its lines. Out: both times, or the text that could not be read.
//! The sources are asked in the order of trust. A time that a page calls an update is never taken for the publication
//! unless it is the only one, and then that is said.

use super::{Page, clean};
use crate::clean::page::layout::{Block, Kind, Zone};
use crate::model::StatedTime;
use crate::quirks::{date, phrases};
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// What was found about the publication.
#[derive(Debug, Default)]
pub(in crate::clean) struct Published {
    pub(in crate::clean) read: Option<date::Read>,
    /// The first text that could not be read, where nothing else could.
    pub(in crate::clean) unreadable: Option<String>,
    /// The time is that of the last change: no other is on the page.
    pub(in crate::clean) is_change: bool,
}

const PUBLISHED: [&str; 40] = [
    "article:published_time",
    "og:published_time",
    "og:article:published_time",
    "article:published",
    "article.published",
    "datepublished",
    "publish_date",
    "publishdate",
    "publish-date",
    "published_date",
    "published-date",
    "published",
    "publication_date",
    "publicationdate",
    "publication-date",
    "pubdate",
    "pub_date",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime",
    "ptime",
    "article:post_date",
    "article_date_original",
    "article-publication-date",
    "originalpublicationdate",
    "citation_publication_date",
    "citation_date",
    "citation_online_date",
    "dc.date.issued",
    "dcterms.issued",
    "dc.issued",
    "dcterms.created",
    "dc.date.created",
    "dc.created",
    "dc.date",
    "dcterms.date",
    "displaydate",
    "datecreated",
    "date",
];

/// Elements and lines that are looked at; a page of dates states none.
const MAX_CANDIDATES: usize = 500;
const MAX_LINES: usize = 3_000;

const CHANGED: [&str; 16] = [
    "article:modified_time",
    "og:article:modified_time",
    "og:updated_time",
    "og:modified_time",
    "article:updated_time",
    "datemodified",
    "date_modified",
    "lastmod",
    "last-modified",
    "modified",
    "updated",
    "revised",
    "dc.date.modified",
    "dcterms.modified",
    "dc.modified",
    "lastupdate",
];

/// Time of publication.
pub(super) fn published(page: &Page<'_>, headline_at: usize, story: std::ops::Range<usize>) -> Published {
    let mut unreadable = None;
    let mut stated: Vec<String> = Vec::new();
    stated.extend(page.linked.text("datePublished"));
    stated.extend(page.metas(&PUBLISHED));
    stated.extend(by_property(page, "datePublished", headline_at));
    stated.extend(page.linked.text_of_page("datePublished"));
    stated.extend(["dateCreated", "uploadDate"].iter().filter_map(|name| page.linked.text_of_any(name)));
    for text in stated {
        match date::read(&text).or_else(|| find(&text, page.is_month_first())) {
            Some(read) if is_plausible(&read) => return Published { read: Some(read), ..Published::default() },
            _ => unreadable = unreadable.or(Some(text)),
        }
    }
    let read = by_element(page, headline_at)
        .or_else(|| by_line(page, headline_at, &story, true))
        .or_else(|| in_address(page.address.as_deref().unwrap_or_default()))
        .or_else(|| by_line(page, headline_at, &story, false));
    if read.is_some() {
        return Published { read, ..Published::default() };
    }
    let changed = change(page, headline_at).or_else(|| changed_by_line(page));
    Published { is_change: changed.is_some(), unreadable: unreadable.filter(|_| changed.is_none()), read: changed }
}

/// Time of the last change.
pub(super) fn updated(page: &Page<'_>, headline_at: usize) -> Option<StatedTime> {
    change(page, headline_at).or_else(|| changed_by_line(page)).map(|read| read.time)
}

fn change(page: &Page<'_>, headline_at: usize) -> Option<date::Read> {
    let mut stated: Vec<String> = Vec::new();
    stated.extend(page.linked.text("dateModified"));
    stated.extend(page.metas(&CHANGED));
    stated.extend(by_property(page, "dateModified", headline_at));
    stated.extend(page.linked.text_of_page("dateModified"));
    stated.iter().find_map(|text| date::read(text)).filter(is_plausible)
}

fn year(read: &date::Read) -> i16 {
    match read.time {
        StatedTime::Date(date) => date.year(),
        StatedTime::Instant(instant, offset) => offset.to_datetime(instant).year(),
    }
}

/// There were no pages before 1995; a year beyond 2100 is a slip.
fn is_plausible(read: &date::Read) -> bool {
    (1995..=2100).contains(&year(read))
}

/// `itemprop`, as an attribute or as text: the first from the headline on, for lists of other stories have them, too.
fn by_property(page: &Page<'_>, name: &str, headline_at: usize) -> Option<String> {
    let nodes = &page.tree.nodes;
    let has_property = |at: &usize| {
        nodes.get(*at).and_then(|node| node.attribute("itemprop")).is_some_and(|property| {
            property.split_whitespace().any(|word| word.eq_ignore_ascii_case(name))
                && page.layout.zones.get(*at) != Some(&Zone::Comments)
        })
    };
    let start = headline_at.saturating_sub(80).min(nodes.len());
    let at = (start..nodes.len()).chain(0..start).find(has_property)?;
    let node = nodes.get(at)?;
    ["content", "datetime", "title"]
        .iter()
        .find_map(|name| node.attribute(name).map(str::to_owned))
        .or_else(|| clean(&page.tree.text_of(at, 200)))
}

/// `time` elements and elements that a class calls a date: the first from the headline on that is no update.
fn by_element(page: &Page<'_>, headline_at: usize) -> Option<date::Read> {
    let nodes = &page.tree.nodes;
    let is_date = |at: usize| {
        nodes.get(at).is_some_and(|node| {
            matches!(node.name.as_ref(), "time" | "abbr" | "relative-time")
                || node.attribute("datetime").is_some()
                || !node.is_text() && page.layout.parts.get(at).is_some_and(|parts| parts.date)
        })
    };
    let is_elsewhere =
        |at: usize| matches!(page.layout.zones.get(at), Some(Zone::Comments | Zone::Wall | Zone::Hidden));
    let found: Vec<usize> =
        (1..nodes.len()).filter(|at| is_date(*at) && !is_elsewhere(*at)).take(MAX_CANDIDATES).collect();
    // What stands in the page's head bar is today's date.
    let start = found.partition_point(|at| at + 80 < headline_at);
    let beside = |at: &&usize| page.layout.zones.get(**at) == Some(&Zone::Beside);
    let ordered = found
        .iter()
        .skip(start)
        .filter(|at| !beside(at))
        .chain(found.iter().take(start).rev().filter(|at| !beside(at)))
        .chain(found.iter().skip(start).filter(beside));
    let mut change = None;
    for at in ordered.copied() {
        let Some(node) = nodes.get(at) else { continue };
        let text = clean(&page.tree.text_of(at, 300)).unwrap_or_default();
        let attributes = [
            "datetime",
            "content",
            "data-datetime",
            "data-date",
            "data-time",
            "data-timestamp",
            "data-utc",
            "data-published",
            "title",
        ];
        let stated =
            attributes.iter().filter_map(|name| node.attribute(name)).find_map(date::read).filter(is_plausible);
        let Some(read) = stated.or_else(|| find(&text, page.is_month_first())) else { continue };
        let around = nodes
            .get(node.parent)
            .filter(|parent| parent.end - node.parent < 40)
            .and_then(|_| clean(&page.tree.text_of(node.parent, 200)))
            .unwrap_or_default();
        let names = node.attribute("class").unwrap_or_default().to_lowercase();
        let is_change = names.contains("updat")
            || names.contains("modif")
            || is_after_change(&around, &text)
            || is_after_change(&text, "");
        if is_change {
            change = change.or(Some(read));
        } else {
            return Some(read);
        }
    }
    // An update is all that there is: told apart by the caller only where it is stated as one.
    change
}

/// Whether a date's text follows a word for an update.
fn is_after_change(around: &str, text: &str) -> bool {
    let lower = around.to_lowercase();
    let before = match text.is_empty() {
        true => lower.as_str(),
        false => lower.split(&text.to_lowercase()).next().unwrap_or_default(),
    };
    // "date" stands in "updated", too: a phrase begins where a word does.
    let begins_word = |at: &usize| {
        let unspaced = before.get(*at..).and_then(|rest| rest.chars().next()).is_some_and(|c| c >= '\u{2E80}');
        unspaced || !before.get(..*at).is_some_and(|head| head.ends_with(char::is_alphanumeric))
    };
    let last = |phrases: &[&str]| {
        phrases
            .iter()
            .filter_map(|phrase| before.match_indices(phrase).map(|(at, _)| at).filter(begins_word).last())
            .max()
    };
    match (last(phrases::before_change()), last(phrases::before_publication())) {
        (Some(change), Some(publication)) if text.is_empty() => change < publication,
        (Some(change), Some(publication)) => change > publication,
        (Some(_), None) => true,
        _ => false,
    }
}

/// A line with a date in it: with a word for publication before it anywhere, or a short line about the headline.
fn by_line(page: &Page<'_>, headline_at: usize, story: &std::ops::Range<usize>, near: bool) -> Option<date::Read> {
    let blocks = &page.layout.blocks;
    let head = blocks.partition_point(|block| block.node < headline_at);
    let is_short = |block: &Block| {
        block.weight <= 90
            && !matches!(block.zone, Zone::Comments | Zone::Hidden)
            && block.text.chars().any(char::is_numeric)
    };
    let in_block = |block: &Block| {
        if !is_short(block) || is_after_change(&block.text, "") {
            return None;
        }
        find(&block.text, page.is_month_first())
    };
    if near {
        let until = story.start.max(head) + 2;
        let after = blocks.get(head..until.min(blocks.len()).max(head)).unwrap_or_default().iter();
        let before = blocks.get(head.saturating_sub(3)..head).unwrap_or_default().iter().rev();
        return after.chain(before).filter(|block| block.weight <= 80).find_map(in_block);
    }
    let labelled = |block: &&Block| {
        let lower = block.text.to_lowercase();
        phrases::before_publication().iter().any(|phrase| lower.starts_with(phrase))
    };
    let after = blocks.get(story.end.min(blocks.len())..).unwrap_or_default();
    blocks
        .iter()
        .take(MAX_LINES)
        .filter(labelled)
        .find_map(in_block)
        .or_else(|| {
            after.iter().take(12).filter(|block| block.kind != Kind::Row || block.weight < 60).find_map(in_block)
        })
        .or_else(|| {
            // The first sentence of a notice or a letter: "Berlin, den 3. März 2020".
            let first = blocks.get(story.start)?;
            let head: String = first.text.chars().take(80).collect();
            find(&head, page.is_month_first())
        })
}

fn changed_by_line(page: &Page<'_>) -> Option<date::Read> {
    let lines =
        page.layout.blocks.iter().take(MAX_LINES).filter(|block| block.weight <= 90 && block.zone != Zone::Comments);
    lines.filter(|block| is_after_change(&block.text, "")).find_map(|block| {
        let lower = block.text.to_lowercase();
        let at = phrases::before_change().iter().filter_map(|phrase| Some(lower.find(phrase)? + phrase.len())).min()?;
        // "29 September 2020, last update 18:05" has it before.
        find(lower.get(at..)?, page.is_month_first()).or_else(|| find(&lower, page.is_month_first()))
    })
}

/// `/2020/09/29/`, `2020-09-29`, `/20200929/`.
fn in_address(address: &str) -> Option<date::Read> {
    static IN_ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:^|[/_.\-=])((?:19|20)[0-9]{2})([/_.\-]?)(0[1-9]|1[0-2]|[1-9])[/_.\-]?(0[1-9]|[12][0-9]|3[01])(?:[/_.\-?&T]|[0-9]{2,6}[/_.\-]|$)").ok()
    });
    let path = address.split("://").nth(1)?.split_once('/')?.1;
    let found = IN_ADDRESS.as_ref()?.captures(path)?;
    let part = |at: usize| found.get(at).map_or("", |part| part.as_str());
    date::read(&format!("{}-{:0>2}-{}", part(1), part(3), part(4))).filter(is_plausible)
}

/// A date anywhere in a line. `month_first` is how the page's language writes dates in figures.
fn find(text: &str, month_first: bool) -> Option<date::Read> {
    static SHAPES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        // Letters: ASCII's own, and whatever is no ASCII. Exact classes of Unicode take milliseconds to compile.
        const MONTH: &str = r"[^\x00-\x40\x5b-\x60\x7b-\x7f]";
        const CLOCK: &str = r"(?:[,\s]*(?:\(\w+\)|at|um|à|a las|às|в|о|ore|kl\.?|klo|-|–|—|\||·)?[\s,]*[0-9]{1,2}[:h.][0-9]{2}(?::[0-9]{2})?(?:\s*[ap]\.?m\b\.?)?(?:\s*(?:[A-Z]{2,5}|МСК)\b)?(?:\s*[+\-][0-9]{2}:?[0-9]{2})?)?";
        [
            // 2020-09-29T18:05:00+03:00, 2020/9/29
            r"\b(?:19|20)[0-9]{2}\s?[-/.]\s?[0-9]{1,2}\s?[-/.]\s?[0-9]{1,2}(?:[T\s]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?(?:Z|\s?[+\-][0-9]{2}:?[0-9]{2})?)?".to_owned(),
            // 2020年9月29日 18:05, 2020년 9월 29일
            r"(?:19|20)[0-9]{2}\s*[年년]\s*[0-9]{1,2}\s*[月월]\s*[0-9]{1,2}\s*[日일]?(?:\s*(?:\([^)]{1,3}\)|（[^）]{1,3}）)?\s*(?:오전|오후|上午|下午|午前|午後)?\s*[0-9]{1,2}\s*[:時时시]\s*[0-9]{1,2})?".to_owned(),
            // 29 September 2020, 29. září 2020, 29 de septiembre de 2020
            format!(r"\b[0-9]{{1,2}}(?:st|nd|rd|th|er|º|\.)?\s*[-\s]\s*(?:de\s+|of\s+)?{MONTH}{{3,14}}\.?,?[-\s]+(?:de\s+|del\s+)?(?:19|20)[0-9]{{2}}{CLOCK}"),
            // September 29, 2020
            format!(r"\b{MONTH}{{3,14}}\.?\s+[0-9]{{1,2}}(?:st|nd|rd|th)?,?\s+(?:19|20)[0-9]{{2}}{CLOCK}"),
            // 29.09.2020, 09/29/2020
            format!(r"\b[0-9]{{1,2}}\s?[./-]\s?[0-9]{{1,2}}\s?[./-]\s?(?:(?:19|20)[0-9]{{2}})\b{CLOCK}"),
            // 29.09.20
            r"\b[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2}\b".to_owned(),
        ]
        .iter()
        .filter_map(|shape| Regex::new(shape).ok())
        .collect()
    });
    if !text.chars().any(char::is_numeric) {
        return None;
    }
    // Digits of other scripts are read as digits.
    let text: String = text.chars().take(400).map(western_digit).collect();
    // Arabic pages write both names of a month: "04 آب/أغسطس 2013".
    static TWO_NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"[\p{Arabic}]{2,}(?: [\p{Arabic}]{2,})?\s?/\s?([\p{Arabic}]{3,}\s+(?:19|20)\d{2})").ok()
    });
    let text = TWO_NAMES.as_ref().map_or(Cow::Borrowed(text.as_str()), |names| names.replace_all(&text, "$1"));
    SHAPES.iter().find_map(|shape| {
        let found = shape.find_iter(&text).take(4).find_map(|found| read_found(found.as_str(), month_first));
        found.filter(is_plausible)
    })
}

fn western_digit(c: char) -> char {
    let zero = match c {
        '٠'..='٩' => '٠',
        '۰'..='۹' => '۰',
        '०'..='९' => '०',
        '０'..='９' => '０',
        c => return c,
    };
    char::from_digit(c as u32 - zero as u32, 10).unwrap_or(c)
}

fn read_found(found: &str, month_first: bool) -> Option<date::Read> {
    date::read(found).or_else(|| {
        // Two small numbers and slashes: the page's language says which is the month.
        let mut numbers = found.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
        let (first, second, year) = (numbers.next()?, numbers.next()?, numbers.next()?);
        let (day, month) = if month_first { (second, first) } else { (first, second) };
        date::read(&format!("{year}-{month:0>2}-{day:0>2}")).filter(|_| year.len() == 4)
    })
}

/// Whether a short line is little more than a date.
pub(super) fn is_date_line(line: &str) -> bool {
    line.len() <= 120 && line.chars().filter(|c| c.is_alphabetic()).count() <= 40 && find(line, false).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = find(text, false).map(|read| read.time.to_string());
        assert_eq!(
            found.as_deref().unwrap_or("none").get(..10.min(found.as_deref().unwrap_or("none").len())),
            Some(expected),
            "{text}"
        );
    }

    #[test]
    fn dates_are_found_in_lines() {
        check("Posted by Jane on March 3, 2020 | 5 comments", "2020-03-03");
        check("Berlin, den 3. März 2020, 12:05 Uhr", "2020-03-03");
        check("Publicado el 3 de marzo de 2020 a las 10:30", "2020-03-03");
        check("发布时间：2020年3月3日 08:15 来源：示例", "2020-03-03");
        check("입력 2020.03.03 11:20", "2020-03-03");
        check("٣ مارس ٢٠٢٠", "2020-03-03");
        check("الثلاثاء، 03 آذار/مارس 2020", "2020-03-03");
        check("Опубликовано 3 марта 2020, 12:05", "2020-03-03");
        check("03/04/2020", "2020-04-03");
        check("Room 12, 3 of 2020 seats", "none");
    }

    #[test]
    fn addresses_carry_dates() {
        let read = |address: &str| in_address(address).map(|read| read.time.to_string());
        assert_eq!(read("https://wire.example/2020/03/04/story").as_deref(), Some("2020-03-04"));
        assert_eq!(read("https://wire.example/a-20200304-story.html").as_deref(), Some("2020-03-04"));
        assert_eq!(read("https://wire.example/story-123456789"), None);
    }

    #[test]
    fn updates_are_told_apart() {
        assert!(is_after_change("Updated: 4 March 2020", "4 March 2020"));
        assert!(is_after_change("Published 3 March 2020, updated 4 March 2020", "4 March 2020"));
        assert!(!is_after_change("Published 3 March 2020, updated 4 March 2020", "3 March 2020"));
        assert!(!is_after_change("Published 3 March 2020, updated 4 March 2020", ""));
    }
}
