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
mod entry;
mod fingerprint;
mod postings;
mod rebuild;
mod records;
mod revision;
mod series;
mod similarity;
mod story;
mod update;
mod window;
mod words;

pub use self::rebuild::{Published, rebuild, rebuild_earlier};

use self::update::{Link, Teller};
use self::{entry::Entry, window::Window};
use crate::model::{
    Admission, Article, Change, Duplicate, Enriched, Hash, ItemHead, ItemId, ItemState, Notice, Outcome, Previous,
    Relation, SeriesState, Signature, Span, StateChange, StoryState, SuppressReason, Suppressed, Verdict, units,
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

    /// The entry of a series, by its key.
    fn series(&self, key: &str) -> Result<Option<SeriesState>, Self::Error>;
}

/// Contents and suppressed revisions that an item's entry remembers.
pub const REMEMBERED: usize = 16;
/// Copies at least this like their original find nothing that the original does not find, and are not searched for.
const SAME_FOR_SEARCH: f64 = 0.8;
/// Sampled shingles of a paragraph that must be looked up before it is called added.
const PARAGRAPH_SAMPLE: usize = 3;

/// What is remembered across items: signatures of texts, and who is in which story.
pub struct Index {
    window: Window,
    horizon: SignedDuration,
}

impl Index {
    /// An empty memory.
    pub fn new(options: &Options) -> Self {
        let horizon = SignedDuration::try_from(options.horizon).unwrap_or(SignedDuration::MAX);
        Self { window: Window::default(), horizon }
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
            Admission::Publish => previous
                .filter(|previous| previous.state.revision > 0)
                .is_some_and(|previous| revision::only_typography(previous, question.enriched))
                .then_some(SuppressReason::Typography),
        };
        let verdict = match reason {
            Some(reason) => suppressed(now, &question, reason),
            None => self.published(now, &question, known)?,
        };
        self.window.put(&question.enriched.article.id, ItemHead::from(&verdict.state));
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

