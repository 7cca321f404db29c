//! The views and the same as JSON: what is asked for, what the history is asked, who answers.

use super::{
    Watched,
    views::{Frame, covid, feeds, names, overview, record, records, stories},
};
use crate::history::{self, Heat, Pickup, SeriesCount, Whole};
use crate::model::{ArticleSummary, ClaimRecord};
use axum::{
    Router,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Json, Response},
    routing::get,
};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// How long ago freshness is counted from.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// Rows of the overview.
const FEW: usize = 12;

pub(super) fn routes() -> Router<Watched> {
    Router::new()
        .route("/", get(overview))
        .route("/feeds", get(feeds))
        .route("/records", get(records))
        .route("/record", get(record))
        .route("/covid", get(covid))
        .route("/names", get(names))
        .route("/stories", get(stories))
        .route("/api/v1/traffic", get(|watched, span| async { Json(traffic(watched, span).await.0.traffic) }))
        .route("/api/v1/freshness", get(|watched, span| async { Json(traffic(watched, span).await.0.freshness) }))
        .route("/api/v1/records", get(|watched, wish| async move { Json(list(&watched, &wish).await) }))
        .route("/api/v1/record", get(record_as_json))
        .route("/api/v1/covid", get(covid_as_json))
        .route("/api/v1/names", get(|watched, wish| async move { Json(named(&watched, &wish).await) }))
        .route("/api/v1/stories", get(|watched| async move { Json(picked_up(&watched).await) }))
}

impl Watched {
    /// Asks the history; what it cannot tell is empty.
    async fn ask<T: Default + Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> T {
        match &self.history {
            Some(history) => history.ask(question).await.unwrap_or_default(),
            None => T::default(),
        }
    }

    fn page(&self, render: impl FnOnce(&Frame<'_>) -> String) -> Response {
        let missed = self.history.as_ref().map_or(0, |history| history.missed());
        let html = render(&Frame { snapshot: &self.now(), now: Timestamp::now(), missed });
        ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
    }
}

#[derive(Deserialize)]
struct Span {
    span: Option<String>,
}

async fn traffic(State(watched): State<Watched>, Query(wish): Query<Span>) -> (overview::Told, usize) {
    let wished = |(word, _, _): &(&str, &str, i64)| wish.span.as_deref() == Some(*word);
    let span = overview::SPANS.iter().position(wished).unwrap_or(0);
    let (_, _, minutes) = overview::SPANS[span];
    let told = watched.ask(move |db| {
        let now = Timestamp::now();
        Ok(overview::Told {
            traffic: history::traffic(db, now.as_second() / 60 - minutes)?,
            freshness: history::freshness(db, now - FRESH)?,
            latest: Vec::new(),
        })
    });
    (told.await, span)
}

async fn overview(watched: State<Watched>, span: Query<Span>) -> Response {
    let (mut told, span) = traffic(watched.clone(), span).await;
    told.latest = list_of(&watched, None, None, FEW).await;
    watched.page(|frame| overview::render(frame, &told, span))
}

#[derive(Deserialize)]
struct Feeds {
    sort: Option<String>,
    reverse: Option<String>,
    trouble: Option<String>,
    page: Option<usize>,
}

async fn feeds(State(watched): State<Watched>, Query(wish): Query<Feeds>) -> Response {
    let observed: BTreeMap<String, Vec<u64>> =
        watched.ask(|db| history::sparklines(db, Timestamp::now(), feeds::HOURS)).await;
    let wish = feeds::Wish {
        sort: wish.sort,
        reverse: wish.reverse.is_some(),
        trouble: wish.trouble.is_some(),
        page: wish.page.unwrap_or(0),
    };
    watched.page(|frame| feeds::render(frame, &observed, &wish))
}

#[derive(Deserialize)]
struct Records {
    before: Option<i64>,
    feed: Option<String>,
}

async fn list_of(watched: &Watched, before: Option<i64>, feed: Option<String>, n: usize) -> Vec<(i64, ArticleSummary)> {
    if watched.history.is_some() {
        return watched.ask(move |db| history::latest(db, before, feed.as_deref(), n)).await;
    }
    // Without a history there is what has been published since the start.
    let of_feed = |article: &ArticleSummary| feed.as_ref().is_none_or(|feed| article.feed.0 == *feed);
    watched.now().latest.into_iter().filter(of_feed).take(n).map(|article| (0, article)).collect()
}

async fn list(State(watched): &State<Watched>, Query(wish): &Query<Records>) -> Vec<(i64, ArticleSummary)> {
    list_of(watched, wish.before, wish.feed.clone(), records::ROWS).await
}

async fn records(watched: State<Watched>, wish: Query<Records>) -> Response {
    let latest = list(&watched, &wish).await;
    watched.page(|frame| records::render(frame, &latest, wish.before, wish.feed.as_deref()))
}

#[derive(Deserialize)]
struct Record {
    item: String,
    revision: Option<u32>,
}

async fn whole(State(watched): &State<Watched>, Query(Record { item, revision }): &Query<Record>) -> Option<Whole> {
    let (item, revision) = (item.clone(), *revision);
    watched.ask(move |db| history::whole(db, &item, revision)).await
}

async fn record(watched: State<Watched>, wish: Query<Record>) -> Response {
    let whole = whole(&watched, &wish).await;
    let item = wish.item.clone();
    let claims: Vec<ClaimRecord> = watched.ask(move |db| history::claims_of(db, &item)).await;
    let page = watched.page(|frame| record::render(frame, &wish.item, whole.as_ref(), &claims));
    if whole.is_some() { page } else { (StatusCode::NOT_FOUND, page).into_response() }
}

async fn record_as_json(watched: State<Watched>, wish: Query<Record>) -> Response {
    match whole(&watched, &wish).await {
        Some(whole) => Json(whole).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({ "error": "not remembered" }))).into_response(),
    }
}

