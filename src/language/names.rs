//! Names that are looked for anywhere in a text, also within words: "COVID" in "#COVID19".
//!
//! In: names in lower case. Out: [`Names`], which finds them in one pass over text that has not been taken apart, and
//! [`Signals`], which tell of many lists at once which have one there. What holds: ASCII letters match in any case; a name with others matches in lower case, in capitals, and with its first
//! letter as a capital.

use aho_corasick::{AhoCorasick, Input, Span, packed};
use rustc_hash::FxHashMap;
use serde::Deserialize;

/// A list of names.
#[derive(Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Names(Option<Search>);

/// Text without the names should cost little: vector instructions look for three bytes of each name, in every case, and
/// only where they stand is a name compared. Lists and machines for which that cannot be built get an automaton, which
/// looks only around three bytes that several names share, where few such are in all of them.
enum Search {
    Windows { search: packed::Searcher, names: Vec<Windowed> },
    Automaton { search: AhoCorasick, shared: Option<Shared> },
}

/// Windows of which each name has one.
struct Shared {
    search: packed::Searcher,
    /// The most bytes of a name before the first of them.
    before: usize,
    /// Bytes of the longest name.
    longest: usize,
}

/// A name, and where its window begins within it.
struct Windowed {
    name: String,
    at: usize,
}

/// Bytes of a window.
const WINDOW: usize = 3;

impl Names {
    /// Where the names begin, in text order.
    pub fn find<'t>(&'t self, text: &'t str) -> impl Iterator<Item = usize> + 't {
        let mut from = 0;
        std::iter::from_fn(move || {
            let found = self.0.as_ref()?.next(text, from)?;
            from = found.end;
            Some(found.start)
        })
    }

    /// How often the text holds one of them.
    pub fn count(&self, text: &str) -> usize {
        self.find(text).count()
    }

    /// Whether the text holds one of them.
    pub fn within(&self, text: &str) -> bool {
        self.find(text).next().is_some()
    }
}

impl Search {
    fn new(names: &[String]) -> Option<Self> {
        let names: Vec<String> = names.iter().flat_map(|name| forms(name)).collect();
        let windowed: Option<Vec<Windowed>> = names.iter().map(|name| Windowed::new(name)).collect();
        let windows = windowed.and_then(|windowed| {
            let patterns = windowed.iter().flat_map(|name| cases(name.window()));
            let search = packed::Config::new().builder().extend(patterns).build()?;
            Some(Self::Windows { search, names: windowed })
        });
        // A list too long to be built is one that finds nothing; the lists are ours.
        windows.or_else(|| {
            let search = AhoCorasick::builder().ascii_case_insensitive(true).build(&names).ok()?;
            Some(Self::Automaton { search, shared: Shared::new(&names) })
        })
    }

    /// The first name at or behind `from`.
    fn next(&self, text: &str, from: usize) -> Option<Span> {
        let (search, names) = match self {
            Self::Windows { search, names } => (search, names),
            Self::Automaton { search, shared: Some(shared) } => return shared.next(search, text, from),
            Self::Automaton { search, shared: None } => {
                return search.find(Input::new(text).span(from..text.len())).map(|found| found.span());
            }
        };
        let bytes = text.as_bytes();
        let mut looked = from;
        loop {
            let window = search.find_in(bytes, Span::from(looked..bytes.len()))?.start();
            let name = names.iter().find_map(|Windowed { name, at }| {
                let start = window.checked_sub(*at).filter(|start| *start >= from)?;
                let end = start + name.len();
                bytes.get(start..end)?.eq_ignore_ascii_case(name.as_bytes()).then_some(Span { start, end })
            });
            if name.is_some() {
                return name;
            }
            looked = window + 1;
        }
    }
}

impl Shared {
    /// None where a name is shorter than a window, or where there would be too many windows.
    fn new(names: &[String]) -> Option<Self> {
        let holds = |name: &str, window: &[u8]| name.as_bytes().windows(WINDOW).any(|other| other == window);
        let mut windows: Vec<&[u8]> = Vec::new();
        let mut open: Vec<&str> = names.iter().map(String::as_str).collect();
        // The window that most of the names have, of equals the one least met in other words.
        while !open.is_empty() {
            let all = open.iter().flat_map(|name| name.as_bytes().windows(WINDOW));
            let having = |window: &[u8]| open.iter().filter(|name| holds(name, window)).count();
            let window = all.max_by_key(|window| (having(window), usize::MAX - commonness(window)))?;
            open.retain(|name| !holds(name, window));
            windows.push(window);
        }
        let first = |name: &String| name.as_bytes().windows(WINDOW).position(|window| windows.contains(&window));
        let before = names.iter().filter_map(first).max()?;
        let longest = names.iter().map(String::len).max()?;
        let patterns = windows.iter().flat_map(|window| cases(window));
        Some(Self { search: packed::Config::new().builder().extend(patterns).build()?, before, longest })
    }

