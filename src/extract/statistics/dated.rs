//! Which of the days that a story tells of a figure describes.
//!
//! In: what was found in a story, and the days that it names. Out: the same, where a figure's day is another than the rules of
//! `date.rs` say, which look no further than its sentence: "On Tuesday 1,204 new cases were found, the ministry said.
//! Four patients died." Boosted trees ([`super::trees`]), learnt by `tools/judge` from the labelled figures, look at each day
//! that it may be: where and how the text named it, and which figures before are of it.
//!
//! What holds: nothing but the date changes; a forecast, and a figure whose sentence says when, keep theirs (trees moved one such in
//! 300, and hardly ever one that was right); without the story's date nothing is asked; what is
//! seen of a story is bounded, so that the work grows with its length and no faster.

use super::beside::{FAR, LONG, NOTHING, count, decades, form, yes};
use super::date::{is_statement, settle};
use super::date_marks::{DateMark, Role, When};
use super::reading::Reading;
use super::standing::{AROUND, Figure, Lines, Scene};
use super::trees::{self, Asked, Candidate, Trees};
use crate::model::{Article, AsOf, AsOfHow, Kind, Observation, Span, Status};
use jiff::civil::Date;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

static TREES: LazyLock<Trees> = LazyLock::new(|| Trees::new(include_bytes!("dated_trees.bin")));

/// How much likelier than the figure's own another day must be, in log odds.
pub const MARGIN: f32 = 0.25;

/// The most days that a figure may describe.
const MOST: usize = 12;

/// How many figures before give theirs.
const FIGURES: usize = 8;

/// How many days named before a figure it may describe, and among how many they are sought; how many of its sentence.
const NAMED: usize = 6;
const NAMES: usize = 48;
const BEHIND: usize = 4;

/// How many numbers are seen of a day.
const SEEN: usize = 55;

/// A day, or a month by its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Day {
    last: Date,
    month: bool,
}

impl Day {
    /// Reads `2020-11-18` and `2020-11`.
    fn new(text: &str) -> Option<Self> {
        if let Ok(last) = text.parse() {
            return Some(Self { last, month: false });
        }
        let first: Date = format!("{text}-01").parse().ok()?;
        Some(Self { last: first.last_of_month(), month: true })
    }

    fn text(self) -> String {
        let text = self.last.to_string();
        if self.month { text.chars().take("2020-11".len()).collect() } else { text }
    }

    /// Days from another to this one.
    #[expect(clippy::cast_precision_loss, reason = "days of some years")]
    fn since(self, other: Self) -> f32 {
        self.last.since(other.last).map_or(0, |span| span.get_days().clamp(-400, 400)) as f32
    }
}

/// A day that the text names.
struct Named {
    span: Span,
    day: Day,
    how: AsOfHow,
    role: Role,
    /// Something was said then.
    said: bool,
}

/// The days that a headline and a body name.
#[derive(Default)]
pub(super) struct Days {
    headline: Vec<Day>,
    body: Vec<Named>,
}

impl Days {
    /// Takes in the days of a sentence.
    pub(super) fn read(&mut self, reading: &Reading<'_, '_>) {
        let Some(today) = reading.today else { return };
        let named = |mark: &DateMark| {
            let (text, how) = match mark.when {
                When::Day(_) | When::Month(..) => settle(mark, &reading.tokens, today, false)?,
                _ => return None,
            };
            let span = reading.bytes(mark.first, mark.after)?;
            Some(Named { span, day: Day::new(&text)?, how, role: mark.role, said: is_statement(reading, mark) })
        };
        let named = reading.dates.iter().filter_map(named);
        if reading.span.field.is_body() {
            self.body.extend(named);
        } else {
            self.headline.extend(named.map(|one| one.day));
        }
    }
}

/// A date that a figure may have, and where its sentence names it.
pub type Dated = (AsOf, Option<Span>);