#[derive(Deserialize)]
struct Covid {
    country: Option<String>,
    metric: Option<String>,
    series: Option<String>,
    /// The metric of the map.
    of: Option<String>,
}

async fn figures(watched: &Watched, wish: &Covid) -> covid::Told {
    let Covid { country, metric, series, of } = wish;
    let (country, metric, series, of) = (country.clone(), metric.clone(), series.clone(), of.clone());
    let question = move |db: &Connection| {
        let heat: Heat = history::heat(db, Timestamp::now(), covid::DAYS, of.as_deref())?;
        let mut told =
            covid::Told { countries: history::countries(db)?, metrics: history::metrics(db)?, heat, chosen: None };
        if let Some(iso2) = country {
            let all = history::all_series(db, &iso2)?;
            let is_wished = |row: &&SeriesCount| {
                metric.as_ref().is_none_or(|metric| row.metric == *metric)
                    && series.as_ref().is_none_or(|series| row.series == *series)
            };
            let drawn = match all.iter().find(is_wished) {
                Some(row) => Some((row.clone(), history::points(db, &iso2, &row.metric, &row.series)?)),
                None => None,
            };
            told.chosen = Some(covid::Chosen { iso2, series: all, drawn });
        }
        Ok(told)
    };
    watched.ask(question).await
}

async fn covid(State(watched): State<Watched>, Query(wish): Query<Covid>) -> Response {
    let told = figures(&watched, &wish).await;
    watched.page(|frame| covid::render(frame, &told, wish.of.as_deref()))
}

async fn covid_as_json(State(watched): State<Watched>, Query(wish): Query<Covid>) -> Response {
    let covid::Told { countries, metrics, heat, chosen } = figures(&watched, &wish).await;
    let chosen = chosen.map(|chosen| {
        let drawn = chosen.drawn.map(|(series, points)| json!({ "series": series, "points": points }));
        json!({ "country": chosen.iso2, "series": chosen.series, "drawn": drawn })
    });
    Json(json!({ "countries": countries, "metrics": metrics, "map": heat, "chosen": chosen })).into_response()
}

#[derive(Deserialize)]
struct Names {
    kind: Option<String>,
}

async fn named(State(watched): &State<Watched>, Query(wish): &Query<Names>) -> Vec<history::Named> {
    let kind = wish.kind.clone();
    watched.ask(move |db| history::named(db, Timestamp::now(), kind.as_deref())).await
}

async fn names(watched: State<Watched>, wish: Query<Names>) -> Response {
    let named = named(&watched, &wish).await;
    watched.page(|frame| names::render(frame, &named, wish.kind.as_deref()))
}

async fn picked_up(State(watched): &State<Watched>) -> Vec<Pickup> {
    watched.ask(|db| history::pickups(db, Timestamp::now() - SignedDuration::from_hours(24 * stories::DAYS))).await
}

async fn stories(watched: State<Watched>) -> Response {
    let stories = picked_up(&watched).await;
    watched.page(|frame| stories::render(frame, &stories))
}
