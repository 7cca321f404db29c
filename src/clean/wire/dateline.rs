//! Datelines, by grammar: places, a country or state, a date, an agency, a separator.
//!
//! ```text
//! dateline  = [ "(" agency ")" dash ] places { region } [ date ] [ agency ] [ date ] [ separator ]
//! places    = place { ( "/" | " and " | " & " ) place }
//! region    = "," name | "(" name ")" | "[" name "]"
//! date      = [ weekday ] ( month day | day month ) [ year ] | weekday
//! agency    = "(" name ")" | "/" name "/" | "[" name "]" | "," name
//! separator = "-" | "--" | "–" | "—" | "_" | ":" | "." after an agency
//! ```
//!
//! The span runs from the first place to the separator's end, or to the end of the agency's mark where no separator
//! follows. It never takes in the space after it.
//!
//! Every part but the place may be missing, so an ordinary sentence that starts with capitals must be told apart: a
//! place counts as a dateline only with an agency of the table, or with a date and a separator, or, where it stands
//! alone before a dash, when the gazetteer knows it.

use super::{agencies, gazetteer};
use crate::model::{Dateline, Span};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use regex::Regex;
use std::sync::LazyLock;

/// A dateline stands in the first paragraphs: after a breadcrumb, headline, lead, byline or note.
const PARAGRAPHS: usize = 8;

/// The longest dateline, in bytes: three places, region, date and agency.
const LONGEST: usize = 200;

/// A dateline and what it says beyond itself.
pub(super) struct Found {
    pub(super) dateline: Dateline,
    /// Which paragraph it opens.
    pub(super) paragraph: usize,
    /// The agency in it, by its canonical name.
    pub(super) agency: Option<&'static str>,
    /// The name in its mark, where the table has none like it: "(Silk Road News)".
    pub(super) unknown: Option<String>,
}

/// Characters of the longest note of editors before a dateline.
const LONGEST_NOTE: usize = 320;

/// Bytes of the longest name in brackets that may open a dateline.
const LONGEST_OPENING: usize = 40;

struct Patterns {
    /// `Sept. 29`, `September 29, 2020`, `29 September`, `29th September, 2020`, `2020-09-29`, with or without weekday; `Friday`.
    date: Regex,
    agency: Regex,
    bare_agency: Regex,
    opening_agency: Regex,
    separator: Regex,
    joint: Regex,
    note: Regex,
}

const MONTH: &str = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|ene(?:ro)?|janeiro|febrero|fev(?:ereiro)?|março|marzo|abr(?:il)?|mayo|maio?|junio|junho|julio|julho|ago(?:sto)?|set(?:embro|iembre)?|septiembre|octubre|out(?:ubro)?|noviembre|novembro|dic(?:iembre)?|dez(?:embro)?)";

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let date = format!(
        r"(?ix)^[\s,.]*\(?(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?(?:
            (?P<m1>{MONTH})\.?\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<y1>\d{{4}})\b)?
          | (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:(?:of|de)\s+)?(?P<m2>{MONTH})\b\.?(?:,?\s+(?:de\s+)?(?P<y2>\d{{4}})\b)?
          | (?P<y3>\d{{4}})-(?P<m3>\d{{2}})-(?P<d3>\d{{2}})
          | (?P<day>(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b
        )\)?"
    );
    Some(Patterns {
        date: Regex::new(&date).ok()?,
        // How long a name may be is counted afterwards: a pattern that counts is a copy of itself for each character.
        agency: Regex::new(r"^[\s,.]*(?:\(([^()\n]+)\)|/([^/\n]+)/|\[([^\[\]\n]+)\])").ok()?,
        bare_agency: Regex::new(r"^[,.]?\s+(\p{Lu}\p{L}+(?: \p{Lu}\p{L}+)?)\s*[-–—]").ok()?,
        opening_agency: Regex::new(r"^\(([^()\n]+)\)\s*(?:[-–—]+\s*)?").ok()?,
        separator: Regex::new(r"^\.?\s*(?:-{1,3}|–|—|―|_)(?:\s|$)|^\.?\s*(?:--|–|—|―)|^:(?:\s|$)|^\.(?:\s*[-–—]+)?")
            .ok()?,
        joint: Regex::new(r"^(?:\s*/\s*|\s+and\s+|\s+&\s+|\s+-\s+|,\s+and\s+)").ok()?,
        note: Regex::new(r"^\((?:[A-Z][a-z]+(?:s|ed|ing)|RECASTS?|ADDS?|UPDATES?|CORRECTS?)\b[^()\n]*\)\s*").ok()?,
    })
});

