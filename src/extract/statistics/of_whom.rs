//! Which part of the population a figure counts, where its own words do not say.
//!
//! In: what was found in a story, and the parts that it speaks of. Out: the same, where a figure counts another part than the
//! rules of `status.rs` say, which look no further than its clause: "At the home in Laval 112 residents have caught it.
//! Forty-four have died." Boosted trees ([`super::trees`]), learnt by `tools/judge` from the labelled figures, look at each part
//! that it may count, and at all people: where the text spoke of that part, and which figures before count it.
//!
//! What holds: nothing but the part changes; a story that speaks of none is not looked at; what is seen of a story is bounded,
//! so that the work grows with its length and no faster.

use super::beside::{FAR, LONG, NOTHING, count, decades, form, yes};
use super::reading::Reading;
use super::standing::{Figure, Lines, Scene};
use super::status::institution;
use super::trees::{self, Asked, Candidate, Trees};
use crate::language::Cue;
use crate::model::{Article, Metric, Observation, PlaceKind, Span, Subset};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

static TREES: LazyLock<Trees> = LazyLock::new(|| Trees::new(include_bytes!("of_whom_trees.bin")));

/// How much likelier than what the figure counts by the rules another part must be, in log odds.
pub const MARGIN: f32 = 0.25;

/// The most parts that a figure may count.
const MOST: usize = 10;

/// How many figures before give theirs.
const FIGURES: usize = 4;

/// How many parts spoken of before a figure it may count, among how many they are sought, and how many of its sentence.
const SPOKEN: usize = 4;
/// Within how many bytes.
const NEAR: usize = 700;
const MENTIONS: usize = 48;
const BEHIND: usize = 6;

/// How many numbers are seen of a part.
const SEEN: usize = 43;

/// Where a text speaks of a part of the population.
struct Mention {
    start: usize,
    end: usize,
    subset: Subset,
    /// "local authorities", "doctors said".
    institution: bool,
}

/// The parts of the population that a headline and a body speak of.
#[derive(Default)]
pub(super) struct Parts {
    headline: Vec<Subset>,
    body: Vec<Mention>,
}

impl Parts {
    /// Takes in the parts that a sentence speaks of.
    pub(super) fn read(&mut self, reading: &Reading<'_, '_>) {
        for mark in &reading.marks {
            let Cue::Subset(subset) = mark.cue else { continue };
            if !reading.span.field.is_body() {
                self.headline.push(subset);
            } else if let Some(span) = reading.bytes(mark.first, mark.after) {
                let institution = institution(reading, mark.first, mark.after, subset);
                self.body.push(Mention { start: span.start, end: span.end, subset, institution });
            }
        }
    }
}

/// Gives figures the part of the population that they count.
pub(super) fn correct(found: &mut [Observation], parts: &Parts, article: &Article) {
    let better = moved(found, parts, article, |asked| trees::chosen(asked, MARGIN, |seen| TREES.odds(seen)));
    for one in found.iter_mut().filter(|one| one.field.is_body()) {
        if let Some(subset) = one.spans.value.and_then(|span| better.get(&span)) {
            one.subset.clone_from(subset);
        }
    }
}

/// The parts that figures count which get another than they have. Figures are asked about in order, so that what was told
/// before counts the parts that were chosen.
pub(super) fn moved(
    found: &[Observation],
    parts: &Parts,
    article: &Article,
    mut choose: impl FnMut(&Asked<Vec<Subset>>) -> usize,
) -> HashMap<Span, Vec<Subset>> {
    let mut better = HashMap::new();
    if parts.headline.is_empty() && parts.body.is_empty() {
        return better;
    }
    let mut story = Story::new(found, parts, article);
    for at in 0..story.told.len() {
        let Some(asked) = story.asked(at) else { continue };
        let best = choose(&asked);
        if let Some(candidate) = asked.candidates.into_iter().nth(best).filter(|_| best > 0) {
            if let Some(told) = story.told.get_mut(at) {
                told.subset.clone_from(&candidate.value);
            }
            better.insert(asked.span, candidate.value);
        }
    }
    better
}

