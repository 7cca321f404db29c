//! How a claim stands to what was said before of the same thing.
//!
//! Comes in: the claims that a revision asserts and retracts, and the entries of their series. Goes out: the relation of
//! each asserted claim, and the entries as they are from now on. A story's figures are compared with what was known
//! before it, never with each other; who may claim is decided in `mod.rs`.

use super::claims::Claims;
use crate::model::{
    Article, Bounds, ClaimChange, Kind, Observation, Series, SeriesClaim, SeriesRelation, SeriesState, StandingClaim,
    Status, Unit,
};
use jiff::Timestamp;
use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, HashMap, HashSet},
};

/// The day of a claim, seen from the day of the one that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    Same,
    Later,
    Earlier,
}

/// The value of a claim, seen from the value of the one that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    /// Both can be right.
    Agrees,
    /// Both can be right, but only because one of them is a bound that says next to nothing of the other.
    Allows,
    Above,
    Below,
}

/// What else decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Circumstances {
    /// The same item, source or agency says both.
    same_voice: bool,
    /// It counts since the beginning, so that a later day's value is not smaller.
    cumulative: bool,
    /// The story says that it corrects.
    corrects: bool,
}

/// How a claim stands to a known one. The first row that fits decides; a dash is anything.
///
/// | day | value | voice | cumulative | the story corrects | relation |
/// | --- | --- | --- | --- | --- | --- |
/// | same | agrees | – | – | – | confirms |
/// | same | allows | – | – | – | none |
/// | same | above or below | same | – | – | corrects |
/// | same | above or below | other | – | – | contradicts |
/// | later | below | – | yes | yes | corrects |
/// | later | below | – | yes | no | contradicts |
/// | later | – | – | – | – | advances |
/// | earlier | above | – | yes | yes | corrects |
/// | earlier | above | – | yes | no | contradicts |
/// | earlier | – | – | – | – | none |
fn relation(day: Day, value: Value, circumstances: Circumstances) -> Option<SeriesRelation> {
    let Circumstances { same_voice, cumulative, corrects } = circumstances;
    match (day, value) {
        (Day::Same, Value::Agrees) => Some(SeriesRelation::Confirms),
        (Day::Same, Value::Allows) => None,
        (Day::Same, _) if same_voice => Some(SeriesRelation::Corrects),
        (Day::Same, _) => Some(SeriesRelation::Contradicts),
        (Day::Later, Value::Below) | (Day::Earlier, Value::Above) if cumulative && corrects => {
            Some(SeriesRelation::Corrects)
        }
        (Day::Later, Value::Below) | (Day::Earlier, Value::Above) if cumulative => Some(SeriesRelation::Contradicts),
        (Day::Later, _) => Some(SeriesRelation::Advances),
        (Day::Earlier, _) => None,
    }
}

/// Days with days and months with months: of a month it is not known which of its days is meant.
fn day(claim: &str, known: &str) -> Option<Day> {
    (claim.len() == known.len()).then(|| match claim.cmp(known) {
        Ordering::Equal => Day::Same,
        Ordering::Greater => Day::Later,
        Ordering::Less => Day::Earlier,
    })
}

fn value(claim: &SeriesClaim, known: &SeriesClaim, unit: Unit) -> Value {
    let [ours, theirs] = [claim, known].map(|one| Bounds::of(one.value, one.value_max, one.qualifier, unit));
    let (less, more) = (claim.value.0.min(known.value.0), claim.value.0.max(known.value.0));
    if ours.exceed(&theirs) {
        Value::Above
    } else if theirs.exceed(&ours) {
        Value::Below
    } else if more > 2.0 * less {
        Value::Allows
    } else {
        Value::Agrees
    }
}

/// Whether the same voice says both: the sources where both name one, else the agencies, else the feeds.
fn same_voice(claim: &SeriesClaim, known: &SeriesClaim) -> bool {
    let both = |one: &Option<String>, other: &Option<String>| {
        one.as_ref().zip(other.as_ref()).map(|(one, other)| one.to_lowercase() == other.to_lowercase())
    };
    claim.item() == known.item()
        || both(&claim.source, &known.source)
            .or_else(|| both(&claim.agency, &known.agency))
            .unwrap_or(claim.feed == known.feed)
}