/// Gives figures the day that they describe.
pub(super) fn correct(found: &mut [Observation], days: &Days, article: &Article) {
    let better = moved(found, days, article, |asked| trees::chosen(asked, MARGIN, |seen| TREES.odds(seen)));
    for one in found.iter_mut().filter(|one| one.field.is_body()) {
        if let Some((as_of, span)) = one.spans.value.and_then(|span| better.get(&span)) {
            one.as_of = as_of.clone();
            one.spans.date = *span;
        }
    }
}

/// The days of figures that get another than they have. Figures are asked about in order, so that what was told before has the
/// days that were chosen.
pub(super) fn moved(
    found: &[Observation],
    days: &Days,
    article: &Article,
    mut choose: impl FnMut(&Asked<Dated>) -> usize,
) -> HashMap<Span, Dated> {
    let mut better = HashMap::new();
    let Some(today) = article.date() else { return better };
    let Some(mut story) = Story::new(found, days, article, Day { last: today, month: false }) else { return better };
    for at in 0..story.told.len() {
        let Some(asked) = story.asked(at) else { continue };
        let best = choose(&asked);
        if let Some(candidate) = asked.candidates.into_iter().nth(best).filter(|_| best > 0) {
            let day = candidate.value.0.date.as_deref().and_then(Day::new);
            if let (Some(told), Some(day)) = (story.told.get_mut(at), day) {
                told.day = day;
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
    day: Day,
    /// The rules have it by a word of its sentence.
    outright: bool,
}

impl Figure for Told<'_> {
    fn start(&self) -> usize {
        self.span.start
    }

    fn sentence(&self) -> Span {
        self.one.sentence.span
    }
}

impl Told<'_> {
    fn is_like(&self, other: &Self) -> bool {
        self.one.metric == other.one.metric && self.one.kind == other.one.kind
    }

    fn is_stock(&self) -> bool {
        self.one.kind == Kind::Current
    }
}

/// A story, as its figures are dated.
struct Story<'s> {
    told: Vec<Told<'s>>,
    days: &'s Days,
    today: Day,
    /// What a figure has whose date is the story's.
    default: AsOfHow,
    lines: Lines,
    /// The newest day that is named of those that were, and the one that most figures have outright.
    newest: Option<Day>,
    most: Option<Day>,
}

impl<'s> Story<'s> {
    fn new(found: &'s [Observation], days: &'s Days, article: &Article, today: Day) -> Option<Self> {
        let told = found.iter().filter(|one| one.field.is_body()).filter_map(|one| {
            let day = Day::new(one.as_of.date.as_deref()?)?;
            let outright = matches!(one.as_of.how, AsOfHow::Explicit | AsOfHow::Weekday | AsOfHow::Relative);
            Some(Told { one, span: one.spans.value?, day, outright })
        });
        let told: Vec<Told<'_>> = told.collect();
        if told.is_empty() {
            return None;
        }
        let dateline = article.wire.dateline.as_ref().is_some_and(|dateline| dateline.date.is_some());
        let newest =
            days.body.iter().map(|one| one.day).filter(|day| day.last <= today.last).max_by_key(|day| day.last);
        let mut often: Vec<(Day, usize)> = Vec::new();
        for day in told.iter().take(2 * AROUND).filter(|one| one.outright).map(|one| one.day) {
            match often.iter().position(|(other, _)| *other == day).and_then(|at| often.get_mut(at)) {
                Some((_, times)) => *times += 1,
                None => often.push((day, 1)),
            }
        }
        Some(Self {
            told,
            days,
            today,
            default: if dateline { AsOfHow::DatelineDefault } else { AsOfHow::PublishedDefault },
            lines: Lines::new(&article.body),
            newest,
            most: often.into_iter().rev().max_by_key(|(_, times)| *times).map(|(day, _)| day),
        })
    }