/// A figure of a body.
struct Told<'o> {
    one: &'o Observation,
    span: Span,
    subset: Vec<Subset>,
    /// Decades above one.
    size: f32,
}

impl Figure for Told<'_> {
    fn start(&self) -> usize {
        self.span.start
    }

    fn sentence(&self) -> Span {
        self.one.sentence.span
    }
}

/// A story, as the people that its figures count are told apart.
struct Story<'s> {
    told: Vec<Told<'s>>,
    parts: &'s Parts,
    lines: Lines,
}

impl<'s> Story<'s> {
    fn new(found: &'s [Observation], parts: &'s Parts, article: &Article) -> Self {
        let told = found.iter().filter(|one| one.field.is_body()).filter_map(|one| {
            let size = one.value.map_or(NOTHING, |value| decades(value.0));
            Some(Told { one, span: one.spans.value?, subset: one.subset.clone(), size })
        });
        Self { told: told.collect(), parts, lines: Lines::new(&article.body) }
    }

    /// What is spoken of before a figure, and behind it up to the end of its sentence.
    fn around(&self, this: &Told<'_>) -> [Range<usize>; 2] {
        let at = |byte: usize| self.parts.body.partition_point(|one| one.start < byte);
        let (start, end) = (at(this.span.start), at(this.one.sentence.span.end));
        [start.saturating_sub(MENTIONS)..start, start..end.clamp(start, start + BEHIND)]
    }

    fn mentions(&self, range: Range<usize>) -> std::slice::Iter<'s, Mention> {
        self.parts.body.get(range).unwrap_or_default().iter()
    }

    /// The parts that the figure `told[at]` may count, its own first.
    fn candidates(&self, at: usize, this: &Told<'_>) -> Vec<Vec<Subset>> {
        let mut all: Vec<Vec<Subset>> = Vec::with_capacity(MOST);
        let mut add = |subset: &[Subset]| {
            if all.len() < MOST && !all.iter().any(|one| one == subset) {
                all.push(subset.to_vec());
            }
        };
        // What a metric names itself is no part of what it counts.
        let fits = |subset: &Subset| this.one.metric != Metric::Hospitalisations || *subset != Subset::Hospital;
        add(&this.subset);
        add(&[]);
        let [before, behind] = self.around(this);
        let near = self.mentions(before).rev().take(SPOKEN).filter(|one| one.end + NEAR > this.span.start);
        let near = near.chain(self.mentions(behind));
        near.map(|one| one.subset).filter(fits).for_each(|subset| add(&[subset]));
        let figures = self.told.get(at.saturating_sub(FIGURES)..at).unwrap_or_default();
        figures.iter().rev().filter(|one| one.subset.iter().all(fits)).for_each(|one| add(&one.subset));
        self.parts.headline.iter().take(2).copied().filter(fits).for_each(|subset| add(&[subset]));
        all
    }

    /// The parts that a figure may count.
    fn asked(&self, at: usize) -> Option<Asked<Vec<Subset>>> {
        let this = self.told.get(at)?;
        let candidates = self.candidates(at, this);
        if candidates.len() < 2 {
            return None;
        }
        let scene = Scene::new(&self.told, at, this, &self.lines);
        let many = candidates.len();
        let candidate = |value: Vec<Subset>| Candidate { seen: self.seen(&scene, &value, many).to_vec(), value };
        Some(Asked { span: this.span, candidates: candidates.into_iter().map(candidate).collect() })
    }
}

impl<'s> Story<'s> {
    /// How many figures stand between two places of the text.
    fn figures(&self, from: usize, to: usize) -> f32 {
        let at = |byte: usize| self.told.partition_point(|one| one.span.start < byte);
        count(at(to).saturating_sub(at(from)))
    }

