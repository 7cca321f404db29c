//! A text taken apart once, for all who read it by its tokens.

use crate::language::Pack;
use crate::language::numbers::{Numeral, numerals};
use crate::language::tokens::Token;
use std::cell::OnceCell;

/// A text in the language of a pack, cut when somebody asks.
pub(crate) struct Cut<'t> {
    pack: &'t Pack,
    text: &'t str,
    tokens: OnceCell<Vec<Token<'t>>>,
    numerals: OnceCell<Vec<Numeral>>,
}

impl<'t> Cut<'t> {
    /// Nothing is cut yet.
    pub(crate) fn new(pack: &'t Pack, text: &'t str) -> Self {
        Self { pack, text, tokens: OnceCell::new(), numerals: OnceCell::new() }
    }

    /// Of its language.
    pub(crate) fn pack(&self) -> &'t Pack {
        self.pack
    }

    /// All of it.
    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    /// Its tokens.
    pub(crate) fn tokens(&self) -> &[Token<'t>] {
        self.tokens.get_or_init(|| self.pack.tokenize(self.text, 0, &[]))
    }

    /// Its tokens and numbers, where somebody has asked for both.
    pub(crate) fn at_hand(&self) -> Option<(&[Token<'t>], &[Numeral])> {
        Some((self.tokens.get()?, self.numerals.get()?))
    }

    /// Its numbers, in digits or words.
    pub(crate) fn numerals(&self) -> &[Numeral] {
        self.numerals.get_or_init(|| numerals(self.pack, self.tokens()))
    }
}