/// How a claim stands to the series as it was, said of the known claim that matters most: one of its own day, and of those
/// the one that it corrects, then one that it confirms, then one that it contradicts; else that of the nearest earlier
/// day; else that of the nearest later one. Of several its own earlier form comes first, then its own voice (another's,
/// for a confirmation), then the newest.
fn standing(claim: &SeriesClaim, observation: &Observation, corrects: bool, known: &[SeriesClaim]) -> Option<Series> {
    let outdated = |at: usize, one: &SeriesClaim| {
        known.iter().skip(at + 1).any(|newer| newer.as_of == one.as_of && same_voice(newer, one))
    };
    let mut best: Option<(_, Series)> = None;
    for (at, one) in known.iter().enumerate().filter(|(at, one)| !outdated(*at, one)) {
        let Some(day) = day(&claim.as_of, &one.as_of) else { continue };
        let circumstances = Circumstances {
            same_voice: same_voice(claim, one),
            cumulative: observation.kind == Kind::Cumulative,
            corrects,
        };
        let Some(relation) = relation(day, value(claim, one, observation.unit), circumstances) else { continue };
        let own = one.id == claim.id;
        if own && relation == SeriesRelation::Confirms {
            // The same figure told anew, with another source or rank.
            continue;
        }
        let tier = match (day, relation) {
            (Day::Same, SeriesRelation::Corrects) => 5,
            (Day::Same, SeriesRelation::Confirms) => 4,
            (Day::Same, _) => 3,
            (Day::Later, _) => 2,
            (Day::Earlier, _) => 1,
        };
        let nearness = match day {
            Day::Earlier => (String::new(), Reverse(one.as_of.clone())),
            _ => (one.as_of.clone(), Reverse(String::new())),
        };
        let preferred = circumstances.same_voice != (relation == SeriesRelation::Confirms);
        let weight = (tier, nearness, own, preferred, at);
        if best.as_ref().is_none_or(|(heaviest, _)| weight > *heaviest) {
            best = Some((weight, one.stood_to(relation)));
        }
    }
    best.map(|(_, series)| series)
}

/// What a revision says beside its claims.
pub(super) struct Telling<'a> {
    pub(super) article: &'a Article,
    /// Everything that it reports, also what it says was wrong.
    pub(super) observations: &'a [Observation],
    /// Whether it is a correction as a whole.
    pub(super) corrects: bool,
    pub(super) now: Timestamp,
    /// What was observed before is forgotten.
    pub(super) oldest: Timestamp,
}

impl Telling<'_> {
    fn claim(&self, observation: &Observation) -> Option<SeriesClaim> {
        let id = self.id(observation);
        SeriesClaim::of(id, observation, (self.article.wire.agency.as_deref(), &self.article.feed, self.now))
    }

    fn id(&self, observation: &Observation) -> String {
        format!("{}/{}", self.article.id, observation.id)
    }
}

