//! Sums of money: which currency stands before or after a number.
//!
//! In: the tokens around a number. Out: the ISO 4217 code and the span from symbol to the currency's word. A name that
//! several countries use for their money ("rupees", "¥") is decided by the countries of the story, the dateline's first.

use crate::language::tokens::{Token, TokenKind};
use crate::markup::bytes;
use crate::model::Article;
use regex::Regex;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// A currency by one of its names.
pub(super) struct Currency {
    /// None where the name means money in some countries only: "N500" is naira in a story of Nigeria.
    code: Option<&'static str>,
    elsewhere: Vec<(&'static str, &'static str)>,
    parts: f64,
}

static CURRENCIES: LazyLock<FxHashMap<&'static str, Currency>> = LazyLock::new(|| {
    let mut currencies = FxHashMap::default();
    for line in include_str!("currencies.tsv").lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&'static str> = line.split('\t').collect();
        let [name, code, rest @ ..] = columns.as_slice() else { continue };
        currencies.entry(*name).or_insert_with(|| Currency::read(code, rest));
    }
    currencies
});

/// Names in the plural by their singular, as it stands behind an article or a hyphen.
static PLURALS: LazyLock<FxHashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let singular = |name: &'static str| Some((name.strip_suffix('s').filter(|one| one.len() > 2)?, name));
    CURRENCIES.keys().copied().filter_map(singular).filter(|(one, _)| !CURRENCIES.contains_key(one)).collect()
});

impl Currency {
    /// From its code and the columns behind it: other countries' money of that name, and how many make one.
    pub(super) fn read(code: &'static str, rest: &[&'static str]) -> Self {
        let elsewhere = rest.first().copied().unwrap_or_default().split(';').filter_map(|pair| pair.split_once('='));
        let parts = rest.get(1).and_then(|parts| parts.parse().ok()).unwrap_or(1.0);
        Self { code: Some(code).filter(|code| *code != "-"), elsewhere: elsewhere.collect(), parts }
    }

    /// Its code and parts in a story, or of the country that its adjective names. "~CA" is meant by the adjective only.
    pub(super) fn of(&self, named: Option<&str>, story: Story<'_>) -> Option<(&'static str, f64)> {
        let abroad = |country: &str, by_name: bool| {
            let of = |(code, _): &&(&str, &str)| *code == country || by_name && code.strip_prefix('~') == Some(country);
            self.elsewhere.iter().find(of).map(|(_, currency)| *currency)
        };
        // A mark that gave way to the euro is money only in an old story.
        let gone = |code: &str| OLD.contains(&code) && story.year.is_none_or(|year| year > 2002);
        let code = match named {
            Some(country) => abroad(country, true).or(self.code),
            None => {
                // Every second story names a country with dollars; only its own are bare.
                let asked = match self.code {
                    Some(DOLLAR) => usize::from(story.at_home),
                    _ => story.countries.len(),
                };
                let mut near = story.countries.iter().take(asked).filter_map(|country| abroad(country, false));
                let near = near.find(|code| !gone(code));
                near.or(self.code.filter(|code| !gone(code)))
            }
        };
        code.map(|code| (code, self.parts))
    }
}

/// Money found around a number: its bytes and its currency.
pub(super) struct Money {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) currency: &'static str,
    /// How many of what was counted make one of the currency: 100 cents.
    pub(super) parts: f64,
}

/// What decides between currencies of one name.
#[derive(Clone, Copy)]
pub(super) struct Story<'a> {
    /// Its countries, the nearest first.
    pub(super) countries: &'a [String],
    /// The year it is of.
    pub(super) year: Option<i16>,
    /// Whether its bare dollars are those of its own country.
    pub(super) at_home: bool,
}

impl<'a> Story<'a> {
    /// What an article says that decides. A paper at home counts in its own dollars and writes "US$" for others; copy of
    /// an agency is for readers anywhere, and who writes "A$" means no Australian dollars without the letter.
    pub(super) fn of(article: &Article, countries: &'a [String]) -> Self {
        let has = |sign: &str| article.body.contains(sign);
        let local = ["A$", "C$", "NZ$", "HK$", "S$", "NT$"];
        let at_home = has("US$") || article.wire.agency.is_none() && !local.into_iter().any(has);
        Self { countries, year: article.date().map(|date| date.year()), at_home }
    }
}

/// What a bare dollar is where nothing else is told.
const DOLLAR: &str = "USD";

/// Currencies that gave way to the euro in 2002; their names without their country's ("marks") are other words since.
const OLD: [&str; 10] = ["DEM", "FRF", "ITL", "NLG", "ESP", "PTE", "GRD", "ATS", "FIM", "IEP"];

