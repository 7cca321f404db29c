//! Speech that what the author says parts: `«We stay, — said the mayor. — All of us»`, and speech set off by a dash alone.
//!
//! In: the stretches in marks of a body. Out: the same, those with a verb of speech between cut in two and freed of white
//! space, and paragraphs of dialogue. What holds: a paragraph with a dash is speech where a verb says so, or where the
//! paragraph beside it is.

use super::marks::Stretch;
use super::words::Words;
use crate::language::tokens::{Token, TokenKind, tokenize};
use crate::model::Span;
use std::ops::Range;

/// The stretches of speech of a body.
pub(super) fn part(words: &Words, body: &str, paragraphs: &[Span], stretches: Vec<Stretch>) -> Vec<Stretch> {
    let mut parted: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        let within = stretch.start..stretch.end;
        match aside(words, body, within.clone()) {
            Some(aside) => parted.extend(halves(body, &stretch, within, &aside)),
            None => parted.extend(narrowed(body, &stretch, within)),
        }
    }
    if words.dash {
        dialogue(words, body, paragraphs, &mut parted);
    }
    parted
}

/// What the speaker says before and behind the author.
fn halves(body: &str, whole: &Stretch, within: Range<usize>, aside: &Range<usize>) -> Vec<Stretch> {
    let first = trimmed(body, within.start..aside.start);
    let second = trimmed(body, aside.end..within.end);
    let half = |range: Option<Range<usize>>, outer_start: Option<usize>, outer_end: Option<usize>| {
        let range = range?;
        Some(Stretch {
            outer_start: outer_start.unwrap_or(range.start),
            outer_end: outer_end.unwrap_or(range.end),
            start: range.start,
            end: range.end,
            parted: true,
            ..*whole
        })
    };
    half(first, Some(whole.outer_start), None).into_iter().chain(half(second, None, Some(whole.outer_end))).collect()
}

/// The stretch, of which only a range is speech.
fn narrowed(body: &str, stretch: &Stretch, within: Range<usize>) -> Option<Stretch> {
    trimmed(body, within).map(|within| Stretch { start: within.start, end: within.end, ..*stretch })
}

/// A range without white space, and without the comma that sets the author off; nothing where no word is left.
fn trimmed(body: &str, range: Range<usize>) -> Option<Range<usize>> {
    let text = body.get(range.clone())?;
    let start = range.start + (text.len() - text.trim_start().len());
    let end = range.end - (text.len() - text.trim_end().len());
    (start < end && text.chars().any(char::is_alphanumeric)).then_some(start..end)
}

fn is_dash(token: &Token<'_>) -> bool {
    token.is("-") || token.is("―")
}

/// Where the author speaks within a stretch, from the mark before to the mark behind.
fn aside(words: &Words, body: &str, within: Range<usize>) -> Option<Range<usize>> {
    if !words.dash && !words.comma {
        return None;
    }
    let tokens = tokenize(body.get(within.clone())?, within.start);
    (1..tokens.len()).find_map(|at| {
        let token = tokens.get(at)?;
        let opens_word = tokens.get(at + 1)?.kind == TokenKind::Word;
        if words.dash
            && is_dash(token)
            && opens_word
            && (token.spaced || tokens.get(at - 1)?.kind == TokenKind::Mark || !token.text.starts_with('-'))
            && verb_at(words, &tokens, at + 1)
        {
            let comma = tokens.get(at - 1).filter(|mark| mark.is(","));
            let start = comma.map_or(token.start, |comma| comma.start);
            return Some(start..dash_end(&tokens, at + 1).unwrap_or(within.end));
        }
        if words.comma && token.is(",") && opens_word && verb_at(words, &tokens, at + 1) {
            return Some(token.start..comma_end(words, &tokens, at + 1).unwrap_or(within.end));
        }
        None
    })
}

