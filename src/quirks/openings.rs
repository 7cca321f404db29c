//! Phrases that open a text, in any case.
//!
//! In: a list of ours, in any case, and a text. Out: what follows each phrase that the text begins with. A pattern of a
//! hundred phrases says the same, but makes an automaton of them for each thread as it reads.

use rustc_hash::FxHashMap;

/// A list of phrases, by their first letter.
#[derive(Default)]
pub struct Openings(FxHashMap<char, Vec<Box<str>>>);

impl Openings {
    /// A list of phrases, in any case.
    pub fn new<'p>(phrases: impl IntoIterator<Item = &'p str>) -> Self {
        let mut openings = Self::default();
        for phrase in phrases.into_iter().map(str::to_lowercase) {
            let Some(first) = phrase.chars().next() else { continue };
            openings.0.entry(first).or_default().push(phrase.into());
        }
        for phrases in openings.0.values_mut() {
            phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
        }
        openings
    }

    /// What follows each phrase that the text begins with, the longest phrase first.
    pub fn rests<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        let first = text.chars().next().and_then(|c| c.to_lowercase().next());
        let phrases = first.and_then(|first| self.0.get(&first));
        phrases.into_iter().flatten().filter_map(|phrase| rest(text, phrase))
    }

    /// Whether the text begins with one of them.
    pub fn open(&self, text: &str) -> bool {
        self.rests(text).next().is_some()
    }
}

/// What follows a phrase in lower case that the text begins with. A letter may have two in lower case: "İ".
fn rest<'t>(text: &'t str, phrase: &str) -> Option<&'t str> {
    if let Some((head, rest)) = text.split_at_checked(phrase.len())
        && head.is_ascii()
    {
        return head.eq_ignore_ascii_case(phrase).then_some(rest);
    }
    let (mut rest, mut wanted) = (text.chars(), phrase.chars());
    while !wanted.as_str().is_empty() {
        let c = rest.next()?;
        if !c.to_lowercase().all(|c| wanted.next() == Some(c)) {
            return None;
        }
    }
    Some(rest.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_phrase_comes_first_in_any_case() {
        let openings = Openings::new(["with", "With Files from", "Źródło:", "据"]);
        let rests = |text| openings.rests(text).collect::<Vec<_>>();
        assert_eq!(rests("WITH FILES from AFP"), [" AFP", " FILES from AFP"]);
        assert_eq!(rests("źRÓDŁO: PAP"), [" PAP"]);
        assert_eq!(rests("据新华社"), ["新华社"]);
        assert!(rests("Files with").is_empty() && rests("").is_empty());
        assert!(openings.open("without") && !openings.open("wit"));
    }
}
