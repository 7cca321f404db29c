//! Names by shape: what a run of capitalised words is, by its last word, its title, its first name and its neighbours.
//!
//! "Ministry of Health", "Lake Baikal", "Prime Minister Jane Doe", "Jane Doe, 45,": no table can hold all names, but
//! newswire introduces them in set ways. Every rule here gives a candidate with how sure it is; what the tables know may
//! overrule a guess.

use super::knowledge::{Class, Knowledge};
use super::propose::{Candidate, Map, Meaning, Text};
use super::token::{Case, Token};
use crate::model::{EntityType, MentionForm};

/// Small words inside names of persons.
const PARTICLES: [&str; 26] = [
    "de", "da", "do", "dos", "das", "del", "della", "di", "du", "la", "le", "van", "von", "der", "den", "ter", "bin",
    "bint", "ibn", "ben", "al", "el", "ul", "ur", "zu", "af",
];

/// Whose things are organisations rather than possessions: "People's Party", "Workers' Union".
const OWNERS: [&str; 24] = [
    "People",
    "Peoples",
    "Workers",
    "Women",
    "Men",
    "Children",
    "Girls",
    "Boys",
    "Teachers",
    "Farmers",
    "Doctors",
    "Nurses",
    "Citizens",
    "Veterans",
    "Students",
    "Writers",
    "Lawyers",
    "Miners",
    "Drivers",
    "Players",
    "Employers",
    "Peasants",
    "Railwaymen",
    "Fishermen",
];

/// How many parts a name joins with "of" and "and".
const MOST_JOINTS: usize = 12;

/// Adds what the shape of every run of capitalised words suggests.
pub(super) fn runs(knowledge: &Knowledge, text: &Text<'_>, map: &Map, found: &mut Vec<Candidate<'_>>) {
    let mut at = 0;
    while at < text.tokens.len() {
        if !starts_run(text, at) {
            at += 1;
            continue;
        }
        let end = run_end(text, at);
        let run = Run { knowledge, text, map, start: at, end };
        run.read(found);
        at = end.max(at + 1);
    }
}

fn starts_run(text: &Text<'_>, at: usize) -> bool {
    text.tokens.get(at).is_some_and(Token::is_capital)
}

/// Where the run of capitalised words ends; particles and the dots of initials stand inside it.
fn run_end(text: &Text<'_>, start: usize) -> usize {
    let sentence = text.tokens.get(start).map(|token| token.sentence);
    let mut end = start;
    let mut at = start;
    while let Some(token) = text.tokens.get(at).filter(|token| Some(token.sentence) == sentence) {
        let next_capital =
            |n: usize| text.tokens.get(at + n).is_some_and(|next| next.is_capital() && Some(next.sentence) == sentence);
        if token.is_capital()
            || (token.case == Case::Number
                && at > start
                && !next_is_unit(text, at)
                && text.tokens.get(at - 1).is_some_and(|before| before.end == token.start))
        {
            end = at + 1;
        } else if token.text == "." && !token.spaced && at > start && is_dotted(text, at - 1) && next_capital(1) {
            // "John F. Kennedy", "Gen. Smith".
        } else if PARTICLES.contains(&token.text)
            && at > start
            && (next_capital(1)
                || PARTICLES.contains(&text.tokens.get(at + 1).map_or("", |next| next.text)) && next_capital(2))
        {
            // "Ursula von der Leyen".
        } else if matches!(token.text, "'s" | "’s" | "'" | "’")
            && at > start
            && !token.spaced
            && next_capital(1)
            && text.tokens.get(at - 1).is_some_and(|owner| OWNERS.contains(&owner.text))
        {
            // "People's Party", "Farmers' Union".
        } else {
            break;
        }
        at += 1;
    }
    end
}

fn next_is_unit(text: &Text<'_>, at: usize) -> bool {
    text.tokens.get(at + 1).is_some_and(|next| next.case == Case::Lower)
}

