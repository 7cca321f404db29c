//! COVID-19 figures over time: each point leads to the sentence it came from.

use super::Frame;
use crate::history::{ClaimPoint, Country, Heat, SeriesCount};
use crate::model::{ClaimRecord, Qualifier};
use crate::status::chart::{self, Mark, Range};
use crate::status::figure;
use crate::status::html::{self, Address, Column, Html, spaced};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Days of the country-by-day map.
pub(in crate::status) const DAYS: usize = 30;
/// Rows of it.
const COUNTRIES: usize = 25;

/// What is shown of one country.
pub(in crate::status) struct Chosen {
    pub(in crate::status) iso2: String,
    pub(in crate::status) series: Vec<SeriesCount>,
    /// The series that is drawn, and its points.
    pub(in crate::status) drawn: Option<(SeriesCount, Vec<ClaimPoint>)>,
}

/// What the history says.
#[derive(Default)]
pub(in crate::status) struct Told {
    pub(in crate::status) countries: Vec<Country>,
    pub(in crate::status) metrics: Vec<String>,
    pub(in crate::status) heat: Heat,
    pub(in crate::status) chosen: Option<Chosen>,
}

/// The page: one series of a country where one is chosen, and the map of all countries, of one metric where one is.
pub(in crate::status) fn render(frame: &Frame<'_>, told: &Told, metric: Option<&str>) -> String {
    let Told { countries, metrics, heat, chosen } = told;
    frame.page("/covid", "COVID-19 figures", |html| {
        choice(html, countries, chosen.as_ref());
        if let Some(chosen) = chosen {
            country(html, chosen, name_of(countries, &chosen.iso2));
        }
        map(html, countries, heat, metrics, metric);
    })
}

fn name_of<'c>(countries: &'c [Country], iso2: &'c str) -> &'c str {
    let known = countries.iter().find(|country| country.iso2 == iso2).and_then(|country| country.name.as_deref());
    known.unwrap_or(if iso2.is_empty() { "no country" } else { iso2 })
}

fn choice(html: &mut Html, countries: &[Country], chosen: Option<&Chosen>) {
    html.section("countries", "Countries");
    if countries.is_empty() {
        html.nothing("No figure is remembered.").end();
        return;
    }
    html.raw("<ul class=\"choice\">");
    for country in countries {
        let current = chosen.is_some_and(|chosen| chosen.iso2 == country.iso2);
        html.raw("<li>").link(
            &Address::new("/covid", &[("country", &country.iso2)]),
            name_of(countries, &country.iso2),
            current,
        );
        html.raw(" ").quiet(&country.claims.to_string()).raw("</li>");
    }
    html.raw("</ul>\n").end();
}

fn country(html: &mut Html, chosen: &Chosen, name: &str) {
    html.section("series", &format!("What is counted: {name}"));
    let columns =
        [Column::words("Metric"), Column::words("Series"), Column::figures("Claims"), Column::figures("Days")];
    html.raw("<details").raw(if chosen.series.len() > 8 { ">" } else { " open>" });
    html.raw("<summary>")
        .text(&format!("{} series", chosen.series.len()))
        .raw("</summary>\n")
        .table("series", &columns);
    for row in &chosen.series {
        let current = chosen.drawn.as_ref().is_some_and(|(drawn, _)| drawn == row);
        let query = [("country", chosen.iso2.as_str()), ("metric", &row.metric), ("series", &row.series)];
        html.row().link(&Address::new("/covid", &query), &spaced(&row.metric), current).raw("</th>");
        html.cell("Series").text(&spaced(&row.series)).raw("</td>");
        html.number("Claims", row.points).number("Days", row.days).raw("</tr>\n");
    }
    html.table_end().raw("</details>\n").end();
    if let Some((series, points)) = &chosen.drawn {
        drawn(html, series, points);
    }
}

fn drawn(html: &mut Html, series: &SeriesCount, points: &[ClaimPoint]) {
    let title = format!("{}, {}", spaced(&series.metric), spaced(&series.series));
    html.section("points", &title);
    let marks: Vec<Mark> = points.iter().filter_map(mark).collect();
    chart::days(html, &marks, &ranges(points), day_name, &title);
    html.raw("<ul class=\"legend\"><li class=\"stands\">stands</li><li class=\"bound\">a bound or about</li>");
    html.raw(
        "<li class=\"ended\">corrected or withdrawn</li><li class=\"range\">sources contradict each other</li></ul>\n",
    );
    let columns = ["Day", "Figure", "Told by", "Sentence", "Standing"].map(Column::words);
    html.table("points", &columns);
    for point in points.iter().rev() {
        let claim = &point.claim;
        html.row().link(&sentence(claim), &point.day, false);
        if claim.as_of.is_none() {
            html.quiet("day of the report");
        }
        html.raw("</th>").cell("Figure").raw("<b>").text(&figure::value(&claim.into())).raw("</b></td>");
        html.cell("Told by").text(claim.agency.as_deref().unwrap_or(&claim.feed.0));
        if let Some(source) = &claim.source {
            html.raw("<span class=\"quiet under\">after ").text(source).raw("</span>");
        }
        html.raw("</td>").cell("Sentence").raw("<q>").text(&claim.sentence).raw("</q>");
        if claim.in_background {
            html.quiet("standing background");
        }
        html.raw("</td>").cell("Standing");
        match (point.ended, claim.supersedes) {
            (Some(revision), _) => html.badge("bad", &format!("ended by revision {revision}")),
            (None, Some(revision)) => html.badge("warn", &format!("corrects revision {revision}")),
            (None, None) => html.badge("good", "stands"),
        };
        html.raw("</td></tr>\n");
    }
    html.table_end().end();
}

