//! Sentence spans.
//!
//! In: a text of paragraphs. Out: the spans of its sentences, in order, without the white space around them. What holds:
//! a sentence never crosses a line that is blank, nor a line break before a bullet; every character that is not white
//! space lies in exactly one sentence. It does not care what the sentences say.

use crate::language::sieve::Sieved;
use crate::language::tokens::is_han;
use crate::markup::bytes;
use crate::model::{Field, Span};
use std::sync::LazyLock;

/// Abbreviations after which a dot ends no sentence, in lower case without the dot.
static ABBREVIATIONS: LazyLock<Sieved<()>> = LazyLock::new(|| ABBREVIATED.into_iter().collect());
const ABBREVIATED: [&str; 54] = [
    "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "st", "no", "nos", "dr", "mr",
    "mrs", "ms", "prof", "gen", "lt", "col", "sgt", "capt", "sen", "rep", "gov", "rev", "hon", "vs", "v", "approx",
    "est", "fig", "vol", "dept", "univ", "mt", "ft", "messrs", "mme", "maj", "adm", "cmdr", "sq", "incl", "resp", "ca",
    "cf", "al", "pres", "ret", "supt",
];

/// Abbreviations that may also end a sentence: they do when the next word is no continuation.
const MAYBE_FINAL: &[&str] = &[
    "inc", "ltd", "co", "corp", "jr", "sr", "etc", "mln", "bln", "thsd", "pct", "a.m", "p.m", "bros", "hosp", "recov",
    "conf", "cum", "accum", "vac", "vacc", "prov", "distt", "obl",
];

/// Bytes of the longest of them.
const LONGEST_ABBREVIATION: usize = 6;

/// Words that begin a sentence oftener than they follow an abbreviation with a capital.
const OPENERS: &[&str] = &[
    "The",
    "A",
    "An",
    "In",
    "On",
    "At",
    "It",
    "He",
    "She",
    "They",
    "We",
    "This",
    "That",
    "These",
    "There",
    "But",
    "And",
    "As",
    "By",
    "More",
    "However",
    "Meanwhile",
    "According",
    "Since",
    "Of",
    "With",
    "For",
    "So",
    "Another",
    "Officials",
    "Authorities",
    "Health",
    "Some",
    "Over",
    "About",
    "At",
    "No",
    "New",
    "Its",
    "His",
    "Her",
    "Their",
    "Earlier",
    "Another",
    "Deaths",
    "Cases",
];

/// The sentences of an English `text`, whose spans point into `field`.
pub(crate) fn sentences(text: &str, field: Field) -> Vec<Span> {
    sentences_in(text, field, &[])
}

/// The same in a language that has abbreviations of its own, given in lower case without the dot at their end; `# word` says
/// that a dot between a number and that word makes an ordinal.
pub(crate) fn sentences_in(text: &str, field: Field, abbreviations: &[String]) -> Vec<Span> {
    let mut spans = Vec::with_capacity(text.len() / 100 + 1);
    let mut start = 0;
    let mut position = 0;
    while let Some(at) = bytes::next(text.as_bytes(), position, is_candidate) {
        let end = match text.as_bytes().get(at) {
            Some(b'\n') => line_break(text, start, at),
            Some(0xE3 | 0xEF) => wide_stop(text, at),
            Some(b'.' | b'!' | b'?' | 0xE2) => stop(text, start, at, abbreviations),
            _ => None,
        };
        match end {
            Some(end) => {
                push(&mut spans, text, field, start, end);
                start = end;
                position = end.max(at + 1);
            }
            None => position = at + 1,
        }
    }
    push(&mut spans, text, field, start, text.len());
    spans
}

/// Whether a sentence may end at a byte; 0xE2 begins the ellipsis, the bullet and curly quotes, 0xE3 and 0xEF the wide
/// marks of Chinese.
#[inline]
fn is_candidate(byte: u8) -> bool {
    matches!(byte, b'.' | b'!' | b'?' | b'\n' | 0xE2 | 0xE3 | 0xEF)
}

