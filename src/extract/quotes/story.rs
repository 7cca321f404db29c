//! Who speaks in a stretch of text.
//!
//! In: a story with its entities, and a quotation or the part of a sentence that attributes a clause. Out: the speaker,
//! an entity where the text allows. What holds: the work beside one quotation is bounded. In English the subject stands
//! before its verb or behind it, in other languages behind a quotation it follows the verb.

use super::marks::Stretch;
use super::words::Words;
use crate::extract::ENGLISH;
use crate::language::tokens::{Token, TokenKind, tokenize};
use crate::model::{Article, Entity, EntityType, Field};

/// How many tokens beside a quotation may hold its attribution.
const REACH: usize = 40;

/// How many tokens behind its verb a speaker may stand.
const BEHIND_VERB: usize = 15;

/// The same where a speaker follows the verb with all offices.
const BEHIND_VERB_INVERTED: usize = 26;

/// What attributes a quotation.
#[derive(Clone, Default)]
pub(super) struct Attribution {
    pub(super) cue: Option<String>,
    pub(super) entity: Option<usize>,
    pub(super) speaker: Option<String>,
}

impl Attribution {
    fn with(self, cue: impl Into<String>) -> Self {
        Self { cue: Some(cue.into()), ..self }
    }
}

/// The mentions of a story, ready for the question who stands in a range of text.
pub(super) struct Story<'a> {
    pub(super) words: &'static Words,
    pub(super) body: &'a str,
    pub(super) entities: &'a [Entity],
    /// Start, end, entity, in text order; people and organisations only.
    pub(super) mentions: Vec<(usize, usize, usize)>,
}

impl<'a> Story<'a> {
    pub(super) fn new(words: &'static Words, article: &'a Article, entities: &'a [Entity]) -> Self {
        let mut mentions = Vec::new();
        for (n, entity) in entities.iter().enumerate() {
            if !matches!(entity.kind, EntityType::Person | EntityType::Organisation) {
                continue;
            }
            mentions.extend(
                entity
                    .mentions
                    .iter()
                    .filter(|mention| mention.span.field == Field::Body)
                    .map(|mention| (mention.span.start, mention.span.end, n)),
            );
        }
        mentions.sort_unstable();
        Self { words, body: &article.body, entities, mentions }
    }

    fn within(&self, start: usize, end: usize) -> impl DoubleEndedIterator<Item = &(usize, usize, usize)> {
        let from = self.mentions.partition_point(|(at, _, _)| *at < start);
        let to = self.mentions.partition_point(|(at, _, _)| *at < end).max(from);
        self.mentions.get(from..to).unwrap_or_default().iter().filter(move |(_, to, _)| *to <= end)
    }

    pub(super) fn is_person(&self, entity: usize) -> bool {
        self.entities.get(entity).is_some_and(|entity| entity.kind == EntityType::Person)
    }

    fn people(&self, start: usize, end: usize) -> impl DoubleEndedIterator<Item = &(usize, usize, usize)> {
        self.within(start, end).filter(|(_, _, n)| self.is_person(*n))
    }

    fn is_english(&self) -> bool {
        self.words.code == ENGLISH
    }

    /// The attribution of a quotation that stands beside it.
    pub(super) fn attribution(
        &self,
        stretch: &Stretch,
        before_limit: usize,
        after_limit: usize,
        last: Option<&Attribution>,
    ) -> Option<Attribution> {
        self.after(stretch, after_limit, last).or_else(|| self.before(stretch, before_limit, last))
    }