    /// The name that ends first at or behind `from`: it cannot begin further before the first window than any name has
    /// bytes there, and if it does not hold that window it holds a later one.
    fn next(&self, names: &AhoCorasick, text: &str, from: usize) -> Option<Span> {
        let mut looked = from;
        loop {
            let window = self.search.find_in(text.as_bytes(), Span::from(looked..text.len()))?.start();
            let around = window.saturating_sub(self.before).max(from)..text.len().min(window + self.longest);
            if let Some(found) = names.find(Input::new(text).span(around)) {
                return Some(found.span());
            }
            looked = window + 1;
        }
    }
}

impl Windowed {
    /// None for a name shorter than a window.
    fn new(name: &str) -> Option<Self> {
        // The window least met in other words; of equals the first.
        let (at, _) = name.as_bytes().windows(WINDOW).enumerate().min_by_key(|(_, window)| commonness(window))?;
        Some(Self { name: name.to_owned(), at })
    }

    fn window(&self) -> &[u8] {
        self.name.as_bytes().get(self.at..self.at + WINDOW).unwrap_or_default()
    }
}

/// What a text says of the epidemic without its name.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Signaled {
    /// Kinds of what hardly any other story says.
    pub signs: usize,
    /// Kinds of what such stories often say.
    pub hints: usize,
    /// Whether it says anything of what is counted.
    pub counts: bool,
}

/// Lists of names, of which only is asked which have one in a text.
#[derive(Deserialize)]
#[serde(from = "SignalLists")]
pub struct Signals {
    /// A bit for each list: signs, then hints, then what is counted.
    signs: u64,
    hints: u64,
    counts: u64,
    /// Each name with the bit of its list, by its window.
    names: FxHashMap<u32, Vec<(Windowed, u64)>>,
    /// A bit for each window of a name, and for some others.
    windows: Box<[u64; 1024]>,
}

/// The same as a pack has it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignalLists {
    /// What hardly any story but one of the epidemic says, by kinds: "positivity rate", "active cases".
    signs: Vec<Vec<String>>,
    /// What such stories often say, by kinds: "intensive care", "lockdown".
    hints: Vec<Vec<String>>,
    /// Words of what is counted; a text without one, a sign or a hint is not looked at closely.
    counts: Vec<String>,
}

impl Signals {
    /// What one of the texts says.
    pub fn within<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Signaled {
        let found = texts.into_iter().fold(0, |found, text| self.lists_in(text, found));
        let kinds = |lists: u64| (found & lists).count_ones() as usize;
        Signaled { signs: kinds(self.signs), hints: kinds(self.hints), counts: kinds(self.counts) > 0 }
    }

    /// Whether nothing is known by which such a story is told.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Those that were found before, and those that have a name in the text: a bit each.
    fn lists_in(&self, text: &str, mut found: u64) -> u64 {
        let bytes = text.as_bytes();
        let mut window = 0;
        for (last, byte) in bytes.iter().enumerate() {
            window = Self::step(window, *byte);
            let (cell, bit) = Self::place(window);
            if self.windows[cell] & bit == 0 {
                continue;
            }
            for (Windowed { name, at }, list) in self.names.get(&window).into_iter().flatten() {
                let start = (last + 1).checked_sub(WINDOW + at);
                let written = start.and_then(|start| bytes.get(start..start + name.len()));
                if written.is_some_and(|written| written.eq_ignore_ascii_case(name.as_bytes())) {
                    found |= list;
                }
            }
            if found == self.signs | self.hints | self.counts {
                break;
            }
        }
        found
    }

    /// The window that ends with a byte; letters of either case are one.
    #[inline]
    fn step(window: u32, byte: u8) -> u32 {
        (window << 8 | u32::from(byte | 0x20)) & 0xFF_FFFF
    }

    #[inline]
    fn place(window: u32) -> (usize, u64) {
        let number = window.wrapping_mul(0x9E37_79B1) >> 16;
        (number as usize / 64, 1 << (number % 64))
    }
}

impl Default for Signals {
    fn default() -> Self {
        SignalLists::default().into()
    }
}

impl From<SignalLists> for Signals {
    fn from(lists: SignalLists) -> Self {
        let SignalLists { signs, hints, counts } = lists;
        let bits = |lists: usize| (1 << lists) - 1;
        let mut signals = Self {
            signs: bits(signs.len()),
            hints: bits(hints.len()) << signs.len(),
            counts: 1 << (signs.len() + hints.len()),
            names: FxHashMap::default(),
            windows: Box::new([0; 1024]),
        };
        for (list, names) in signs.iter().chain(&hints).chain([&counts]).enumerate() {
            for name in names.iter().flat_map(|name| forms(name)).filter_map(|name| Windowed::new(&name)) {
                let window = name.window().iter().fold(0, |window, byte| Self::step(window, *byte));
                let (cell, bit) = Self::place(window);
                signals.windows[cell] |= bit;
                signals.names.entry(window).or_default().push((name, 1 << list));
            }
        }
        signals
    }
}

