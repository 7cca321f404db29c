//! Frames to enriched revisions: clean and extract, on blocking threads, the order kept.
//!
//! A room that panics is our bug and costs one item: it goes to the dead letters with its bytes, and the others go on.

#[cfg(feature = "kafka")]
use super::relayed::{self, Relayed};
use super::{admission::admission, roster::Roster, steps::Going};
use crate::{
    clean, extract, faults,
    intake::Intake,
    model::{Admission, Content, DeadLetter, Enriched, Feed, Frame, Item, Observed, Origin, Place, Stage},
    publish::encode,
    store::StoreError,
    tap::Tap,
};
use futures::stream::{self, BoxStream, Stream, StreamExt};
use jiff::Timestamp;
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, LazyLock},
};
use tokio::sync::watch;

/// How much of the log is read at once, unpacked: so much lies in memory between the log and those who enrich.
const READ_BYTES: usize = 4 << 20;

/// Items that one blocking call reads, where so many are there: handing each over by itself costs more than the thread
/// would be idle for want of a share.
const AT_A_TIME: usize = 8;

/// How much of an item that broke a room goes to the dead letters.
const LETTER_BYTES: usize = 64 << 10;

/// One thing of a frame, ready to be decided about.
pub(super) struct Unit {
    /// Its feed, as it was configured when it was read.
    pub(super) feed: Arc<Feed>,
    /// Where it was observed.
    pub(super) origin: Origin,
    /// When its frame was observed.
    pub(super) at: Timestamp,
    /// Where it stands in what the line reads: its frame, or its place in a topic.
    pub(super) position: u64,
    /// The size of what it is the last of there: a frame.
    pub(super) ends: Option<usize>,
    /// What it is.
    pub(super) content: Prepared,
}

/// A frame's content; items have been read.
pub(super) enum Prepared {
    /// A revision and what it says, or why it could not be read.
    Item(Box<Observed>, Result<Box<Enriched>, Box<DeadLetter>>),
    /// Anything else, as it was.
    Other(Content),
    /// A record of a topic that cannot be read.
    #[cfg_attr(not(feature = "kafka"), expect(dead_code, reason = "there are no topics without it"))]
    Poison(Box<DeadLetter>),
}

/// The compiled tables, or how they are compiled: whoever needs them first waits until they are.
pub(super) type Tables = LazyLock<extract::Tables, Box<dyn FnOnce() -> extract::Tables + Send>>;

pub(super) fn tables(options: extract::Options) -> Arc<Tables> {
    Arc::new(LazyLock::new(Box::new(move || extract::Tables::new(&options))))
}

/// What a line reads.
#[derive(Clone)]
pub(super) enum Source {
    /// The doorstep, with the feeds whose items lie on it.
    Intake(Intake, Roster),
    /// A partition of a topic that another role writes.
    #[cfg(feature = "kafka")]
    Topic(Relayed),
}

impl Source {
    /// The doorstep, where the line reads one.
    pub(super) fn doorstep(&self) -> Option<(&Intake, &Roster)> {
        match self {
            Source::Intake(intake, feeds) => Some((intake, feeds)),
            #[cfg(feature = "kafka")]
            Source::Topic(_) => None,
        }
    }

    /// Whether what lies behind this position is taken one by one.
    #[cfg_attr(not(feature = "kafka"), expect(unused_variables, reason = "only a topic is read with caution"))]
    pub(super) async fn is_careful(&self, position: u64) -> bool {
        match self {
            Source::Intake(..) => false,
            #[cfg(feature = "kafka")]
            Source::Topic(relayed) => relayed.caution.lock().await.is_careful(position),
        }
    }

    /// The line has ended cleanly.
    pub(super) async fn end(&self) -> Result<(), StoreError> {
        match self {
            Source::Intake(..) => Ok(()),
            #[cfg(feature = "kafka")]
            Source::Topic(relayed) => relayed.caution.lock().await.end().await,
        }
    }
}

/// What it takes to read.
#[derive(Clone)]
pub(super) struct Reading {
    pub(super) source: Source,
    /// None where items are handed on as they are.
    pub(super) tables: Option<Arc<Tables>>,
    /// True when no more frames will come: then the stream ends with the last one.
    pub(super) ending: watch::Receiver<bool>,
    /// Where it is offered to those who watch.
    pub(super) tap: Tap,
    /// How many items are worked on at a time.
    pub(super) parallel: usize,
    /// Whether what is refused by now is read out, too: what was published before is published again by a replay.
    pub(super) refused: bool,
}

/// Some units that follow one another; the last may be the reason why the log cannot be read any further.
pub(super) type Units = Vec<Result<Unit, StoreError>>;

