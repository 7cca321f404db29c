//! What a revision asserts and retracts, as flat records that stand for themselves.
//!
//! In come observations with byte spans into their article, out go claims with their words and code-point offsets. A
//! retraction repeats the words that the state kept, for the text that made the claim may be gone.

use super::{encode::CLAIM_SCHEMA, route::Stamp};
use crate::model::{Article, ClaimChange, ClaimEvidence, ClaimRecord, CodePoints, Field, Observation, Op};

/// The claim records of a revision.
pub(super) fn records(
    stamp: &Stamp<'_>,
    article: &Article,
    revision: u32,
    changes: &[ClaimChange],
) -> Vec<ClaimRecord> {
    // Counted once per text and not per claim: a hostile article may hold thousands.
    let [body, headline, summary] =
        [Field::Body, Field::Headline, Field::Summary].map(|field| CodePoints::new(text_of(article, field)));
    let claim = |op, observation: &Observation, evidence: ClaimEvidence, supersedes| {
        claim_record(stamp, article, revision, op, observation, evidence, supersedes)
    };
    let code_points_of = |field: Field| match field {
        Field::Body => &body,
        Field::Headline => &headline,
        Field::Summary => &summary,
    };
    let record = |change: &ClaimChange| match change {
        ClaimChange::Assert { observation, supersedes } => {
            let code_points = code_points_of(observation.field);
            let evidence = evidence_in(text_of(article, observation.field), code_points, observation);
            let mut record = claim(Op::Assert, observation, evidence, *supersedes);
            for span in record.plausibility.iter_mut().filter_map(|against| against.span.as_mut()) {
                *span = code_points_of(span.field).span(*span);
            }
            record
        }
        ClaimChange::Retract { observation, evidence, supersedes } => {
            let mut record = claim(Op::Retract, observation, evidence.clone(), Some(*supersedes));
            // They point into a text that may be gone.
            record.plausibility.iter_mut().for_each(|against| against.span = None);
            record
        }
    };
    changes.iter().map(record).collect()
}

/// The words behind an observation of this article, as the state keeps them and as claims show them.
pub fn evidence(article: &Article, observation: &Observation) -> ClaimEvidence {
    let text = text_of(article, observation.field);
    let code_points = CodePoints::new(text);
    evidence_in(text, &code_points, observation)
}

fn evidence_in(text: &str, code_points: &CodePoints<'_>, observation: &Observation) -> ClaimEvidence {
    let sentence = observation.sentence.span;
    ClaimEvidence {
        sentence: sentence.of(text).unwrap_or_default().to_owned(),
        value_text: observation.spans.value.and_then(|span| span.of(text)).map(str::to_owned),
        sentence_start: code_points.of(sentence.start),
        sentence_end: code_points.of(sentence.end),
    }
}

fn text_of(article: &Article, field: Field) -> &str {
    match field {
        Field::Body => &article.body,
        Field::Headline => article.headline.as_deref().unwrap_or_default(),
        Field::Summary => article.summary.as_deref().unwrap_or_default(),
    }
}

fn claim_record(
    stamp: &Stamp<'_>,
    article: &Article,
    revision: u32,
    op: Op,
    observation: &Observation,
    evidence: ClaimEvidence,
    supersedes: Option<u32>,
) -> ClaimRecord {
    let Observation { location, as_of, source, .. } = observation;
    ClaimRecord {
        schema: CLAIM_SCHEMA.to_owned(),
        op,
        id: format!("{}/{}", article.id, observation.id),
        supersedes,
        item: article.id.clone(),
        revision,
        feed: article.feed.clone(),
        agency: article.wire.agency.clone(),
        url: article.url.clone(),
        headline: article.headline.clone(),
        published: article.published,
        observed: Some(stamp.observed),
        disease: observation.disease.clone(),
        disease_id: observation.disease_id.clone(),
        place: location.name.clone(),
        place_kind: location.kind,
        iso2: location.iso2.clone(),
        iso3: location.iso3.clone(),
        subdivision: location.subdivision.clone(),
        place_how: location.how,
        metric: observation.metric,
        value: observation.value,
        value_max: observation.value_max,
        unit: observation.unit,
        per: observation.per,
        qualifier: observation.qualifier,
        kind: observation.kind,
        period: observation.period,
        statistic: observation.statistic,
        subset: observation.subset.clone(),
        as_of: as_of.date.clone(),
        as_of_how: as_of.how,
        rank: observation.rank,
        rank_scope: observation.rank_scope.clone(),
        source: source.as_ref().map(|source| source.name.clone()),
        source_type: source.as_ref().map(|source| source.kind),
        status: observation.status,
        sentence: evidence.sentence,
        field: observation.field,
        sentence_start: evidence.sentence_start,
        sentence_end: evidence.sentence_end,
        value_text: evidence.value_text,
        in_background: observation.in_background,
        confidence: observation.confidence,
        rule: observation.rule.clone(),
        plausibility: observation.plausibility.clone(),
        series: observation.series.clone(),
    }
}
