//! Who wrote a story: credit lines, bylines and marks around it, against the tables `agencies.tsv` and `credits.tsv`.
//!
//! ```text
//! wrote        Source: Xinhua · … said. (AFP) · Reuters · By Jane Doe, AP · © 2021 AFP · republished from The Conversation
//! contributed  With files from The Canadian Press · (avec AFP) · dpa/afp · By staff with AFP · AP contributed to this report
//! ```
//!
//! A credit is a paragraph of its own at the head or foot, or stands after the last sentence. An agency in a sentence
//! ("told Reuters") is none, and neither is one that a picture comes from. Who alone is named as the source wrote the
//! text; of several, and of those that are named as help, each contributed.

use super::agencies;
use crate::{
    language::names::Names as Anywhere,
    model::{Credit, CreditRole},
    quirks::openings::Openings,
};
use regex::Regex;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// How much a statement counts that an agency wrote the text. What names the owner or only has an agency's manner
/// gives way to any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Owner,
    Manner,
    Named,
    Origin,
    Dateline,
}

/// One statement; without a weight, of help.
struct Found {
    agency: String,
    wrote: Option<Weight>,
}

/// What the credits say.
#[derive(Default)]
pub(super) struct Credits {
    /// In the order of the text.
    found: Vec<Found>,
    /// Paragraphs that are nothing but credits.
    pub(super) lines: Vec<usize>,
}

/// How many paragraphs at the head and foot may be credits.
const HEAD: usize = 4;
const FOOT: usize = 6;

/// Characters of the longest credit.
const LONGEST: usize = 300;

/// Characters of the longest credit that is a list or a byline.
const LONGEST_LIST: usize = 150;

/// Most credits of one story: a round-up of the world's press names no author.
const MOST: usize = 12;

struct Table {
    source: Openings,
    with: Openings,
    /// The words of `helped` by themselves: its own end can stand nowhere else, and is dear to look for.
    helps: Anywhere,
    helped: Regex,
    this: Openings,
    origin: Openings,
    made: Openings,
    until: Regex,
    by: Openings,
    and: Regex,
    rights: Openings,
    kind: Vec<&'static str>,
    staff: HashSet<&'static str>,
    ordinary: HashSet<&'static str>,
    data: HashSet<&'static str>,
    day: HashSet<&'static str>,
    picture: HashSet<&'static str>,
    small: HashSet<&'static str>,
    label: Regex,
    first: Regex,
    /// Words that a line of copyright has, and one that is signed: most paragraphs have none and need no pattern.
    owns: Anywhere,
    copyright: Regex,
    edits: Anywhere,
    signed: Regex,
    initials: Regex,
    tail_of_desk: Regex,
    chinese: Regex,
    korean: Regex,
    bracket: Regex,
    opening: Regex,
}

