//! Characters put in order: Unicode form, white space, and what nobody can see.
//!
//! In: text without markup. Out: NFC without control characters, soft hyphens or invisible marks; [`Marks`] says whether
//! anything was hidden in it. Words are never changed.

use crate::markup::entities;
use crate::model::{Issue, Stage, squeeze};
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

/// Invisible characters that were taken out.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    /// Characters that turn the direction of writing.
    pub(super) direction: usize,
    /// Characters without width.
    pub(super) zero_width: usize,
}

impl Marks {
    /// What a reader should know of them.
    pub(super) fn issues(self) -> Vec<Issue> {
        let mut issues = Vec::new();
        if self.direction > 0 {
            issues.push(Issue::new(
                Stage::Clean,
                "bidi_controls",
                format!("{} × character that turns the direction of writing, removed", self.direction),
            ));
        }
        if self.zero_width > 0 {
            issues.push(Issue::new(
                Stage::Clean,
                "zero_width",
                format!("{} × character without width, removed", self.zero_width),
            ));
        }
        issues
    }
}

/// One paragraph or line: white space becomes single blanks, character references that were escaped twice are decoded.
pub(super) fn line(text: &str, marks: &mut Marks) -> String {
    let decoded;
    let text = if has_reference(text) {
        decoded = entities::decode(text);
        decoded.as_str()
    } else {
        text
    };
    // Nothing is hidden in plain ASCII, and there is nothing to compose.
    if is_plain(text) {
        return squeeze(text).into_owned();
    }
    composed(squeeze(&visible(text, marks)).into_owned())
}

/// Printable ASCII and white space throughout.
fn is_plain(text: &str) -> bool {
    // Without an early end, so that vector instructions can do it.
    text.bytes().fold(true, |plain, byte| plain & (matches!(byte, 0x20..0x7F) | matches!(byte, 0x09..=0x0D)))
}

/// Text that is to stay as it is: NFC, without control characters other than line breaks and tabs.
pub(super) fn verbatim(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !c.is_control() || *c == '\n' || *c == '\t').collect();
    composed(kept)
}

/// NFC; most text is already.
fn composed(text: String) -> String {
    if is_nfc_quick(text.chars()) == IsNormalized::Yes { text } else { text.nfc().collect() }
}

fn visible(text: &str, marks: &mut Marks) -> String {
    let keep = |c: &char| match c {
        // Left-to-right and right-to-left marks, embeddings, overrides, isolates.
        '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
            marks.direction += 1;
            false
        }
        // The joiners U+200C and U+200D stay: Persian, Indic scripts and emoji are spelled with them.
        '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{180E}' => {
            marks.zero_width += 1;
            false
        }
        // A soft hyphen is a hint for setting type, no part of the word.
        '\u{AD}' => false,
        c => !c.is_control() || c.is_whitespace(),
    };
    text.chars().filter(keep).collect()
}

/// Whether text still holds a reference such as `&#8217;` or `&nbsp;` after decoding.
fn has_reference(text: &str) -> bool {
    text.split('&').skip(1).any(|after| entities::reference(after).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str, hidden: usize) {
        let mut marks = Marks::default();
        assert_eq!(line(text, &mut marks), expected);
        assert_eq!(marks.direction + marks.zero_width, hidden);
    }

    #[test]
    fn lines_are_put_in_order() {
        check(" a\u{a0}b \n\t c ", "a b c", 0);
        check("It&#8217;s R&amp;D &amp; AT&T", "It’s R&D & AT&T", 0);
        check("e\u{301}\u{ad}t\u{e9}", "été", 0);
        check("pay\u{202E}lap \u{200B}now\u{7}", "paylap now", 2);
    }

    #[test]
    fn verbatim_text_keeps_its_shape() {
        assert_eq!(verbatim("One  two\r\n\n\tthree\u{0}\u{200B}"), "One  two\n\n\tthree\u{200B}");
    }
}
