//! Encodings by any name that publishers, servers and programs have for them, and their decoders.
//!
//! In: a label, or bytes. Out: a [`Charset`], or text. The Encoding Standard's are decoded by `encoding_rs`; what it leaves
//! out on purpose or for its age (DOS, Macintosh and mainframe code pages, HZ, ISO-2022-KR, JOHAB, UTF-7) is decoded here:
//! `codepages.tsv` holds the single-byte ones and is written by `tools/markup/codepages.py`. Which label is to be believed
//! is the business of `encoding`.

mod johab;
mod utf_7;

use encoding_rs::{EUC_KR, Encoding, GBK, REPLACEMENT};
use std::{collections::HashMap, sync::LazyLock};

/// A single-byte encoding of our own.
#[derive(Debug)]
pub struct Page {
    name: String,
    /// The characters of bytes 128 to 255, or of all.
    characters: Vec<char>,
}

/// An encoding that can be decoded.
#[derive(Debug, Clone, Copy)]
pub enum Charset {
    /// One of the Encoding Standard.
    Standard(&'static Encoding),
    /// One of `codepages.tsv`.
    Page(&'static Page),
    /// GB 2312 in ASCII, between `~{` and `~}`.
    Hz,
    /// KS X 1001 in ASCII, between shift out and shift in.
    Iso2022Kr,
    /// Korean, composed of sounds.
    Johab,
    /// UTF-16 in base64 in ASCII.
    Utf7,
}

struct Pages {
    pages: Vec<Page>,
    by_label: HashMap<&'static str, usize>,
}

static PAGES: LazyLock<Pages> = LazyLock::new(|| {
    let mut pages = Pages { pages: Vec::new(), by_label: HashMap::new() };
    for (labels, characters) in include_str!("codepages.tsv").lines().filter_map(|line| line.split_once('\t')) {
        let Ok(characters) = serde_json::from_str::<String>(characters) else { continue };
        for label in labels.split(' ') {
            pages.by_label.insert(label, pages.pages.len());
        }
        let name = labels.split(' ').next().unwrap_or_default().to_owned();
        pages.pages.push(Page { name, characters: characters.chars().collect() });
    }
    pages
});

/// Labels, letters and digits only, that the Encoding Standard does not know, and what they are called there.
const ALIASES: [(&str, &str); 71] = [
    ("646", "us-ascii"),
    ("us", "us-ascii"),
    ("iso646us", "us-ascii"),
    ("isoir6", "us-ascii"),
    ("cp367", "us-ascii"),
    ("ibm367", "us-ascii"),
    ("ansi", "windows-1252"),
    ("8859", "iso-8859-1"),
    ("latin", "iso-8859-1"),
    ("u8", "utf-8"),
    ("utf", "utf-8"),
    ("utf8ucs2", "utf-8"),
    ("utf8ucs4", "utf-8"),
    ("utf8sig", "utf-8"),
    ("utf8mb4", "utf-8"),
    ("cp65001", "utf-8"),
    ("u16", "utf-16"),
    ("utf16", "utf-16"),
    ("maccyrillic", "x-mac-cyrillic"),
    ("macroman", "macintosh"),
    ("xmacroman", "macintosh"),
    ("macukrainian", "x-mac-ukrainian"),
    ("koi8rus", "koi8-r"),
    ("koi8r", "koi8-r"),
    ("koi8u", "koi8-u"),
    ("koi8ru", "koi8-u"),
    ("isoceltic", "iso-8859-14"),
    ("isoir199", "iso-8859-14"),
    ("isoir226", "iso-8859-16"),
    ("latin7", "iso-8859-13"),
    ("l7", "iso-8859-13"),
    ("latin8", "iso-8859-14"),
    ("l8", "iso-8859-14"),
    ("latin9", "iso-8859-15"),
    ("latin10", "iso-8859-16"),
    ("l10", "iso-8859-16"),
    ("thai", "windows-874"),
    ("tis620", "windows-874"),
    ("tis6200", "windows-874"),
    ("tis62025290", "windows-874"),
    ("tis62025291", "windows-874"),
    ("isoir166", "windows-874"),
    ("874", "windows-874"),
    ("xmacsimpchinese", "gbk"),
    ("xmactradchinese", "big5"),
    ("xmacjapanese", "shift_jis"),
    ("xmackorean", "euc-kr"),
    ("gb231280", "gbk"),
    ("gb23121980", "gbk"),
    ("936", "gbk"),
    ("ms936", "gbk"),
    ("euccn", "gbk"),
    ("eucgb2312cn", "gbk"),
    ("gb180302000", "gb18030"),
    ("950", "big5"),
    ("hkscs", "big5"),
    ("big5tw", "big5"),
    ("ms950", "big5"),
    ("949", "euc-kr"),
    ("ms949", "euc-kr"),
    ("uhc", "euc-kr"),
    ("ksx1001", "euc-kr"),
    ("932", "shift_jis"),
    ("mskanji", "shift_jis"),
    ("shiftjisx0213", "shift_jis"),
    ("shiftjis2004", "shift_jis"),
    ("ujis", "euc-jp"),
    ("eucjisx0213", "euc-jp"),
    ("eucjis2004", "euc-jp"),
    ("jisx0213", "euc-jp"),
    ("sjis2004", "shift_jis"),
];

impl Charset {
    /// The encoding of that label, in whatever spelling.
    pub fn labelled(label: &str) -> Option<Self> {
        let plain: String =
            label.chars().filter(char::is_ascii_alphanumeric).take(40).map(|c| c.to_ascii_lowercase()).collect();
        if plain.starts_with("hz") {
            return Some(Self::Hz);
        }
        if plain.ends_with("iso2022kr") {
            return Some(Self::Iso2022Kr);
        }
        if matches!(plain.as_str(), "johab" | "cp1361" | "ms1361" | "1361" | "ksc56011992") {
            return Some(Self::Johab);
        }
        if matches!(plain.as_str(), "utf7" | "u7" | "unicode11utf7" | "csunicode11utf7" | "cp65000" | "xunicode20utf7")
        {
            return Some(Self::Utf7);
        }
        // "x-ibm-850", "oem850", "cp932": the number of a code page is name enough.
        let number = plain.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let known = |label: &str| {
            let (_, known) = ALIASES.iter().find(|(alias, _)| *alias == label)?;
            Encoding::for_label(known.as_bytes())
        };
        let standard = Encoding::for_label(label.as_bytes())
            .or_else(|| Encoding::for_label(label.replace('_', "-").as_bytes()))
            .or_else(|| Encoding::for_label(plain.as_bytes()))
            .or_else(|| known(&plain))
            .or_else(|| known(number))
            .or_else(|| Encoding::for_label(respelled(&plain)?.as_bytes()));
        // The standard has this one for encodings that it will not decode.
        if let Some(encoding) = standard.filter(|encoding| *encoding != REPLACEMENT) {
            return Some(Self::Standard(encoding));
        }
        let page = |label: &str| PAGES.pages.get(*PAGES.by_label.get(label)?);
        page(&plain).or_else(|| page(number)).map(Self::Page)
    }

    /// The encoding of a mainframe, when the bytes begin as markup does there.
    pub fn of_mainframe(body: &[u8], stated: Option<&str>) -> Option<Self> {
        // "<?xm"; "<rss" and "<fee" without a declaration.
        const BEGINNINGS: [&[u8]; 3] = [b"\x4C\x6F\xA7\x94", b"\x4C\x99\xA2\xA2", b"\x4C\x86\x85\x85"];
        if !BEGINNINGS.iter().any(|beginning| body.starts_with(beginning)) {
            return None;
        }
        let common = Self::labelled("cp037")?;
        // Letters and digits are the same in all of them; quotes are not.
        let (head, _) = common.decode(body.get(..200).unwrap_or(body));
        let declared = head.split_once("encoding").map(|(_, tail)| {
            let tail = tail.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
            tail.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect::<String>()
        });
        [stated, declared.as_deref()]
            .into_iter()
            .flatten()
            .filter_map(Self::labelled)
            .find(|charset| !charset.is_ascii_like())
            .or(Some(common))
    }

    /// Whether ASCII is read as ASCII.
    pub fn is_ascii_like(self) -> bool {
        match self {
            Self::Standard(encoding) => encoding.is_ascii_compatible() || encoding == encoding_rs::ISO_2022_JP,
            Self::Page(page) => page.characters.len() == 128,
            Self::Hz | Self::Iso2022Kr | Self::Johab | Self::Utf7 => true,
        }
    }

    /// Whether ASCII bytes may stand for other characters.
    pub fn shifts(self) -> bool {
        matches!(self, Self::Hz | Self::Iso2022Kr | Self::Utf7) || self == Self::Standard(encoding_rs::ISO_2022_JP)
    }

    /// What to call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard(encoding) => encoding.name(),
            Self::Page(page) => &page.name,
            Self::Hz => "HZ",
            Self::Iso2022Kr => "ISO-2022-KR",
            Self::Johab => "JOHAB",
            Self::Utf7 => "UTF-7",
        }
    }