/// The end of a sentence of Chinese, with the closing quotes behind its mark.
fn wide_stop(text: &str, at: usize) -> Option<usize> {
    let mut chars = text.get(at..)?.chars().peekable();
    let mark = chars.next().filter(|mark| matches!(mark, '。' | '！' | '？'))?;
    let mut end = at + mark.len_utf8();
    while let Some(quote) = chars.next_if(|c| matches!(c, '”' | '’' | '」' | '』' | '）' | '》')) {
        end += quote.len_utf8();
    }
    Some(end)
}

fn push(spans: &mut Vec<Span>, text: &str, field: Field, start: usize, end: usize) {
    let Some(piece) = text.get(start..end) else { return };
    let lead = piece.len() - piece.trim_start().len();
    let trimmed = piece.trim();
    if !trimmed.is_empty() {
        spans.push(Span::new(field, start + lead, start + lead + trimmed.len()));
    }
}

/// A line break ends a sentence before a blank line, before a bullet, and after a line that is no running text.
fn line_break(text: &str, start: usize, at: usize) -> Option<usize> {
    let rest = text.get(at + 1..)?;
    let next = rest.trim_start_matches([' ', '\t']);
    if next.starts_with(['\n', '-', '•', '*', '–', '—', '·', '▪', '‣']) {
        return Some(at + 1);
    }
    // A line that begins with a capital, a digit or the mark of a cell after a short one is of a list or a table.
    let line_start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |position| position + 1);
    // What stands before in the line may be sentences of their own: "… on Wednesday. By province:".
    let line = text.get(line_start.max(start)..at).unwrap_or_default().trim_start();
    if line.is_empty() {
        return None;
    }
    // A Chinese character is worth two letters.
    let short = line.chars().take(60).map(|c| 1 + usize::from(is_han(c))).sum::<usize>() < 60;
    let increment =
        next.strip_prefix(['+', '(']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '+'));
    let opens = |c: char| c.is_uppercase() || c.is_ascii_digit() || is_han(c) && line.ends_with(closes_row);
    let begins = next.starts_with(opens);
    let cells = line.contains(['|', '\t']) && rest.lines().next().is_some_and(|line| line.contains(['|', '\t']));
    let tabular = cells || short && (begins || increment);
    let upcoming = next.lines().next().unwrap_or_default();
    // A long header or row, and a row below it.
    let parted = line.contains([':', ';', '|', '/']) || line.contains("  ") || line.matches(',').count() > 1;
    let figures = parted && is_row(upcoming);
    (tabular || figures || opens_item(upcoming) && closes_item(line)).then_some(at + 1)
}

/// Whether a line begins as an item of a list does: with a time or a number of its own ("13:20 –", "2)", "2. Utah"), or with a label
/// before figures ("New deaths: 14").
fn opens_item(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let behind = line.get(digits..).unwrap_or_default();
    let numbered = (1..=2).contains(&digits)
        && (behind.starts_with([')', ':'])
            || behind.starts_with('.')
                && behind.get(1..).is_some_and(|rest| {
                    rest.starts_with(|c: char| c.is_ascii_digit()) || rest.strip_prefix(' ').is_some_and(is_row)
                }));
    let label = line.split_once(": ").is_some_and(|(label, rest)| {
        label.len() <= 60
            && label.starts_with(char::is_uppercase)
            && !label.contains(['.', ','])
            && rest.contains(|c: char| c.is_ascii_digit())
    });
    numbered || label
}

/// Whether a line is a row of a table: few words, then figures up to its end.
fn is_row(line: &str) -> bool {
    let words = line.split_whitespace().filter(|word| word.starts_with(char::is_alphabetic)).count();
    let last = line.trim_end().trim_end_matches(['.', ';']);
    line.starts_with(char::is_uppercase)
        && (1..=6).contains(&words)
        && last.ends_with(|c: char| c.is_ascii_digit() || matches!(c, '%' | ')' | '|'))
        && line.split_whitespace().filter(|word| word.starts_with(|c: char| c.is_ascii_digit())).count() * 4 >= words
}