/// The currency before token `first` or from token `after` on.
pub(super) fn around(tokens: &[Token<'_>], first: usize, after: usize, story: Story<'_>) -> Option<Money> {
    let start = tokens.get(first)?.start;
    let end = tokens.get(after.checked_sub(1)?)?.end;
    if let Some((at, (currency, parts))) = before(tokens, first, story) {
        return Some(Money { start: tokens.get(at)?.start, end, currency, parts });
    }
    let (last, (currency, parts)) = behind(tokens, after, story)?;
    Some(Money { start, end: tokens.get(last)?.end, currency, parts })
}

/// `N150,000`, `Rs500 crore`, `RM2.3 million`: letters glued to the number, which the tokens do not part.
static GLUED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\b([A-Z][A-Za-z]{0,3})(\d[\d,]*(?:\.\d+)?)(?:[\s-]?(million|billion|trillion|trln|mln|bln|bn|mn|tn|[mM]|[bB]|crore|lakh|thousand|k)\b)?",
    )
    .ok()
});

/// Sums whose currency is glued to them, in order, each with its amount.
pub(super) fn glued(text: &str, story: Story<'_>) -> Vec<(Money, f64)> {
    let Some(pattern) = GLUED.as_ref() else { return Vec::new() };
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = next_glued(text, from) {
        let sum = pattern.captures_at(text, start).filter(|sum| sum.get(0).is_some_and(|all| all.start() == start));
        let Some(sum) = sum else {
            from = start + 1;
            continue;
        };
        from = sum.get(0).map_or(start + 1, |all| all.end());
        let (Some(all), Some(letters), Some(digits)) = (sum.get(0), sum.get(1), sum.get(2)) else { continue };
        let rest = text.get(all.end()..).unwrap_or_default();
        // "N95 masks", "R-value", "M4-motorway" and "P5+1" are no sums.
        if rest.starts_with(['-', '+', '/']) || rest.starts_with(char::is_alphanumeric) {
            continue;
        }
        let single = letters.as_str().chars().count() == 1;
        let (number, scale) = (digits.as_str().trim_end_matches(','), sum.get(3).map(|scale| scale.as_str()));
        let Some((currency, parts)) = decide(&letters.as_str().to_lowercase(), story) else { continue };
        // A road or a mask has one or two digits and no scale, a conference of climate too.
        let of_story =
            || story.countries.first().is_some_and(|first| decide_in(&letters.as_str().to_lowercase(), first));
        if scale.is_none() && number.len() < 3 && (single && !of_story() || letters.as_str() == "COP") {
            continue;
        }
        let scale = match scale {
            Some("trillion" | "trln" | "tn") => 1e12,
            Some("billion" | "bln" | "bn" | "b" | "B") => 1e9,
            Some("million" | "mln" | "mn" | "m" | "M") => 1e6,
            Some("crore") => 1e7,
            Some("lakh") => 1e5,
            Some("thousand" | "k") => 1e3,
            _ => 1.0,
        };
        let Ok(amount) = number.replace(',', "").parse::<f64>() else { continue };
        let end = if sum.get(3).is_some() { all.end() } else { digits.start() + number.len() };
        // Decimal fractions times a scale: cents are exact, bits are not.
        let amount = (amount * scale * 100.0).round() / 100.0;
        found.push((Money { start: all.start(), end, currency, parts }, amount));
    }
    found
}

/// Where the next one to four letters with a number behind them stand at or behind `from`, the first a capital.
fn next_glued(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at = bytes::next(bytes, at, |byte| byte.is_ascii_digit() || !byte.is_ascii())?;
        let before = bytes.get(from..at)?;
        let letters = before.iter().rev().take(5).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let number = bytes.get(at).is_some_and(u8::is_ascii_digit)
            || text.get(at..).is_some_and(|rest| rest.starts_with(char::is_numeric));
        let start = at - letters;
        let outside =
            !start.checked_sub(1).and_then(|n| bytes.get(n)).is_some_and(|n| n.is_ascii_alphanumeric() || *n == b'_');
        if (1..=4).contains(&letters) && number && outside && bytes.get(start).is_some_and(u8::is_ascii_uppercase) {
            return Some(start);
        }
        at += 1;
    }
}

