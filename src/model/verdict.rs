//! How a revision relates to what is remembered.

use crate::model::{ItemId, ItemState, Observation, SeriesState, Span, StoredText, StoryState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of revision it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Revision 1.
    New,
    /// The story moved on.
    Update,
    /// The publisher says, or a changed figure shows, that it was wrong.
    Correction,
    /// The publisher withdraws it.
    Kill,
    /// An embargo ended.
    EmbargoLift,
}

/// One field that changed between two revisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldChange {
    /// Its name in the record.
    pub field: String,
    /// What it was; for the body the changed passage.
    pub from: Option<String>,
    /// What it is.
    pub to: Option<String>,
}

/// How an article relates to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Told first here.
    Original,
    /// The same text.
    Exact,
    /// Nearly the same text.
    Near,
    /// A cut copy.
    Abridged,
    /// A newer version of the same story under another name.
    Update,
}

impl Relation {
    /// Copies make no claims of their own.
    pub fn is_copy(self) -> bool {
        matches!(self, Relation::Exact | Relation::Near | Relation::Abridged)
    }
}

/// The record's `duplicate`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Duplicate {
    /// How it relates.
    pub relation: Relation,
    /// The first item it goes back to (never another copy); null for an original.
    pub of: Option<ItemId>,
    /// Resemblance of the two texts, 0 to 1 (Jaccard, estimated or exact).
    pub similarity: Option<f64>,
    /// Share of this text that stands in the other, 0 to 1 (containment).
    pub shared: Option<f64>,
    /// Paragraphs of this body that the other lacks.
    pub added_paragraphs: Vec<Span>,
    /// The rule that decided, from the closed list in `docs/RECORD.md`.
    pub reason: String,
    /// The story: id of its first item.
    pub story: Option<String>,
    /// The agency that told it first.
    pub origin_agency: Option<String>,
}

/// Why a revision is remembered but not published. A closed list, documented in `docs/RECORD.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuppressReason {
    /// In the feed before the daemon first saw it, and older than the feed's `backfill`.
    Backfill,
    /// Older than the feed's `max_age`.
    MaxAge,
    /// Left out by the feed's `include` or `exclude`.
    Filtered,
    /// Only typography, white space or fields that are not published changed.
    Typography,
    /// This content was already published as this item.
    Unchanged,
    /// A notice withdrew the item, and this is still the text that it withdrew.
    Withdrawn,
}

/// Whether policy lets a revision through to be judged for publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Publish it unless it is a repetition.
    Publish,
    /// Remember it only.
    Remember(SuppressReason),
    /// It was published before under the number that is due now: publish it again, whatever it says.
    Again {
        /// What it was found to be when the text that it goes back to was still known.
        settled: Option<(Relation, ItemId)>,
        /// What it withdrew.
        withdraws: Vec<Withdrawal>,
    },
}

/// An item is withdrawn by a notice that is an item of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Withdrawal {
    /// The other of the two: what the notice withdraws, or the notice.
    pub item: ItemId,
    /// The revision as which the withdrawn item is killed.
    pub revision: u32,
}

/// What is asserted or retracted about one observation.
#[derive(Debug, Clone, PartialEq)]
pub enum ClaimChange {
    /// This observation holds now; it replaces the claim of an earlier revision, or is the first.
    Assert {
        /// What holds.
        observation: Box<Observation>,
        /// The revision whose claim this replaces.
        supersedes: Option<u32>,
    },
    /// An earlier observation no longer holds.
    Retract {
        /// What held.
        observation: Box<Observation>,
        /// The text of the sentence that made it and of its number.
        evidence: ClaimEvidence,
        /// The revision whose claim this withdraws.
        supersedes: u32,
    },
}

/// The words behind a claim, kept so that a retraction can repeat them when the text has changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClaimEvidence {
    /// The sentence.
    pub sentence: String,
    /// The number expression.
    pub value_text: Option<String>,
    /// Code-point offsets of the sentence in the text of the revision that made the claim.
    pub sentence_start: usize,
    /// End, exclusive.
    pub sentence_end: usize,
}

/// What becomes of a revision.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is published.
    Publish {
        /// 1, 2, 3 … of this item.
        revision: u32,
        /// What kind.
        change: Change,
        /// The previous revision.
        supersedes: Option<u32>,
        /// What changed since then.
        changes: Vec<FieldChange>,
    },
    /// It is remembered with its reason.
    Suppress(SuppressReason),
}

/// The decision about one revision, with everything that the decision changes in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Published or not.
    pub outcome: Outcome,
    /// Copy or original.
    pub duplicate: Duplicate,
    /// Claims to assert and retract.
    pub claims: Vec<ClaimChange>,
    /// The item's entry from now on.
    pub state: ItemState,
    /// The item's text from now on; none when it did not change.
    pub text: Option<StoredText>,
    /// The story's entry from now on, when it changed.
    pub story: Option<StoryState>,
    /// That of a second story, which was merged into the first, or which the item has left.
    pub other_story: Option<StoryState>,
    /// The entries of series from now on, of those that changed; one without claims is forgotten.
    pub series: Vec<(String, SeriesState)>,
    /// What it withdraws: to be killed after it, see `Index::withdraw`.
    pub withdraws: Vec<Withdrawal>,
}