/// Whether a line ends as no wrapped line of running text does.
fn closes_item(line: &str) -> bool {
    line.trim_end().ends_with(|c: char| c.is_ascii_digit() || matches!(c, ')' | '%' | ';' | ':' | '"' | '”'))
        || line.split_once(": ").is_some_and(|(label, _)| label.len() <= 60 && !label.contains('.'))
        || opens_item(line.trim_start())
}

/// What a row of a table ends with, where a line may also begin without a capital.
fn closes_row(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '】' | '：' | '例' | '人' | '宗' | '起' | '%')
}

/// The end of the sentence whose stop stands at `at`, if it is one.
fn stop(text: &str, start: usize, at: usize, abbreviations: &[String]) -> Option<usize> {
    let rest = text.get(at..)?;
    let mut end = at;
    if rest.starts_with('•') {
        // Bullets glued together: "…12 deaths • 40 cases".
        return (at > start).then_some(at);
    }
    let mark = rest.chars().next()?;
    if !matches!(mark, '.' | '!' | '?' | '…') {
        return None;
    }
    // "Jalisco ........ 4,206": dots that lead to a figure.
    let dots = rest.bytes().take_while(|byte| *byte == b'.').count();
    let led = rest.get(dots..).is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    if mark == '.' && led && (dots > 3 || text.get(..at).is_some_and(|before| before.ends_with("..."))) {
        return None;
    }
    for c in rest.chars() {
        if !matches!(c, '.' | '!' | '?' | '…' | '"' | '\'' | '”' | '’' | ')' | ']' | '»') {
            break;
        }
        end += c.len_utf8();
    }
    let after = text.get(end..)?;
    let next = after.trim_start();
    if next.is_empty() {
        return None;
    }
    let spaced = after.starts_with(char::is_whitespace);
    let next_char = next.chars().next()?;
    if mark != '.' && mark != '…' {
        return spaced.then_some(end);
    }
    let word = text.get(start..at)?.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | '“' | '/')).next()?;
    if !spaced {
        // "…total to 5,204.The" is a slip of the pen; "3.5", "U.S.", "who.int" are not ends.
        let glued = next_char.is_uppercase() && word.chars().count() > 3 && !word.contains('.');
        return (glued && end == at + 1 && after.chars().nth(1).is_some_and(char::is_lowercase)).then_some(end);
    }
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    // "1,204. 317 infections" is one number with a stray dot, and so is "182. 307" where the dot groups: no language but
    // English begins a sentence with figures.
    let english = abbreviations.is_empty();
    let last = bare.rsplit([',', '.']).next().unwrap_or_default();
    let groups = bare.contains(',') || !english && (last.len() == 3 || !bare.contains('.') && bare.len() <= 3);
    if next_char.is_ascii_digit()
        && groups
        && !(english && full(text.get(start..at).unwrap_or_default(), next))
        && is_group(next)
        && bare.chars().all(|c| c.is_ascii_digit() || c == ',' || !english && c == '.')
    {
        return None;
    }
    let lower = bare.to_lowercase();
    // Elsewhere a short word is an article or a preposition: "en EE.UU. El país".
    let opener = next.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let opens = || OPENERS.contains(&opener) || !english && opener.chars().count() <= 3;
    if end > at + 1 && text.get(at + 1..end).is_some_and(|marks| marks.contains(['"', '”', '»'])) {
        return Some(end);
    }
    // "Am 13. August": a number before a word that follows ordinals.
    let ordinal = (1..=2).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_digit());
    // "2. Victoria - 1,786": what numbers an item of a list.
    let numbers_item = ordinal && text.get(start..at).is_some_and(|before| before.trim() == bare);
    if numbers_item && !after.starts_with('\n') {
        return None;
    }
    let follows = || next.split(|c: char| !c.is_alphanumeric()).next().map(str::to_lowercase).unwrap_or_default();
    if abbreviations.contains(&lower)
        || ordinal && !abbreviations.is_empty() && abbreviations.contains(&format!("# {}", follows()))
    {
        return None;
    }
    let short = lower.len() <= LONGEST_ABBREVIATION;
    if short && abbreviations.is_empty() && ABBREVIATIONS.contains(&lower) {
        // "Sept. 12", "St. Petersburg", "No. 5"; but "he said no. Five more" ends.
        let needs_digit = matches!(lower.as_str(), "no" | "nos");
        return (needs_digit && !next_char.is_ascii_digit() || lower == "mar" && opens()).then_some(end);
    }
    let initials = bare.chars().count() == 1 && bare.chars().all(char::is_uppercase) || is_initials(bare);
    if initials || short && MAYBE_FINAL.contains(&lower.as_str()) {
        let starts = next_char.is_uppercase() || matches!(next_char, '"' | '“');
        return (starts && opens() && bare.chars().count() > 1).then_some(end);
    }
    (!next_char.is_lowercase()).then_some(end)
}

