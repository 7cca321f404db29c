//! A story's text before it is read: where a dateline that nobody has read ends, how long lines are cut, and which digits are
//! parts of names.

use super::reading::Reading;
use crate::extract::places::{Place, Places};
use crate::language::Cue;
use crate::language::numbers::Numeral;
use crate::language::pack::{Mark, Sense};
use crate::language::tokens::{Token, TokenKind};
use crate::markup::bytes;
use crate::model::{PlaceKind, Span};

/// No sentence of a person is longer than this, in bytes. What is (a table run together, noise) is read in pieces, so that
/// the work on a story grows with its length and not with its square.
const LONGEST: usize = 1200;

/// The longest date and agency between a town and the text, in bytes.
const DATED: usize = 50;

/// Tokens and the cue phrases among them, without brackets that only set off a number from what it counts ("(2,671) new cases", "of
/// which (322) critical"), as ministries of the Gulf write.
pub(super) fn unbracketed<'t>(
    tokens: Vec<Token<'t>>,
    marks_of: impl Fn(&[Token<'t>]) -> Vec<Mark>,
) -> (Vec<Token<'t>>, Vec<Mark>) {
    let marks = marks_of(&tokens);
    let sets_off = |open: usize| {
        let [bracket, number, close, next] = tokens.get(open..open + 4).unwrap_or_default() else { return false };
        let ends_noun = |mark: &Mark| mark.after == open && mark.cue.metric().is_some();
        let begins = |mark: &Mark| {
            (open + 3..open + 5).contains(&mark.first)
                && (mark.cue.metric().is_some() || mark.cue == Cue::Sense(Sense::New))
        };
        let before = open.checked_sub(1).and_then(|before| tokens.get(before));
        bracket.is("(")
            && number.kind == TokenKind::Number
            && close.is(")")
            && next.kind == TokenKind::Word
            && before.is_none_or(|before| before.kind != TokenKind::Number && !before.capitalised())
            && !marks.iter().any(ends_noun)
            && marks.iter().any(begins)
    };
    let open: Vec<usize> = (0..tokens.len()).filter(|at| sets_off(*at)).collect();
    if open.is_empty() {
        return (tokens, marks);
    }
    let dropped = |at: usize| open.contains(&at) || at.checked_sub(2).is_some_and(|at| open.contains(&at));
    let kept = tokens.into_iter().enumerate().filter(|(at, _)| !dropped(*at));
    let tokens: Vec<Token<'t>> = kept.map(|(_, token)| token).collect();
    let marks = marks_of(&tokens);
    (tokens, marks)
}

/// Whether more stands in the line behind a sentence.
pub(super) fn goes_on(text: &str, end: usize) -> bool {
    let line = text.get(end..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    line.contains(char::is_alphanumeric)
}

/// Cuts what is too long for a sentence at white space.
pub(super) fn pieces(text: &str, span: Span) -> Vec<Span> {
    let mut out = Vec::new();
    let mut start = span.start;
    while span.end - start > LONGEST {
        let mut limit = start + LONGEST;
        while !text.is_char_boundary(limit) {
            limit -= 1;
        }
        let window = text.get(start..limit).unwrap_or_default();
        let cut = window
            .rfind(['\n', ';'])
            .filter(|at| *at > LONGEST / 2)
            .or_else(|| window.rfind(char::is_whitespace))
            .filter(|at| *at > 0);
        let end = cut.map_or(limit, |at| {
            start + at + window.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
        });
        out.push(Span::new(span.field, start, end));
        start = end;
    }
    out.push(Span::new(span.field, start, span.end));
    out
}

/// A place set in capitals at the very beginning, and where it ends: a dateline that nobody has read.
pub(super) fn opening_place<'p>(places: &'p Places, body: &str) -> Option<(usize, &'p Place)> {
    let head = bytes::head(body, 60);
    let found = places.find(head).into_iter().next().filter(|found| found.start == 0)?;
    // "Mumbai (Maharashtra) [India], January 29 (EX): With 2,771 cases": the country in brackets, the agency behind the date.
    let bracketed = head.split_once("], ").filter(|(place, _)| place.contains('[') && !place.contains(". "));
    if let Some(end) = bracketed.and_then(|_| body.get(..body.floor_char_boundary(110))?.find("): ")) {
        return Some((end + 2, found.place()));
    }
    let capitals = head.get(found.start..found.end)?.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase);
    let place = found.place();
    // "U.S. deaths rose" opens with a subject, "PARIS: Deaths rose" and "PARIS, Nov. 2 -" with where it was written.
    let rest = body.get(found.end..)?;
    let set_off = !rest.trim_start().starts_with(char::is_alphabetic);
    // "Lucknow: The state reported …": running text behind a town, where a label would have figures.
    let town = place.kind == PlaceKind::City
        && rest.strip_prefix(": ").is_some_and(|rest| rest.starts_with(char::is_uppercase) && rest.contains(". "));
    // "Accra, July 3, Desk - Some 581 patients": a town in small letters, behind which a dash ends the date or the agency.
    let dated = place.kind == PlaceKind::City && is_dated(rest);
    ((capitals && set_off || town || dated) && !found.possessive).then_some((found.end, place))
}