    /// What is seen of a part, one of `many`.
    fn seen(&self, scene: &Scene<'_, Told<'s>>, part: &[Subset], many: usize) -> [f32; SEEN] {
        let this = scene.this;
        let one = this.one;
        let (start, end, sentence) = (this.span.start, this.span.end, one.sentence.span.start);
        let lines = |from: usize| self.lines.before(start) - self.lines.before(from);
        let [before, behind] = self.around(this);
        let is_it = |mention: &&Mention| part.contains(&mention.subset);
        let last = self.mentions(before.clone()).rev().find(is_it);
        let next = self.mentions(behind.clone()).find(is_it);
        // What else was spoken of since.
        let newer = last.map_or(LONG, |last| {
            count(self.mentions(before.clone()).filter(|other| other.start > last.start && !is_it(other)).count())
        });
        let here = self.mentions(before.clone()).filter(|mention| mention.start >= sentence).count();
        let has = |told: &&Told<'_>| told.subset == part;
        let latest = |which: &dyn Fn(&Told<'_>) -> bool| {
            scene.before().rev().find(|told| which(told)).map_or(NOTHING, |told| yes(told.subset == part))
        };
        let of_sentence = scene.before_in_sentence();
        let in_sentence = || scene.before().rev().take(of_sentence);
        let whole = scene.before().rev().find(|told| told.subset.is_empty() && told.one.metric == one.metric);
        let like = scene.before().rev().find(|told| has(told) && told.one.metric == one.metric);
        [
            f32::from(one.metric as u8),
            f32::from(one.kind as u8),
            this.size,
            count(scene.at),
            count(scene.sentence.len()),
            count(of_sentence),
            count(this.subset.len()),
            form(&one.rule),
            yes(one.rule.ends_with(".part") || one.rule.ends_with(".breakdown") || one.rule.ends_with(".new_part")),
            yes(one.location.kind == PlaceKind::Facility),
            f32::from(one.location.how as u8),
            count(many),
            count(here),
            count(behind.len()),
            count(sentence.saturating_sub(scene.line)),
            yes(part == this.subset),
            yes(part.is_empty()),
            count(part.len()),
            part.first().map_or(NOTHING, |subset| f32::from(*subset as u8)),
            last.map_or(FAR, |mention| count(start.saturating_sub(mention.end))),
            last.map_or(LONG, |mention| count(lines(mention.end))),
            last.map_or(LONG, |mention| self.figures(mention.start, start)),
            yes(last.is_some_and(|mention| mention.start >= sentence)),
            yes(last.is_some_and(|mention| mention.start >= scene.line)),
            last.map_or(NOTHING, |mention| yes(mention.institution)),
            newer,
            next.map_or(FAR, |mention| count(mention.start.saturating_sub(end))),
            next.map_or(LONG, |mention| self.figures(end, mention.start)),
            next.map_or(NOTHING, |mention| yes(mention.institution)),
            latest(&|_| true),
            latest(&|told| told.one.metric == one.metric && told.one.kind == one.kind),
            latest(&|told| told.one.location == one.location),
            latest(&|told| !told.subset.is_empty()),
            count(in_sentence().filter(has).count()),
            count(scene.before().filter(has).count()),
            scene.before().rev().position(|told| told.subset == part).map_or(LONG, count),
            count(self.parts.body.iter().take(2 * MENTIONS).filter(is_it).count()),
            count(self.parts.headline.iter().filter(|subset| part.contains(subset)).count()),
            whole.map_or(NOTHING, |told| this.size - told.size),
            like.map_or(NOTHING, |told| this.size - told.size),
            latest(&|told| told.one.sentence.span == one.sentence.span),
            self.told.first().filter(|_| scene.at > 0).map_or(NOTHING, |told| yes(told.subset == part)),
            yes(one.in_background),
        ]
    }
}
