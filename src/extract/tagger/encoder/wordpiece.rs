//! Words to pieces of the model's vocabulary, as BERT cuts them.
//!
//! In: a word, folded (lower case, no diacritics). Out: numbers of pieces, at least one, at most [`MOST`]. What holds:
//! marks and Chinese characters stand alone, and each part between them is cut from the left into the longest pieces
//! there are; a part that cannot be cut so is unknown as a whole.

use regex::Regex;
use std::{collections::HashMap, sync::LazyLock};

/// Pieces a word may have; what is beyond is dropped, and no name is known by it.
pub(super) const MOST: usize = 16;

/// Characters a part may have.
const LONGEST_PART: usize = 100;

/// The vocabulary.
pub(in crate::extract) struct Vocabulary {
    /// Pieces that begin a part.
    begins: HashMap<Box<str>, u32>,
    /// Pieces that go on with a part, without the `##` before them.
    goes_on: HashMap<Box<str>, u32>,
    /// Bytes of the longest piece.
    longest: usize,
    /// The piece for what is unknown.
    unknown: u32,
    /// The pieces that open a window and close a sentence.
    pub(super) opens: u32,
    pub(super) closes: u32,
    /// How many pieces there are.
    pub(in crate::extract) size: usize,
}

impl Vocabulary {
    /// From a list of pieces, one a line.
    pub(super) fn new(list: &str) -> Result<Self, String> {
        let (mut begins, mut goes_on) = (HashMap::<Box<str>, u32>::new(), HashMap::new());
        let (mut longest, mut size) = (1, 0);
        for (number, piece) in list.lines().enumerate() {
            let number = u32::try_from(number).map_err(|_| "the vocabulary is too long")?;
            size += 1;
            longest = longest.max(piece.len());
            match piece.strip_prefix("##").filter(|rest| !rest.is_empty()) {
                Some(rest) => goes_on.insert(rest.into(), number),
                None => begins.insert(piece.into(), number),
            };
        }
        let special =
            |piece: &str| begins.get(piece).copied().ok_or_else(|| format!("the vocabulary has no piece {piece}"));
        let (unknown, opens, closes) = (special("[UNK]")?, special("[CLS]")?, special("[SEP]")?);
        Ok(Self { begins, goes_on, longest, unknown, opens, closes, size })
    }

    /// Appends the pieces of a word.
    pub(in crate::extract) fn cut(&self, word: &str, out: &mut Vec<u32>) {
        let first = out.len();
        // A whole word is mostly a piece; but "[SEP]" in a text is five of them.
        match self.begins.get(word).filter(|_| !word.starts_with('[')) {
            Some(piece) => out.push(*piece),
            None => {
                for part in parts(word) {
                    if out.len() >= first + MOST {
                        break;
                    }
                    self.cut_part(part, out);
                }
            }
        }
        out.truncate(first + MOST);
        if out.len() == first {
            out.push(self.unknown);
        }
    }

    fn cut_part(&self, part: &str, out: &mut Vec<u32>) {
        let first = out.len();
        if part.chars().nth(LONGEST_PART).is_some() {
            out.push(self.unknown);
            return;
        }
        let mut rest = part;
        let mut pieces = &self.begins;
        while !rest.is_empty() {
            let ends = (1..=rest.len().min(self.longest)).rev();
            let found = ends
                .filter_map(|end| rest.split_at_checked(end))
                .find_map(|(piece, after)| pieces.get(piece).map(|number| (*number, after)));
            let Some((number, after)) = found else {
                out.truncate(first);
                out.push(self.unknown);
                return;
            };
            out.push(number);
            rest = after;
            pieces = &self.goes_on;
        }
    }
}

/// Marks and Chinese characters alone, and what is between them.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let length = if stands_alone(first) { first.len_utf8() } else { rest.find(stands_alone).unwrap_or(rest.len()) };
        let (part, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(part)
    })
}

fn stands_alone(c: char) -> bool {
    static MARK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{P}").ok());
    if c.is_ascii() {
        return !c.is_ascii_alphanumeric() && !c.is_ascii_whitespace();
    }
    if c.is_alphanumeric() {
        return ('\u{4e00}'..='\u{9fff}').contains(&c);
    }
    MARK.as_ref().is_some_and(|mark| mark.is_match(c.encode_utf8(&mut [0; 4])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, expected: &[&str]) {
        let pieces = [
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[", "]", "-", ".", "’", "un", "##aff", "##able", "u", "s", "jae",
            "in", "##in", "sep", "北", "京", "é", "a", "##a",
        ];
        let vocabulary = Vocabulary::new(&pieces.join("\n")).unwrap();
        let mut found = vec![99];
        vocabulary.cut(word, &mut found);
        let found: Vec<&str> = found[1..].iter().map(|number| pieces[*number as usize]).collect();
        assert_eq!(found, expected, "{word}");
    }

    #[test]
    fn cuts_as_bert_does() {
        check("unaffable", &["un", "##aff", "##able"]);
        check("unaffabl", &["[UNK]"]);
        check("jae-in", &["jae", "-", "in"]);
        check("u.s.", &["u", ".", "s", "."]);
        check("’s", &["’", "s"]);
        check("北京in", &["北", "京", "in"]);
        check("in北", &["in", "北"]);
        check("[SEP]", &["[", "[UNK]", "]"]);
        check("[sep]", &["[", "sep", "]"]);
        check("é", &["é"]);
        check("éé", &["[UNK]"]);
        check("un·in", &["un", "[UNK]", "in"]);
        check("", &["[UNK]"]);
        check(&"-".repeat(40), &["-"; MOST]);
        check(&"in-".repeat(40), &["in", "-"].repeat(MOST / 2));
        check(&"a".repeat(101), &["[UNK]"]);
        let mut long = vec!["##a"; MOST];
        long[0] = "a";
        check(&"a".repeat(100), &long);
    }

    #[test]
    fn refuses_a_list_without_the_special_pieces() {
        assert!(Vocabulary::new("").is_err());
        assert!(Vocabulary::new("[UNK]\n[CLS]").is_err());
    }
}
