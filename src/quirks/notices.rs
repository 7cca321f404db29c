//! How editors mark the versions of a story: "UPDATE 1-", "CORRECTED", "(2nd LD)", "WITHDRAWN", "(Adds …)".
//!
//! A headline, a slug line or a note comes in; what its marks say comes out, and of a headline what is left of it without
//! them. The words are the table `notices.tsv`. A mark counts only where and as an editor writes it: set off at the
//! head or the end of a headline, in capitals where its word also begins sentences. "Update on talks due Friday" and
//! "Correction officers strike" have none.

use super::openings::Openings;
use crate::model::Notice;
use regex::{Captures, Regex};
use std::collections::HashMap;
use std::sync::LazyLock;

/// What marks say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    /// What it says of this version; a kill outweighs a correction, a correction an update.
    pub notice: Option<Notice>,
    /// The number of the take or lead.
    pub take: Option<u32>,
    /// 1 flash, 2 bulletin, 3 urgent.
    pub urgency: Option<u8>,
    /// "ADVISORY-": what follows may tell editors to withdraw another story.
    pub is_advisory: bool,
}

impl Mark {
    /// What both say.
    pub fn and(self, other: Self) -> Self {
        Self {
            notice: weightier(self.notice, other.notice),
            take: self.take.or(other.take),
            urgency: self.urgency.or(other.urgency),
            is_advisory: self.is_advisory || other.is_advisory,
        }
    }
}

/// The notice that outweighs: a correction that a headline announces is not made an update by "(Adds …)".
pub fn weightier(one: Option<Notice>, other: Option<Notice>) -> Option<Notice> {
    let weight = |notice: &Notice| match notice {
        Notice::Update => 0,
        Notice::Correction => 1,
        Notice::Kill => 2,
    };
    one.into_iter().chain(other).max_by_key(weight)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Kill,
    Correction,
    Update,
    Lead,
    Repeat,
    Flash,
    Bulletin,
    Urgent,
    Advisory,
    Label,
}

/// Where a mark of a headline may stand; the table says what each means.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Strict,
    Caps,
    Any,
    Bare,
    Number,
    Slug,
}

struct Table {
    /// The marks of headlines by their words in lower case.
    marks: HashMap<String, Vec<(Kind, Place)>>,
    mark: Regex,
    /// The words of marks: what begins otherwise, as most headlines do, needs no pattern.
    words: Openings,
    /// First words of notes; true where they also stand in the brackets of headlines.
    verbs: Vec<(String, Kind, bool)>,
    labels: Vec<&'static str>,
    /// How they begin: most paragraphs begin otherwise.
    labeled: Openings,
    says: Vec<(Kind, Phrases)>,
    own: Vec<(Kind, Phrases)>,
    /// How phrases of `own` begin: most paragraphs begin otherwise.
    openings: Openings,
    named: Regex,
    named_before: Regex,
}

static TABLE: LazyLock<Option<Table>> = LazyLock::new(|| Table::new(include_str!("notices.tsv")));

