//! What speaks against a value: other values of the same story, or what its metric can be at all.
//!
//! In: the observations of a story. Out: the same, with contradictions named on both sides. Values are never repaired.
//! Two figures are held against each other only where both are plain reports of comparable days, and only when nothing
//! that their qualifiers and their rounding allow brings them together ([`Bounds`]).

use super::kinds;
use crate::model::{Article, Bounds, Field, Kind, Location, Metric, Observation, PlaceKind, Span, Status, Unit};
use std::collections::{HashMap, HashSet};

/// A figure that is never greater than another of the same place and part of the population.
struct Bound {
    code: &'static str,
    part: (Metric, Kind),
    whole: (Metric, Kind),
}

const fn bound(code: &'static str, part: (Metric, Kind), whole: (Metric, Kind)) -> Bound {
    Bound { code, part, whole }
}

const TOTAL: Kind = Kind::Cumulative;
const NOW: Kind = Kind::Current;

const BOUNDS: &[Bound] = &[
    bound("deaths_above_cases", (Metric::Deaths, TOTAL), (Metric::Cases, TOTAL)),
    bound("recoveries_above_cases", (Metric::Recoveries, TOTAL), (Metric::Cases, TOTAL)),
    bound("active_above_cases", (Metric::ActiveCases, NOW), (Metric::Cases, TOTAL)),
    bound("hospital_above_cases", (Metric::Hospitalisations, NOW), (Metric::Cases, TOTAL)),
    bound("hospital_above_active", (Metric::Hospitalisations, NOW), (Metric::ActiveCases, NOW)),
    bound("severe_above_active", (Metric::SevereCases, NOW), (Metric::ActiveCases, NOW)),
    bound("icu_above_hospital", (Metric::IcuPatients, NOW), (Metric::Hospitalisations, NOW)),
    bound("ventilated_above_hospital", (Metric::VentilatedPatients, NOW), (Metric::Hospitalisations, NOW)),
    bound("cases_above_tests", (Metric::Cases, TOTAL), (Metric::Tests, TOTAL)),
    bound("people_above_tests", (Metric::PeopleTested, TOTAL), (Metric::Tests, TOTAL)),
    bound("full_above_any_dose", (Metric::PeopleFullyVaccinated, TOTAL), (Metric::PeopleVaccinated, TOTAL)),
    bound("full_above_any_dose", (Metric::PeopleFullyVaccinatedShare, NOW), (Metric::PeopleVaccinatedShare, NOW)),
    bound("boosted_above_full", (Metric::PeopleBoosted, TOTAL), (Metric::PeopleFullyVaccinated, TOTAL)),
    bound("vaccinated_above_doses", (Metric::PeopleVaccinated, TOTAL), (Metric::DosesAdministered, TOTAL)),
];

/// How many figures of one place, and of the world, a figure is held against.
const MOST: usize = 64;
const MOST_OF_WORLD: usize = 16;

/// Names contradictions among the observations of one story, and lowers the confidence of those that have any.
pub(super) fn check(observations: &mut [Observation], article: &Article) {
    let paragraphs = article.paragraphs();
    let facts: Vec<Option<Fact>> = observations.iter().map(|one| Fact::of(one, &paragraphs)).collect();
    let mut found = against_each_other(&facts, &withdrawn(observations));
    found.extend(ranks(&facts));
    let wrong: Vec<usize> = (0..facts.len()).filter(|at| is_out_of_bounds(&facts, *at)).collect();
    drop(facts);
    for at in wrong {
        if let Some(one) = observations.get_mut(at) {
            one.doubt("out_of_bounds", None, None);
        }
    }
    for (code, part, whole) in found {
        for (one, other) in [(part, whole), (whole, part)] {
            let Some(against) = observations.get(other).map(|other| (other.id.clone(), other.spans.value)) else {
                continue;
            };
            if let Some(one) = observations.get_mut(one) {
                one.doubt(code, Some(against.0), against.1);
            }
        }
    }
}

