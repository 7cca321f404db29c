//! What a revision asserts and retracts: the difference between the claims that stand and what it says now.
//!
//! Comes in: the standing claims and the observations of a revision. Goes out: the changes, and the claims that stand
//! from now on. Who may claim (originals, never copies) is decided in `mod.rs`.

use crate::model::{Article, ClaimChange, ClaimEvidence, Enriched, Field, Observation, StandingClaim};
use std::collections::{HashMap, HashSet};

/// Claims of a revision.
pub(super) struct Claims {
    pub(super) changes: Vec<ClaimChange>,
    pub(super) standing: Vec<StandingClaim>,
}

/// Asserts what is new or says something else, retracts what is gone, and lets stand the rest.
pub(super) fn revise(standing: &[StandingClaim], enriched: &Enriched, revision: u32) -> Claims {
    let earlier: HashMap<&str, &StandingClaim> =
        standing.iter().map(|claim| (claim.observation.id.as_str(), claim)).collect();
    let mut evidence = Evidence::of(enriched);
    let mut seen = HashSet::new();
    let mut claims = Claims { changes: Vec::new(), standing: Vec::new() };
    for observation in &enriched.covid.observations {
        if !seen.insert(observation.id.as_str()) {
            continue;
        }
        let before = earlier.get(observation.id.as_str()).copied();
        if let Some(before) = before
            && before.observation.same_claim(observation)
        {
            claims.standing.push(before.clone());
            continue;
        }
        claims.standing.push(StandingClaim {
            revision,
            observation: observation.clone(),
            evidence: evidence.words(observation),
        });
        claims.changes.push(ClaimChange::Assert {
            observation: Box::new(observation.clone()),
            supersedes: before.map(|before| before.revision),
        });
    }
    let gone = standing.iter().filter(|claim| !seen.contains(claim.observation.id.as_str()));
    claims.changes.extend(gone.map(retract));
    claims
}

/// Withdraws everything.
pub(super) fn retract_all(standing: &[StandingClaim]) -> Claims {
    Claims { changes: standing.iter().map(retract).collect(), standing: Vec::new() }
}

/// Whether the observations of a revision say nothing else than the standing claims.
pub(super) fn unchanged(standing: &[StandingClaim], observations: &[Observation]) -> bool {
    let mut seen = HashSet::new();
    let now: Vec<&Observation> = observations.iter().filter(|observation| seen.insert(&observation.id)).collect();
    let earlier: HashMap<&str, &Observation> =
        standing.iter().map(|claim| (claim.observation.id.as_str(), &claim.observation)).collect();
    now.len() == earlier.len()
        && now.iter().all(|now| earlier.get(now.id.as_str()).is_some_and(|before| before.same_claim(now)))
}

fn retract(claim: &StandingClaim) -> ClaimChange {
    ClaimChange::Retract {
        observation: Box::new(claim.observation.clone()),
        evidence: claim.evidence.clone(),
        supersedes: claim.revision,
    }
}

/// Reads the words behind observations; offsets are turned into code points once per text, not once per claim.
struct Evidence<'a> {
    article: &'a Article,
    code_points: HashMap<(Field, usize), usize>,
}

impl<'a> Evidence<'a> {
    fn of(enriched: &'a Enriched) -> Self {
        let article = &enriched.article;
        let mut offsets: Vec<(Field, usize)> = Vec::new();
        for observation in &enriched.covid.observations {
            let span = observation.sentence.span;
            offsets.extend([(observation.field, span.start), (observation.field, span.end)]);
        }
        offsets.sort_unstable();
        offsets.dedup();
        let mut code_points = HashMap::new();
        let (mut field, mut bytes, mut count) = (Field::Body, 0, 0);
        for (of, offset) in offsets {
            if of != field {
                (field, bytes, count) = (of, 0, 0);
            }
            count += text_of(article, of).get(bytes..offset).map_or(0, |passed| passed.chars().count());
            bytes = offset;
            code_points.insert((of, offset), count);
        }
        Self { article, code_points }
    }

    fn words(&mut self, observation: &Observation) -> ClaimEvidence {
        let text = text_of(self.article, observation.field);
        let span = observation.sentence.span;
        let at = |offset: usize| self.code_points.get(&(observation.field, offset)).copied().unwrap_or(0);
        ClaimEvidence {
            sentence: span.of(text).unwrap_or_default().to_owned(),
            value_text: observation.spans.value.and_then(|value| value.of(text)).map(str::to_owned),
            sentence_start: at(span.start),
            sentence_end: at(span.end),
        }
    }
}

fn text_of(article: &Article, field: Field) -> &str {
    match field {
        Field::Body => &article.body,
        Field::Headline => article.headline.as_deref().unwrap_or(""),
        Field::Summary => article.summary.as_deref().unwrap_or(""),
    }
}