    /// `…," Doe said`, `…," said Doe`, `…," the minister told reporters`, `…," according to Doe`.
    fn after(&self, stretch: &Stretch, limit: usize, last: Option<&Attribution>) -> Option<Attribution> {
        let words = self.body.get(stretch.start..stretch.end)?.trim_end();
        let tail = self.body.get(stretch.outer_end..limit)?;
        let sentence_over =
            words.ends_with(['.', '…']) && tail.trim_start().chars().next().is_none_or(|c| !c.is_lowercase());
        if sentence_over && !words.ends_with("...") && !stretch.parted {
            return None;
        }
        let tokens: Vec<Token<'_>> = first_sentence(tokenize(head_of(tail), stretch.outer_end));
        if !self.is_english() {
            return self.inverted(&tokens, stretch.start, last);
        }
        let verb = tokens.iter().position(|token| self.words.is_cue(token));
        let (cue, length) = verb.map(|verb| (verb, 1)).or_else(|| self.source_within(&tokens))?;
        let (cue_token, cue_end) = (tokens.get(cue)?, tokens.get(cue + length - 1)?.end);
        let subject_start =
            tokens.iter().find(|token| token.kind == TokenKind::Word).map_or(cue_token.start, |token| token.start);
        let cue_text = self.body.get(cue_token.start..cue_end)?;
        if subject_start < cue_token.start {
            // A verb far behind belongs to another clause: "…," but officials who were there said otherwise.
            if cue > 16 {
                return None;
            }
            let found = self.subject(subject_start, cue_token.start, true, stretch.start, last)?;
            return Some(found.with(cue_text));
        }
        let to = tokens.iter().take(cue + BEHIND_VERB).next_back().map_or(cue_end, |token| token.end);
        self.subject(cue_end, to, false, stretch.start, last).map(|found| found.with(cue_text))
    }