/// A figure that others can be held against: a plain report.
struct Fact<'a> {
    observation: &'a Observation,
    bounds: Bounds,
    /// Empty in a story without a date, where all figures are of one day.
    day: Option<&'a str>,
    /// Of the body.
    paragraph: Option<usize>,
}

impl<'a> Fact<'a> {
    fn of(observation: &'a Observation, paragraphs: &[Span]) -> Option<Self> {
        let Observation { value_max, qualifier, unit, sentence, .. } = observation;
        if observation.status != Status::Reported || observation.statistic.is_some() {
            return None;
        }
        let behind = paragraphs.partition_point(|paragraph| paragraph.start <= sentence.span.start);
        Some(Self {
            observation,
            bounds: Bounds::of(observation.value?, *value_max, *qualifier, *unit),
            day: if observation.as_of.date.is_none() { Some("") } else { observation.day() },
            paragraph: behind.checked_sub(1).filter(|_| observation.field == Field::Body),
        })
    }

    fn of_kind(&self) -> (Metric, Kind) {
        (self.observation.metric, self.observation.kind)
    }

    fn same_day(&self, other: &Fact<'_>) -> bool {
        self.day.is_some() && self.day == other.day
    }

    /// Whether it is of an earlier day; of a month it is not known which of its days is meant.
    fn before(&self, other: &Fact<'_>) -> bool {
        self.day.zip(other.day).is_some_and(|(one, other)| one.len() == other.len() && one < other)
    }

    fn same_subset(&self, other: &Fact<'_>) -> bool {
        self.observation.subset == other.observation.subset
    }

    /// Whether it counts a part of those that the other counts.
    fn is_of_part(&self, other: &Fact<'_>) -> bool {
        let (part, whole) = (&self.observation.subset, &other.observation.subset);
        part.len() > whole.len() && whole.iter().all(|subset| part.contains(subset))
    }

    /// The same thing counted in the same way, wherever and of whomever.
    fn same_measure(&self, other: &Fact<'_>) -> bool {
        let (one, other_one) = (self.observation, other.observation);
        self.of_kind() == other.of_kind()
            && one.period == other_one.period
            && one.per == other_one.per
            && one.unit == other_one.unit
            && self.same_day(other)
    }
}

fn same_place(one: &Location, other: &Location) -> bool {
    one.name.is_some()
        && one.name == other.name
        && one.kind == other.kind
        && one.iso2 == other.iso2
        && one.subdivision == other.subdivision
}

/// Whether a place is known to lie within another.
fn lies_in(part: &Location, whole: &Location) -> bool {
    let is_smaller = |kinds: &[PlaceKind]| kinds.contains(&part.kind);
    match whole.kind {
        PlaceKind::World => part.name.is_some() && part.kind != PlaceKind::World,
        PlaceKind::Country => {
            let within = part.iso2.is_some() && part.iso2 == whole.iso2;
            within && is_smaller(&[PlaceKind::Subdivision, PlaceKind::City, PlaceKind::Facility])
        }
        PlaceKind::Subdivision => {
            let within = part.subdivision.is_some() && part.subdivision == whole.subdivision;
            within && is_smaller(&[PlaceKind::City, PlaceKind::Facility])
        }
        _ => false,
    }
}

/// What a story says was wrong: a total of it may fall.
type Withdrawn = HashSet<(Option<String>, Metric)>;

fn withdrawn(observations: &[Observation]) -> Withdrawn {
    let superseded = observations.iter().filter(|one| one.status == Status::Superseded);
    superseded.map(|one| (one.location.name.clone(), one.metric)).collect()
}

