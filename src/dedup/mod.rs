//! Verdicts: new, update, copy, suppressed. The one room with memory; pure all the same.
//!
//! Comes in: an enriched revision with what is known of its item. Goes out: a [`Verdict`] that carries everything that
//! the decision changes in memory, so that the committed state alone rebuilds the memory. Always holds: the item seen
//! first is the original, a copy names the original and never another copy, copies make no claims, published revisions
//! count 1, 2, 3 … without gaps, and no decision depends on where a batch ended.
//! It does not open, read or write anything, and has no clock: time comes in as `now`.

mod changes;
mod claims;
mod crowd;
mod entries;
mod entry;
mod fingerprint;
mod frequency;
mod hashes;
mod kill;
mod kinship;
mod origin;
mod passages;
mod postings;
mod reading;
mod rebuild;
mod records;
mod revision;
mod series;
mod similarity;
mod standing;
mod story;
mod swaps;
mod update;
mod whole;
mod window;
mod words;

pub use self::kill::name_deleted;
pub use self::rebuild::{Published, rebuild, rebuild_earlier};

use self::fingerprint::Fingerprint;
use self::kill::Target;
use self::kinship::Sought;
use self::origin::{EXCERPT, original, tells_more};
use self::reading::Reading;
use self::{entry::Entry, window::Window};
use crate::model::{
    Admission, Article, Change, Duplicate, Enriched, Hash, ItemHead, ItemId, ItemState, Notice, Outcome, Previous,
    Relation, Section, SeriesState, Signature, StateChange, StoredText, StoryState, SuppressReason, Suppressed,
    Verdict, units,
};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// `[dedup]`: how long and how closely texts are compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// How long an item is remembered after it was last seen.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub horizon: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { horizon: Duration::from_secs(30 * 86_400) }
    }
}

/// What is asked about one revision.
pub struct Question<'a> {
    /// The revision.
    pub enriched: &'a Enriched,
    /// Its content.
    pub hash: &'a Hash,
    /// What is known of the item.
    pub previous: Option<Previous>,
    /// Whether policy lets it through.
    pub admission: Admission,
}

/// What of the state is looked up when it is met.
pub trait Known {
    /// Why it could not be read.
    type Error;

    /// The entry of a story.
    fn story(&self, id: &str) -> Result<Option<StoryState>, Self::Error>;

    /// What is known of an item.
    fn previous(&self, id: &ItemId) -> Result<Option<Previous>, Self::Error>;

    /// The last published text of an item.
    fn text(&self, id: &ItemId) -> Result<Option<StoredText>, Self::Error> {
        Ok(self.previous(id)?.and_then(|previous| previous.text))
    }

    /// The entry of a series, by its key.
    fn series(&self, key: &str) -> Result<Option<SeriesState>, Self::Error>;
}

/// Contents and suppressed revisions that an item's entry remembers.
pub const REMEMBERED: usize = 16;
/// Copies at least this like their original find nothing that the original does not find, and are not searched for.
const SAME_FOR_SEARCH: f64 = 0.8;
/// What is remembered across items: signatures of texts, and who is in which story.
pub struct Index {
    window: Window,
    horizon: SignedDuration,
    /// What was read last. An article is asked about twice: which of its paragraphs stand, and what it is.
    reading: Option<Reading>,
}

impl Index {
    /// An empty memory.
    pub fn new(options: &Options) -> Self {
        let horizon = SignedDuration::try_from(options.horizon).unwrap_or(SignedDuration::MAX);
        Self { window: Window::default(), horizon, reading: None }
    }

