//! HTML under construction, and how times and figures are written for people.
//!
//! Every value is escaped by [`Html::text`]; there is no other way in.

use jiff::Timestamp;
use std::fmt::Write as _;

/// HTML under construction.
#[derive(Default)]
pub(super) struct Html(pub(super) String);

impl Html {
    /// Markup of ours; never a value.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// A value, safe between tags and in quoted attributes.
    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        for c in value.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // Marks that turn the direction of writing could make the rest of a row lie.
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
                '\n' => self.0.push('\n'),
                c if c.is_control() => self.0.push(' '),
                c => self.0.push(c),
            }
        }
        self
    }

    /// A coordinate of a drawing.
    pub(super) fn at(&mut self, place: f64) -> &mut Self {
        // Writing to a string does not fail.
        write!(self.0, "{:.2}", if place.is_finite() { place } else { 0.0 }).ok();
        self
    }

    pub(super) fn time(&mut self, at: Timestamp) -> &mut Self {
        let at = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let shown = at.replace('T', " ").replace('Z', " UTC");
        self.raw("<time datetime=\"").text(&at).raw("\">").text(&shown).raw("</time>")
    }

    pub(super) fn badge(&mut self, class: &'static str, word: &str) -> &mut Self {
        self.raw("<span class=\"badge ").raw(class).raw("\">").text(word).raw("</span>")
    }

    pub(super) fn quiet(&mut self, text: &str) -> &mut Self {
        self.raw("<span class=\"quiet\">").text(text).raw("</span>")
    }

    /// A paragraph in place of a list that is empty.
    pub(super) fn nothing(&mut self, why: &str) -> &mut Self {
        self.raw("<p class=\"quiet\">").text(why).raw("</p>\n")
    }

    /// A link within the page; `current` where it leads to what is shown.
    pub(super) fn link(&mut self, address: &Address, text: &str, current: bool) -> &mut Self {
        self.raw("<a href=\"").text(&address.0);
        self.raw(if current { "\" aria-current=\"true\">" } else { "\">" }).text(text).raw("</a>")
    }

    /// A link to what a publisher names, where that is a web address; else the text alone.
    pub(super) fn outside(&mut self, url: Option<&str>, text: &str) -> &mut Self {
        match url.filter(|url| url.starts_with("https://") || url.starts_with("http://")) {
            Some(url) => self.raw("<a rel=\"noreferrer noopener\" href=\"").text(url).raw("\">").text(text).raw("</a>"),
            None => self.text(text),
        }
    }

    /// Opens a part of the page; the caller closes it with [`Html::end`].
    pub(super) fn section(&mut self, id: &'static str, title: &str) -> &mut Self {
        self.raw("<section>\n<h2 id=\"").raw(id).raw("\">").text(title).raw("</h2>\n")
    }

    pub(super) fn end(&mut self) -> &mut Self {
        self.raw("</section>\n")
    }

    /// The head of a table; the caller writes rows and closes it with [`Html::table_end`].
    pub(super) fn table(&mut self, labelled_by: &'static str, columns: &[Column]) -> &mut Self {
        self.raw("<div class=\"frame\" role=\"region\" tabindex=\"0\" aria-labelledby=\"").raw(labelled_by);
        self.raw("\">\n<table aria-labelledby=\"").raw(labelled_by).raw("\">\n<thead><tr>");
        for column in columns {
            let class = if column.figures { " class=\"number\"" } else { "" };
            self.raw("<th scope=\"col\"").raw(class);
            if let Some(sort) = &column.sort {
                self.raw(match sort.order {
                    None => "",
                    Some(Order::Rising) => " aria-sort=\"ascending\"",
                    Some(Order::Falling) => " aria-sort=\"descending\"",
                });
                self.raw(">").link(&sort.address, column.title, false).raw("</th>");
            } else {
                self.raw(">").raw(column.title).raw("</th>");
            }
        }
        self.raw("</tr></thead>\n<tbody>\n")
    }

    pub(super) fn table_end(&mut self) -> &mut Self {
        self.raw("</tbody>\n</table>\n</div>\n")
    }

    /// Opens a row with its head, which the caller writes and closes.
    pub(super) fn row(&mut self) -> &mut Self {
        self.raw("<tr><th scope=\"row\">")
    }

    /// Opens a cell; its column's name is shown beside it on small screens.
    pub(super) fn cell(&mut self, column: &'static str) -> &mut Self {
        self.raw("<td data-label=\"").raw(column).raw("\">")
    }

    pub(super) fn number(&mut self, column: &'static str, number: u64) -> &mut Self {
        self.raw("<td class=\"number\" data-label=\"").raw(column).raw("\">").text(&grouped(number)).raw("</td>")
    }
}