/// Everything behind `position`, in order, a few at a time; waits for more at its end.
pub(super) fn units(reading: Reading, position: u64) -> BoxStream<'static, Units> {
    let ending = reading.ending.clone();
    match reading.source.clone() {
        Source::Intake(intake, feeds) => prepared(raw_units(intake, feeds, ending, position + 1), reading).boxed(),
        #[cfg(feature = "kafka")]
        Source::Topic(relayed) => prepared(relayed::records(relayed, position, ending), reading).boxed(),
    }
}

/// What `wanted` says of the log from the first to the last frame of `window`, in order. It is asked for each place.
pub(super) fn units_within(
    (intake, feeds): (Intake, Roster),
    reading: Reading,
    window: (u64, u64),
    wanted: impl Fn(Place) -> bool + Send + 'static,
) -> impl Stream<Item = Result<Unit, StoreError>> + Send {
    let (first, last) = window;
    let raw = raw_units(intake, feeds, reading.ending.clone(), first)
        .take_while(move |unit| std::future::ready(unit.as_ref().map_or(true, |unit| unit.position <= last)))
        .filter(move |unit| {
            let place = |unit: &Unit| Place { seq: unit.origin.seq, index: unit.origin.index };
            std::future::ready(unit.as_ref().map_or(true, |unit| wanted(place(unit))))
        });
    prepared(raw, reading).flat_map(stream::iter)
}

fn prepared<T: Into<Unit> + Send + 'static>(
    raw: impl Stream<Item = Result<T, StoreError>> + Send,
    reading: Reading,
) -> impl Stream<Item = Units> + Send {
    let Reading { parallel, refused, .. } = reading;
    raw.ready_chunks(if parallel > 1 { AT_A_TIME } else { 1 })
        .map(move |units| {
            let (tables, tap) = (reading.tables.clone(), reading.tap.clone());
            let work = tokio::task::spawn_blocking(move || {
                let prepared = |unit: T| prepare(tables.as_deref(), &tap, refused, unit.into());
                units.into_iter().map(|unit| unit.map(prepared)).collect()
            });
            async {
                work.await.unwrap_or_else(|failure| {
                    vec![Err(StoreError::Io(format!("an enriching thread was lost: {failure}")))]
                })
            }
        })
        .buffered(parallel)
}

fn raw_units(
    intake: Intake,
    feeds: Roster,
    ending: watch::Receiver<bool>,
    seq: u64,
) -> impl Stream<Item = Result<Unit, StoreError>> + Send {
    struct Cursor {
        intake: Intake,
        feeds: Roster,
        ending: watch::Receiver<bool>,
        next: u64,
        ready: VecDeque<Unit>,
        failed: bool,
    }
    let cursor = Cursor { intake, feeds, ending, next: seq, ready: VecDeque::new(), failed: false };
    stream::unfold(cursor, |mut cursor| async move {
        if cursor.failed {
            return None;
        }
        while cursor.ready.is_empty() {
            match next_frames(&cursor.intake, &mut cursor.ending, cursor.next).await {
                Ok(frames) if frames.is_empty() => return None,
                Ok(frames) => {
                    cursor.next += frames.len() as u64;
                    let Cursor { intake, feeds, .. } = &cursor;
                    let units = frames.into_iter().flat_map(|frame| unpack(intake, feeds, frame));
                    cursor.ready.extend(units.collect::<Vec<_>>());
                }
                Err(error) => {
                    cursor.failed = true;
                    return Some((Err(error), cursor));
                }
            }
        }
        let unit = cursor.ready.pop_front()?;
        Some((Ok(unit), cursor))
    })
}

/// The next frames; waits until there are some. None when no more will come.
async fn next_frames(intake: &Intake, no_more: &mut watch::Receiver<bool>, seq: u64) -> Result<Vec<Frame>, StoreError> {
    let mut appends = intake.appends();
    loop {
        appends.mark_unchanged();
        // Asked before the log is read: what is appended before the end is known is then found.
        let ending = *no_more.borrow_and_update();
        let frames = intake.read_from(seq, READ_BYTES).await?;
        if !frames.is_empty() || ending {
            return Ok(frames);
        }
        tokio::select! {
            _ = appends.changed() => {}
            changed = no_more.changed() => {
                if changed.is_err() {
                    return Ok(Vec::new());
                }
            }
        }
    }
}

fn unpack<'a>(intake: &'a Intake, feeds: &Roster, frame: Frame) -> impl Iterator<Item = Unit> + use<'a> {
    let Frame { seq, feed, at, contents, bytes, .. } = frame;
    let feed = feeds.get(&feed);
    let last = contents.len().saturating_sub(1);
    contents.into_iter().enumerate().map(move |(index, content)| Unit {
        feed: Arc::clone(&feed),
        origin: Origin { intake: intake.id().to_owned(), seq, index },
        at,
        position: seq,
        ends: (index == last).then_some(bytes),
        content: Prepared::Other(content),
    })
}