    /// How many items are remembered.
    pub fn len(&self) -> usize {
        self.window.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Remembers an item as the committed state has it, in place of what was known of it; a touch comes in this way too.
    pub fn restore_item(&mut self, id: &ItemId, head: ItemHead) {
        self.window.put(id, head);
    }

    /// The paragraphs of an article that stand in earlier stories of its source, in text order, as sections for
    /// [`crate::model::Article::stand`]. To be taken up before the article is judged: what stands is not compared.
    pub fn standing(&mut self, now: Timestamp, previous: Option<&Previous>, article: &Article) -> Vec<Section> {
        let first_seen = previous.map_or(article.observed.unwrap_or(now), |previous| previous.state.first_seen);
        let reading = self.reading.insert(Reading::of(article));
        standing::find(&self.window, article, reading, first_seen)
    }

    /// Decides about one revision and remembers it. Fails if what is known cannot be read.
    #[allow(clippy::needless_pass_by_value, reason = "a question is asked once; the answer takes over what it needs")]
    pub fn judge<K: Known>(&mut self, now: Timestamp, question: Question<'_>, known: &K) -> Result<Verdict, K::Error> {
        let previous = question.previous.as_ref();
        let reason = match &question.admission {
            Admission::Again { .. } => None,
            // The intake drops equal content; what comes through all the same (a lost directory, a replay) ends here.
            _ if previous.is_some_and(|previous| previous.state.hash == *question.hash) => {
                Some(SuppressReason::Unchanged)
            }
            Admission::Remember(reason) => Some(*reason),
            Admission::Publish => previous.filter(|previous| previous.state.revision > 0).and_then(|previous| {
                if kill::still_withdrawn(previous, &question.enriched.article) {
                    return Some(SuppressReason::Withdrawn);
                }
                revision::only_typography(previous, question.enriched).then_some(SuppressReason::Typography)
            }),
        };
        let verdict = match reason {
            Some(reason) => suppressed(now, &question, reason),
            None => {
                let article = &question.enriched.article;
                let reading = self.reading.take().filter(|reading| reading.is_of(article));
                let print = fingerprint::of_reading(article, reading.unwrap_or_else(|| Reading::of(article)));
                self.published(now, &question, print, known)?
            }
        };
        let state = &verdict.state;
        self.window.put_signed(&question.enriched.article.id, &ItemHead::from(state), state.signature.as_ref());
        Ok(verdict)
    }

    /// Forgets what was last seen before the horizon, of the stories that the state has those that nothing is in any
    /// more, and of its series, each with the time of its last claim, those that nothing was said in since; returns the
    /// tombstones.
    pub fn evict(
        &mut self,
        now: Timestamp,
        stories: impl IntoIterator<Item = String>,
        series: impl IntoIterator<Item = (String, Timestamp)>,
    ) -> Vec<StateChange> {
        let mut forgotten = self.window.evict(now, self.horizon, stories);
        let oldest = self.oldest(now);
        let silent = series.into_iter().filter(|(_, last)| *last < oldest);
        forgotten.extend(silent.map(|(key, _)| StateChange::forget(key)));
        forgotten
    }

    /// What was seen before is beyond the horizon.
    fn oldest(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.horizon).unwrap_or(Timestamp::MIN)
    }