    /// The days named before a figure, and those behind it up to the end of its sentence.
    fn around(&self, this: &Told<'_>) -> [Range<usize>; 2] {
        let at = |byte: usize| self.days.body.partition_point(|one| one.span.start < byte);
        let (start, end) = (at(this.span.start), at(this.one.sentence.span.end));
        [start.saturating_sub(NAMES)..start, start..end.clamp(start, start + BEHIND)]
    }

    fn names(&self, range: Range<usize>) -> std::slice::Iter<'s, Named> {
        self.days.body.get(range).unwrap_or_default().iter()
    }

    /// The days that the figure `told[at]` may describe, its own first.
    fn candidates(&self, at: usize, this: &Told<'_>) -> Vec<Day> {
        let mut all = Vec::with_capacity(MOST);
        let mut add = |day: Day| {
            if all.len() < MOST && !all.contains(&day) {
                all.push(day);
            }
        };
        add(this.day);
        add(self.today);
        let [before, behind] = self.around(this);
        self.names(before.clone()).rev().take(2).chain(self.names(behind)).for_each(|one| add(one.day));
        let figures = self.told.get(at.saturating_sub(FIGURES)..at).unwrap_or_default();
        figures.iter().rev().chain(self.told.first()).for_each(|one| add(one.day));
        self.names(before).rev().take(NAMED).for_each(|one| add(one.day));
        self.days.headline.iter().take(1).for_each(|day| add(*day));
        if let Ok(yesterday) = self.today.last.yesterday()
            && !self.days.body.is_empty()
        {
            add(Day { last: yesterday, month: false });
        }
        all
    }

    /// The days that a figure may describe, if it is no forecast and no word of its sentence says which.
    fn asked(&self, at: usize) -> Option<Asked<Dated>> {
        let open = |this: &&Told<'_>| !this.outright && this.one.status != Status::Forecast;
        let this = self.told.get(at).filter(open)?;
        let candidates = self.candidates(at, this);
        if candidates.len() < 2 {
            return None;
        }
        let scene = Scene::new(&self.told, at, this, &self.lines);
        let candidate = |(n, day): (usize, &Day)| {
            let here = self.here(this, *day);
            let how = match here {
                _ if n == 0 => this.one.as_of.how,
                Some(named) => named.how,
                None if *day == self.today => self.default,
                None => AsOfHow::Inherited,
            };
            let span = if n == 0 { this.one.spans.date } else { here.map(|named| named.span) };
            let as_of = AsOf { date: Some(day.text()), how };
            Candidate { value: (as_of, span), seen: self.seen(&scene, *day, candidates.len()).to_vec() }
        };
        Some(Asked { span: this.span, candidates: candidates.iter().enumerate().map(candidate).collect() })
    }
}