impl Table {
    fn new(table: &'static str) -> Option<Self> {
        let mut marks: HashMap<String, Vec<(Kind, Place)>> = HashMap::new();
        let (mut verbs, mut labels, mut says, mut own) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut openings: Vec<&str> = Vec::new();
        let mut written: Vec<String> = Vec::new();
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let mut cells = line.split('\t');
            let (Some(kind), Some(place), Some(words)) = (cells.next(), cells.next(), cells.next()) else { continue };
            let kind = match kind {
                "kill" => Kind::Kill,
                "correction" => Kind::Correction,
                "update" => Kind::Update,
                "lead" => Kind::Lead,
                "repeat" => Kind::Repeat,
                "flash" => Kind::Flash,
                "bulletin" => Kind::Bulletin,
                "urgent" => Kind::Urgent,
                "advisory" => Kind::Advisory,
                _ => Kind::Label,
            };
            let words = words.split('|');
            let place = match place {
                "note" | "verb" => {
                    verbs.extend(words.map(|word| (word.to_owned(), kind, place == "note")));
                    continue;
                }
                "label" => {
                    labels.extend(words);
                    continue;
                }
                "says" => {
                    says.push((kind, Phrases::new(words, "")?));
                    continue;
                }
                "own" => {
                    openings.extend(words.clone().map(|phrase| phrase.split('…').next().unwrap_or_default().trim()));
                    own.push((kind, Phrases::new(words, "^")?));
                    continue;
                }
                "strict" => Place::Strict,
                "caps" => Place::Caps,
                "bare" => Place::Bare,
                "number" => Place::Number,
                "slug" => Place::Slug,
                _ => Place::Any,
            };
            for word in words {
                marks.entry(word.to_lowercase()).or_default().push((kind, place));
                written.push(regex::escape(word));
            }
        }
        // The longest first: "LD-WRITETHRU" before "LD".
        written.sort_by_key(|word| std::cmp::Reverse(word.len()));
        verbs.sort_by_key(|(word, _, _)| std::cmp::Reverse(word.len()));
        let mark = format!(
            r"(?i)^(?:(?P<nth>\d{{1,2}})(?P<suffix>st|nd|rd|th|er|re|ère|ème|e|º|ª)?[ -]?)?(?P<word>{})(?:[ ]?(?P<n>\d{{1,2}})보?)?(?:$|[^\p{{L}}\p{{M}}\p{{N}}])",
            written.join("|")
        );
        // How long a name is is counted afterwards: a pattern that counts is a copy of itself for each character.
        let quoted = r#"(?:["“„](?P<a>[^"“”„\n]+)["”“]|[‘'](?P<b>[^\n]{3,}?)['’](?:\W|$)|«\s*(?P<c>[^»\n]+?)\s*»|[「『《](?P<d>[^」』》\n]+)[」』》])"#;
        let lead_in = r"(?:headlined|slugged|titled|entitled|under the (?:headline|title|slug)|with the (?:headline|title)|titulad[oa]|con el título|intitulée?|sous le titre|unter dem Titel|mit (?:dem Titel|der Überschrift)|intitolat[oa]|dal titolo|com o título|под заголовком|с заголовком|题为|題為|标题为|標題為|story|item|report|article|dispatch|noticia|nota|dépêche|Meldung|сообщение|новость|稿件|报道|記事|기사)";
        let slug = r"(?:slugged|under the slug|slug)\s*:?\s*(?P<slug>[\p{L}\p{N}][\p{L}\p{N}/&.\-–]+[\p{L}\p{N}])";
        Some(Self {
            words: Openings::new(marks.keys().map(String::as_str)),
            marks,
            mark: Regex::new(&mark).ok()?,
            verbs,
            labeled: Openings::new(labels.iter().copied()),
            labels,
            says,
            own,
            openings: Openings::new(openings),
            named: Regex::new(&format!(
                r"(?i){lead_in}\s*[:,(]?\s*{quoted}|\b{slug}|\bkill\s+(?P<bare>(?:BC|AM|PM)-[\p{{L}}\p{{N}}/\-]+)"
            ))
            .ok()?,
            named_before: Regex::new(&format!(r"{quoted}\s*(?:제하|제목|기사|の記事|と題)")).ok()?,
        })
    }
}

/// The phrases of a row.
struct Phrases {
    /// Those without a gap.
    whole: Regex,
    /// "kill … slugged": each by itself, so that its gap can be measured.
    gapped: Vec<Regex>,
}

/// Characters that "…" in a phrase stands for at most.
const WIDEST_GAP: usize = 80;