    fn published<K: Known>(
        &self,
        now: Timestamp,
        question: &Question<'_>,
        mut print: Option<Fingerprint>,
        known: &K,
    ) -> Result<Verdict, K::Error> {
        let (article, previous) = (&question.enriched.article, question.previous.as_ref());
        let before = previous.filter(|previous| previous.state.revision > 0);
        let mut state = remembered(now, previous.map(|previous| &previous.state), question.hash, article);
        let told_in = match before.and_then(|before| before.state.story.as_deref()) {
            Some(id) => known.story(id)?,
            None => None,
        };
        let change = revision::kind(previous, article, now);
        let killed = change == Change::Kill;
        let target = match &question.admission {
            Admission::Again { settled: Some((_, of)), withdraws } if !withdraws.is_empty() => {
                Target::Story(of.clone(), withdraws.clone())
            }
            Admission::Publish if killed && before.is_none() => self.target(now, article, print.as_ref(), known)?,
            _ => Target::Unknown,
        };
        let (mut withdraws, mut look_alikes) = (Vec::new(), Vec::new());
        let mut duplicate = match (target, &question.admission, &print) {
            (Target::Story(of, items), ..) => {
                withdraws = items;
                self.withdrawing(article, &of)
            }
            (Target::Unclear, ..) => original(article, "unclear_which"),
            (Target::Unknown, Admission::Again { settled: Some((relation, of)), .. }, Some(print)) => {
                self.settled(article, print, of, *relation, known)?
            }
            (Target::Unknown, ..) => {
                let duplicate;
                (duplicate, look_alikes) = self.duplicate(article, print.as_ref(), before, told_in.as_ref(), known)?;
                duplicate
            }
        };
        if tells_more(&duplicate, question.enriched) {
            (duplicate.relation, duplicate.reason) = (Relation::Update, "adds".to_owned());
        }

        let mut second = None;
        if let Some(print) = print.as_mut().filter(|_| !killed && duplicate.relation == Relation::Original) {
            let kin = self.kin(&mut print.signature, article, state.first_seen, before, &look_alikes);
            duplicate.story = Some(kin.0);
            second = kin.1;
        }
        if let Some(story) = duplicate.story.as_mut().filter(|story| **story != article.id.0) {
            *story = whole(known, std::mem::take(story))?;
        }
        let second = match second {
            Some(story) => {
                known.story(&whole(known, story)?)?.filter(|story| Some(&story.id) != duplicate.story.as_ref())
            }
            None => None,
        };
        let supersedes = before.map(|before| before.state.revision);
        let revision = supersedes.unwrap_or(0) + 1;
        let standing = before.map_or(&[][..], |before| &before.state.claims);
        let changes = match before.and_then(|before| before.text.as_ref()) {
            Some(text) => changes::between(text, standing, question.enriched),
            None => Vec::new(),
        };
        let mut claims = if killed || duplicate.relation.is_copy() {
            claims::retract_all(standing)
        } else {
            claims::revise(standing, question.enriched, revision)
        };
        let telling = series::Telling {
            article,
            observations: &question.enriched.covid.observations,
            // A later revision that still bears the notice of an earlier one corrects nothing.
            corrects: change == Change::Correction
                || change == Change::New && article.wire.notice == Some(Notice::Correction),
            now,
            oldest: self.oldest(now),
        };
        let series = series::relate(&mut claims, standing, &telling, |key| known.series(key))?;

        state.revision = revision;
        state.relation = duplicate.relation;
        state.of.clone_from(&duplicate.of);
        state.story.clone_from(&duplicate.story);
        state.agency = article.wire.agency.clone().or(state.agency);
        if !killed {
            state.signature = print.map(|print| print.signature).filter(|_| is_searched(&duplicate));
        }
        state.claims = claims.standing;
        state.killed = killed;
        if !withdraws.is_empty() {
            state.withdraws.clone_from(&withdraws);
        }

        let text = changes::kept(article, killed);
        let mut other_story = told_in
            .as_ref()
            .filter(|told_in| !killed && duplicate.story.as_ref() != Some(&told_in.id))
            .and_then(|told_in| story::without(told_in.clone(), &article.id));
        let story = match &duplicate.story {
            _ if killed => {
                let headline = before.and_then(|before| before.text.as_ref()?.headline.as_deref());
                story::withdrawn(told_in.as_ref(), headline, article)
            }
            None => None,
            Some(id) => {
                let joining = match told_in {
                    Some(told_in) if told_in.id == *id => Some(told_in),
                    _ => known.story(id)?,
                };
                let origin = duplicate.of.as_ref().and_then(|of| self.window.entry(&of.0));
                let first_seen = origin.map_or(state.first_seen, |origin| origin.first_seen);
                let mut joined = story::joined(joining.as_ref(), id, first_seen, article);
                if joining.is_none()
                    && let Some(joined) = &mut joined
                {
                    joined.split_from = other_story.as_ref().map(|left| left.id.clone());
                }
                if let Some(second) = second
                    && let Some(one) = joined.take().or(joining)
                {
                    let (kept, gone) = story::merged(one, second);
                    duplicate.story = Some(kept.id.clone());
                    state.story.clone_from(&duplicate.story);
                    other_story = Some(gone);
                    joined = Some(kept);
                }
                joined
            }
        };
        let outcome = Outcome::Publish { revision, change, supersedes, changes };
        Ok(Verdict {
            outcome,
            duplicate,
            claims: claims.changes,
            state,
            text: Some(text),
            story,
            other_story,
            series,
            withdraws,
        })
    }