/// A word whose dot ends no sentence.
fn is_dotted(text: &Text<'_>, at: usize) -> bool {
    const ABBREVIATED: [&str; 30] = [
        "Mr", "Mrs", "Ms", "Dr", "Prof", "Gen", "Lt", "Col", "Sgt", "Capt", "Maj", "Adm", "Sen", "Rep", "Gov", "St",
        "Rev", "Hon", "Jr", "Sr", "Brig", "Cmdr", "Cpl", "Pvt", "Mt", "Ft", "Messrs", "Pres", "Supt", "Md",
    ];
    text.tokens.get(at).is_some_and(|token| token.case == Case::Letter || ABBREVIATED.contains(&token.text))
}

/// A run of capitalised words.
pub(super) struct Run<'a, 't> {
    pub(super) knowledge: &'a Knowledge,
    pub(super) text: &'a Text<'t>,
    pub(super) map: &'a Map,
    start: usize,
    pub(super) end: usize,
}

impl<'t> Run<'_, 't> {
    pub(super) fn token(&self, at: usize) -> Option<&Token<'t>> {
        self.text.tokens.get(at)
    }

    pub(super) fn word(&self, at: usize) -> &'t str {
        self.text.tokens.get(at).map_or("", |token| token.text)
    }

    pub(super) fn is(&self, at: usize, class: Class) -> bool {
        self.knowledge.is(self.word(at), class)
    }

    /// Reads the run from left to right: nationalities, offices, names.
    fn read(&self, found: &mut Vec<Candidate<'_>>) {
        let mut at = self.start;
        let mut role_from = None;
        // A word that only opens the sentence is no part of the name: "Yesterday Vladimir Petrov …".
        while at < self.end
            && (self.token(at).is_some_and(|token| token.opens) || matches!(self.before(at), "-" | "/" | ")" | "."))
            && self.is_only_opener(at)
        {
            at += 1;
        }
        let begin = at;
        while at < self.end {
            let title = self.knowledge.title(&self.text.tokens, at).filter(|length| at + length <= self.end + 1);
            if let Some(length) = title {
                // "President of", "Minister" at the end: no name follows, but the office may belong to an organisation.
                let after = at + length;
                role_from = role_from.or(Some(begin));
                if after < self.end {
                    at = after;
                    if self.knowledge.title(&self.text.tokens, at).is_some() {
                        continue;
                    }
                    self.person_after_title(at, role_from, found);
                    return;
                }
                break;
            }
            // What stands before an office: a nationality, a country, a company.
            let next_title = (at + 1..self.end).find(|next| {
                self.knowledge.title(&self.text.tokens, *next).is_some_and(|length| {
                    next + length <= self.end && (length > 1 || !self.is(*next, Class::Organisation))
                })
            });
            match next_title {
                Some(title) => {
                    self.name(at, title, found);
                    role_from = Some(at);
                    at = title;
                }
                None => {
                    self.name(at, self.end, found);
                    return;
                }
            }
        }
    }

    /// Whether the word is there only because the sentence opens with it.
    fn is_only_opener(&self, at: usize) -> bool {
        let word = self.word(at);
        let known = self.map.place(at).is_some() || self.map.known(at).is_some();
        // "New York", "West Bank": a known phrase that opens with a common word.
        let names = self.knowledge.is_first_name(word) || self.knowledge.title(&self.text.tokens, at).is_some();
        // "Third-seeded", "London-based": an adjective of a name or number and a participle.
        let compound = word.rsplit_once('-').is_some_and(|(_, last)| {
            ["seeded", "ranked", "placed", "based", "born", "backed", "led", "owned", "time", "old", "run", "wide"]
                .contains(&last)
        });
        if compound {
            return true;
        }
        let heads = at + 1 < self.end
            && (self.knowledge.is(word, Class::OrganisationOf) || self.knowledge.is(word, Class::PlaceOf));
        self.knowledge.is_common(word) && !known && !names && !heads
    }

    pub(super) fn push(
        &self,
        found: &mut Vec<Candidate<'_>>,
        first: usize,
        end: usize,
        kind: EntityType,
        sureness: u32,
    ) {
        if first < end {
            found.push(Candidate {
                first,
                end,
                kind,
                form: MentionForm::Name,
                meaning: Meaning::Shape,
                sureness,
                role_from: None,
            });
        }
    }

    /// The word at the end of a run that says what it names.
    pub(super) fn head(&self, first: usize, end: usize) -> Option<(EntityType, u32)> {
        let last = end.checked_sub(1).filter(|last| *last >= first)?;
        let word = self.word(last);
        let ordered = [
            (Class::Organisation, EntityType::Organisation, 7),
            (Class::Facility, EntityType::Facility, 6),
            (Class::Place, EntityType::Place, 6),
            (Class::Event, EntityType::Event, 6),
            (Class::Work, EntityType::Work, 6),
        ];
        ordered
            .into_iter()
            .find(|(class, _, _)| self.knowledge.is(word, *class))
            .map(|(_, kind, sureness)| (kind, sureness))
    }

    /// What the words from `first` to `end` name, where no office stands among them.
    pub(super) fn name(&self, first: usize, end: usize, found: &mut Vec<Candidate<'_>>) {
        let end = self.trim(first, end);
        if first >= end {
            return;
        }
        let words = end - first;
        // A known name fills the whole: nothing to guess.
        let covered = self.map.place(first).is_some_and(|(length, _)| length >= words)
            || self.map.known(first).is_some_and(|(length, _)| length >= words);
        if let Some(extended) = self.extend_of(end)
            && let Some(kind) = self.of_kind(end - 1)
        {
            self.push(found, first, extended, kind, 8);
            return;
        }
        if covered {
            return;
        }
        if words >= 2
            && let Some((kind, sureness)) = self.head(first, end)
        {
            let person = self.knowledge.is_first_name(self.word(first))
                && words == 2
                && kind != EntityType::Organisation
                && self.knowledge.is_surname(self.word(end - 1));
            if !person {
                self.push(found, first, end, kind, sureness);
                return;
            }
        }
        // "National Disaster Relief and Management Council": the head stands behind the "and".
        if matches!(self.word(first), "National" | "Federal" | "Royal" | "International" | "Central" | "Food")
            && self.word(end) == "and"
            && self.token(end + 1).is_some_and(|next| next.is_capital() && self.is_same_sentence(first, end + 1))
            && self.map.place(end + 1).is_none()
            && self.map.known(end + 1).is_none()
            && !self.knowledge.is_first_name(self.word(end + 1))
        {
            let second = run_end(self.text, end + 1);
            if second > end + 2 && self.is(second - 1, Class::Organisation) {
                self.push(found, first, second, EntityType::Organisation, 7);
                return;
            }
        }
        // "Lake Baikal", "Mount Elbrus".
        if words >= 2
            && matches!(self.word(first), "Lake" | "Mount" | "Mt" | "Cape" | "Fort" | "Port" | "Camp")
            && !self.text.is_shouted(first)
        {
            let kind = if self.word(first) == "Camp" { EntityType::Facility } else { EntityType::Place };
            self.push(found, first, end, kind, 6);
            return;
        }
        if matches!(self.word(first), "Hurricane" | "Typhoon" | "Cyclone" | "Operation" | "Storm") && words >= 2 {
            self.push(found, first, end, EntityType::Event, 6);
            return;
        }
        // Nationalities and countries in front of a name: "Russian Vladimir Petrov", "Brazil coach".
        let mut at = first;
        while let Some((length, _)) = self
            .map
            .place(at)
            .filter(|(length, group)| at + length < end && (*group || !self.knowledge.is_first_name(self.word(at))))
        {
            at += length;
        }
        if at > first && (end - at == 1 && !self.knowledge.is_first_name(self.word(at))) {
            // "Korean Air", "Paris Match": more likely one name than two, if the second word is no name by itself.
            if self.map.known(at).is_none() && self.map.place(at).is_none() && !self.knowledge.is_surname(self.word(at))
            {
                let known = self.token(at).is_some_and(|token| token.case == Case::Capital);
                if known
                    && !self.text.is_shouted(first)
                    && !self.is(at, Class::Other)
                    && !self.knowledge.is_common(self.word(at))
                {
                    self.push(found, first, end, EntityType::Organisation, 1);
                }
                return;
            }
        }
        self.person_or_other(at, end, found);
    }

    fn is_same_sentence(&self, a: usize, b: usize) -> bool {
        self.token(a).map(|token| token.sentence) == self.token(b).map(|token| token.sentence)
    }

    /// Cuts what is no name from the end: months, numbers, lone marks.
    fn trim(&self, first: usize, end: usize) -> usize {
        let mut end = end;
        while end > first
            && (self.is(end - 1, Class::Month)
                || self.token(end - 1).is_some_and(|token| token.case == Case::Number || token.case == Case::Mark))
        {
            end -= 1;
        }
        end
    }

    /// What a word followed by "of" makes of the whole.
    fn of_kind(&self, at: usize) -> Option<EntityType> {
        let word = self.word(at);
        let kinds = [
            (Class::PlaceOf, EntityType::Place),
            (Class::OrganisationOf, EntityType::Organisation),
            (Class::Event, EntityType::Event),
            (Class::Work, EntityType::Work),
            (Class::Facility, EntityType::Facility),
        ];
        kinds.into_iter().find(|(class, _)| self.knowledge.is(word, *class)).map(|(_, kind)| kind)
    }

    /// "Ministry" + "of Health and Social Development": where the whole ends, if the run continues so.
    fn extend_of(&self, end: usize) -> Option<usize> {
        self.of_kind(end.checked_sub(1)?)?;
        let sentence = self.token(end - 1)?.sentence;
        let same = |at: usize| self.token(at).filter(|token| token.sentence == sentence);
        let mut reached = end;
        let mut extended = None;
        // Names end; a text made to hurt joins words for ever.
        for _ in 0..MOST_JOINTS {
            let joint = same(reached)?.text;
            let first_time = extended.is_none();
            let linked = matches!(joint, "of" | "for" | "de")
                || !first_time && matches!(joint, "and" | "&" | "," | "on")
                || joint == "on" && self.knowledge.is(self.word(end - 1), Class::OrganisationOf)
                // "Committee to Protect Journalists".
                || joint == "to" && first_time && matches!(self.word(end - 1), "Committee" | "Campaign" | "Coalition");
            if !linked {
                return extended;
            }
            let mut next = reached + 1;
            if same(next).is_some_and(|token| matches!(token.text, "the" | "la" | "los")) {
                next += 1;
            }
            if !same(next).is_some_and(|token| token.is_capital() && !self.knowledge.is(token.text, Class::Month)) {
                return extended;
            }
            let run = run_end(self.text, next);
            let starts_person = self.knowledge.title(&self.text.tokens, next).is_some()
                || self.map.known(next).is_some_and(|(_, kind)| kind == EntityType::Person)
                || self.knowledge.is_first_name(self.word(next))
                    && run - next >= 2
                    && self.map.place(next).is_none()
                    && self.map.known(next).is_none();
            // A list after "and" or a comma goes on in a name only as "Health and Social Development" does: with words
            // that are no names by themselves.
            let separate = matches!(joint, "and" | "&" | ",")
                && (self.map.place(next).is_some()
                    || self.map.known(next).is_some()
                    || self.knowledge.is_first_name(self.word(next))
                    || self.of_kind(run - 1).is_some());
            let comma_list = joint == "," && !self.list_goes_on(run);
            if starts_person || separate || comma_list {
                return extended;
            }
            reached = self.trim(next, run);
            if reached <= next {
                return extended;
            }
            extended = Some(reached);
        }
        extended
    }

    /// A list in a name ends with "and": "Department of Business, Energy and Industry".
    fn list_goes_on(&self, at: usize) -> bool {
        let joint = self.word(at);
        (joint == "and" || joint == "&" || joint == ",") && self.token(at + 1).is_some_and(Token::is_capital)
    }

    pub(super) fn before(&self, at: usize) -> &'t str {
        match at.checked_sub(1).and_then(|before| self.token(before)) {
            Some(before) if self.token(at).is_some_and(|token| token.sentence == before.sentence) => before.text,
            _ => "",
        }
    }

    pub(super) fn after(&self, end: usize) -> &'t str {
        match (end.checked_sub(1).and_then(|last| self.token(last)), self.token(end)) {
            (Some(last), Some(next)) if last.sentence == next.sentence => next.text,
            _ => "",
        }
    }
}
