//! Who said what: speech with its speaker, quoted and told.
//!
//! In: an article and its entities. Out: quotations in text order, each with the words between its marks, the cue that
//! attributes it and the speaker, resolved to an entity where the text allows. Words in marks that nobody utters (titles,
//! terms, irony) are left out. A quotation that runs over paragraphs is one entry per paragraph, all of one speaker.
//! `indirect` adds the clauses that somebody is said to have said.

mod indirect;
mod marks;
mod pronouns;

use crate::language::tokens::{Token, TokenKind, tokenize};
use crate::model::{Article, Entity, EntityType, Field, Quote, Span};
use marks::{Stretch, stretches};
use rustc_hash::FxHashSet;
use std::sync::LazyLock;

/// Words that attribute speech, in the forms in which they do, also where a clause follows them without marks.
const TELLING: [&str; 33] = [
    "said",
    "says",
    "saying",
    "told",
    "tells",
    "added",
    "adds",
    "stated",
    "noted",
    "notes",
    "stressed",
    "explained",
    "announced",
    "argued",
    "argues",
    "claimed",
    "claims",
    "confirmed",
    "insisted",
    "insists",
    "warned",
    "warns",
    "declared",
    "emphasized",
    "emphasised",
    "recalled",
    "acknowledged",
    "admitted",
    "predicted",
    "concluded",
    "reiterated",
    "testified",
    "cautioned",
];

/// Words that attribute only what stands in marks.
const QUOTING: [&str; 45] = [
    "say",
    "telling",
    "adding",
    "states",
    "stating",
    "noting",
    "continued",
    "stresses",
    "stressing",
    "explains",
    "explaining",
    "announcing",
    "tweeted",
    "wrote",
    "writes",
    "writing",
    "warning",
    "emphasizing",
    "remarked",
    "commented",
    "specified",
    "clarified",
    "elaborated",
    "asked",
    "replied",
    "answered",
    "observed",
    "urged",
    "vowed",
    "pledged",
    "underlined",
    "underscored",
    "highlighted",
    "joked",
    "quipped",
    "lamented",
    "complained",
    "called",
    "described",
    "suggested",
    "promised",
    "responded",
    "posted",
    "quoted",
    "recounted",
];

/// How many tokens beside a quotation may hold its attribution.
const REACH: usize = 40;

/// What attributes a quotation.
#[derive(Clone, Default)]
struct Attribution {
    cue: Option<String>,
    entity: Option<usize>,
    speaker: Option<String>,
}

/// The quotations of an article's body.
pub(crate) fn find(article: &Article, entities: &[Entity]) -> Vec<Quote> {
    let stretches = stretches(article);
    let story = Story::new(article, entities);
    let mut quotes: Vec<(Quote, usize)> = Vec::new();
    let mut last: Option<Attribution> = None;
    for (n, stretch) in stretches.iter().enumerate() {
        let before_limit = n
            .checked_sub(1)
            .and_then(|n| stretches.get(n))
            .filter(|other| other.paragraph == stretch.paragraph)
            .map_or(stretch.paragraph.start, |other| other.outer_end);
        let after_limit = stretches
            .get(n + 1)
            .filter(|other| other.paragraph == stretch.paragraph)
            .map_or(stretch.paragraph.end, |other| other.outer_start);
        let own = story.attribution(stretch, before_limit, after_limit, last.as_ref());
        let same_paragraph = quotes.last().filter(|(quote, _)| stretch.paragraph.contains(&quote.span)).is_some();
        let attribution = match own {
            Some(own) => own,
            // "…," she said. "…": the second half of a broken quotation, or the next paragraph of a long one.
            None if stretch.continues || same_paragraph => last.clone().unwrap_or_default(),
            None if is_whole_paragraph(stretch) => {
                last.clone().map(|last| Attribution { cue: None, ..last }).unwrap_or_default()
            }
            None => Attribution::default(),
        };
        let attributed = attribution.entity.is_some() || attribution.speaker.is_some();
        let Some(words) = article.body.get(stretch.start..stretch.end) else { continue };
        if !is_speech(article, stretch, words, attributed) {
            continue;
        }
        if attributed {
            last = Some(attribution.clone());
        }
        let speaker = attribution.entity.and_then(|n| entities.get(n));
        quotes.push((
            Quote {
                span: Span::body(stretch.start, stretch.end),
                speaker: speaker.map(|speaker| speaker.name.clone()).or(attribution.speaker),
                speaker_entity: speaker.map(|speaker| speaker.id.clone()),
                cue: attribution.cue,
                direct: true,
            },
            n,
        ));
    }
    backfill(&mut quotes, &stretches);
    let mut quotes: Vec<Quote> = quotes.into_iter().map(|(quote, _)| quote).collect();
    let dateline = article.wire.dateline.as_ref().map(|dateline| dateline.span.end);
    quotes.extend(indirect::find(&story, dateline.unwrap_or(0), &quotes));
    quotes.sort_by_key(|quote| quote.span.start);
    quotes
}