static TABLE: LazyLock<Option<Table>> = LazyLock::new(|| {
    let rows = include_str!("credits.tsv").lines().filter(|line| !line.starts_with('#'));
    let rows: HashMap<&str, Vec<&str>> =
        rows.filter_map(|line| line.split_once('\t')).map(|(kind, words)| (kind, words.split('|').collect())).collect();
    let words = |kind| rows.get(kind).cloned().unwrap_or_default();
    let opening = |kind| Openings::new(words(kind));
    let anywhere = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>().into();
    let plain = |kind| words(kind).iter().map(|word| regex::escape(word)).collect::<Vec<_>>().join("|");
    Some(Table {
        source: opening("source"),
        with: opening("with"),
        helps: anywhere(words("helped")),
        helped: Regex::new(&format!(r"(?i)\s*(?:{})(?:\s+from\s+(?-i:\p{{Lu}})[^.]{{2,60}})?[\s.)\]。]*$", plain("helped"))).ok()?,
        this: opening("this"),
        origin: opening("origin"),
        made: opening("made"),
        until: Regex::new(&format!(r"(?i)\s(?:{})\s|\.(?:\s|$)|[,;:|()\[\]，。！\n]|\s[-–—]", plain("until"))).ok()?,
        by: opening("by"),
        and: Regex::new(&format!(r"(?i)\s*[,/;&+、，|·]\s*|\s+[-–—]\s+|\s+(?:{})\s+|[和及与]", plain("and"))).ok()?,
        rights: opening("rights"),
        kind: words("kind"),
        staff: words("staff").into_iter().collect(),
        ordinary: words("ordinary").into_iter().collect(),
        data: words("data").into_iter().collect(),
        day: words("day").into_iter().collect(),
        picture: words("picture").into_iter().collect(),
        small: words("small").into_iter().collect(),
        // "Source: Xinhua Editor: Li Ming", "来源：新华社 作者：李明".
        label: Regex::new(r"[|丨]|\s\S{1,10}\s?[:：]").ok()?,
        // "This report by The Canadian Press was first published March 3, 2021."
        first: Regex::new(r"(?i)^this (?:report|story|article) by (?P<name>[^,.]{2,60}?) was first published\b").ok()?,
        // "© 2021 AFP", "Copyright 2020 The Associated Press. All rights reserved.", "<저작권자(c) 연합뉴스, 무단 전재>".
        owns: anywhere(vec!["©", "ⓒ", "(c)", "copyright", "저작권자"]),
        copyright: Regex::new(r"(?i)^\W*(?:(?:©|ⓒ|\(c\)|copyright|저작권자)[\s:]*){1,3},?\s*(?P<year>\d{4}(?:\s*[-–]\s*\d{2,4})?)?[\s,]*(?:by\s+)?(?P<owner>\S.*)$").ok()?,
        // "(Reporting by Jane Doe in Oslo; Editing by John Roe)" is the manner of Reuters.
        edits: anywhere(vec!["editing by"]),
        signed: Regex::new(r"(?i)^\W*(?:additional\s+)?(?:reporting|writing)\s(?:and\s\w+\s)?by\b[^\n]{2,}\bediting by\b").ok()?,
        // "jd/jr (dpa, AFP)".
        initials: Regex::new(r"^[a-z]{2,3}(?:/[a-z]{2,3}){0,3},?\s*\((?P<list>[^()]+)\)$").ok()?,
        // "… said. PTI JDO JRO": desks of Indian agencies.
        tail_of_desk: Regex::new(r"(?:^|[.!?”]\s+)(?P<name>PTI|UNI|IANS|ANI|PNN)(?:[ ][A-Z]{2,4}){0,5}\s*$").ok()?,
        // "新华社北京3月3日电".
        chinese: Regex::new(r"^[【（(]?(?P<name>\p{Han}{2,14}?)(?:\d{1,2}月)?\d{1,2}日(?:电|電|讯|訊)").ok()?,
        // "(서울=연합뉴스) 홍길동 기자 = ".
        korean: Regex::new(r"^[(\[][^()=\n]{1,20}=(?P<name>[^()\[\]\n]{2,20})[)\]]").ok()?,
        // "[東京 3日 ロイター]", "【3月3日 AFP】".
        bracket: Regex::new(r"^[\[【][^\[\]【】\n]{0,30}\d{1,2}日\s*(?P<name>[^\[\]【】\n]{2,20})[\]】]").ok()?,
        // "Paris, 3 mars 2021 (AFP) -", "МОСКВА, 3 марта. /ТАСС/.", "МОСКВА, 3 марта — РИА Новости.".
        opening: Regex::new(r"^(?P<place>\p{Lu}[^()/\n–—]{1,60}?)[,.]?\s*(?:(?:\((?P<a>[^()\n]{2,30})\)|/(?P<b>[^/\n]{2,30})/)\s*(?:[-–—=:]|\.)|[-–—]{1,2}\s(?P<c>[^.,–—\n]{2,30})[.,](?:\s|$))").ok()?,
    })
});

/// A list of names, as far as it is one.
#[derive(Default)]
struct Names {
    agencies: Vec<&'static str>,
    /// Staff, other sources: the agency did not write alone.
    has_others: bool,
    /// Something that is neither.
    has_unknown: bool,
}

impl Names {
    /// Nothing but agencies, perhaps with staff.
    fn is_pure(&self) -> bool {
        !self.has_unknown && (!self.agencies.is_empty() || self.has_others)
    }

    fn credits(self, weight: Weight) -> Vec<Found> {
        let alone = self.agencies.len() == 1 && !self.has_others && !self.has_unknown;
        let found = |agency: &'static str| Found { agency: agency.to_owned(), wrote: alone.then_some(weight) };
        self.agencies.into_iter().map(found).collect()
    }
}