/// Every pair that contradicts itself: the code, the figure that is too great, and the one that bounds it.
fn against_each_other(facts: &[Option<Fact<'_>>], withdrawn: &Withdrawn) -> Vec<(&'static str, usize, usize)> {
    const WORLD: &str = "World";
    let group = |location: &Location| match location.kind {
        PlaceKind::World => Some(WORLD.to_owned()),
        _ => location.iso2.clone().or_else(|| location.name.clone()),
    };
    let mut groups: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, fact) in facts.iter().enumerate() {
        if let Some(group) = fact.as_ref().and_then(|fact| group(&fact.observation.location)) {
            groups.entry(group).or_default().push(at);
        }
    }
    let of = |group: &str, most: usize| groups.get(group).into_iter().flatten().copied().take(most);
    let mut found = Vec::new();
    for (at, fact) in facts.iter().enumerate() {
        let Some(fact) = fact else { continue };
        let Some(group) = group(&fact.observation.location) else { continue };
        let world = if group == WORLD { 0 } else { MOST_OF_WORLD };
        for other_at in of(&group, MOST).chain(of(WORLD, world)).filter(|other| *other != at) {
            let Some(other) = facts.get(other_at).and_then(Option::as_ref) else { continue };
            if let Some(code) = breaks(fact, other, withdrawn) {
                found.push((code, at, other_at));
            }
        }
    }
    found
}

/// The rule that is broken when `part` is greater than `whole`.
fn breaks(part: &Fact<'_>, whole: &Fact<'_>, withdrawn: &Withdrawn) -> Option<&'static str> {
    if !part.bounds.exceed(&whole.bounds) {
        return None;
    }
    let (one, other) = (part.observation, whole.observation);
    let within = lies_in(&one.location, &other.location);
    if !same_place(&one.location, &other.location) {
        return (within && part.same_measure(whole) && part.same_subset(whole)).then_some("part_above_whole");
    }
    if part.is_of_part(whole) {
        return part.same_measure(whole).then_some("part_above_whole");
    }
    if !part.same_subset(whole) || one.per != other.per {
        return None;
    }
    // A total does not fall, so that it bounds what is told of any earlier day too.
    let in_time = part.same_day(whole) || other.kind == TOTAL && part.before(whole);
    let row = BOUNDS.iter().find(|row| (row.part, row.whole) == (part.of_kind(), whole.of_kind()));
    if let Some(row) = row {
        return in_time.then_some(row.code);
    }
    if one.metric != other.metric || other.kind != TOTAL {
        return None;
    }
    let is_corrected = || withdrawn.contains(&(one.location.name.clone(), one.metric));
    let one_voice = one.source.is_none() || other.source.is_none() || one.source == other.source;
    match one.kind {
        Kind::New => in_time.then_some("new_above_total"),
        TOTAL if one.unit == Unit::Count && part.before(whole) && one_voice && !is_corrected() => {
            Some("cumulative_falls")
        }
        _ => None,
    }
}