/// A quotation whose speaker is named only behind the next one of its paragraph: `"No." "Never," Doe said.`
fn backfill(quotes: &mut [(Quote, usize)], stretches: &[Stretch]) {
    for n in (1..quotes.len()).rev() {
        let (left, right) = quotes.split_at_mut(n);
        let (Some((earlier, a)), Some((later, b))) = (left.last_mut(), right.first()) else { continue };
        let same =
            stretches.get(*a).zip(stretches.get(*b)).is_some_and(|(a, b)| a.paragraph == b.paragraph || b.continues);
        if same && earlier.speaker.is_none() && later.speaker.is_some() {
            earlier.speaker = later.speaker.clone();
            earlier.speaker_entity = later.speaker_entity.clone();
        }
    }
}

fn is_whole_paragraph(stretch: &Stretch) -> bool {
    stretch.outer_start <= stretch.paragraph.start && stretch.outer_end + 1 >= stretch.paragraph.end
}

/// Whether the words are uttered, and not a title, a term or irony.
fn is_speech(article: &Article, stretch: &Stretch, words: &str, attributed: bool) -> bool {
    let count = words.split_whitespace().count();
    if count == 0 {
        return false;
    }
    let before = article.body.get(stretch.paragraph.start..stretch.outer_start).unwrap_or_default().trim_end();
    let opens = before.is_empty()
        || before.ends_with([':', ',', '.', '!', '?', '"', '”', '—', '–'])
        || TELLING.iter().chain(&QUOTING).any(|cue| before.ends_with(cue))
        || before.ends_with("that");
    let closed = words.trim_end().ends_with([',', '.', '!', '?', '…', '-', '—']);
    let capitals = words.split_whitespace().filter(|word| word.starts_with(char::is_uppercase)).count();
    let after_article = before.rsplit([' ', '\n']).next().is_some_and(|word| {
        matches!(
            word.to_lowercase().as_str(),
            "the" | "a" | "an" | "called" | "titled" | "named" | "entitled" | "dubbed" | "song" | "film" | "book"
        )
    });
    // Capitals throughout, or an article before the marks: a name of something.
    let title = !opens && (after_article && words.starts_with(char::is_uppercase) || capitals * 2 > count && count > 1);
    if title {
        return false;
    }
    match (attributed, count) {
        (true, 1) => opens && closed,
        (true, 2..=3) => opens || closed,
        (true, _) => true,
        (false, 1..=4) => opens && closed && words.starts_with(char::is_uppercase),
        (false, _) => opens && words.starts_with(char::is_uppercase) || count >= 8,
    }
}

/// The mentions of a story, ready for the question who stands in a range of text.
struct Story<'a> {
    body: &'a str,
    entities: &'a [Entity],
    /// Start, end, entity, in text order; people and organisations only.
    mentions: Vec<(usize, usize, usize)>,
}

impl<'a> Story<'a> {
    fn new(article: &'a Article, entities: &'a [Entity]) -> Self {
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
        Self { body: &article.body, entities, mentions }
    }

    fn within(&self, start: usize, end: usize) -> impl Iterator<Item = &(usize, usize, usize)> {
        let from = self.mentions.partition_point(|(at, _, _)| *at < start);
        self.mentions.iter().skip(from).take_while(move |(at, _, _)| *at < end).filter(move |(_, to, _)| *to <= end)
    }

    fn is_person(&self, entity: usize) -> bool {
        self.entities.get(entity).is_some_and(|entity| entity.kind == EntityType::Person)
    }

    /// The attribution of a quotation that stands beside it.
    fn attribution(
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
        if sentence_over && !words.ends_with("...") {
            return None;
        }
        let tokens: Vec<Token<'_>> = first_sentence(tokenize(head_of(tail), stretch.outer_end));
        let cue = tokens.iter().position(is_cue).or_else(|| according(&tokens))?;
        let cue_token = tokens.get(cue)?;
        let subject_start =
            tokens.iter().find(|token| token.kind == TokenKind::Word).map_or(cue_token.start, |token| token.start);
        if subject_start < cue_token.start {
            // A verb far behind belongs to another clause: "…," but officials who were there said otherwise.
            if cue > 16 {
                return None;
            }
            return self
                .subject(subject_start, cue_token.start, true, stretch.start, last)
                .map(|found| Attribution { cue: Some(cue_token.text.to_owned()), ..found });
        }
        let from = cue_token.end;
        let to = tokens.iter().take(cue + 15).next_back().map_or(from, |token| token.end);
        let start = if cue_token.is("according") { tokens.get(cue + 1).map_or(from, |token| token.end) } else { from };
        self.subject(start, to, false, stretch.start, last)
            .map(|found| Attribution { cue: Some(cue_token.text.to_owned()), ..found })
    }