    /// The first phrase before whom words come from: where it begins and how many tokens it has.
    pub(super) fn source_within(&self, tokens: &[Token<'_>]) -> Option<(usize, usize)> {
        (0..tokens.len()).find_map(|at| Some((at, self.words.source.length_at(tokens, at)?)))
    }

    /// `», — сказал Иванов`, `", a-t-elle ajouté`, `“, so Wolff`: a verb with nothing but small words before it, then the
    /// one who speaks; or a phrase before whom the words come from.
    pub(super) fn inverted(
        &self,
        tokens: &[Token<'_>],
        quote: usize,
        last: Option<&Attribution>,
    ) -> Option<Attribution> {
        let words = self.words;
        let first = tokens.iter().position(|token| token.kind != TokenKind::Mark)?;
        if first > 2 || tokens.iter().take(first).any(|mark| !matches!(mark.lower.as_ref(), "," | "-" | "―")) {
            return None;
        }
        let text = |from: usize, to: usize| self.body.get(tokens.get(from)?.start..tokens.get(to)?.end);
        if let Some(length) = words.back.length_at(tokens, first) {
            let cue = text(first, first + length - 1)?;
            return last.cloned().map(|last| last.with(cue));
        }
        let end = tokens.iter().take(first + BEHIND_VERB_INVERTED).next_back()?.end;
        let cue = self.leading_verb(tokens, first);
        let Some((cue, pronoun)) = cue else {
            let length = words.source.length_at(tokens, first)?;
            let cue = text(first, first + length - 1)?;
            let from = tokens.get(first + length)?.start;
            return self.subject(from, end, false, quote, last).map(|found| found.with(cue));
        };
        let verb = tokens.get(cue)?;
        let found = match pronoun {
            Some(woman) => self.pronoun(woman, quote, last),
            None => self.subject(verb.end, end, false, quote, last).or_else(|| last.cloned().filter(|_| words.drop)),
        };
        found.map(|found| found.with(verb.text))
    }

    /// The verb that opens a run of tokens, small words aside, and whether a pronoun among them is a woman's.
    pub(super) fn leading_verb(&self, tokens: &[Token<'_>], first: usize) -> Option<(usize, Option<bool>)> {
        let mut others = 0;
        let mut pronoun = None;
        let from = first + self.words.as_.length_at(tokens, first).unwrap_or(0);
        for (n, token) in tokens.iter().enumerate().skip(from).take(12) {
            if self.words.is_cue(token) {
                return Some((n, pronoun));
            }
            if self.words.is_passive(token) || self.words.denies(token) {
                return None;
            }
            pronoun = self.words.woman(token).or(pronoun);
            match token.kind {
                TokenKind::Mark if matches!(token.lower.as_ref(), "'" | "-") => {}
                TokenKind::Word if self.words.is_small(token) || pronoun.is_some() => {}
                TokenKind::Word if !token.capitalised() && others < 2 => others += 1,
                _ => return None,
            }
        }
        None
    }

    /// `Doe said: "…`, `according to Doe, "…`, `Doe called it "…`.
    fn before(&self, stretch: &Stretch, limit: usize, last: Option<&Attribution>) -> Option<Attribution> {
        let head = self.body.get(limit..stretch.outer_start)?;
        let sentence = last_sentence(head);
        let from = stretch.outer_start - sentence.len();
        let tokens = tokenize(sentence, from);
        if !self.is_english() {
            return self.leading(&tokens, stretch, last);
        }
        if let Some((at, length)) = self.source_within(&tokens) {
            let (first, end) = (tokens.get(at)?.start, tokens.get(at + length - 1)?.end);
            let found = self.subject(end, stretch.outer_start, false, stretch.start, last)?;
            return Some(found.with(self.body.get(first..end)?));
        }
        let cue = tokens.iter().rposition(|token| self.words.is_cue(token))?;
        let cue_token = tokens.get(cue)?;
        if cue == 0 {
            // A participle goes on from the sentence before: `… Adding: "…"`.
            return last.cloned().map(|last| last.with(cue_token.text));
        }
        self.subject(from, cue_token.start, true, stretch.start, last).map(|found| found.with(cue_token.text))
    }

    /// `Иванов заявил: «…`, `Pour M. Roy, « …`, `Der Verband zeigte sich entsetzt: „…`.
    fn leading(&self, tokens: &[Token<'_>], stretch: &Stretch, last: Option<&Attribution>) -> Option<Attribution> {
        let words = self.words;
        let first = tokens.iter().position(|token| token.kind != TokenKind::Mark)?;
        let from = tokens.get(first)?.start;
        let end = stretch.outer_start;
        if let Some(cue) = tokens.iter().rposition(|token| words.is_cue(token)) {
            let verb = tokens.get(cue)?;
            let before = || self.subject(from, verb.start, true, stretch.start, last);
            let behind = || self.subject(verb.end, end, false, stretch.start, last);
            let again = || last.cloned().filter(|_| words.drop || cue == first);
            return before().or_else(behind).or_else(again).map(|found| found.with(verb.text));
        }
        if words.back.length_at(tokens, first).is_some() {
            return last.cloned();
        }
        if let Some(length) = words.source.length_at(tokens, first) {
            let (cue, from) = (tokens.get(first)?.start, tokens.get(first + length - 1)?.end);
            let found = self.subject(from, end, false, stretch.start, last)?;
            return Some(found.with(self.body.get(cue..from)?));
        }
        // A colon says that somebody of the sentence speaks.
        tokens.last().filter(|token| token.is(":"))?;
        let person = self.people(from, end).next();
        let entity = |entity: usize| Attribution { entity: Some(entity), ..Attribution::default() };
        person.map(|(_, _, person)| entity(*person)).or_else(|| self.subject(from, end, false, stretch.start, last))
    }

    /// Whom a pronoun means, else how the one who spoke last is called.
    fn pronoun(&self, woman: bool, before: usize, last: Option<&Attribution>) -> Option<Attribution> {
        let speaker = last.and_then(|last| last.entity).filter(|speaker| self.is_person(*speaker));
        match self.meant(before, woman, speaker) {
            Some(person) => Some(Attribution { entity: Some(person), ..Attribution::default() }),
            None => last.map(|last| Attribution { speaker: last.speaker.clone(), ..Attribution::default() }),
        }
    }

    /// Who is the subject in a stretch of text before (or after) the cue.
    pub(super) fn subject(
        &self,
        start: usize,
        end: usize,
        before_cue: bool,
        quote: usize,
        last: Option<&Attribution>,
    ) -> Option<Attribution> {
        let end = end.max(start);
        let text = self.body.get(start..end)?;
        let entity = |entity: usize| Attribution { entity: Some(entity), ..Attribution::default() };
        let tokens = tokenize(text, start);
        let mut near: Box<dyn Iterator<Item = &Token<'_>>> =
            if before_cue { Box::new(tokens.iter().rev()) } else { Box::new(tokens.iter()) };
        let pronoun = near
            .find(|token| {
                token.kind == TokenKind::Word && (self.words.woman(token).is_some() || !self.words.is_small(token))
            })
            .and_then(|token| Some((token, self.words.woman(token)?)));
        drop(near);
        if let Some((word, woman)) = pronoun {
            let found = self.pronoun(woman, if before_cue { start.min(quote) } else { quote }, last);
            let called = || Attribution { speaker: Some(word.text.to_owned()), ..Attribution::default() };
            return found.filter(|found| found.entity.is_some() || found.speaker.is_some()).or_else(|| Some(called()));
        }
        // Where the subject may stand: not in what tells when and where it spoke.
        let cut = if before_cue {
            end
        } else {
            let at = (0..tokens.len()).find(|at| self.words.cut.length_at(&tokens, *at).is_some());
            at.and_then(|at| tokens.get(at)).map_or(end, |token| token.start)
        };
        let person = if before_cue {
            self.people(start, end).next_back()
        } else {
            let apposed = |(at, _, _): &&(usize, usize, usize)| {
                self.body.get(start..*at).is_some_and(|before| before.trim_end().ends_with(','))
            };
            self.people(start, cut).next().or_else(|| self.people(start, end).find(apposed))
        };
        if let Some((_, _, person)) = person {
            return Some(entity(*person));
        }
        // Where the tagger names nobody, two capitals together are a name.
        if !self.words.tagged {
            let run = name_run(&tokens, before_cue).and_then(|(from, to)| self.body.get(from..to));
            if let Some(name) = run {
                return Some(Attribution { speaker: Some(name.to_owned()), ..Attribution::default() });
            }
        }
        let text = self.body.get(start..cut)?;
        let phrase = self.noun_phrase(text, before_cue);
        let organisation =
            if before_cue { self.within(start, end).next_back() } else { self.within(start, cut).next() };
        if let Some((from, to, organisation)) = organisation {
            let near = if before_cue {
                self.body
                    .get(*to..end)
                    .is_some_and(|rest| tokenize(rest, *to).iter().all(|word| self.words.is_small(word)))
            } else if self.is_english() {
                from - start <= 5
            } else {
                self.body.get(start..*from).is_some_and(|before| before.split_whitespace().count() <= 2)
            };
            if near && !phrase.as_deref().is_some_and(|phrase| self.words.is_voice(phrase)) {
                return Some(entity(*organisation));
            }
        }
        let phrase = phrase?;
        if self.is_english() {
            return Some(Attribution { cue: None, entity: None, speaker: Some(phrase) });
        }
        Some(self.called_again(&phrase, quote, last).unwrap_or_else(|| self.named(phrase, last)))
    }

    /// A speaker who is no entity: the name within the phrase, or who spoke last by that surname, else the phrase.
    fn named(&self, phrase: String, last: Option<&Attribution>) -> Attribution {
        let words: Vec<&str> = phrase.split(' ').collect();
        let name = |word: &&str| word.starts_with(char::is_uppercase);
        // The first word has a capital where it opens the sentence.
        let end = words.iter().rposition(name).map_or(0, |at| at + 1);
        let from = words.iter().take(end).rposition(|word| !name(word)).map_or(0, |at| at + 1);
        let run = words.get(from..end).unwrap_or_default();
        if let [surname] = run
            && let Some(last) = last.filter(|last| last.speaker.as_deref().is_some_and(|last| last.ends_with(surname)))
        {
            return Attribution { cue: None, ..last.clone() };
        }
        let speaker =
            if !self.words.nouns && from > 0 && run.len() > 1 && end == words.len() { run.join(" ") } else { phrase };
        Attribution { cue: None, entity: None, speaker: Some(speaker) }
    }

    /// Whom a phrase without a name calls again: the person whom the text has introduced by that noun, else the one who
    /// spoke last, else the one named last.
    fn called_again(&self, phrase: &str, before: usize, last: Option<&Attribution>) -> Option<Attribution> {
        if phrase.split(' ').skip(1).any(|word| word.starts_with(char::is_uppercase)) && !self.words.nouns {
            return None;
        }
        let lower = phrase.to_lowercase();
        let mut words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let indefinite = words.clone().next().is_some_and(|word| self.words.is_indefinite(word));
        if indefinite {
            return None;
        }
        let noun = words.find(|word| self.words.is_epithet(word))?;
        let stem: String = noun.chars().take(6).collect();
        let to = self.mentions.partition_point(|(at, _, _)| *at < before);
        let people = || self.mentions.iter().take(to).rev().take(30).filter(|(_, _, entity)| self.is_person(*entity));
        let fits = |word: &str| word.starts_with(&stem) || self.words.nouns && word.contains(&stem);
        let introduced = people().find(|(start, _, _)| self.introduction(*start).split(' ').any(fits));
        let entity = |entity: usize| Attribution { entity: Some(entity), ..Attribution::default() };
        let latest = || people().next().map(|(_, _, person)| entity(*person));
        introduced
            .map(|(_, _, person)| entity(*person))
            .or_else(|| last.map(|last| Attribution { cue: None, ..last.clone() }))
            .or_else(latest)
    }

    /// The words of a sentence before a name, in lower case; a few are enough.
    fn introduction(&self, name: usize) -> String {
        let from = (0..=name.saturating_sub(120)).rev().find(|from| self.body.is_char_boundary(*from)).unwrap_or(0);
        let before = self.body.get(from..name).unwrap_or_default();
        let sentence = before.rsplit(['.', '!', '?', '\n', '”', '"', '»']).next().unwrap_or_default();
        sentence.to_lowercase()
    }

    /// "the ministry", "a spokesman for the company": what is left of a clause around its speaker.
    fn noun_phrase(&self, text: &str, before_cue: bool) -> Option<String> {
        let clause = if before_cue {
            text.rsplit([',', ';', ':', '"', '”', '»']).next()
        } else if self.is_english() {
            text.split([',', ';', ':', '.']).next()
        } else {
            text.split([',', ';', ':', '.', '«', '"', '„', '“', '\n']).next()
        }?;
        let words: Vec<&str> = clause.split_whitespace().collect();
        let words: Vec<&str> = if !self.is_english() {
            let tokens = tokenize(clause, 0);
            let opens = tokens.iter().position(|token| token.kind == TokenKind::Word)?;
            if self.words.aside.length_at(&tokens, opens).is_some() {
                return None;
            }
            words.into_iter().filter(|word| word.chars().any(char::is_alphanumeric)).collect()
        } else if before_cue {
            words
                .into_iter()
                .skip_while(|word| matches!(*word, "and" | "but" | "as" | "that" | "which" | "who" | "also"))
                .filter(|word| *word != "also")
                .collect()
        } else {
            words
        };
        let phrase: String = words.into_iter().take(10).collect::<Vec<_>>().join(" ");
        let sensible = phrase.chars().any(char::is_alphabetic) && phrase.chars().count() <= 80;
        sensible.then_some(phrase)
    }
}

/// The last run of two capitalised words or more before a verb, the first behind it; "da" and the like may join them.
fn name_run(tokens: &[Token<'_>], last: bool) -> Option<(usize, usize)> {
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    let mut open: Option<(usize, usize, usize)> = None;
    for (n, token) in tokens.iter().enumerate() {
        if token.capitalised() && token.text.chars().count() > 1 {
            let (start, _, count) = open.unwrap_or((token.start, token.end, 0));
            open = Some((start, token.end, count + 1));
            continue;
        }
        let joins = token.kind == TokenKind::Word && token.text.chars().count() <= 3 && token.lower.starts_with('d');
        let goes_on = joins && tokens.get(n + 1).is_some_and(Token::capitalised);
        if !goes_on {
            runs.extend(open.take());
        }
    }
    runs.extend(open);
    let mut runs = runs.into_iter().filter(|(_, _, count)| *count > 1);
    let run = if last { runs.next_back() } else { runs.next() };
    run.map(|(start, end, _)| (start, end))
}

/// The first few hundred bytes, so that the work beside one quotation is bounded.
fn head_of(text: &str) -> &str {
    let end = (0..=text.len().min(400)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// Tokens up to the end of the sentence.
fn first_sentence(tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let mut end = tokens.len().min(REACH);
    for (n, token) in tokens.iter().enumerate().take(REACH) {
        let stop = matches!(token.text, "!" | "?" | "\n")
            || token.is(".")
                && tokens.get(n + 1).is_none_or(|next| next.spaced)
                && n.checked_sub(1)
                    .and_then(|before| tokens.get(before))
                    .is_none_or(|before| before.text.chars().count() > 3 || !before.capitalised());
        if stop {
            end = n;
            break;
        }
    }
    tokens.into_iter().take(end).collect()
}

/// The sentence that the text ends in.
pub(super) fn last_sentence(text: &str) -> &str {
    let from = (0..=text.len().saturating_sub(500)).rev().find(|from| text.is_char_boundary(*from)).unwrap_or(0);
    let text = text.get(from..).unwrap_or_default();
    let trimmed = text.trim_end();
    let mut start = 0;
    let mut characters = trimmed.char_indices().peekable();
    let mut word = 0;
    while let Some((at, c)) = characters.next() {
        let after_space = characters.peek().is_some_and(|(_, next)| next.is_whitespace());
        if matches!(c, '.' | '!' | '?') && after_space && word > 3 {
            start = at + 1;
        }
        word = if c.is_alphanumeric() { word + 1 } else { 0 };
    }
    text.get(start..).unwrap_or_default()
}
