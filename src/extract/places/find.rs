//! Finding the names of places in running text.

use super::table::{Guard, Sense, fold, fold_phrase};
use super::{Place, Places};
use crate::extract::entities::hash;
use crate::markup::bytes::ascii_word_end;
use crate::model::PlaceKind;
use rustc_hash::FxHashSet;

/// How a text names a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlaceForm {
    /// By its name.
    Name,
    /// By an adjective: `Lebanese`.
    Demonym,
    /// By its people: `Scots`.
    People,
}

/// A name of a place in a text.
#[derive(Debug, Clone)]
pub(crate) struct PlaceMatch<'p> {
    /// First byte.
    pub(crate) start: usize,
    /// End, exclusive; a possessive `'s` is outside.
    pub(crate) end: usize,
    /// How it names the place.
    pub(crate) form: PlaceForm,
    /// A possessive ending follows.
    pub(crate) possessive: bool,
    /// What it can mean, likeliest first; never empty.
    pub(crate) candidates: Vec<&'p Place>,
}

impl<'p> PlaceMatch<'p> {
    /// The likeliest meaning.
    pub(crate) fn place(&self) -> &'p Place {
        self.candidates[0]
    }

    /// The likeliest meaning in this country (alpha-2), else the likeliest of all. A country is never outvoted, and a
    /// namesake abroad loses only to one in the country that the text speaks of.
    pub(crate) fn place_in(&self, country: Option<&str>) -> &'p Place {
        let first = self.place();
        let Some(country) = country else { return first };
        if first.iso2.as_deref() == Some(country) || first.kind == PlaceKind::Country {
            return first;
        }
        let here = self.candidates.iter().find(|place| place.iso2.as_deref() == Some(country)).copied();
        // A capital gives way only to something greater: Victoria of the Seychelles to the state, in a story of Australia.
        let greater =
            |here: &&Place| !first.capital || here.kind == PlaceKind::Subdivision || here.population > first.population;
        here.filter(greater).unwrap_or(first)
    }
}

/// A word of the text.
pub(super) struct Word<'t> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: &'t str,
}

/// Words that a place stands after.
const PLACE_PREPOSITIONS: &[&str] = &[
    "in",
    "from",
    "near",
    "at",
    "around",
    "outside",
    "across",
    "throughout",
    "within",
    "to",
    "of",
    "into",
    "for",
    "off",
    "over",
    "through",
    "via",
    "inside",
    "toward",
    "towards",
    "between",
    "northern",
    "southern",
    "eastern",
    "western",
    "central",
    "greater",
    "and",
    "city",
    "town",
];

/// Words before a name that make it a person's.
const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "dr",
    "sir",
    "lady",
    "lord",
    "president",
    "minister",
    "gen",
    "general",
    "sen",
    "senator",
    "rep",
    "gov",
    "governor",
    "mayor",
    "judge",
    "justice",
    "professor",
    "prof",
    "captain",
    "king",
    "queen",
    "prince",
    "princess",
    "pope",
    "coach",
];