impl Phrases {
    fn new<'p>(phrases: impl Iterator<Item = &'p str>, start: &str) -> Option<Self> {
        let (mut whole, mut gapped) = (Vec::new(), Vec::new());
        for phrase in phrases {
            // A phrase begins and ends with whole words, where its script has words.
            let begin = if phrase.starts_with(|c: char| c.is_ascii_alphanumeric()) { r"\b" } else { "" };
            match phrase.split_once('…') {
                Some((head, tail)) => {
                    let part = |part: &str| regex::escape(part.trim());
                    let (head, tail) = (part(head), tail.split('…').map(part).collect::<Vec<_>>());
                    let tail = tail.join(r"\b[^\n]*?\b");
                    gapped.push(Regex::new(&format!(r"(?i){start}{begin}{head}\b(?P<gap>[^\n]*?)\b{tail}")).ok()?);
                }
                None => whole.push(format!("{begin}{}", regex::escape(phrase))),
            }
        }
        let whole = Regex::new(&format!("(?i){start}(?:{})", whole.join("|"))).ok()?;
        Some(Self { whole, gapped })
    }

    fn are_in(&self, text: &str) -> bool {
        self.whole.is_match(text) || self.gapped.iter().any(|phrase| near(phrase, text))
    }
}

/// Whether a phrase with a gap stands in a text, its first gap no wider than it may be.
fn near(phrase: &Regex, text: &str) -> bool {
    let mut start = 0;
    while let Some(found) = phrase.captures_at(text, start) {
        let Some(gap) = found.name("gap") else { return false };
        if gap.as_str().chars().count() <= WIDEST_GAP {
            return true;
        }
        // The next one may begin within the gap.
        start = gap.start();
    }
    false
}

/// Opening and closing brackets that set off a mark.
const BRACKETS: [(char, char); 9] = [
    ('(', ')'),
    ('[', ']'),
    ('<', '>'),
    ('/', '/'),
    ('【', '】'),
    ('（', '）'),
    ('《', '》'),
    ('〔', '〕'),
    ('＜', '＞'),
];

/// Marks of one headline that are taken off, one after the other: "(URGENT) RPT-UPDATE 1-CORRECTED-".
const MOST: usize = 6;

/// What the marks of a headline say, and the headline without them.
pub fn headline(text: &str) -> (Mark, &str) {
    let mut marks = Mark::default();
    let mut plain = text.trim();
    for _ in 0..MOST {
        let Some((mark, rest)) = at_head(plain).or_else(|| at_end(plain)) else { break };
        marks = marks.and(mark);
        if rest.is_empty() {
            break;
        }
        plain = rest;
    }
    (marks, plain)
}

/// A headline without the marks of its version: what headlines are compared by.
pub fn plain_headline(text: &str) -> &str {
    headline(text).1
}

/// A mark as written.
struct Written<'t> {
    rows: &'static [(Kind, Place)],
    word: &'t str,
    number: Option<u32>,
    is_ordinal: bool,
    /// What follows it.
    rest: &'t str,
}

fn written(text: &str) -> Option<Written<'_>> {
    let table = TABLE.as_ref()?;
    let may_be_mark = text.starts_with(|c: char| c.is_ascii_digit()) || table.words.open(text);
    let found = Some(text).filter(|_| may_be_mark).and_then(|text| table.mark.captures(text))?;
    let (word, nth, n) = (found.name("word")?, found.name("nth"), found.name("n"));
    // "2보" has no suffix; "10 updates" is no mark.
    if nth.is_some() && found.name("suffix").is_none() && word.as_str() != "보" {
        return None;
    }
    // "Updated 10:30" has no number.
    let is_time = |n: &regex::Match<'_>| {
        let mut after = text.get(n.end()..).unwrap_or_default().chars();
        matches!(after.next(), Some(':' | '.')) && after.next().is_some_and(|c| c.is_ascii_digit())
    };
    let n = n.filter(|n| !is_time(n));
    let rest = text.get(n.map_or(word.end(), |n| n.end())..)?;
    Some(Written {
        rows: table.marks.get(&word.as_str().to_lowercase())?,
        word: word.as_str(),
        number: nth.or(n).and_then(|number| number.as_str().parse().ok()),
        is_ordinal: nth.is_some(),
        // "종합2보".
        rest: if n.is_some() { rest.strip_prefix('보').unwrap_or(rest) } else { rest },
    })
}

