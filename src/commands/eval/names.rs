//! Marked names, values and speech against those that were found.
//!
//! In: a document's marks and what was read out of its text. Out: counts by type, and which attributes of exact matches
//! agree. What holds: a match has exactly the span and the type of the mark; `names` takes persons, organisations and
//! places together, a facility being a place there, as CoNLL has it; a mention by office is no name. Quantities are
//! not scored: records also have counts of people and things, which the corpus does not mark. A document marks either its
//! speech or its names and values.

use super::marks::{Document, Mark};
use super::{interval, rates, sum, told};
use crate::clean;
use crate::extract;
use crate::model::{Article, Enriched, FeedId, Field, ItemId, MentionForm, Quote, StatedTime, ValueType};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// What is right among exact matches: how often, of how many.
type Agreement = BTreeMap<String, (usize, usize)>;

/// A document that was read.
#[derive(Debug, Default)]
pub(super) struct Scored {
    id: String,
    style: String,
    /// By type the marks that were found, the marks, and what was found.
    rows: BTreeMap<String, [usize; 3]>,
    agreement: Agreement,
    /// What is wrong with it.
    wrong: Vec<String>,
}

/// The row of persons, organisations and places.
const NAMES: &str = "names";

/// Reads a document as the daemon would its article, without the page around it.
pub(super) fn score(tables: &extract::Tables, document: &Document) -> Scored {
    let feed = FeedId::from("eval");
    let mut article = Article::new(ItemId::new(&feed, &document.id), feed);
    article.headline = Some(document.headline.clone()).filter(|headline| !headline.is_empty());
    article.body.clone_from(&document.body);
    article.language = Some(document.language.clone().unwrap_or("en".to_owned()));
    article.published =
        document.date.as_deref().and_then(|date| format!("{date}T12:00:00Z").parse::<StatedTime>().ok());
    clean::wire::structure(&mut article, None);
    compare(document, &extract::article(tables, article))
}

/// Whether a value is the label's. Periods agree when they begin and end on the same days, amounts to a hundredth of a percent.
fn same(question: &str, told: &str, label: &str) -> bool {
    match question {
        "date" => told == label || days(told).is_some_and(|told| Some(told) == days(label)),
        "country of places" => told == label,
        // A label may call the speaker by several names; an article before a name does not matter.
        "speaker" => label.split('/').any(|label| {
            let (told, label) = (told.to_lowercase(), label.to_lowercase());
            told.strip_suffix(&label).is_some_and(|article| article.split_whitespace().count() <= 1)
        }),
        _ => {
            let amount = |text: &str| text.split(' ').next().and_then(|number| number.parse::<f64>().ok());
            let unit = |text: &str| text.split_once(' ').map(|(_, unit)| unit.to_owned());
            let close = amount(told).zip(amount(label)).is_some_and(|(a, b)| (a - b).abs() <= b.abs() * 1e-4);
            close && (unit(told) == unit(label) || unit(label).is_none())
        }
    }
}

/// The first and the last day of a date as labels and records write it: `2021`, `2021-03`, `2021-W09`, `2021-Q1`, `1990s`,
/// and two of them with a stroke between.
fn days(text: &str) -> Option<(Date, Date)> {
    if let Some((first, last)) = text.split_once('/') {
        return Some((days(first)?.0, days(last)?.1));
    }
    let year: i16 = text.get(..4)?.parse().ok()?;
    let until = |first: Date, span: jiff::Span| Some((first, first.checked_add(span).ok()?.yesterday().ok()?));
    let month = |month: i8| Date::new(year, month, 1).ok();
    match text.get(4..).unwrap_or_default() {
        "" => until(month(1)?, 1.year()),
        "s" => until(month(1)?, 10.years()),
        rest => match rest.strip_prefix('-')? {
            week if week.starts_with('W') => {
                let week = week.get(1..)?.parse().ok()?;
                let monday = jiff::civil::ISOWeekDate::new(year, week, jiff::civil::Weekday::Monday).ok()?;
                until(monday.date(), 1.week())
            }
            quarter if quarter.starts_with('Q') => {
                let quarter: i8 = quarter.get(1..)?.parse().ok()?;
                until(month(quarter * 3 - 2)?, 3.months())
            }
            rest if rest.len() == 2 => until(month(rest.parse().ok()?)?, 1.month()),
            _ => text.parse().ok().map(|date| (date, date)),
        },
    }
}