/// The first dateline of the story.
pub(super) fn find(body: &str, paragraphs: &[Span], published: Option<Date>) -> Option<Found> {
    for (index, span) in paragraphs.iter().enumerate().take(PARAGRAPHS) {
        let text = span.of(body)?;
        if let Some((length, skipped, dateline, agency, unknown)) = read(text, published) {
            let span = Span::body(super::tail(span, skipped).start, span.start + skipped + length);
            let text = span.of(body)?.to_owned();
            // "WA: zero", "MALI - 1,586 cases" below running text are items of a list, and "Vancouver — the one in Clark
            // County" is a sentence; only behind a lead does a story begin so late.
            let sentence = |before: &&Span| before.of(body).is_some_and(|text| text.trim_end().ends_with('.'));
            let running = paragraphs.iter().take(index).filter(sentence).count();
            let bare = dateline.date.is_none() && agency.is_none() && unknown.is_none();
            let behind = body.get(span.end..).unwrap_or_default().trim_start();
            let item = text.ends_with(':') || behind.starts_with(|c: char| c.is_ascii_digit());
            let capitals = text.split([',', ' ']).next().is_some_and(is_upper);
            if bare && running > 0 && (item || !capitals || running > 1) {
                continue;
            }
            return Some(Found { dateline: Dateline { text, span, ..dateline }, paragraph: index, agency, unknown });
        }
    }
    None
}

