//! What editors write around a story: headline marks, slugs, bylines, notes, takes, embargoes.
//!
//! The headline and the paragraphs before and after the story come in; what they say comes out, with the numbers of
//! the paragraphs that are furniture and no story. Marks are recognised only where an editor puts them (the head of the
//! headline in capitals, a paragraph of its own), so that "kill" in a sentence kills nothing.

use super::{agencies, dateline};
use crate::model::Notice;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use regex::Regex;
use std::sync::LazyLock;

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
    /// An agency that the byline names.
    pub(super) agency: Option<&'static str>,
    /// Paragraphs that are no story.
    pub(super) furniture: Vec<usize>,
}

/// An embargo as written.
pub(super) struct Embargo {
    pub(super) text: String,
}

struct Patterns {
    numbered: Regex,
    headline: Regex,
    headline_end: Regex,
    lead: Regex,
    urgency: Regex,
    note: Regex,
    note_kind: Regex,
    killed: Regex,
    slug: Regex,
    byline: Regex,
    name_line: Regex,
    embargo: Regex,
    clock: Regex,
    date_anywhere: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    Some(Patterns {
        // "UPDATE 2-", "WRAPUP 3-", "RPT-UPDATE 1-", "LEAD 2 ", "1st LD", "take 2".
        numbered: Regex::new(r"^(?:[A-Z]{2,6}-)?(?:UPDATE|WRAPUP|WRAP|LEAD|ADD|TAKE|GRAPHIC)[ ](\d{1,2})\b").ok()?,
        headline: Regex::new(r"^(?:\W{0,2})(?:[A-Z]{2,12}[ -]){0,2}?(CORRECTED|CORRECTION|CORRECTS|REFILE|KILL|KILLED|WITHDRAWN|WITHDRAWAL|RETRACTED|RETRACTION|UPDATE|UPDATED|WRAPUP|FLASH|BULLETIN|URGENT|BREAKING|EDITORS' NOTE|RECAST)\b(?:[ ]\d{1,2})?\W").ok()?,
        headline_end: Regex::new(r"[-–—(/\[][ ]?(CORRECTED|REFILE|UPDATE|UPDATED|KILL|WITHDRAWN|RETRACTED)[)\]/]?$").ok()?,
        // Yonhap's "(LEAD)", "(2nd LD)"; AP's "1st Ld-Writethru", "2nd Lead".
        lead: Regex::new(r"(?i)(?:\((?P<first>lead)\)|\(?\b(?P<n>\d{1,2})(?:st|nd|rd|th)[ -](?:ld|lead)\b|\btake[ ](?P<take>\d{1,2})\b|\b(?P<writethru>ld-writethru)\b)").ok()?,
        urgency: Regex::new(r"(?i)^(?:urgency|priority)\s*[:=]\s*([1-9])\b").ok()?,
        note: Regex::new(r"(?i)^\W{0,2}(?:eds?\s*:|editors?(?:['’]?s?['’]?)?\s*(?:note)?\s*:|note to editors|attention(?:\s+editors)?\s*[-:–—]|editors?['’]s?\s+note\b|(?:\(\s*|\[\s*)?(?:correction|clarification)\s*:)").ok()?,
        note_kind: Regex::new(r"^\W{0,2}(?i:(?P<correction>correct(?:s|ed|ing|ion)|refil(?:es|ed|ing)|fix(?:es|ed)|clarif(?:ies|ication))|(?P<kill>kill(?:s|ed)?|withdraws?|withdrawn|retracts?)|(?P<update>adds?|adding|updates?|updating|recasts?|rewrites?|changes?|writes through|inserts?|removes?|deletes?|repeats|releads?|new throughout))\b").ok()?,
        killed: Regex::new(r"(?i)\b(?:please )?(?:kill|withdraw)\b.{0,60}\b(?:story|item|report|dispatch|article|slug)|\b(?:story|item|report|dispatch|article)\b.{0,60}\b(?:has been|is|was) (?:killed|withdrawn|retracted)|\b(?:do not|must not|should not be) (?:use|used)\b").ok()?,
        // "BC-EU--Summit, 1st Ld-Writethru", "HEALTH-CORONAVIRUS/RUSSIA", "Slug: SUMMIT".
        slug: Regex::new(r"^(?:(?i:slug)\s*:\s*(.{2,80})|((?:BC|AM|PM|FBC|US|EU)-[\w\-/&.' ]{2,60}(?:,[^\n]{1,60})?)|([A-Z][A-Z0-9]+(?:[-/][A-Z0-9()&]+)+(?:[ ]\([A-Z, ]+\))?))$").ok()?,
        byline: Regex::new(r"^(?:By|BY|by)\s+(\p{Lu}[\p{L}\p{M}.'’\-]*(?:[ ]+(?:\p{Lu}[\p{L}\p{M}.'’\-]*|de|da|van|von|bin|al|el|del|la|and|AND|in|&)|,[ ]+\p{Lu}[\p{L}\p{M}.'’\-]*)*[^\n]{0,60})$").ok()?,
        name_line: Regex::new(r"^\p{Lu}[\p{L}'’\-]+(?:[ ]\p{Lu}\.)?(?:[ ](?:de|da|van|von|bin|al|el))?(?:[ ]\p{Lu}[\p{L}'’\-]+){1,2}(?:[ ]and[ ]\p{Lu}[\p{L}'’\-]+[ ]\p{Lu}[\p{L}'’\-]+)?$").ok()?,
        embargo: Regex::new(r"(?i)(?:\bembargo(?:ed)?\b[^\d\n]{0,40}|\bnot for (?:release|publication|broadcast|use)(?: or \w+)? (?:before|until)\b[^\d\n]{0,30}|\bhold for release\b[^\d\n]{0,40})(?P<rest>[^\n]{3,90})").ok()?,
        clock: Regex::new(r"(?i)\b(?P<h>\d{1,2})(?:[:.h]?(?P<m>\d{2}))?(?:[:.]\d{2})?\s*(?P<half>a\.?m\.?|p\.?m\.?)?\s*\(?(?P<zone>GMT|UTC|Z|BST|CET|CEST|MSK|EST|EDT|ET|CDT|PST|PDT|PT|JST|KST|IST|SGT|HKT|AEST|AEDT)\b").ok()?,
        date_anywhere: Regex::new(r"(?i)\b(?:\d{4}-\d{2}-\d{2}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{1,2}|\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))").ok()?,
    })
});

