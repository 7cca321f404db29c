//! A shard of feeds that changes hands: what its state says goes before what this file remembers of another time.
//!
//! The state of a shard is published in the transactions of the items that it vouches for, so whoever takes the shard
//! over never holds validators of items that nobody published. What this file still has from an earlier tenure is let go
//! where somebody else has been at it since: its frames and the entries that wait for their pages stay, for they were
//! observed here, and whoever carries them on knows by [`Tenures`] when that was.

use super::{FeedFacts, Intake, feeds, frames};
use crate::{
    model::{Feed, FeedId, FeedState, ItemId, SeenState, Validators, state_key},
    store::{
        StoreError,
        error::{corrupt, corrupt_state},
        image,
    },
};
use rusqlite::{Connection, Result, Transaction};
use serde::{Deserialize, Serialize};

/// The times at which a shard was had here: the number of each tenure, and its first frame. Frames of an earlier one may
/// still have to be published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenures(Vec<(u64, u64)>);

impl Tenures {
    const META: &str = "tenures";

    /// As they were last written down.
    pub fn load(db: &Connection) -> Result<Self> {
        let Some(text) = image::meta(db, Self::META)? else { return Ok(Self::default()) };
        serde_json::from_str(&text).map_err(|error| corrupt(format!("cannot read the tenures of the shard: {error}")))
    }

    /// A new one begins behind this frame. The frames up to `published` ask no more whose they are.
    fn begin(&mut self, tx: &Transaction<'_>, tenure: u64, last: u64, published: u64) -> Result<()> {
        self.0.retain(|(_, first)| *first <= last);
        while let [_, (_, next), ..] = self.0[..]
            && next <= published + 1
        {
            self.0.remove(0);
        }
        self.0.push((tenure, last + 1));
        let text = serde_json::to_string(self).unwrap_or_default();
        image::set_meta(tx, Self::META, &text)
    }

    /// The last; 0 before there was one.
    pub fn last(&self) -> u64 {
        self.0.last().map_or(0, |(tenure, _)| *tenure)
    }

    /// The one that a frame belongs to.
    pub fn of(&self, frame: u64) -> u64 {
        self.0.iter().rev().find(|(_, first)| *first <= frame).map_or(0, |(tenure, _)| *tenure)
    }
}

/// What a shard that was taken over begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// When it was had here, now included.
    pub tenures: Tenures,
    /// Feeds of which something was known.
    pub feeds: usize,
    /// Entries that waited here for their page and that somebody else has published since.
    pub overtaken: usize,
}

impl Intake {
    /// Takes over what the image says of these feeds, for a tenure of this number. To be called before they are polled,
    /// while the image is up to date.
    pub async fn adopt(&self, feeds: &[Feed], tenure: u64) -> std::result::Result<Adopted, StoreError> {
        let intake = self.id().to_owned();
        let with_pages: Vec<FeedId> = feeds.iter().filter(|feed| feed.full_text).map(|feed| feed.id.clone()).collect();
        self.store.write(move |tx| adopt(tx, &intake, &with_pages, tenure)).await
    }
}

fn adopt(tx: &Transaction<'_>, intake: &str, with_pages: &[FeedId], tenure: u64) -> Result<Adopted> {
    let mut tenures = Tenures::load(tx)?;
    // One that was begun and broken off before anybody heard of it.
    tenures.0.retain(|(number, _)| *number < tenure);
    let waiting: Vec<String> =
        tx.prepare("SELECT DISTINCT item FROM waiting")?.query_map([], |row| row.get(0))?.collect::<Result<_>>()?;
    let mut overtaken = 0;
    for item in waiting {
        if seen_by(tx, &ItemId(item.clone()))?.is_some_and(|state| state.tenure > tenures.last()) {
            overtaken += tx.execute("DELETE FROM waiting WHERE item = ?1", [&item])?;
        }
    }
    // What is seen again is known from the image; pages are watched again once their entries are.
    tx.execute("DELETE FROM seen WHERE item NOT IN (SELECT item FROM waiting)", [])?;
    tx.execute("DELETE FROM page_watch", [])?;
    let mut known = Vec::new();
    image::scan(tx, state_key::FACTS, |key, value| {
        let facts: FeedFacts = serde_json::from_slice(value).map_err(|error| corrupt_state(key, error.to_string()))?;
        known.push((FeedId(key.strip_prefix(state_key::FACTS).unwrap_or(key).to_owned()), facts));
        Ok(())
    })?;
    for (feed, mut facts) in known.iter().cloned() {
        facts.poll = facts.poll.max(feeds::load(tx, &feed)?.poll);
        // Whoever had it may have told how it is after these facts were published: it is told anew.
        facts.known.state = facts.known.state.filter(|state| *state == FeedState::Gone);
        if with_pages.contains(&feed) {
            // Asked for whole, so that the pages of its entries are watched on.
            (facts.validators, facts.known.body) = (Validators::default(), None);
        }
        feeds::save(tx, &feed, &facts)?;
    }
    tenures.begin(tx, tenure, frames::last(tx)?, image::position(tx, intake)?)?;
    Ok(Adopted { tenures, feeds: known.len(), overtaken })
}

/// What the state says of an item that this file has not seen.
pub(super) fn seen_by(db: &Connection, item: &ItemId) -> Result<Option<SeenState>> {
    let key = state_key::seen(item);
    let Some(value) = image::get(db, &key)? else { return Ok(None) };
    serde_json::from_slice(&value).map(Some).map_err(|error| corrupt_state(&key, error.to_string()))
}

/// What is known of a feed, if everything that its validators vouch for stands in frames at or below `position`: then it
/// may be published together with them. None while a later frame is not done. While entries wait for their pages, the
/// validators are held back: whoever takes the feed over fetches it whole and meets those entries again.
pub fn vouched(db: &Connection, feed: &FeedId, position: u64) -> Result<Option<FeedFacts>> {
    let pending: bool = db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM frame WHERE seq > ?1 AND feed = ?2)")?
        .query_row(rusqlite::params![position, feed.0], |row| row.get(0))?;
    if pending {
        return Ok(None);
    }
    let mut facts = feeds::load(db, feed)?;
    let waits: bool = db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM waiting WHERE feed = ?1)")?
        .query_row([&feed.0], |row| row.get(0))?;
    if waits {
        (facts.validators, facts.known.body) = (Validators::default(), None);
    }
    Ok(Some(facts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn a_frame_belongs_to_the_tenure_in_which_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let begin = async |tenure, last, published| {
            let begun = store.write(move |tx| {
                let mut tenures = Tenures::load(tx)?;
                tenures.begin(tx, tenure, last, published)?;
                Ok(tenures)
            });
            begun.await.unwrap()
        };
        assert_eq!(Tenures::default().of(5), 0, "before there was one");
        let first = begin(1, 0, 0).await;
        assert_eq!((first.of(1), first.last()), (1, 1));
        let second = begin(3, 5, 2).await;
        assert_eq!([5, 6].map(|frame| second.of(frame)), [1, 3], "what was left over stays what it was");
        let third = begin(4, 5, 2).await;
        assert_eq!([5, 6].map(|frame| third.of(frame)), [1, 4], "the one between wrote nothing");
        assert_eq!(store.read(Tenures::load).await.unwrap(), third);
        assert_eq!(begin(7, 9, 9).await, Tenures(vec![(4, 6), (7, 10)]), "what is published asks no more");
    }
}