/// The sentence that a claim was read from.
fn sentence(claim: &ClaimRecord) -> Address {
    html::record(&claim.item.0, claim.revision).at(claim.observation())
}

fn mark(point: &ClaimPoint) -> Option<Mark> {
    let claim = &point.claim;
    let exact = matches!(claim.qualifier, Qualifier::Exact);
    let class = match point.ended {
        Some(_) => "ended",
        None if exact => "stands",
        None => "bound",
    };
    let teller = claim.agency.as_deref().unwrap_or(&claim.feed.0);
    let ended = if point.ended.is_some() { ", no longer stands" } else { "" };
    Some(Mark {
        day: number_of(&point.day)?,
        value: claim.value?.0,
        class,
        title: format!("{}: {} ({teller}){ended}\n{}", point.day, figure::value(&claim.into()), claim.sentence),
        address: sentence(claim),
    })
}

/// Days on which exact figures that stand differ.
fn ranges(points: &[ClaimPoint]) -> Vec<Range> {
    let mut by_day: BTreeMap<i64, Vec<(f64, &ClaimRecord)>> = BTreeMap::new();
    for ClaimPoint { day, claim, .. } in points.iter().filter(|point| point.ended.is_none()) {
        let exact = matches!(claim.qualifier, Qualifier::Exact);
        if let (true, Some(day), Some(value)) = (exact, number_of(day), claim.value) {
            by_day.entry(day).or_default().push((value.0, claim));
        }
    }
    let range = |(day, figures): (i64, Vec<(f64, &ClaimRecord)>)| {
        let low = figures.iter().min_by(|one, other| one.0.total_cmp(&other.0))?;
        let high = figures.iter().max_by(|one, other| one.0.total_cmp(&other.0))?;
        let say = |(_, claim): &(f64, &ClaimRecord)| {
            format!("{} ({})", figure::value(&(*claim).into()), claim.agency.as_deref().unwrap_or(&claim.feed.0))
        };
        let title = format!("{}: from {} to {}", day_name(day), say(low), say(high));
        (low.0 < high.0).then_some(Range { day, low: low.0, high: high.0, title })
    };
    by_day.into_iter().filter_map(range).collect()
}

fn map(html: &mut Html, countries: &[Country], heat: &Heat, metrics: &[String], metric: Option<&str>) {
    html.section("map", &format!("Claims by country and day, the last {DAYS} days"));
    html.raw("<p class=\"choice\">");
    html.link(&Address::new("/covid", &[]), "all metrics", metric.is_none()).raw(" ");
    for known in metrics {
        html.link(&Address::new("/covid", &[("of", known)]), &spaced(known), metric == Some(known)).raw(" ");
    }
    html.raw("</p>\n");
    if heat.rows.is_empty() {
        html.nothing("Nothing is claimed of these days.").end();
        return;
    }
    let most = heat.rows.iter().flat_map(|(_, claims)| claims).copied().max().unwrap_or(1).max(1);
    html.raw("<div class=\"frame\" role=\"region\" tabindex=\"0\" aria-labelledby=\"map\"><table class=\"heat\" aria-labelledby=\"map\">\n<thead><tr><th scope=\"col\">Country</th>");
    for day in &heat.days {
        let of_month = day.rsplit('-').next().unwrap_or_default();
        html.raw("<th scope=\"col\" title=\"").text(day).raw("\">").text(of_month).raw("</th>");
    }
    html.raw("</tr></thead>\n<tbody>\n");
    for (iso2, claims) in heat.rows.iter().take(COUNTRIES) {
        let name = name_of(countries, iso2);
        html.row().link(&Address::new("/covid", &[("country", iso2)]), name, false).raw("</th>");
        for (day, n) in heat.days.iter().zip(claims) {
            html.raw(level(*n, most)).raw(" title=\"").text(&format!("{name}, {day}: {n} claims")).raw("\">");
            html.text(&if *n > 0 { n.to_string() } else { String::new() }).raw("</td>");
        }
        html.raw("</tr>\n");
    }
    html.table_end().end();
}

/// Five shades by the logarithm, for days differ by powers.
fn level(n: u64, most: u64) -> &'static str {
    let share = ((n + 1) as f64).ln() / ((most + 1) as f64).ln();
    match (n, (share * 5.0).ceil() as u8) {
        (0, _) => "<td",
        (_, 0..=1) => "<td class=\"h1\"",
        (_, 2) => "<td class=\"h2\"",
        (_, 3) => "<td class=\"h3\"",
        (_, 4) => "<td class=\"h4\"",
        _ => "<td class=\"h5\"",
    }
}

/// Days since 1970.
fn number_of(day: &str) -> Option<i64> {
    let date: Date = day.parse().ok()?;
    Some(i64::from((date - EPOCH).get_days()))
}

const EPOCH: Date = Date::constant(1970, 1, 1);

fn day_name(day: i64) -> String {
    EPOCH.checked_add(jiff::Span::new().days(day)).map(|date| date.to_string()).unwrap_or_default()
}