/// How many paragraphs at the head and foot may be furniture.
const EDGE: usize = 6;

/// Reads the marks. `dateline` is the paragraph that opens with it.
pub(super) fn read(headline: Option<&str>, paragraphs: &[&str], dateline: Option<usize>) -> Marks {
    let mut marks = Marks::default();
    let Some(patterns) = PATTERNS.as_ref() else { return marks };
    if let Some(headline) = headline {
        read_headline(patterns, headline.trim(), &mut marks);
    }
    let foot = paragraphs.len().saturating_sub(EDGE);
    for (index, text) in paragraphs.iter().enumerate() {
        if index >= EDGE && index < foot {
            continue;
        }
        if read_paragraph(patterns, text.trim(), index, dateline, &mut marks) && dateline != Some(index) {
            marks.furniture.push(index);
        }
    }
    marks
}

fn read_headline(patterns: &Patterns, headline: &str, marks: &mut Marks) {
    if let Some(found) = patterns.numbered.captures(headline) {
        marks.take = found.get(1).and_then(|number| number.as_str().parse().ok());
        marks.notice = Some(Notice::Update);
    }
    let word = patterns.headline.captures(headline).or_else(|| patterns.headline_end.captures(headline));
    match word.as_ref().and_then(|found| found.get(1)).map(|word| word.as_str()) {
        Some("KILL" | "KILLED" | "WITHDRAWN" | "WITHDRAWAL" | "RETRACTED" | "RETRACTION") => {
            marks.notice = Some(Notice::Kill)
        }
        Some("CORRECTED" | "CORRECTION" | "CORRECTS" | "REFILE") => marks.notice = Some(Notice::Correction),
        Some("UPDATE" | "UPDATED" | "WRAPUP" | "RECAST") => marks.notice = marks.notice.or(Some(Notice::Update)),
        // The numbers are those of the ANPA priorities: flash, bulletin, urgent.
        Some("FLASH") => marks.urgency = Some(1),
        Some("BULLETIN") => marks.urgency = Some(2),
        Some("URGENT") => marks.urgency = Some(3),
        _ => {}
    }
    read_lead(patterns, headline, marks);
    if headline.starts_with("(URGENT)") {
        marks.urgency = Some(3);
    }
}

fn read_lead(patterns: &Patterns, text: &str, marks: &mut Marks) {
    let Some(found) = patterns.lead.captures(text) else { return };
    let number = found.name("n").or(found.name("take")).and_then(|number| number.as_str().parse().ok());
    marks.take = marks.take.or(number).or(found.name("first").map(|_| 1));
    marks.notice = marks.notice.or(Some(Notice::Update));
}