/// A dateline's length, what was skipped before it, what it says, its agency and the name of one that is unknown.
type Read = (usize, usize, Dateline, Option<&'static str>, Option<String>);

/// Reads a dateline at the start of a paragraph.
fn read(text: &str, published: Option<Date>) -> Option<Read> {
    let patterns = PATTERNS.as_ref()?;
    // A note may stand in the same paragraph: "(Adds details) OSLO, Sept 29 (Agency) - ".
    let note = patterns.note.find(text).filter(|note| note.as_str().chars().count() <= LONGEST_NOTE);
    let note = note.map_or(0, |note| note.end());
    let note = if note > 0 && note < text.len() { note } else { 0 };
    let rest = text.get(note..)?;
    let end = (0..=LONGEST.min(rest.len())).rev().find(|end| rest.is_char_boundary(*end))?;
    let head = rest.get(..end)?;

    let mut cursor = Cursor { text: head, at: 0 };
    let mut agency_text = None;
    let mut opened = false;
    if let Some(found) = patterns.opening_agency.captures(head) {
        // "(ANSA) - ROME, SEP 29 - ": only a known agency opens a dateline.
        let name = found.get(1)?.as_str();
        if name.len() <= LONGEST_OPENING && agencies::in_mark(name).is_some() {
            agency_text = found.get(1).map(|name| name.as_str());
            cursor.at = found.get(0)?.end();
            opened = true;
        }
    }
    let start = if opened { 0 } else { cursor.at };
    let first = cursor.place()?;
    let mut beside = None;
    while let Some(joint) = patterns.joint.find(cursor.rest()) {
        let before = cursor.at;
        cursor.at += joint.end();
        let joined_by_dash = joint.as_str().contains('-');
        // "A and B" joins places only in capitals or when both are known; a dash before a lower-case story does not.
        let next = cursor.place();
        if !next.is_some_and(|next| !joined_by_dash && (is_upper(next) == is_upper(first)) && is_place_like(next)) {
            cursor.at = before;
            break;
        }
        beside = beside.or_else(|| gazetteer::lookup(next?, None));
    }
    let region = cursor.region();
    let mut date = cursor.take(&patterns.date);
    if agency_text.is_none() {
        let found = patterns.agency.captures(cursor.rest());
        let name = found.as_ref().and_then(|found| found.iter().skip(1).flatten().next());
        if let Some(name) = name.filter(|name| (2..=70).contains(&name.as_str().chars().count())) {
            agency_text = Some(name.as_str());
            // The bracket behind it too.
            cursor.at += name.end() + 1;
        } else if let Some(found) = patterns.bare_agency.captures(cursor.rest())
            && agencies::named(found.get(1)?.as_str()).is_some()
        {
            agency_text = found.get(1).map(|name| name.as_str());
            cursor.at += found.get(1)?.end();
        }
    }
    if date.is_none() && agency_text.is_some() {
        date = cursor.take(&patterns.date);
    }
    let separator = patterns.separator.find(cursor.rest()).map(|found| found.as_str().trim_end().to_owned());
    let closed_by_stop = separator.as_deref() == Some(".");
    if let Some(separator) = &separator {
        cursor.at += separator.len();
    }

    let agency = agency_text.and_then(agencies::in_mark);
    // A small town is known where nothing but a dateline is written like this.
    let known = gazetteer::lookup(first, region)
        .or_else(|| gazetteer::lookup(without_kind(first)?, region))
        .or_else(|| gazetteer::town(first).filter(|_| is_upper(first)));
    // "Zwettl/Vienna": one that is known vouches for the other.
    let is_known = known.or(beside).is_some();
    let dashed = separator.is_some() && !closed_by_stop;
    let colon = separator.as_deref() == Some(":");
    let lone = cursor.rest().trim().is_empty();
    let accepted = match (agency, agency_text, &date) {
        (Some(_), _, Some(_)) => true,
        (Some(_), _, None) => (dashed && is_known) || (is_upper(first) && (is_known || dashed || closed_by_stop)),
        (None, Some(_), Some(_)) => (dashed || closed_by_stop) && (is_known || is_upper(first)),
        (None, Some(name), None) => is_known && dashed && name.chars().next().is_some_and(char::is_uppercase),
        (None, None, Some(_)) => {
            (dashed && (is_known || is_upper(first)))
                || (closed_by_stop && is_known && is_upper(first))
                || (is_known && is_upper(first) && !lone)
                // A line of its own: "Ludhiana, May 10".
                || (lone && is_known && gazetteer::is_city(first) && !gazetteer::is_region(first))
        }
        (None, None, None) => {
            // "UNITED STATES: 1,204 deaths" is an item of a list, and so are "PANAMA: 989 cases", though a city too, and
            // "Florida — 1,204 cases".
            let figure = cursor.rest().trim_start().starts_with(|c: char| c.is_ascii_digit());
            let item =
                (colon || !is_upper(first)) && gazetteer::is_region(first) && (figure || !gazetteer::is_city(first));
            dashed && is_known && !item && (is_upper(first) || !colon && separator.as_deref() != Some("-"))
                || dashed && !colon && region.is_some_and(gazetteer::is_region) && is_upper(first)
        }
    };
    if !accepted || lone && date.is_none() && agency.is_none() {
        return None;
    }
    let dateline = Dateline {
        text: String::new(),
        span: Span::default(),
        place: Some(ordinary_case(first)),
        country: known.flatten().map(str::to_owned),
        date: date.and_then(|date| date.resolve(published, AHEAD)),
    };
    let unknown = agency_text.filter(|name| agency.is_none() && is_agency_like(name)).map(str::to_owned);
    Some((cursor.at - start, note + start, dateline, agency, unknown))
}

/// "TAGBILARAN CITY" without what it is.
fn without_kind(place: &str) -> Option<&str> {
    let (name, kind) = place.rsplit_once(' ')?;
    ["city", "town"].iter().any(|known| kind.eq_ignore_ascii_case(known)).then_some(name)
}

/// Whether a name between marks is written like an agency's: one to four words with capitals.
fn is_agency_like(name: &str) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    let capital = |word: &&str| word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
    (1..=4).contains(&words.len())
        && words.iter().all(capital)
        && name.chars().filter(|c| c.is_alphabetic()).count() >= 3
}

/// A story is not written after it is published; clocks, zones and advance copy make a few days.
const AHEAD: i32 = 7;

/// A date as written.
enum Written {
    /// The year may be missing.
    Day {
        year: Option<i16>,
        month: i8,
        day: i8,
    },
    Weekday(Weekday),
}

impl Written {
    /// A missing year is the one that puts the date nearest to the publication, and at most `ahead` days after it. A
    /// weekday is the last one until the publication.
    fn resolve(&self, published: Option<Date>, ahead: i32) -> Option<Date> {
        let (month, day) = match self {
            Self::Day { year: Some(year), month, day } => return Date::new(*year, *month, *day).ok(),
            Self::Day { year: None, month, day } => (*month, *day),
            Self::Weekday(day) => {
                let published = published?;
                return published.checked_sub(i64::from(day.until(published.weekday())).days()).ok();
            }
        };
        let published = published?;
        let years = [published.year() - 1, published.year(), published.year() + 1];
        let candidates = years.into_iter().filter_map(|year| Date::new(year, month, day).ok());
        let days = |date: &Date| (*date - published).get_days();
        candidates.filter(|date| days(date) <= ahead).min_by_key(|date| days(date).abs())
    }
}