/// Whether an English sentence that ends with figures is one, and the next begins with figures too: "cases rose by 349 to
/// 32,490. 586 patients have recovered", where "1,204. 317 infections were found" is one number with a stray dot.
fn full(sentence: &str, next: &str) -> bool {
    const BEFORE: [&str; 8] = ["to", "at", "is", "was", "reached", "stands", "totals", "now"];
    const VERBS: [&str; 8] = ["have", "has", "were", "are", "was", "died", "recovered", "remain"];
    let mut words = sentence.split_whitespace().rev().skip(1);
    let led = words.next().is_some_and(|word| BEFORE.contains(&word) || word.ends_with(','));
    led && words.count() > 2 && next.split_whitespace().skip(1).take(4).any(|word| VERBS.contains(&word))
}

/// Three digits that end there.
fn is_group(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits == 3
}

/// "U.S", "D.C", "a.m": letters with dots between.
fn is_initials(word: &str) -> bool {
    word.contains('.') && word.split('.').all(|part| part.chars().count() <= 2 && part.chars().all(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = sentences(text, Field::Body).iter().map(|span| span.of(text).unwrap()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn abbreviations_and_numbers_do_not_end_sentences() {
        check(
            "On Jan. 12 St. Kitts had 3.5 cases. Dr. Lee left.",
            &["On Jan. 12 St. Kitts had 3.5 cases.", "Dr. Lee left."],
        );
        check("The U.S. had 5. No. 10 denied it.", &["The U.S. had 5.", "No. 10 denied it."]);
        check("It grew in the U.S. The state agreed.", &["It grew in the U.S.", "The state agreed."]);
        check("In all 1,204. 317 fell ill.", &["In all 1,204. 317 fell ill."]);
        check("The toll rose to 1,204. 317 people fled.", &["The toll rose to 1,204. 317 people fled."]);
        check("The toll rose to 1,204. 317 people have left.", &["The toll rose to 1,204.", "317 people have left."]);
        check("Some 3 mln. people came.", &["Some 3 mln. people came."]);
        let text = "В 2020 г. умерли 3 тыс. человек. Он сказал.";
        let abbreviations = ["г".to_owned(), "тыс".to_owned()];
        let found: Vec<_> =
            sentences_in(text, Field::Body, &abbreviations).iter().map(|span| span.of(text).unwrap()).collect();
        assert_eq!(found, ["В 2020 г. умерли 3 тыс. человек.", "Он сказал."]);
        check("新增12例。他说：“是的。”完", &["新增12例。", "他说：“是的。”", "完"]);
    }

    #[test]
    fn quotes_bullets_and_blank_lines_do() {
        check("\"It is bad.\" He left.\n\nNext one", &["\"It is bad.\"", "He left.", "Next one"]);
        check("- Oman: 4\n- Iran: 5", &["- Oman: 4", "- Iran: 5"]);
        check("States:\n1. Ohio: 12\n2. Utah: 4", &["States:", "1. Ohio: 12", "2. Utah: 4"]);
        check("12 deaths• 40 cases", &["12 deaths", "• 40 cases"]);
        check("one line\nwraps here. End", &["one line\nwraps here.", "End"]);
        check("", &[]);
    }
}
