//! Bytes to text: BOM, HTTP, XML declaration and the bytes themselves, in that order of trust.
//!
//! In: the body and its `Content-Type`. Out: text, and an `encoding_uncertain` issue whenever the sources disagree,
//! bytes had to be replaced or text was repaired. Text is never silently wrong when that can be noticed. This module
//! does not look at markup beyond the declaration.

use super::{charset::Charset, mojibake};
use crate::model::{Issue, Stage};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How much of the body the detector reads: enough for every feed seen, and a bound on its time.
const DETECT_BYTES: usize = 256 * 1024;

/// The text of a body and what is doubtful about it.
pub struct Decoded {
    /// The text, without a byte order mark.
    pub text: String,
    /// `encoding_uncertain`, with the reason.
    pub issues: Vec<Issue>,
}

/// Decodes a body for a room. The top-level domain of `url` helps the detector between neighbours such as windows-1250 and windows-1252.
pub fn decode(stage: Stage, body: &[u8], content_type: Option<&str>, url: &str) -> Decoded {
    let top_level_domain = top_level_domain(url);
    let mut issues = Vec::new();
    let mut text = match by_signature(body) {
        Some(text) => text,
        None => by_label(without_mark(body), content_type, top_level_domain, &mut issues),
    };
    if let Some(mojibake::Mended { text: mended, detail }) = mojibake::mend(&text, top_level_domain) {
        issues.push(uncertain(detail));
        text = mended.unwrap_or(text);
    }
    if text.contains('\u{FFFD}') && issues.is_empty() {
        issues.push(uncertain("some bytes could not be decoded and stand as U+FFFD"));
    }
    if issues.is_empty()
        && !text.is_ascii()
        && text.contains(|c| matches!(c, '\u{80}'..='\u{84}' | '\u{86}'..='\u{9F}'))
    {
        issues.push(uncertain("there are control characters that no text has; the encoding may be another"));
    }
    if text.starts_with('\u{FEFF}') {
        text = text.trim_start_matches('\u{FEFF}').to_owned();
    }
    issues.iter_mut().for_each(|issue| issue.stage = stage);
    Decoded { text, issues }
}

fn uncertain(detail: impl Into<String>) -> Issue {
    Issue::new(Stage::Parse, "encoding_uncertain", detail)
}