    fn published<K: Known>(&self, now: Timestamp, question: &Question<'_>, known: &K) -> Result<Verdict, K::Error> {
        let (article, previous) = (&question.enriched.article, question.previous.as_ref());
        let before = previous.filter(|previous| previous.state.revision > 0);
        let mut state = remembered(now, previous.map(|previous| &previous.state), question.hash, article);
        let (signature, probe) = fingerprint::signature_and_probe(article).unzip();
        let probe = probe.unwrap_or_default();
        let told_in = match before.and_then(|before| before.state.story.as_deref()) {
            Some(id) => known.story(id)?,
            None => None,
        };
        let duplicate = match (&question.admission, &signature) {
            (Admission::Again { settled: Some((relation, of)) }, Some(signature)) => {
                self.settled(article, signature, of, *relation)
            }
            _ => self.duplicate(article, signature.as_ref(), &probe, before, told_in.as_ref()),
        };

        let change = revision::kind(previous, article, now);
        let killed = change == Change::Kill;
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
        state.signature = signature.filter(|_| is_searched(killed, &duplicate));
        state.claims = claims.standing;
        state.killed = killed;

        let text = changes::kept(article, killed);
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
                story::joined(joining.as_ref(), id, first_seen, article)
            }
        };
        let outcome = Outcome::Publish { revision, change, supersedes, changes };
        Ok(Verdict { outcome, duplicate, claims: claims.changes, state, text: Some(text), story, series })
    }

    /// Copy or original. A published original stays one: others may already go back to it.
    fn duplicate(
        &self,
        article: &Article,
        signature: Option<&Signature>,
        probe: &[u32],
        before: Option<&Previous>,
        told_in: Option<&StoryState>,
    ) -> Duplicate {
        let Some(signature) = signature else { return original(article, "no_text") };
        match before {
            Some(before) if before.state.relation == Relation::Original && is_relied_on(before, told_in) => {
                let mut kept = original(article, "first_seen");
                kept.story = before.state.story.clone().or(kept.story);
                return kept;
            }
            // A new version goes on being one: what it made known is not taken back.
            Some(Previous { state: ItemState { relation: Relation::Update, of: Some(of), .. }, .. }) => {
                return self.linked(article, signature, of, self.link_to(of, article, signature, Relation::Update));
            }
            _ => {}
        }
        let teller =
            Teller { feed: &article.feed, agency: article.wire.agency.as_deref(), notice: article.wire.notice };
        let mut best: Option<(Link, Entry<'_>)> = None;
        let mut look_alike: Option<Link> = None;
        let told = before.map_or(Timestamp::MAX, |before| before.state.first_seen);
        for entry in self.window.candidates(&article.id, signature, probe) {
            // A revision is no copy of what was told after the item's first one.
            if entry.first_seen > told {
                continue;
            }
            let Some(link) = update::relate(signature, &teller, &entry) else { continue };
            if link.relation == Relation::Original {
                look_alike.get_or_insert(link);
                continue;
            }
            // Of equals the first seen wins; entries come in an order that is the same after a restart.
            let precedes = |best: &(Link, Entry<'_>)| match link.weight().total_cmp(&best.0.weight()) {
                std::cmp::Ordering::Equal => (entry.first_seen, entry.id()) < (best.1.first_seen, best.1.id()),
                order => order.is_gt(),
            };
            if best.as_ref().is_none_or(precedes) {
                best = Some((link, entry));
            }
        }
        let was_copy = before.filter(|before| before.state.relation.is_copy());
        let was_copy = was_copy.and_then(|before| before.state.of.as_ref().map(|of| (before.state.relation, of)));
        match (best, was_copy) {
            // Two feeds that show one address show one document: its original is revised by itself, a poll later.
            (Some((link, _)), Some((_, of))) if !link.relation.is_copy() && self.has_same_link(of, signature) => {
                let link = Link { relation: Relation::Near, reason: "same_link", ..link };
                self.linked(article, signature, of, link)
            }
            (Some((link, entry)), _) => {
                let of = entry.of().unwrap_or_else(|| entry.id());
                // Another version of this very item may have been found through a third one.
                if of == article.id {
                    original(article, "first_seen")
                } else {
                    self.linked(article, signature, &of, link)
                }
            }
            // A copy whose original was withdrawn or forgotten does not become one by being touched up.
            (None, Some((relation, of))) if self.signature(of).is_none() => {
                self.linked(article, signature, of, self.link_to(of, article, signature, relation))
            }
            // A copy whose new text differs from its original in figures tells the story anew.
            (None, Some((_, of))) if look_alike.is_some() => {
                let link = self.link_to(of, article, signature, Relation::Update);
                self.linked(article, signature, of, Link { reason: "changed_figures", ..link })
            }
            (None, _) => original(article, if look_alike.is_some() { "look_alike" } else { "first_seen" }),
        }
    }

    fn signature(&self, id: &ItemId) -> Option<Signature> {
        self.window.entry(&id.0).and_then(|entry| entry.signature())
    }

    fn has_same_link(&self, of: &ItemId, signature: &Signature) -> bool {
        signature.link.is_some() && self.signature(of).is_some_and(|origin| origin.link == signature.link)
    }

    /// A link that earlier revisions made, with its measure of today.
    fn link_to(&self, of: &ItemId, article: &Article, signature: &Signature, relation: Relation) -> Link {
        let teller =
            Teller { feed: &article.feed, agency: article.wire.agency.as_deref(), notice: article.wire.notice };
        let known = self.window.entry(&of.0).and_then(|entry| update::relate(signature, &teller, &entry));
        let (resemblance, shared) = known.map_or((0.0, 0.0), |link| (link.resemblance, link.shared));
        Link { relation, reason: "earlier_version", resemblance, shared }
    }

    /// A link that was found when more was known than now. What cannot be measured any more is left unsaid.
    fn settled(&self, article: &Article, signature: &Signature, of: &ItemId, relation: Relation) -> Duplicate {
        let link = self.link_to(of, article, signature, relation);
        let mut duplicate = self.linked(article, signature, of, link);
        if self.signature(of).is_none() {
            duplicate.similarity = None;
            duplicate.shared = None;
        }
        duplicate
    }

    fn linked(&self, article: &Article, signature: &Signature, of: &ItemId, link: Link) -> Duplicate {
        let origin = self.window.entry(&of.0);
        let origin_text = origin.and_then(|origin| origin.signature());
        // The match may have come by way of a later version; shares are those with the item that is named.
        let (similarity, shared) = match &origin_text {
            Some(text) if link.relation != Relation::Exact && signature.shingles >= fingerprint::SHORT => {
                let comparison = similarity::compare(signature, text);
                (comparison.resemblance, comparison.shared)
            }
            _ => (link.resemblance, link.shared),
        };
        let added_paragraphs = match &origin_text {
            Some(text) if link.relation != Relation::Exact => added_paragraphs(article, text),
            _ => Vec::new(),
        };
        let rounded = |share: f64| Some((share * 1000.0).round() / 1000.0);
        Duplicate {
            relation: link.relation,
            of: Some(of.clone()),
            similarity: rounded(similarity),
            shared: rounded(shared),
            added_paragraphs,
            reason: link.reason.to_owned(),
            story: Some(origin.and_then(|origin| origin.story()).unwrap_or_else(|| of.0.clone())),
            origin_agency: origin.and_then(|origin| origin.agency).map(str::to_owned),
        }
    }
}

/// Whether others are compared with this text.
fn is_searched(killed: bool, duplicate: &Duplicate) -> bool {
    !killed
        && match duplicate.relation {
            Relation::Exact | Relation::Abridged => false,
            Relation::Near => duplicate.similarity.is_some_and(|similarity| similarity < SAME_FOR_SEARCH),
            Relation::Original | Relation::Update => true,
        }
}

/// Whether claims or other items rest on this original.
fn is_relied_on(before: &Previous, told_in: Option<&StoryState>) -> bool {
    !before.state.claims.is_empty() || told_in.is_some_and(|story| story.members.len() > 1)
}

fn original(article: &Article, reason: &str) -> Duplicate {
    Duplicate {
        relation: Relation::Original,
        of: None,
        similarity: None,
        shared: None,
        added_paragraphs: Vec::new(),
        reason: reason.to_owned(),
        story: Some(article.id.0.clone()),
        origin_agency: article.wire.agency.clone(),
    }
}

/// Paragraphs of which hardly a word stands in the original, as far as its sketch can tell.
fn added_paragraphs(article: &Article, origin: &Signature) -> Vec<Span> {
    let mut paragraphs = fingerprint::compared_paragraphs(article);
    paragraphs.retain(|paragraph| {
        let shingles = fingerprint::shingles(&words::words(paragraph.of(&article.body).unwrap_or("")));
        similarity::share_in(&shingles, origin, PARAGRAPH_SAMPLE).is_some_and(|share| share < 0.34)
    });
    paragraphs
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
        series: Vec::new(),
    }
}

fn keep_newest<T>(list: &mut Vec<T>) {
    let surplus = list.len().saturating_sub(REMEMBERED);
    list.drain(..surplus);
}

#[cfg(test)]
mod tests;