impl Written<'_> {
    /// Written without small letters: in capitals, or in a script that has none.
    fn is_caps(&self) -> bool {
        !self.word.chars().any(char::is_lowercase)
    }

    /// "Ld" and "Writethru" are no words of headlines.
    fn is_jargon(&self) -> bool {
        let word = self.word.to_lowercase();
        word.starts_with("ld") || word.ends_with("writethru") || word == "보"
    }

    fn says(&self, kind: Kind) -> Mark {
        let notice = of_kind(kind);
        let urgency = match kind {
            Kind::Flash => Some(1),
            Kind::Bulletin => Some(2),
            Kind::Urgent => Some(3),
            _ => None,
        };
        // A lead without a number is the first.
        let take = self.number.or((kind == Kind::Lead).then_some(1)).filter(|_| notice.is_some());
        Mark { notice, take, urgency, is_advisory: kind == Kind::Advisory }
    }

    /// The first of its rows that may stand here.
    fn accepted(&self, is_fitting: impl Fn(Kind, Place) -> bool) -> Option<Mark> {
        let row = self.rows.iter().find(|(kind, place)| is_fitting(*kind, *place))?;
        Some(self.says(row.0))
    }
}

/// What stands between a mark and the headline.
#[derive(PartialEq)]
enum Gap {
    /// A colon, bar, long or spaced dash.
    Wide,
    /// "-" or "/" without a space before it.
    Tight,
    Space,
}

fn gap(rest: &str) -> Option<(Gap, &str)> {
    let after = rest.trim_start_matches(|c: char| c.is_whitespace() || "-–—:：|/■►*=+!".contains(c));
    let signs = rest.get(..rest.len() - after.len())?;
    let gap = match signs.trim() {
        "" if signs.is_empty() => return None,
        "" => Gap::Space,
        "-" | "/" if !signs.starts_with(char::is_whitespace) => Gap::Tight,
        _ => Gap::Wide,
    };
    Some((gap, after))
}

fn is_shouted(text: &str) -> bool {
    text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)
}

/// A mark at the head, and what follows it.
fn at_head(text: &str) -> Option<(Mark, &str)> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || "*■▲●#+-–—".contains(c));
    for (open, close) in BRACKETS {
        if let Some((inside, rest)) = text.strip_prefix(open).and_then(|inside| inside.split_once(close)) {
            let rest = gap(rest).map_or(rest, |(_, rest)| rest);
            return Some((in_brackets(inside, rest)?, rest));
        }
    }
    let mark = written(text)?;
    let (gap, rest) = match gap(mark.rest) {
        Some(found) => found,
        // A kill may say no more than that.
        None if mark.rest.is_empty() && mark.is_caps() => (Gap::Wide, ""),
        None => return None,
    };
    let first = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let is_loud = is_shouted(rest) || gap == Gap::Tight && is_shouted(first) && first.chars().count() > 1;
    let set_off = gap != Gap::Space;
    let caps = mark.is_caps();
    let accepted = mark.accepted(|kind, place| {
        if rest.is_empty() {
            return kind == Kind::Kill;
        }
        if mark.number.is_some() {
            let is_score = kind == Kind::Lead && gap == Gap::Tight && rest.starts_with(|c: char| c.is_ascii_digit());
            let is_named = rest.starts_with(char::is_uppercase) && !is_shouted(rest) && !is_shouted(first);
            let takes_number = matches!(kind, Kind::Update | Kind::Lead | Kind::Correction | Kind::Repeat);
            // "LEAD 2 Bridge opens"; "2nd Ld-Writethru: Bridge opens", where no word of a headline stands.
            let by_case = caps && (set_off && !is_score || is_named);
            return takes_number
                && match place {
                    _ if set_off && mark.is_jargon() => true,
                    Place::Slug => false,
                    Place::Number => by_case,
                    _ => by_case || gap == Gap::Wide,
                };
        }
        match place {
            Place::Strict => caps && set_off && !is_loud,
            Place::Caps => caps && set_off,
            Place::Any => caps && set_off || gap == Gap::Wide,
            Place::Bare => caps && (set_off || !is_shouted(rest)) || gap == Gap::Wide,
            Place::Number | Place::Slug => false,
        }
    })?;
    Some((accepted, rest))
}

