//! Speech that is told and not quoted: "The bridge will open in May, the ministry said."
//!
//! In: a story and the direct quotations of it. Out: the clauses that somebody is said to have said, each with the
//! speaker. What holds: one clause a sentence at most, and none in a sentence that quotes; a clause without a speaker
//! who is an entity, a pronoun or an office is left out.

use super::story::{Attribution, Story};
use super::words::Words;
use crate::extract::entities::token::Token as Word;
use crate::language::tokens::{Token, TokenKind, tokenize};
use crate::model::{Quote, Span};

/// Verbs that tell a clause and attribute no marks.
const CLAUSE_ONLY: [&str; 3] = ["reported", "believes", "disclosed"];

/// Those, and what begins a clause without a verb that tells.
pub(super) fn others() -> impl Iterator<Item = &'static str> {
    CLAUSE_ONLY.into_iter().chain(["according"])
}

fn tells(words: &Words, token: &Token<'_>) -> bool {
    words.tells(token) || CLAUSE_ONLY.contains(&token.lower.as_ref())
}

/// The fewest words of a clause that says something.
const LEAST: usize = 4;

/// How far into a sentence its subject and verb may stand, in tokens.
const REACH: usize = 40;

/// The clauses in the sentences of a story's body, which has these words and begins behind its dateline.
pub(super) fn find(
    story: &Story<'_>,
    sentences: &[Span],
    words: &[Word<'_>],
    dateline: usize,
    direct: &[Quote],
) -> Vec<Quote> {
    let mut quotes: Vec<Quote> = Vec::new();
    for place in sentences {
        let (start, end) = (place.start.max(dateline).min(place.end), place.end);
        let lead = |c: char| c.is_whitespace() || matches!(c, '-' | '–' | '—' | '.' | ':');
        let start = story.body.get(start..end).map_or(start, |text| end - text.trim_start_matches(lead).len());
        let Some(text) = story.body.get(start..end) else { continue };
        let at = direct.partition_point(|quote| quote.span.end < start);
        let quoted = direct.get(at).is_some_and(|quote| quote.span.start < end);
        let first = words.partition_point(|word| word.start < start);
        let own = words.get(first..).unwrap_or_default().iter().take_while(|word| word.start < end);
        // Most have no word that may tell a clause, and need not be taken apart.
        if quoted || !story.words.may_tell(own.map(|word| word.folded)) || text.contains(['"', '“', '”']) {
            continue;
        }
        // "he said" goes back to whoever was told to have spoken before it.
        let before = quotes.last().or(at.checked_sub(1).and_then(|at| direct.get(at)));
        let last = before.and_then(|quote| quote.speaker_entity.as_deref()).map(str::to_owned);
        quotes.extend(clause(story, text, start, last.as_deref()));
    }
    quotes
}

fn clause(story: &Story<'_>, text: &str, start: usize, last: Option<&str>) -> Option<Quote> {
    let tokens = tokenize(text, start);
    let end =
        tokens.last().filter(|token| matches!(token.text, "." | "!" | "?")).map_or(start + text.len(), |dot| dot.start);
    if let Some((at, length)) = story.source_within(&tokens) {
        let name = tokens.get(at + length)?;
        let cue = story.body.get(tokens.get(at)?.start..tokens.get(at + length - 1)?.end)?;
        let comma = |token: &Token<'_>| token.is(",");
        let before = at.checked_sub(1).and_then(|n| tokens.get(n));
        return if at == 0 {
            let close = tokens.iter().take(REACH).position(comma)?;
            let (from, to) = (tokens.get(close + 1)?.start, tokens.get(close)?.start);
            quote(story, (from, end), (name.start, to), false, cue, last)
        } else {
            let to = before.filter(|token| comma(token)).or(tokens.get(at))?.start;
            quote(story, (start, to), (name.start, end), false, cue, last)
        };
    }
    let cue = tokens.iter().take(tokens.len().min(4 * REACH)).rposition(|token| tells(story.words, token))?;
    let first = tokens.iter().take(REACH).position(|token| tells(story.words, token));
    // "X said Y": the first verb, unless a comma and its subject end the sentence: "Y, X said".
    if let Some(quote) = behind(story, &tokens, cue, (start, end), last) {
        return Some(quote);
    }
    let cue = first?;
    let verb = tokens.get(cue)?;
    let from = opening(&tokens, cue)?;
    quote(story, (tokens.get(from)?.start, end), (start, verb.start), true, verb.text, last)
}

/// "The bridge will open in May, the ministry said on Monday."
fn behind(
    story: &Story<'_>,
    tokens: &[Token<'_>],
    cue: usize,
    (start, end): (usize, usize),
    last: Option<&str>,
) -> Option<Quote> {
    let verb = tokens.get(cue)?;
    let comma = tokens.iter().take(cue).rposition(|token| token.is(","))?;
    let words = |from: usize, to: usize| {
        tokens.iter().skip(from).take(to.saturating_sub(from)).filter(|token| token.kind == TokenKind::Word).count()
    };
    // What follows the verb is only when and where it was said, or the subject itself.
    let inverted = comma + 1 == cue;
    let rest = words(cue + 1, tokens.len());
    let adjunct = rest <= 1
        || rest <= 14
            && tokens.get(cue + 1).is_some_and(|next| {
                matches!(next.lower.as_ref(), "on" | "in" | "at" | "late" | "early" | "during" | "via" | "to" | ".")
            });
    if words(0, comma) < LEAST || words(comma, cue) > 14 || !(inverted || adjunct) {
        return None;
    }
    // An apposition between subject and verb: "Y, X, the head of Z, said".
    let subject = if inverted { (verb.end, end) } else { (tokens.get(comma + 1)?.start, verb.start) };
    let found = quote(story, (start, tokens.get(comma)?.start), subject, !inverted, verb.text, last);
    found.or_else(|| {
        let earlier = tokens.iter().take(comma).rposition(|token| token.is(","))?;
        let subject = (tokens.get(earlier + 1)?.start, verb.start);
        (words(0, earlier) >= LEAST)
            .then(|| quote(story, (start, tokens.get(earlier)?.start), subject, true, verb.text, last))?
    })
}

/// Where the clause begins behind its verb: after "that", the one who was told, and when and where it was said.
fn opening(tokens: &[Token<'_>], cue: usize) -> Option<usize> {
    let word = |n: usize| tokens.get(n).map_or("", |token| token.lower.as_ref());
    if let Some(that) = (cue + 1..cue + 14).find(|n| word(*n) == "that") {
        return Some(that + 1);
    }
    let mut at = cue + 1;
    if matches!(word(cue), "told" | "tells") {
        // "told Reuters the bridge …", "told a news conference …": the object ends where nobody can tell.
        at += 1 + usize::from(matches!(word(at), "a" | "an" | "the" | "state" | "local"));
    }
    loop {
        let next = match word(at) {
            "on" if tokens.get(at + 1).is_some_and(Token::capitalised) => at + 2,
            "in" | "at" | "during" => {
                let noun = (at + 1..at + 6).find(|n| {
                    matches!(
                        word(*n),
                        "statement"
                            | "briefing"
                            | "conference"
                            | "report"
                            | "interview"
                            | "email"
                            | "note"
                            | "speech"
                            | "post"
                            | "tweet"
                            | "message"
                            | "letter"
                            | "address"
                    )
                })?;
                noun + 1
            }
            "late" | "early" | "also" | "," => at + 1,
            _ => break,
        };
        at = next;
    }
    let words = tokens.iter().skip(at).filter(|token| token.kind == TokenKind::Word).count();
    // "X said no", "X added a goal", "X reported 40 cases": an object, and no clause with a verb of its own.
    let verb = tokens.iter().skip(at).take(25).any(|token| is_verb(&token.lower));
    (words >= LEAST && verb).then_some(at)
}

/// Auxiliaries, by which a clause is told from an object.
fn is_verb(word: &str) -> bool {
    matches!(
        word,
        "is" | "are"
            | "was"
            | "were"
            | "be"
            | "been"
            | "has"
            | "have"
            | "had"
            | "will"
            | "would"
            | "can"
            | "could"
            | "may"
            | "might"
            | "must"
            | "should"
            | "shall"
            | "did"
            | "does"
            | "do"
            | "needs"
            | "wants"
            | "wanted"
            | "plans"
            | "planned"
            | "expects"
            | "expected"
            | "remains"
            | "remained"
            | "came"
            | "went"
            | "took"
            | "made"
            | "began"
            | "found"
            | "left"
    )
}

fn quote(
    story: &Story<'_>,
    (start, end): (usize, usize),
    (from, to): (usize, usize),
    before_cue: bool,
    cue: &str,
    last: Option<&str>,
) -> Option<Quote> {
    let text = story.body.get(start..end)?;
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == ',');
    let lead = text.len() - text.trim_start_matches(|c: char| c.is_whitespace() || c == ',').len();
    if trimmed.split_whitespace().count() < LEAST {
        return None;
    }
    let earlier = last.and_then(|id| story.entities.iter().position(|entity| entity.id == id));
    let before = Attribution { entity: earlier, ..Attribution::default() };
    let found = story.subject(from, to, before_cue, start, Some(&before))?;
    let entity = found.entity.and_then(|entity| story.entities.get(entity));
    let phrase = found.speaker.filter(|phrase| story.words.is_speaker(phrase));
    let speaker = entity.map(|entity| entity.name.clone()).or(phrase)?;
    Some(Quote {
        span: Span::body(start + lead, start + lead + trimmed.len()),
        speaker: Some(speaker),
        speaker_entity: entity.map(|entity| entity.id.clone()),
        cue: Some(cue.to_owned()),
        direct: false,
    })
}
