//! Where in a text the next byte of a kind stands, and where so many characters end.
//!
//! In: bytes, and what is sought of them. Out: places, in order. What holds: many bytes are looked at together, so that
//! what stands seldom in a text costs little to seek.

/// Bytes that are looked at together.
const TOGETHER: usize = 16;

/// The first byte at or behind `from` that `is` what is sought.
#[inline(always)]
pub(crate) fn next(bytes: &[u8], from: usize, is: impl Fn(u8) -> bool) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let (chunks, _) = rest.as_chunks::<TOGETHER>();
    // No byte ends the look at sixteen early, so that they can be looked at by one instruction.
    let none = chunks.iter().take_while(|chunk| !chunk.iter().fold(false, |any, byte| any | is(*byte))).count();
    let from = from + none * TOGETHER;
    bytes.get(from..)?.iter().position(|byte| is(*byte)).map(|step| from + step)
}

/// All places of what is sought.
#[inline(always)]
pub(crate) fn places(bytes: &[u8], is: impl Fn(u8) -> bool + Copy) -> impl Iterator<Item = usize> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let place = next(bytes, from, is)?;
        from = place + 1;
        Some(place)
    })
}

/// Where the ASCII letters and digits end that begin at a byte.
#[inline]
pub(crate) fn ascii_word_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| ALPHANUMERIC[usize::from(**byte)]).count()
}

/// Of each byte whether it is a letter or a digit of ASCII.
static ALPHANUMERIC: [bool; 256] = {
    let mut alphanumeric = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        alphanumeric[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    alphanumeric
};

/// The first so many characters of a text; all of it, where it has no more.
pub(crate) fn head(text: &str, characters: usize) -> &str {
    match text.get(..characters) {
        // One byte each, as most are.
        Some(head) if head.is_ascii() => head,
        None if text.len() <= characters => text,
        _ => text.char_indices().nth(characters).and_then(|(end, _)| text.get(..end)).unwrap_or(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_has_so_many_characters() {
        for text in ["", "plain", "naïve", "été", "疫情疫情"] {
            for characters in 0..8 {
                assert_eq!(head(text, characters), text.chars().take(characters).collect::<String>());
            }
        }
    }

    #[test]
    fn each_place_is_found_once_and_in_order() {
        for length in 0..70 {
            let bytes: Vec<u8> = (0..length).map(|n| if n % 7 == 3 || n % 16 == 15 { b'x' } else { b'.' }).collect();
            let found: Vec<usize> = places(&bytes, |byte| byte == b'x').collect();
            let plain = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'x').map(|(at, _)| at);
            assert_eq!(found, plain.collect::<Vec<_>>());
        }
        assert_eq!(next(b"ab", 3, |_| true), None);
    }
}
