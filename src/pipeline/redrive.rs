//! A dead letter goes back onto the doorstep.
//!
//! Comes in: one record of the dead letters. Goes out: what became of it. An item that a stage gave up on is laid there
//! as it was observed; a document that was no feed is read anew, as today's parser reads it. What holds no more than a
//! head, or is no observation at all, is left out with words. The verdict is the line's, in its order, once.

use super::feeds::parse_apart;
use crate::{
    faults,
    intake::redrive::{self as doorstep, Letter, Redriven},
    model::{Feed, Fetched, Observed, Record, Stage},
    parse::ParseError,
    store::{Store, StoreError},
};
use jiff::Timestamp;
use std::sync::Arc;

/// What became of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redrive {
    /// What the doorstep says.
    Doorstep(Redriven),
    /// It cannot be taken: why, for a person.
    LeftOut(String),
}

/// Hands one letter to the pipeline again. The store is the one that the daemon works with, and the daemon is stopped.
pub async fn redrive(store: &Store, feeds: &[Feed], record: &Record) -> Result<Redrive, StoreError> {
    let header = |name: &str| record.header(name).unwrap_or_default();
    let left_out = |why: &str| Ok(Redrive::LeftOut(why.to_owned()));
    let now = Timestamp::now();
    let (Ok(observed), id) = (header("ce_time").parse::<Timestamp>(), header("ce_id").to_owned()) else {
        return left_out("it is no letter of ours");
    };
    let letter = Letter { id, observed, at: now };
    let feed = header("feed");
    let Some(feed) = feeds.iter().find(|known| known.id.0 == feed) else {
        return Ok(Redrive::LeftOut(format!("there is no feed {feed} in the configuration")));
    };
    let bytes = record.value.as_deref().unwrap_or_default();
    let total = header("total-bytes").parse().unwrap_or(bytes.len());
    let stage = header("__connect.errors.stage");
    let is = |stages: &[Stage]| stages.iter().any(|known| known.as_str() == stage);
    let taken = if is(&[Stage::Clean, Stage::Extract, Stage::Dedup]) {
        let observed: Observed = if bytes.len() < total {
            let Some(observed) = from_log(store, header("origin")).await? else {
                return left_out("it holds only the head of its item, and the intake log does not have it any more");
            };
            observed
        } else {
            let Ok(observed) = serde_json::from_slice(bytes) else { return left_out("its bytes cannot be read") };
            observed
        };
        store.write(move |tx| doorstep::item(tx, &letter, &observed)).await?
    } else if is(&[Stage::Fetch, Stage::Parse]) {
        if bytes.len() < total {
            return left_out("it holds only the head of its document");
        }
        let url = if header("url").is_empty() { feed.url.clone() } else { header("url").to_owned() };
        let fetched = Fetched {
            feed: feed.id.clone(),
            url,
            status: 200,
            headers: Vec::new(),
            body: bytes.to_vec().into(),
            complete: true,
            at: letter.observed,
        };
        let feed = feed.clone();
        let items = match parse_apart(Arc::new(feed.clone()), fetched, ()).await {
            Ok(Ok(parsed)) => parsed.items,
            Ok(Err(ParseError(issue))) | Err(issue) => {
                return Ok(Redrive::LeftOut(format!("it is still no feed: {}: {}", issue.code, issue.detail)));
            }
        };
        store.write(move |tx| doorstep::document(tx, &letter, &feed, &items)).await?
    } else if is(&[Stage::Publish]) {
        return left_out("it is a record that its topic did not take: `dateline replay` publishes it again");
    } else {
        return left_out("it is no observation: what was set aside is damaged, and its feed was fetched whole");
    };
    faults::point("redrive");
    Ok(Redrive::Doorstep(taken))
}

/// The item that an origin names, if this intake log still has it.
async fn from_log(store: &Store, origin: &str) -> Result<Option<Observed>, StoreError> {
    let mut parts = origin.split('/');
    let place =
        (parts.next(), parts.next().and_then(|seq| seq.parse().ok()), parts.next().and_then(|at| at.parse().ok()));
    let (Some(intake), Some(seq), Some(index)) = place else { return Ok(None) };
    if intake != store.intake_id() {
        return Ok(None);
    }
    store.read(move |db| doorstep::retained(db, seq, index)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Topic;

    /// What is said of a letter that cannot be taken.
    #[track_caller]
    fn check(stage: &str, feed: &str, bytes: &str, total: usize, expected: &str) {
        let headers = [
            ("ce_id", "a:1/dead-letter/i/1/0".to_owned()),
            ("ce_time", "2020-10-01T08:00:00Z".to_owned()),
            ("origin", "i/1/0".to_owned()),
            ("feed", feed.to_owned()),
            ("total-bytes", total.to_string()),
            ("__connect.errors.stage", stage.to_owned()),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let value = Some(bytes.as_bytes().to_vec());
        let record = Record { topic: Topic::DeadLetters, key: "a:1".to_owned(), headers, value };
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let feeds = [Feed::new("a", "https://wire.example/rss")];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        match runtime.block_on(redrive(&store, &feeds, &record)).unwrap() {
            Redrive::LeftOut(why) => assert!(why.contains(expected), "{why}"),
            Redrive::Doorstep(done) => panic!("{done:?}"),
        }
    }

    #[test]
    fn what_cannot_be_taken_is_left_out_with_words() {
        check("publish", "a", "{}", 9 << 20, "its topic did not take");
        check("intake", "a", "\u{1}", 1, "damaged");
        check("parse", "a", "<rss>", 70_000, "only the head of its document");
        check("parse", "a", "no feed at all", 14, "still no feed");
        check("parse", "b", "<rss>", 5, "no feed b");
        check("extract", "a", "{\"item\":", 70_000, "only the head of its item");
        check("extract", "a", "{}", 2, "cannot be read");
    }
}