/// A column of a table.
pub(super) struct Column {
    title: &'static str,
    /// Whether it holds figures alone; its head then stands over them on the right.
    figures: bool,
    sort: Option<Sort>,
}

/// Where a column's head leads, for the rows to be sorted by it.
pub(super) struct Sort {
    pub(super) address: Address,
    /// How they are sorted by it now.
    pub(super) order: Option<Order>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Rising,
    Falling,
}

impl Column {
    pub(super) fn words(title: &'static str) -> Self {
        Self { title, figures: false, sort: None }
    }

    pub(super) fn figures(title: &'static str) -> Self {
        Self { title, figures: true, sort: None }
    }

    pub(super) fn sorted(self, sort: Sort) -> Self {
        Self { sort: Some(sort), ..self }
    }
}

/// An address of ours: a path, and what is asked for.
#[derive(Debug, Clone)]
pub(super) struct Address(String);

impl Address {
    pub(super) fn new(path: &str, query: &[(&str, &str)]) -> Self {
        if query.is_empty() {
            return Self(path.to_owned());
        }
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        Self(format!("{path}?{query}"))
    }

    /// With a place in the page.
    pub(super) fn at(self, place: &str) -> Self {
        // A plus sign stands for itself there.
        let place = url::form_urlencoded::byte_serialize(place.as_bytes()).collect::<String>().replace('+', "%20");
        Self(format!("{}#{place}", self.0))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where everything is about one revision of an item.
pub(super) fn record(item: &str, revision: u32) -> Address {
    Address::new("/record", &[("item", item), ("revision", &revision.to_string())])
}

pub(crate) fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second().saturating_sub(from.as_second())
}

pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    match seconds(at, now) {
        ..=0 => "now".to_owned(),
        seconds => format!("{} ago", length(seconds)),
    }
}

pub(super) fn ahead(at: Timestamp, now: Timestamp) -> String {
    match seconds(now, at) {
        ..=0 => "now".to_owned(),
        seconds => format!("in {}", length(seconds)),
    }
}

/// A time in the largest unit that says it: `40 s`, `3 min`, `5 h`, `2 days`.
pub(crate) fn length(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

pub(super) fn interval(seconds: f64) -> String {
    match seconds {
        ..1.0 => format!("{:.0} ms", seconds * 1000.0),
        1.0..10.0 => format!("{seconds:.1} s"),
        _ => length(seconds as i64),
    }
}

/// `1 234 567` with thin spaces.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{2009}');
        }
        out.push(digit);
    }
    out
}

pub(super) fn size(bytes: u64) -> String {
    let units = [("GiB", 1u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match units.into_iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
        None => format!("{bytes} B"),
    }
}

/// A word of the records' vocabulary, for people.
pub(super) fn spaced(word: &str) -> String {
    word.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_for_people() {
        assert_eq!(grouped(1_234_567), "1\u{2009}234\u{2009}567");
        assert_eq!((grouped(0).as_str(), grouped(999).as_str()), ("0", "999"));
        assert_eq!((size(0).as_str(), size(1536).as_str(), size(4 << 30).as_str()), ("0 B", "1.5 KiB", "4.0 GiB"));
        assert_eq!((length(59).as_str(), length(3_599).as_str(), interval(0.2).as_str()), ("59 s", "59 min", "200 ms"));
    }

    #[test]
    fn addresses_hold_whatever_an_item_is_called() {
        let address = record("yon:https://a.example/?x=1&y=\"2\"#3", 4).at("o1 ü");
        let mut html = Html::default();
        html.link(&address, "<b>", true);
        let expected = "<a href=\"/record?item=yon%3Ahttps%3A%2F%2Fa.example%2F%3Fx%3D1%26y%3D%222%22%233&amp;revision=4#o1%20%C3%BC\" aria-current=\"true\">&lt;b&gt;</a>";
        assert_eq!(html.0, expected);
    }
}
