//! Languages that are written without spaces: where their words end, in which of two scripts they are written, and
//! numbers that are built of powers.
//!
//! In: text, the vocabulary of a pack and the names of places in the text. Out: tokens, each a word of the vocabulary, a
//! name, or a single character. What holds: the longest word wins, and a name wins over a word as long; right behind
//! digits a word wins over a name ("18日本市" has no Japan). Variants of characters read as the one that the pack writes.

use super::digits::{Style, digits};
use super::numbers::Simple;
use super::pack::{NumberWord, Pack};
use super::tokens::{Token, TokenKind, is_han, tokenize};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

/// What a pack says of its script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    /// Pairs of characters: a variant, and what the pack writes for it.
    variants: String,
    /// Words that are to be kept whole and say nothing: "together", which begins with "one".
    plain: Vec<String>,
    /// "ten", "hundred", "thousand", which multiply the digit before them and add up.
    powers: BTreeMap<String, f64>,
    /// "odd", within a number or right behind it: "sixty-odd".
    over: Vec<String>,
    /// "point".
    point: Vec<String>,
    /// Tenths, as a percentage is told: "nine tenths".
    tenths: Vec<String>,
    /// Stands before what others have a percent sign behind.
    percent_before: Vec<String>,
    /// After these a scale or a power alone is a number: "more than a hundred".
    bounds: Vec<String>,
    /// Units of dates and times, which stand behind their numbers.
    calendar: Calendar,
}

/// Units of dates and times.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// "year".
    pub year: Vec<String>,
    /// "month".
    pub month: Vec<String>,
    /// "day of the month".
    pub day: Vec<String>,
    /// "o'clock".
    pub hour: Vec<String>,
    /// "minute".
    pub minute: Vec<String>,
    /// Between a day and its hour: "evening".
    pub part: Vec<String>,
    /// Behind a month or a year: "end", "middle".
    pub piece: Vec<String>,
    /// Of those, what means the last day.
    pub end: Vec<String>,
    /// "this month", "last month", by how many months back.
    pub months_back: BTreeMap<String, i32>,
    /// "this year", "last year", by how many years back.
    pub years_back: BTreeMap<String, i16>,
    /// Before a day in brackets that it names a second time: "today (17th)".
    pub pointing: Vec<String>,
    /// Behind a date: since it.
    pub since: Vec<String>,
    /// Behind a date: as of it.
    pub as_of: Vec<String>,
    /// Behind a date: before it.
    pub before: Vec<String>,
}

/// The script of a pack, compiled.
pub(super) struct Unspaced {
    variants: HashMap<char, char>,
    words: HashSet<String>,
    /// Characters of the longest word.
    longest: usize,
    /// Digits and powers, which are words of their own within a number: "二十|一|例", where "一例" may be a word.
    numerals: HashSet<char>,
    script: Script,
}

impl Unspaced {
    /// Compiles a script; `phrases` are all phrases of the pack, whose runs of characters are its vocabulary.
    pub(super) fn new<'a>(
        script: Script,
        digits: impl Iterator<Item = &'a String>,
        phrases: impl Iterator<Item = &'a String>,
    ) -> Self {
        let mut pairs = script.variants.chars().filter(|c| !c.is_whitespace());
        let mut variants = HashMap::new();
        while let (Some(variant), Some(usual)) = (pairs.next(), pairs.next()) {
            variants.insert(variant, usual);
        }
        let calendar = &script.calendar;
        let lists = [
            &script.plain,
            &script.over,
            &script.point,
            &script.tenths,
            &script.percent_before,
            &calendar.year,
            &calendar.month,
            &calendar.day,
            &calendar.hour,
            &calendar.minute,
            &calendar.part,
            &calendar.piece,
            &calendar.pointing,
            &calendar.since,
            &calendar.as_of,
            &calendar.before,
        ];
        let mut words: HashSet<String> = HashSet::new();
        let mut add = |phrase: &String| {
            words.extend(phrase.split(|c: char| !is_han(c)).filter(|run| !run.is_empty()).map(str::to_owned));
        };
        phrases.for_each(&mut add);
        lists.into_iter().flatten().for_each(&mut add);
        let keys = script.powers.keys().chain(calendar.months_back.keys()).chain(calendar.years_back.keys());
        keys.for_each(add);
        let longest = words.iter().map(|word| word.chars().count()).max().unwrap_or(1);
        let mut numerals: HashSet<char> = digits.flat_map(|word| word.chars()).collect();
        numerals.extend(script.powers.keys().flat_map(|word| word.chars()));
        Self { variants, words, longest, numerals, script }
    }

    /// Takes a run of characters apart.
    fn split<'t>(&self, run: &Token<'t>, base: usize, names: &[Range<usize>], behind_digits: bool) -> Vec<Token<'t>> {
        let folded: String = run.text.chars().map(|c| self.variants.get(&c).copied().unwrap_or(c)).collect();
        let mut tokens: Vec<Token<'t>> = Vec::new();
        let mut at = 0;
        let calendar = &self.script.calendar;
        let units = [&calendar.year, &calendar.month, &calendar.day, &calendar.hour];
        let is_unit = |text: &str| units.into_iter().flatten().any(|unit| unit == text);
        let is_numeral = |text: &str| text.chars().all(|c| self.numerals.contains(&c));
        // What has another length in bytes would point elsewhere; all variants have the same.
        let whole = folded.len() == run.text.len();
        while at < folded.len() {
            let rest = folded.get(at..).unwrap_or_default();
            let ends = rest.char_indices().map(|(from, c)| from + c.len_utf8()).take(self.longest);
            let word = ends.filter(|end| rest.get(..*end).is_some_and(|word| self.words.contains(word))).max();
            let start = run.start + at;
            let name = names.iter().find(|name| base + name.start == start && base + name.end <= run.end);
            let name = name.map(|name| name.end - name.start);
            let single = rest.chars().next().map_or(1, char::len_utf8);
            let digits = behind_digits && at == 0;
            let first = rest.get(..single).unwrap_or_default();
            let within = tokens.last().is_some_and(|before| is_numeral(&before.lower)) && is_numeral(first);
            let length = match (word, name) {
                // "29日报告" has no newspaper.
                _ if digits && is_unit(first) || within => single,
                (Some(word), _) if digits => word,
                (word, name) => word.max(name).unwrap_or(single),
            };
            let (Some(text), Some(lower)) = (run.text.get(at..at + length), rest.get(..length)) else { break };
            let lower = if whole && text != lower { Cow::Owned(lower.to_owned()) } else { Cow::Borrowed(text) };
            let end = start + length;
            tokens.push(Token { start, end, text, lower, kind: TokenKind::Word, spaced: true, apart: false });
            at += length;
        }
        tokens
    }

    fn is(list: &[String], tokens: &[Token<'_>], at: usize) -> bool {
        tokens.get(at).is_some_and(|token| list.iter().any(|word| token.is(word)))
    }
}