/// Ranks that do not fit the counts beside them in the paragraph: the place that ranks lower, with more, and the one above.
fn ranks(facts: &[Option<Fact<'_>>]) -> Vec<(&'static str, usize, usize)> {
    let mut beside: HashMap<(usize, Metric), Vec<usize>> = HashMap::new();
    for (at, fact) in facts.iter().enumerate() {
        if let Some((paragraph, fact)) = fact.as_ref().and_then(|fact| Some((fact.paragraph?, fact))) {
            beside.entry((paragraph, fact.observation.metric)).or_default().push(at);
        }
    }
    let mut found = Vec::new();
    for above_at in beside.values().flatten() {
        let Some(above) = facts.get(*above_at).and_then(Option::as_ref) else { continue };
        let Some(neighbours) = above.paragraph.and_then(|at| beside.get(&(at, above.observation.metric))) else {
            continue;
        };
        for below_at in neighbours.iter().take(MOST) {
            let Some(below) = facts.get(*below_at).and_then(Option::as_ref) else { continue };
            if ranks_above(above.observation, below.observation)
                && above.same_measure(below)
                && above.same_subset(below)
                && below.bounds.exceed(&above.bounds)
            {
                found.push(("rank_disagrees", *below_at, *above_at));
            }
        }
    }
    // Groups come in no order.
    found.sort_unstable_by_key(|(_, below, above)| (*above, *below));
    found
}

/// Whether the story ranks one place above the other: both are ranked among the same, or the one is first of all countries.
fn ranks_above(one: &Observation, other: &Observation) -> bool {
    if one.location.kind != other.location.kind || same_place(&one.location, &other.location) {
        return false;
    }
    match (one.rank, other.rank) {
        (Some(rank), Some(lower)) => rank < lower && one.rank_scope == other.rank_scope,
        (Some(1), None) => one.location.kind == PlaceKind::Country && one.rank_scope.as_deref() == Some("world"),
        _ => false,
    }
}

/// Whether a value is none that its metric can have: a share above a hundred, more cases per 100,000 than 100,000.
fn is_out_of_bounds(facts: &[Option<Fact<'_>>], at: usize) -> bool {
    facts.get(at).and_then(Option::as_ref).is_some_and(|fact| {
        let most = kinds::kind_of(fact.observation.metric).most;
        let population = fact.observation.per.map_or(f64::INFINITY, |per| per as f64);
        fact.bounds.least > most.min(population)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::find;
    use crate::extract::diseases::COVID_19;
    use crate::extract::places::Places;
    use crate::language::pack;
    use crate::model::{Article, FeedId, ItemId, Observation};

    fn read(text: &str) -> (Article, Vec<Observation>) {
        let mut article = Article::new(ItemId("t:1".to_owned()), FeedId("t".to_owned()));
        article.headline = Some("Coronavirus update".to_owned());
        article.body = text.to_owned();
        article.published = "2020-11-18T12:00:00Z".parse().ok();
        let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
        (article, found)
    }

    /// Each contradiction as `code value against value`; every one must be named on both sides.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let (article, found) = read(text);
        let mut named = Vec::new();
        for one in &found {
            for against in &one.plausibility {
                let words = |observation: &Observation| {
                    observation.spans.value.and_then(|span| span.of(&article.body)).unwrap_or("-").to_owned()
                };
                let Some(id) = &against.other else {
                    named.push(format!("{} {}", against.code, words(one)));
                    continue;
                };
                let other = found.iter().find(|other| other.id == *id).unwrap();
                assert_eq!(against.span, other.spans.value, "the other figure is where the span says");
                let back = |back: &&crate::model::Contradiction| {
                    back.code == against.code && back.other.as_ref() == Some(&one.id)
                };
                assert!(other.plausibility.iter().any(|against| back(&against)), "named on both sides: {found:#?}");
                if one.value >= other.value {
                    named.push(format!("{} {} against {}", against.code, words(one), words(other)));
                }
            }
        }
        assert_eq!(named, expected, "{found:#?}");
    }

    #[test]
    fn deaths_and_recoveries_are_part_of_the_cases() {
        check(
            "Norway has registered 310 coronavirus cases and 402 deaths in total.",
            &["deaths_above_cases 402 against 310"],
        );
        check("Norway has registered 310 coronavirus cases and 40 deaths in total.", &[]);
        check(
            "Norway has had 9,310 coronavirus cases and 9,412 recoveries in total.",
            &["recoveries_above_cases 9,412 against 9,310"],
        );
        check("Norway has had more than 5,000 coronavirus cases and 5,100 recoveries in total.", &[]);
        check("Norway has had 9,310 coronavirus cases and Sweden has had 9,412 deaths in total.", &[]);
    }

    #[test]
    fn of_patients_fewer_are_in_intensive_care_than_in_hospital() {
        check(
            "In Norway 120 coronavirus patients are in hospital and 140 are in intensive care.",
            &["icu_above_hospital 140 against 120"],
        );
        check("In Norway 120 coronavirus patients are in hospital and 14 are in intensive care.", &[]);
    }

    #[test]
    fn an_increment_is_part_of_the_total_of_its_day_or_a_later_one() {
        check(
            "Norway reported 512 new coronavirus cases on Tuesday, bringing its total to 498.",
            &["new_above_total 512 against 498"],
        );
        check("Norway reported 512 new coronavirus cases on Tuesday, bringing its total to 9,498.", &[]);
    }

    #[test]
    fn a_part_is_no_greater_than_its_whole() {
        check(
            "Germany reported 1,204 new coronavirus cases on Tuesday, including 1,311 in Bavaria.",
            &["part_above_whole 1,311 against 1,204"],
        );
        check("Germany reported 1,204 new coronavirus cases on Tuesday, including 311 in Bavaria.", &[]);
        check("Germany reported 1,204 new coronavirus cases on Monday. Bavaria reported 1,311 on Tuesday.", &[]);
    }

    #[test]
    fn fewer_are_fully_vaccinated_than_have_had_a_dose() {
        check(
            "In Bahrain 160,210 people have had a first dose of the coronavirus vaccine and 290,410 both doses.",
            &["full_above_any_dose 290,410 against 160,210"],
        );
        check(
            "In Bahrain 290,410 people have had a first dose of the coronavirus vaccine and 160,210 both doses.",
            &[],
        );
    }

    #[test]
    fn a_total_does_not_fall_unless_it_is_corrected() {
        check(
            "As of Sunday, Norway had 9,310 coronavirus cases.\n\nAs of Tuesday, Norway had 9,287 coronavirus cases.",
            &["cumulative_falls 9,310 against 9,287"],
        );
        check(
            "As of Sunday, Norway had 9,287 coronavirus cases.\n\nAs of Tuesday, Norway had 9,310 coronavirus cases.",
            &[],
        );
        check("Norway corrected its count of coronavirus deaths from 1,945 to 1,912.", &[]);
        check(
            "Coronavirus patients in Norway: 120 were in hospital on Sunday and 98 were in hospital on Tuesday.",
            &[],
        );
    }

    #[test]
    fn a_rank_fits_the_counts_beside_it() {
        check(
            "France has the third-highest coronavirus death toll in Europe, 46,464. \
             Spain has the fourth-highest death toll in Europe, 48,013.",
            &["rank_disagrees 48,013 against 46,464"],
        );
        check(
            "France has the third-highest coronavirus death toll in Europe, 46,464. \
             Spain has the fourth-highest death toll in Europe, 41,013.",
            &[],
        );
        check(
            "France has the third-highest coronavirus death toll in Europe, 46,464.\n\n\
             Peru has the fourth-highest death toll in the world, 48,013.",
            &[],
        );
    }

    #[test]
    fn shares_and_rates_have_their_bounds() {
        let (_, mut found) =
            read("The seven-day incidence in Saxony is 172.1 coronavirus cases per 100,000 residents.");
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].plausibility.is_empty());
        let article = Article::new(ItemId("t:1".to_owned()), FeedId("t".to_owned()));
        found[0].value = Some(crate::model::Number(172_100.0));
        let confidence = found[0].confidence;
        super::check(&mut found, &article);
        assert_eq!(found[0].plausibility[0].code, "out_of_bounds");
        assert!(found[0].confidence < confidence);
    }

    #[test]
    fn a_figure_that_many_others_contradict_is_trusted_least_and_names_a_few() {
        let (_, found) = read(
            "Norway has had 12 coronavirus cases, 402 deaths and 611 recoveries in total, and 310 active cases now.",
        );
        let cases = found.iter().find(|one| one.value.is_some_and(|value| value.0 == 12.0)).unwrap();
        assert_eq!(cases.plausibility.len(), 3, "{found:#?}");
        let least = found.iter().map(|one| one.confidence).fold(1.0, f64::min);
        assert_eq!(cases.confidence, least);
    }

    #[test]
    fn every_code_is_documented() {
        let contract = include_str!("../../../docs/RECORD.md");
        let others = ["new_above_total", "part_above_whole", "cumulative_falls", "rank_disagrees", "out_of_bounds"];
        for code in super::BOUNDS.iter().map(|row| row.code).chain(others) {
            assert!(contract.contains(&format!("`{code}`")), "{code}");
        }
    }
}
