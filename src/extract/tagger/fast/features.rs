//! What the fast tagger looks at: the words of a sentence as numbers, and the features of a word as hashes.
//!
//! In: tokens. Out: for each word that may be part of a name the hashes of its features. What holds: the trainer and the
//! tagger run this very code; nothing here allocates per word. Words far from any capital are not looked at: they name
//! nothing.

use super::classes::Classes;
use super::document::Spot;
use crate::extract::entities::hash;
use crate::extract::entities::token::{Case, Token};
use crate::extract::tagger::gazetteer::{Gazetteer, SINGLE, class};
use std::sync::LazyLock;

/// A word as the features see it.
#[derive(Debug, Clone, Copy)]
pub(in crate::extract) struct Atom {
    folded: u64,
    exact: u64,
    /// Bits of the gazetteer.
    known: u64,
    /// Its fine and coarse class by meaning, 0 where unknown.
    fine: u64,
    coarse: u64,
    shape: u64,
    /// Its first and last four bytes.
    head: u32,
    tail: u32,
    /// The run of capitals it stands in: where that begins and ends.
    run: (u32, u32),
    case: Case,
    opens: bool,
}

/// What stands beyond the ends of a sentence.
const EDGE: Atom = Atom {
    folded: 1,
    exact: 1,
    known: 0,
    fine: 0,
    coarse: 0,
    shape: 99,
    head: 0,
    tail: 0,
    run: (0, 0),
    case: Case::Mark,
    opens: false,
};

/// A sentence made ready; its buffers are used again for the next one.
#[derive(Debug, Default)]
pub(in crate::extract) struct Sentence {
    atoms: Vec<Atom>,
    /// Whether a word is looked at at all.
    scored: Vec<bool>,
    /// How the whole sentence is written.
    manner: u64,
    bits: Vec<u64>,
}

/// Kinds of features that the trainer leaves out now and then, so that no word leans on one kind alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// How the word is written and where it stands.
    Form,
    /// Which word it is.
    Word,
    /// Which words stand around.
    Context,
    /// What the tables know.
    Known,
    /// Its class by meaning.
    Class,
}