/// `$`, `US$`, `Rs.`, `USD`: the token at which the symbol starts.
pub(super) fn before(tokens: &[Token<'_>], first: usize, story: Story<'_>) -> Option<(usize, (&'static str, f64))> {
    let mut at = first.checked_sub(1)?;
    let mut token = tokens.get(at)?;
    if token.is(".") && at > 0 && tokens.get(at - 1)?.is("rs") {
        at -= 1;
        token = tokens.get(at)?;
    }
    if token.kind == TokenKind::Word {
        // Short codes must be written as codes are: "Rs 500", "EUR 20", but not "real 20".
        let written = token.text.chars().all(char::is_uppercase) && token.text.len() >= 2
            || matches!(
                token.text,
                "Rs" | "Re"
                    | "Tk"
                    | "Rp"
                    | "Ksh"
                    | "Sh"
                    | "Shs"
                    | "Nu"
                    | "Le"
                    | "Br"
                    | "Dh"
                    | "Dhs"
                    | "Rf"
                    | "Ks"
                    | "Afs"
                    | "KSh"
                    | "Frw"
            );
        // "USD/JPY 136.75": the pair is no part of its rate.
        let pair = at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|stroke| stroke.is("/"));
        let at = if pair { first } else { at };
        let code = || decide(&token.lower, story).map(|code| (at, code));
        return if written && token.text.len() <= 4 { code() } else { None };
    }
    let symbol = decide(&token.lower, story);
    // "US$", "A$", "US $": letters before the symbol.
    if let Some(letters) = at.checked_sub(1).and_then(|before| tokens.get(before))
        && (letters.end == token.start || letters.text == "US")
        && letters.kind == TokenKind::Word
        && let Some(code) = decide(&format!("{}{}", letters.lower, token.lower), story)
    {
        return Some((at - 1, code));
    }
    symbol.map(|symbol| (at, symbol))
}

/// "rubles", "US dollars", "U.S. dollars", "€", "EUR": the last token of the currency.
fn behind(tokens: &[Token<'_>], after: usize, story: Story<'_>) -> Option<(usize, (&'static str, f64))> {
    // "166p" in a story of Britain, "80c" in one of Australia.
    let glued = tokens.get(after).filter(|token| !token.spaced).map_or("", |token| token.text);
    let of = |countries: &[&str]| story.countries.first().is_some_and(|country| countries.contains(&country.as_str()));
    match glued {
        "p" if of(&["GB"]) => return decide("pence", story).map(|pence| (after, pence)),
        "c" if of(&["AU", "NZ", "ZA", "IE", "CA"]) => return decide("cents", story).map(|cents| (after, cents)),
        _ => {}
    }
    let mut name = String::new();
    let mut found = None;
    let initials = [("u", 0), (".", 1), ("s", 2), (".", 3)];
    let american = initials.iter().all(|(text, n)| tokens.get(after + n).is_some_and(|token| token.is(text)));
    let skipped = if american { initials.len() } else { 0 };
    // "a 30-million-euro loan", "a ten-pound note": the name is in the singular.
    let hyphen = tokens.get(after).is_some_and(|dash| dash.is("-") && !dash.spaced);
    let after = after + usize::from(hyphen);
    if hyphen && tokens.get(after).is_none_or(|name| name.spaced || name.text == "p") {
        return None;
    }
    if american {
        name.push_str("us");
    }
    for n in skipped..skipped + 3 {
        let Some(token) = tokens.get(after + n) else { break };
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(&token.lower);
        // Words that are also verbs or nouns ("won", "real", "sum") count after a number only in lower case and not before a dash.
        let plural = || PLURALS.get(name.as_str()).filter(|_| hyphen).and_then(|plural| decide(plural, story));
        if let Some(code) = decide(&name, story).or_else(plural) {
            let code_like = token.text.len() == 3 && token.text.chars().all(char::is_uppercase);
            let word = token.kind == TokenKind::Word
                && token.text.chars().count() > 2
                && (code_like
                    || !CODES_ONLY_UPPER.contains(&token.lower.as_ref()) && !code.0.eq_ignore_ascii_case(&token.lower))
                && !(token.text == "Mark" || hyphen && n > skipped && !token.is("dollar"));
            let word = word && !(hyphen && token.capitalised());
            if word || token.kind == TokenKind::Mark && !token.spaced {
                found = Some((after + n, code));
            }
        }
    }
    found
}

/// The currency whose name stands at token `n`, in lower case as names of money are.
pub(super) fn named(tokens: &[Token<'_>], n: usize, story: Story<'_>) -> Option<(&'static str, f64)> {
    let token = tokens.get(n).filter(|token| token.kind == TokenKind::Word && token.text.chars().count() > 2)?;
    let found = decide(&token.lower, story).or_else(|| decide(PLURALS.get(token.lower.as_ref())?, story))?;
    (!token.text.chars().all(char::is_uppercase) && !found.0.eq_ignore_ascii_case(&token.lower)).then_some(found)
}

/// "a dollar", "half a cent", "a half-cent": one of a currency or a part of it, with how much and the token behind.
pub(super) fn single(tokens: &[Token<'_>], n: usize, story: Story<'_>) -> Option<(f64, &'static str, usize)> {
    let word = |n: usize| tokens.get(n).map_or("", |token| token.lower.as_ref());
    let (amount, at) = match (word(n), word(n + 1), word(n + 2)) {
        ("a", "half", _) => (0.5, n + 2 + usize::from(word(n + 2) == "-")),
        ("half", "a" | "an", _) => (0.5, n + 2),
        ("half", "-", _) => (0.5, n + 2),
        ("a" | "an", ..) => (1.0, n + 1),
        _ => return None,
    };
    let (currency, parts) = named(tokens, at, story)?;
    // "a pound" is a weight as often, "a real problem" none at all; before a noun it is a kind of thing ("a dollar bill").
    let ambiguous =
        matches!(word(at), "pound" | "pounds" | "crown" | "mark" | "sterling" | "won" | "sol" | "lei" | "lev")
            || CODES_ONLY_UPPER.contains(&word(at))
            || word(at).ends_with('s');
    let before = n.checked_sub(1).and_then(|before| tokens.get(before));
    let rate = before.is_some_and(|before| before.kind == TokenKind::Number || decide(&before.lower, story).is_some());
    let free = tokens.get(at + 1).is_none_or(|next| {
        next.kind == TokenKind::Mark && !matches!(next.text, "-" | "/" | "'" | "’")
            || matches!(
                next.lower.as_ref(),
                "a" | "an"
                    | "per"
                    | "each"
                    | "in"
                    | "on"
                    | "for"
                    | "to"
                    | "from"
                    | "more"
                    | "less"
                    | "higher"
                    | "lower"
                    | "up"
                    | "down"
                    | "at"
                    | "and"
                    | "or"
                    | "apiece"
                    | "extra"
            )
    });
    let free = free || amount < 1.0 && word(at - 1) == "-";
    (free && !ambiguous && !rate).then_some((amount / parts, currency, at + 1))
}

/// "tens of millions of dollars": money of which only the size is told, with the token behind.
pub(super) fn vague(tokens: &[Token<'_>], n: usize, story: Story<'_>) -> Option<(&'static str, usize)> {
    let word = |n: usize| tokens.get(n).map_or("", |token| token.lower.as_ref());
    let mut at = n;
    while VAGUE.contains(&word(at)) && word(at + 1) == "of" {
        at += 2;
    }
    if at == n {
        return None;
    }
    let (last, (currency, parts)) = behind(tokens, at, story)?;
    // "(in millions of crowns)" is the head of a table.
    if n.checked_sub(1)
        .is_some_and(|before| word(before) == "(" || word(before) == "in" && word(at + 2) != "of" && head(tokens, n))
    {
        return None;
    }
    // "thousands of pounds of rice"
    let weight = word(last).starts_with("pound") && word(last + 1) == "of";
    (!weight && parts <= 1.0 || word(last).starts_with("cent")).then_some((currency, last + 1))
}

/// Whether "in" before token `n` opens a bracket or a part of a sentence.
fn head(tokens: &[Token<'_>], n: usize) -> bool {
    n.checked_sub(2).and_then(|lead| tokens.get(lead)).is_none_or(|lead| matches!(lead.text, "(" | ","))
}

/// Numbers in the plural.
pub(super) const VAGUE: [&str; 9] =
    ["tens", "dozens", "scores", "hundreds", "thousands", "lakhs", "millions", "crores", "billions"];

/// Codes and names that are ordinary words when not in capitals.
const CODES_ONLY_UPPER: [&str; 10] = ["all", "try", "cup", "top", "mop", "sos", "sum", "real", "mad", "pen"];

/// Whether a name means money in this country only because it is this one.
fn decide_in(name: &str, country: &str) -> bool {
    CURRENCIES.get(name).is_some_and(|currency| currency.elsewhere.iter().any(|(code, _)| *code == country))
}

/// A name's currency, and how many of what it names make one.
pub(super) fn decide(name: &str, story: Story<'_>) -> Option<(&'static str, f64)> {
    // A name with its country ("german marks") is meant also in a new story.
    CURRENCIES.get(name)?.of(None, if name.contains(' ') { Story { year: Some(0), ..story } } else { story })
}
