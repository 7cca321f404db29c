//! A notice that is an item of its own: which remembered items it withdraws, and what that makes of each.
//!
//! Comes in: an article that kills and is no later version of anything. Goes out: the items of one story that it
//! withdraws, or none, and for each of them a revision that kills it. A wrong story is worse than none: only items of the
//! notice's own feed or agency come into question, and of two stories that fit nearly as well neither is taken. What is
//! killed already is still found, so that a notice that comes again is not taken for one of the next best story.

use super::entry::Entry;
use super::fingerprint::{self, Fingerprint};
use super::origin::teller;
use super::similarity::{self, Later};
use super::update::{self, Teller};
use super::words::squeezed;
use super::{Index, Known, changes, claims, keep_newest, original, series, story};
use crate::model::{
    Article, Change, Duplicate, Enriched, ItemHead, ItemId, ItemState, Notice, Outcome, Previous, Relation, Signature,
    Stage, StoredText, Verdict, Withdrawal,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Items of the source that a notice is compared with, the newest.
const COMPARED: usize = 5_000;
/// Of these, those whose slugs are looked up, where the notice names one.
const SLUGS: usize = 256;
/// Items that one notice withdraws at most: the versions of a story.
const VERSIONS: usize = 16;
/// A notice is nearly always of a story of the day.
const RECENT: SignedDuration = SignedDuration::from_hours(48);
const RECENT_WEIGHT: f64 = 0.3;
/// By how much a story must fit better than any other.
const MARGIN: f64 = 0.2;
/// Words that a named headline and a remembered one have in common at least, and the share of either.
const HEADLINE_WORDS: usize = 3;
const HEADLINE_SHARE: f64 = 0.75;

/// What a notice speaks of.
pub(super) enum Target {
    /// Nothing that is remembered.
    Unknown,
    /// One of several stories, and it does not say which.
    Unclear,
    /// This story; of its items those are to be killed that are not yet.
    Story(ItemId, Vec<Withdrawal>),
}

impl Index {
    /// Finds what a notice withdraws.
    pub(super) fn target<K: Known>(
        &self,
        now: Timestamp,
        notice: &Article,
        print: Option<&Fingerprint>,
        known: &K,
    ) -> Result<Target, K::Error> {
        let Some(signature) = print.map(|print| &print.signature) else { return Ok(Target::Unknown) };
        let mut entries = self.window.of_source(&notice.feed.0, notice.wire.agency.as_deref(), COMPARED + 1);
        entries.sort_by(|one, other| other.first_seen.cmp(&one.first_seen).then_with(|| one.cmp_id(other)));
        let entries = entries.into_iter().filter(|entry| !entry.is(&notice.id.0));
        let named = notice.wire.withdraws.as_deref();
        let headline = named.map(fingerprint::headline);
        let teller = Teller { notice: Some(Notice::Kill), ..teller(notice) };
        let (later, mut bottom) = (Later::new(signature), Vec::new());
        let mut stories: BTreeMap<ItemId, (f64, Vec<Entry<'_>>)> = BTreeMap::new();
        for (nth, entry) in entries.take(COMPARED).enumerate() {
            let Some(body) = entry.body_of_all() else { continue };
            // Most texts of a source are of something else, which is seen without reading the whole signature.
            let may_fit = headline.is_some() || update::may_relate(&later, &teller, body, &mut bottom).0;
            let earlier = if may_fit { body.signature() } else { None };
            let mut fit = earlier.and_then(|earlier| self.fit(signature, &earlier, headline.as_deref()));
            if fit.is_none()
                && nth < SLUGS
                && let Some(named) = named.filter(|named| named.contains(['-', '/']))
                && has_slug(known.previous(&entry.id())?, named)
            {
                fit = Some(1.0);
            }
            let Some(mut weight) = fit else { continue };
            if weight > 0.0 && now.duration_since(entry.first_seen) <= RECENT {
                weight += RECENT_WEIGHT;
            }
            let (best, items) = stories.entry(entry.of().unwrap_or_else(|| entry.id())).or_default();
            *best = best.max(weight);
            items.push(entry);
        }
        let mut stories: Vec<_> = stories.into_iter().collect();
        stories.sort_by(|(_, (one, _)), (_, (other, _))| other.total_cmp(one));
        let mut stories = stories.into_iter();
        let Some((of, (best, items))) = stories.next().filter(|(_, (best, _))| *best > 0.0) else {
            return Ok(Target::Unknown);
        };
        if stories.next().is_some_and(|(_, (next, _))| next > best - MARGIN) {
            return Ok(Target::Unclear);
        }
        let mut withdraws = Vec::new();
        for entry in items.into_iter().take(VERSIONS) {
            let item = entry.id();
            let previous = known.previous(&item)?.map(|previous| previous.state);
            if let Some(state) =
                previous.filter(|state| state.revision > 0 && !state.killed && !state.relation.is_copy())
            {
                withdraws.push(Withdrawal { item, revision: state.revision + 1 });
            }
        }
        Ok(Target::Story(of, withdraws))
    }

    /// How well a remembered text fits what a notice says; none when it does not. Another text of the form weighs nothing,
    /// but as a version of a story it goes with it.
    fn fit(&self, notice: &Signature, text: &Signature, named: Option<&[u16]>) -> Option<f64> {
        let has_address =
            notice.link.is_some() && notice.link == text.link || notice.guid.is_some() && notice.guid == text.guid;
        let compare = |weight: &dyn Fn(u32) -> f64| similarity::compare(notice, text, weight);
        let weights = self.window.weights();
        // What a term weighs has to be counted, and most texts have nothing in common.
        let comparison = Some(compare(&|_| 1.0)).filter(|rough| rough.evidence > 0);
        let comparison = comparison.map(|_| compare(&|term| weights.of(term)));
        let akin = comparison.and_then(|comparison| update::akin(notice, text, &comparison));
        let is_named = named.is_some_and(|named| is_headline(named, &text.headline));
        let likeness = akin.filter(|(_, may_be_another)| !may_be_another).map_or(0.0, |(likeness, _)| likeness);
        let weight = likeness + if has_address { 1.0 } else { 0.0 } + if is_named { 1.0 } else { 0.0 };
        (akin.is_some() || weight > 0.0).then_some(weight)
    }

    /// What a notice stands to the story that it speaks of.
    pub(super) fn withdrawing(&self, notice: &Article, of: &ItemId) -> Duplicate {
        let origin = self.window.entry(&of.0);
        Duplicate {
            relation: Relation::Update,
            of: Some(of.clone()),
            story: Some(origin.and_then(|origin| origin.story()).unwrap_or_else(|| of.0.clone())),
            origin_agency: origin.and_then(|origin| origin.agency).map(str::to_owned),
            ..original(notice, "withdraws")
        }
    }

    /// The revision that kills an item because a notice, another item, withdraws it; remembers it. Its content stays the
    /// one that was observed last of it, for no other was. Fails if what is known cannot be read.
    pub fn withdraw<K: Known>(
        &mut self,
        now: Timestamp,
        notice: &Enriched,
        item: &ItemId,
        previous: Previous,
        known: &K,
    ) -> Result<(Enriched, Verdict), K::Error> {
        let Previous { state: before, text: told } = previous;
        let enriched = told_by(notice, item, &before, told.as_ref());
        let article = &enriched.article;
        let mut claims = claims::retract_all(&before.claims);
        let telling = series::Telling { article, observations: &[], corrects: false, now, oldest: self.oldest(now) };
        let series = series::relate(&mut claims, &before.claims, &telling, |key| known.series(key))?;
        let story = match &before.story {
            Some(id) => known.story(id)?,
            None => None,
        };
        let headline = told.as_ref().and_then(|told| told.headline.as_deref());
        let story = story::withdrawn(story.as_ref(), headline, article);
        let mut changed = match &told {
            Some(told) => changes::between(told, &before.claims, &enriched),
            None => Vec::new(),
        };
        changed.retain(|change| !matches!(change.field.as_str(), "body" | "summary"));
        let duplicate = Duplicate {
            relation: before.relation,
            of: before.of.clone(),
            story: before.story.clone(),
            ..original(article, if before.of.is_some() { "earlier_version" } else { "first_seen" })
        };
        let supersedes = Some(before.revision);
        let revision = before.revision + 1;
        let mut state = ItemState { revision, claims: claims.standing, killed: true, ..before };
        state.withdrawn.push(Withdrawal { item: notice.article.id.clone(), revision });
        keep_newest(&mut state.withdrawn);
        self.window.put_signed(item, &ItemHead::from(&state), state.signature.as_ref());
        let verdict = Verdict {
            outcome: Outcome::Publish { revision, change: Change::Kill, supersedes, changes: changed },
            duplicate,
            claims: claims.changes,
            text: Some(changes::kept(article, true)),
            state,
            story,
            other_story: None,
            series,
            withdraws: Vec::new(),
        };
        Ok((enriched, verdict))
    }
}

/// Whether a revision of an item that a notice withdrew still is the text that was withdrawn: a page that was touched up
/// brings nothing back to life.
pub(super) fn still_withdrawn(previous: &Previous, article: &Article) -> bool {
    let Previous { state, .. } = previous;
    let by_notice = state.killed && state.told_by(state.revision).is_some();
    if !by_notice || article.wire.notice == Some(Notice::Kill) {
        return false;
    }
    // A memory that was made anew meets contents again that were erased meanwhile.
    if article.issues.iter().any(|issue| issue.stage == Stage::Intake && issue.code == "withdrawn") {
        return true;
    }
    let (Some(before), Some(now)) = (&state.signature, fingerprint::fingerprint(article)) else { return false };
    now.signature.exact == before.exact || {
        let comparison = similarity::compare(&now.signature, before, |_| 1.0);
        comparison.resemblance >= super::SAME_FOR_SEARCH && comparison.slots.facts_differ == 0
    }
}

/// Whether two headlines are one by their telling words.
fn is_headline(named: &[u16], remembered: &[u16]) -> bool {
    let common = named.iter().filter(|word| remembered.contains(word)).count();
    let share = common as f64 / named.len().max(remembered.len()).max(1) as f64;
    common >= HEADLINE_WORDS && share >= HEADLINE_SHARE || common >= 2 && named == remembered
}

fn has_slug(previous: Option<Previous>, named: &str) -> bool {
    let slug = previous.and_then(|previous| previous.text?.fields.remove("wire.slug"));
    // "BC-EU--Bridge, 2nd Ld": versions of one story have one slug up to the comma.
    let name = |slug: &str| squeezed(slug.split(',').next().unwrap_or(slug));
    slug.is_some_and(|slug| name(&slug) == name(named))
}

/// Gives an item that its feed only names as deleted the address, date and agency that were published of it.
pub fn name_deleted(article: &mut Article, previous: &Previous) {
    name(article, &previous.state, previous.text.as_ref());
}

fn name(article: &mut Article, state: &ItemState, told: Option<&StoredText>) {
    let field = |name: &str| told.and_then(|told| told.fields.get(name)).cloned();
    article.url = field("url");
    article.canonical_url = field("canonical_url");
    article.published = field("published").and_then(|time| time.parse().ok());
    article.wire.slug = field("wire.slug");
    article.wire.agency.clone_from(&state.agency);
}

/// The withdrawn item as the notice leaves it: its own names, the notice's headline and note, and no text.
fn told_by(notice: &Enriched, item: &ItemId, state: &ItemState, told: Option<&StoredText>) -> Enriched {
    let mut article = Article::new(item.clone(), state.feed.clone());
    name(&mut article, state, told);
    if article.feed == notice.article.feed {
        article.feed_title.clone_from(&notice.article.feed_title);
        article.feed_url.clone_from(&notice.article.feed_url);
    }
    article.language.clone_from(&notice.article.language);
    article.language_from = notice.article.language_from;
    article.headline.clone_from(&notice.article.headline);
    article.wire.editors_note.clone_from(&notice.article.wire.editors_note);
    article.wire.notice = Some(Notice::Kill);
    Enriched { tagger: notice.tagger.clone(), ..Enriched::bare(article) }
}
