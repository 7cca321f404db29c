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
mod frequency;
mod kill;
mod kinship;
mod postings;
mod rebuild;
mod records;
mod revision;
mod series;
mod similarity;
mod standing;
mod story;
mod update;
mod window;
mod words;

pub use self::rebuild::{Published, rebuild, rebuild_earlier};

use self::fingerprint::Fingerprint;
use self::kill::Target;
use self::kinship::Sought;
use self::similarity::Comparison;
use self::update::{Link, Teller};
use self::{entry::Entry, window::Window};
use crate::model::{
    Admission, Article, Change, Duplicate, Enriched, Hash, ItemHead, ItemId, ItemState, Notice, Outcome, Previous,
    Relation, Section, SeriesState, Signature, Span, StateChange, StoryState, SuppressReason, Suppressed, Verdict,
    units,
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

    /// The entry of a series, by its key.
    fn series(&self, key: &str) -> Result<Option<SeriesState>, Self::Error>;
}

/// Contents and suppressed revisions that an item's entry remembers.
pub const REMEMBERED: usize = 16;
/// So many look-alikes make a recurring form.
const RECURRING: usize = 2;
/// By how much a link may be weaker than the best, and explain less of the text, and be preferred for going back further.
const WEIGHT_MARGIN: f64 = 0.3;
const SHARE_MARGIN: f64 = 0.25;
/// Likeness to the original that what is made from a copy has at least.
const ORIGIN_LIKENESS: f64 = 0.25;
/// Copies at least this like their original find nothing that the original does not find, and are not searched for.
const SAME_FOR_SEARCH: f64 = 0.8;
/// Share of a text that stands in the other, below which most of it is its own.
const MOSTLY_OTHERS: f64 = 0.5;
/// Sampled shingles of a paragraph that must be looked up before it is called added.
const PARAGRAPH_SAMPLE: usize = 3;

