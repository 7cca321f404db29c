//! What editors write around a story: headline marks, slugs, bylines, notes, takes, embargoes.
//!
//! The headline and the paragraphs before and after the story come in; what they say comes out, with the numbers of
//! the paragraphs that are furniture and no story. Marks are recognised only where an editor puts them (set off in the
//! headline, a paragraph of its own), so that "kill" in a sentence kills nothing; their words are in `quirks::notices`.

use super::{agencies, dateline};
use crate::language::names::Names;
use crate::markup::bytes::head;
use crate::model::Notice;
use crate::quirks::notices;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use regex::Regex;
use std::sync::LazyLock;
use unicode_normalization::char::is_combining_mark;

/// Everything that was read.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) byline: Option<String>,
    pub(super) slug: Option<String>,
    pub(super) urgency: Option<u8>,
    pub(super) editors_note: Option<String>,
    pub(super) take: Option<u32>,
    pub(super) notice: Option<Notice>,
    pub(super) embargo: Option<Embargo>,
    /// What a kill withdraws, as it names it.
    pub(super) withdraws: Option<String>,
    /// Paragraphs that are no story.
    pub(super) furniture: Vec<usize>,
}

/// An embargo as written.
pub(super) struct Embargo {
    pub(super) text: String,
}

struct Patterns {
    urgency: Regex,
    slug: Regex,
    name_line: Regex,
    /// Words of [`Self::embargo`]: most paragraphs have none and need no pattern.
    embargo_words: Names,
    embargo: Regex,
    clock: Regex,
    date_anywhere: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    Some(Patterns {
        urgency: Regex::new(r"(?i)^(?:urgency|priority)\s*[:=]\s*([1-9])\b").ok()?,
        // "BC-EU--Summit, 1st Ld-Writethru", "HEALTH-CORONAVIRUS/RUSSIA (UPDATE 2)", "Slug: SUMMIT", "Summit-EU,2ndlead".
        slug: Regex::new(r"^(?:(?i:slug)\s*:\s*(.+)|((?:BC|AM|PM|FBC|US|EU)-[\w\-/&.' ]+(?:,[^\n]+)?)|([A-Z][A-Z0-9]+(?:[-/][A-Z0-9()&]+)+(?:[ ]\([A-Z0-9, ]+\))?)|([\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)+,[^\n]+))$").ok()?,
        name_line: Regex::new(r"^\p{Lu}[\p{L}'’\-]+(?:[ ]\p{Lu}\.)?(?:[ ](?:de|da|van|von|bin|al|el))?(?:[ ]\p{Lu}[\p{L}'’\-]+){1,2}(?:[ ]and[ ]\p{Lu}[\p{L}'’\-]+[ ]\p{Lu}[\p{L}'’\-]+)?$").ok()?,
        embargo_words: ["embargo", "not for", "hold for release"].map(str::to_owned).to_vec().into(),
        embargo: Regex::new(r"(?i)\b(?:embargo(?:ed)?|not for (?:release|publication|broadcast|use)(?: or \w+)? (?:before|until)|hold for release)\b").ok()?,
        clock: Regex::new(r"(?i)\b(?P<h>\d{1,2})(?:[:.h]?(?P<m>\d{2}))?(?:[:.]\d{2})?\s*(?P<half>a\.?m\.?|p\.?m\.?)?\s*\(?(?P<zone>GMT|UTC|Z|BST|CET|CEST|MSK|EST|EDT|ET|CDT|PST|PDT|PT|JST|KST|IST|SGT|HKT|AEST|AEDT)\b").ok()?,
        date_anywhere: Regex::new(r"(?i)\b(?:\d{4}-\d{2}-\d{2}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{1,2}|\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))").ok()?,
    })
});

/// How many paragraphs at the head and foot may be furniture.
const EDGE: usize = 6;

/// Words that join names, or the parts of one.
const JOINS: [&str; 12] = ["de", "da", "van", "von", "bin", "al", "el", "la", "and", "in", "&", "del"];

/// Characters of the longest desk or agency behind the names of a byline.
const LONGEST_DESK: usize = 60;

/// Bytes of the longest slug line.
const LONGEST_SLUG: usize = 130;

/// Bytes of the longest note that says which story it withdraws.
const LONGEST_NOTE: usize = 1_200;

