//! Numbers of tables and lists that are percentages by the head of their column, by the caption before them, or by the row
//! above, which says so: "Party  Votes  %", "Result, in percent:", "One month 3.12 pct (3.10)".
//!
//! In: a text and its values, in order. Out: the same, with bare numbers turned into the percentages that they are. What
//! holds: a number with a unit or a currency stays what it is; a head or a caption reaches as far as rows of figures go.

use super::measures::{self, NOTATION};
use super::{changes, rows, signed};
use crate::model::{Value, ValueType};

/// What a head or a caption says percent with.
const PERCENT: [&str; 6] = ["%", "percent", "percentage", "pct", "per cent", "p.c."];

/// Heads of the tables of leagues, whose shares of games won are told in thousandths.
const LEAGUE: [&str; 3] = ["w", "l", "gb"];

/// What a caption of shares of votes speaks of.
const OF_VOTES: [&str; 5] = ["poll", "survey", "vote", "voting", "support"];

/// Heads of columns that count something, whatever their caption speaks of.
const COUNTS: [&str; 22] = [
    "adults",
    "cases",
    "deaths",
    "delegates",
    "electorate",
    "games",
    "members",
    "mps",
    "no",
    "number",
    "place",
    "points",
    "population",
    "pts",
    "rank",
    "registered",
    "sample",
    "seats",
    "size",
    "voters",
    "votes",
    "won",
];

/// Heads of columns that are told in percent without saying so, beside those of [`NOTATION`].
const HEADS: [&str; 12] = [
    "annualised",
    "annualized",
    "coupon",
    "growth",
    "occupancy",
    "returns",
    "swing",
    "turnout",
    "vote share",
    "yield",
    "yld",
    "yr-yr",
];

/// The most words of a caption, and the most rows below a head or a caption.
const CAPTION: usize = 14;
const ROWS: usize = 300;

/// Bytes of the longest line that may be a head, a caption, a list or a row.
const LONGEST: usize = 200;

/// Makes percentages of the bare numbers of tables and lists.
pub(super) fn read(text: &str, values: &mut [Value]) {
    let mut lines: Vec<Line> = Vec::new();
    let (mut start, mut first) = (0, 0);
    for line in text.split('\n') {
        let end = start + line.len();
        let after = first + values.iter().skip(first).take_while(|value| value.span.start < end).count();
        if !line.trim().is_empty() {
            lines.push(Line { text: line, start, values: (first, after) });
        }
        (start, first) = (end + 1, after);
    }
    for (n, line) in lines.iter().enumerate() {
        if line.text.len() > LONGEST {
            continue;
        }
        // Most lines say nothing of percent.
        let lower = line.text.to_lowercase();
        let league = || lower.split_whitespace().any(|head| LEAGUE.contains(&head));
        let polled = OF_VOTES.iter().any(|word| lower.contains(word));
        let says = PERCENT.iter().any(|word| lower.contains(word));
        let measured = !says && measures::heads(&lower);
        if !says && !measured && !polled || league() {
            continue;
        }
        if says {
            listed(line, &lower, values);
        }
        let rows = rows(&lines, n + 1, values);
        let found =
            columns(line.text).map_or(0, |columns| rows.iter().map(|row| at_columns(row, &columns, values)).sum());
        if found == 0 && is_caption(line, &lower, values) {
            let told: Vec<Vec<usize>> =
                rows.iter().map(|row| trailing(row, values)).take_while(|row| !row.is_empty()).collect();
            let first = |row: usize| rows.get(row).zip(told.get(row).and_then(|row| values.get(*row.last()?)));
            let signed = (0..told.len())
                .filter_map(first)
                .any(|(line, value)| signed::sign(line.text, line.start, value).is_some());
            let figures: Vec<f64> = told.iter().filter_map(|row| size(values, *row.last()?)).collect();
            let shares = !signed && are_shares(&figures);
            let fits = says || measured && figures.iter().all(|size| *size <= 100.0) || shares;
            // Beside exact shares whole numbers are seats.
            let exact = !says && (0..told.len()).filter_map(first).all(|(_, value)| value.text.contains('.'));
            if told.len() > 1 && fits {
                let counts = lines.get(n + 1).map(|heads| counting(heads.text)).unwrap_or_default();
                for (row, told) in rows.iter().zip(&told) {
                    for (column, n) in told.iter().enumerate() {
                        let whole = values.get(*n).is_some_and(|value| {
                            !value.text.contains('.') && signed::sign(row.text, row.start, value).is_none()
                        });
                        let seats = exact && whole;
                        if !counts.contains(&column) && !seats {
                            make(row, values, *n);
                        }
                    }
                }
            } else if measured && told.len() < 2 {
                items(rows, values);
            }
        }
    }
    for pair in lines.windows(2) {
        if let [above, row] = pair {
            alike(above, row, values);
        }
    }
    lines.iter().filter(|line| line.text.len() <= LONGEST).for_each(|line| rows::named(line, values));
    changes::read(&lines, values);
}

