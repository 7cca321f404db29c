//! Phrases of a language's file: what stands one behind the other in a date, a length, a time or a rank.
//!
//! A piece is a word or several of which one stands there (`de/del`), a class in braces, or with a plus sign before it a
//! word without space before it. A question mark says that the piece may be missing. A piece in square brackets at the
//! beginning stands before the value and is no part of it. Classes are those of the file, and: `day`, `month`,
//! `monthname` (written out), `yearnumber`, `lateyear` (since 1900), `weekday`, `n` (any number), `number` (digits),
//! `ordinal`, `decade`, `tens`, `roman`, `hm` (18.15), `span` (a unit of a day or more), `plus` (a fraction beside a
//! number), and `stop`, which is no word: what stands behind counts nothing.

use super::Context;
use crate::language::pack::NumberWord;
use crate::language::tokens::{Token, TokenKind};
use crate::model::ValueType;

/// What a class of a phrase stood for.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Capture {
    Number(f64),
    /// What the file says that the word means.
    Text(&'static str),
}

/// By class.
pub(super) type Captures = Vec<(&'static str, Capture)>;

/// A phrase that stands somewhere.
pub(super) struct Fit {
    pub(super) kind: ValueType,
    pub(super) rule: &'static str,
    pub(super) after: usize,
    pub(super) captures: Captures,
}

/// One phrase.
pub(super) struct Phrase {
    kind: ValueType,
    rule: &'static str,
    context: Vec<&'static str>,
    pieces: Vec<Piece>,
}

struct Piece {
    what: What,
    optional: bool,
}

enum What {
    Words(Vec<&'static str>),
    Class(&'static str),
}

impl Phrase {
    /// A kind with its rule and a pattern: `date.ago` and `hace {n} {unit}`.
    pub(super) fn read(kind: &'static str, pattern: &'static str) -> Option<Self> {
        let (kind, rule) = kind.split_once('.').unwrap_or((kind, ""));
        let kind = match kind {
            "date" => ValueType::Date,
            "duration" => ValueType::Duration,
            "time" => ValueType::Time,
            "ordinal" => ValueType::Ordinal,
            // What only looks like a value: "premier ministre".
            "skip" => return Self::read("ordinal.skip", pattern),
            _ => return None,
        };
        let (context, pattern) = match pattern.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((context, rest)) => (context.split('/').collect(), rest),
            None => (Vec::new(), pattern),
        };
        let pieces = pattern.split_whitespace().map(|piece| {
            let (piece, optional) = piece.strip_suffix('?').map_or((piece, false), |piece| (piece, true));
            let class = piece.strip_prefix('{').and_then(|class| class.strip_suffix('}'));
            // A stroke by itself is the stroke.
            let words = || if piece == "/" { vec!["/"] } else { piece.split('/').collect() };
            Piece { what: class.map_or_else(|| What::Words(words()), What::Class), optional }
        });
        Some(Self { kind, rule, context, pieces: pieces.collect() })
    }

    /// Whether it asks for the word before.
    pub(super) fn has_context(&self) -> bool {
        !self.context.is_empty()
    }

    /// The words and classes that it can begin with.
    pub(super) fn openers(&self) -> Vec<&'static str> {
        let mut openers = Vec::new();
        for piece in &self.pieces {
            match &piece.what {
                What::Words(words) => openers.extend(words.iter().copied()),
                What::Class(class) => openers.push(class),
            }
            if !piece.optional {
                break;
            }
        }
        openers
    }
}

impl Context<'_, '_> {
    /// The phrase at token `n`.
    pub(super) fn fit(&self, phrase: &Phrase, n: usize) -> Option<Fit> {
        let before = n.checked_sub(1).and_then(|before| self.tokens.get(before));
        if phrase.has_context() && !before.is_some_and(|before| phrase.context.iter().any(|word| before.is(word))) {
            return None;
        }
        let mut captures = Captures::new();
        let after = self.pieces(&phrase.pieces, n, &mut captures).filter(|after| *after > n)?;
        Some(Fit { kind: phrase.kind, rule: phrase.rule, after, captures })
    }

    /// The token behind all pieces. Phrases are short and have few pieces that may be missing, so going back is cheap.
    fn pieces(&self, pieces: &[Piece], n: usize, captures: &mut Captures) -> Option<usize> {
        let Some((piece, rest)) = pieces.split_first() else { return Some(n) };
        let known = captures.len();
        if let Some(after) = self.piece(&piece.what, n, captures)
            && let Some(end) = self.pieces(rest, after, captures)
        {
            return Some(end);
        }
        captures.truncate(known);
        if piece.optional { self.pieces(rest, n, captures) } else { None }
    }

    fn piece(&self, what: &What, n: usize, captures: &mut Captures) -> Option<usize> {
        match what {
            What::Words(words) => {
                let token = self.tokens.get(n)?;
                let fits = words.iter().any(|word| match word.strip_prefix('+') {
                    Some(word) => !token.spaced && token.is(word),
                    None => token.is(word),
                });
                fits.then_some(n + 1)
            }
            What::Class("stop") => self.stops(n).then_some(n),
            What::Class(class) => {
                let (capture, after) = self.class(class, n)?;
                // What a narrower class stands for is what the wider one would.
                let class = match *class {
                    "monthname" => "month",
                    "lateyear" => "yearnumber",
                    "span" => "unit",
                    "season1" => "season",
                    class => class,
                };
                captures.push((class, capture));
                Some(after)
            }
        }
    }

    /// Whether nothing that a number before token `n` could count stands there.
    fn stops(&self, n: usize) -> bool {
        self.tokens.get(n).is_none_or(|next| match next.kind {
            TokenKind::Mark => next.spaced || !matches!(next.text, "-" | "/" | "%" | "°" | ":"),
            // Nouns of German have capitals.
            TokenKind::Word => next.apart || self.pack.calendar_capitals && !next.capitalised(),
            TokenKind::Number => false,
        })
    }

    fn class(&self, class: &str, n: usize) -> Option<(Capture, usize)> {
        let token = self.tokens.get(n)?;
        let number = |value: f64, after: usize| Some((Capture::Number(value), after));
        let plain = || digits(token).filter(|_| !glued(self.tokens, n));
        match class {
            "day" => number(plain().filter(|day| (1.0..=31.0).contains(day) && token.text.len() <= 2)?, n + 1),
            "yearnumber" => {
                let year = plain().filter(|year| token.text.len() == 4 && (1000.0..2101.0).contains(year))?;
                number(year, n + 1)
            }
            // A count of things is of that size as well, but seldom of a year that is near.
            "lateyear" => self.class("yearnumber", n).filter(|(year, _)| *year >= Capture::Number(1900.0)),
            "number" => number(digits(token)?, n + 1),
            "hm" => {
                let (hour, minute) = token.text.split_once(['.', ':'])?;
                let fits = hour.len() <= 2 && minute.len() == 2 && hour.parse::<u8>().ok()? < 25;
                number(hour.parse().ok()?, n + 1)
                    .filter(|_| fits && minute.parse::<u8>().is_ok_and(|minute| minute < 60))
            }
            "decade" => {
                let decade = digits(token).filter(|decade| decade % 10.0 == 0.0)?;
                match token.text.len() {
                    4 => number(decade, n + 1),
                    2 if decade >= 20.0 => number(1900.0 + decade, n + 1),
                    _ => None,
                }
            }
            "tens" => match self.pack.number_word(&token.lower)? {
                NumberWord::Ten(tens) => number(1900.0 + tens, n + 1),
                _ => None,
            },
            "roman" => number(roman(token.text)?, n + 1),
            "month" => {
                let known = || self.words.means(&token.lower, "month").and_then(|month| month.parse().ok());
                let month = self.pack.month(&token.lower).or_else(known).filter(|_| self.is_calendar(n))?;
                // The dot of an abbreviation is its own where more follows on the line.
                let dotted = token.text.chars().count() <= 5
                    && self.tokens.get(n + 1).is_some_and(|dot| dot.is(".") && !dot.spaced)
                    && self.tokens.get(n + 2).is_some_and(|next| next.is("(") || next.kind == TokenKind::Number);
                number(f64::from(month), n + 1 + usize::from(dotted))
            }
            // Of a month by itself the short forms are other words: "mar".
            "monthname" => {
                let long = self.words.means(&token.lower, "shortmonth").is_none();
                self.class("month", n).filter(|_| long)
            }
            "weekday" => {
                let long = token.text.chars().count() > 3;
                let weekday = self.pack.weekday(&token.lower).filter(|_| long && self.is_calendar(n))?;
                let lead = |back: usize| n.checked_sub(back).and_then(|at| self.tokens.get(at));
                let ahead =
                    (1..=2).any(|back| lead(back).is_some_and(|lead| self.words.means(&lead.lower, "ahead").is_some()));
                // "until Saturday" is the next one: seven days are added to the number of the weekday.
                number(f64::from(weekday) + if ahead { 7.0 } else { 0.0 }, n + 1)
            }
            "ordinal" => {
                // "Primera Avenida" is a name.
                let named = !self.pack.calendar_capitals && !self.is_calendar(n);
                number(f64::from(self.pack.ordinal(&token.lower).filter(|_| !named)?), n + 1)
            }
            "n" => {
                let numeral = self.numeral(n).filter(|numeral| !numeral.percent)?;
                number(numeral.value, numeral.after)
            }
            // A fraction beside its number: "tres horas y media".
            "plus" => Some((Capture::Text(self.words.means(&token.lower, "fraction")?), n + 1)),
            // A day or longer.
            "span" => {
                let unit = self.words.means(&token.lower, "unit")?;
                (!matches!(unit, "second" | "minute" | "hour")).then_some((Capture::Text(unit), n + 1))
            }
            "season" if !self.is_calendar(n) => None,
            class => Some((Capture::Text(self.words.means(&token.lower, class)?), n + 1)),
        }
    }

    /// Whether a word of the calendar is written as one: with a capital where the language has it so, and elsewhere not
    /// with one in the middle of a sentence, where it is a name ("Santo Domingo").
    fn is_calendar(&self, n: usize) -> bool {
        let Some(token) = self.tokens.get(n) else { return false };
        if self.pack.calendar_capitals {
            return token.capitalised();
        }
        let before = n.checked_sub(1).and_then(|before| self.tokens.get(before));
        !token.capitalised()
            || before.is_none_or(|before| before.kind != TokenKind::Word && (token.spaced || !before.is("-")))
    }
}

fn digits(token: &Token<'_>) -> Option<f64> {
    let plain = token.kind == TokenKind::Number && token.text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| token.text.parse().ok()).flatten()
}

/// Whether a number goes on in the token behind: "12,5", "30%", "14:30".
fn glued(tokens: &[Token<'_>], n: usize) -> bool {
    tokens.get(n + 1).is_some_and(|next| !next.spaced && matches!(next.text, "%" | ":" | "°"))
}

/// "XIX", "XIXe".
fn roman(text: &str) -> Option<f64> {
    let letters = text.trim_end_matches(['e', 'è', 'm']);
    let value = |c: char| match c {
        'I' => Some(1),
        'V' => Some(5),
        'X' => Some(10),
        _ => None,
    };
    let values: Vec<i32> =
        letters.chars().map(value).collect::<Option<_>>().filter(|values: &Vec<i32>| values.len() < 7)?;
    let mut sum = 0;
    for (n, value) in values.iter().enumerate() {
        sum += if values.get(n + 1).is_some_and(|next| next > value) { -value } else { *value };
    }
    (1..=30).contains(&sum).then_some(f64::from(sum))
}