    /// The story of an original, and a second one that it shows to be the same. A revised one stays in its story unless
    /// it tells of something else now.
    fn kin(
        &self,
        signature: &mut Signature,
        article: &Article,
        first_seen: Timestamp,
        before: Option<&Previous>,
        look_alikes: &[Entry<'_>],
    ) -> (String, Option<String>) {
        let own = article.id.0.clone();
        let sought = Sought::new(&self.window, article, signature, first_seen);
        let earlier = before.and_then(|before| Some((before.state.story.clone()?, before.state.signature.as_ref()?)));
        let left = match earlier {
            Some((story, earlier)) if kinship::stays(&self.window, &sought, earlier, &story) => {
                signature.form = earlier.form;
                return (story, None);
            }
            earlier => earlier.map(|(story, _)| story),
        };
        let found = kinship::seek(&self.window, &sought, look_alikes);
        signature.form = found.form;
        let founded = match left {
            // The story named after it is that of those who stay.
            Some(left) if left == own => format!("{own}/{}", before.map_or(1, |before| before.state.revision + 1)),
            _ => own,
        };
        (found.story.unwrap_or(founded), found.second)
    }
}

/// The story that a story has become a part of, or itself.
fn whole<K: Known>(known: &K, mut story: String) -> Result<String, K::Error> {
    /// Of stories that were merged one after the other.
    const STEPS: usize = 16;
    for _ in 0..STEPS {
        match known.story(&story)?.and_then(|known| known.merged_into) {
            Some(into) => story = into,
            None => break,
        }
    }
    Ok(story)
}

/// Whether others are compared with this text.
fn is_searched(duplicate: &Duplicate) -> bool {
    match duplicate.relation {
        Relation::Abridged => duplicate.reason == EXCERPT,
        Relation::Exact => false,
        Relation::Near => duplicate.similarity.is_some_and(|similarity| similarity < SAME_FOR_SEARCH),
        Relation::Original | Relation::Update => true,
    }
}

/// The item's entry with this content as its last.
fn remembered(now: Timestamp, previous: Option<&ItemState>, hash: &Hash, article: &Article) -> ItemState {
    let Some(state) = previous else {
        return ItemState {
            v: ItemState::VERSION,
            feed: article.feed.clone(),
            revision: 0,
            hash: hash.clone(),
            earlier: Vec::new(),
            suppressed: Vec::new(),
            failed: Vec::new(),
            relation: Relation::Original,
            of: None,
            story: None,
            agency: article.wire.agency.clone(),
            first_seen: article.observed.unwrap_or(now),
            touched: now,
            signature: None,
            claims: Vec::new(),
            killed: false,
            withdraws: Vec::new(),
            withdrawn: Vec::new(),
        };
    };
    let mut state = state.clone();
    if state.hash != *hash {
        let before = std::mem::replace(&mut state.hash, hash.clone());
        state.earlier.retain(|earlier| earlier != hash && *earlier != before);
        state.earlier.push(before);
        keep_newest(&mut state.earlier);
    }
    state.touched = now.max(state.touched);
    state
}

/// Remembered and not published: its text is no one's original, so a copy elsewhere is told as new.
fn suppressed(now: Timestamp, question: &Question<'_>, reason: SuppressReason) -> Verdict {
    let previous = question.previous.as_ref().map(|previous| &previous.state);
    let mut state = remembered(now, previous, question.hash, &question.enriched.article);
    if reason != SuppressReason::Unchanged {
        state.suppressed.push(Suppressed { hash: question.hash.clone(), reason, at: None });
        keep_newest(&mut state.suppressed);
    }
    let duplicate = Duplicate {
        relation: state.relation,
        of: state.of.clone(),
        story: state.story.clone(),
        ..original(&question.enriched.article, "not_published")
    };
    Verdict {
        outcome: Outcome::Suppress(reason),
        duplicate,
        claims: Vec::new(),
        state,
        text: None,
        story: None,
        other_story: None,
        series: Vec::new(),
        withdraws: Vec::new(),
    }
}

fn keep_newest<T>(list: &mut Vec<T>) {
    let surplus = list.len().saturating_sub(REMEMBERED);
    list.drain(..surplus);
}

#[cfg(test)]
mod tests;
