//! A table on a terminal: columns as wide as they must be, the last one open.

use crate::commands::show::{Style, Tone};

/// One cell: how it is painted, and its words.
pub(super) type Cell = (Tone, String);

/// Prints rows under their heads. Words from outside are cut and made harmless by the style.
pub(super) fn print(style: Style, heads: &[&str], rows: &[Vec<Cell>]) {
    let width = |text: &str| text.chars().count();
    let mut widths: Vec<usize> = heads.iter().map(|head| width(head)).collect();
    for row in rows {
        for (column, (_, text)) in row.iter().enumerate() {
            if let Some(known) = widths.get_mut(column) {
                *known = width(text).max(*known);
            }
        }
    }
    let heads: Vec<Cell> = heads.iter().map(|head| (Tone::Faint, (*head).to_owned())).collect();
    for row in std::iter::once(&heads).chain(rows) {
        let mut line = String::new();
        for (column, (tone, text)) in row.iter().enumerate() {
            line.push_str(&style.paint(*tone, text));
            if column + 1 < row.len() {
                let fill = widths.get(column).copied().unwrap_or(0).saturating_sub(width(text));
                line.push_str(&" ".repeat(fill + 2));
            }
        }
        crate::commands::put(format_args!("{}", line.trim_end()));
    }
}
