//! What stands in quotation marks.
//!
//! In: an article. Out: the stretches between marks of its body, in order, each within one paragraph. Whether anybody
//! utters the words is not decided here.

use crate::markup::bytes;
use crate::model::{Article, Span};

/// A stretch in quotation marks.
pub(super) struct Stretch {
    /// The words, without the marks.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The marks' own outer bounds.
    pub(super) outer_start: usize,
    pub(super) outer_end: usize,
    /// It goes on from the paragraph before.
    pub(super) continues: bool,
    /// It was set off by what the author says between, or by a dash.
    pub(super) parted: bool,
    pub(super) paragraph: Span,
}

/// What quotation marks begin with: 0xE2 the curly and low ones, 0xC2 the angled ones.
#[inline]
fn is_candidate(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | 0xC2 | 0xE2)
}

/// Everything in quotation marks, paragraph by paragraph.
pub(super) fn stretches(article: &Article) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut carried = false;
    let paragraphs = article.paragraphs();
    for (n, paragraph) in paragraphs.iter().enumerate() {
        let Some(text) = paragraph.of(&article.body) else { continue };
        let mut open: Option<(usize, usize, char)> = None;
        let mut continues = false;
        for at in bytes::places(text.as_bytes(), is_candidate) {
            let Some((head, tail)) = text.split_at_checked(at) else { continue };
            let mut characters = tail.chars();
            let Some(c) = characters.next() else { continue };
            let next = characters.next().unwrap_or(' ');
            let before = head.chars().next_back().unwrap_or(' ');
            let end = at + c.len_utf8();
            match open {
                None => {
                    let opening = match c {
                        '"' => !before.is_numeric() && !next.is_whitespace(),
                        '“' | '„' | '«' => true,
                        '\'' | '‘' => !before.is_alphanumeric() && next.is_uppercase(),
                        _ => false,
                    };
                    if opening {
                        open = Some((at, end, c));
                        continues = carried && text.get(..at).is_some_and(|head| head.trim().is_empty());
                    }
                }
                Some((outer, start, mark)) => {
                    let closing = match (mark, c) {
                        ('"', '"') | ('“', '”') | ('„', '“' | '”') | ('«', '»') | ('“', '"') | ('"', '”') => {
                            true
                        }
                        // A single mark closes only after a stop, so that an apostrophe never does.
                        ('\'', '\'') | ('‘', '’') => {
                            matches!(before, ',' | '.' | '?' | '!') && !next.is_alphanumeric()
                        }
                        _ => false,
                    };
                    if closing {
                        stretches.push(Stretch {
                            start: paragraph.start + start,
                            end: paragraph.start + at,
                            outer_start: paragraph.start + outer,
                            outer_end: paragraph.start + end,
                            continues,
                            parted: false,
                            paragraph: *paragraph,
                        });
                        open = None;
                        carried = false;
                    }
                }
            }
        }
        carried = false;
        // A mark left open is closed by the mark that opens the next paragraph.
        if let Some((outer, start, mark)) = open
            && !matches!(mark, '\'' | '‘')
            && paragraphs
                .get(n + 1)
                .and_then(|next| next.of(&article.body))
                .is_some_and(|next| next.trim_start().starts_with(['"', '“', '„', '«', '”']))
        {
            carried = true;
            stretches.push(Stretch {
                start: paragraph.start + start,
                end: paragraph.end,
                outer_start: paragraph.start + outer,
                outer_end: paragraph.end,
                continues,
                parted: false,
                paragraph: *paragraph,
            });
        }
    }
    stretches
}