impl Places {
    /// Every place named in `text`, in order.
    pub(crate) fn find<'p>(&'p self, text: &str) -> Vec<PlaceMatch<'p>> {
        let words = words(text);
        let mut matches = Vec::new();
        let mut folded = String::new();
        let mut n = 0;
        while n < words.len() {
            match self.at(text, &words, n, &mut folded) {
                Some((found, used)) => {
                    matches.push(found);
                    n += used;
                }
                None => n += 1,
            }
        }
        matches
    }

    /// The longest name that begins with word `n`, and how many words it has.
    fn at<'p>(
        &'p self,
        text: &str,
        words: &[Word<'_>],
        n: usize,
        folded: &mut String,
    ) -> Option<(PlaceMatch<'p>, usize)> {
        let first = words.get(n)?;
        if !first.text.starts_with(char::is_uppercase) {
            return None;
        }
        folded.clear();
        fold(first.text, folded);
        let most = usize::from(*self.first_words.get(folded.as_str())?);
        // The ends of the folded phrases of one word, two words …, to be tried from the longest.
        let mut ends = vec![folded.len()];
        let mut dots = 0u32;
        for step in 1..most {
            let (Some(before), Some(word)) = (words.get(n + step - 1), words.get(n + step)) else { break };
            let gap = text.get(before.end..word.start).unwrap_or_default();
            match gap {
                " " | "-" | "/" | "'" | "’" | "\u{a0}" | "‐" | "–" | "\n" => {}
                "." | ". " => dots |= 1 << step.min(31),
                " & " => folded.push_str(" and"),
                ", " => folded.push_str(" ,"),
                _ => break,
            }
            folded.push(' ');
            fold(word.text, folded);
            ends.push(folded.len());
        }
        for count in (1..=ends.len()).rev() {
            let Some(senses) =
                ends.get(count - 1).and_then(|end| folded.get(..*end)).and_then(|name| self.names.get(name))
            else {
                continue;
            };
            let used = words.get(n..n + count)?;
            let senses: Vec<&Sense> = senses.iter().filter(|sense| spelled(sense, used)).collect();
            let Some(sense) = senses.first() else { continue };
            let name = ends.get(count - 1).and_then(|end| folded.get(..*end)).unwrap_or_default();
            let last = used.last()?;
            let mut end = last.end;
            let initials = used.iter().all(|word| word.text.chars().count() == 1);
            let rest = text.get(end..).unwrap_or_default();
            // Dots may only stand behind initials ("U.S.", "U.S. Virgin Islands") and "St."; elsewhere a sentence ends there.
            let ends = (1..count).any(|step| {
                let short = words.get(n + step - 1).is_some_and(|word| {
                    word.text.chars().count() == 1 || matches!(word.text, "St" | "ST" | "Mt" | "Ft")
                });
                dots & (1 << step.min(31)) != 0 && !short
            });
            if ends {
                continue;
            }
            if initials && count > 1 && rest.starts_with('.') {
                end += 1;
            }
            // The "Florida Department of Health" is of no department of Uruguay, and "US$45" are dollars.
            if count > 1 && rest.starts_with(" of ") && name.ends_with(" department") || rest.starts_with('$') {
                continue;
            }
            // "St. Patrick's Day" is a day.
            let day = rest.strip_prefix(['\'', '’']).is_some_and(|rest| rest.starts_with("s Day"));
            let candidates: Vec<&Place> = senses.iter().filter_map(|sense| self.place(sense)).collect();
            if day || !self.admissible(name, text, words, n, count, &candidates, sense.form) {
                continue;
            }
            let rest = text.get(end..).unwrap_or_default();
            let plural = last.text.ends_with(['s', 'S']);
            let possessive = ["'s", "’s", "'S", "’S"].iter().any(|ending| rest.starts_with(ending))
                || plural && rest.starts_with(['\'', '’']) && !rest.chars().nth(1).is_some_and(char::is_alphanumeric);
            return Some((PlaceMatch { start: first.start, end, form: sense.form, possessive, candidates }, count));
        }
        None
    }

    /// Whether a comma and the name of a country or state follow.
    fn state_follows(&self, rest: &str, next: Option<&Word<'_>>) -> bool {
        let Some(next) = next.filter(|_| rest.starts_with(", ")) else { return false };
        let mut folded = String::new();
        fold(next.text, &mut folded);
        next.text.starts_with(char::is_uppercase)
            && self.names.get(folded.as_str()).is_some_and(|senses| {
                senses
                    .iter()
                    .filter_map(|sense| self.place(sense))
                    .any(|place| matches!(place.kind, PlaceKind::Country | PlaceKind::Subdivision))
            })
    }

    /// Names of cities that are said of persons: "Lara" of a text in which "Rodrigo Lara" stands.
    pub(crate) fn surnames<'t>(&self, text: &'t str) -> FxHashSet<&'t str> {
        let words = words(text);
        let is_city = |name: &str| {
            let place = self.resolve(name, None);
            place.is_some_and(|place| place.kind == PlaceKind::City && !place.capital && place.population < LARGE)
        };
        let surname = |n: usize| self.is_somebodys(text, &words, n).then(|| words.get(n)).flatten();
        let names = (1..words.len()).filter_map(surname).map(|word| word.text);
        names.filter(|name| name.starts_with(char::is_uppercase) && is_city(name)).collect()
    }

    /// "Rodrigo Lara": whether a first name that is no place, nor the end of one ("San Jose, California"), stands before word `n`.
    fn is_somebodys(&self, text: &str, words: &[Word<'_>], n: usize) -> bool {
        let Some((first, name)) = n.checked_sub(1).and_then(|before| words.get(before)).zip(words.get(n)) else {
            return false;
        };
        let apart = text.get(first.end..name.start) != Some(" ") || !first.text.starts_with(char::is_uppercase);
        if apart || !self.first_names.contains(&hash::folded(first.text)) || name.text.chars().all(char::is_uppercase) {
            return false;
        }
        let earlier = n.checked_sub(2).and_then(|earlier| words.get(earlier)).map_or(first.start, |word| word.start);
        let known = |from: usize| {
            let phrase = text.get(from..first.end).unwrap_or_default();
            self.names.contains_key(fold_phrase(phrase).as_str())
        };
        !known(first.start) && !known(earlier)
    }

    /// Whether the name stands here as a place and not as a word or a person.
    #[allow(clippy::too_many_arguments, reason = "the whole neighbourhood of a name decides")]
    fn admissible(
        &self,
        name: &str,
        text: &str,
        words: &[Word<'_>],
        n: usize,
        count: usize,
        candidates: &[&Place],
        form: PlaceForm,
    ) -> bool {
        // "Volga Federal District" is not the Federal District: a name of common words needs to stand alone.
        if form == PlaceForm::Name && count > 1 && is_of_common_words(name) {
            let part = n.checked_sub(1).and_then(|n| words.get(n)).is_some_and(|before| {
                before.text.starts_with(char::is_uppercase)
                    && words.get(n).is_some_and(|this| text.get(before.end..this.start) == Some(" "))
                    && n > 1
            });
            return !part;
        }
        let country = candidates.first().is_some_and(|place| place.kind == PlaceKind::Country);
        if form == PlaceForm::Name && count == 1 && !country && self.is_somebodys(text, words, n) {
            return false;
        }
        let town = form == PlaceForm::Name
            && candidates
                .iter()
                .all(|place| place.kind == PlaceKind::City && place.population < TOWN && !place.capital);
        if form != PlaceForm::Name || count > 1 && !town {
            return true;
        }
        let guard = self.guarded.get(name).copied();
        let small =
            candidates.iter().all(|place| place.kind == PlaceKind::City && place.population < LARGE && !place.capital);
        if guard.is_none() && !small {
            return true;
        }
        if small && count == 1 && is_acronym(text, words, n) {
            return false;
        }
        let adjacent = |from: usize, to: usize| text.get(from..to).is_some_and(|gap| gap == " " || gap == ". ");
        let before = n.checked_sub(1).and_then(|n| words.get(n));
        let before = before.filter(|word| words.get(n).is_some_and(|this| adjacent(word.end, this.start)));
        let before_folded = before.map(|word| word.text.to_lowercase()).unwrap_or_default();
        if TITLES.contains(&before_folded.as_str()) {
            return false;
        }
        let last = words.get(n + count - 1);
        let rest = last.and_then(|last| text.get(last.end..)).unwrap_or_default();
        let preposition = PLACE_PREPOSITIONS.contains(&before_folded.as_str());
        if town {
            // A small town is named with a sign that a place is meant, or with its state: "in Galway", "GALWAY, Ireland".
            let strict = preposition && !LOOSE_PREPOSITIONS.contains(&before_folded.as_str());
            // "- Siliana: 98 infections"
            let line = words.get(n).and_then(|first| text.get(..first.start)).unwrap_or_default();
            let opens = line.trim_end_matches([' ', '-', '–', '•', '*', '·']);
            let label = rest.starts_with(": ") && (opens.is_empty() || opens.ends_with('\n'));
            return strict || label || self.state_follows(rest, words.get(n + count));
        }
        if guard == Some(Guard::Word) {
            let head = words.get(n + count).is_some_and(|word| {
                rest.starts_with(' ') && DIVISION_HEADS.contains(&word.text.to_lowercase().as_str())
            });
            let division = candidates.iter().any(|place| place.kind == PlaceKind::Subdivision);
            let listed = head && division
                || rest.starts_with(" (")
                || rest.starts_with(':')
                || rest.starts_with("'s")
                || rest.starts_with("’s");
            // "Nelson Mandela Bay's cases".
            let part = n > 1 && before.is_some_and(|word| word.text.starts_with(char::is_uppercase));
            return preposition && before_folded != "to" && before_folded != "for" && before_folded != "and"
                || listed && !part;
        }
        if preposition {
            return true;
        }
        let capitalised = |word: &Word<'_>| {
            let mut letters = word.text.chars();
            letters.next().is_some_and(char::is_uppercase) && letters.any(char::is_lowercase)
        };
        // A capitalised word before it is a first name, unless it is itself a place or opens the sentence.
        let first_name = before.is_some_and(|word| {
            let opens = n < 2
                || words.get(n - 2).is_none_or(|earlier| {
                    let gap = text.get(earlier.end..word.start).unwrap_or_default();
                    !gap.chars().all(|c| c == ' ')
                });
            let mut folded = String::new();
            fold(word.text, &mut folded);
            let opens = opens && (guard.is_none() || OPENERS.contains(&folded.as_str()));
            capitalised(word) && !opens && !self.first_words.contains_key(folded.as_str())
        });
        // Nobody writes "Jordan Henderson" with anything between the names.
        let surname = guard.is_some()
            && words.get(n + count).is_some_and(|word| {
                let mut folded = String::new();
                fold(word.text, &mut folded);
                rest.starts_with(' ')
                    && last.is_some_and(|last| word.start == last.end + 1)
                    && capitalised(word)
                    && !self.first_words.contains_key(folded.as_str())
                    && !PLACE_HEADS.contains(&folded.as_str())
            });
        !first_name && !surname
    }
}