/// A line of a text.
pub(super) struct Line<'t> {
    pub(super) text: &'t str,
    /// Its first byte.
    pub(super) start: usize,
    /// The first of its values, and the one behind.
    pub(super) values: (usize, usize),
}

impl Line<'_> {
    pub(super) fn values<'v>(&self, values: &'v [Value]) -> &'v [Value] {
        values.get(self.values.0..self.values.1).unwrap_or_default()
    }
}

/// The rows below a head or a caption.
fn rows<'l, 't>(lines: &'l [Line<'t>], from: usize, values: &[Value]) -> &'l [Line<'t>] {
    // The heads of columns may stand between.
    let heads = lines.get(from).is_some_and(|line| cells(line.text).len() > 1 && trailing(line, values).is_empty());
    let below = lines.get(from + usize::from(heads)..).unwrap_or_default();
    let row = |line: &&Line<'_>| {
        line.values.0 < line.values.1 && line.text.len() <= LONGEST && !line.text.trim_end().ends_with(['.', '!', '?'])
    };
    below.get(..below.iter().take(ROWS).take_while(row).count()).unwrap_or_default()
}

/// The cells of a line, which tabs, bars and gaps part, each with its first byte.
fn cells(line: &str) -> Vec<(usize, &str)> {
    let mut cells = Vec::new();
    let mut start = 0;
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let gap =
            bytes.get(at..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'|')).count();
        let parted = gap > 1 || gap == 1 && bytes.get(at) != Some(&b' ');
        if parted {
            cells.push((start, line.get(start..at).unwrap_or_default()));
            start = at + gap;
        }
        at += gap.max(1);
    }
    cells.push((start, line.get(start..).unwrap_or_default()));
    cells.retain(|(_, cell)| !cell.trim().is_empty());
    cells
}

/// Which columns a head says are percentages, counted from the last one.
fn columns(line: &str) -> Option<(Vec<usize>, usize)> {
    if line.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let parted = cells(line);
    let heads: Vec<&str> = match parted.len() {
        // "Party Votes % Seats"
        1 => line.split_whitespace().collect(),
        _ => parted.iter().map(|(_, cell)| cell.trim()).collect(),
    };
    let says = |head: &&str| {
        let head = head.to_lowercase();
        PERCENT.iter().any(|word| head.contains(word))
            || HEADS.contains(&head.as_str())
            || NOTATION.contains(&head.as_str())
            || measures::heads(&head)
    };
    let from_last = heads.iter().rev().enumerate().filter(|(_, head)| says(head)).map(|(n, _)| n).collect();
    (heads.len() > 2 || heads.len() == 2 && parted.len() > 1).then_some((from_last, heads.len()))
}

/// Which columns of a line of heads are counts, from the last one.
fn counting(heads: &str) -> Vec<usize> {
    let cells = cells(heads);
    let counts = |cell: &str| cell.split_whitespace().any(|word| COUNTS.contains(&word.to_lowercase().as_str()));
    let columns = cells.iter().rev().enumerate().filter(|(_, (_, cell))| cells.len() > 1 && counts(cell));
    columns.map(|(column, _)| column).collect()
}

