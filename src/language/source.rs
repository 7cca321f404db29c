//! Files of words, one a language, each read when its language is first met.
//!
//! In: the text of each file, which is part of the program. Out: what it says, read once. What holds: a language without a
//! file has nothing.

use std::sync::OnceLock;

/// The file of one language, and what it says.
#[derive(Debug)]
pub(crate) struct Source<W> {
    pub(crate) code: &'static str,
    pub(crate) text: &'static str,
    words: OnceLock<W>,
}

impl<W> Source<W> {
    pub(crate) const fn new(code: &'static str, text: &'static str) -> Self {
        Self { code, text, words: OnceLock::new() }
    }

    /// What the file says; `read` takes its code and its text.
    pub(crate) fn words(&'static self, read: impl FnOnce(&'static str, &'static str) -> W) -> &'static W {
        self.words.get_or_init(|| read(self.code, self.text))
    }
}

/// The file of a language, of so many.
pub(crate) fn of<W>(sources: &'static [Source<W>], code: &str) -> Option<&'static Source<W>> {
    sources.iter().find(|source| source.code.eq_ignore_ascii_case(code))
}