/// Where something stands and what it is.
type Place = (Field, usize, usize, String);

/// Speech in quotation marks and told, as labels call them.
const QUOTE: &str = "quote";
const TOLD: &str = "told";

/// What was said, each with its speaker.
fn speech(enriched: &Enriched) -> BTreeMap<Place, String> {
    let told = |quote: &Quote| {
        let kind = if quote.direct { QUOTE } else { TOLD };
        let place = (quote.span.field, quote.span.start, quote.span.end, kind.to_owned());
        (place, quote.speaker.clone().unwrap_or("-".to_owned()))
    };
    enriched.quotes.iter().map(told).collect()
}

/// The names, each with its country, and the values.
fn names_and_values(enriched: &Enriched) -> BTreeMap<Place, String> {
    let mut found: BTreeMap<Place, String> = BTreeMap::new();
    for entity in &enriched.entities {
        for mention in entity.mentions.iter().filter(|mention| mention.form != MentionForm::Role) {
            let kind = json!(entity.kind).as_str().unwrap_or_default().to_owned();
            let span = &mention.span;
            found.insert((span.field, span.start, span.end, kind), entity.country.clone().unwrap_or("-".to_owned()));
        }
    }
    for value in enriched.values.iter().filter(|value| value.kind != ValueType::Quantity) {
        let number = value.value.map(|number| number.to_string()).unwrap_or_default();
        let told = match value.kind {
            ValueType::Date => match (&value.date, &value.date_end) {
                (Some(date), Some(end)) => format!("{date}/{end}"),
                (date, _) => date.clone().unwrap_or("?".to_owned()),
            },
            // Labels count basis points as the hundredths of a point that they are.
            ValueType::Percent if value.unit.as_deref() == Some("basis point") => {
                value.value.map(|points| (points.0 / 100.0).to_string()).unwrap_or_default()
            }
            ValueType::Money => format!("{number} {}", value.currency.as_deref().unwrap_or("?")),
            _ => number,
        };
        let kind = json!(value.kind).as_str().unwrap_or_default().to_owned();
        found.insert((value.span.field, value.span.start, value.span.end, kind), told);
    }
    found
}

fn compare(document: &Document, enriched: &Enriched) -> Scored {
    let speaks = document.marks.iter().any(|mark| matches!(mark.kind.as_str(), QUOTE | TOLD));
    let found = if speaks { speech(enriched) } else { names_and_values(enriched) };
    let place_of = |mark: &Mark| (mark.field, mark.start, mark.end, mark.kind.clone());
    let scored = document.marks.iter().filter(|mark| mark.kind != "quantity");
    let marked: BTreeMap<Place, &str> = scored.map(|mark| (place_of(mark), mark.attributes.as_str())).collect();
    let mut score = Scored { id: document.id.clone(), style: document.style.clone(), ..Scored::default() };
    for (expected, all) in [(true, marked.keys().collect::<Vec<_>>()), (false, found.keys().collect())] {
        for place in all {
            score.rows.entry(place.3.clone()).or_default()[usize::from(!expected) + 1] += 1;
        }
    }
    for (place, attributes) in &marked {
        let Some(told) = found.get(place) else { continue };
        score.rows.entry(place.3.clone()).or_default()[0] += 1;
        let question = match place.3.as_str() {
            "place" | "facility" => "country of places",
            "date" => "date",
            "money" => "amount and currency",
            "percent" => "percentage",
            QUOTE | TOLD => "speaker",
            _ => continue,
        };
        if attributes.is_empty() || attributes.starts_with('?') {
            continue;
        }
        let agreement = score.agreement.entry(question.to_owned()).or_default();
        agreement.1 += 1;
        if same(question, told, attributes) {
            agreement.0 += 1;
        } else {
            score.wrong.push(format!("{} {:?}: {told} is not {attributes}", place.3, text_of(document, place)));
        }
    }
    let joined = |places: &mut dyn Iterator<Item = &Place>| -> BTreeSet<Place> {
        places
            .filter_map(|(field, start, end, kind)| {
                let kind = match kind.as_str() {
                    "facility" => "place",
                    kind @ ("person" | "organisation" | "place") => kind,
                    _ => return None,
                };
                Some((*field, *start, *end, kind.to_owned()))
            })
            .collect()
    };
    let (names, tagged) = (joined(&mut marked.keys()), joined(&mut found.keys()));
    score.rows.insert(NAMES.to_owned(), [names.intersection(&tagged).count(), names.len(), tagged.len()]);
    let missing = marked.keys().filter(|place| !found.contains_key(*place)).map(|place| ("missing", place));
    let extra = found.keys().filter(|place| !marked.contains_key(*place)).map(|place| ("extra", place));
    score
        .wrong
        .extend(missing.chain(extra).map(|(what, place)| format!("{what} {} {:?}", place.3, text_of(document, place))));
    score
}