fn top_level_domain(url: &str) -> Option<&str> {
    let host = url.split("//").nth(1)?.split(['/', ':', '?', '#']).next()?;
    host.rsplit('.').next().filter(|label| label.len() >= 2 && label.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// A byte order mark, or the zero bytes that ASCII markup leaves in UTF-16 and UTF-32.
fn by_signature(body: &[u8]) -> Option<String> {
    // Some programs put the mark of UTF-16 before bytes that are not.
    let marked_wrongly = matches!(body, [0xFF, 0xFE, b'<', next, ..] | [0xFE, 0xFF, b'<', next, ..] if *next != 0);
    if marked_wrongly {
        return None;
    }
    if let [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] = body {
        return Some(utf_32(body, if body.starts_with(&[0]) { u32::from_be_bytes } else { u32::from_le_bytes }));
    }
    if let Some((encoding, _)) = Encoding::for_bom(body) {
        let (text, _) = encoding.decode_with_bom_removal(body);
        // Some publishers glue a UTF-8 mark onto a document in another encoding.
        return (encoding != UTF_8 || !text.contains('\u{FFFD}')).then(|| text.into_owned());
    }
    // How many of the first units of four bytes have a zero at each place: so early, letters are still those of markup.
    let mut zeros = [0_usize; 4];
    let mut units = 0_usize;
    for unit in body.chunks_exact(4).take(4) {
        units += 1;
        zeros.iter_mut().zip(unit).for_each(|(count, byte)| *count += usize::from(*byte == 0));
    }
    let most = |count: usize| units > 0 && count * 4 >= units * 3;
    match zeros.map(most) {
        [false, true, true, true] => Some(utf_32(body, u32::from_le_bytes)),
        [true, true, true, false] => Some(utf_32(body, u32::from_be_bytes)),
        [false, true, false, true] => Some(UTF_16LE.decode_without_bom_handling(body).0.into_owned()),
        [true, false, true, false] => Some(UTF_16BE.decode_without_bom_handling(body).0.into_owned()),
        _ => None,
    }
}

/// A mark that was not believed is no text.
fn without_mark(body: &[u8]) -> &[u8] {
    [&b"\xEF\xBB\xBF"[..], b"\xFF\xFE", b"\xFE\xFF"].iter().find_map(|mark| body.strip_prefix(*mark)).unwrap_or(body)
}

fn utf_32(body: &[u8], read: fn([u8; 4]) -> u32) -> String {
    body.chunks_exact(4)
        .map(|unit| char::from_u32(read([unit[0], unit[1], unit[2], unit[3]])).unwrap_or('\u{FFFD}'))
        .collect()
}

fn by_label(
    body: &[u8],
    content_type: Option<&str>,
    top_level_domain: Option<&str>,
    issues: &mut Vec<Issue>,
) -> String {
    let http = content_type.and_then(charset_parameter);
    let declared = declaration(body);
    if let Some(charset) = Charset::of_mainframe(body, http) {
        return charset.decode(body).0;
    }
    // A declaration that could be read as ASCII is not UTF-16, whatever it says.
    let label = |label: Option<&str>| label.and_then(Charset::labelled).filter(|charset| charset.is_ascii_like());
    // "US-ASCII" is what servers say that never looked; these bytes are none.
    let says_nothing = http.is_some_and(|label| label.to_ascii_lowercase().contains("ascii")) && !body.is_ascii();
    let written = http.or(declared.as_deref()).map(str::to_owned);
    let (http, declared) = (label(http.filter(|_| !says_nothing || declared.is_none())), label(declared.as_deref()));
    let stated = http.or(declared);

    if let Some(charset) = [http, declared].into_iter().flatten().find(|charset| charset.shifts()) {
        let (text, had_errors) = charset.decode(body);
        if !had_errors {
            return text;
        }
        issues.push(uncertain(format!("labelled {}, but some of it is not", charset.name())));
        return text;
    }
    if body.is_ascii() && !body.contains(&0x1B) {
        return UTF_8.decode_without_bom_handling(body).0.into_owned();
    }
    // All its bytes are ASCII; its escape sequences give it away.
    if body.is_ascii() && body.windows(2).any(|pair| pair == b"\x1B$") {
        issues.push(uncertain("read as ISO-2022-JP for its escape sequences"));
        return ISO_2022_JP.decode_without_bom_handling(body).0.into_owned();
    }
    const UTF8: Charset = Charset::Standard(UTF_8);
    const WESTERN: Charset = Charset::Standard(WINDOWS_1252);
    if let Ok(text) = std::str::from_utf8(body) {
        // Text in another encoding is practically never valid UTF-8 by chance.
        if let Some(other) = stated.filter(|charset| *charset != UTF8 && !body.is_ascii()) {
            issues.push(uncertain(format!("labelled {}, but the bytes are valid UTF-8", other.name())));
        }
        return text.to_owned();
    }
    let labels: Vec<_> = [http, declared].into_iter().flatten().filter(|charset| *charset != UTF8).collect();
    let guess = detect(body, top_level_domain);
    let guessed = Charset::Standard(guess);
    let chosen = match labels.as_slice() {
        [] if mostly_utf_8(body) => UTF8,
        [] => guessed,
        // Western is what servers and programs say when nobody told them otherwise.
        [only] if *only == WESTERN && speaks_against_western(guess, body) => guessed,
        [only] => *only,
        [first, second] if first == second => *first,
        [_, second] if *second == guessed => *second,
        [first, second] if *first == WESTERN && guessed != WESTERN => *second,
        [first, ..] => *first,
    };
    let (text, had_errors) = chosen.decode(body);
    // Between the Latin encodings the detector is no better than the label, but a doubt is said.
    let doubted = chosen == WESTERN && guessed != WESTERN && high_bytes(body) >= 16;
    let agreed = !doubted && stated.is_some() && http.into_iter().chain(declared).all(|label| label == chosen);
    if had_errors {
        issues
            .push(uncertain(format!("read as {}; some bytes could not be decoded and stand as U+FFFD", chosen.name())));
    } else if !agreed {
        let said = match (stated, &written) {
            (Some(stated), _) => stated.name().to_owned(),
            (None, Some(written)) => {
                format!("{:?}, which is not known here", written.chars().take(40).collect::<String>())
            }
            (None, None) => "nothing".to_owned(),
        };
        issues.push(uncertain(format!("labelled {said}, read as {}", chosen.name())));
    }
    text
}

pub(super) fn detect(body: &[u8], top_level_domain: Option<&str>) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(body.get(..DETECT_BYTES).unwrap_or(body), true);
    detector.guess(top_level_domain.map(str::as_bytes), Utf8Detection::Allow)
}

/// A western label is overruled only by an encoding of another script that decodes without a fault.
pub(super) fn speaks_against_western(guess: &'static Encoding, body: &[u8]) -> bool {
    let western =
        ["windows-1252", "windows-1250", "windows-1254", "windows-1257", "windows-1258", "ISO-8859-2", "UTF-8"];
    !western.contains(&guess.name())
        && high_bytes(body) >= 16
        && guess.decode_without_bom_handling_and_without_replacement(body).is_some()
}

fn high_bytes(body: &[u8]) -> usize {
    body.iter().filter(|byte| **byte >= 0x80).count()
}

/// One bad byte does not make a UTF-8 document something else.
fn mostly_utf_8(body: &[u8]) -> bool {
    let mut good = 0_usize;
    let mut bad = 0_usize;
    for chunk in body.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good >= bad * 4
}

/// `charset` of a `Content-Type`.
fn charset_parameter(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// What the document says of itself in its first bytes: `encoding` of an XML declaration, `charset` of an HTML `meta`.
fn declaration(body: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(body.get(..4096).unwrap_or(body)).to_ascii_lowercase();
    let Some(from) = head.find("<?xml") else {
        let meta = head.get(head.find("<meta")?..)?;
        let value = meta.get(meta.find("charset")? + "charset".len()..)?.trim_start().strip_prefix('=')?;
        let value = value.trim_start_matches([' ', '"', '\'']);
        let label: String =
            value.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':')).collect();
        // Pages that say so themselves are no pages; browsers do not believe them either.
        return Some(label).filter(|label| Charset::labelled(label) != Some(Charset::Utf7));
    };
    let head = head.get(from..)?;
    let head = head.get(..head.find('>')?)?;
    let value = head.get(head.find("encoding")? + "encoding".len()..)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    value.get(1..)?.split(quote).next().map(|label| label.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{KOI8_R, WINDOWS_1251};

    const RUSSIAN: &str = "<?xml version='1.0' encoding='LABEL'?><rss><title>Главные новости дня: в Приморске открыли новый мост через реку</title></rss>";

    #[track_caller]
    fn check(body: &[u8], content_type: Option<&str>, contains: &str, flagged: bool) {
        let decoded = decode(Stage::Parse, body, content_type, "");
        assert!(decoded.text.contains(contains), "{:?}", decoded.text);
        assert_eq!(!decoded.issues.is_empty(), flagged, "{:?}", decoded.issues);
    }

    #[test]
    fn labels_are_believed_where_the_bytes_do_not_speak_against_them() {
        let (bytes, _, _) = WINDOWS_1251.encode(RUSSIAN);
        check(&bytes, Some("text/xml; charset=windows-1251"), "новый мост", false);
        let declared = RUSSIAN.replace("LABEL", "koi8-r");
        check(&KOI8_R.encode(&declared).0, None, "новый мост", false);
    }

    #[test]
    fn labels_that_lie_are_found_out_and_flagged() {
        check(&WINDOWS_1251.encode(RUSSIAN).0, Some("text/xml; charset=iso-8859-1"), "новый мост", true);
        check(RUSSIAN.as_bytes(), Some("text/xml; charset=iso-8859-1"), "новый мост", true);
        let declared = RUSSIAN.replace("LABEL", "windows-1251");
        check(&WINDOWS_1251.encode(&declared).0, Some("text/xml; charset=utf-8"), "новый мост", true);
    }

    #[test]
    fn encodings_that_nobody_states_are_told_by_their_bytes() {
        for (label, text) in [
            ("big5", "海岸通訊社報導，新的港口大橋今天正式通車，市長和數百名居民參加了典禮。"),
            ("euc-jp", "海岸通信によると、新しい港の橋が今日開通し、市長と多くの住民が式典に参加した。"),
            ("shift_jis", "海岸通信によると、新しい港の橋が今日開通し、市長と多くの住民が式典に参加した。"),
            ("iso-2022-jp", "海岸通信によると、新しい港の橋が今日開通した。"),
            ("euc-kr", "해안통신에 따르면 새로운 항구 다리가 오늘 개통되었으며 시장과 많은 주민이 참석했다."),
            ("gbk", "海岸通讯社报道，新的港口大桥今天正式通车，市长和数百名居民参加了典礼。"),
            ("koi8-r", "В Приморске открыли новый мост через реку, строили его четыре года."),
            ("windows-1255", "הגשר החדש בנמל נפתח היום בנוכחות ראש העיר ומאות תושבים."),
            ("windows-1253", "Η νέα γέφυρα του λιμανιού άνοιξε σήμερα παρουσία του δημάρχου."),
            ("windows-874", "สะพานท่าเรือแห่งใหม่เปิดวันนี้โดยมีนายกเทศมนตรีและชาวเมืองเข้าร่วม"),
        ] {
            let encoding = Encoding::for_label(label.as_bytes()).unwrap();
            let document = format!("<rss><channel><title>{text}</title></channel></rss>");
            check(&encoding.encode(&document).0, None, text, true);
        }
    }

    #[test]
    fn a_label_that_nobody_knows_is_named() {
        let body = RUSSIAN.replace("LABEL", "iso-2022-xx");
        let decoded = decode(Stage::Parse, &WINDOWS_1251.encode(&body).0, None, "");
        assert!(decoded.issues[0].detail.starts_with("labelled \"iso-2022-xx\", which is not known here, read as"));
    }

    /// Markup in UTF-7 is harmless letters to whoever looks at it as anything else.
    #[test]
    fn utf_7_is_read_only_where_it_is_stated() {
        let body = b"<rss><title>+ADw-b+AD4-</title></rss>";
        check(body, Some("text/xml; charset=utf-7"), "<title><b></title>", false);
        check(body, None, "+ADw-b+AD4-", false);
        check(body, Some("text/xml; charset=utf-8"), "+ADw-b+AD4-", false);
        check(b"<html><meta charset='utf-7'>+ADw-b+AD4-", None, "+ADw-b+AD4-", false);
    }

    #[test]
    fn a_server_that_says_ascii_says_nothing() {
        let declared = RUSSIAN.replace("LABEL", "koi8-r").replace("Главные новости дня: в Приморске открыли ", "");
        check(&KOI8_R.encode(&declared).0, Some("text/xml; charset=us-ascii"), "новый мост", false);
    }

    #[test]
    fn wide_encodings_are_known_by_their_bytes() {
        let little: Vec<u8> = RUSSIAN.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = RUSSIAN.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let widest: Vec<u8> = RUSSIAN.chars().flat_map(|c| (c as u32).to_be_bytes()).collect();
        for body in [little, big, widest] {
            check(&body, None, "новый мост", false);
        }
    }

    #[test]
    fn one_bad_byte_costs_one_character_and_double_decoding_is_undone() {
        let mut body = RUSSIAN.as_bytes().to_vec();
        body.push(0xFF);
        check(&body, None, "новый мост", true);
        let twice =
            WINDOWS_1252.decode_without_bom_handling("<rss>café, naïve, “quoted”</rss>".as_bytes()).0.into_owned();
        check(twice.as_bytes(), None, "café, naïve, “quoted”", true);
    }
}
