//! White space made single blanks.

use std::borrow::Cow;

/// The words of a text with one blank between them, and none around: the text itself where it is so already.
pub fn squeeze(text: &str) -> Cow<'_, str> {
    let mut rest = text.trim();
    let mut out = String::new();
    while let Some(gap) = gap(rest) {
        let (words, after) = rest.split_at(gap);
        if out.is_empty() {
            out.reserve(rest.len());
        }
        out.push_str(words);
        out.push(' ');
        rest = after.trim_start();
    }
    if out.is_empty() {
        return Cow::Borrowed(rest);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Bytes that are looked at together.
const BLOCK: usize = 32;

/// Where the first white space begins that is more than one blank, in a text that neither begins nor ends with any.
fn gap(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        // Blocks of plain words are passed over by vector instructions, which need a loop without an early end.
        let block = |from: usize| bytes.get(from..)?.first_chunk::<BLOCK>();
        if let Some((block, next)) = block(at).zip(block(at + 1))
            && !block
                .iter()
                .zip(next)
                .fold(false, |any, (byte, next)| any | odd(*byte) | ((*byte == b' ') & (*next == b' ')))
        {
            at += BLOCK;
            continue;
        }
        let end = (at + BLOCK).min(bytes.len());
        // A blank before it, which alone was nothing, begins what begins a block.
        for (place, byte) in bytes.iter().enumerate().take(end).skip(at.saturating_sub(1)) {
            let next = bytes.get(place + 1).copied().unwrap_or_default();
            if !may_begin(*byte, next) {
                continue;
            }
            let white = |from: usize| text.get(from..).is_some_and(|rest| rest.starts_with(char::is_whitespace));
            if *byte == b' ' {
                if white(place + 1) {
                    return Some(place);
                }
            } else if white(place) {
                return Some(place);
            }
        }
        at = end;
    }
    None
}

/// Whether more than one blank may begin at a byte: a blank before white space, or what is white space and no blank.
fn may_begin(byte: u8, next: u8) -> bool {
    odd(byte) | ((byte == b' ') & ((next == b' ') | odd(next)))
}

/// Whether white space that is no blank may begin at a byte. The wide kinds begin with bytes of which most begin something
/// else.
fn odd(byte: u8) -> bool {
    (0x09..=0x0D).contains(&byte) | (byte == 0xC2) | (0xE1..=0xE3).contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_between_white_space() {
        let long = "a line of words that is longer than one block of them, ";
        for text in [
            "",
            " ",
            "one",
            " one two ",
            "one  two\nthree \n four",
            "one\u{a0}two \u{2003} three\u{3000}四 五\u{85}six – é “x” ",
            &format!("{long}{long}  {long}\n{long}\u{a0}{long} \u{a0}{long}é"),
            &format!("{} {}  \t", "x".repeat(31), "y".repeat(32)),
        ] {
            assert_eq!(squeeze(text), text.split_whitespace().collect::<Vec<_>>().join(" "), "{text:?}");
        }
    }
}