/// Whether a verb of speech follows, small words aside.
fn verb_at(words: &Words, tokens: &[Token<'_>], at: usize) -> bool {
    for (n, token) in tokens.iter().enumerate().skip(at).take(8) {
        if words.is_cue(token) {
            // "…, dit que" goes on with a clause of the same speaker.
            return tokens.get(n + 1).is_none_or(|next| !words.is_that(next));
        }
        let between =
            words.is_small(token) || words.woman(token).is_some() || matches!(token.lower.as_ref(), "'" | "-");
        if !between {
            return false;
        }
    }
    false
}

/// The end of what the author says between dashes: the end of the next dash.
fn dash_end(tokens: &[Token<'_>], from: usize) -> Option<usize> {
    let dash = |(n, token): &(usize, &Token<'_>)| {
        is_dash(token) && (token.spaced || tokens.get(n + 1).is_some_and(|next| next.spaced))
    };
    let (at, dash) = tokens.iter().enumerate().skip(from).find(dash)?;
    // "—dijo—. Y …": the stop belongs to the author.
    let stop = tokens.get(at + 1).filter(|stop| matches!(stop.text, "." | ","));
    Some(stop.map_or(dash.end, |stop| stop.end))
}

/// The end of what the author says behind a comma: the end of the sentence, or the comma behind the speaker.
fn comma_end(words: &Words, tokens: &[Token<'_>], from: usize) -> Option<usize> {
    let stop = |(n, token): &(usize, &Token<'_>)| {
        matches!(token.text, "." | "!" | "?")
            && tokens.get(n - 1).is_some_and(|word| word.text.chars().count() > 2)
            && tokens.get(n + 1).is_some_and(|next| next.spaced)
    };
    if let Some((_, stop)) = tokens.iter().enumerate().skip(from).find(stop) {
        return Some(stop.end);
    }
    let verb = (from..tokens.len()).find(|n| tokens.get(*n).is_some_and(|token| words.is_cue(token)))?;
    let comma = |from: usize| (from..tokens.len()).find(|n| tokens.get(*n).is_some_and(|token| token.is(",")));
    let first = comma(verb)?;
    // "reconnaît Enzo, 13 ans, mais …": what stands between two commas near each other tells of the speaker.
    let second = comma(first + 1).filter(|second| second - first <= 5);
    tokens.get(second.unwrap_or(first)).map(|comma| comma.end)
}

/// Adds the paragraphs that a dash opens.
fn dialogue(words: &Words, body: &str, paragraphs: &[Span], stretches: &mut Vec<Stretch>) {
    let opened = |paragraph: &Span| -> Option<(usize, Option<Range<usize>>)> {
        let text = body.get(paragraph.start..paragraph.end)?;
        let start = paragraph.end - text.trim_start().strip_prefix(['—', '–', '-', '―'])?.trim_start().len();
        Some((start, aside(words, body, start..paragraph.end)))
    };
    let opened: Vec<_> = paragraphs.iter().map(opened).collect();
    let spoken = |n: Option<usize>| n.and_then(|n| opened.get(n)?.as_ref()).is_some_and(|(_, aside)| aside.is_some());
    let mut added = Vec::new();
    for (n, paragraph) in paragraphs.iter().enumerate() {
        let Some(Some((start, aside))) = opened.get(n) else { continue };
        let first = stretches.get(stretches.partition_point(|stretch| stretch.start < paragraph.start));
        let marked =
            first.is_some_and(|first| first.paragraph.start == paragraph.start && first.outer_start < *start + 2);
        if marked || !(aside.is_some() || spoken(n.checked_sub(1)) || spoken(Some(n + 1))) {
            continue;
        }
        let whole = Stretch {
            start: *start,
            end: paragraph.end,
            outer_start: paragraph.start,
            outer_end: paragraph.end,
            continues: false,
            parted: true,
            paragraph: *paragraph,
        };
        match aside {
            Some(aside) => added.extend(halves(body, &whole, *start..paragraph.end, aside)),
            None => added.extend(narrowed(body, &whole, *start..paragraph.end)),
        }
    }
    stretches.extend(added);
    stretches.sort_by_key(|stretch| stretch.start);
}