/// Reads the marks. `dateline` is the paragraph that opens with it.
pub(super) fn read(headline: Option<&str>, paragraphs: &[&str], dateline: Option<usize>) -> Marks {
    let mut marks = Marks::default();
    let Some(patterns) = PATTERNS.as_ref() else { return marks };
    let (mark, plain) = notices::headline(headline.unwrap_or_default());
    marks.take_in(mark);
    let foot = paragraphs.len().saturating_sub(EDGE);
    for (index, text) in paragraphs.iter().enumerate() {
        if index >= EDGE && index < foot {
            continue;
        }
        if read_paragraph(patterns, text.trim(), index, dateline, &mut marks) && dateline != Some(index) {
            marks.furniture.push(index);
        }
        // "ADVISORY-" may head a kill as well as news.
        if mark.is_advisory && index < EDGE && notices::kills(text) && notices::named(text).is_some() {
            marks.notice = Some(Notice::Kill);
        }
    }
    if marks.notice == Some(Notice::Kill) {
        let notes = paragraphs.iter().take(EDGE).filter(|text| text.len() <= LONGEST_NOTE && notices::kills(text));
        let named = notes.chain(&headline).find_map(|text| notices::named(text));
        let is_headlined = mark.notice == Some(Notice::Kill) && plain != headline.unwrap_or_default().trim();
        let slug = || marks.slug.as_deref().filter(|slug| notices::slug(slug).notice == Some(Notice::Kill));
        let slug = || slug().and_then(|slug| slug.split(',').next());
        marks.withdraws = named.or(is_headlined.then_some(plain)).or_else(slug).map(str::to_owned);
    }
    marks
}

impl Marks {
    fn take_in(&mut self, mark: notices::Mark) {
        self.notice = notices::weightier(self.notice, mark.notice);
        self.take = self.take.or(mark.take);
        self.urgency = self.urgency.or(mark.urgency);
    }
}

/// What follows a word of embargo in its line, from the first digit nearby.
fn time_of(after: &str) -> Option<&str> {
    let line = after.lines().next().filter(|line| line.chars().nth(2).is_some())?;
    let near = |(n, (_, c)): &(usize, (usize, char))| *n >= 40 || c.is_ascii_digit();
    let start = line.char_indices().enumerate().find(near).map_or(0, |(_, (at, _))| at);
    let rest = line.get(start..).filter(|rest| rest.chars().nth(2).is_some()).unwrap_or(line);
    Some(head(rest, 90))
}

/// Reads one paragraph of the head or foot; true when it is furniture.
fn read_paragraph(patterns: &Patterns, text: &str, index: usize, dateline: Option<usize>, marks: &mut Marks) -> bool {
    let head = index < EDGE && dateline.is_none_or(|dateline| index <= dateline);
    let short = text.chars().count() <= 400;
    if !short && dateline != Some(index) {
        return false;
    }
    if head
        && marks.embargo.is_none()
        && short
        && patterns.embargo_words.within(text)
        && let Some(time) = patterns.embargo.find_iter(text).find_map(|found| text.get(found.end()..).and_then(time_of))
    {
        marks.embargo = Some(Embargo { text: time.trim().to_owned() });
        return true;
    }
    if head && let Some(found) = patterns.urgency.captures(text) {
        marks.urgency = found.get(1).and_then(|digit| digit.as_str().parse().ok());
        return true;
    }
    let bracketed = text.starts_with(['(', '[']);
    let closed = text.find([')', ']']).and_then(|at| text.get(..=at));
    // A note in brackets is the whole paragraph, or stands before the dateline.
    let bracket = if bracketed && head {
        closed.filter(|note| note.len() == text.len() || dateline == Some(index))
    } else {
        None
    };
    let aside = bracket.and_then(|note| Some((note, notices::aside(note)?)));
    let note = aside.or_else(|| Some((text, short.then(|| notices::note(text))??)));
    if let Some((note, notice)) = note {
        marks.editors_note.get_or_insert_with(|| note.to_owned());
        marks.notice = notices::weightier(marks.notice, notice);
        return true;
    }
    if head && short && notices::headline(text).0.notice == Some(Notice::Kill) {
        marks.notice = Some(Notice::Kill);
        return true;
    }
    if head
        && dateline != Some(index)
        && text.len() <= LONGEST_SLUG
        && may_be_slug(text)
        && text.split_once(',').is_none_or(|(_, rest)| rest.chars().count() <= 60)
        && let Some(found) = patterns.slug.captures(text)
        && let slug = found.iter().skip(1).flatten().next().map_or(text, |slug| slug.as_str().trim())
        && let mark = notices::slug(slug)
        && (found.get(4).is_none() || mark.notice.is_some())
    {
        marks.take_in(mark);
        marks.slug.get_or_insert_with(|| slug.to_owned());
        return true;
    }
    if head
        && short
        && dateline != Some(index)
        && marks.byline.is_none()
        && let Some(line) = behind_by(text)
    {
        let is_sentence = text.ends_with(['.', '!', '?']) && text.split_whitespace().count() > 8
            || text.split_whitespace().count() > 16;
        if !is_sentence {
            marks.byline = Some(byline(line).to_owned());
            return true;
        }
    }
    false
}

/// Whether a slug may open the text: it is labelled or joined by dashes or strokes.
fn may_be_slug(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    first.contains(['-', '/']) || text.get(..4).is_some_and(|label| label.eq_ignore_ascii_case("slug"))
}