/// Letters of an acronym, at most.
const ACRONYM: usize = 5;

/// Whether a word is set in capitals where those beside it are not, and no dateline or label: "opens its fourth ITU".
fn is_acronym(text: &str, words: &[Word<'_>], n: usize) -> bool {
    let capitals = |word: &Word<'_>| word.text.len() > 1 && !word.text.contains(char::is_lowercase);
    let beside = [n.checked_sub(1), Some(n + 1)].into_iter().flatten().filter_map(|n| words.get(n));
    words.get(n).is_some_and(|word| {
        let rest = text.get(word.end..).unwrap_or_default();
        let label = [",", " (", ":", " -", " –", " —"].iter().any(|mark| rest.starts_with(mark));
        word.text.len() <= ACRONYM && capitals(word) && !label && !beside.into_iter().any(capitals)
    })
}

/// From so many inhabitants on the name of a city is mostly its own.
const LARGE: u64 = 1_000_000;

/// Below this many inhabitants a name in running text needs a sign that a place is meant.
const TOWN: u64 = 100_000;

/// Prepositions that stand before names of persons as often as before those of towns.
const LOOSE_PREPOSITIONS: &[&str] = &["to", "for", "of", "and", "from", "between", "over", "via", "through"];

/// Words that names of divisions are made of in many countries.
const COMMON_WORDS: &[&str] = &[
    "federal",
    "district",
    "capital",
    "region",
    "province",
    "central",
    "northern",
    "southern",
    "eastern",
    "western",
    "territory",
    "state",
    "metropolitan",
    "city",
    "area",
    "north",
    "south",
    "east",
    "west",
    "national",
    "coast",
    "islands",
    "islands",
    "of",
    "the",
];

/// Whether divisions of many countries bear such a name: "Southern Province".
pub(crate) fn is_of_common_words(name: &str) -> bool {
    name.split(' ').all(|word| COMMON_WORDS.iter().any(|common| common.eq_ignore_ascii_case(word)))
}

/// Capitalised words that open a sentence before a place without being a first name.
const OPENERS: &[&str] = &[
    "meanwhile",
    "while",
    "but",
    "when",
    "although",
    "though",
    "since",
    "however",
    "also",
    "neighbouring",
    "neighboring",
    "hard",
    "officials",
    "authorities",
    "elsewhere",
    "overall",
    "only",
    "earlier",
    "yesterday",
    "today",
    "that",
    "this",
    "then",
    "so",
    "if",
    "as",
    "where",
    "with",
    "by",
    "because",
    "after",
    "before",
    "until",
    "like",
    "unlike",
    "including",
    "both",
    "nearby",
];

/// Nouns of divisions behind their names.
const DIVISION_HEADS: &[&str] = &[
    "province",
    "state",
    "county",
    "region",
    "district",
    "department",
    "governorate",
    "prefecture",
    "division",
    "parish",
    "municipality",
    "canton",
    "oblast",
];

/// Capitalised words that follow a place's name without making it a person's.
const PLACE_HEADS: &[&str] = &[
    "province",
    "city",
    "state",
    "county",
    "region",
    "district",
    "airport",
    "university",
    "hospital",
    "health",
    "ministry",
    "department",
    "government",
    "governor",
    "mayor",
    "prime",
    "president",
    "republic",
    "covid",
    "coronavirus",
    "oblast",
];

/// Whether the words have capitals where the name has them.
pub(super) fn spelled(sense: &Sense, words: &[Word<'_>]) -> bool {
    if sense.all_caps {
        return words.iter().all(|word| word.text.chars().all(char::is_uppercase));
    }
    let capital = |word: &Word<'_>| word.text.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
    words.iter().enumerate().all(|(n, word)| sense.capitals & (1 << n.min(31)) == 0 || capital(word))
}

/// The alphanumeric words of a text.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::with_capacity(text.len() / 5 + 2);
    let bytes = text.as_bytes();
    // The character beyond ASCII that begins at a byte.
    let wide = |at: usize| bytes.get(at).filter(|byte| !byte.is_ascii()).and_then(|_| text.get(at..)?.chars().next());
    let mut at = 0;
    while at < bytes.len() {
        let mut end = ascii_word_end(bytes, at);
        while let Some(letter) = wide(end).filter(|c| c.is_alphanumeric()) {
            end = ascii_word_end(bytes, end + letter.len_utf8());
        }
        words.extend(text.get(at..end).filter(|word| !word.is_empty()).map(|text| Word { start: at, end, text }));
        // What stands behind a word, or where none begins, is one character of no word.
        at = end + wide(end).map_or(1, char::len_utf8);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_letters_and_digits_of_any_script() {
        for text in ["", "é", "São Paulo’s 3é", "e\u{301}a, b", "नमस्ते, x", "a…", "北京 and B2B", "…x…"]
        {
            let plain = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            let found = words(text);
            assert_eq!(found.iter().map(|word| word.text).collect::<Vec<_>>(), plain.collect::<Vec<_>>(), "{text}");
            assert!(found.iter().all(|word| text.get(word.start..word.end) == Some(word.text)));
        }
    }
}