impl<'s> Story<'s> {
    /// Where the figure's sentence names a day: the last before it, else the first behind it.
    fn here(&self, this: &Told<'_>, day: Day) -> Option<&'s Named> {
        let [before, behind] = self.around(this);
        let sentence = this.sentence().start;
        let before = self.names(before).rev().take_while(|one| one.span.start >= sentence);
        before.chain(self.names(behind)).find(|one| one.day == day)
    }

    /// What is seen of a day, one of `many`.
    fn seen(&self, scene: &Scene<'_, Told<'s>>, day: Day, many: usize) -> [f32; SEEN] {
        let this = scene.this;
        let one = this.one;
        let (start, sentence) = (this.start(), this.sentence().start);
        let lines = |from: usize| self.lines.before(start) - self.lines.before(from);
        let [names, behind] = self.around(this);
        let (mut last, mut newer) = (None, Vec::new());
        for name in self.names(names.clone()).rev() {
            if name.day == day {
                last = Some(name);
                break;
            }
            if !newer.contains(&name.day) {
                newer.push(name.day);
            }
        }
        let next = self.names(behind.clone()).find(|name| name.day == day);
        let here = self.names(names.clone()).filter(|name| name.span.start >= sentence).count();
        let has = |told: &&Told<'_>| told.day == day;
        let with = || scene.before().filter(has);
        let latest = |which: &dyn Fn(&Told<'_>) -> bool| {
            scene.before().rev().find(|told| which(told)).map_or(NOTHING, |told| yes(told.day == day))
        };
        let previous = scene.before().next_back();
        let named = |name: Option<&Named>, what: fn(&Named) -> f32| name.map_or(NOTHING, what);
        let outright = count(self.told.iter().take(2 * AROUND).filter(|told| told.outright).count()).max(1.0);
        let times = count(self.days.body.iter().take(2 * NAMES).filter(|name| name.day == day).count());
        [
            f32::from(one.as_of.how as u8),
            f32::from(one.metric as u8),
            match one.kind {
                Kind::New => 1.0,
                Kind::Cumulative => 2.0,
                Kind::Current => 3.0,
            },
            one.period.map_or(NOTHING, |period| f32::from(period as u8)),
            one.value.map_or(NOTHING, |value| decades(value.0)),
            count(scene.at),
            count(scene.sentence.len()),
            count(scene.before_in_sentence()),
            count(sentence.saturating_sub(scene.line)),
            count(here),
            count(behind.len()),
            count(many),
            this.day.since(self.today),
            count(lines(0)),
            form(&one.rule),
            yes(one.rule.ends_with(".compared")),
            yes(one.statistic.is_some()),
            yes(one.rule.ends_with(".breakdown") || one.rule.ends_with(".new_part")),
            previous.map_or(NOTHING, |told| yes(told.one.location == one.location)),
            yes(day == this.day),
            day.since(self.today),
            day.since(this.day),
            yes(day.month),
            named(last, |name| f32::from(name.how as u8)),
            named(last, |name| role(name.role)),
            named(last, |name| yes(name.said)),
            last.map_or(FAR, |name| count(start.saturating_sub(name.span.end))),
            last.map_or(LONG, |name| count(lines(name.span.end))),
            count(newer.len()),
            next.map_or(FAR, |name| count(name.span.start - start)),
            named(next, |name| role(name.role)),
            named(next, |name| f32::from(name.how as u8)),
            named(next, |name| yes(name.said)),
            yes(last.is_some_and(|name| name.span.start >= sentence)),
            yes(last.is_some_and(|name| name.span.start >= scene.line)),
            times,
            count(self.days.headline.iter().filter(|other| **other == day).count()),
            count(with().count()),
            count(with().count()) / count(scene.before().len()).max(1.0),
            scene.before().rev().position(|told| told.day == day).map_or(LONG, count),
            latest(&|_| true),
            self.told.first().filter(|_| scene.at > 0).map_or(NOTHING, |told| yes(told.day == day)),
            latest(&|told| told.is_like(this)),
            latest(&|told| told.one.kind == one.kind),
            latest(&|told| told.is_stock() == this.is_stock() && told.one.location == one.location),
            latest(&|told| told.one.period == one.period),
            latest(&|told| told.outright),
            count(
                scene
                    .before()
                    .skip(scene.before().len() - scene.before_in_sentence().min(scene.before().len()))
                    .filter(has)
                    .count(),
            ),
            count(self.told.iter().take(2 * AROUND).filter(|told| told.outright && told.day == day).count()) / outright,
            yes(self.newest == Some(day)),
            yes(self.most == Some(day)),
            f32::from(self.today.last.weekday().to_monday_one_offset()),
            previous.map_or(NOTHING, |told| f32::from(told.one.as_of.how as u8)),
            previous.map_or(FAR, |told| day.since(told.day)),
            yes(self.default == AsOfHow::DatelineDefault),
        ]
    }
}

fn role(role: Role) -> f32 {
    match role {
        Role::On => 0.0,
        Role::AsOf => 1.0,
        Role::By => 2.0,
        Role::Since => 3.0,
    }
}
