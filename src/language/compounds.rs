//! Words that are written as one: "Coronaneuinfektionen" is read as "Corona", "neu" and "Infektionen".
//!
//! In: tokens, the first parts that the language's pack lists, and the words that it knows. Out: the tokens, with such words
//! split. What holds: a word is split only if its head, which is its last part, is a word of the pack; the parts stand
//! without space between, in the order of the text.

use super::tokens::{Token, TokenKind};
use rustc_hash::FxHashSet;
use std::borrow::Cow;

/// What the compounds of a language are made of.
#[derive(Debug, Default)]
pub struct Compounds {
    firsts: Vec<String>,
    heads: FxHashSet<String>,
}

impl Compounds {
    /// Of these first parts and heads, all in lower case.
    pub(super) fn new(firsts: Vec<String>, heads: FxHashSet<String>) -> Self {
        Self { firsts, heads }
    }

    /// The tokens, with the compounds among them split.
    pub fn split<'t>(&self, tokens: Vec<Token<'t>>) -> Vec<Token<'t>> {
        if self.firsts.is_empty() {
            return tokens;
        }
        let mut split = Vec::with_capacity(tokens.len() + 8);
        for mut token in tokens {
            // Bytes of the lower case are bytes of the text only if nothing has grown or shrunk.
            while token.kind == TokenKind::Word && token.lower.len() == token.text.len() {
                let Some(cut) = self.cut(&token.lower) else { break };
                let (Some(first), Some(rest)) = (token.text.get(..cut), token.text.get(cut..)) else { break };
                let lower = |text: &str| Cow::Owned(text.to_lowercase());
                split.push(Token { text: first, lower: lower(first), end: token.start + cut, ..token.clone() });
                token = Token { text: rest, lower: lower(rest), start: token.start + cut, spaced: false, ..token };
            }
            split.push(token);
        }
        split
    }

    /// Where the first part of a word ends, if what follows is a head or a compound again.
    fn cut(&self, word: &str) -> Option<usize> {
        let headed = |rest: &str| self.heads.contains(rest) || self.cut(rest).is_some();
        let cuts = self.firsts.iter().filter(|first| word.strip_prefix(first.as_str()).is_some_and(headed));
        cuts.map(String::len).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tokens::tokenize;

    #[test]
    fn the_head_is_last() {
        let compounds = Compounds::new(
            vec!["corona".to_owned(), "neu".to_owned()],
            ["infektionen", "tote"].map(str::to_owned).into_iter().collect(),
        );
        let split = |text| {
            let tokens = compounds.split(tokenize(text, 3));
            tokens.iter().map(|token| (token.lower.to_string(), token.start, token.spaced)).collect::<Vec<_>>()
        };
        let parts = |parts: &[(&str, usize, bool)]| {
            parts.iter().map(|(word, at, spaced)| ((*word).to_owned(), *at, *spaced)).collect::<Vec<_>>()
        };
        assert_eq!(
            split("Coronaneuinfektionen"),
            parts(&[("corona", 3, true), ("neu", 9, false), ("infektionen", 12, false)])
        );
        assert_eq!(split("neuer Coronatote"), parts(&[("neuer", 3, true), ("corona", 9, true), ("tote", 15, false)]));
    }
}