impl Sentence {
    /// Takes in the tokens of one sentence.
    pub(in crate::extract) fn read(&mut self, gazetteer: &Gazetteer, classes: &Classes, tokens: &[Token<'_>]) {
        gazetteer.mark(tokens, &mut self.bits);
        self.manner = manner(tokens, &self.bits);
        self.mark_scored(tokens);
        self.atoms.clear();
        if !self.scored.contains(&true) {
            return;
        }
        self.atoms.reserve(tokens.len());
        let scored = |at: usize| self.scored.get(at).is_some_and(|scored| *scored);
        let mut until = 0;
        for (at, (token, known)) in tokens.iter().zip(&self.bits).enumerate() {
            // Features reach two words far.
            if scored(at) {
                until = at + 3;
            }
            if at >= until && !scored(at + 1) && !scored(at + 2) {
                self.atoms.push(EDGE);
                continue;
            }
            let (fine, coarse) = if token.case == Case::Mark { (0, 0) } else { classes.of(token.folded) };
            let (head, tail) = ends(token.text);
            self.atoms.push(Atom {
                folded: token.folded,
                exact: if token.case == Case::Lower { token.folded } else { hash::exact(token.text) },
                known: *known,
                fine,
                coarse,
                shape: shape(token),
                head,
                tail,
                run: (0, 0),
                case: token.case,
                opens: token.opens,
            });
        }
        self.runs(tokens);
    }

    /// Whether words are looked at, one for each.
    pub(in crate::extract) fn scored(&self) -> &[bool] {
        &self.scored
    }

    /// The runs of words with capitals, small words between them taken in ("Bank of China").
    fn runs(&mut self, tokens: &[Token<'_>]) {
        let capital = |at: usize| is_capital(tokens, &self.bits, at);
        let joint = |at: usize| tokens.get(at).is_some_and(is_joint);
        let mut at = 0;
        while at < tokens.len() {
            if !capital(at) {
                at += 1;
                continue;
            }
            let start = at;
            let mut end = at + 1;
            while end < tokens.len() {
                if capital(end) {
                    end += 1;
                } else if joint(end) && capital(end + 1) {
                    end += 2;
                } else if joint(end) && joint(end + 1) && capital(end + 2) {
                    end += 3;
                } else {
                    break;
                }
            }
            let run = (u32::try_from(start).unwrap_or(0), u32::try_from(end).unwrap_or(0));
            for atom in self.atoms.iter_mut().skip(start).take(end - start) {
                atom.run = run;
            }
            at = end;
        }
    }

    fn mark_scored(&mut self, tokens: &[Token<'_>]) {
        self.scored.clear();
        self.scored.resize(tokens.len(), false);
        let mut last = usize::MAX;
        for (at, token) in tokens.iter().enumerate() {
            if is_capital(tokens, &self.bits, at) {
                // Up to two other words between two capitals.
                let from = if last != usize::MAX && at - last <= 3 { last + 1 } else { at };
                self.scored.iter_mut().skip(from).take(at + 1 - from).for_each(|scored| *scored = true);
                last = at;
            } else if at > 0 && last == at - 1 {
                // "Boeing 737", "Inc.".
                let dot = token.text == "." && !token.spaced && at + 1 < tokens.len();
                if (token.case == Case::Number || dot)
                    && let Some(scored) = self.scored.get_mut(at)
                {
                    *scored = true;
                }
            }
        }
    }

    /// A word for the second look; `joined`: the word before it is looked at, too.
    pub(super) fn spot(&self, at: usize, joined: bool) -> Spot {
        let atom = self.at(at, 0);
        let end = atom.run.1 as usize;
        Spot {
            folded: atom.folded,
            last: self.at(end, -1).folded,
            case: atom.case as u64,
            run: u64::from(atom.run.1 - atom.run.0),
            ends: at + 1 == end,
            name: !short(atom.case),
            joined,
        }
    }

    #[inline]
    fn at(&self, at: usize, offset: isize) -> &Atom {
        at.checked_add_signed(offset).and_then(|at| self.atoms.get(at)).unwrap_or(&EDGE)
    }

    /// Gives the hashes of all features of a word.
    #[inline(always)]
    pub(in crate::extract) fn features(&self, at: usize, mut give: impl FnMut(Kind, u64)) {
        let atom = self.at(at, 0);
        let (before, after) = (self.at(at, -1), self.at(at, 1));
        let (before2, after2) = (self.at(at, -2), self.at(at, 2));
        let mut template = 0u64;
        let mut put = |kind: Kind, value: u64| {
            template += 1;
            give(kind, finish(template, value));
        };
        let case = atom.case as u64;
        let opens = u64::from(atom.opens);
        // Which word.
        put(Kind::Word, atom.exact);
        put(Kind::Word, atom.folded);
        put(Kind::Word, pair(before.folded, atom.folded));
        put(Kind::Word, pair(atom.folded, after.folded));
        // Words around.
        put(Kind::Context, before.exact);
        put(Kind::Context, after.exact);
        put(Kind::Context, before2.folded);
        put(Kind::Context, after2.folded);
        put(Kind::Context, pair(before2.folded, before.folded));
        put(Kind::Context, pair(after.folded, after2.folded));
        put(Kind::Context, pair(pair(before.folded, after.folded), case));
        // How it is written.
        put(Kind::Form, pair(atom.shape, opens));
        put(Kind::Form, pair(pair(before.shape, atom.shape), after.shape));
        put(Kind::Form, pair(pair(before.shape, before2.shape), atom.shape));
        put(Kind::Form, pair(pair(atom.shape, after.shape), after2.shape));
        put(Kind::Form, pair(atom.shape, self.manner * 2 + opens));
        put(Kind::Form, pair(u64::from(atom.tail >> 8), case));
        put(Kind::Form, u64::from(atom.tail >> 16));
        put(Kind::Form, u64::from(atom.tail));
        put(Kind::Form, u64::from(atom.head & 0xFF_FFFF));
        put(Kind::Form, u64::from(atom.head));
        put(Kind::Form, pair(u64::from(after.tail >> 8), atom.shape));
        // Classes by meaning.
        put(Kind::Class, pair(atom.fine, case));
        put(Kind::Class, pair(atom.coarse, case));
        put(Kind::Class, before.fine);
        put(Kind::Class, after.fine);
        put(Kind::Class, pair(before2.coarse, 1));
        put(Kind::Class, pair(after2.coarse, 2));
        put(Kind::Class, pair(pair(before.coarse, atom.coarse), case));
        put(Kind::Class, pair(pair(atom.coarse, after.coarse), case));
        put(Kind::Class, pair(pair(before.coarse, after.coarse), case));
        put(Kind::Class, pair(before.fine, atom.shape));
        put(Kind::Class, pair(after.fine, atom.shape));
        // The run of capitals.
        if atom.run.1 > 0 {
            let (start, end) = (atom.run.0 as usize, atom.run.1 as usize);
            let (first, last) = (self.at(start, 0), self.at(end, -1));
            let (left, right) = (self.at(start, -1), self.at(end, 0));
            let from = (at - start).min(3) as u64;
            let to = (end - at).min(4) as u64;
            let place = from * 8 + to;
            put(Kind::Form, pair(place, case));
            put(Kind::Context, pair(left.folded, from.min(1)));
            put(Kind::Context, pair(right.folded, to.min(2)));
            put(Kind::Class, pair(left.coarse, place));
            put(Kind::Class, pair(right.coarse, place));
            put(Kind::Word, pair(last.folded, from.min(1) * 2 + u64::from(to == 1)));
            put(Kind::Word, pair(first.folded, from.min(1) * 2 + u64::from(to == 1)));
            put(Kind::Class, pair(last.fine, place));
            put(Kind::Class, pair(first.fine, place));
            put(Kind::Class, pair(pair(first.coarse, last.coarse), place));
            put(Kind::Known, pair(pair(sketch(first.known), sketch(last.known)), place));
            put(Kind::Known, pair(pair(sketch(left.known), sketch(right.known)), place));
        } else {
            template += 12;
        }
        let mut put = |kind: Kind, value: u64| {
            template += 1;
            give(kind, finish(template, value));
        };
        // What the tables know.
        put(Kind::Known, pair(names(atom.known), case * 2 + opens));
        put(Kind::Known, pair(sketch(atom.known), case * 2 + opens));
        put(Kind::Known, pair(pair(sketch(before.known), sketch(atom.known)), case));
        put(Kind::Known, pair(pair(sketch(atom.known), sketch(after.known)), case));
        put(Kind::Known, pair(pair(sketch(before.known), sketch(after.known)), atom.shape));
        put(Kind::Known, pair(pair(sketch(before2.known), 3), case));
        put(Kind::Known, pair(pair(sketch(after2.known), 4), case));
        for (offset, known) in [(0, atom.known), (64, before.known), (128, after.known)] {
            let mut bits = known;
            while bits != 0 {
                let bit = u64::from(bits.trailing_zeros());
                bits &= bits - 1;
                give(Kind::Known, finish(90, pair(offset + bit, case)));
            }
        }
    }
}

/// How a whole sentence is written: capitals only, Title Case, a row of figures, or running text.
fn manner(tokens: &[Token<'_>], bits: &[u64]) -> u64 {
    let (mut lower, mut long, mut capital, mut upper, mut number) = (0usize, 0usize, 0usize, 0usize, 0usize);
    for (token, known) in tokens.iter().zip(bits) {
        match token.case {
            Case::Lower => {
                lower += 1;
                // "of" and "in" are small in titles too.
                long += usize::from(!is_common(*known));
            }
            Case::Capital | Case::Mixed => capital += 1,
            Case::Upper => upper += 1,
            Case::Number => number += 1,
            Case::Letter | Case::Mark => {}
        }
    }
    if upper > 2 && upper > 4 * (lower + capital) {
        1
    } else if capital > 3 && capital > 3 * long {
        2
    } else if number > 1 && number * 3 > lower + capital {
        3
    } else if lower == 0 {
        4
    } else {
        0
    }
}

#[inline]
fn is_common(known: u64) -> bool {
    known >> (3 * class::COMMON) & SINGLE != 0
}

/// Whether a word is written like a name and is not only the opening of its sentence.
#[inline]
fn is_capital(tokens: &[Token<'_>], bits: &[u64], at: usize) -> bool {
    let (Some(token), Some(known)) = (tokens.get(at), bits.get(at)) else { return false };
    match token.case {
        Case::Lower | Case::Mark => false,
        Case::Upper | Case::Mixed | Case::Letter => true,
        Case::Capital => {
            let next = tokens.get(at + 1);
            !(token.opens
                && is_common(*known)
                && next.is_none_or(|next| !matches!(next.case, Case::Capital | Case::Upper)))
        }
        // "7th", "2019-nCoV": a capital beside the digits.
        Case::Number => token.text.bytes().any(|byte| byte.is_ascii_uppercase()),
    }
}

/// A small word inside names.
fn is_joint(token: &Token<'_>) -> bool {
    const JOINTS: [&str; 24] = [
        "of", "the", "for", "de", "del", "la", "da", "do", "dos", "das", "van", "von", "der", "den", "bin", "&", "du",
        "des", "et", "y", "e", "und", "für", "los",
    ];
    static NUMBERS: LazyLock<hash::Numbers> = LazyLock::new(|| JOINTS.iter().map(|word| hash::folded(word)).collect());
    short(token.case) && NUMBERS.contains(&token.folded) && (token.text.is_ascii() || token.text == "für")
}

#[inline]
fn short(case: Case) -> bool {
    matches!(case, Case::Lower | Case::Mark)
}

/// Only the names among the classes, without their parts.
#[inline]
fn names(known: u64) -> u64 {
    known & ((1 << (3 * class::FIRST_NAME)) - 1)
}

/// One bit a class, places of all sizes as two.
#[inline]
fn sketch(known: u64) -> u64 {
    (known | known >> 1 | known >> 2) & 0o111_111_111_111_111_111_111
}

/// Case, digits, dots and hyphens; marks by what they are.
fn shape(token: &Token<'_>) -> u64 {
    let bytes = token.text.as_bytes();
    let first = bytes.first().copied().unwrap_or_default();
    match token.case {
        Case::Mark => 128 + u64::from(first) * 2 + u64::from(token.spaced),
        Case::Number => {
            let letters = bytes.iter().any(u8::is_ascii_alphabetic);
            let capital = bytes.iter().any(u8::is_ascii_uppercase);
            let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count().min(5) as u64;
            let marks = bytes.iter().any(|byte| matches!(byte, b'.' | b','));
            32 + digits + 8 * u64::from(letters) + 16 * u64::from(marks) + 64 * u64::from(capital)
        }
        case => {
            let hyphen = bytes.contains(&b'-');
            let dot = bytes.contains(&b'.');
            let long = match bytes.len() {
                0..=2 => 0,
                3..=4 => 1,
                _ => 2,
            };
            let long = if case == Case::Upper { long } else { 0 };
            case as u64 + 8 * u64::from(hyphen) + 16 * u64::from(dot) + 512 * long
        }
    }
}

/// First and last four letters in lower case: the first in the lowest byte, the last in the highest. Of a letter beyond
/// ASCII the last byte of its number, which tells the letters of one script apart.
#[inline]
fn ends(word: &str) -> (u32, u32) {
    if !word.is_ascii() {
        let byte = |c: char| c.to_lowercase().next().map_or(0, |c| c as u32 & 0xFF);
        let head = word.chars().take(4).zip([0, 8, 16, 24]).fold(0, |all, (c, place)| all | byte(c) << place);
        let tail = word.chars().rev().take(4).zip([24, 16, 8, 0]).fold(0, |all, (c, place)| all | byte(c) << place);
        return (head, tail);
    }
    let bytes = word.as_bytes();
    if let (Some(head), Some(tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return (lower(*head), lower(*tail));
    }
    let (mut head, mut tail) = ([0; 4], [0; 4]);
    head.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    tail.iter_mut().rev().zip(bytes.iter().rev()).for_each(|(place, byte)| *place = *byte);
    (lower(head), lower(tail))
}

/// Four bytes in lower case, those beyond ASCII as they are.
#[inline]
fn lower(bytes: [u8; 4]) -> u32 {
    const ONES: u32 = 0x0101_0101;
    let word = u32::from_le_bytes(bytes);
    let low = word & (ONES * 0x7F);
    // The high bit of a byte says: at least 'A', and not beyond 'Z'.
    let from_a = low + ONES * (0x80 - b'A' as u32);
    let beyond_z = low + ONES * (0x7F - b'Z' as u32);
    word | (from_a & !beyond_z & !word & (ONES << 7)) >> 2
}

#[inline]
pub(super) fn pair(left: u64, right: u64) -> u64 {
    left.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29) ^ right.wrapping_mul(0xC2B2_AE3D_27D4_EB4F)
}

#[inline]
pub(super) fn finish(template: u64, value: u64) -> u64 {
    let word = (value ^ template.wrapping_mul(0xA24B_AED4_963E_E407)).wrapping_mul(0x9FB2_1C65_1E98_DF25);
    (word ^ word >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}
