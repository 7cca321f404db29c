//! Claims: none is retracted that was not asserted, each replaces the one that stood, and its revision is an article.

use super::{Auditor, Promise, Proof, What, key};
use crate::{
    model::{Op, Topic},
    topics::Placed,
};
use serde::Deserialize;
use std::collections::HashMap;

/// The claims as they stand after what was read.
#[derive(Default)]
pub(super) struct Claims(HashMap<u64, Standing>);

#[derive(Clone, Copy)]
struct Standing {
    rev: u32,
    stands: bool,
    life: u8,
}

impl Claims {
    /// Whether the claim stands, and was last asserted by this revision.
    pub(super) fn stands(&self, generation: u32, id: &str, rev: u32) -> bool {
        self.0.get(&claim(generation, id)).is_some_and(|found| found.stands && found.rev == rev)
    }
}

/// What the value of a claim says of itself.
#[derive(Deserialize)]
struct Value {
    id: String,
    op: Op,
    item: String,
    revision: u32,
    supersedes: Option<u32>,
}

fn claim(generation: u32, id: &str) -> u64 {
    key::key(&[b"claim", &generation.to_le_bytes(), id.as_bytes()])
}

impl Auditor {
    pub(super) fn claim(&mut self, placed: &Placed, proof: &Proof<'_>, feed: &str) {
        self.findings.of(feed, proof.generation).claims += 1;
        let bytes = placed.record.value.as_deref().unwrap_or_default();
        let value: Value = match serde_json::from_slice(bytes) {
            Ok(value) => value,
            Err(error) => {
                let detail = format!("the value cannot be read: {error}");
                self.offend(Promise::G2, What::Unproved, placed, Some(proof), feed, detail);
                return;
            }
        };
        if (value.item.as_str(), value.revision) != (proof.item, proof.rev) {
            let detail =
                format!("the headers name {}/{}, the value {}/{}", proof.item, proof.rev, value.item, value.revision);
            self.offend(Promise::G3, What::Contradiction, placed, Some(proof), feed, detail);
            return;
        }
        if !self.articles.has(proof.generation, proof.item, proof.rev) && !self.is_before_the_log(proof) {
            let detail = format!("claim {} of revision {}, which is not among the articles", value.id, proof.rev);
            self.offend(Promise::G3, What::Unfounded, placed, Some(proof), feed, detail);
        }
        let life = self.life(Topic::CovidStats, proof);
        let before = self.claims.0.get(&claim(proof.generation, &value.id)).copied();
        let before = before.filter(|before| before.life == life);
        if let Some(before) = before
            && proof.rev < before.rev
        {
            let detail = format!("claim {} of revision {} comes after that of {}", value.id, proof.rev, before.rev);
            self.offend(Promise::G3, What::OutOfOrder, placed, Some(proof), feed, detail);
            return;
        }
        self.follows(placed, proof, feed, &value, before);
        let standing = Standing { rev: proof.rev, stands: value.op == Op::Assert, life };
        self.claims.0.insert(claim(proof.generation, &value.id), standing);
    }

    /// A claim replaces or retracts the one that stands, and no other.
    fn follows(&mut self, placed: &Placed, proof: &Proof<'_>, feed: &str, value: &Value, before: Option<Standing>) {
        let stood = before.filter(|before| before.stands).map(|before| before.rev);
        if stood == value.supersedes && (value.op == Op::Assert || stood.is_some()) {
            return;
        }
        let may_be_gone = before.is_none() && (proof.generation > 0 || self.cut.contains(&Topic::CovidStats));
        if may_be_gone || self.articles.has_lettered_claims(proof.item) {
            self.findings.note("{n} claims replace others that are not in the log any more: not proved");
            return;
        }
        let (what, detail) = match (value.op, value.supersedes, stood) {
            (Op::Retract, _, None) => (
                What::Unfounded,
                format!("retracts {}, which nothing asserted or which was retracted before", value.id),
            ),
            (_, Some(rev), None) => {
                (What::Missing, format!("supersedes the claim {} of revision {rev}, which is not there", value.id))
            }
            (_, said, stood) => {
                (What::Contradiction, format!("supersedes {said:?}, but {} of {stood:?} stands", value.id))
            }
        };
        self.offend(Promise::G3, what, placed, Some(proof), feed, detail);
    }

    /// Whether the article of this record may have been removed by retention.
    pub(super) fn is_before_the_log(&self, proof: &Proof<'_>) -> bool {
        let begins_late = proof.generation > 0 || self.cut.contains(&Topic::Articles);
        let first = self.articles.item(proof.generation, proof.item).map(super::articles::Item::first);
        begins_late && first.is_none_or(|first| proof.rev < first)
    }
}
