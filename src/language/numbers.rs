//! Number expressions: digits in the world's groupings, scale words, number words, ranges and percentages.
//!
//! In: tokens. Out: [`Numeral`]s in text order that do not overlap. What holds: a numeral's value is the one the text
//! states, never a computed one. It does not know what is counted, so it also finds years, ages and sums of money.

use super::joined::number_at;
use super::pack::{NumberWord, Pack, Word};
use super::tokens::{Token, TokenKind};

/// A number expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Numeral {
    /// First token.
    pub first: usize,
    /// Token after the last, with its range's upper end and percent sign.
    pub after: usize,
    /// Bytes of the expression, with scale and percent word; of a range, of its first number.
    pub start: usize,
    /// End, exclusive.
    pub end: usize,
    /// The value.
    pub value: f64,
    /// Upper end of a range.
    pub max: Option<f64>,
    /// Whether a percent sign or word stands behind it.
    pub percent: bool,
    /// Written in words.
    pub words: bool,
    /// A broken grouping was put together.
    pub repaired: bool,
    /// "a dozen" is about twelve.
    pub about: bool,
    /// "sixty-odd": a word within says that it is more.
    pub over: bool,
    /// Written with marks of grouping, or with a scale word: no year, no age.
    pub grouped: bool,
    /// Written with a decimal fraction and without a scale.
    pub decimal: bool,
}

/// How digits are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Grouped,
    Decimal,
    /// `437,6`.
    CommaDecimal,
    /// `216.771`: a decimal or a group, which only the neighbourhood tells.
    DotThree,
}

/// Reads one written number; `None` for dates such as `15.11.2020` and other things with marks between digits.
pub(super) fn digits(text: &str) -> Option<(f64, Style)> {
    let clean: String = text.chars().map(|c| if c == '’' { '\'' } else { c }).collect();
    let number = |text: &str| text.parse::<f64>().ok();
    if clean.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((number(&clean)?, Style::Plain));
    }
    let joined = |separator: char| clean.chars().filter(|c| *c != separator).collect::<String>();
    let count = |mark: char| clean.matches(mark).count();
    let (dots, commas, ticks) = (count('.'), count(','), count('\''));
    if ticks > 0 {
        return (dots + commas == 0 && western(&clean, '\''))
            .then(|| number(&joined('\'')))?
            .map(|value| (value, Style::Grouped));
    }
    match (commas, dots) {
        (0, 1) => {
            let (whole, fraction) = clean.split_once('.')?;
            let three = fraction.len() == 3 && whole.len() <= 3 && !whole.starts_with('0');
            Some((number(&clean)?, if three { Style::DotThree } else { Style::Decimal }))
        }
        (0, _) => western(&clean, '.').then(|| number(&joined('.')))?.map(|value| (value, Style::Grouped)),
        (_, 0) if western(&clean, ',') || indian(&clean) => Some((number(&joined(','))?, Style::Grouped)),
        (1, 0) => {
            let fraction = clean.split_once(',').map_or(0, |(_, fraction)| fraction.len());
            (fraction <= 2).then(|| number(&clean.replace(',', ".")))?.map(|value| (value, Style::CommaDecimal))
        }
        (_, 1) => {
            let (whole, _) = clean.split_once('.')?;
            if western(whole, ',') || indian(whole) {
                return Some((number(&joined(','))?, Style::Grouped));
            }
            let (whole, fraction) = clean.split_once(',')?;
            let value = format!("{}.{fraction}", whole.replace('.', ""));
            western(whole, '.').then(|| number(&value))?.map(|value| (value, Style::Grouped))
        }
        _ => None,
    }
}

/// `1,234,567`.
fn western(text: &str, mark: char) -> bool {
    let mut groups = text.split(mark);
    groups.next().is_some_and(|first| (1..=3).contains(&first.len())) && groups.all(|group| group.len() == 3)
}