/// A remembered text that this one stands in a relation to.
struct Met<'a> {
    link: Link,
    entry: Entry<'a>,
}

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

    /// The paragraphs of an article that stand in earlier stories of its source, in text order, as sections for
    /// [`crate::model::Article::stand`]. To be taken up before the article is judged: what stands is not compared.
    pub fn standing(&self, now: Timestamp, previous: Option<&Previous>, article: &Article) -> Vec<Section> {
        let first_seen = previous.map_or(article.observed.unwrap_or(now), |previous| previous.state.first_seen);
        standing::find(&self.window, article, first_seen)
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
        let mut print = fingerprint::fingerprint(article);
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
                self.settled(article, &print.signature, of, *relation)
            }
            (Target::Unknown, ..) => {
                let duplicate;
                (duplicate, look_alikes) = self.duplicate(article, print.as_ref(), before, told_in.as_ref());
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
            .clone()
            .filter(|told_in| !killed && duplicate.story.as_ref() != Some(&told_in.id))
            .and_then(|told_in| story::without(told_in, &article.id));
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
                if let (Some(second), Some(one)) = (second, joined.clone().or(joining)) {
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

    /// Copy or original. A published original stays one: others may already go back to it.
    fn duplicate(
        &self,
        article: &Article,
        print: Option<&Fingerprint>,
        before: Option<&Previous>,
        told_in: Option<&StoryState>,
    ) -> (Duplicate, Vec<Entry<'_>>) {
        let Some(print) = print else { return (original(article, "no_text"), Vec::new()) };
        let signature = &print.signature;
        match before {
            Some(before) if before.state.relation == Relation::Original && is_relied_on(before, told_in) => {
                let mut kept = original(article, "first_seen");
                kept.story = before.state.story.clone().or(kept.story);
                return (kept, Vec::new());
            }
            // A new version goes on being one: what it made known is not taken back.
            Some(Previous { state: ItemState { relation: Relation::Update, of: Some(of), .. }, .. }) => {
                let link = self.link_to(of, signature, Relation::Update);
                return (self.linked(article, signature, of, link), Vec::new());
            }
            _ => {}
        }
        let told = before.map_or(Timestamp::MAX, |before| before.state.first_seen);
        let met = self.met(article, print, told);
        let look_alikes = met.iter().filter(|met| met.link.relation == Relation::Original);
        let look_alikes: Vec<Entry<'_>> = look_alikes.map(|met| met.entry).collect();
        let best = self.first_told(&met);
        let was_copy = before.filter(|before| before.state.relation.is_copy());
        let was_copy = was_copy.and_then(|before| before.state.of.as_ref().map(|of| (before.state.relation, of)));
        let duplicate = match (best, was_copy) {
            // Two feeds that show one address show one document: its original is revised by itself, a poll later.
            (Some(Met { link, .. }), Some((_, of)))
                if !link.relation.is_copy() && self.has_same_link(of, signature) =>
            {
                let link = Link { relation: Relation::Near, reason: "same_link", ..*link };
                self.linked(article, signature, of, link)
            }
            (Some(Met { link, entry, .. }), _) => {
                let of = entry.of().unwrap_or_else(|| entry.id());
                // Another version of this very item may have been found through a third one.
                if of == article.id {
                    original(article, "first_seen")
                } else {
                    self.linked(article, signature, &of, *link)
                }
            }
            // A copy whose original was withdrawn or forgotten does not become one by being touched up.
            (None, Some((relation, of))) if self.signature(of).is_none() => {
                self.linked(article, signature, of, self.link_to(of, signature, relation))
            }
            // A copy whose new text differs from its original in figures tells the story anew.
            (None, Some((_, of))) if !look_alikes.is_empty() => {
                let link = self.link_to(of, signature, Relation::Update);
                self.linked(article, signature, of, Link { reason: "changed_figures", ..link })
            }
            (None, _) => original(article, if look_alikes.is_empty() { "first_seen" } else { "look_alike" }),
        };
        (duplicate, look_alikes)
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

    /// The remembered texts that this one is made from or looks like, of those that were told before.
    fn met(&self, article: &Article, print: &Fingerprint, told: Timestamp) -> Vec<Met<'_>> {
        let Fingerprint { signature, probe } = print;
        let weight = |term| self.window.weight(term);
        let candidates = self.window.candidates(&article.id, signature, probe).into_iter();
        // A revision is no copy of what was told after the item's first one.
        let compared: Vec<(Entry<'_>, Signature, Comparison)> = candidates
            .filter(|entry| entry.first_seen <= told)
            .filter_map(|entry| entry.signature().map(|earlier| (entry, earlier)))
            .filter(|(_, earlier)| update::may_relate(signature, earlier))
            .map(|(entry, earlier)| {
                let comparison = similarity::compare(signature, &earlier, &weight);
                (entry, earlier, comparison)
            })
            .collect();
        let met = |teller: &Teller<'_>| -> Vec<Met<'_>> {
            let links = compared.iter().filter_map(|(entry, earlier, comparison)| {
                let link = update::relate(signature, teller, entry, earlier, comparison)?;
                Some(Met { link, entry: *entry })
            });
            links.filter(|met| self.goes_back(signature, met, &weight)).collect()
        };
        let teller = teller(article);
        let first = met(&teller);
        let look_alikes = first.iter().filter(|met| met.link.relation == Relation::Original).count();
        if look_alikes < RECURRING { first } else { met(&Teller { recurring: true, ..teller }) }
    }

    /// A text that is linked to a copy must have something of the original too: it may be made from what the copy added.
    fn goes_back(&self, signature: &Signature, met: &Met<'_>, weight: &dyn Fn(u32) -> f64) -> bool {
        let by_words = matches!(met.link.relation, Relation::Near | Relation::Abridged | Relation::Update);
        let of = met.entry.of().filter(|_| by_words && met.link.reason != "same_link");
        let origin = of.and_then(|of| self.signature(&of));
        origin.is_none_or(|origin| {
            let comparison = similarity::compare(signature, &origin, weight);
            comparison.evidence >= 2 && update::likeness(&comparison) >= ORIGIN_LIKENESS
        })
    }

    /// Of the links that are nearly as good as the best and explain as much of the text, the one that goes back furthest:
    /// copies of copies, and of parts that were told one by one, meet in the text that was seen first.
    fn first_told<'m, 'w>(&'w self, met: &'m [Met<'w>]) -> Option<&'m Met<'w>> {
        let links = met.iter().filter(|met| met.link.relation != Relation::Original);
        let best = links.clone().max_by(|a, b| {
            let earlier = || b.entry.order().cmp(&a.entry.order());
            a.link.weight.total_cmp(&b.link.weight).then_with(earlier)
        })?;
        let as_good = |met: &&Met<'_>| {
            met.link.weight >= best.link.weight - WEIGHT_MARGIN && met.link.shared >= best.link.shared - SHARE_MARGIN
        };
        let origin = |met: &&'m Met<'w>| -> Entry<'w> {
            let of = met.entry.of();
            of.as_ref().and_then(|of| self.window.entry(&of.0)).unwrap_or(met.entry)
        };
        links
            .filter(|met| {
                met.link.relation == best.link.relation || met.link.relation.is_copy() == best.link.relation.is_copy()
            })
            .filter(as_good)
            .min_by(|one, other| origin(one).order().cmp(&origin(other).order()))
    }

    fn signature(&self, id: &ItemId) -> Option<Signature> {
        self.window.entry(&id.0).and_then(|entry| entry.signature())
    }

    fn has_same_link(&self, of: &ItemId, signature: &Signature) -> bool {
        signature.link.is_some() && self.signature(of).is_some_and(|origin| origin.link == signature.link)
    }

    /// A link that earlier revisions made, with its measure of today.
    fn link_to(&self, of: &ItemId, signature: &Signature, relation: Relation) -> Link {
        let earlier = self.signature(of);
        let comparison =
            earlier.map(|earlier| similarity::compare(signature, &earlier, &|term| self.window.weight(term)));
        let (resemblance, shared) = comparison.map_or((0.0, 0.0), |known| (known.resemblance, known.shared));
        Link { relation, reason: "earlier_version", resemblance, shared, weight: 1.0 }
    }

    /// A link that was found when more was known than now. What cannot be measured any more is left unsaid.
    fn settled(&self, article: &Article, signature: &Signature, of: &ItemId, relation: Relation) -> Duplicate {
        let link = self.link_to(of, signature, relation);
        let mut duplicate = self.linked(article, signature, of, link);
        if self.signature(of).is_none() {
            duplicate.similarity = None;
            duplicate.shared = None;
        }
        duplicate
    }

    fn linked(&self, article: &Article, signature: &Signature, of: &ItemId, link: Link) -> Duplicate {
        let origin = self.window.entry(&of.0);
        let origin_text = origin.and_then(|entry| entry.signature());
        // The match may have come by way of a later version; shares are those with the item that is named.
        let (similarity, shared) = match &origin_text {
            Some(text) if link.relation != Relation::Exact && signature.shingles >= fingerprint::SHORT => {
                let comparison = similarity::compare(signature, text, &|term| self.window.weight(term));
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
            // A paper may have been seen before the agency whose copy it prints.
            origin_agency: origin.and_then(|origin| origin.agency.map(str::to_owned)).or(article.wire.agency.clone()),
        }
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

fn teller(article: &Article) -> Teller<'_> {
    Teller {
        feed: &article.feed,
        agency: article.wire.agency.as_deref(),
        notice: article.wire.notice,
        recurring: false,
    }
}

/// Whether others are compared with this text.
fn is_searched(duplicate: &Duplicate) -> bool {
    match duplicate.relation {
        Relation::Exact | Relation::Abridged => false,
        Relation::Near => duplicate.similarity.is_some_and(|similarity| similarity < SAME_FOR_SEARCH),
        Relation::Original | Relation::Update => true,
    }
}

/// Whether a longer text with another in it has figures of its own: it is no mere copy then, lest they are lost.
fn tells_more(duplicate: &Duplicate, enriched: &Enriched) -> bool {
    let own = |span: &Span| duplicate.added_paragraphs.iter().any(|added| added.contains(span));
    duplicate.relation == Relation::Near
        && duplicate.shared.is_some_and(|shared| shared < MOSTLY_OTHERS)
        && enriched.covid.observations.iter().any(|observation| own(&observation.sentence.span))
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