/// The number of a month by its first three letters, in English, Spanish or Portuguese.
pub(super) fn month(name: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let head: String = name.chars().take(3).flat_map(char::to_lowercase).collect();
    const OTHERS: [(&str, i8); 9] =
        [("ene", 1), ("fev", 2), ("abr", 4), ("mai", 5), ("ago", 8), ("set", 9), ("out", 10), ("dic", 12), ("dez", 12)];
    let english = MONTHS.iter().position(|month| *month == head).and_then(|index| i8::try_from(index + 1).ok());
    english.or_else(|| OTHERS.iter().find(|(month, _)| *month == head).map(|(_, month)| *month))
}

/// A day of the week by its first three letters.
fn weekday(name: &str) -> Option<Weekday> {
    const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let head = name.get(..3)?;
    let day = WEEK.iter().position(|day| head.eq_ignore_ascii_case(day))?;
    Weekday::from_monday_zero_offset(i8::try_from(day).ok()?).ok()
}

/// Reads a date anywhere at the start of `text`, for embargoes.
pub(super) fn date_at_start(text: &str, published: Option<Date>) -> Option<Date> {
    let mut cursor = Cursor { text, at: 0 };
    // A weekday is one to come, of which week nobody says.
    let date = cursor.take(&PATTERNS.as_ref()?.date).filter(|date| matches!(date, Written::Day { .. }))?;
    date.resolve(published, i32::MAX)
}

struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, date: &Regex) -> Option<Written> {
        let found = date.captures(self.rest())?;
        let part = |names: [&str; 3]| names.into_iter().find_map(|name| found.name(name)).map(|part| part.as_str());
        let written = if let Some(day) = found.name("day") {
            Written::Weekday(weekday(day.as_str())?)
        } else {
            let month_text = part(["m1", "m2", "m3"])?;
            Written::Day {
                year: part(["y1", "y2", "y3"]).and_then(|year| year.parse().ok()),
                month: month(month_text).or_else(|| month_text.parse().ok())?,
                day: part(["d1", "d2", "d3"])?.parse().ok()?,
            }
        };
        self.at += found.get(0)?.end();
        Some(written)
    }

    /// One place: words that start with a capital, with the small words that place names have.
    fn place(&mut self) -> Option<&'t str> {
        const SMALL: [&str; 22] = [
            "de", "do", "da", "dos", "das", "del", "la", "le", "les", "el", "al", "of", "the", "upon", "on", "sur",
            "en", "am", "an", "der", "den", "di",
        ];
        let start = self.at;
        let mut end = start;
        let mut words = 0;
        while words < 6 {
            let gap = usize::from(words > 0 && self.text.get(end..).is_some_and(|rest| rest.starts_with(' ')));
            if words > 0 && gap == 0 {
                break;
            }
            let word = word_at(self.text.get(end + gap..)?);
            let capital = word.chars().next().is_some_and(char::is_uppercase);
            // "RIO DE JANEIRO" is no day of January.
            let river = self.text.get(start..end).is_some_and(|head| head.eq_ignore_ascii_case("rio de"));
            let is_date = month(word).is_some() && is_month_word(word) && words > 0 && !river;
            let is_small = words > 0 && SMALL.contains(&word);
            if word.is_empty() || is_date || !(capital || is_small) {
                break;
            }
            end += gap + word.len();
            words += 1;
            if capital {
                self.at = end;
            }
        }
        let place = self.text.get(start..self.at)?.trim_end_matches('.');
        // The stop of an abbreviation inside stays ("St. Gallen"), one at the end is the separator's ("OSLO. Sept 29").
        self.at = start + place.len();
        (place.chars().filter(|c| c.is_alphabetic()).count() >= 2).then_some(place)
    }

    /// A state or country after a comma: `, Russia`, `, D.C.`, `, Calif.`; several may follow.
    fn region(&mut self) -> Option<&'t str> {
        let mut region = None;
        for _ in 0..3 {
            let Some(rest) = self.rest().strip_prefix(", ") else { break };
            let before = self.at;
            self.at += 2;
            let word = word_at(rest);
            let dotted = gazetteer::is_region(word) && word.ends_with('.');
            let found = if dotted {
                self.at += word.len();
                Some(word)
            } else {
                self.place()
            };
            match found {
                // The word after the comma may be the agency ("TOKYO, Sept 29, Kyodo -") or a month; "Pa." is a state.
                Some(found)
                    if dotted
                        || !is_month_word(word_at(found))
                            && agencies::named(found).is_none()
                            && is_place_like(found) =>
                {
                    region = Some(found)
                }
                _ => {
                    self.at = before;
                    break;
                }
            }
        }
        while let Some(found) = self.marked_region() {
            region = Some(found);
        }
        region
    }

    /// A state or country in brackets: "Kochi (Kerala) [India]".
    fn marked_region(&mut self) -> Option<&'t str> {
        let rest = self.rest().strip_prefix(' ')?;
        let (name, _) = match rest.strip_prefix('(') {
            Some(rest) => rest.split_once(')')?,
            None => rest.strip_prefix('[')?.split_once(']')?,
        };
        let region = gazetteer::is_region(name) && agencies::in_mark(name).is_none();
        self.at += if region { name.len() + " ()".len() } else { 0 };
        region.then_some(name)
    }
}