/// The end of a text, in which whole all of `helped` must stand: words, who is meant, and a row of full stops.
fn tail(text: &str) -> &str {
    const LENGTH: usize = 600;
    text.get(text.floor_char_boundary(text.len().saturating_sub(LENGTH))..).unwrap_or(text)
}

/// What follows a phrase that opens a text, and its space, which there must be where the phrase ends with a letter of a
/// script with spaces.
fn behind<'t>(phrases: &Openings, text: &'t str) -> Option<&'t str> {
    let joins = |phrase: &str| phrase.ends_with(|c: char| !c.is_alphabetic() || c >= '\u{2E80}');
    let behind = |rest: &'t str| {
        let next = rest.trim_start();
        (next.len() < rest.len() || joins(before(text, rest))).then_some(next)
    };
    phrases.rests(text).find_map(behind)
}

/// A text up to its end `rest`.
fn before<'t>(text: &'t str, rest: &str) -> &'t str {
    text.strip_suffix(rest).unwrap_or(text)
}

/// A mark after the last sentence: "… said. (AFP)", "… said. /TASS/", "… said. — AFP".
fn mark(text: &str) -> Option<&str> {
    const DASHES: [char; 4] = ['-', '–', '—', '='];
    const BRACKETS: [char; 8] = ['(', '（', '[', '【', ')', '）', ']', '】'];
    let closed = text.strip_suffix(['.', '。']).unwrap_or(text);
    let bracketed = closed.strip_suffix([')', '）', ']', '】']).and_then(|text| {
        let (before, mark) = behind_last(text, &BRACKETS)?;
        (!text.get(before.len()..)?.starts_with([')', '）', ']', '】'])).then_some((before, mark, 60))
    });
    let slashed =
        closed.strip_suffix('/').and_then(|text| behind_last(text, &['/'])).map(|(before, mark)| (before, mark, 40));
    let dashed = behind_last(text, &DASHES).and_then(|(before, mark)| {
        let bare = before.trim_end_matches(DASHES);
        (before.chars().count() - bare.chars().count() <= 2).then_some((bare, mark.trim_start(), 40))
    });
    let ends = |before: &str| before.trim_end().ends_with(|c| ".!?…。！？\"”’»」".contains(c));
    let is_mark = |(before, mark, most): &(&str, &str, usize)| {
        ends(before) && (2..=*most).contains(&mark.chars().count()) && !mark.contains('\n')
    };
    let marks = [bracketed, slashed, dashed].into_iter().flatten().filter(is_mark);
    // What begins first: "— AFP (Oslo)" is one mark.
    marks.min_by_key(|(before, _, _)| before.len()).map(|(_, mark, _)| mark.trim())
}

/// A text before and behind the last of some characters.
fn behind_last<'t>(text: &'t str, marks: &[char]) -> Option<(&'t str, &'t str)> {
    let (before, rest) = text.split_at_checked(text.rfind(marks)?)?;
    Some((before, rest.trim_start_matches(marks)))
}