/// A mark at the end, and what stands before it.
fn at_end(text: &str) -> Option<(Mark, &str)> {
    for (open, close) in BRACKETS {
        if let Some((before, inside)) = text.strip_suffix(close).and_then(|inside| inside.rsplit_once(open)) {
            return Some((in_brackets(inside, before)?, before.trim_end_matches([' ', '-', '–', '—']))).filter(is_left);
        }
    }
    // "…, 2nd Ld-Writethru,0123" ends with its number of words.
    let words = text.rsplit_once(',').filter(|(_, words)| words.trim().bytes().all(|byte| byte.is_ascii_digit()));
    let text = words.map_or(text, |(text, _)| text);
    let at = text.rfind(['-', '–', '—', '/', ',', '|'])?;
    // "Ld-Writethru" has a dash of its own.
    let at = match text.get(..at) {
        Some(before) if before.to_lowercase().ends_with("ld") => before.rfind([',', '–', '—', '-', '/'])?,
        _ => at,
    };
    let (before, tail) = text.split_at_checked(at)?;
    let sign = tail.chars().next()?;
    let candidate = tail.get(sign.len_utf8()..)?.trim();
    let mark = written(candidate).filter(|mark| mark.rest.is_empty())?;
    let is_wide = matches!(sign, '-' | '–' | '—' | '|') && before.ends_with([' ', '-']);
    let before = before.trim_end_matches([' ', '-', '–', '—', ',']);
    let caps = mark.is_caps();
    let accepted = mark.accepted(|kind, place| match place {
        // "Rovers 2 - Lead 1".
        _ if kind == Kind::Lead && !mark.is_ordinal && !caps => false,
        _ if sign == ',' => mark.is_jargon() && mark.is_ordinal || place == Place::Slug && caps,
        _ if mark.number.is_some() => is_wide && (caps || place != Place::Number) || mark.is_jargon(),
        Place::Strict => caps && !is_shouted(before),
        Place::Caps => caps,
        Place::Any | Place::Bare => is_wide || caps && !is_shouted(before),
        Place::Number | Place::Slug => false,
    })?;
    Some((accepted, before)).filter(is_left)
}

fn is_left((_, rest): &(Mark, &str)) -> bool {
    !rest.trim().is_empty()
}

/// A mark in brackets: "(2nd LD)", "[UPDATE]", "(UPDATE 2, PIX)", "(Updated 10:30 GMT)", "(Adds quote)".
fn in_brackets(inside: &str, headline: &str) -> Option<Mark> {
    let inside = inside.trim();
    if inside.chars().count() > 120 {
        return None;
    }
    if let Some(mark) = written(inside) {
        let rest = mark.rest.trim_start();
        let is_whole = rest.is_empty() || rest.starts_with(|c: char| ",;:/.".contains(c) || c.is_ascii_digit());
        let is_whole = is_whole || rest.starts_with("of ") && mark.number.is_some();
        let accepted = mark.accepted(|kind, place| match place {
            _ if mark.number.is_some() => kind != Kind::Label,
            Place::Strict => mark.is_caps() && !is_shouted(headline),
            Place::Caps => mark.is_caps(),
            Place::Any | Place::Bare => true,
            Place::Number | Place::Slug => false,
        });
        if is_whole && accepted.is_some() {
            return accepted;
        }
    }
    let (kind, is_of_headlines) = verb(inside)?;
    let notice = of_kind(kind);
    (is_of_headlines && kind != Kind::Kill).then_some(Mark { notice, ..Mark::default() })
}

fn of_kind(kind: Kind) -> Option<Notice> {
    match kind {
        Kind::Kill => Some(Notice::Kill),
        Kind::Correction => Some(Notice::Correction),
        Kind::Update | Kind::Lead => Some(Notice::Update),
        _ => None,
    }
}

