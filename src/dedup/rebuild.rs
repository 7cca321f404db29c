//! The memory of an item, made again from what was published of it.
//!
//! Comes in: one published revision after the other, as its record tells of it. Goes out: the entry and the text that
//! `judge` had made of it, but for what no record tells: when the item was last seen, what was suppressed, and whether a
//! notice was new.

use super::{changes, fingerprint, is_searched, keep_newest, remembered};
use crate::model::{Article, Change, Duplicate, Hash, ItemId, ItemState, StoredText, Withdrawal};
use jiff::Timestamp;

/// A published revision.
pub struct Published<'a> {
    /// What it says.
    pub article: &'a Article,
    /// How it relates to others.
    pub duplicate: &'a Duplicate,
    /// What kind of revision it is.
    pub change: Change,
    /// Its number.
    pub revision: u32,
    /// Its content.
    pub hash: &'a Hash,
    /// When it was observed.
    pub observed: Timestamp,
    /// What it withdraws.
    pub withdraws: &'a [Withdrawal],
    /// The notice that tells it.
    pub withdrawn_by: Option<&'a ItemId>,
}

/// The item's entry and text after this revision. The claims that stand are those of `previous`.
pub fn rebuild(previous: Option<&ItemState>, published: &Published<'_>) -> (ItemState, StoredText) {
    let Published { article, duplicate, change, revision, hash, observed, withdraws, withdrawn_by } = *published;
    let killed = change == Change::Kill;
    let mut state = remembered(observed, previous, hash, article);
    state.revision = revision;
    state.relation = duplicate.relation;
    state.of.clone_from(&duplicate.of);
    state.story.clone_from(&duplicate.story);
    state.agency = article.wire.agency.clone().or(state.agency);
    if !killed {
        state.signature =
            fingerprint::fingerprint(article).map(|print| print.signature).filter(|_| is_searched(duplicate));
    }
    state.killed = killed;
    if !withdraws.is_empty() {
        state.withdraws = withdraws.to_vec();
    }
    if let Some(notice) = withdrawn_by {
        // A replay tells it again.
        state.withdrawn.retain(|told| told.revision != revision);
        state.withdrawn.push(Withdrawal { item: notice.clone(), revision });
        keep_newest(&mut state.withdrawn);
    }
    (state, changes::kept(article, killed))
}

/// Takes up a content that the item had before, of a revision of which nothing else is known.
pub fn rebuild_earlier(state: &mut ItemState, hash: &Hash) {
    if state.hash != *hash && !state.earlier.contains(hash) {
        state.earlier.insert(0, hash.clone());
        super::keep_newest(&mut state.earlier);
    }
}