impl Table {
    /// The agency of exactly this name, without "news agency" and the like beside it.
    fn agency(&self, name: &str) -> Option<&'static str> {
        let name = name.trim_matches(|c: char| !c.is_alphanumeric()).trim();
        // "新华社记者李明", who did not take the picture.
        let name = match name.split_once("记者") {
            Some((agency, person)) if person.chars().count() <= 5 && !person.ends_with('摄') => agency,
            _ => name,
        };
        let fitting = |name: &str| {
            let lower = name.to_lowercase();
            let is_ordinary = self.ordinary.contains(lower.strip_prefix("the ").unwrap_or(&lower));
            let is_written_so = !is_ordinary || !name.chars().any(char::is_lowercase);
            agencies::named(name).filter(|agency| is_written_so && !self.data.contains(agency))
        };
        fitting(name).or_else(|| {
            // The words of kinds stand on either side: "la agencia EFE", "Xinhua news agency".
            if name.is_ascii() && !name.contains(' ') {
                return None;
            }
            let lower = name.to_lowercase();
            self.kind.iter().find_map(|kind| {
                let is_joined = kind.starts_with(|c: char| c >= '\u{2E80}');
                let after = lower.strip_suffix(kind).filter(|rest| is_joined || rest.ends_with(' '));
                let length = after.or(lower.strip_prefix(kind).filter(|rest| rest.starts_with(' ')))?.len();
                let rest =
                    if after.is_some() { name.get(..length) } else { name.get(name.len().checked_sub(length)?..) };
                fitting(rest?.trim())
            })
        })
    }

    fn names(&self, list: &str) -> Names {
        let mut names = Names::default();
        let list = list.trim().trim_end_matches(['.', '。']);
        if let Some(whole) = self.agency(list) {
            names.agencies.push(whole);
            return names;
        }
        for part in self.and.split(list).map(str::trim).filter(|part| !part.is_empty()) {
            let lower = part.to_lowercase();
            let joined: Vec<Option<&'static str>> = part.split('-').map(|name| self.agency(name)).collect();
            // "AFP/Getty Images".
            if lower.split_whitespace().any(|word| self.picture.contains(word)) {
                return Names { has_unknown: true, ..Names::default() };
            }
            // Dates, and the initials of desks: "dpa/lno".
            let is_sign = part.chars().count() <= 3 && part.chars().all(char::is_lowercase);
            let is_day = |word: &str| word.starts_with(|c: char| c.is_ascii_digit()) || self.day.contains(word);
            let is_nothing = is_sign || lower.split_whitespace().all(is_day);
            match self.agency(part) {
                Some(agency) if !names.agencies.contains(&agency) => names.agencies.push(agency),
                Some(_) => {}
                None if self.staff.contains(lower.trim_end_matches('.')) => names.has_others = true,
                None if is_nothing => {}
                // "AFP-Jiji".
                None if joined.len() == 2 && joined.iter().all(Option::is_some) => {
                    names.agencies.extend(joined.into_iter().flatten());
                }
                None => names.has_unknown = true,
            }
        }
        names
    }

    /// What a paragraph credits that is nothing but a credit.
    fn line(&self, text: &str, is_foot: bool) -> Option<Vec<Found>> {
        let text = text.trim();
        if text.chars().count() > LONGEST {
            return None;
        }
        if self.owns.within(text)
            && let Some(found) = self.copyright.captures(text)
        {
            return self.owner(found.name("owner")?.as_str(), is_foot, found.name("year").is_some());
        }
        if self.edits.within(text) && self.signed.is_match(text) {
            return Some(vec![Found { agency: "Reuters".to_owned(), wrote: Some(Weight::Manner) }]);
        }
        let bare = text.trim_matches(|c: char| c.is_whitespace() || "()[]（）【】/-–—=*<>_".contains(c));
        let is_set_off = bare.len() < text.len();
        let bare = bare.trim_end_matches(['.', '。']);
        let credit = self.said(bare);
        if credit.is_some() {
            return credit;
        }
        if text.chars().count() > LONGEST_LIST {
            return None;
        }
        let initials = Some(text).filter(|text| text.ends_with(')')).and_then(|text| self.initials.captures(text));
        let list = initials.and_then(|found| found.name("list")).map_or(bare, |list| list.as_str());
        let names = self.names(list);
        let is_lone_word = !is_set_off && list.len() == bare.len() && !names.agencies.is_empty();
        let is_name = !is_lone_word || !self.ordinary.contains(bare.to_lowercase().as_str());
        let says_something = !names.agencies.is_empty() || is_set_off;
        if names.is_pure() && is_name && says_something {
            return Some(names.credits(Weight::Named));
        }
        let is_desk = self.tail_of_desk.find(bare).is_some_and(|found| found.start() == 0);
        self.desk(bare).filter(|_| is_desk).or_else(|| self.byline(bare))
    }

    /// A credit with words: "Source: …", "With files from …", "… contributed to this report", "Republished from …".
    fn said(&self, text: &str) -> Option<Vec<Found>> {
        let this = behind(&self.this, text);
        if let Some(name) = behind(&self.origin, text).or_else(|| behind(&self.origin, this?)) {
            let name = self.until.find(name).map_or(name, |end| name.get(..end.start()).unwrap_or(name));
            let agency = self.publisher(name)?;
            return Some(vec![Found { agency, wrote: Some(Weight::Origin) }]);
        }
        if let Some(list) = this.and_then(|rest| behind(&self.made, rest)) {
            let names = self.names(list);
            return names.is_pure().then(|| names.credits(Weight::Origin));
        }
        if let Some(list) = behind(&self.source, text) {
            let names = self.names(self.label.find(list).map_or(Some(list), |label| list.get(..label.start()))?);
            return (!names.agencies.is_empty()).then(|| names.credits(Weight::Named));
        }
        if self.helps.within(tail(text))
            && let Some(found) = self.helped.find(text)
        {
            let list = text.get(..found.start())?;
            // "综合新华社、法新社报道".
            let list = behind(&self.with, list).unwrap_or(list);
            return Some(help(self.helpers(list))).filter(|found| !found.is_empty());
        }
        if let Some(found) = self.first.captures(text) {
            return Some(self.names(found.name("name")?.as_str()).credits(Weight::Named));
        }
        let list = behind(&self.with, text)?;
        let names = self.names(list);
        // "con" and "with" begin sentences too; what follows them is nothing but names.
        let is_word = !before(text, list).trim().contains(' ');
        (names.is_pure() || !is_word && !names.agencies.is_empty()).then(|| help(names.agencies))
    }

    /// Those of a list who helped: "AFP and Reuters", "Associated Press writers Jane Doe in Oslo and John Roe".
    fn helpers(&self, list: &str) -> Vec<&'static str> {
        let names = self.names(list);
        let whole = names.agencies;
        if !whole.is_empty() {
            return whole;
        }
        // "AP Business Writers Jane Doe and John Roe", "CNN's Jane Doe", "Jane Doe of the Associated Press".
        let words: Vec<&str> = list.split_whitespace().collect();
        let title = words.iter().position(|word| self.kind.contains(&word.to_lowercase().as_str())).unwrap_or(0);
        let titled = (1..=title).rev().find_map(|end| self.agency(&words.get(..end)?.join(" ")));
        let owner = || list.split_once(['\'', '’']).and_then(|(name, _)| self.agency(name));
        let home = || list.rsplit_once("of ").and_then(|(_, name)| self.agency(name));
        titled.or_else(owner).or_else(home).into_iter().collect()
    }

    /// Who published first: an agency of the table, or the name as it is written.
    fn publisher(&self, name: &str) -> Option<String> {
        let name = name.trim();
        let words: Vec<&str> = name.split_whitespace().collect();
        if let Some(agency) = self.agency(name) {
            return Some(agency.to_owned());
        }
        let is_day = words.iter().any(|word| self.day.contains(word.to_lowercase().as_str()));
        let is_name = name.starts_with(|c: char| c.is_alphabetic() && !c.is_lowercase()) && self.is_name_like(name);
        let is_site = words.len() == 1 && name.contains('.');
        let is_short = words.len() <= 6 && name.chars().count() >= 2;
        ((is_name || is_site) && is_short && !is_day).then(|| name.to_owned())
    }

    /// The owner in a line of copyright; a person behind it makes it the credit of a picture.
    fn owner(&self, owner: &str, is_foot: bool, has_year: bool) -> Option<Vec<Found>> {
        let ends: Vec<usize> = owner
            .char_indices()
            .filter(|(_, c)| c.is_whitespace() || ".,;|/<>()，。".contains(*c))
            .map(|(at, _)| at)
            .chain([owner.len()])
            .take(8)
            .collect();
        let (name, rest) = ends.iter().rev().find_map(|end| {
            let (name, rest) = owner.split_at_checked(*end)?;
            Some((self.agency(name)?, rest))
        })?;
        let rest_words = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        // AFPBB signs "(c)AFP/Jane DOE" at the end of its texts; captions have "© AFP / Jane Doe".
        let is_signed = is_foot && rest.strip_prefix('/').is_some_and(|rest| !rest.starts_with(' '));
        let rest_words = rest_words.trim_start_matches(|c: char| c.is_ascii_digit() || ". ".contains(c));
        let is_owner = rest_words.is_empty() || self.rights.open(rest_words) || is_signed || rest.starts_with('.');
        (is_owner && (is_foot || has_year)).then(|| vec![Found { agency: name.to_owned(), wrote: Some(Weight::Owner) }])
    }

    /// "PTI JDO JRO".
    fn desk(&self, text: &str) -> Option<Vec<Found>> {
        // Desks sign in capitals.
        if !text.trim_end().ends_with(|c: char| c.is_ascii_uppercase()) {
            return None;
        }
        let name = self.tail_of_desk.captures(text)?.name("name")?.as_str();
        Some(vec![Found { agency: agencies::named(name)?.to_owned(), wrote: Some(Weight::Named) }])
    }

    /// "By Jane Doe, AP", "Par Jane Doe avec AFP", "By staff and agencies", "Le Courrier avec AFP".
    fn byline(&self, text: &str) -> Option<Vec<Found>> {
        let by = behind(&self.by, text);
        let who = by.unwrap_or(text);
        if text.split_whitespace().count() > 14 {
            return None;
        }
        if let Some((before, with, names)) = self.helped_by(who) {
            let names = self.names(names);
            // "FRANCE 24 with AFP", but "Trade talks with Reuters".
            let is_english = with.trim().eq_ignore_ascii_case("with");
            let is_paper = self.staff.contains(before.to_lowercase().as_str())
                || before.contains(' ') && !(is_english && before.chars().any(char::is_lowercase));
            if names.is_pure() && self.is_name_like(before) && (by.is_some() || is_paper) {
                return Some(help(names.agencies));
            }
        }
        let names = self.names(who);
        if names.is_pure() && by.is_some() {
            return Some(names.credits(Weight::Named));
        }
        // "By AFP in Oslo".
        let agency = who.split(" in ").next().and_then(|who| self.agency(who));
        // "JANE DOE AP Sports Writer".
        let words: Vec<&str> = who.split_whitespace().collect();
        let is_titled = words.last().is_some_and(|title| self.kind.contains(&title.to_lowercase().as_str()));
        let titled = || words.iter().skip(2).filter(|_| is_titled).find_map(|word| self.agency(word));
        if let Some(agency) = agency.or_else(titled).filter(|_| by.is_some()) {
            return Some(vec![Found { agency: agency.to_owned(), wrote: Some(Weight::Named) }]);
        }
        by?;
        // A person and the agency she works for: after a comma, bar or dash, in brackets.
        let (person, place) = who
            .rsplit_once([',', '|', '(', '–', '—'])
            .or_else(|| who.rsplit_once(" - "))
            .or_else(|| who.rsplit_once(" for "))
            .or_else(|| who.rsplit_once(" of "))
            .unwrap_or_default();
        let affiliation = self.names(place.trim_end_matches(')'));
        let is_person = self.is_name_like(person) && (2..=8).contains(&person.split_whitespace().count());
        if is_person && affiliation.is_pure() && !affiliation.agencies.is_empty() {
            return Some(affiliation.credits(Weight::Named));
        }
        // "By Jane Doe and AFP".
        (self.is_name_like(who) && !names.agencies.is_empty()).then(|| help(names.agencies))
    }

    /// What stands before, within and behind words of help within a line: "FRANCE 24", " with", "AFP".
    fn helped_by<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str, &'t str)> {
        let mut gaps = text.char_indices().filter(|(_, c)| c.is_whitespace() || *c == ',');
        let helped = |(at, c): (usize, char)| {
            let names = behind(&self.with, text.get(at + c.len_utf8()..)?.trim_start())?;
            Some((text.get(..at)?, before(text.get(at..)?, names), names))
        };
        gaps.find_map(helped)
    }

    /// Words that are all written as in names.
    fn is_name_like(&self, text: &str) -> bool {
        let is_small = |word: &str| {
            let word = word.to_lowercase();
            self.staff.contains(word.as_str()) || self.small.contains(word.as_str())
        };
        let mut words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
        words.all(|word| !word.starts_with(char::is_lowercase) || is_small(word))
    }

    /// A mark after the last sentence of a paragraph.
    fn tail(&self, text: &str) -> Option<Vec<Found>> {
        // Only the end of a long paragraph is looked at.
        let from = text.char_indices().rev().nth(90).map_or(0, |(at, _)| at);
        let end = text.get(from..)?.trim_end();
        let Some(mark) = mark(end) else { return self.desk(end) };
        self.said(mark).or_else(|| {
            let names = self.names(mark);
            (names.is_pure() && !names.agencies.is_empty()).then(|| names.credits(Weight::Named))
        })
    }

    /// The agency's mark before the first sentence, where the grammar of datelines does not know the language.
    fn opening(&self, text: &str) -> Option<&'static str> {
        let from = |pattern: &Regex| Some(pattern.captures(text)?.name("name")?.as_str().to_owned());
        if let Some(name) = from(&self.chinese) {
            let ends: Vec<usize> = name.char_indices().map(|(at, c)| at + c.len_utf8()).skip(1).take(5).collect();
            return ends.iter().rev().find_map(|end| self.agency(name.get(..*end)?));
        }
        if let Some(name) = from(&self.korean).or_else(|| from(&self.bracket)) {
            return self.agency(&name);
        }
        let found = self.opening.captures(text)?;
        let mark = ["a", "b", "c"].into_iter().find_map(|group| found.name(group))?.as_str();
        let is_date = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
        let words: Vec<&str> = found.name("place")?.as_str().split_whitespace().collect();
        let mut before = "";
        for word in &words {
            // "3 mars", "le 3 mars", "3 de marzo".
            let fits = is_date(before) || word.starts_with(char::is_uppercase) || is_date(word);
            if !fits && !self.small.contains(word) && before != "de" {
                return None;
            }
            before = word;
        }
        let is_dated = found.name("c").is_none() || words.iter().any(|word| is_date(word));
        (words.len() <= 6 && is_dated).then(|| self.agency(mark)).flatten()
    }
}