    /// The text, and whether bytes had to be replaced.
    pub fn decode(self, body: &[u8]) -> (String, bool) {
        let text = match self {
            Self::Standard(encoding) => {
                let (text, had_errors) = encoding.decode_without_bom_handling(body);
                return (text.into_owned(), had_errors);
            }
            Self::Page(page) => body.iter().map(|byte| page.character(*byte)).collect(),
            Self::Hz => shifted(body, b"~{", b"~}", GBK).replace("~~", "~"),
            Self::Johab => johab::decode(body),
            Self::Utf7 => utf_7::decode(body),
            // The announcement of the set says nothing that the label did not.
            Self::Iso2022Kr => shifted(body, b"\x0E", b"\x0F", EUC_KR).replace("\u{1B}$)C", ""),
        };
        let had_errors = text.contains('\u{FFFD}');
        (text, had_errors)
    }
}

impl PartialEq for Charset {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Page {
    fn character(&self, byte: u8) -> char {
        match usize::from(byte).checked_sub(256 - self.characters.len().min(256)) {
            Some(index) => self.characters.get(index).copied().unwrap_or('\u{FFFD}'),
            None => char::from(byte),
        }
    }
}

/// `iso88592` is `iso-8859-2`, also with the year behind it; `windows1251`, `win1251` and `1251` are `windows-1251`.
fn respelled(plain: &str) -> Option<String> {
    if let Some(part) = plain.strip_prefix("iso8859") {
        let number = [part, part.get(..part.len().saturating_sub(4)).unwrap_or_default()]
            .into_iter()
            .find(|number| number.parse::<u8>().is_ok_and(|number| number <= 16))?;
        return Some(format!("iso-8859-{number}"));
    }
    if plain.starts_with("iso2022jp") {
        return Some("iso-2022-jp".to_owned());
    }
    let number = plain.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    (number.len() == 4 && number.starts_with("125")).then(|| format!("windows-{number}"))
}

/// Text whose two-byte characters stand as pairs of seven bits between two signs.
fn shifted(body: &[u8], out: &[u8], back: &[u8], pairs: &'static Encoding) -> String {
    let mut eight_bits = Vec::with_capacity(body.len());
    let mut rest = body;
    let mut high = false;
    while let Some((first, tail)) = rest.split_first() {
        if rest.starts_with(if high { back } else { out }) {
            rest = rest.get(out.len()..).unwrap_or_default();
            high = !high;
            continue;
        }
        // A line's end ends the pairs too.
        high &= *first != b'\n';
        eight_bits.push(if high && (0x21..0x7F).contains(first) { first | 0x80 } else { *first });
        rest = tail;
    }
    pairs.decode_without_bom_handling(&eight_bits).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(label: &str, bytes: &[u8], expected: &str) {
        let charset = Charset::labelled(label).unwrap_or_else(|| panic!("{label}"));
        assert_eq!(charset.decode(bytes), (expected.to_owned(), false), "{label}");
    }

    #[test]
    fn labels_in_any_spelling() {
        for label in ["windows-1251", "Windows1251", "win-1251", "cp1251", "CP_1251", "1251", "x-cp1251"] {
            check(label, b"\xCC\xEE\xF1\xF2", "Мост");
        }
        for label in ["iso-8859-2", "ISO_8859-2:1987", "iso8859_2", "latin2", "l2", "csISOLatin2", "iso_8859_2_1987"] {
            check(label, b"\xA3\xF3d\xBC", "Łódź");
        }
        for label in ["cp850", "IBM850", "850", "cspc850multilingual", "dos-850"] {
            check(label, b"caf\x82", "café");
        }
        for label in ["shift_jis", "SJIS", "ms_kanji", "cp932", "windows-31j", "shift_jis_2004"] {
            check(label, b"\x8B\xB4", "橋");
        }
        check("mac_greek", b"\xA1", "Γ");
        check("hp-roman8", b"\xC5", "é");
        check("utf_8", "é".as_bytes(), "é");
        for label in ["", "unknown-8bit", "x-user-undefined", "none"] {
            assert!(Charset::labelled(label).is_none(), "{label}");
        }
    }

    #[test]
    fn encodings_that_the_standard_leaves_out() {
        check("cp500", b"\x4C\x6F\xA7\x94\x93", "<?xml");
        check("hz-gb-2312", b"a ~{GE~} b ~~", "a 桥 b ~");
        check("johab", b"\x94\x61\x9F\xA1 \xE2\x79 \x88\x41", "다리 橋 ㄱ");
        check("utf-7", b"a +- +BDwEPgRBBEI, +akvYPd4A-b", "a + мост, 橋😀b");
        check("armscii-8", b"\xB2\xB3", "Աա");
        check("iso-2022-kr", b"\x1B$)Ca \x0E4Y8.\x0F b", "a 다리 b");
        let mainframe = Charset::labelled("cp1140").unwrap();
        let declaration: Vec<u8> = "<?xml version='1.0' encoding='cp1140'?>"
            .chars()
            .filter_map(|c| (0..=255).find(|byte| mainframe.decode(&[*byte]).0 == c.to_string()))
            .collect();
        assert_eq!(Charset::of_mainframe(&declaration, None).map(Charset::name), Some("cp1140"));
    }
}