impl Pack {
    /// The tokens of `text`, positions counting from `base`; `names` are the bytes of `text` where names of places stand,
    /// which end words in a language that is written without spaces.
    pub fn tokenize<'t>(&self, text: &'t str, base: usize, names: &[Range<usize>]) -> Vec<Token<'t>> {
        let tokens = tokenize(text, base);
        let Some(script) = &self.unspaced else { return tokens };
        let mut out: Vec<Token<'t>> = Vec::with_capacity(tokens.len() * 2);
        for token in tokens {
            if token.kind == TokenKind::Word && token.text.starts_with(is_han) {
                let digits = out.last().is_some_and(|before| before.kind == TokenKind::Number);
                out.extend(script.split(&token, base, names, digits));
            } else {
                out.push(token);
            }
        }
        out
    }

    /// Whether the language is written without spaces: what is counted, when and where then stands before the number,
    /// and a word that only counts ("persons", "cases") right behind it.
    pub fn topic_first(&self) -> bool {
        self.unspaced.is_some()
    }

    /// Units of dates, where they stand behind their numbers.
    pub fn calendar(&self) -> Option<&Calendar> {
        self.unspaced.as_ref().map(|unspaced| &unspaced.script.calendar)
    }

    /// The token behind words that say tenths.
    pub(super) fn tenths(&self, tokens: &[Token<'_>], at: usize) -> bool {
        self.unspaced.as_ref().is_some_and(|unspaced| Unspaced::is(&unspaced.script.tenths, tokens, at))
    }

    /// Whether the words for percent stand before their number here.
    pub(super) fn percent_before(&self, tokens: &[Token<'_>], at: usize) -> bool {
        self.unspaced.as_ref().is_some_and(|unspaced| Unspaced::is(&unspaced.script.percent_before, tokens, at))
    }
}

/// A number that is built of powers: "三万五千", "1.2万", "150多万", "2万3336", "二百一十一".
pub(super) fn number(pack: &Pack, unspaced: &Unspaced, tokens: &[Token<'_>], n: usize) -> Option<Simple> {
    let script = &unspaced.script;
    let scale = |at: usize| match pack.number_word(&tokens.get(at)?.lower) {
        Some(NumberWord::Scale(scale)) => Some(scale),
        _ => None,
    };
    let over_at = |at: usize| Unspaced::is(&script.over, tokens, at);
    let bounded = n > 0 && Unspaced::is(&script.bounds, tokens, n - 1);
    let mut number = Simple {
        after: n,
        value: 0.0,
        style: Style::Plain,
        words: tokens.get(n)?.kind != TokenKind::Number,
        repaired: false,
        about: false,
        over: false,
        scaled: false,
    };
    let mut limit = f64::INFINITY;
    loop {
        let first = number.after == n;
        let (mut value, mut after, style) = match part(pack, script, tokens, number.after, first && bounded) {
            Some(part) => part,
            None if first && bounded && scale(n).is_some() => (1.0, n, Style::Plain),
            None => break,
        };
        let mut over = over_at(after);
        after += usize::from(over);
        let mut scaled = None;
        while let Some(scale) = scale(after) {
            value *= scale;
            scaled = Some(scale);
            after += 1;
        }
        if scaled.is_some() && !over && over_at(after) {
            over = true;
            after += 1;
        }
        if value >= limit || !first && style == Style::Decimal && scaled.is_none() {
            break;
        }
        number.value += value;
        number.after = after;
        number.over |= over;
        if first {
            number.style = style;
        }
        match scaled {
            Some(scale) if !over => {
                number.scaled = true;
                limit = scale;
            }
            Some(_) => {
                number.scaled = true;
                break;
            }
            None => break,
        }
    }
    (number.after > n).then_some(number)
}

/// What stands before a scale: digits, with a power behind them or without, or words; `bare` allows a power alone.
fn part(pack: &Pack, script: &Script, tokens: &[Token<'_>], n: usize, bare: bool) -> Option<(f64, usize, Style)> {
    let power = |at: usize| script.powers.get(tokens.get(at)?.lower.as_ref()).copied();
    let unit = |at: usize| match pack.number_word(&tokens.get(at)?.lower) {
        Some(NumberWord::Unit(value)) => Some(value),
        _ => None,
    };
    let token = tokens.get(n)?;
    if token.kind == TokenKind::Number {
        let (value, style) = digits(&token.lower)?;
        // A dot never groups here.
        let style = if style == Style::DotThree { Style::Decimal } else { style };
        return Some(match power(n + 1) {
            Some(power) => (value * power, n + 2, Style::Grouped),
            None => (value, n + 1, style),
        });
    }
    let mut at = n;
    let mut sum = 0.0;
    let mut digit: Option<f64> = None;
    loop {
        if let Some(value) = unit(at) {
            // Two digits in a row are a year, or a guess: "三四例".
            if digit.is_some_and(|digit| digit > 0.0) {
                return None;
            }
            digit = Some(value);
        } else if let Some(power) = power(at) {
            // "十二" begins with the power; "百" alone is a word of many others.
            let alone = at == n && (power == 10.0 || bare);
            sum += digit.or(alone.then_some(1.0))? * power;
            digit = None;
        } else {
            break;
        }
        at += 1;
    }
    if at == n {
        return None;
    }
    let mut value = sum + digit.unwrap_or(0.0);
    let mut style = Style::Plain;
    if Unspaced::is(&script.point, tokens, at) && unit(at + 1).is_some_and(|digit| digit < 10.0) {
        at += 1;
        let mut place = 0.1;
        while let Some(digit) = unit(at) {
            value += digit * place;
            place /= 10.0;
            style = Style::Decimal;
            at += 1;
        }
    }
    Some((value, at, style))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::numbers::numerals;
    use crate::language::pack;

    #[track_caller]
    fn words(text: &str, names: &[Range<usize>], expected: &str) {
        let tokens = pack("zh").unwrap().tokenize(text, 0, names);
        let found: Vec<_> = tokens.iter().map(|token| token.lower.as_ref()).collect();
        assert_eq!(found.join("|"), expected);
    }

    #[test]
    fn the_longest_word_or_name_wins() {
        words("新增確診病例22例，", &[], "新增|确诊病例|22|例|,");
        words("18日本市", &[Range { start: 2, end: 8 }], "18|日|本市");
        words("在日本新增", &[Range { start: 3, end: 9 }], "在|日本|新增");
    }

    #[track_caller]
    fn check(text: &str, expected: &[(&str, f64, bool)]) {
        let pack = pack("zh").unwrap();
        let tokens = pack.tokenize(text, 0, &[]);
        let found = numerals(pack, &tokens);
        let found: Vec<_> = found
            .iter()
            .map(|numeral| (text.get(numeral.start..numeral.end).unwrap(), numeral.value, numeral.over))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn numbers_are_built_of_powers() {
        check("1.2万例，3万5千人", &[("1.2万", 12_000.0, false), ("3万5千", 35_000.0, false)]);
        check("150多万人、2万3336起", &[("150多万", 1_500_000.0, true), ("2万3336", 23_336.0, false)]);
        check("二百一十一例，两百余人", &[("二百一十一", 211.0, false), ("两百余", 200.0, true)]);
        check("十二人，一百零五例", &[("十二", 12.0, false), ("一百零五", 105.0, false)]);
        check("病例破万，上百人", &[("万", 10_000.0, false)]);
        check("21.6亿剂，1億2345萬", &[("21.6亿", 2_160_000_000.0, false), ("1億2345萬", 123_450_000.0, false)]);
        check("百分之三点五，九成", &[("百分之三点五", 3.5, false), ("九成", 90.0, false)]);
    }
}
