//! Numbers in words: "two hundred and six", "treinta y un", "half a million", "a dozen".
//!
//! In: tokens and a position. Out: the number whose words begin there. What holds: words that do not fit together ("five
//! six") are several numbers, and a bare "million" is none unless the pack says so.

use super::digits::Style;
use super::joined::number_at;
use super::numbers::{Simple, is};
use super::pack::{NumberWord, Pack, Word};
use super::scales::{fraction_behind, half_before_scale, smaller_part};
use super::tokens::Token;

pub(super) fn words(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<Simple> {
    let mut at = n;
    let mut total = 0.0;
    let mut current = 0.0;
    let mut last: Option<NumberWord> = None;
    let mut scaled = false;
    let mut least = f64::INFINITY;
    let mut before_and = None;
    // "Forty-one", and where ten to nineteen follow a ten, "soixante-dix".
    let below = if pack.order.teens_follow_tens { 20.0 } else { 10.0 };
    let first = tokens.get(n)?;
    let article = pack.articles.iter().any(|article| first.is(article));
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

/// "half a million", "a quarter of a million", "half a dozen".
pub(super) fn fraction_words(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<Simple> {
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
