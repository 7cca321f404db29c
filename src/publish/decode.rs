//! Records become articles and claims again: the way back of `publish::encode`, for a memory that has to be made anew.
//!
//! In come records whose offsets are Unicode code points, out go values with byte spans. What a record does not say stays
//! empty: the notice of a revision (but for a kill), and the body where it is not published.

use crate::model::{
    Article, ArticleRecord, AsOf, Change, ClaimEvidence, ClaimRecord, Field, Location, Notice, Observation,
    ObservationSpans, SentenceRef, Source, Span, StandingClaim,
};

/// The article of a record.
pub fn article(record: ArticleRecord) -> Article {
    let mut article = Article::new(record.id, record.feed.id);
    article.feed_title = record.feed.title;
    article.feed_url = record.feed.url;
    article.url = record.url;
    article.guid = record.guid;
    article.canonical_url = record.canonical_url;
    article.published = record.published;
    article.updated = record.updated;
    article.published_raw = record.published_raw;
    article.observed = record.observed;
    article.language = record.language;
    article.language_from = record.language_from;
    article.headline = record.headline;
    article.summary = record.summary;
    article.body = record.body.unwrap_or_default();
    article.body_from = record.body_from;
    article.completeness = record.completeness;
    article.wire = record.wire;
    article.wire.notice = (record.change == Change::Kill).then_some(Notice::Kill);
    article.sections = record.sections;
    article.images = record.images;
    article.enclosures = record.enclosures;
    article.categories = record.categories;
    article.authors = record.authors;
    article.rights = record.rights;
    article.issues = record.issues;
    to_bytes(&mut article);
    article
}

/// The claim that an asserting record says stands.
pub fn standing(record: &ClaimRecord) -> StandingClaim {
    let span = Span::new(record.field, record.sentence_start, record.sentence_end.max(record.sentence_start));
    let observation = Observation {
        id: record.observation().to_owned(),
        disease: record.disease.clone(),
        disease_id: record.disease_id.clone(),
        location: Location {
            name: record.place.clone(),
            kind: record.place_kind,
            iso2: record.iso2.clone(),
            iso3: record.iso3.clone(),
            subdivision: record.subdivision.clone(),
            how: record.place_how,
        },
        metric: record.metric,
        value: record.value,
        value_max: record.value_max,
        unit: record.unit,
        per: record.per,
        qualifier: record.qualifier,
        kind: record.kind,
        period: record.period,
        statistic: record.statistic,
        subset: record.subset.clone(),
        as_of: AsOf { date: record.as_of.clone(), how: record.as_of_how },
        rank: record.rank,
        rank_scope: record.rank_scope.clone(),
        source: record.source.as_ref().zip(record.source_type).map(|(name, kind)| Source { name: name.clone(), kind }),
        status: record.status,
        field: record.field,
        // Where in its sentence a claim stands is in its article; a retraction repeats the words below.
        sentence: SentenceRef { index: 0, span },
        spans: ObservationSpans::default(),
        confidence: record.confidence,
        rule: record.rule.clone(),
        in_background: record.in_background,
        also_at: Vec::new(),
        plausibility: record.plausibility.clone(),
        series: record.series.clone(),
    };
    let evidence = ClaimEvidence {
        sentence: record.sentence.clone(),
        value_text: record.value_text.clone(),
        sentence_start: record.sentence_start,
        sentence_end: record.sentence_end,
    };
    StandingClaim { revision: record.revision, observation, evidence }
}

/// Sections and dateline point into the body; where it is not published they point nowhere.
fn to_bytes(article: &mut Article) {
    let offsets: Vec<usize> = article.body.char_indices().map(|(byte, _)| byte).collect();
    let end = article.body.len();
    let byte = |count: usize| offsets.get(count).copied().unwrap_or(end);
    let span = |span: Span| Span { start: byte(span.start), end: byte(span.end), field: Field::Body };
    for section in &mut article.sections {
        section.span = span(section.span);
    }
    if let Some(dateline) = &mut article.wire.dateline {
        dateline.span = span(dateline.span);
    }
}