/// Reads one paragraph of the head or foot; true when it is furniture.
fn read_paragraph(patterns: &Patterns, text: &str, index: usize, dateline: Option<usize>, marks: &mut Marks) -> bool {
    let head = index < EDGE && dateline.is_none_or(|dateline| index <= dateline);
    let short = text.chars().count() <= 400;
    if !short && dateline != Some(index) {
        return false;
    }
    if head
        && let Some(found) = patterns.embargo.captures(text)
        && marks.embargo.is_none()
        && short
    {
        marks.embargo = found.name("rest").map(|rest| Embargo { text: rest.as_str().trim().to_owned() });
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
    let kind = bracket.and_then(|note| patterns.note_kind.captures(note));
    let is_note = short && patterns.note.is_match(text);
    if kind.is_some() || is_note {
        let note = if kind.is_some() { bracket.unwrap_or(text) } else { text };
        marks.editors_note.get_or_insert_with(|| note.to_owned());
        let after_label = note.split_once(':').map_or(note, |(_, rest)| rest).trim();
        let kind = kind.or_else(|| patterns.note_kind.captures(after_label));
        let notice = if patterns.killed.is_match(note) || kind.as_ref().is_some_and(|kind| kind.name("kill").is_some())
        {
            Some(Notice::Kill)
        } else if note.to_lowercase().contains("correction")
            || kind.as_ref().is_some_and(|kind| kind.name("correction").is_some())
        {
            Some(Notice::Correction)
        } else {
            kind.and_then(|kind| kind.name("update").map(|_| Notice::Update))
        };
        // A correction that the headline announces is not made an update by "(Adds …)"; a kill outweighs all.
        marks.notice = match (marks.notice, notice) {
            (_, Some(Notice::Kill)) => Some(Notice::Kill),
            (Some(Notice::Update), Some(Notice::Correction)) => Some(Notice::Correction),
            (earlier, notice) => earlier.or(notice),
        };
        return true;
    }
    if head
        && (matches!(text, "KILL" | "MANDATORY KILL" | "WITHDRAWN")
            || text.starts_with("KILL ") && patterns.killed.is_match(text))
    {
        marks.notice = Some(Notice::Kill);
        return true;
    }
    if head
        && dateline != Some(index)
        && let Some(found) = patterns.slug.captures(text)
    {
        let slug = found.get(1).or(found.get(2)).or(found.get(3)).map(|slug| slug.as_str().trim().to_owned());
        if let Some(slug) = &slug {
            read_lead(patterns, slug, marks);
        }
        marks.slug = marks.slug.take().or(slug);
        return true;
    }
    if head
        && short
        && dateline != Some(index)
        && marks.byline.is_none()
        && let Some(found) = patterns.byline.captures(text)
    {
        let line = found.get(1).map(|line| line.as_str().trim()).unwrap_or_default();
        let is_sentence = text.ends_with(['.', '!', '?']) && text.split_whitespace().count() > 8
            || text.split_whitespace().count() > 16;
        if !is_sentence {
            let (names, agency) = byline(line);
            marks.byline = Some(names);
            marks.agency = agency;
            return true;
        }
    }
    false
}

/// Splits the agency off a byline: `Jane Doe, Associated Press`, `JANE DOE | Reuters`.
fn byline(line: &str) -> (String, Option<&'static str>) {
    for separator in [", ", " | ", " - ", " – ", " — ", " / ", " for ", " of "] {
        if let Some((names, affiliation)) = line.rsplit_once(separator) {
            let affiliation = affiliation.trim_end_matches(['.', ' ']);
            let desk = affiliation.trim_end_matches(" Writer").trim_end_matches(" writer").trim_end_matches(" staff");
            if let Some(agency) = agencies::named(affiliation).or_else(|| agencies::named(desk)) {
                return (names.trim().to_owned(), Some(agency));
            }
        }
    }
    (line.to_owned(), agencies::named(line))
}

impl Marks {
    /// A line that is only a name, right before a story with a dateline, is a byline too.
    pub(super) fn byline_without_by(&mut self, texts: &[&str], story: usize) {
        let Some(patterns) = PATTERNS.as_ref() else { return };
        let Some(before) = story.checked_sub(1) else { return };
        let Some(text) = texts.get(before) else { return };
        let free = self.byline.is_none() && !self.furniture.contains(&before);
        if free
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
