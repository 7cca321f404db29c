//! What an item goes back to: the text that it is made from, if it is made from any.
//!
//! Comes in: an article with its fingerprint and what is known of it. Goes out: its [`Duplicate`], and the look-alikes that
//! were met on the way. Of several texts that explain it about as well it goes back to the one that was seen first.

use super::{
    Index, Known,
    entry::Entry,
    fingerprint::{self, Fingerprint},
    frequency::Weights,
    passages::{self, Passages},
    similarity::{self, Comparison, Later},
    swaps::{self, Swaps},
    update::{self, Link, Teller},
    whole::Whole,
    window::Candidate,
};
use crate::model::{Article, Duplicate, Enriched, ItemId, ItemState, Previous, Relation, Signature, Span, StoryState};
use jiff::Timestamp;
use std::cmp::Reverse;

/// So many look-alikes make a recurring form.
const RECURRING: usize = 2;
/// By how much a link may be weaker than the best, and explain less of the text, and be preferred for going back further.
const WEIGHT_MARGIN: f64 = 0.3;
const SHARE_MARGIN: f64 = 0.25;
/// Shingles of texts that may be of a form, share of a text that stands in another of its form, by how much more of a copy
/// stands in its original, and share from which on nothing but the other is meant.
const FORM_SHINGLES: u32 = 120;
const FORM_SHARE: f64 = 0.6;
const FORM_MARGIN: f64 = 0.1;
const NEARLY_EQUAL: f64 = 0.9;
/// Likeness to the original that what is made from a copy has at least.
const ORIGIN_LIKENESS: f64 = 0.25;
/// Share of a copy's own likeness to the original, where that is less.
const AS_COPY: f64 = 0.8;
/// Share of a text that stands in the other, below which most of it is its own.
const MOSTLY_OTHERS: f64 = 0.5;
/// Sampled shingles of a paragraph that must be looked up before it is called added.
const PARAGRAPH_SAMPLE: usize = 3;

/// Why a text with a passage of another is linked to it.
pub(super) const EXCERPT: &str = "excerpt";
/// Sampled shingles that a text has in common with another that a passage of it may be from, and texts that are looked
/// through for one.
const EXCERPT_EVIDENCE: usize = 3;
const LOOKED_THROUGH: usize = 3;
/// Texts that whole texts are held against, the likeliest: of more, the others are copies of these.
const HELD_AGAINST: usize = 6;

/// A remembered text that this one stands in a relation to.
struct Met<'a> {
    link: Link,
    entry: Entry<'a>,
    /// Share of the shorter text that stands in the other.
    share: f64,
}