/// Whether a dash ends what stands between a town and the text: a date, names and what is in brackets, and no other word.
fn is_dated(rest: &str) -> bool {
    let Some(at) = ["- ", "– ", "— "].iter().filter_map(|dash| rest.find(dash)).min() else { return false };
    let (between, text) = rest.split_at(at);
    let between = between.trim_matches([' ', '-']);
    let opens = |text: &str| text.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
    let mut words = between.split([' ', ',', '(', ')']).filter(|word| !word.is_empty());
    between.len() <= DATED
        && between.starts_with([',', '('])
        && words.all(opens)
        && opens(text.trim_start_matches(['-', '–', '—', ' ']))
}

/// Whether what stands at the beginning, up to `end`, is the heading of a list: few words end its line, and a line with
/// figures follows.
pub(super) fn heads_list(body: &str, end: usize) -> bool {
    let Some((line, below)) = body.get(end..).and_then(|rest| rest.split_once('\n')) else { return false };
    let next = below.trim_start().lines().next().unwrap_or_default();
    end > 0
        && line.split_whitespace().count() <= 6
        && next.chars().count() < 90
        && next.contains(|c: char| c.is_ascii_digit())
        && !next.ends_with('.')
}

/// "COVID-19", "under-12", "H-1": digits that a hyphen ties to a word before them.
pub(super) fn name_with_digits(tokens: &[Token<'_>], number: &Numeral) -> bool {
    let tight = |at: usize| tokens.get(at).is_some_and(|token| !token.spaced);
    let Some(hyphen) = number.first.checked_sub(1).filter(|at| tokens.get(*at).is_some_and(|token| token.is("-")))
    else {
        return false;
    };
    let word = hyphen.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|token| token.kind == TokenKind::Word);
    // "Lagos-152" in a line of its own is a row, and so are "Lagos-200, Edo-119 Akwa Ibom-4" and ": Lagos-200".
    let row = |hyphen: usize| {
        let name = hyphen.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(Token::capitalised);
        let digits = tokens.get(hyphen + 1).is_some_and(|token| token.kind == TokenKind::Number);
        name && digits && tokens.get(hyphen).is_some_and(|token| token.is("-")) && tight(hyphen) && tight(hyphen + 1)
    };
    let next = (number.after + 1..number.after + 5).any(row);
    let before = (hyphen.saturating_sub(5)..hyphen.saturating_sub(2)).any(row)
        || hyphen.checked_sub(2).and_then(|at| tokens.get(at)).is_some_and(|token| token.is(":"));
    if number.after == tokens.len() && tokens.len() <= 6 && tokens.first().is_some_and(Token::capitalised)
        || row(hyphen) && (next || before)
    {
        return false;
    }
    word && tight(hyphen) && tight(number.first)
}

/// "2. Victoria - 1,786": the number that an item of a list begins with.
pub(super) fn numbers_line(tokens: &[Token<'_>], number: &Numeral) -> bool {
    let [digits, stop, name, ..] = tokens else { return false };
    let closed = (stop.is(".") || stop.is(")")) && !stop.spaced && name.spaced && name.capitalised();
    number.first == 0 && number.after == 1 && digits.text.len() <= 2 && closed
}

/// A text without the marks around it.
pub(super) fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Whether a line without a verb is a title: no full stop ends it, save that of a date or before a header.
pub(super) fn titled(reading: &Reading<'_, '_>) -> bool {
    let last = reading.tokens.len().wrapping_sub(1);
    !reading.is(last, ".") || reading.dates.iter().any(|date| date.after == last) || reading.tokens.len() <= 8
}
