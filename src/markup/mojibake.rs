//! Text that was decoded wrongly before it was sent: undone where it is certain, said where it is likely.
//!
//! In: text that is sound as it stands. Out: the text as it was meant, or only what is wrong with it. Three slips are known:
//! a whole document of UTF-8 taken for a one-byte encoding ("Ã©", "Ð¼"), passages of that in a sound document, and a
//! document in another script taken for a western one ("Íîâîñòè"). Real text is not touched: each slip leaves signs that no
//! language writes.

use super::encoding::{detect, speaks_against_western};
use encoding_rs::{Encoding, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252};

/// What was found.
pub(super) struct Mended {
    /// The text as it was meant; none where that is not certain.
    pub(super) text: Option<String>,
    /// What was wrong.
    pub(super) detail: String,
}

/// Looks for wrongly decoded text.
pub(super) fn mend(text: &str, top_level_domain: Option<&str>) -> Option<Mended> {
    if text.is_ascii() {
        return None;
    }
    let mended = |text, detail: String| Some(Mended { text: Some(text), detail });
    for encoding in [WINDOWS_1252, WINDOWS_1251, WINDOWS_1250] {
        if let Some(mut whole) = decoded_twice(text, encoding) {
            // What was done twice may have been done three times.
            whole = decoded_twice(&whole, encoding).unwrap_or(whole);
            return mended(whole, format!("UTF-8 had been decoded as {} before it was sent; undone", encoding.name()));
        }
    }
    if let Some((whole, encoding)) = read_as_western(text, top_level_domain) {
        let name = encoding.name();
        return mended(whole, format!("{name} had been decoded as windows-1252 before it was sent; undone"));
    }
    match passages(text) {
        (_, 0) => None,
        (Some(whole), count) => {
            mended(whole, format!("{count} × passage of UTF-8 that had been decoded as windows-1252; undone"))
        }
        (None, count) => Some(Mended {
            text: None,
            detail: format!("{count} × passage that looks like UTF-8 decoded as windows-1252; left as it is"),
        }),
    }
}

/// Runs of characters beyond ASCII.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_ascii()).filter(|run| !run.is_empty())
}

/// The bytes that a wrong decoder saw; none when it cannot have made this text.
fn bytes_of(text: &str, encoding: &'static Encoding) -> Option<Vec<u8>> {
    let (bytes, _, unmappable) = encoding.encode(text);
    (!unmappable).then(|| bytes.into_owned())
}

/// Undoes UTF-8 that went through another encoding: only when *every* character fits, so that real text is never touched.
fn decoded_twice(text: &str, encoding: &'static Encoding) -> Option<String> {
    // The first passages tell, so that a sound document is not encoded as a whole.
    let fits = |run: &str| bytes_of(run, encoding).is_some_and(|bytes| std::str::from_utf8(&bytes).is_ok());
    if !runs(text).take(4).all(fits) {
        return None;
    }
    let mended = String::from_utf8(bytes_of(text, encoding)?).ok()?;
    let sequences = mended.chars().filter(|c| !c.is_ascii()).count();
    (sequences >= 2).then_some(mended)
}

/// Undoes another script that was taken for a western one: no western language has runs of four letters beyond ASCII.
fn read_as_western(text: &str, top_level_domain: Option<&str>) -> Option<(String, &'static Encoding)> {
    let mut long = (0_usize, 0_usize);
    let mut all = 0_usize;
    for run in runs(text) {
        let length = run.chars().count();
        all += length;
        if length >= 4 {
            long = (long.0 + 1, long.1 + length);
        }
    }
    if long.0 < 8 || long.1 * 5 < all * 4 || text.contains(|c: char| c as u32 > 0x2122) {
        return None;
    }
    let bytes = bytes_of(text, WINDOWS_1252)?;
    let guess = detect(&bytes, top_level_domain);
    if !speaks_against_western(guess, &bytes) {
        return None;
    }
    Some((guess.decode_without_bom_handling(&bytes).0.into_owned(), guess))
}

/// Undoes passages of UTF-8 in a sound document, and counts them. Without a text they are too few to be sure: "IRMÃ”" may
/// be Portuguese.
fn passages(text: &str) -> (Option<String>, usize) {
    if !text.contains(BEGINNINGS) {
        return (None, 0);
    }
    let mut out = String::with_capacity(text.len());
    let mut count = 0_usize;
    let mut speaks_against = false;
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| !c.is_ascii()) {
        let (before, after) = rest.split_at(at);
        let end = after.find(|c: char| c.is_ascii()).unwrap_or(after.len());
        let (run, tail) = after.split_at(end);
        out.push_str(before);
        match mended_run(run) {
            Some(mended) => {
                count += 1;
                out.push_str(&mended);
            }
            None => {
                speaks_against |= run.starts_with(['Ã', 'Â']);
                out.push_str(run);
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    ((count >= 3 && !speaks_against).then_some(out), count)
}

/// What UTF-8 of European letters and punctuation begins with when it is taken for windows-1252.
const BEGINNINGS: [char; 7] = ['Ã', 'Â', 'Ð', 'Ñ', 'Ä', 'Å', 'â'];

/// A run as it was meant, when it begins like UTF-8 taken for windows-1252 and becomes letters or punctuation of Europe.
fn mended_run(run: &str) -> Option<String> {
    // Of those that begin with "â" only signs are meant: "€", "“", "™".
    let begins =
        run.starts_with(BEGINNINGS) && (!run.starts_with('â') || run.starts_with("â€") || run.starts_with("â„"));
    let mended = begins.then(|| String::from_utf8(bytes_of(run, WINDOWS_1252)?).ok()).flatten()?;
    let plausible =
        |c: char| matches!(c, '\u{A0}'..='\u{17F}' | '\u{400}'..='\u{4FF}' | '\u{2010}'..='\u{203A}' | '€' | '™' | '№');
    mended.chars().all(plausible).then_some(mended)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrongly(text: &str, encoding: &'static Encoding) -> String {
        encoding.decode_without_bom_handling(text.as_bytes()).0.into_owned()
    }

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let mended = mend(text, None);
        assert_eq!(mended.and_then(|mended| mended.text).as_deref(), expected, "{text}");
    }

    #[test]
    fn wrong_decoding_is_undone() {
        let french = "Le café naïf — « déjà vu »";
        check(&wrongly(french, WINDOWS_1252), Some(french));
        check(&wrongly(&wrongly(french, WINDOWS_1252), WINDOWS_1252), Some(french));
        let russian = "В Приморске открыли новый мост через реку, строили его четыре года";
        check(&wrongly(russian, WINDOWS_1251), Some(russian));
        let bytes = WINDOWS_1251.encode(russian).0;
        check(&WINDOWS_1252.decode_without_bom_handling(&bytes).0, Some(russian));
        let mixed = format!(
            "Новый мост. {} {} {}",
            wrongly("é", WINDOWS_1252),
            wrongly("’", WINDOWS_1252),
            wrongly("ü", WINDOWS_1252)
        );
        check(&mixed, Some("Новый мост. é ’ ü"));
    }

    #[test]
    fn real_text_is_left_alone() {
        for text in [
            "„MENÜ“, „CAFÉ« und ÄÖÜ",
            "SÃO PAULO – A IRMÔ",
            "В Приморске открыли мост",
            "Ångström, Ærø, naïve café",
            "Ελλάδα · 日本 · 한국",
        ] {
            check(text, None);
        }
        let few = format!("Zürich, Łódź: {}", wrongly("é", WINDOWS_1252));
        assert!(mend(&few, None).is_some_and(|mended| mended.text.is_none()), "said, not undone");
    }
}