/// How common the bytes of a window are.
fn commonness(window: &[u8]) -> usize {
    window.iter().map(|byte| common(*byte)).sum()
}

/// How common a byte is in running text: the letters of Latin script in the order of their frequency in English, anything
/// else as rare as the rarest.
fn common(byte: u8) -> usize {
    const LETTERS: &[u8] = b"zqjxkvbygpwfmcuhlrdsnioate ";
    LETTERS.iter().position(|letter| *letter == byte.to_ascii_lowercase()).unwrap_or(0)
}

/// A window in every combination of small and capital ASCII letters.
fn cases(window: &[u8]) -> Vec<Vec<u8>> {
    let mut cases = vec![Vec::new()];
    for byte in window {
        let mut both = vec![byte.to_ascii_lowercase(), byte.to_ascii_uppercase()];
        both.dedup();
        cases = cases
            .iter()
            .flat_map(|case: &Vec<u8>| both.iter().map(move |byte| [case.as_slice(), &[*byte]].concat()))
            .collect();
    }
    cases
}

impl From<Vec<String>> for Names {
    fn from(names: Vec<String>) -> Self {
        Self(Search::new(&names))
    }
}

fn forms(name: &str) -> Vec<String> {
    let mut forms = vec![name.to_owned()];
    if !name.is_ascii() {
        let mut letters = name.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        forms.push(first + letters.as_str());
        forms.push(name.to_uppercase());
    }
    forms
}

/// How the disease is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiseaseNames {
    /// Its names.
    pub names: Names,
    /// What also means it after its outbreak: "the pandemic".
    pub epidemic: Names,
    /// What makes that another one: "flu".
    pub other_epidemic: Names,
    /// Whether one mention makes a story of it, unless the mention is only of a circumstance.
    #[serde(default)]
    pub one_mention: bool,
    /// The word for any disease, which with a word before it names one: "wasting disease".
    #[serde(default)]
    pub word: String,
    /// Words before it that name none: "the disease".
    #[serde(default)]
    pub behind: Vec<String>,
    /// Words before it that name what patients of any disease may have besides: "kidney disease".
    #[serde(default)]
    pub conditions: Vec<String>,
    /// Words behind it that make an office of both: "disease centre".
    #[serde(default)]
    pub office: Vec<String>,
    /// By what a story that names no disease may be known for one of the epidemic.
    #[serde(default)]
    pub signals: Signals,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_told_apart_in_one_pass() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let lists =
            [list(&["icu", "intensive care"]), list(&[" doses", "jab"]), list(&["вакцин"]), list(&["day case"])];
        let [first, second, third, counts] = lists.clone();
        let signals = Signals::from(SignalLists { signs: vec![first, second], hints: vec![third], counts });
        let names = lists.map(Names::from);
        let mut found = Vec::new();
        for text in
            ["ICU", "in Intensive Care, 12 DOSES", "doses", "а day CASE, Вакцина and a JAB in the icu", "", "da"]
        {
            let [first, second, hints, counts] = names.each_ref().map(|names| usize::from(names.within(text)));
            let expected = Signaled { signs: first + second, hints, counts: counts > 0 };
            assert_eq!(signals.within([text]), expected, "{text}");
            found.push(first + second + hints + counts);
        }
        assert_eq!(found, [1, 2, 0, 4, 0, 0]);
    }

    #[test]
    fn names_are_found_in_any_case_and_within_words() {
        // Short ones, and more than vector instructions look for.
        let many: Vec<String> = (0..200).map(|n| format!("{}x{n:03}", ["ab", "cd"][n % 2])).collect();
        for (list, text) in [(vec!["flu".to_owned(), "mp".to_owned()], "FLU, mp"), (many, "ABx000 cdX199")] {
            let names = Names::from(list);
            assert_eq!(names.count(text), 2, "{text}");
            assert!(!names.within("elsewhere"));
        }
        let names = Names::from(vec!["covid".to_owned(), "коронавирус".to_owned()]);
        assert_eq!(names.count("Covid, #COVID19; Коронавируса, КОРОНАВИРУС и коронавирус"), 5);
        assert!(names.within("cOvId") && !names.within("influenza"));
        assert_eq!(names.find("a covicovid, COVIDcovid").collect::<Vec<_>>(), [6, 13, 18]);
        assert!(!Names::from(Vec::new()).within("covid"));
        // Names that share windows: the one that ends first is found, wherever the window stands within it.
        let shared =
            (0..40).map(|n| format!("long before oro{n:02}")).chain(["coro".to_owned(), "an oroville".to_owned()]);
        let names = Names::from(shared.collect::<Vec<_>>());
        let text = "oro, long before ORO1 long before oro17coroLong before oro39an Oroville";
        assert_eq!(names.find(text).collect::<Vec<_>>(), [22, 39, 43, 60]);
    }
}