/// What a slug line says after its name: "BC-EU--Summit, 1st Ld-Writethru", "BRIDGE/NORWAY (UPDATE 2, PIX)".
pub fn slug(line: &str) -> Mark {
    let parts = line.split([',', '(', ')']).skip(1).map(str::trim);
    let mark = |part| {
        let mark: Written<'_> = written(part).filter(|mark| mark.rest.is_empty())?;
        mark.accepted(|_, place| mark.number.is_some() || !matches!(place, Place::Number | Place::Slug))
    };
    parts.filter_map(mark).fold(Mark::default(), Mark::and)
}

/// The first word of a note.
fn verb(text: &str) -> Option<(Kind, bool)> {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let head: String = text.chars().take(40).flat_map(char::to_lowercase).collect();
    let (word, kind, anywhere) = TABLE.as_ref()?.verbs.iter().find(|(word, _, _)| begins(&head, word))?;
    // "Killed in the crash were …" kills nothing.
    let small = text.chars().take(word.chars().count()).any(char::is_lowercase);
    (*kind != Kind::Kill || !small).then_some((*kind, *anywhere))
}

/// Whether a text starts with a phrase as whole words, where its script has words.
fn begins(text: &str, phrase: &str) -> bool {
    text.strip_prefix(phrase).is_some_and(|rest| {
        phrase.ends_with(|c: char| c >= '\u{2E80}' || !c.is_alphanumeric()) || !rest.starts_with(char::is_alphanumeric)
    })
}

/// A note in brackets, "(Adds quote)": none where it is none, else what it says.
pub fn aside(text: &str) -> Option<Option<Notice>> {
    let (kind, _) = verb(text)?;
    let is_kill = kills(text).then_some(Notice::Kill);
    Some(weightier(of_kind(kind), is_kill))
}

/// A note with a label, "Eds: Updates with quote", or a paragraph that says by itself what it is, "This story has been
/// corrected …": none where it is none, else what it says.
pub fn note(text: &str) -> Option<Option<Notice>> {
    let table = TABLE.as_ref()?;
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let lower = if table.labeled.open(text) { text.to_lowercase() } else { String::new() };
    if let Some(label) = table.labels.iter().find(|label| begins(&lower, label)) {
        let after: String = text.chars().skip(label.chars().count()).collect();
        let said = table.says.iter().filter(|(_, phrase)| phrase.are_in(&lower)).map(|(kind, _)| of_kind(*kind));
        let first = verb(&after).or_else(|| verb(text)).and_then(|(kind, _)| of_kind(kind));
        return Some(said.fold(first, weightier));
    }
    if !table.openings.open(text) {
        return None;
    }
    let own = table.own.iter().find(|(_, phrase)| phrase.are_in(text))?;
    Some(of_kind(own.0))
}

/// Whether a note to editors says that a story must not be used.
pub fn kills(text: &str) -> bool {
    let phrases = TABLE.as_ref().map(|table| table.says.as_slice()).unwrap_or_default();
    phrases.iter().any(|(kind, phrase)| *kind == Kind::Kill && phrase.are_in(text))
}

/// The headline or slug of another story that a kill names: "The story headlined 'X' …", "the story slugged Y".
pub fn named<'t>(text: &'t str) -> Option<&'t str> {
    let table = TABLE.as_ref()?;
    let name = |found: Captures<'t>| {
        let name = ["a", "b", "c", "d", "slug", "bare"].into_iter().find_map(|group| found.name(group))?;
        let length = name.as_str().chars().count();
        let most = if found.name("slug").or(found.name("bare")).is_some() { 82 } else { 250 };
        let least = if found.name("d").is_some() { 2 } else { 3 };
        (least..=most).contains(&length).then(|| name.as_str().trim().trim_end_matches([',', '.']))
    };
    let named = table.named.captures_iter(text).find_map(name);
    named.or_else(|| table.named_before.captures_iter(text).find_map(name))
}

#[cfg(test)]
mod tests;