/// Reads an item, unless it is handed on as it is; anything else is as it was.
fn prepare(tables: Option<&Tables>, tap: &Tap, refused: bool, mut unit: Unit) -> Unit {
    let Some(tables) = tables else { return unit };
    unit.content = match unit.content {
        Prepared::Other(Content::Item(observed)) => {
            let wanted = refused || admission(&unit.feed, &observed, unit.at) == Admission::Publish;
            let tables = wanted.then_some(tables);
            let enriched = read(tables, &unit.feed, tap, &unit.origin.to_string(), &observed);
            Prepared::Item(observed, enriched)
        }
        other => other,
    };
    unit
}

/// Cleans an item and reads it out. What is only remembered is not read out: without tables.
fn read(
    tables: Option<&Tables>,
    feed: &Feed,
    tap: &Tap,
    origin: &str,
    observed: &Observed,
) -> Result<Box<Enriched>, Box<DeadLetter>> {
    let Item { id, .. } = &observed.item;
    tap.offer(Stage::Intake, &feed.id, Some(id), || serde_json::to_value(observed).unwrap_or_default());
    let cleaning = Going::begin();
    let article = catch_unwind(AssertUnwindSafe(|| {
        faults::point("clean");
        clean::item(feed, observed)
    }));
    cleaning.over(Stage::Clean).of_item(Stage::Clean, origin, &feed.id, id);
    let article = article.map_err(|panic| letter(observed, Stage::Clean, &words(panic.as_ref())))?;
    tap.offer(Stage::Clean, &article.feed, Some(&article.id), || as_record(Enriched::bare(article.clone())));
    let Some(tables) = tables else { return Ok(Box::new(Enriched::bare(article))) };
    let extracting = Going::begin();
    let enriched = catch_unwind(AssertUnwindSafe(|| {
        faults::point("extract");
        extract::article(tables, article)
    }));
    extracting.over(Stage::Extract).of_item(Stage::Extract, origin, &feed.id, id);
    let enriched = enriched.map_err(|panic| letter(observed, Stage::Extract, &words(panic.as_ref())))?;
    let article = &enriched.article;
    tap.offer(Stage::Extract, &article.feed, Some(&article.id), || as_record(enriched.clone()));
    Ok(Box::new(enriched))
}

/// As its record would be, compared with nothing.
fn as_record(enriched: Enriched) -> serde_json::Value {
    serde_json::to_value(encode::article_record(enriched, None, true, crate::PROGRAM)).unwrap_or_default()
}

/// What a panic said.
pub(super) fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}

/// The dead letter of an item that broke a room: its bytes are what the intake holds of it.
pub(super) fn letter(observed: &Observed, stage: Stage, detail: &str) -> Box<DeadLetter> {
    let mut bytes = serde_json::to_vec(observed).unwrap_or_default();
    let total_bytes = bytes.len() as u64;
    bytes.truncate(LETTER_BYTES);
    Box::new(DeadLetter {
        key: observed.item.id.0.clone(),
        feed: observed.item.feed.clone(),
        url: observed.item.link.clone(),
        stage,
        code: "panic".to_owned(),
        detail: detail.to_owned(),
        bytes,
        total_bytes,
    })
}

/// The units that have been read, and those behind them.
pub(super) struct Ready<'a> {
    pub(super) ready: VecDeque<Result<Unit, StoreError>>,
    more: BoxStream<'a, Units>,
    /// How many are enriched while something else goes on.
    ahead: usize,
    /// No more will come.
    ended: bool,
}

impl<'a> Ready<'a> {
    /// None yet; `ahead` units at most are enriched while something else goes on.
    pub(super) fn of(more: BoxStream<'a, Units>, ahead: usize) -> Self {
        Self { ready: VecDeque::new(), more, ahead, ended: false }
    }

    /// Waits until a unit is ready; false when no more will come.
    pub(super) async fn wait(&mut self) -> bool {
        while self.ready.is_empty() {
            if self.ended {
                return false;
            }
            self.read_ahead().await;
        }
        true
    }

    /// Waits for `work`; what comes next is enriched meanwhile.
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = self.read_ahead(), if !self.ended && self.ready.len() < self.ahead => {}
            }
        }
    }

    /// Waits for some more units, or for the end.
    async fn read_ahead(&mut self) {
        match self.more.next().await {
            Some(units) => self.ready.extend(units),
            None => self.ended = true,
        }
    }
}