    /// `Doe said: "…`, `according to Doe, "…`, `Doe called it "…`.
    fn before(&self, stretch: &Stretch, limit: usize, last: Option<&Attribution>) -> Option<Attribution> {
        let head = self.body.get(limit..stretch.outer_start)?;
        let sentence = last_sentence(head);
        let from = stretch.outer_start - sentence.len();
        let tokens = tokenize(sentence, from);
        if let Some(at) = according(&tokens) {
            let start = tokens.get(at + 1).map_or(from, |token| token.end);
            let found = self.subject(start, stretch.outer_start, false, stretch.start, last)?;
            return Some(Attribution { cue: tokens.get(at).map(|token| token.text.to_owned()), ..found });
        }
        let cue = tokens.iter().rposition(is_cue)?;
        let cue_token = tokens.get(cue)?;
        if cue == 0 {
            // A participle goes on from the sentence before: `… Adding: "…"`.
            return last.cloned().map(|last| Attribution { cue: Some(cue_token.text.to_owned()), ..last });
        }
        let found = self.subject(from, cue_token.start, true, stretch.start, last)?;
        Some(Attribution { cue: Some(cue_token.text.to_owned()), ..found })
    }

    /// Who is the subject in a stretch of text before (or after) the cue.
    fn subject(
        &self,
        start: usize,
        end: usize,
        before_cue: bool,
        quote: usize,
        last: Option<&Attribution>,
    ) -> Option<Attribution> {
        let end = end.max(start);
        let text = self.body.get(start..end)?;
        let entity = |entity: usize| Attribution { cue: None, entity: Some(entity), speaker: None };
        let tokens = tokenize(text, start);
        let words: Vec<&Token<'_>> = tokens.iter().filter(|token| token.kind == TokenKind::Word).collect();
        let pronoun = if before_cue { words.last() } else { words.first() };
        if pronoun.is_some_and(|word| matches!(word.lower.as_ref(), "he" | "she")) {
            let woman = pronoun.is_some_and(|word| word.lower == "she");
            let speaker = last.and_then(|last| last.entity).filter(|speaker| self.is_person(*speaker));
            let person = self.meant(if before_cue { start.min(quote) } else { quote }, woman, speaker);
            return Some(person.map_or_else(
                || Attribution {
                    speaker:
                        last.and_then(|last| last.speaker.clone()).or_else(|| pronoun.map(|word| word.text.to_owned())),
                    ..Attribution::default()
                },
                entity,
            ));
        }
        let person = if before_cue {
            self.within(start, end).filter(|(_, _, n)| self.is_person(*n)).last()
        } else {
            self.within(start, end).find(|(_, _, n)| self.is_person(*n))
        };
        if let Some((_, _, person)) = person {
            return Some(entity(*person));
        }
        let organisation = if before_cue { self.within(start, end).last() } else { self.within(start, end).next() };
        let phrase = noun_phrase(text, before_cue);
        if let Some((from, to, organisation)) = organisation {
            let near = if before_cue {
                text.get(to - start..).is_some_and(|rest| rest.trim().is_empty())
            } else {
                from - start <= 5
            };
            if near && !phrase.as_deref().is_some_and(|phrase| phrase.contains("spokes") || phrase.contains("official"))
            {
                return Some(entity(*organisation));
            }
        }
        let phrase = phrase?;
        Some(Attribution { cue: None, entity: None, speaker: Some(phrase) })
    }
}

fn is_cue(token: &Token<'_>) -> bool {
    static CUES: LazyLock<FxHashSet<&str>> = LazyLock::new(|| TELLING.into_iter().chain(QUOTING).collect());
    CUES.contains(token.lower.as_ref())
}

/// "according to".
fn according(tokens: &[Token<'_>]) -> Option<usize> {
    tokens.windows(2).position(|pair| matches!(pair, [a, b] if a.is("according") && b.is("to")))
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
                    .is_some_and(|before| before.text.chars().count() > 3 || !before.capitalised());
        if stop {
            end = n;
            break;
        }
    }
    tokens.into_iter().take(end).collect()
}