/// Says of each asserted claim how it stands, and returns the entries that changed. `standing` are the claims that stood
/// before, `known` looks up an entry.
pub(super) fn relate<E>(
    claims: &mut Claims,
    before: &[StandingClaim],
    telling: &Telling<'_>,
    known: impl Fn(&str) -> Result<Option<SeriesState>, E>,
) -> Result<Vec<(String, SeriesState)>, E> {
    let mut entries: BTreeMap<String, (Option<SeriesState>, SeriesState)> = BTreeMap::new();
    let mut look_up = |observation: &Observation| -> Result<Option<String>, E> {
        let Some(key) = SeriesState::key(observation) else { return Ok(None) };
        if !entries.contains_key(&key) {
            let found = known(&key)?;
            let mut entry = found.clone().unwrap_or_default();
            entry.forget_before(telling.oldest);
            entries.insert(key.clone(), (found, entry));
        }
        Ok(Some(key))
    };
    let earlier: HashMap<&str, &Observation> =
        before.iter().map(|claim| (claim.observation.id.as_str(), &claim.observation)).collect();
    let mut leaving: Vec<(String, String)> = Vec::new();
    let mut joining: Vec<(String, &mut Observation, SeriesClaim)> = Vec::new();
    for change in &mut claims.changes {
        let (gone, come) = match change {
            ClaimChange::Retract { observation, .. } => (Some(&**observation), None),
            ClaimChange::Assert { observation, supersedes } => {
                let replaced = supersedes.and_then(|_| earlier.get(observation.id.as_str()).copied());
                (replaced, Some(observation))
            }
        };
        if let Some(gone) = gone
            && let Some(key) = look_up(gone)?
        {
            leaving.push((key, telling.id(gone)));
        }
        if let Some(come) = come
            && let Some(claim) = telling.claim(come)
            && let Some(key) = look_up(come)?
        {
            joining.push((key, come, claim));
        }
    }
    // Series of which the story names a figure that it says was wrong.
    let superseded = telling.observations.iter().filter(|one| one.status == Status::Superseded);
    let withdrawn: HashSet<String> = superseded.filter_map(SeriesState::key).collect();
    let gone: HashSet<&str> = leaving.iter().map(|(_, id)| id.as_str()).collect();
    let mut related: BTreeMap<String, Series> = BTreeMap::new();
    for (key, observation, claim) in &mut joining {
        let Some((_, entry)) = entries.get(key) else { continue };
        // Its item's other figures still stand beside it.
        let beside = |one: &&SeriesClaim| one.item() != claim.item() || gone.contains(one.id.as_str());
        let others: Vec<SeriesClaim> = entry.claims.iter().filter(beside).cloned().collect();
        let corrects = telling.corrects || withdrawn.contains(key);
        if let Some(series) = standing(claim, observation, corrects, &others) {
            related.insert(observation.id.clone(), series.clone());
            observation.stand(series);
        }
    }
    let joining: Vec<(String, SeriesClaim)> = joining.into_iter().map(|(key, _, claim)| (key, claim)).collect();
    for claim in &mut claims.standing {
        if let Some(series) = related.remove(&claim.observation.id) {
            claim.observation.stand(series);
        }
    }
    for (key, id) in &leaving {
        if let Some((_, entry)) = entries.get_mut(key) {
            entry.leave(id);
        }
    }
    for (key, claim) in joining {
        if let Some((_, entry)) = entries.get_mut(&key) {
            entry.join(claim);
        }
    }
    let changed = |found: &Option<SeriesState>, entry: &SeriesState| match found {
        Some(found) => found != entry,
        None => !entry.claims.is_empty(),
    };
    let entries = entries.into_iter().filter(|(_, (found, entry))| changed(found, entry));
    Ok(entries.map(|(key, (_, entry))| (key, entry)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FeedId, Number, Qualifier};

    #[test]
    fn every_row_of_the_table_holds() {
        use SeriesRelation::{Advances, Confirms, Contradicts, Corrects};
        #[track_caller]
        fn check(day: Day, value: Value, voice_total_corrects: [bool; 3], expected: Option<SeriesRelation>) {
            let [same_voice, cumulative, corrects] = voice_total_corrects;
            assert_eq!(relation(day, value, Circumstances { same_voice, cumulative, corrects }), expected);
        }
        for all in 0..8u8 {
            let [same_voice, cumulative, corrects] = [all & 1 > 0, all & 2 > 0, all & 4 > 0];
            let circumstances = [same_voice, cumulative, corrects];
            let differs = Some(if same_voice { Corrects } else { Contradicts });
            let falls = if corrects { Corrects } else { Contradicts };
            check(Day::Same, Value::Agrees, circumstances, Some(Confirms));
            check(Day::Same, Value::Allows, circumstances, None);
            check(Day::Same, Value::Above, circumstances, differs);
            check(Day::Same, Value::Below, circumstances, differs);
            check(Day::Later, Value::Below, circumstances, Some(if cumulative { falls } else { Advances }));
            check(Day::Earlier, Value::Above, circumstances, cumulative.then_some(falls));
            for value in [Value::Agrees, Value::Allows, Value::Above] {
                check(Day::Later, value, circumstances, Some(Advances));
            }
            for value in [Value::Agrees, Value::Allows, Value::Below] {
                check(Day::Earlier, value, circumstances, None);
            }
        }
    }

    /// `day value voice`, where a voice is `item agency source`, a dash for none.
    fn claim(text: &str) -> SeriesClaim {
        let mut words = text.split(' ');
        let mut word = || words.next().unwrap_or("-");
        let (as_of, value, item, agency, source) = (word(), word(), word(), word(), word());
        let some = |name: &str| (name != "-").then(|| name.to_owned());
        SeriesClaim {
            id: format!("{item}/no-deaths-cumulative"),
            observed: Timestamp::UNIX_EPOCH,
            as_of: as_of.to_owned(),
            value: Number(value.parse().unwrap()),
            value_max: None,
            qualifier: Qualifier::Exact,
            agency: some(agency),
            feed: FeedId(item.split(':').next().unwrap().to_owned()),
            source: some(source),
        }
    }

    /// What is known stands in the order in which it was observed. The answer is the relation and to whom.
    #[track_caller]
    fn check(known: &[&str], new: &str, expected: &str) {
        let known: Vec<SeriesClaim> = known.iter().map(|text| claim(text)).collect();
        let observation = super::super::tests::observation("o", crate::model::Metric::Deaths, 1.0, "A.");
        let observation = Observation { kind: Kind::Cumulative, ..observation };
        let found = standing(&claim(new), &observation, false, &known);
        let found = found.map_or("none".to_owned(), |series| {
            format!("{:?} {}", series.relation, series.other.split('/').next().unwrap()).to_lowercase()
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn what_matters_most_is_named() {
        check(&[], "2021-03-05 310 a:1 NTB", "none");
        // Its own day before all others, and there a confirmation before a contradiction.
        let known = ["2021-03-04 300 a:1 NTB", "2021-03-05 310 b:1 TT", "2021-03-05 312 c:1 Ritzau"];
        check(&known, "2021-03-05 310 d:1 STT", "confirms b:1");
        check(&known, "2021-03-05 311 d:1 STT", "contradicts c:1");
        check(&known, "2021-03-05 314 e:1 Ritzau", "corrects c:1");
        // Then the nearest earlier day; whoever told it.
        check(&known, "2021-03-06 320 e:1 NTB", "advances c:1");
        check(&known, "2021-03-06 320 e:1 TT", "advances b:1");
        check(&known, "2021-03-06 308 e:1 STT", "contradicts c:1");
        // An earlier day says nothing new unless the total would have fallen since.
        check(&known, "2021-03-03 290 e:1 STT", "none");
        check(&known, "2021-03-03 302 e:1 STT", "contradicts a:1");
        check(&known, "2021-03 302 e:1 STT", "none");
    }

    #[test]
    fn of_a_voice_only_the_last_word_on_a_day_counts() {
        let known = ["2021-03-05 310 a:1 NTB", "2021-03-05 312 a:2 NTB"];
        check(&known, "2021-03-05 310 b:1 TT", "contradicts a:2");
        check(&known, "2021-03-05 312 b:1 TT", "confirms a:2");
    }

    #[test]
    fn a_voice_is_the_source_that_is_named_before_the_agency_that_names_it() {
        check(&["2021-03-05 310 a:1 NTB ministry"], "2021-03-05 312 b:1 TT Ministry", "corrects a:1");
        check(&["2021-03-05 310 a:1 NTB ministry"], "2021-03-05 312 a:2 NTB WHO", "contradicts a:1");
        check(&["2021-03-05 310 a:1 NTB ministry"], "2021-03-05 312 a:2 NTB -", "corrects a:1");
        check(&["2021-03-05 310 a:1 - -"], "2021-03-05 312 a:2 - -", "corrects a:1");
        check(&["2021-03-05 310 a:1 - -"], "2021-03-05 312 b:2 - -", "contradicts a:1");
    }

    #[test]
    fn a_figure_told_anew_does_not_confirm_itself() {
        check(&["2021-03-05 310 a:1 NTB"], "2021-03-05 310 a:1 NTB ministry", "none");
        check(&["2021-03-05 310 a:1 NTB"], "2021-03-05 314 a:1 NTB", "corrects a:1");
        check(&["2021-03-05 310 a:1 NTB"], "2021-03-06 314 a:1 NTB", "advances a:1");
    }
}
