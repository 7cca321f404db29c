//! Columns of changes in a table of markets, where nothing says whether they are points or percent: "NIKKEI 32,619.34 +0.88".
//!
//! In: the lines of a text and its values. Out: the same, with the signed numbers that can only be percentages turned into
//! them. What holds: a column is read as a whole, over three rows at least; points are of the size that the level has.

use super::columns::{Line, make, size, trailing};
use super::signed;
use crate::model::Value;

/// The fewest rows that show what a column is.
const ROWS: usize = 3;

/// Between these parts of its level a change may be one of points.
const POINTS: (f64, f64) = (0.000_4, 0.2);

/// A row: its line, its level, and its signed figures with their values, the first one first.
struct Row<'l, 't> {
    line: &'l Line<'t>,
    level: f64,
    changes: Vec<(usize, f64)>,
}

/// Makes percentages of the changes that are none of points.
pub(super) fn read(lines: &[Line<'_>], values: &mut [Value]) {
    let mut table: Vec<Row> = Vec::new();
    for line in lines {
        let row = row(line, values);
        let goes_on =
            row.as_ref().is_some_and(|row| table.last().is_none_or(|last| last.changes.len() == row.changes.len()));
        if !goes_on {
            close(&table, values);
            table.clear();
        }
        table.extend(row);
    }
    close(&table, values);
}

/// A line of a name, a level and signed figures at its end.
fn row<'l, 't>(line: &'l Line<'t>, values: &[Value]) -> Option<Row<'l, 't>> {
    let mut changes = Vec::new();
    for n in trailing(line, values) {
        let (value, number) = (values.get(n)?, size(values, n)?);
        // What is a percentage already took its minus in.
        match signed::sign(line.text, line.start, value) {
            Some('+') => changes.push((n, number)),
            Some(_) => changes.push((n, -number)),
            None if number < 0.0 => changes.push((n, number)),
            None if changes.is_empty() => return None,
            None => {
                changes.reverse();
                return (number > 0.0).then_some(Row { line, level: number, changes });
            }
        }
    }
    None
}

/// Reads the columns of a table that is over.
fn close(table: &[Row<'_, '_>], values: &mut [Value]) {
    let columns = table.iter().map(|row| row.changes.len()).min().unwrap_or_default();
    if table.len() < ROWS {
        return;
    }
    let mut told = false;
    for column in 0..columns {
        let parts: Vec<(f64, f64)> =
            table.iter().filter_map(|row| Some((row.level, row.changes.get(column)?.1))).collect();
        let before: Vec<f64> =
            table.iter().filter_map(|row| Some(row.changes.get(column.checked_sub(1)?)?.1)).collect();
        // Behind one column of percentages stands another, "since January"; behind points what they are in percent.
        told = told || is_no_size_of_points(&parts) || is_of_points(&parts, &before);
        if told {
            for row in table {
                row.changes.get(column).into_iter().for_each(|(n, _)| make(row.line, values, *n));
            }
        }
    }
}

/// Whether changes are too small or too large for their levels to be in points.
fn is_no_size_of_points(parts: &[(f64, f64)]) -> bool {
    let mut sizes: Vec<f64> =
        parts.iter().filter(|(_, change)| *change != 0.0).map(|(level, change)| change.abs() / level).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.get(sizes.len() / 2).is_some_and(|median| *median < POINTS.0 || *median > POINTS.1)
}

/// Whether changes are in percent what those in the column before are in points.
fn is_of_points(parts: &[(f64, f64)], points: &[f64]) -> bool {
    let fits = |((level, change), points): &(&(f64, f64), &f64)| {
        (100.0 * *points / (level - *points) - change).abs() < 0.02 + change.abs() / 50.0
    };
    parts.len() == points.len() && 3 * parts.iter().zip(points).filter(fits).count() > 2 * parts.len()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check_british as check;

    #[test]
    fn changes_too_small_for_points_are_in_percent() {
        check(
            "TOKYO 18,388.56 +0.68\nPARIS 3,002.10 -0.23\nSEOUL 2,057.06 +0.11",
            &[
                "Quantity | 18,388.56 | 18388.56",
                "Percent | 0.68 | 0.68",
                "Quantity | 3,002.10 | 3002.1",
                "Percent | -0.23 | -0.23",
                "Quantity | 2,057.06 | 2057.06",
                "Percent | 0.11 | 0.11",
            ],
        );
    }

    #[test]
    fn what_points_are_in_percent_stands_behind_them() {
        check(
            "Oak 202.00 +2.00 +1.00\nAsh 98.00 -2.00 -2.00\nElm 51.00 +1.00 +2.00",
            &[
                "Quantity | 202.00 | 202",
                "Quantity | 2.00 | 2",
                "Percent | 1.00 | 1",
                "Quantity | 98.00 | 98",
                "Quantity | 2.00 | 2",
                "Percent | -2.00 | -2",
                "Quantity | 51.00 | 51",
                "Quantity | 1.00 | 1",
                "Percent | 2.00 | 2",
            ],
        );
    }
}