/// Agencies that helped.
fn help(agencies: Vec<&'static str>) -> Vec<Found> {
    agencies.into_iter().map(|agency| Found { agency: agency.to_owned(), wrote: None }).collect()
}

/// Reads the lines and marks around a story. `dateline` is the paragraph that opens with it.
pub(super) fn read(texts: &[&str], dateline: Option<usize>) -> Credits {
    let mut credits = Credits::default();
    let Some(table) = TABLE.as_ref() else { return credits };
    let foot = texts.len().saturating_sub(FOOT);
    for (index, text) in texts.iter().enumerate() {
        let is_foot = index >= foot && index > 0;
        if index >= HEAD && !is_foot {
            continue;
        }
        if dateline != Some(index)
            && let Some(found) = table.line(text, is_foot)
        {
            credits.lines.push(index);
            credits.found.extend(found);
        } else if index >= foot {
            credits.found.extend(table.tail(text).into_iter().flatten());
        }
    }
    credits
}

impl Credits {
    /// Takes in what opens the story: the agency of its dateline, or a mark that only looks like one.
    pub(super) fn open(&mut self, dateline: Option<&'static str>, story: Option<&&str>) {
        let opening = || TABLE.as_ref()?.opening(story?.trim());
        if let Some(agency) = dateline.or_else(opening) {
            self.found.insert(0, Found { agency: agency.to_owned(), wrote: Some(Weight::Dateline) });
        }
    }

