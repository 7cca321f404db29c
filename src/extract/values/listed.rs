//! Bare numbers that are percentages because a list of percentages goes on: "20 percent of the line, Fluxys 19 and Enagás
//! 16", "fell 2.4 percent. In Karachi the index dropped 5.6."
//!
//! In: the tokens of a number and of a percentage before or behind it. Out: whether it is one of the same list. What
//! holds: a number with a noun of its own is none; only an item that ends where its number does goes on.

use super::carried::VOTES;
use super::quantities::NO_NOUN;
use super::{word, word_before};
use crate::language::tokens::{Token, TokenKind};

/// Tokens of a value: the first, and the one behind.
type Place = (usize, usize);

/// The most tokens between two items, and between two sentences of change.
const REACH: usize = 20;
const AFAR: usize = 40;

/// Nouns whose number behind them is a name, and words before a number that point at something told before.
const NO_ITEM: [&str; 37] = [
    "a", "about", "aged", "all", "article", "another", "chapter", "channel", "class", "cost", "costs", "worth", "day",
    "division", "form", "game", "grade", "group", "highway", "level", "no", "number", "of", "page", "part", "phase",
    "room", "route", "section", "stage", "than", "the", "these", "those", "under", "until", "week",
];

/// Words behind an item.
const ENDS: [&str; 44] = [
    "after",
    "against",
    "among",
    "and",
    "as",
    "at",
    "back",
    "before",
    "better",
    "but",
    "by",
    "cheaper",
    "compared",
    "dearer",
    "down",
    "during",
    "firmer",
    "for",
    "from",
    "higher",
    "in",
    "last",
    "late",
    "lower",
    "next",
    "now",
    "of",
    "on",
    "over",
    "overall",
    "respectively",
    "since",
    "stronger",
    "to",
    "up",
    "versus",
    "vs",
    "weaker",
    "when",
    "where",
    "while",
    "with",
    "within",
    "worse",
];

/// Words behind an item whose number is exact: of whole numbers they are said of what was counted.
const EXACT_ENDS: [&str; 18] = [
    "above", "asked", "below", "bid", "did", "do", "fewer", "had", "has", "have", "is", "less", "more", "said",
    "under", "was", "were", "would",
];

/// Who begins a clause of its own behind an item.
const PRONOUNS: [&str; 6] = ["he", "it", "she", "they", "we", "you"];

/// Verbs of change, as markets and prices do it.
const CHANGES: [&str; 30] = [
    "added",
    "advanced",
    "climbed",
    "declined",
    "dipped",
    "dropped",
    "eased",
    "expanded",
    "fell",
    "firmed",
    "gained",
    "grew",
    "improved",
    "increased",
    "jumped",
    "leapt",
    "lost",
    "plunged",
    "rallied",
    "retreated",
    "rose",
    "sank",
    "shed",
    "shrank",
    "slid",
    "slipped",
    "slumped",
    "soared",
    "surged",
    "tumbled",
];

/// The same on the way there: "after falling 1.8".
const CHANGING: [&str; 30] = [
    "adding",
    "advancing",
    "climbing",
    "closing",
    "declining",
    "dipping",
    "dropping",
    "easing",
    "ending",
    "expanding",
    "falling",
    "finishing",
    "firming",
    "gaining",
    "growing",
    "improving",
    "increasing",
    "jumping",
    "losing",
    "plunging",
    "rallying",
    "rising",
    "shedding",
    "shrinking",
    "sinking",
    "sliding",
    "slipping",
    "slumping",
    "surging",
    "tumbling",
];

/// Those of whom the wounded and the dead are counted are not rated.
const CASUALTIES: [&str; 8] = ["arrested", "dead", "hurt", "injured", "killed", "missing", "wounded", "years"];

/// Verbs of those who share something out, and of those who share votes, whose whole numbers are seats as often.
const HOLDS: [&str; 8] = ["has", "have", "had", "holds", "hold", "owns", "own", "controls"];
const POLLS: [&str; 10] = ["took", "takes", "won", "wins", "got", "gets", "polled", "received", "scored", "with"];