/// The sentence that the text ends in.
fn last_sentence(text: &str) -> &str {
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

/// "the ministry", "a spokesman for the company": what is left of a clause around its speaker.
fn noun_phrase(text: &str, before_cue: bool) -> Option<String> {
    let clause = if before_cue {
        text.rsplit([',', ';', ':', '"', '”']).next()
    } else {
        text.split([',', ';', ':', '.']).next()
    }?;
    let words: Vec<&str> = clause.split_whitespace().collect();
    let words: Vec<&str> = if before_cue {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::places::Places;
    use crate::model::{FeedId, ItemId};

    /// Each quote as `words | speaker | cue`.
    #[track_caller]
    fn check(body: &str, expected: &[&str]) {
        let feed = FeedId::from("test");
        let mut article = Article::new(ItemId::new(&feed, "1"), feed);
        article.body = body.to_owned();
        let rules = crate::extract::entities::Rules::new(crate::extract::Tagger::Fast, &[]);
        let pack = crate::language::pack(crate::extract::ENGLISH).unwrap();
        let (entities, _) = rules.entities(&Places::new(), pack, &article);
        let found: Vec<String> = find(&article, &entities)
            .iter()
            .map(|quote| {
                format!(
                    "{}{} | {} | {}",
                    if quote.direct { "" } else { "~" },
                    quote.span.of(body).unwrap(),
                    quote.speaker.as_deref().unwrap_or("-"),
                    quote.cue.as_deref().unwrap_or("-")
                )
            })
            .collect();
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn finds_speakers_before_after_and_between() {
        check(
            "\"The bridge is open,\" Finance Minister Jane Smith told reporters.",
            &["The bridge is open, | Jane Smith | told"],
        );
        check(
            "“It was late,” said Jane Smith. “We're sorry.”",
            &["It was late, | Jane Smith | said", "We're sorry. | Jane Smith | said"],
        );
        check(
            "Jane Smith said: \"The bridge is open.\"\n\n\"Nobody paid for it,\" she added.",
            &["The bridge is open. | Jane Smith | said", "Nobody paid for it, | Jane Smith | added"],
        );
        check(
            "According to Jane Smith, \"the bridge will never open again.\"",
            &["the bridge will never open again. | Jane Smith | According"],
        );
    }

    #[test]
    fn resolves_roles_and_long_quotations() {
        check(
            "Norwegian Foreign Minister Jane Smith came.\n\n\"We are glad to be here,\" the Norwegian foreign minister said.",
            &["We are glad to be here, | Jane Smith | said"],
        );
        check(
            "\"The first part is long enough,\" Jane Smith said. \"It does not end here.\n\n\"The second part ends.\"",
            &[
                "The first part is long enough, | Jane Smith | said",
                "It does not end here. | Jane Smith | said",
                "The second part ends. | Jane Smith | said",
            ],
        );
    }

    #[test]
    fn a_pronoun_is_the_last_subject_of_its_sex() {
        check(
            "\"We lost,\" coach Mark Dunne said.\n\nAnna Keller scored late. \"I was lucky,\" she said.",
            &["We lost, | Mark Dunne | said", "I was lucky, | Anna Keller | said"],
        );
        check(
            "Anna Keller met Mark Dunne in Oslo. \"It went well,\" she said. \"We will meet again,\" he said.",
            &["It went well, | Anna Keller | said", "We will meet again, | Mark Dunne | said"],
        );
        check(
            "Finance Minister Helen Brown quarrelled with Peter Ross over taxes.\n\n\"This cannot go on,\" he said.",
            &["This cannot go on, | Peter Ross | said"],
        );
        check(
            "Peter Ross said: \"We will pay.\" John Miller, a lawyer, spoke next.\n\n\"They won't,\" he said.",
            &["We will pay. | Peter Ross | said", "They won't, | John Miller | said"],
        );
        check(
            "\"The bridge is late,\" Peter Ross said. The work began when John Miller was mayor. \"It will open,\" he said.",
            &["The bridge is late, | Peter Ross | said", "It will open, | Peter Ross | said"],
        );
    }

    #[test]
    fn speech_that_is_told_has_its_speaker_too() {
        check(
            "The bridge will stay closed until May, Finance Minister Jane Smith said on Monday.",
            &["~The bridge will stay closed until May | Jane Smith | said"],
        );
        check(
            "Jane Smith told reporters that the bridge had never been safe. She said it would be torn down.",
            &["~the bridge had never been safe | Jane Smith | told", "~it would be torn down | Jane Smith | said"],
        );
        check(
            "According to the World Health Organization, the outbreak was over by March.",
            &["~the outbreak was over by March | World Health Organization | According"],
        );
        check(
            "Two men were held after the fire, police said. He said no. Jane Smith reported 40 new cases.",
            &["~Two men were held after the fire | police | said"],
        );
    }

    #[test]
    fn titles_terms_and_apostrophes_are_no_speech() {
        check("The so-called \"smart\" bridge doesn't open. The film \"Bridge Over Water\" won't either.", &[]);
        check("It is 5\" long and 6\" wide.", &[]);
    }
}
