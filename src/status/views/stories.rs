//! Stories by how quickly they were picked up.

use super::Frame;
use crate::history::Pickup;
use crate::status::html::{Address, Column, ago, length};
use jiff::Timestamp;

/// Days that the page looks back.
pub(in crate::status) const DAYS: i64 = 3;

/// The page.
pub(in crate::status) fn render(frame: &Frame<'_>, stories: &[Pickup]) -> String {
    frame.page("/stories", "Stories", |html| {
        html.section("stories", &format!("Picked up in the last {DAYS} days, the quickest first"));
        if stories.is_empty() {
            html.nothing("No story has a second item.").end();
            return;
        }
        let columns = [
            Column::words("First told as"),
            Column::words("By"),
            Column::figures("Picked up within an hour"),
            Column::figures("Items"),
            Column::figures("Feeds"),
            Column::words("First seen"),
            Column::words("Ran for"),
        ];
        html.table("stories", &columns);
        for story in stories {
            let headline = story.headline.as_deref().unwrap_or("(no headline)");
            html.row().link(&Address::new("/record", &[("item", &story.item)]), headline, false).raw("</th>");
            html.cell("By").text(story.agency.as_deref().unwrap_or("–")).raw("</td>");
            html.number("Picked up within an hour", story.within_an_hour);
            html.number("Items", story.items).number("Feeds", story.feeds).cell("First seen");
            let first = Timestamp::from_second(story.first).unwrap_or_default();
            html.text(&ago(first, frame.now)).raw("</td>").cell("Ran for").text(&length(story.last - story.first));
            html.raw("</td></tr>\n");
        }
        html.table_end().end();
    })
}
