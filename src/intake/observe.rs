//! One poll that brought a document: what of it is new goes into a frame, or waits for its page.

use super::{
    Intake, IntakeError, Policy, dates,
    feeds::{self, Known},
    frames, pages,
    seen::{self, Look, Seen},
};
use crate::{
    faults,
    model::{Content, EventKind, EventRecord, Feed, FeedHead, Hash, Item, Observed, Validators},
    store::StoreError,
};
use jiff::Timestamp;
use rusqlite::{Result, Transaction};
use std::collections::HashSet;

/// What one poll brought, parsed.
#[derive(Debug, Clone)]
pub struct Poll {
    /// The feed.
    pub feed: Feed,
    /// Number of the poll.
    pub poll: u64,
    /// When its last byte arrived.
    pub at: Timestamp,
    /// In force once this is durable.
    pub validators: Validators,
    /// Hash of its body, as it came.
    pub body: Hash,
    /// What the document says of itself.
    pub head: FeedHead,
    /// Its entries, in document order.
    pub items: Vec<Item>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Appended {
    /// Items that were new or changed, those that wait for their page included.
    pub new_items: usize,
    /// Of these, how many wait for their page.
    pub waiting: usize,
    /// Items that were as they had been.
    pub unchanged: usize,
    /// Whether items may have scrolled past unseen.
    pub gap: bool,
    /// The first and the last frame that were made of it; none where there was nothing to tell.
    pub frames: Option<(u64, u64)>,
}

/// Documents in a row that must have overlapped before one that does not is a gap.
const USUAL_OVERLAPS: u32 = 2;

/// Entries of a document by which the next one is compared.
const COMPARED_ENTRIES: usize = 500;

impl Intake {
    /// Records a document: validators, items and touches in one transaction.
    pub async fn append(&self, poll: Poll) -> std::result::Result<Appended, IntakeError> {
        self.room()?;
        if faults::fails("C14") {
            return Err(StoreError::Full("a disk that is full for a test".to_owned()).into());
        }
        let policy = self.policy.clone();
        self.quiet.end(&poll.feed.id);
        let recording = self.store.write(move |tx| {
            let recorded = record(tx, poll, &policy)?;
            faults::point("C1");
            faults::soon("C2");
            Ok(recorded)
        });
        let (appended, size) = recording.await?;
        faults::point("C3");
        self.told(&appended, size);
        Ok(appended)
    }
}

fn record(tx: &Transaction<'_>, mut poll: Poll, policy: &Policy) -> Result<(Appended, u64)> {
    let mut facts = feeds::load_for(tx, &poll.feed.id, &poll.feed.url)?;
    dates::learn(tx, &mut facts.known, &poll.items, poll.at, poll.head.language.as_deref())?;
    poll.items.iter_mut().for_each(|item| dates::read(&facts.known.clock, item));
    let (feed, poll) = (&poll.feed, &poll);
    let mut appended = Appended::default();
    let mut contents = Vec::new();
    let first_sight = (facts.known.document_poll == 0).then(|| first_sight(&poll.items, poll.at));
    let mut met = HashSet::new();
    for item in &poll.items {
        // At most one revision per poll and item: of two entries with one name the first is the newer one in
        // nearly every feed.
        if !met.insert(&item.id) {
            continue;
        }
        match look(tx, poll, &facts.known, item, first_sight, policy)? {
            Taken::Same => appended.unchanged += 1,
            Taken::Touched => {
                appended.unchanged += 1;
                contents.push(Content::Touch(item.id.clone()));
            }
            Taken::Waits => {
                appended.new_items += 1;
                appended.waiting += 1;
            }
            Taken::Revision(content) => {
                appended.new_items += 1;
                contents.push(*content);
            }
        }
    }
    appended.gap = compare_documents(&mut facts.known, &poll.items);
    if appended.gap {
        let detail = "no entry of the last document is in this one; entries may have come and gone in between";
        contents.push(Content::Event(Box::new(EventRecord {
            schema: "event/1".to_owned(),
            feed: feed.id.clone(),
            kind: EventKind::Gap,
            detail: detail.to_owned(),
            at: poll.at,
        })));
    }
    facts.validators = poll.validators.clone();
    facts.poll = facts.poll.max(poll.poll);
    facts.known.document_poll = poll.poll;
    facts.known.useful_poll = poll.poll;
    facts.known.useful_at = Some(poll.at);
    facts.known.unreadable = None;
    facts.known.body = Some(poll.body.clone());
    facts.known.rhythm = poll.head.rhythm.clone();
    if poll.head.title.is_some() {
        facts.known.title.clone_from(&poll.head.title);
    }
    feeds::save(tx, &feed.id, &facts)?;
    let before = frames::last(tx)?;
    let size = frames::append(tx, &feed.id, poll.poll, poll.at, &contents)?;
    appended.frames = frames::since(tx, before)?;
    Ok((appended, size))
}

/// From when a feed's past counts back: the newest story in its first document; nobody's clock can move that into the
/// future.
pub(super) fn first_sight(items: &[Item], at: Timestamp) -> Timestamp {
    let dated = items.iter().filter_map(|item| item.published).map(|time| time.utc());
    dated.filter(|time| *time <= at).max().unwrap_or(at)
}

enum Taken {
    Same,
    Touched,
    Waits,
    Revision(Box<Content>),
}

fn look(
    tx: &Transaction<'_>,
    poll: &Poll,
    known: &Known,
    item: &Item,
    first_sight: Option<Timestamp>,
    policy: &Policy,
) -> Result<Taken> {
    let content = item.content_hash();
    // Only pages are looked at again for what is no content.
    let whole = if poll.feed.full_text { seen::whole(item) } else { Hash(String::new()) };
    let found = match seen::load(tx, &item.id)? {
        Some(found) => Some(found),
        None => {
            let found = seen::from_state(tx, item, poll.poll, poll.at)?;
            if found.is_some() && poll.feed.full_text && !item.deleted {
                pages::watch_on(tx, item, poll.at, policy)?;
            }
            found
        }
    };
    if item.deleted {
        // What was never seen cannot be taken back, and its page is not looked at any more.
        if found.is_none() {
            return Ok(Taken::Same);
        }
        pages::drop_deleted(tx, &item.id)?;
    }
    let Some(mut seen) = found else {
        let mut seen = Seen {
            item: item.id.clone(),
            feed: item.feed.0.clone(),
            item_hash: content,
            hash: None,
            whole,
            earlier: Vec::new(),
            candidate: None,
            last_poll: poll.poll,
            last_seen: poll.at.as_microsecond(),
            touched: poll.at.as_microsecond(),
        };
        let taken = take(tx, &poll.feed, &mut seen, item, poll.poll, poll.at, first_sight)?;
        seen::save(tx, &seen, None)?;
        return Ok(taken.map_or(Taken::Waits, |content| Taken::Revision(Box::new(content))));
    };
    let whole_changed = seen.whole != whole;
    seen.whole = whole;
    seen.last_poll = poll.poll;
    seen.last_seen = poll.at.as_microsecond();
    let taken = match seen.look(&content, poll.poll, known.useful_poll) {
        Look::Changed => {
            let touched = seen.touched;
            seen.touched = poll.at.as_microsecond();
            match take(tx, &poll.feed, &mut seen, item, poll.poll, poll.at, first_sight)? {
                Some(content) => Taken::Revision(Box::new(content)),
                None if poll.feed.full_text && !item.deleted => Taken::Waits,
                None => {
                    seen.touched = touched;
                    Taken::Same
                }
            }
        }
        Look::Same | Look::Stale => {
            if whole_changed && poll.feed.full_text && !item.deleted {
                pages::look_again(tx, item, poll.at)?;
            }
            if seen.wants_touch(poll.at, policy) { Taken::Touched } else { Taken::Same }
        }
    };
    seen::save(tx, &seen, Some(item))?;
    Ok(taken)
}

/// A new or changed entry, whose content has just been looked at: complete at once, or waiting for its page.
pub(super) fn take(
    tx: &Transaction<'_>,
    feed: &Feed,
    seen: &mut Seen,
    item: &Item,
    poll: u64,
    at: Timestamp,
    first_sight: Option<Timestamp>,
) -> Result<Option<Content>> {
    if feed.full_text && item.link.is_some() && !item.deleted {
        pages::wait(tx, item, poll, at, first_sight)?;
        return Ok(None);
    }
    let hash = seen.item_hash.clone();
    let observed = Observed { item: item.clone(), page: None, page_missing: None, hash, first_sight };
    Ok(seen::release(seen, observed))
}

/// Whether this document shares nothing with the last one, of a feed whose documents usually overlap.
fn compare_documents(known: &mut Known, items: &[Item]) -> bool {
    let entries = entries_of(items);
    if entries.is_empty() || known.entries.is_empty() {
        if !entries.is_empty() {
            known.entries = entries;
        }
        return false;
    }
    let before: HashSet<&String> = known.entries.iter().collect();
    let overlaps = entries.iter().any(|entry| before.contains(entry));
    let gap = !overlaps && known.overlaps >= USUAL_OVERLAPS;
    known.overlaps = if overlaps { known.overlaps.saturating_add(1) } else { 0 };
    known.entries = entries;
    gap
}

/// Entries of a document as they are compared with the next.
fn entries_of(items: &[Item]) -> Vec<String> {
    let short = |item: &Item| Hash::of_bytes(item.id.0.as_bytes()).short(12).to_owned();
    items.iter().filter(|item| !item.deleted).take(COMPARED_ENTRIES).map(short).collect()
}

/// Entries that were pushed stand for the last document as well: a next one that holds any of them has missed nothing.
pub(super) fn note_pushed(known: &mut Known, items: &[Item]) {
    let mut entries = entries_of(items);
    let pushed: HashSet<String> = entries.iter().cloned().collect();
    entries.extend(known.entries.drain(..).filter(|entry| !pushed.contains(entry)));
    entries.truncate(COMPARED_ENTRIES);
    known.entries = entries;
}
