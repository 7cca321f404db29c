//! Speech that is told and not quoted, in languages other than English: "По словам министра, мост откроют в мае".
//!
//! In: a story, the pack of its language and the direct quotations of it. Out: the clauses that somebody is said to have
//! said, each with the speaker. Three forms: whom it comes from, then the clause; the clause, then a verb with its subject
//! behind it, or whom it comes from; a subject, its verb and a clause that is joined to it. What holds: one clause a
//! sentence at most, and none in a sentence that quotes; a clause without a speaker who is an entity, a pronoun or an
//! office is left out.

use super::story::{Attribution, Story};
use crate::language::tokens::{Token, TokenKind, tokenize};
use crate::model::{Quote, Span};

/// The fewest words of a clause that says something.
const LEAST: usize = 2;

/// How far into a sentence what attributes it may reach, in tokens.
const REACH: usize = 40;

/// How far into a sentence a verb may tell the clause that is joined to it, in tokens.
const LATEST_VERB: usize = 160;

/// How far behind its verb a clause may begin, in tokens.
const TO_CLAUSE: usize = 22;

/// The clauses in the sentences of a story's body, which begins behind its dateline.
pub(super) fn find(story: &Story<'_>, sentences: &[Span], dateline: usize, direct: &[Quote]) -> Vec<Quote> {
    let mut quotes: Vec<Quote> = Vec::new();
    for place in sentences {
        let (start, end) = (place.start.max(dateline).min(place.end), place.end);
        let lead = |c: char| c.is_whitespace() || matches!(c, '-' | '–' | '—' | '.' | ':' | '/');
        let start = story.body.get(start..end).map_or(start, |text| end - text.trim_start_matches(lead).len());
        let start = start + story.body.get(start..end).map_or(0, agency_lead);
        let Some(text) = story.body.get(start..end) else { continue };
        let at = direct.partition_point(|quote| quote.span.end < start);
        if direct.get(at).is_some_and(|quote| quote.span.start < end) {
            continue;
        }
        // "he said" goes back to whoever was told to have spoken before it.
        let before = quotes.last().into_iter().chain(at.checked_sub(1).and_then(|at| direct.get(at)));
        let before = before.max_by_key(|quote| quote.span.start);
        let last = before.map(|quote| Attribution {
            cue: None,
            entity: quote.speaker_entity.as_deref().and_then(|id| story.entities.iter().position(|e| e.id == id)),
            speaker: quote.speaker.clone(),
        });
        let tokens = tokenize(text, start);
        let stop = tokens.last().filter(|token| matches!(token.text, "." | "!" | "?"));
        let sentence =
            Sentence { story, tokens: &tokens, end: stop.map_or(end, |stop| stop.start), last: last.as_ref() };
        quotes.extend(sentence.clause());
    }
    quotes
}

/// The bytes of what an agency puts before its first sentence: "ИНТЕРФАКС - ".
fn agency_lead(text: &str) -> usize {
    let dash = [" - ", " – ", " — "].iter().find_map(|dash| Some(text.find(dash)? + dash.len()));
    let capitals = |lead: &str| lead.chars().any(char::is_uppercase) && !lead.chars().any(char::is_lowercase);
    dash.filter(|end| text.get(..*end).is_some_and(capitals)).unwrap_or(0)
}

/// One sentence.
struct Sentence<'s> {
    story: &'s Story<'s>,
    tokens: &'s [Token<'s>],
    /// Before its last stop.
    end: usize,
    /// Who spoke last.
    last: Option<&'s Attribution>,
}