    /// Takes in an author whom the feed or page names, where it is an agency.
    pub(super) fn author(&mut self, name: &str) {
        let Some(table) = TABLE.as_ref() else { return };
        let names = table.names(behind(&table.by, name).unwrap_or(name));
        if names.is_pure() {
            self.found.extend(names.credits(Weight::Manner));
        }
    }

    /// The credits, each agency once, and the role of each: of those that are said to have written the text, the one
    /// that is said so best.
    pub(super) fn settle(self) -> Vec<Credit> {
        let best = self.found.iter().filter_map(|found| found.wrote).max();
        let mut writers = self.found.iter().filter(|found| found.wrote == best && best.is_some());
        let writer = writers.next().map(|found| found.agency.clone());
        let is_sole = writers.all(|found| Some(&found.agency) == writer.as_ref());
        let mut credits: Vec<Credit> = Vec::new();
        for Found { agency, wrote } in self.found {
            let is_writer = is_sole && writer.as_ref() == Some(&agency);
            // The owner of a picture or a manner of signing is no help.
            let is_faint = wrote.is_some_and(|weight| weight <= Weight::Manner && Some(weight) != best);
            if credits.iter().any(|credit| credit.agency == agency) || is_faint && !is_writer || credits.len() >= MOST {
                continue;
            }
            let role = if is_writer { CreditRole::Wrote } else { CreditRole::Contributed };
            credits.push(Credit { agency, role });
        }
        credits
    }
}