impl Index {
    /// Copy or original. A published original stays one: others may already go back to it.
    pub(super) fn duplicate<K: Known>(
        &self,
        article: &Article,
        print: Option<&Fingerprint>,
        before: Option<&Previous>,
        told_in: Option<&StoryState>,
        known: &K,
    ) -> Result<(Duplicate, Vec<Entry<'_>>), K::Error> {
        let Some(print) = print else { return Ok((original(article, "no_text"), Vec::new())) };
        let signature = &print.signature;
        let mut texts = Texts::new(known);
        match before {
            Some(before) if before.state.relation == Relation::Original && is_relied_on(before, told_in) => {
                let mut kept = original(article, "first_seen");
                kept.story = before.state.story.clone().or(kept.story);
                return Ok((kept, Vec::new()));
            }
            // A new version goes on being one: what it made known is not taken back.
            Some(Previous { state: ItemState { relation: Relation::Update, of: Some(of), .. }, .. }) => {
                let link = self.link_to(of, signature, Relation::Update);
                return Ok((self.linked(article, print, of, link, &mut texts)?, Vec::new()));
            }
            _ => {}
        }
        let told = before.map_or(Timestamp::MAX, |before| before.state.first_seen);
        // A revision is no copy of what was told after the item's first one.
        let mut candidates = self.window.candidates(&article.id, signature, &print.probe);
        candidates.retain(|candidate| candidate.entry.first_seen <= told);
        let mut met = self.met(article, print, &mut candidates);
        hold_against(article, print, &mut met, &mut texts)?;
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
                self.linked(article, print, of, link, &mut texts)?
            }
            (Some(Met { link, entry, .. }), _) => {
                let of = entry.of().unwrap_or_else(|| entry.id());
                // Another version of this very item may have been found through a third one.
                if of == article.id {
                    original(article, "first_seen")
                } else {
                    self.linked(article, print, &of, *link, &mut texts)?
                }
            }
            // A copy whose original was withdrawn or forgotten does not become one by being touched up.
            (None, Some((relation, of))) if self.signature(of).is_none() => {
                self.linked(article, print, of, self.link_to(of, signature, relation), &mut texts)?
            }
            // A copy whose new text differs from its original in figures tells the story anew.
            (None, Some((_, of))) if !look_alikes.is_empty() => {
                let link = self.link_to(of, signature, Relation::Update);
                self.linked(article, print, of, Link { reason: "changed_figures", ..link }, &mut texts)?
            }
            (None, _)
                if look_alikes.is_empty()
                    && let Some((of, link)) = self.excerpt(article, print, &candidates, &mut texts)? =>
            {
                self.linked(article, print, &of, link, &mut texts)?
            }
            (None, _) => original(article, if look_alikes.is_empty() { "first_seen" } else { "look_alike" }),
        };
        Ok((duplicate, look_alikes))
    }

    /// The remembered texts that this one is made from or looks like, of those that were told before.
    fn met<'w>(&'w self, article: &Article, print: &Fingerprint, candidates: &mut [Candidate<'w>]) -> Vec<Met<'w>> {
        let signature = &print.signature;
        let weights = self.window.weights();
        let teller = teller(article);
        let (later, mut bottom) = (Later::new(signature), Vec::new());
        let mut compared: Vec<(Entry<'_>, Signature, Comparison)> = Vec::new();
        for Candidate { entry, evidence, .. } in candidates {
            let Some(body) = entry.body else { continue };
            let may_relate;
            (may_relate, *evidence) = update::may_relate(&later, &teller, body, &mut bottom);
            if may_relate && let Some(earlier) = body.signature() {
                let comparison = later.compare(&earlier, |term| weights.of(term));
                compared.push((*entry, earlier, comparison));
            }
        }
        let links = |teller: &Teller<'_>| -> Vec<Met<'_>> {
            let links = compared.iter().filter_map(|(entry, earlier, comparison)| {
                let link = update::relate(signature, teller, entry, earlier, comparison)?;
                Some(Met { link, entry: *entry, share: comparison.shared.max(comparison.covered) })
            });
            links.collect()
        };
        let mut met = links(&teller);
        if met.iter().filter(|met| met.link.relation == Relation::Original).count() >= RECURRING {
            met = links(&Teller { recurring: true, ..teller });
        }
        met.retain(|met| self.goes_back(signature, met, &weights));
        if signature.shingles < FORM_SHINGLES {
            tell_forms(&mut met);
        }
        met
    }

    /// The text of another newsroom of which a passage stands in this one, among what is its own.
    fn excerpt<K: Known>(
        &self,
        article: &Article,
        print: &Fingerprint,
        candidates: &[Candidate<'_>],
        texts: &mut Texts<'_, K>,
    ) -> Result<Option<(ItemId, Link)>, K::Error> {
        let (later, mut sample) = (Later::new(&print.signature), Vec::new());
        let mut origins: Vec<(usize, ItemId)> = Vec::new();
        for Candidate { entry, met, evidence } in candidates.iter().filter(|other| other.entry.feed != article.feed.0) {
            let mut sampled = || entry.body?.sample(&mut sample).map(|_| later.shares(&sample).evidence);
            // In the sample of a much longer text hardly any of the other's is left.
            let evidence = evidence.or_else(&mut sampled).map_or(0, |evidence| evidence.max(*met as usize));
            let origin = entry.of().unwrap_or_else(|| entry.id());
            if evidence >= EXCERPT_EVIDENCE && origins.iter().all(|(_, known)| *known != origin) {
                origins.push((evidence, origin));
            }
        }
        if origins.is_empty() {
            return Ok(None);
        }
        origins.sort_by_key(|(evidence, _)| Reverse(*evidence));
        origins.truncate(LOOKED_THROUGH);
        let agency = article.wire.agency.as_deref().filter(|_| article.wire.dateline.is_some());
        let own = Whole::of_article(article, &print.reading);
        let mut longest: Option<(Passages, ItemId)> = None;
        for (_, origin) in origins {
            let Some(entry) = self.window.entry(&origin.0) else { continue };
            // What bears an agency's own dateline is another story of it with the same background.
            let is_same_source = entry.feed == article.feed.0 || agency.is_some() && entry.agency == agency;
            let text = if is_same_source { None } else { texts.text(&origin)? };
            let Some((text, passages)) = text.map(|text| (text, Passages::between(text, &own))) else { continue };
            let is_taken_over = passages.are_taken_over() && !swaps::between(text, &own).fill_in_a_form();
            if is_taken_over && longest.as_ref().is_none_or(|(most, _)| most.taken < passages.taken) {
                longest = Some((passages, origin));
            }
        }
        Ok(longest.map(|(passages, origin)| {
            let relation = if passages.are_most() { Relation::Near } else { Relation::Abridged };
            let link = self.link_to(&origin, &print.signature, relation);
            (origin, Link { reason: EXCERPT, ..link })
        }))
    }

    /// A text that is linked to a copy must have something of the original too: it may be made from what the copy added.
    fn goes_back(&self, signature: &Signature, met: &Met<'_>, weights: &Weights<'_>) -> bool {
        let by_words = matches!(met.link.relation, Relation::Near | Relation::Abridged | Relation::Update);
        let of = met.entry.of().filter(|_| by_words && met.link.reason != "same_link");
        let origin = of.and_then(|of| self.signature(&of));
        origin.is_none_or(|origin| {
            let compared = |text: &Signature| similarity::compare(text, &origin, |term| weights.of(term));
            let comparison = compared(signature);
            let likeness = update::likeness(&comparison);
            // Of a text with a passage of the original a copy has no more of it.
            let is_like_copy = || {
                let copy = met.entry.signature().map(|copy| update::likeness(&compared(&copy)));
                copy.is_some_and(|copy| copy < ORIGIN_LIKENESS && likeness >= copy * AS_COPY)
            };
            comparison.evidence >= 2 && (likeness >= ORIGIN_LIKENESS || is_like_copy())
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
            .filter(|met| met.link.relation.is_copy() == best.link.relation.is_copy())
            .filter(as_good)
            .min_by(|one, other| origin(one).order().cmp(&origin(other).order()))
    }

    fn signature(&self, id: &ItemId) -> Option<Signature> {
        self.window.entry(&id.0).and_then(|entry| entry.signature())
    }

    /// The sampled shingles of a remembered text.
    fn sample(&self, id: &ItemId) -> Option<Vec<u32>> {
        let mut sample = Vec::new();
        self.window.entry(&id.0)?.body?.sample(&mut sample)?;
        Some(sample)
    }

    fn has_same_link(&self, of: &ItemId, signature: &Signature) -> bool {
        signature.link.is_some() && self.signature(of).is_some_and(|origin| origin.link == signature.link)
    }

    /// A link that earlier revisions made, with its measure of today.
    fn link_to(&self, of: &ItemId, signature: &Signature, relation: Relation) -> Link {
        let shares = self.sample(of).map(|sample| Later::new(signature).shares(&sample));
        let (resemblance, shared) = shares.map_or((0.0, 0.0), |shares| (shares.resemblance, shares.shared));
        Link { relation, reason: "earlier_version", resemblance, shared, weight: 1.0 }
    }

    /// A link that was found when more was known than now. What cannot be measured any more is left unsaid.
    pub(super) fn settled<K: Known>(
        &self,
        article: &Article,
        print: &Fingerprint,
        of: &ItemId,
        relation: Relation,
        known: &K,
    ) -> Result<Duplicate, K::Error> {
        let link = self.link_to(of, &print.signature, relation);
        let mut duplicate = self.linked(article, print, of, link, &mut Texts::new(known))?;
        if self.signature(of).is_none() {
            duplicate.similarity = None;
            duplicate.shared = None;
        }
        Ok(duplicate)
    }

    fn linked<K: Known>(
        &self,
        article: &Article,
        print: &Fingerprint,
        of: &ItemId,
        link: Link,
        texts: &mut Texts<'_, K>,
    ) -> Result<Duplicate, K::Error> {
        let signature = &print.signature;
        let origin = self.window.entry(&of.0);
        let sample = self.sample(of).filter(|_| link.relation != Relation::Exact);
        // The match may have come by way of a later version; shares are those with the item that is named.
        let (similarity, shared) = match &sample {
            Some(sample) if signature.shingles >= fingerprint::SHORT => {
                let shares = Later::new(signature).shares(sample);
                (shares.resemblance, shares.shared)
            }
            _ => (link.resemblance, link.shared),
        };
        let added_paragraphs = match &sample {
            Some(sample) => added_paragraphs(article, print, sample, texts.text(of)?),
            None => Vec::new(),
        };
        let rounded = |share: f64| Some((share * 1000.0).round() / 1000.0);
        Ok(Duplicate {
            relation: link.relation,
            of: Some(of.clone()),
            similarity: rounded(similarity),
            shared: rounded(shared),
            added_paragraphs,
            reason: link.reason.to_owned(),
            story: Some(origin.and_then(|origin| origin.story()).unwrap_or_else(|| of.0.clone())),
            // A paper may have been seen before the agency whose copy it prints.
            origin_agency: origin.and_then(|origin| origin.agency.map(str::to_owned)).or(article.wire.agency.clone()),
        })
    }
}

/// Earlier texts, each read once.
struct Texts<'k, K> {
    known: &'k K,
    read: Vec<(ItemId, Option<Whole<'static>>)>,
}

impl<'k, K: Known> Texts<'k, K> {
    fn new(known: &'k K) -> Self {
        Self { known, read: Vec::new() }
    }

    fn text(&mut self, id: &ItemId) -> Result<Option<&Whole<'static>>, K::Error> {
        let at = match self.read.iter().position(|(known, _)| known == id) {
            Some(at) => at,
            None => {
                self.read.push((id.clone(), self.known.text(id)?.map(Whole::of_stored)));
                self.read.len() - 1
            }
        };
        Ok(self.read.get(at).and_then(|(_, text)| text.as_ref()))
    }
}

/// How a text stands to one that it was held against.
#[derive(Clone, Copy)]
struct Against {
    swaps: Swaps,
    are_from_elsewhere: bool,
}

/// Whether nothing but the texts' likeness links them.
fn is_by_likeness(link: &Link) -> bool {
    !matches!(link.relation, Relation::Original | Relation::Exact) && !matches!(link.reason, "same_link" | "notice")
}

/// Takes short texts that are about as like the text as another is for look-alikes: a copy is more like what it is made
/// from than any third text, and the third of one form is like both.
fn tell_forms(met: &mut [Met<'_>]) {
    let origin = |met: &Met<'_>| met.entry.of().unwrap_or_else(|| met.entry.id());
    let shares: Vec<(ItemId, f64)> = met.iter().map(|met| (origin(met), met.share)).collect();
    let most = |shares: &mut dyn Iterator<Item = f64>| shares.fold(0.0, f64::max);
    for (one, (of, _)) in met.iter_mut().zip(&shares) {
        let share = most(&mut shares.iter().filter(|other| other.0 == *of).map(|other| other.1));
        let others = most(&mut shares.iter().filter(|other| other.0 != *of).map(|other| other.1));
        let is_copy = is_by_likeness(&one.link) && one.link.relation.is_copy();
        if is_copy && share < NEARLY_EQUAL && others >= FORM_SHARE && share < others + FORM_MARGIN {
            one.link = Link { relation: Relation::Original, reason: "look_alike", ..one.link };
        }
    }
}

/// Holds the whole text against those that it is linked to by likeness, the likeliest first: what stands in their places
/// makes some of them look-alikes, and of what has more in the place of something else than a likelier one it is no copy.
fn hold_against<K: Known>(
    article: &Article,
    print: &Fingerprint,
    met: &mut Vec<Met<'_>>,
    texts: &mut Texts<'_, K>,
) -> Result<(), K::Error> {
    let (mut linked, mut others): (Vec<_>, Vec<_>) =
        std::mem::take(met).into_iter().partition(|met| is_by_likeness(&met.link));
    // To a text that stands there word for word nothing else is preferred.
    if linked.is_empty() || others.iter().any(|met| met.link.relation == Relation::Exact) {
        others.extend(linked);
        *met = others;
        return Ok(());
    }
    linked.sort_by(|one, other| {
        other.link.weight.total_cmp(&one.link.weight).then_with(|| one.entry.order().cmp(&other.entry.order()))
    });
    linked.truncate(HELD_AGAINST);
    let own = Whole::of_article(article, &print.reading);
    let mut fewest = usize::MAX;
    // Of copies of one text the likeliest speaks for all: whatever it is that is copied, it is the same.
    let mut held: Vec<(ItemId, Option<Against>)> = Vec::new();
    for mut one in linked {
        let root = one.entry.of().unwrap_or_else(|| one.entry.id());
        let known_swaps = held.iter().find(|(of, _)| *of == root).map(|(_, against)| *against);
        let against = match known_swaps {
            Some(against) => against,
            None => {
                let against = texts.text(&one.entry.id())?.map(|text| Against {
                    swaps: swaps::between(text, &own),
                    are_from_elsewhere: one.share <= passages::ITSELF
                        && Passages::between(text, &own).are_from_elsewhere(text, &own),
                });
                held.push((root, against));
                against
            }
        };
        if let Some(Against { swaps, are_from_elsewhere }) = against {
            if are_from_elsewhere {
                continue;
            } else if swaps.make_another(one.link.relation == Relation::Update) {
                one.link = Link { relation: Relation::Original, reason: "look_alike", ..one.link };
            } else if swaps.all() > fewest {
                continue;
            } else {
                fewest = swaps.all();
            }
        }
        others.push(one);
    }
    *met = others;
    Ok(())
}

pub(super) fn teller(article: &Article) -> Teller<'_> {
    Teller {
        feed: &article.feed,
        agency: article.wire.agency.as_deref(),
        notice: article.wire.notice,
        recurring: false,
    }
}

/// Whether a longer text with another in it has figures of its own: it is no mere copy then, lest they are lost.
pub(super) fn tells_more(duplicate: &Duplicate, enriched: &Enriched) -> bool {
    let own = |span: &Span| duplicate.added_paragraphs.iter().any(|added| added.contains(span));
    (duplicate.relation == Relation::Near || duplicate.reason == EXCERPT)
        && duplicate.shared.is_some_and(|shared| shared < MOSTLY_OTHERS)
        && enriched.covid.observations.iter().any(|observation| own(&observation.sentence.span))
}

/// Whether claims or other items rest on this original.
fn is_relied_on(before: &Previous, told_in: Option<&StoryState>) -> bool {
    !before.state.claims.is_empty() || told_in.is_some_and(|story| story.members.len() > 1)
}

pub(super) fn original(article: &Article, reason: &str) -> Duplicate {
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

/// Paragraphs of which hardly a word stands in the original, as far as its sample can tell where its text is not known.
fn added_paragraphs(article: &Article, print: &Fingerprint, sample: &[u32], text: Option<&Whole<'_>>) -> Vec<Span> {
    let origin = text.filter(|text| !text.is_empty()).map(Whole::shingles);
    let is_added = |runs: &[u32]| {
        let share = match &origin {
            _ if runs.is_empty() => None,
            Some(origin) => {
                let found = runs.iter().filter(|run| origin.contains(u64::from(**run))).count();
                Some(found as f64 / runs.len() as f64)
            }
            None => similarity::share_in(runs, sample, PARAGRAPH_SAMPLE),
        };
        share.is_some_and(|share| share < 0.34)
    };
    let mut added = Vec::new();
    let mut from = 0;
    for paragraph in print.reading.paragraphs(article).filter(|paragraph| paragraph.counts) {
        if is_added(fingerprint::runs_of(&print.runs, from, paragraph.words.len())) {
            added.push(paragraph.span);
        }
        from += paragraph.words.len();
    }
    added
}
