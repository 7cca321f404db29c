//! JOHAB, the Korean encoding that composes its syllables: five bits each for the sounds at the beginning, in the middle and
//! at the end. Signs and Chinese characters stand in the rows of KS X 1001, which EUC-KR has too.

use encoding_rs::EUC_KR;

/// The code of "no sound here" at the beginning and at the end; in the middle it is 2.
const NONE: usize = 1;
/// Consonants that stand alone, by their number at the beginning.
const ALONE: &str = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";

/// The text; what is no JOHAB stands as U+FFFD.
pub(super) fn decode(body: &[u8]) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((first, tail)) = rest.split_first() {
        let pair =
            tail.first().filter(|_| *first >= 0x80).map(|second| character(usize::from(*first), usize::from(*second)));
        match pair {
            Some(Some(c)) => out.push(c),
            _ => out.push(if first.is_ascii() { char::from(*first) } else { '\u{FFFD}' }),
        }
        rest = if let Some(Some(_)) = pair { tail.get(1..).unwrap_or_default() } else { tail };
    }
    out
}

fn character(first: usize, second: usize) -> Option<char> {
    match first {
        0x84..=0xD3 => syllable(first << 8 | second),
        0xD9..=0xDE | 0xE0..=0xF9 => {
            // A row of this encoding is two of KS X 1001, whose own rows have 94 places.
            let row = if first < 0xE0 { 2 * (first - 0xD9) } else { 2 * first - 0x197 };
            let place = match second {
                0x31..=0x7E => second - 0x31,
                0x91..=0xFE => second - 0x43,
                _ => return None,
            };
            let pair = [u8::try_from(row + place / 94 + 0xA1).ok()?, u8::try_from(place % 94 + 0xA1).ok()?];
            let text = EUC_KR.decode_without_bom_handling_and_without_replacement(&pair)?;
            text.chars().next()
        }
        _ => None,
    }
}

fn syllable(code: usize) -> Option<char> {
    let (begin, middle, end) = (code >> 10 & 31, code >> 5 & 31, code & 31);
    let begin = begin.checked_sub(2).filter(|begin| *begin < 19);
    let middle = match middle {
        2 => None,
        3..=7 => Some(middle - 3),
        10..=15 => Some(middle - 5),
        18..=23 => Some(middle - 7),
        26..=29 => Some(middle - 9),
        _ => return None,
    };
    let last = match end {
        NONE..=17 => end - NONE,
        19..=29 => end - 2,
        _ => return None,
    };
    match (begin, middle) {
        (Some(begin), Some(middle)) => char::from_u32(u32::try_from(0xAC00 + (begin * 21 + middle) * 28 + last).ok()?),
        (Some(begin), None) if end == NONE => ALONE.chars().nth(begin),
        (None, Some(middle)) if end == NONE => char::from_u32(u32::try_from(0x314F + middle).ok()?),
        _ => None,
    }
}