/// `12,34,567`.
fn indian(text: &str) -> bool {
    let groups: Vec<&str> = text.split(',').collect();
    let [first, middle @ .., last] = groups.as_slice() else { return false };
    (1..=2).contains(&first.len())
        && !middle.is_empty()
        && middle.iter().all(|group| group.len() == 2)
        && last.len() == 3
}

/// A simple number: no range, no percent sign yet.
pub(super) struct Simple {
    pub(super) after: usize,
    pub(super) value: f64,
    pub(super) style: Style,
    pub(super) words: bool,
    pub(super) repaired: bool,
    pub(super) about: bool,
    pub(super) over: bool,
    pub(super) scaled: bool,
}

/// Every number expression among the tokens.
pub fn numerals(pack: &Pack, tokens: &[Token<'_>]) -> Vec<Numeral> {
    let mut found: Vec<Numeral> = Vec::new();
    let mut dot_three = Vec::new();
    let mut dot_decimals = false;
    let mut n = 0;
    while n < tokens.len() {
        match one(pack, tokens, n) {
            Some((numeral, style)) => {
                if style == Style::DotThree {
                    dot_three.push(found.len());
                }
                dot_decimals |= style == Style::Decimal && !numeral.percent;
                n = numeral.after.max(n + 1);
                found.push(numeral);
            }
            None => n += 1,
        }
    }
    // 8.3 times a million is a whole number, whatever binary fractions make of it.
    for numeral in &mut found {
        let tidy = |value: f64| {
            if value >= 1000.0 && (value - value.round()).abs() < 1e-9 * value { value.round() } else { value }
        };
        if numeral.grouped {
            numeral.value = tidy(numeral.value);
            numeral.max = numeral.max.map(tidy);
        }
    }
    // A dot before three digits groups, unless the other numbers of the text use the dot for decimals.
    for n in dot_three {
        let Some(numeral) = found.get_mut(n) else { continue };
        if (!dot_decimals || pack.order.decimal_comma) && !numeral.percent {
            numeral.value = (numeral.value * 1000.0).round();
            numeral.grouped = true;
            numeral.decimal = false;
        }
    }
    found
}

fn one(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<(Numeral, Style)> {
    let first = tokens.get(n)?;
    let led = usize::from(pack.percent_before(tokens, n));
    let mut simple = simple(pack, tokens, n + led)?;
    let end_of = |after: usize| tokens.get(after.wrapping_sub(1)).map_or(first.end, |token| token.end);
    let mut after = simple.after;
    let mut max = None;
    let mut value_end = end_of(after);
    if let Some((upper, upper_after)) = range(pack, tokens, n, &simple) {
        // "2 to 3 million": the first number shares the scale of the second.
        if !simple.scaled && upper.scaled {
            let scale = upper.value / unscaled(pack, tokens, upper_after).unwrap_or(upper.value);
            simple.value *= scale;
            simple.scaled = true;
        }
        max = Some(upper.value);
        after = upper.after;
    }
    let tenths = pack.tenths(tokens, after);
    if tenths {
        simple.value *= 10.0;
        max = max.map(|max| max * 10.0);
    }
    let percent = match (led, tenths) {
        (1, _) => Some(after),
        (_, true) => Some(after + 1),
        _ => percent(pack, tokens, after),
    };
    if let Some(percent_after) = percent {
        after = percent_after;
        if max.is_none() {
            value_end = end_of(after);
        }
    } else {
        // A word that only counts belongs to its number: "三名", "12例".
        after += usize::from(tokens.get(after).is_some_and(|token| is(pack, token, Word::Counter)));
    }
    let numeral = Numeral {
        first: n,
        after,
        start: first.start,
        end: value_end,
        value: simple.value,
        max,
        percent: percent.is_some(),
        words: simple.words,
        repaired: simple.repaired,
        about: simple.about,
        over: simple.over,
        grouped: simple.style == Style::Grouped || simple.scaled,
        decimal: matches!(simple.style, Style::Decimal | Style::CommaDecimal | Style::DotThree) && !simple.scaled,
    };
    let style = if simple.scaled { Style::Grouped } else { simple.style };
    Some((numeral, style))
}

/// The token after a percent sign or word.
fn percent(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<usize> {
    let dash = usize::from(tokens.get(n)?.is("-"));
    pack.percent(tokens, n + dash)
}

/// The written number before the scale word, to know the scale.
fn unscaled(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<f64> {
    let token = tokens.get(n)?;
    match token.kind {
        TokenKind::Number => digits(&token.lower).map(|(value, _)| value),
        _ => match pack.number_word(&token.lower) {
            Some(NumberWord::Unit(value)) => Some(value),
            _ => None,
        },
    }
}

/// The upper end of a range that begins with `lower`, and the token where it begins.
fn range(pack: &Pack, tokens: &[Token<'_>], n: usize, lower: &Simple) -> Option<(Simple, usize)> {
    let link = tokens.get(lower.after)?;
    let before = n.checked_sub(1).and_then(|n| tokens.get(n));
    let between = before.is_some_and(|token| pack.range.between.iter().any(|word| token.is(word)));
    let dash = link.is("-") && lower.style != Style::DotThree;
    let to = pack.range.to.iter().any(|word| link.is(word));
    let and = between && pack.range.and.iter().any(|word| link.is(word));
    if !(dash || to || and) {
        return None;
    }
    let upper = simple(pack, tokens, lower.after + 1)?;
    if dash {
        let next = tokens.get(lower.after + 1)?;
        // "2020-21" and "9-11" are no ranges of people; "8 - 12" is.
        if link.spaced != next.spaced || lower.value >= upper.value {
            return None;
        }
    }
    if to {
        // "climbed by 40 to 520", "from 40 to 52" after a verb of change, "40 to 520,000": two numbers.
        let led = before.is_some_and(|token| pack.range.not_before.iter().any(|word| token.is(word)));
        let changed =
            tokens.iter().take(n).rev().take(8).any(|token| pack.range.change.iter().any(|word| token.is(word)));
        if led || changed {
            return None;
        }
    }
    let scale =
        if !lower.scaled && upper.scaled { upper.value / unscaled(pack, tokens, lower.after + 1)? } else { 1.0 };
    let value = lower.value * scale;
    (value < upper.value && upper.value <= value.max(1.0) * 20.0).then_some((upper, lower.after + 1))
}

/// One number without range: digits or words, with their scale.
fn simple(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<Simple> {
    let token = tokens.get(n)?;
    if let Some(unspaced) = &pack.unspaced {
        return super::unspaced::number(pack, unspaced, tokens, n);
    }
    if token.kind == TokenKind::Number {
        return figures(pack, tokens, n);
    }
    if token.kind != TokenKind::Word
        || !token.spaced && n > 0 && !tokens.get(n - 1).is_some_and(|before| before.kind == TokenKind::Mark)
    {
        return None;
    }
    fraction_words(pack, tokens, n).or_else(|| words(pack, tokens, n))
}

/// A scale word at `n`: "million", "lakh", "k" right behind its digits.
fn scale(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<(f64, usize)> {
    let token = tokens.get(n)?;
    let dash = usize::from(token.is("-") && !token.spaced);
    let word = tokens.get(n + dash)?;
    if word.kind != TokenKind::Word {
        return None;
    }
    if let Some(NumberWord::Scale(scale)) = pack.number_word(&word.lower) {
        return Some((scale, n + dash + 1));
    }
    if dash == 1 {
        return None;
    }
    let suffix = pack.scale_suffixes.get(word.lower.as_ref()).copied()?;
    // "900 m" are metres; "1.1m" and "12 mln" are people.
    // "78,2 Mio. Impfungen": the dot of an abbreviation is its own, unless the text ends there.
    let dot = tokens.get(n + 1).is_some_and(|dot| dot.is(".") && !dot.spaced)
        && tokens.get(n + 2).is_some_and(|next| next.spaced)
        && pack.abbreviations.contains(&word.lower.to_string());
    (!word.spaced || word.lower.len() > 1).then_some((suffix, n + 1 + usize::from(dot)))
}

fn figures(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<Simple> {
    let token = tokens.get(n)?;
    let (mut value, mut style) = digits(&token.lower)?;
    let mut after = n + 1;
    // Where the comma makes decimals, a dot before three digits groups.
    if style == Style::DotThree && pack.order.decimal_comma && percent(pack, tokens, after).is_none() {
        value = (value * 1000.0).round();
        style = Style::Grouped;
    }
    let mut repaired = false;
    let dot_groups = style == Style::DotThree && pack.order.decimal_comma;
    // "29 514", "1 204 317": groups of three with single spaces. Behind a month stands a day, and behind a hyphen the end
    // of a name ("COVID-19 322 people").
    let named =
        |before: &Token<'_>| pack.month(&before.lower).is_some() || before.is("-") && !before.spaced && !token.spaced;
    let named = n.checked_sub(1).and_then(|n| tokens.get(n)).is_some_and(named);
    if style == Style::Plain && token.lower.len() <= 3 && !token.lower.starts_with('0') && !named {
        while let Some(group) = tokens.get(after) {
            let single = group.start == tokens.get(after - 1).map_or(0, |before| before.end + 1)
                || group.start > tokens.get(after - 1).map_or(0, |before| before.end)
                    && group.start - tokens.get(after - 1).map_or(0, |before| before.end) <= 3;
            let plain = group.kind == TokenKind::Number
                && group.lower.len() == 3
                && group.lower.bytes().all(|byte| byte.is_ascii_digit());
            if !(plain && group.spaced && single) || group.apart {
                break;
            }
            value = value * 1000.0 + group.lower.parse::<f64>().ok()?;
            style = Style::Grouped;
            after += 1;
        }
    }
    // "1,204. 317" and "1 ,204": a stray space beside a mark of grouping.
    while let (Some(mark), Some(group)) = (tokens.get(after), tokens.get(after + 1)) {
        let plain = group.kind == TokenKind::Number
            && group.lower.len() == 3
            && group.lower.bytes().all(|byte| byte.is_ascii_digit());
        let grouped = style == Style::Grouped || dot_groups || token.lower.len() <= 3 && style == Style::Plain;
        let stray = match mark.text {
            "." => {
                (style == Style::Grouped || dot_groups || grouped && pack.order.decimal_comma)
                    && !mark.spaced
                    && group.spaced
            }
            "," => grouped && mark.spaced && !group.spaced,
            _ => false,
        };
        if !(plain && stray) {
            break;
        }
        // "1.614" alone was read as a decimal.
        let whole = if style == Style::DotThree { (value * 1000.0).round() } else { value };
        value = whole * 1000.0 + group.lower.parse::<f64>().ok()?;
        style = Style::Grouped;
        repaired = true;
        after += 2;
    }
    let mut simple = Simple { after, value, style, words: false, repaired, about: false, over: false, scaled: false };
    scaled(pack, tokens, &mut simple);
    if simple.style == Style::DotThree
        && pack.order.decimal_comma
        && !simple.scaled
        && percent(pack, tokens, simple.after).is_none()
    {
        simple.value = (simple.value * 1000.0).round();
        simple.style = Style::Grouped;
    }
    Some(simple)
}

/// "3 с половиной": a half before the scale word; its value and the token after it.
fn half_before_scale(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<(f64, usize)> {
    let part = pack.fractions.get(tokens.get(n + 1)?.lower.as_ref())?;
    let joined = is(pack, tokens.get(n)?, Word::With) && pack.articles.is_empty();
    (joined && scale(pack, tokens, n + 2).is_some()).then_some((*part, n + 2))
}

/// Applies the scale words behind a number, and adds the smaller parts of a mixed one: "2 lakh 14 thousand 506".
fn scaled(pack: &Pack, tokens: &[Token<'_>], simple: &mut Simple) {
    if let Some((part, after)) = half_before_scale(pack, tokens, simple.after) {
        simple.value += part;
        simple.after = after;
    }
    let Some((mut last, after)) = scale(pack, tokens, simple.after) else { return };
    // Where the comma makes decimals, "1,531 millones" is a million and a half, and "3.000 millones" are thousands of
    // millions; "3,000 millones" is written by those who group with commas.
    if pack.order.decimal_comma && last >= 1e6 {
        let written = tokens.get(simple.after - 1).map(|token| token.text).unwrap_or_default();
        match simple.style {
            Style::DotThree => simple.value *= 1000.0,
            Style::Grouped if written.matches(',').count() == 1 && !written.ends_with("00") => simple.value /= 1000.0,
            _ => {}
        }
    }
    simple.value *= last;
    simple.after = after;
    simple.scaled = true;
    // "2 lakh crore" and "hundred thousand" multiply.
    while let Some((next, after)) = scale(pack, tokens, simple.after) {
        simple.value *= next;
        last *= next;
        simple.after = after;
    }
    if let Some((part, after)) = fraction_behind(pack, tokens, simple.after) {
        simple.value += part * last;
        simple.after = after;
    }
    while let Some((part, part_scale, after)) = smaller_part(pack, tokens, simple.after, last) {
        simple.value += part;
        simple.after = after;
        last = part_scale;
        if last <= 1.0 {
            break;
        }
    }
}

/// "dos millones y medio": a fraction of the scale before it.
fn fraction_behind(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<(f64, usize)> {
    let part = pack.fractions.get(tokens.get(n + 1)?.lower.as_ref())?;
    (pack.order.joined_by_and && is(pack, tokens.get(n)?, Word::And)).then_some((*part, n + 2))
}

/// "14 thousand", then "506": a part below `limit`; its value, its scale and the token after it.
fn smaller_part(pack: &Pack, tokens: &[Token<'_>], n: usize, limit: f64) -> Option<(f64, f64, usize)> {
    let token = tokens.get(n)?;
    let value = match token.kind {
        TokenKind::Number if token.spaced => match digits(&token.lower)? {
            (value, Style::Plain) => value,
            // "1 millón 531.088".
            (value, Style::Grouped) if limit >= 1e6 && value < limit => return Some((value, 1.0, n + 1)),
            (value, Style::DotThree) if limit >= 1e6 => return Some(((value * 1000.0).round(), 1.0, n + 1)),
            _ => return None,
        },
        _ => return None,
    };
    if let Some((next, after)) = scale(pack, tokens, n + 1) {
        return (next < limit && value * next < limit).then_some((value * next, next, after));
    }
    (limit <= 1000.0 && value < limit && value >= 1.0 && token.lower.len() <= 3).then_some((value, 1.0, n + 1))
}

/// "half a million", "a quarter of a million", "half a dozen".
fn fraction_words(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<Simple> {
    let word = |offset: usize| tokens.get(n + offset).map(|token| token.lower.as_ref()).unwrap_or_default();
    let fraction = |word: &str| pack.fractions.get(word).copied();
    let article = |word: &str| pack.articles.iter().any(|article| article == word);
    let (part, mut at) = if let Some(part) = fraction(word(0)) {
        (part, n + 1)
    } else if let (Some(NumberWord::Unit(count)), Some(part)) =
        (pack.number_word(word(0)).or(article(word(0)).then_some(NumberWord::Unit(1.0))), fraction(word(1)))
    {
        (part * count, n + 2)
    } else {
        return None;
    };
    if tokens.get(at).is_some_and(|token| is(pack, token, Word::Of)) {
        at += 1;
    }
    // "half a million", "medio millón".
    at += usize::from(tokens.get(at).is_some_and(|token| article(&token.lower)));
    let (value, about) = match pack.number_word(&tokens.get(at)?.lower)? {
        NumberWord::Scale(scale) => (scale, false),
        NumberWord::Collective(count) => (count, true),
        _ => return None,
    };
    Some(Simple {
        after: at + 1,
        value: part * value,
        style: Style::Plain,
        words: true,
        repaired: false,
        about,
        over: false,
        scaled: true,
    })
}

/// Whether a token is a word of this class.
fn is(pack: &Pack, token: &Token<'_>, word: Word) -> bool {
    pack.words(&token.lower).has(word)
}

fn words(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<Simple> {
    let mut at = n;
    let mut total = 0.0;
    let mut current = 0.0;
    let mut last: Option<NumberWord> = None;
    let mut scaled = false;
    let mut least = f64::INFINITY;
    let mut before_and = None;
    // "Forty-one", and where ten to nineteen follow a ten, "soixante-dix".
    let below = if pack.order.teens_follow_tens { 20.0 } else { 10.0 };
    let article = pack.articles.contains(&tokens.get(n)?.lower.as_ref().to_owned());
    if article {
        // "a hundred", "a million", "a dozen"; any other noun takes the article as an article.
        let next = pack.number_word(&tokens.get(n + 1)?.lower)?;
        if !matches!(next, NumberWord::Hundred | NumberWord::Scale(_) | NumberWord::Collective(_)) {
            return None;
        }
        at += 1;
    }
    while let Some(token) = tokens.get(at) {
        let Some((word, after)) = number_at(pack, tokens, at) else {
            // "two hundred and six", "forty-one", "one and a half million".
            let next = number_at(pack, tokens, at + 1).map(|(word, _)| word);
            let hyphen = token.is("-")
                && !token.spaced
                && matches!(last, Some(NumberWord::Ten(_) | NumberWord::Unit(_)))
                && matches!(next, Some(NumberWord::Unit(_) | NumberWord::Hundred | NumberWord::Scale(_)));
            let and = matches!(last, Some(NumberWord::Hundred | NumberWord::Hundreds(_) | NumberWord::Scale(_)))
                && matches!(next, Some(NumberWord::Unit(_) | NumberWord::Ten(_)));
            let joined = match (last, next) {
                (Some(NumberWord::Ten(_)), Some(NumberWord::Unit(value))) => value < below,
                (Some(NumberWord::Scale(_)), Some(NumberWord::Hundreds(_))) => true,
                _ => false,
            };
            let and = (and || pack.order.joined_by_and && joined) && is(pack, token, Word::And);
            if hyphen || and {
                before_and = Some((at, total, current, last));
                at += 1;
                continue;
            }
            // "treinta y un casos": the article is the number one too.
            let article =
                |at: usize| tokens.get(at).is_some_and(|token| pack.articles.iter().any(|article| token.is(article)));
            if pack.order.joined_by_and
                && matches!(last, Some(NumberWord::Ten(_)))
                && is(pack, token, Word::And)
                && article(at + 1)
            {
                current += 1.0;
                at += 2;
                last = Some(NumberWord::Unit(1.0));
                continue;
            }
            if let Some(NumberWord::Scale(scale)) = last
                && let Some((part, after)) = fraction_behind(pack, tokens, at)
            {
                total += part * scale;
                at = after;
                break;
            }
            if let Some((part, after)) = half_before_scale(pack, tokens, at)
                && matches!(last, Some(NumberWord::Unit(_) | NumberWord::Ten(_)))
            {
                current += part;
                at = after;
                continue;
            }
            let half = matches!(last, Some(NumberWord::Unit(_))) && is(pack, token, Word::And);
            if half
                && article(at + 1)
                && let Some(part) = tokens.get(at + 2).and_then(|token| pack.fractions.get(token.lower.as_ref()))
                && let Some(NumberWord::Scale(scale)) =
                    tokens.get(at + 3).and_then(|token| pack.number_word(&token.lower))
            {
                total += (current + part) * scale;
                current = 0.0;
                scaled = true;
                at += 4;
                last = Some(NumberWord::Scale(scale));
            }
            break;
        };
        let fits = match (last, word) {
            (None, _) => true,
            (Some(NumberWord::Unit(_)), NumberWord::Unit(_) | NumberWord::Ten(_)) => false,
            (Some(NumberWord::Ten(_)), NumberWord::Unit(value)) => value < below,
            (Some(NumberWord::Ten(_)), NumberWord::Ten(_)) => false,
            (Some(NumberWord::Hundreds(_)), NumberWord::Hundreds(_)) => false,
            (Some(NumberWord::Unit(_) | NumberWord::Ten(_)), NumberWord::Hundreds(_)) => false,
            (Some(NumberWord::Collective(_)), _) => false,
            _ => true,
        };
        if !fits {
            break;
        }
        match word {
            NumberWord::Unit(value) | NumberWord::Ten(value) | NumberWord::Hundreds(value) => current += value,
            NumberWord::Hundred => current = f64::max(1.0, current) * 100.0,
            NumberWord::Collective(size) => {
                let count = f64::max(1.0, current);
                return Some(Simple {
                    after: at + 1,
                    value: total + count * size,
                    style: Style::Plain,
                    words: true,
                    repaired: false,
                    about: true,
                    over: false,
                    scaled: false,
                });
            }
            NumberWord::Scale(scale) => {
                // A bare "million" is no number; "a million" and "five million" are, and so is a bare "mil".
                if last.is_none() && !article && !pack.bare_scales.iter().any(|word| token.is(word)) {
                    return None;
                }
                // "two thousand and three thousand": two numbers.
                if scale >= least
                    && let Some(before) = before_and
                {
                    (at, total, current, last) = before;
                    break;
                }
                least = scale;
                total += f64::max(1.0, current) * scale;
                current = 0.0;
                scaled = true;
            }
        }
        if last.is_none()
            && !article
            && matches!(word, NumberWord::Hundred)
            && !pack.bare_scales.iter().any(|word| token.is(word))
        {
            return None;
        }
        last = Some(word);
        at = after;
    }
    last?;
    let mut simple = Simple {
        after: at,
        value: total + current,
        style: Style::Plain,
        words: true,
        repaired: false,
        about: false,
        over: false,
        scaled,
    };
    if let (Some(NumberWord::Scale(limit)), true) = (last, scaled) {
        let mut limit = limit;
        while let Some((part, part_scale, after)) = smaller_part(pack, tokens, simple.after, limit) {
            simple.value += part;
            simple.after = after;
            limit = part_scale;
            if limit <= 1.0 {
                break;
            }
        }
    }
    Some(simple)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tokens::tokenize;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, f64)]) {
        let tokens = tokenize(text, 0);
        let found = numerals(crate::language::pack("en").unwrap(), &tokens);
        let found: Vec<_> =
            found.iter().map(|numeral| (text.get(numeral.start..numeral.end).unwrap(), numeral.value)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn groupings_of_the_world() {
        check(
            "1,234,567 and 12,34,567 then 1'234",
            &[("1,234,567", 1234567.0), ("12,34,567", 1234567.0), ("1'234", 1234.0)],
        );
        check("29 514 cases", &[("29 514", 29514.0)]);
        check("now 216.771 cases", &[("216.771", 216771.0)]);
        check("rose 1.5 to 216.771", &[("1.5", 1.5), ("216.771", 216.771)]);
        check("In all, 1,204. 317 people, 1 ,204 more", &[("1,204. 317", 1204317.0), ("1 ,204", 1204.0)]);
    }

    #[test]
    fn scales_words_and_ranges() {
        check(
            "1.3 mln, 71k, 1.1m, 56.88 lakh",
            &[("1.3 mln", 1.3e6), ("71k", 71e3), ("1.1m", 1.1e6), ("56.88 lakh", 5_688_000.0)],
        );
        check("two lakh 14 thousand 506 people", &[("two lakh 14 thousand 506", 214506.0)]);
        check("Two hundred and six, forty-one", &[("Two hundred and six", 206.0), ("forty-one", 41.0)]);
        check(
            "half a million and one and a half million",
            &[("half a million", 5e5), ("one and a half million", 1.5e6)],
        );
        check("2 to 3 million people", &[("2", 2e6)]);
        check("rose from 40 to 52 and by 7 to 59", &[("40", 40.0), ("52", 52.0), ("7", 7.0), ("59", 59.0)]);
        check("15.6 percent; hundreds, a dozen", &[("15.6 percent", 15.6), ("a dozen", 12.0)]);
    }
}