/// Makes percentages of the exact figures of rows below a caption of rates that end an item each: "Discount 3.00, repo 3.30 -
/// Dec 14".
fn items(rows: &[Line<'_>], values: &mut [Value]) {
    let figures: Vec<(usize, usize)> = rows
        .iter()
        .enumerate()
        .flat_map(|(row, line)| (line.values.0..line.values.1).map(move |n| (row, n)))
        .filter(|(row, n)| {
            let (Some(line), Some(value)) = (rows.get(*row), values.get(*n)) else { return false };
            let behind = line.text.get(value.span.end - line.start..).unwrap_or_default().trim_start();
            let ends = behind.is_empty() || behind.starts_with([',', ';', '(', ')', '-', '–', '/']);
            ends && is_bare(value) && value.text.contains('.') && value.value.is_some_and(|size| size.0 <= 100.0)
        })
        .collect();
    let in_rows = figures.iter().map(|(row, _)| row).collect::<std::collections::BTreeSet<_>>().len();
    if in_rows > 1 && 2 * in_rows > rows.len() {
        figures.iter().for_each(|(row, n)| rows.get(*row).into_iter().for_each(|line| make(line, values, *n)));
    }
}

/// Makes percentages of what stands in these columns of a row; how many.
fn at_columns(row: &Line<'_>, (columns, heads): &(Vec<usize>, usize), values: &mut [Value]) -> usize {
    let parted = cells(row.text);
    let figures: Vec<usize> = if parted.len() == *heads || parted.len() == heads + 1 {
        // One value that fills its cell.
        let cell = |from_last: &usize| parted.iter().rev().nth(*from_last).copied();
        columns.iter().filter_map(cell).filter_map(|cell| filling(row, cell, values)).collect()
    } else {
        let figures = trailing(row, values);
        let full = figures.len() + 1 >= *heads;
        columns.iter().filter(|_| full).filter_map(|from_last| figures.get(*from_last).copied()).collect()
    };
    figures.iter().for_each(|n| make(row, values, *n));
    figures.len()
}

/// The value that fills a cell.
fn filling(row: &Line<'_>, (start, cell): (usize, &str), values: &[Value]) -> Option<usize> {
    let (start, end) = (row.start + start, row.start + start + cell.len());
    let mut inside = (row.values.0..row.values.1)
        .filter(|n| values.get(*n).is_some_and(|value| value.span.start >= start && value.span.end <= end));
    let n = inside.next().filter(|_| inside.next().is_none())?;
    let words = cell.chars().any(char::is_alphabetic);
    (!words).then_some(n)
}

/// The bare numbers and percentages at the end of a row, the last first: nothing but signs and brackets stands between
/// them.
pub(super) fn trailing(row: &Line<'_>, values: &[Value]) -> Vec<usize> {
    // "Greens 12 (unchanged)"
    let bracket = row.text.trim_end().strip_suffix(')').and_then(|text| text.rsplit_once('('));
    let mut end = match bracket {
        Some((before, inside)) if !inside.contains(|c: char| c.is_ascii_digit()) => before.len(),
        _ => row.text.len(),
    };
    let mut found = Vec::new();
    for n in (row.values.0..row.values.1).rev() {
        let Some(value) = values.get(n) else { break };
        let behind = value.span.end.checked_sub(row.start).and_then(|from| row.text.get(from..end)).unwrap_or("a");
        if behind.contains(|c: char| c.is_alphanumeric())
            || behind.trim_end().ends_with('.')
            || !is_bare(value) && value.kind != ValueType::Percent
        {
            break;
        }
        found.push(n);
        end = value.span.start - row.start;
    }
    found
}

pub(super) fn size(values: &[Value], n: usize) -> Option<f64> {
    Some(values.get(n)?.value?.0)
}

/// Whether figures share a whole of a hundred out, but for rounding.
fn are_shares(figures: &[f64]) -> bool {
    figures.len() > 2 && (figures.iter().sum::<f64>() - 100.0).abs() < 1.6
}

/// A number and nothing else.
pub(super) fn is_bare(value: &Value) -> bool {
    value.kind == ValueType::Quantity
        && value.text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
}

/// Whether a line is the caption of figures in percent: "Result, in percent:", "Prices (change on the year, pct)".
fn is_caption(line: &Line<'_>, lower: &str, values: &[Value]) -> bool {
    let text = line.text.trim_end();
    let told = line.values(values).iter().any(|value| value.kind == ValueType::Percent);
    let most = if text.ends_with(':') { 2 * CAPTION } else { CAPTION };
    let short = lower.split_whitespace().count() <= most;
    let asks = text.ends_with('?') && !OF_VOTES.iter().any(|word| lower.contains(word));
    let figures = measures::heads(lower) && !trailing(line, values).is_empty();
    short && !told && !asks && !figures && !text.ends_with(['.', '!', '"', '”', ','])
}

/// Makes percentages of the figures of a sentence behind "percent:", each of which ends an item.
fn listed(line: &Line<'_>, lower: &str, values: &mut [Value]) {
    // Lower case may have other bytes; then nothing is told.
    let same = lower.len() == line.text.len();
    let head = PERCENT.iter().filter(|_| same).find_map(|word| {
        let at = lower.find(&format!("{word}:")).or_else(|| {
            // "GDP growth (pct, y/y):"
            let at = lower.find(word)?;
            let (inside, behind) = lower.get(at..)?.split_once(')')?;
            (behind.starts_with(':') && !inside.contains('(')).then_some(at)
        })?;
        (!lower.get(..at)?.contains(|c: char| c.is_ascii_digit())).then_some(at)
    });
    let Some(head) = head else { return };
    let rest = line.text.get(head..).unwrap_or_default();
    let end = line.start + head + rest.find(". ").unwrap_or(rest.len());
    for n in line.values.0..line.values.1 {
        let Some(value) = values.get(n) else { break };
        let ends = line.text.get(value.span.end - line.start..).is_none_or(|rest| {
            let rest = rest.trim_start_matches(')');
            rest.is_empty() || rest.starts_with([',', ';', '.']) || rest.starts_with(" and ")
        });
        if value.span.start > line.start + head && value.span.end <= end && ends && is_bare(value) {
            make(line, values, n);
        }
    }
}

/// Makes percentages of the numbers at the end of a row that stand where the row above has percentages.
fn alike(above: &Line<'_>, row: &Line<'_>, values: &mut [Value]) {
    let (models, numbers) = (trailing(above, values), trailing(row, values));
    if models.is_empty() || models.len() != numbers.len() {
        return;
    }
    let same = || form(above.text) == form(row.text);
    for (model, n) in models.into_iter().zip(numbers) {
        let told = values.get(model).is_some_and(|value| value.kind == ValueType::Percent);
        let fits =
            |value: &Value| signed::sign(row.text, row.start, value).is_some() || value.text.contains('.') && same();
        if told && values.get(n).is_some_and(fits) {
            make(row, values, n);
        }
    }
}

/// What a row is made of: `a` for its words, `0` for its numbers, and its marks, without signs and what says percent.
fn form(line: &str) -> String {
    let mut lower = line.to_lowercase();
    for word in ["per cent", "percent", "pct", "%"] {
        lower = lower.replace(word, " ");
    }
    let mut form = String::new();
    // Signs and points belong to a number; gaps differ.
    for c in lower.chars().filter(|c| !c.is_whitespace() && !".,+-−–".contains(*c)) {
        let kind = if c.is_alphabetic() {
            'a'
        } else if c.is_numeric() {
            '0'
        } else {
            c
        };
        if !form.ends_with(kind) {
            form.push(kind);
        }
    }
    form
}

/// Makes a percentage of a value, with the minus before it.
pub(super) fn make(line: &Line<'_>, values: &mut [Value], n: usize) {
    let Some(value) = values.get_mut(n).filter(|value| is_bare(value)) else { return };
    value.kind = ValueType::Percent;
    value.unit = None;
    signed::take_minus(line.text, line.start, value);
}

#[cfg(test)]
mod tests {
    use super::super::tests::check_british as check;

    #[test]
    fn seats_below_a_caption_of_shares_are_seats() {
        check(
            "Vote shares in the poll:\nParty  Share  Seats\nRed  28.4  4\nBlue  26.5  3",
            &["Percent | 28.4 | 28.4", "Quantity | 4 | 4", "Percent | 26.5 | 26.5", "Quantity | 3 | 3"],
        );
    }

    #[test]
    fn rates_in_a_row_end_an_item_each() {
        check(
            "Key rates:\nHere discount 3.00, repo 3.30 - in May\nThere base 6.25 - in June",
            &[
                "Percent | 3.00 | 3",
                "Percent | 3.30 | 3.3",
                "Date | May | 2021-05",
                "Percent | 6.25 | 6.25",
                "Date | June | 2021-06",
            ],
        );
    }

    #[test]
    fn a_head_of_a_column_says_what_stands_below_it() {
        check(
            "Party Votes % Seats\nRed 4,100 28.4 4\nBlue 3,900 -26.5 3",
            &[
                "Quantity | 4,100 | 4100",
                "Percent | 28.4 | 28.4",
                "Quantity | 4 | 4",
                "Quantity | 3,900 | 3900",
                "Percent | -26.5 | -26.5",
                "Quantity | 3 | 3",
            ],
        );
    }

    #[test]
    fn a_caption_reaches_as_far_as_its_rows() {
        check(
            "Shares, in percent:\nRed 66.1\nBlue 33.9\n\nSeats:\nRed 4\nBlue 3",
            &["Percent | 66.1 | 66.1", "Percent | 33.9 | 33.9", "Quantity | 4 | 4", "Quantity | 3 | 3"],
        );
        check(
            "Women in percent of staff: a summary\nThe office has 12 rooms in all of them.\nThe yard has 4.",
            &["Quantity | 12 | 12 | room", "Quantity | 4 | 4"],
        );
    }

    #[test]
    fn a_row_is_of_what_the_row_above_is_of() {
        check(
            "Oak 3.12 pct (3.10)\nAsh tree 3.90 (3.85)\nElm 4",
            &[
                "Percent | 3.12 pct | 3.12",
                "Percent | 3.10 | 3.1",
                "Percent | 3.90 | 3.9",
                "Percent | 3.85 | 3.85",
                "Quantity | 4 | 4",
            ],
        );
    }
}