/// What follows "By" in a line of names, after which little may stand.
fn behind_by(text: &str) -> Option<&str> {
    let rest = ["By", "BY", "by"].into_iter().find_map(|by| text.strip_prefix(by))?;
    let line = rest.trim_start();
    let mut behind = behind_name(line).filter(|_| line.len() < rest.len())?;
    while let Some(next) = behind_next(behind) {
        behind = next;
    }
    (head(behind, LONGEST_DESK) == behind && !behind.contains('\n')).then(|| line.trim_end())
}

/// What follows a word that begins with a capital.
fn behind_name(text: &str) -> Option<&str> {
    let is_letter = |c: char| c.is_alphabetic() || is_combining_mark(c) || ".'’-".contains(c);
    text.starts_with(char::is_uppercase).then(|| text.trim_start_matches(is_letter))
}

/// What follows a word of a name, or one that joins names, with the space or comma before it.
fn behind_next(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(',').unwrap_or(text);
    let word = rest.trim_start_matches(' ');
    let joined = || JOINS.into_iter().filter(|_| rest == text).find_map(|join| word.strip_prefix(join));
    behind_name(word).or_else(joined).filter(|_| word.len() < rest.len())
}

/// A byline without the agency: `Jane Doe, Associated Press`, `JANE DOE | Reuters`.
fn byline(line: &str) -> &str {
    for separator in [", ", " | ", " - ", " – ", " — ", " / ", " for ", " of "] {
        if let Some((names, affiliation)) = line.rsplit_once(separator) {
            let affiliation = affiliation.trim_end_matches(['.', ' ']);
            let desk = affiliation.trim_end_matches(" Writer").trim_end_matches(" writer").trim_end_matches(" staff");
            if agencies::named(affiliation).or_else(|| agencies::named(desk)).is_some() {
                return names.trim();
            }
        }
    }
    line
}

impl Marks {
    /// A line that is only a name, right before a story with a dateline, is a byline too.
    pub(super) fn byline_without_by(&mut self, texts: &[&str], story: usize) {
        let Some(patterns) = PATTERNS.as_ref() else { return };
        let Some(before) = story.checked_sub(1) else { return };
        let Some(text) = texts.get(before) else { return };
        let free = self.byline.is_none() && !self.furniture.contains(&before);
        if free
            && text.split(' ').all(|word| word.starts_with(char::is_uppercase) || JOINS.contains(&word))
            && patterns.name_line.is_match(text)
            && !crate::clean::boilerplate::is_boilerplate(text)
            && super::gazetteer::lookup(text, None).is_none()
        {
            self.byline = Some((*text).to_owned());
            self.furniture.push(before);
        }
    }
}

impl Embargo {
    /// The instant, when day, time and zone can all be read; the day may lack its year.
    pub(super) fn until(&self, published: Option<Date>) -> Option<Timestamp> {
        let patterns = PATTERNS.as_ref()?;
        let found = patterns.date_anywhere.find(&self.text)?;
        let date = dateline::date_at_start(self.text.get(found.start()..)?, published)?;
        let clock = patterns.clock.captures_iter(&self.text).last()?;
        let number = |name| clock.name(name).map_or(Some(0), |digits| digits.as_str().parse::<i8>().ok());
        let (mut hour, minute) = (number("h")?, number("m")?);
        let half = clock.name("half").map(|half| half.as_str().to_lowercase().replace('.', ""));
        match half.as_deref() {
            Some("pm") if hour < 12 => hour += 12,
            Some("am") if hour == 12 => hour = 0,
            _ => {}
        }
        let time = Time::new(hour, minute, 0, 0).ok()?;
        let offset = offset(clock.name("zone")?.as_str(), date)?;
        offset.to_timestamp(date.to_datetime(time)).ok()
    }
}

/// Zones that newsrooms name. IST is India's, as in Indian copy.
fn offset(zone: &str, date: Date) -> Option<Offset> {
    let minutes = match zone.to_uppercase().as_str() {
        "GMT" | "UTC" | "Z" => 0,
        "BST" | "CET" => 60,
        "CEST" => 120,
        "MSK" => 180,
        "IST" => 330,
        "SGT" | "HKT" => 480,
        "JST" | "KST" => 540,
        "AEST" => 600,
        "AEDT" => 660,
        "EST" | "CDT" => -300,
        "EDT" => -240,
        "PST" => -480,
        "PDT" => -420,
        "ET" => {
            if summer_in_america(date) {
                -240
            } else {
                -300
            }
        }
        "PT" => {
            if summer_in_america(date) {
                -420
            } else {
                -480
            }
        }
        _ => return None,
    };
    Offset::from_seconds(minutes * 60).ok()
}

/// Summer time since 2007: from the second Sunday in March to the first Sunday in November.
fn summer_in_america(date: Date) -> bool {
    let sundays_before = |date: Date| {
        let weekday = date.weekday().to_sunday_zero_offset();
        (date.day() - 1 - weekday).div_euclid(7) + 1
    };
    match date.month() {
        4..=10 => true,
        3 => date.day() >= 8 && sundays_before(date) >= 2,
        11 => sundays_before(date) < 1,
        _ => false,
    }
}
