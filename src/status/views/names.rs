//! Who and what is in the news today, beside the week before.

use super::Frame;
use crate::history::{Named, TOLD};
use crate::model::word;
use crate::status::html::{Address, Column, spaced};

/// The page, of one kind of names where one is chosen.
pub(in crate::status) fn render(frame: &Frame<'_>, named: &[Named], kind: Option<&str>) -> String {
    frame.page("/names", "Names", |html| {
        html.section("names", "Named today (UTC), and in the week before").raw("<p class=\"choice\">");
        html.link(&Address::new("/names", &[]), "all", kind.is_none()).raw(" ");
        for known in TOLD.map(|kind| word(&kind)) {
            html.link(&Address::new("/names", &[("kind", &known)]), &known, kind == Some(known.as_str())).raw(" ");
        }
        html.raw("</p>\n");
        if named.is_empty() {
            html.nothing("No original has named anything in the last eight days.").end();
            return;
        }
        let columns = [
            Column::words("Name"),
            Column::words("Kind"),
            Column::figures("Originals today"),
            Column::figures("A day in the week before"),
            Column::words("Against the week"),
        ];
        html.table("names", &columns);
        let most = named.iter().map(|named| (named.today as f64).max(named.a_day)).fold(1.0, f64::max);
        for row in named {
            html.row().text(&row.name).raw("</th>").cell("Kind").text(&spaced(&row.kind)).raw("</td>");
            html.number("Originals today", row.today);
            html.raw("<td class=\"number\" data-label=\"A day in the week before\">")
                .text(&format!("{:.1}", row.a_day));
            html.raw("</td>")
                .cell("Against the week")
                .raw("<svg class=\"pair\" viewBox=\"0 0 100 14\" role=\"img\" aria-label=\"");
            html.text(&against(row)).raw("\"><path class=\"now\" d=\"M0 1h").at(100.0 * row.today as f64 / most);
            html.raw("v7H0z\"/><path class=\"then\" d=\"M0 9h").at(100.0 * row.a_day / most).raw("v4H0z\"/></svg> ");
            html.quiet(&against(row)).raw("</td></tr>\n");
        }
        html.table_end().end();
    })
}

fn against(row: &Named) -> String {
    match (row.today as f64, row.a_day) {
        (_, 0.0) => "new".to_owned(),
        (0.0, _) => "not today".to_owned(),
        (today, a_day) => format!("{:.1} times", today / a_day),
    }
}
