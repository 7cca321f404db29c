//! Names that are looked for anywhere in a text, also within words: "COVID" in "#COVID19".
//!
//! In: names in lower case. Out: [`Names`], which finds them in one pass over text that has not been taken apart. What
//! holds: ASCII letters match in any case; a name with others matches in lower case, in capitals, and with its first
//! letter as a capital.

use aho_corasick::AhoCorasick;
use serde::Deserialize;

/// A list of names.
#[derive(Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Names(Option<AhoCorasick>);

impl Names {
    /// How often the text holds one of them.
    pub fn count(&self, text: &str) -> usize {
        self.0.as_ref().map_or(0, |names| names.find_iter(text).count())
    }

    /// Whether the text holds one of them.
    pub fn within(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|names| names.is_match(text))
    }
}

impl From<Vec<String>> for Names {
    fn from(names: Vec<String>) -> Self {
        // A list too long to be built is one that finds nothing; the lists are ours.
        Self(AhoCorasick::builder().ascii_case_insensitive(true).build(names.iter().flat_map(|name| forms(name))).ok())
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_within_words() {
        let names = Names::from(vec!["covid".to_owned(), "коронавирус".to_owned()]);
        assert_eq!(names.count("Covid, #COVID19; Коронавируса, КОРОНАВИРУС и коронавирус"), 5);
        assert!(names.within("cOvId") && !names.within("influenza"));
        assert!(!Names::from(Vec::new()).within("covid"));
    }
}