/// A word with what may stand inside it: `AIX-EN-PROVENCE`, `N'DJAMENA`, `St.`, `D.C.`.
fn word_at(text: &str) -> &str {
    let mut end = 0;
    let mut letters = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let next_is_letter = characters.peek().is_some_and(|(_, next)| next.is_alphabetic());
        if c.is_alphabetic() {
            letters += 1;
        } else {
            let joint = matches!(c, '\'' | '’' | '-' | '‘') && next_is_letter;
            let stop = || letters <= 2 || next_is_letter || is_abbreviation(text.get(..at).unwrap_or_default());
            if letters == 0 || !joint && (c != '.' || !stop()) {
                break;
            }
            letters = 0;
        }
        end = at + c.len_utf8();
    }
    text.get(..end).unwrap_or_default()
}

/// State abbreviations of datelines, which keep their stop.
fn is_abbreviation(word: &str) -> bool {
    gazetteer::is_region(&format!("{word}."))
}

fn is_month_word(word: &str) -> bool {
    let plain = word.trim_end_matches('.').to_lowercase();
    const LONG: [&str; 34] = [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "setiembre",
        "octubre",
        "noviembre",
        "diciembre",
        "janeiro",
        "fevereiro",
        "março",
        "maio",
        "junho",
        "julho",
        "setembro",
        "outubro",
        "novembro",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    month(&plain).is_some_and(|_| plain.len() == 3 || plain == "sept" || LONG.contains(&plain.as_str()))
}

/// Whether all letters are capitals: the old style of wires.
fn is_upper(place: &str) -> bool {
    let mut letters = place.chars().filter(|c| c.is_alphabetic()).peekable();
    letters.peek().is_some() && letters.all(|c| !c.is_lowercase())
}

fn is_place_like(place: &str) -> bool {
    is_upper(place) || gazetteer::is_region(place) || gazetteer::lookup(place, None).is_some()
}

/// `NEW DELHI` → `New Delhi`; a place that is not in capitals stays as it is.
fn ordinary_case(place: &str) -> String {
    const SMALL: [&str; 18] = [
        "de", "do", "da", "dos", "das", "del", "les", "of", "the", "upon", "on", "sur", "en", "am", "an", "der", "den",
        "di",
    ];
    if !is_upper(place) {
        return place.to_owned();
    }
    let mut out = String::with_capacity(place.len());
    for (index, word) in place.split_inclusive([' ', '-']).enumerate() {
        let lower = word.to_lowercase();
        let plain = lower.trim_end_matches([' ', '-']);
        if index > 0 && SMALL.contains(&plain) {
            out.push_str(&lower);
            continue;
        }
        // "D.C." and "N.Y." are all initials.
        let initials = word.contains('.') && word.trim_end().split('.').all(|part| part.chars().count() <= 1);
        if initials {
            out.push_str(word);
            continue;
        }
        let mut capital = true;
        for c in lower.chars() {
            if capital {
                out.extend(c.to_uppercase());
            } else {
                out.push(c);
            }
            // N'Djamena and O'Fallon, but not "Xi'an".
            capital = matches!(c, '\'' | '’') && out.chars().count() <= 2;
        }
    }
    out
}