fn text_of<'d>(document: &'d Document, (field, start, end, _): &Place) -> &'d str {
    let text = if *field == Field::Headline { &document.headline } else { &document.body };
    text.get(*start..*end).unwrap_or_default()
}

/// The types that are marked somewhere, with the counts of each document; what no document marks is not scored.
fn rows(scored: &[Scored]) -> Vec<(&str, Vec<[usize; 3]>)> {
    let mut rows: BTreeMap<&str, Vec<[usize; 3]>> = BTreeMap::new();
    for (kind, counts) in scored.iter().flat_map(|scored| &scored.rows) {
        rows.entry(kind).or_default().push(*counts);
    }
    rows.retain(|_, counts| counts.iter().any(|[_, marked, _]| *marked > 0));
    let names = rows.remove(NAMES).map(|counts| (NAMES, counts));
    names.into_iter().chain(rows).collect()
}

fn agreement(scored: &[Scored]) -> Agreement {
    let mut sum = Agreement::new();
    for (question, (right, of)) in scored.iter().flat_map(|scored| &scored.agreement) {
        let entry = sum.entry(question.clone()).or_default();
        *entry = (entry.0 + right, entry.1 + of);
    }
    sum
}

/// The names of a report.
pub(super) fn json(scored: &[Scored]) -> Value {
    let rows: Map<String, Value> = rows(scored)
        .into_iter()
        .map(|(kind, counts)| {
            let [_, marked, found] = sum(&counts);
            let mut row = told(&counts);
            (row["marked"], row["found"]) = (marked.into(), found.into());
            (kind.to_owned(), row)
        })
        .collect();
    let agreement: Map<String, Value> =
        agreement(scored).into_iter().map(|(name, (right, of))| (name, json!({"right": right, "of": of}))).collect();
    json!({"documents": scored.len(), "types": rows, "agreement": agreement})
}

/// Laid out for reading.
pub(super) fn print(out: &mut impl io::Write, scored: &[Scored], failures: bool) -> io::Result<()> {
    if failures {
        for scored in scored.iter().filter(|scored| !scored.wrong.is_empty()) {
            writeln!(out, "{} ({})", scored.id, scored.style)?;
            scored.wrong.iter().try_for_each(|wrong| writeln!(out, "    {wrong}"))?;
        }
    }
    writeln!(out, "{:12}  marked  found   P     R     F1 (of {} documents)", "type", scored.len())?;
    for (kind, counts) in rows(scored) {
        let ([_, marked, found], [low, high]) = (sum(&counts), interval::of(&counts));
        let [precision, recall, f1] = rates(sum(&counts));
        writeln!(out, "{kind:12}  {marked:6}  {found:5}   {precision:.3} {recall:.3} {f1:.3} ({low:.2}-{high:.2})")?;
    }
    let shares = agreement(scored).into_iter().map(|(name, (right, of))| format!("{name} {right}/{of}"));
    writeln!(out, "right among matches: {}", shares.collect::<Vec<_>>().join(", "))
}