/// Whether the list that a percentage stands in goes on with this number.
pub(super) fn goes_on(tokens: &[Token<'_>], percent: Place, number: Place) -> bool {
    let (end, first) = (percent.1, number.0);
    let near = first >= end && first - end <= REACH && !ends_sentence(tokens, end, first);
    let parted = |n: usize| matches!(word(tokens, n), "," | ";" | ":" | "and" | "but" | "while");
    // A name and a whole number are a result as often: "Leeds 2", "the PlayStation 4".
    let named = first.checked_sub(1).and_then(|lead| tokens.get(lead)).is_some_and(Token::capitalised);
    let of_votes = || (end.saturating_sub(8)..first).any(|n| matches!(word(tokens, n), "vote" | "votes" | "ballots"));
    let result = named && !is_exact(tokens, first) && !of_votes();
    // "Kano: 34%; Kaduna: 41", "rose to 9 percent and to 10": both are led in alike.
    let (lead, percent_lead) = (word_before(tokens, first, 1), word_before(tokens, percent.0, 1));
    let alike = lead == percent_lead && matches!(lead, ":" | "to" | "by" | "at" | "(" | "on" | "of" | "between");
    // "rose 0.9 percent after falling 0.8", "gained 5 percent and airlines lost two".
    let before_that = CHANGING.contains(&lead) && ends(tokens, number);
    let (verb, percent_verb) = (about(tokens, first), about(tokens, percent.0));
    let part = (first..number.1).any(|n| word(tokens, n) == "/");
    let changed_too = CHANGES.contains(&verb) && CHANGES.contains(&percent_verb) && !part && ends(tokens, number);
    // "loans rose 10 percent to 28.1": where it went.
    let level = lead == "to" && percent_lead != "to";
    near && !result
        && !level
        && ((end..first).any(parted)
            && (alike && ends(tokens, number)
                || changed_too
                || is_rated(tokens, percent, number)
                || is_item(tokens, number))
            || before_that)
}

/// The word before a number, without what makes it a rough one: "lost over six".
fn about<'t>(tokens: &'t [Token<'_>], first: usize) -> &'t str {
    match word_before(tokens, first, 1) {
        "over" | "about" | "almost" | "nearly" | "around" | "some" => word_before(tokens, first, 2),
        lead => lead,
    }
}

/// "9 percent poor, 31 fair, 46 good": a number with the word that the shares are of.
pub(super) fn is_rated(tokens: &[Token<'_>], percent: Place, number: Place) -> bool {
    let label = |from: usize| {
        (from..from + 3)
            .take_while(|n| tokens.get(*n).is_some_and(|token| token.kind == TokenKind::Word && !token.capitalised()))
            .take_while(|n| word(tokens, *n) != "and")
            .count()
    };
    let (one, other) = (label(percent.1), label(number.1));
    let stops = |n: usize| {
        tokens.get(n).is_none_or(|token| token.apart || matches!(token.text, "," | ";" | ".") || token.is("and"))
    };
    let small = |n: usize| NO_NOUN.contains(&word(tokens, n)) || CASUALTIES.contains(&word(tokens, n));
    let between = percent.1 + one;
    let next = between + usize::from(matches!(word(tokens, between), "," | ";"));
    (1..3).contains(&one)
        && (1..3).contains(&other)
        && !(percent.1..between).chain(number.1..number.1 + other).any(small)
        && next + usize::from(word(tokens, next) == "and") == number.0
        && next > between - usize::from(word(tokens, between) == "and")
        && stops(number.1 + other)
}

/// Whether numbers in a row end with this percentage, or go on with one whose word comes later: "slabs of 5, 12 and 18
/// percent".
pub(super) fn in_row(tokens: &[Token<'_>], number: Place, percent: Place) -> bool {
    let is_bare = percent.1 == percent.0 + 1;
    let linked = match word(tokens, number.1) {
        "and" | "or" => true,
        "," => is_bare,
        _ => false,
    };
    linked && percent.0 == number.1 + 1 && word_before(tokens, number.0, 1) != "aged"
}

/// Whether "it" is now another percentage than in the sentence before: "scored 54 percent. In Swahili it was 68."
pub(super) fn is_now(tokens: &[Token<'_>], percent: Place, number: Place) -> bool {
    let (end, first) = (percent.1, number.0);
    let before = |back: usize| word_before(tokens, first, back);
    let verb = match before(1) {
        "been" => matches!(before(2), "had" | "has").then_some(3),
        "was" | "is" => Some(2),
        _ => None,
    };
    let near = first > end && first - end <= REACH;
    near && verb.is_some_and(|it| before(it) == "it") && ends(tokens, number)
}

/// Whether this number opens the list of which the percentage is the next item: "has 19, Enagás 16 percent".
pub(super) fn leads_up(tokens: &[Token<'_>], number: Place, percent: Place) -> bool {
    let (after, next) = (number.1, percent.0);
    let named = |n: usize| {
        n.checked_sub(1).and_then(|lead| tokens.get(lead)).is_some_and(|lead| {
            let lower = lead.lower.as_ref();
            let takes =
                lower == "with" || [&HOLDS[..], &POLLS, &CHANGES].into_iter().any(|verbs| verbs.contains(&lower));
            lead.kind == TokenKind::Word && lead.capitalised() || takes
        })
    };
    // "Bhumibol stands at 46 and Sirikit at 43 per cent"
    let lead = word_before(tokens, number.0, 1);
    let alike = lead == word_before(tokens, next, 1) && matches!(lead, "at" | "on" | "by" | ":");
    let near = next > after && next - after <= 8 && !ends_sentence(tokens, after, next);
    near && matches!(word(tokens, after), "," | "and" | ";")
        && is_item(tokens, number)
        && (named(number.0) && named(next) || alike || of_groups(tokens, number, next))
}

/// "Among boys the figure was 32.2, among girls 14.4 percent": both are led in by the same word, the first before its verb.
fn of_groups(tokens: &[Token<'_>], number: Place, next: usize) -> bool {
    let group = number.1 + 1;
    let lead = word(tokens, group);
    let same = (number.0.saturating_sub(8)..number.0).any(|n| word(tokens, n) == lead);
    let told = matches!(word_before(tokens, number.0, 1), "was" | "is" | "were" | "are");
    matches!(lead, "among" | "in" | "for" | "at") && same && told && is_exact(tokens, number.0) && next > group + 1
}

/// Whether a sentence of change, or of shares, takes up the one before: "fell 2.4 percent. The KSE-100 dropped 5.6.", "owns 15
/// percent. The state has 10, its fund 3.4."
pub(super) fn changes_too(tokens: &[Token<'_>], percent: Place, number: Place) -> bool {
    let ((start, end), (first, _)) = (percent, number);
    let changes = |n: usize| (n.saturating_sub(2)..n).any(|verb| CHANGES.contains(&word(tokens, verb)));
    let changed = changes(start) || matches!(word(tokens, end), "higher" | "lower" | "up" | "down");
    let apart = (end..first).any(|n| tokens.get(n).is_some_and(|token| token.apart));
    let near = first > end && first - end <= AFAR && !apart;
    let exact = is_exact(tokens, first);
    let shares = |n: usize| {
        let before = |verbs: &[&str]| (n.saturating_sub(2)..n).any(|verb| verbs.contains(&word(tokens, verb)));
        before(&HOLDS) || before(&POLLS)
    };
    let held = first.checked_sub(1).is_some_and(|verb| HOLDS.contains(&word(tokens, verb)));
    let one_more = exact && changed && changes(first) && word(tokens, first - 1) != "to"
        || (exact && shares(first) || held) && shares(start);
    near && one_more && is_item(tokens, number)
}

/// Whether another share of votes follows one in a text of polls: "34 percent. The Liberals are on 27."
pub(super) fn polls_too(tokens: &[Token<'_>], percent: Place, number: Place) -> bool {
    let (end, first) = (percent.1, number.0);
    let of_votes = |n: usize| VOTES.contains(&word(tokens, n));
    let near = first > end && first - end <= AFAR && (first.saturating_sub(2 * AFAR)..first).any(of_votes);
    let led = |lead: &str| matches!(lead, "on" | "at" | "with");
    near && led(word_before(tokens, first, 1)) && is_item(tokens, number)
}

/// Whether a number may be one of the answers of a poll, with a word before it and a stop behind.
pub(super) fn is_answer(tokens: &[Token<'_>], number: Place) -> bool {
    let answer = matches!(word_before(tokens, number.0, 1), ":" | "no") && number.1 == number.0 + 1;
    // "and 17 were unsure"
    let verb = matches!(word(tokens, number.1), "are" | "did" | "do" | "had" | "have" | "said" | "were")
        && number.1 == number.0 + 1
        && matches!(word_before(tokens, number.0, 1), "," | "and");
    is_item(tokens, number) || verb || answer && ends(tokens, number)
}

/// Whether the text before token `n` speaks of votes or percentages.
pub(super) fn is_polled(tokens: &[Token<'_>], n: usize) -> bool {
    let asked = |token: &Token<'_>| {
        VOTES.contains(&token.lower.as_ref()) || matches!(token.lower.as_ref(), "%" | "pct" | "survey" | "asked")
    };
    tokens.iter().take(n).rev().take(3 * AFAR).any(asked)
}

/// Whether two numbers are the two sides of one vote: "58.4 percent to 41.6", "62 to 38 percent".
pub(super) fn are_sides(tokens: &[Token<'_>], (one, other): (Place, Place), sizes: (f64, f64)) -> bool {
    other.0 == one.1 + 1 && word(tokens, one.1) == "to" && (sizes.0 + sizes.1 - 100.0).abs() < 0.6
}

/// Whether an item of a list ends with this number of one token, which a word leads in.
fn is_item(tokens: &[Token<'_>], (first, after): Place) -> bool {
    let sign = first.checked_sub(1).and_then(|lead| tokens.get(lead)).is_some_and(|lead| {
        lead.spaced
            && matches!(lead.text, "+" | "-" | "−" | "–")
            && tokens.get(first).is_some_and(|number| !number.spaced)
    });
    let lead = first.checked_sub(1 + usize::from(sign)).and_then(|lead| tokens.get(lead));
    let led = lead.is_some_and(|lead| {
        matches!(lead.text, "," | ";" | ":")
            || (lead.text == ")" || is_of_name(tokens, first - 1)) && is_exact(tokens, first)
            || lead.kind == TokenKind::Word && !NO_ITEM.contains(&lead.lower.as_ref())
    });
    let digits = after == first + 1 && tokens.get(first).is_some_and(|token| token.kind == TokenKind::Number);
    // "12 of them women"
    let counts = word(tokens, after) == "of"
        && matches!(
            word(tokens, after + 1),
            "them" | "its" | "his" | "her" | "their" | "whom" | "which" | "these" | "us"
        );
    led && digits && !counts && ends(tokens, (first, after))
}

/// Whether a whole number belongs to the name before it: "the CAC 40 0.9".
fn is_of_name(tokens: &[Token<'_>], n: usize) -> bool {
    let whole = tokens.get(n).is_some_and(|token| token.kind == TokenKind::Number && !token.text.contains(['.', ',']));
    let before = n.checked_sub(1).and_then(|before| tokens.get(before));
    whole && before.is_some_and(|name| name.kind == TokenKind::Word && name.capitalised())
}

/// Whether an item may end with this number.
pub(super) fn ends(tokens: &[Token<'_>], (first, after): Place) -> bool {
    tokens.get(after).is_none_or(|next| {
        let word = next.lower.as_ref();
        next.apart
            || matches!(next.text, "." | "," | ";" | "(" | ")" | "?" | "!")
            || ENDS.contains(&word)
            || PRONOUNS.contains(&word)
            || is_exact(tokens, first) && EXACT_ENDS.contains(&word)
    })
}

fn is_exact(tokens: &[Token<'_>], n: usize) -> bool {
    tokens.get(n).is_some_and(|number| number.text.contains('.'))
}

fn ends_sentence(tokens: &[Token<'_>], from: usize, to: usize) -> bool {
    (from..to).any(|n| {
        tokens.get(n).is_some_and(|token| {
            token.apart && n > from
                || matches!(token.text, "." | "?" | "!") && tokens.get(n + 1).is_some_and(|next| next.spaced)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check_british as check;

    #[test]
    fn a_list_of_percentages_goes_on() {
        check(
            "The left took 28 percent, the right with 20.8 and the rest 9 in all.",
            &["Percent | 28 percent | 28", "Percent | 20.8 | 20.8", "Percent | 9 | 9"],
        );
        check(
            "The state has 19, Enagás 16 and Axpo 5 percent.",
            &["Percent | 19 | 19", "Percent | 16 | 16", "Percent | 5 percent | 5"],
        );
        check("It won 62 to 38 percent.", &["Percent | 62 | 62", "Percent | 38 percent | 38"]);
        check(
            "The Shah's heir owns 15 percent of the mine. The state has 10, its fund 3.4.",
            &["Percent | 15 percent | 15", "Percent | 10 | 10", "Percent | 3.4 | 3.4"],
        );
        check(
            "The paper fell 2.4 percent. The KSE dropped 5.6.",
            &["Percent | 2.4 percent | 2.4", "Percent | 5.6 | 5.6"],
        );
    }

    #[test]
    fn a_row_and_what_it_is_now_are_percentages_too() {
        check(
            "Slabs of 5, 12 and 18 percent. At first it had been 9.",
            &["Percent | 5 | 5", "Percent | 12 | 12", "Percent | 18 percent | 18", "Percent | 9 | 9"],
        );
        check(
            "Kano: 34%; Kaduna: 41. Between 10 and 15 percent drop out, plus or minus 3 percent.",
            &[
                "Percent | 34% | 34",
                "Percent | 41 | 41",
                "Percent | 10 | 10",
                "Percent | 15 percent | 15",
                "Percent | 3 percent | 3",
            ],
        );
    }

    #[test]
    fn what_ends_an_item_may_be_any_small_word() {
        check(
            "Joblessness was 18.9 percent among men, 16.7 among women and 14.2 overall.",
            &["Percent | 18.9 percent | 18.9", "Percent | 16.7 | 16.7", "Percent | 14.2 | 14.2"],
        );
        check(
            "Corn was rated 9 percent poor, 31 fair and 60 good.",
            &["Percent | 9 percent | 9", "Percent | 31 | 31", "Percent | 60 | 60"],
        );
        check(
            "Pay rose 0.9 percent after falling 0.8, and prices gained 2 percent and wages gained three.",
            &["Percent | 0.9 percent | 0.9", "Percent | 0.8 | 0.8", "Percent | 2 percent | 2", "Percent | three | 3"],
        );
        check(
            "Around 30 percent of the staff, 12 of them women, left.",
            &["Percent | 30 percent | 30", "Quantity | 12 | 12"],
        );
    }

    #[test]
    fn a_result_and_an_age_are_no_percentages() {
        check(
            "Leeds had 61 percent of the ball, and so Everton 2.",
            &["Percent | 61 percent | 61", "Quantity | 2 | 2"],
        );
        check("Some 40 percent of them, said a woman aged 45.", &["Percent | 40 percent | 40", "Quantity | 45 | 45"]);
    }
}