impl Sentence<'_> {
    fn clause(&self) -> Option<Quote> {
        self.source_first().or_else(|| self.attribution_last()).or_else(|| self.joined())
    }

    fn token(&self, at: usize) -> Option<&Token<'_>> {
        self.tokens.get(at)
    }

    fn comma(&self, from: usize) -> Option<usize> {
        (from..self.tokens.len().min(from + REACH)).find(|at| self.token(*at).is_some_and(|token| token.is(",")))
    }

    fn text(&self, from: usize, to: usize) -> Option<&str> {
        self.story.body.get(self.token(from)?.start..self.token(to)?.end)
    }

    /// "По словам министра, …", "Laut Polizei war …", "Как сообщили в МЧС, …".
    fn source_first(&self) -> Option<Quote> {
        let words = self.story.words;
        if let Some(length) = words.back.length_at(self.tokens, 0) {
            let comma = usize::from(self.token(length)?.is(","));
            return self.quote(
                self.token(length + comma)?.start,
                self.end,
                self.last?.clone(),
                self.text(0, length - 1)?,
            );
        }
        if let Some(length) = words.alone.length_at(self.tokens, 0) {
            let cue = self.text(0, length - 1)?;
            let found = Attribution { speaker: Some(cue.to_owned()), ..Attribution::default() };
            return self.quote(self.token(length)?.start, self.end, found, cue);
        }
        if words.verb_second
            && let Some(found) = self.behind_name()
        {
            return Some(found);
        }
        let by_verb = words.as_.length_at(self.tokens, 0).and_then(|length| self.as_told(length));
        if by_verb.is_some() {
            return by_verb;
        }
        let length = words.source.length_at(self.tokens, 0)?;
        let from = self.token(length - 1)?.end;
        let begin = if words.verb_second { self.finite(length)? } else { self.comma_behind(length)? + 1 };
        let to = self.token(begin)?.start;
        let found = self.subject(from, to, false)?;
        self.quote(to, self.end, found, self.text(0, length - 1)?)
    }

    /// The comma that ends a phrase of the speaker: not that before the name of an apposition.
    fn comma_behind(&self, from: usize) -> Option<usize> {
        let first = self.comma(from)?;
        let apposition = self.comma(first + 1).filter(|second| {
            let between = self.tokens.get(first + 1..*second).unwrap_or_default();
            second - first <= 5 && between.iter().all(|token| token.capitalised() || token.text.chars().count() <= 3)
        });
        Some(apposition.unwrap_or(first))
    }

    /// "Как сообщили в МЧС, …", "Wie die Polizei mitteilte, …", "Según precisó el ministro, …".
    fn as_told(&self, length: usize) -> Option<Quote> {
        let words = self.story.words;
        let limit = self.comma_behind(length)?;
        let verb = (length..limit).find(|at| self.token(*at).is_some_and(|token| words.tells(token)))?;
        let (begin, told) = (self.token(length)?.start, self.token(verb)?);
        let comma = self.token(limit)?;
        let behind = || self.subject(told.end, comma.start, false);
        let found = if words.verb_second { self.subject(begin, told.start, true).or_else(behind) } else { behind() };
        let found = found.or_else(|| self.subject(begin, told.start, true))?;
        self.quote(self.token(limit + 1)?.start, self.end, found, told.text)
    }

    /// "Dem Ministerium zufolge sind …".
    fn behind_name(&self) -> Option<Quote> {
        let words = self.story.words;
        let (at, length) =
            (1..self.tokens.len().min(14)).find_map(|at| Some((at, words.behind.length_at(self.tokens, at)?)))?;
        let found = self.subject(self.token(0)?.start, self.token(at)?.start, true)?;
        self.quote(self.token(at + length)?.start, self.end, found, self.text(at, at + length - 1)?)
    }

    /// Where the verb stands behind a phrase without a comma: the first word without a capital that follows a noun and
    /// goes on with no other.
    fn finite(&self, from: usize) -> Option<usize> {
        let words = self.story.words;
        let mut noun = false;
        for at in from..self.tokens.len().min(from + 20) {
            let token = self.token(at)?;
            if token.kind != TokenKind::Word {
                continue;
            }
            let joins = words.is_indefinite(&token.lower)
                || words.cut.length_at(self.tokens, at).is_some()
                || JOINS_NOUNS.contains(&token.lower.as_ref());
            let adjective = self.token(at + 1).is_some_and(Token::capitalised)
                && token.lower.ends_with(['n', 'r', 's'])
                && at > 0
                && self.token(at - 1).is_some_and(|before| JOINS_NOUNS.contains(&before.lower.as_ref()));
            if noun && !token.capitalised() && !joins && !adjective {
                return Some(at);
            }
            noun |= token.capitalised();
        }
        None
    }

    /// "…, сообщил министр", "…, selon la police", "…, so der Trainer".
    fn attribution_last(&self) -> Option<Quote> {
        let commas = (1..self.tokens.len()).rev().filter(|at| self.token(*at).is_some_and(|token| token.is(",")));
        commas.take(4).find_map(|comma| {
            let tokens = self.tokens.get(comma + 1..)?;
            // What follows a clause of its own is no attribution of the one before.
            let joined = tokens.iter().take(TO_CLAUSE).any(|token| self.story.words.is_that(token));
            let before = self.tokens.get(..comma)?;
            let attributed = before.iter().any(|token| self.story.words.tells(token))
                && before.iter().any(|token| self.story.words.is_that(token));
            if joined || attributed {
                return None;
            }
            let found = self.story.inverted(tokens, self.token(0)?.start, self.last)?;
            let told = found.cue.clone().filter(|cue| {
                let tells = |token: &Token<'_>| self.story.words.tells(token);
                tokenize(cue, 0).iter().any(tells) || self.story.words.source.length_at(&tokenize(cue, 0), 0).is_some()
            })?;
            self.quote(self.token(0)?.start, self.token(comma)?.start, found, &told)
        })
    }

    /// "Министр сообщил, что …", "X erklärte, …sei …", "X уверен: …".
    fn joined(&self) -> Option<Quote> {
        let words = self.story.words;
        // What is told opens with its speaker: in a sentence without end not every verb is looked at.
        let verbs = self.tokens.iter().take(LATEST_VERB).enumerate().filter(|(_, token)| words.tells(token));
        let last_subjunctive = self.tokens.iter().rposition(|token| words.is_subjunctive(token)).unwrap_or(0);
        for (verb, told) in verbs {
            let around = self.tokens.get(verb.saturating_sub(3)..verb).unwrap_or_default();
            let denied = around.iter().any(|token| words.denies(token) || words.is_passive(token))
                || self.token(verb + 1).is_some_and(|token| words.denies(token));
            if denied {
                continue;
            }
            let Some((opener, begin)) = self.opening(verb, last_subjunctive) else { continue };
            let from = self.token(0)?.start;
            let nothing_before = (0..verb).all(|at| self.token(at).is_some_and(|token| words.is_small(token)));
            let before = || if nothing_before { None } else { self.subject(from, told.start, true) };
            let behind = || self.subject(told.end, self.token(opener)?.start, false);
            let again = || self.last.cloned().filter(|_| words.drop);
            let pronoun = self
                .story
                .leading_verb(self.tokens, 0)
                .filter(|(at, _)| *at == verb && nothing_before)
                .and_then(|(_, pronoun)| pronoun);
            let found = match pronoun {
                Some(_) => self.subject(from, told.start, true),
                None => before()
                    .filter(|found| self.speaks(found))
                    .or_else(behind)
                    .filter(|found| self.speaks(found))
                    .or_else(again),
            };
            if let Some(found) = found
                && let Some(quote) = self.quote(self.token(begin)?.start, self.end, found, told.text)
            {
                return Some(quote);
            }
        }
        None
    }

    /// Where the words that join a clause begin behind a verb, and where the clause does.
    fn opening(&self, verb: usize, last_subjunctive: usize) -> Option<(usize, usize)> {
        let words = self.story.words;
        for at in verb + 1..self.tokens.len().min(verb + TO_CLAUSE) {
            let token = self.token(at)?;
            if words.is_that(token) {
                // An apostrophe of "qu'il".
                let elided = usize::from(self.token(at + 1).is_some_and(|mark| mark.is("'")));
                let comma = usize::from(self.token(at - 1).is_some_and(|mark| mark.is(",")));
                return Some((at - comma, at + 1 + elided));
            }
            if token.is(":") {
                return Some((at, at + 1));
            }
            let joined = || self.token(at + 1).is_some_and(|next| words.is_that(next));
            if token.is(",") && !joined() && last_subjunctive > at {
                return Some((at, at + 1));
            }
        }
        None
    }

    /// Whether somebody who can speak was found.
    fn speaks(&self, found: &Attribution) -> bool {
        let words = self.story.words;
        let capital = |word: &str| word.starts_with(char::is_uppercase);
        let named = |phrase: &str| !words.tagged && capital(phrase) && phrase.rsplit(' ').next().is_some_and(capital);
        found.entity.is_some()
            || found.speaker.as_deref().is_some_and(|phrase| words.is_speaker(phrase) || named(phrase))
    }

    fn subject(&self, from: usize, to: usize, before: bool) -> Option<Attribution> {
        self.story.subject(from, to, before, self.token(0)?.start, self.last)
    }

    fn quote(&self, start: usize, end: usize, found: Attribution, cue: &str) -> Option<Quote> {
        let text = self.story.body.get(start..end)?;
        let outside = |c: char| c.is_whitespace() || c == ',';
        let trimmed = text.trim_matches(outside);
        let start = start + (text.len() - text.trim_start_matches(outside).len());
        let again = found.speaker.is_some() && found.speaker == self.last.and_then(|last| last.speaker.clone());
        if trimmed.split_whitespace().count() < LEAST || !(again || self.speaks(&found)) {
            return None;
        }
        let entity = found.entity.and_then(|entity| self.story.entities.get(entity));
        Some(Quote {
            span: Span::body(start, start + trimmed.len()),
            speaker: entity.map(|entity| entity.name.clone()).or(found.speaker),
            speaker_entity: entity.map(|entity| entity.id.clone()),
            cue: Some(cue.to_owned()),
            direct: false,
        })
    }
}

/// Articles and what joins a noun to another, where the verb follows without a comma.
const JOINS_NOUNS: [&str; 16] =
    ["der", "die", "das", "des", "dem", "den", "von", "vom", "und", "für", "zu", "zur", "zum", "aus", "eines", "einer"];
