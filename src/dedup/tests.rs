use super::*;
use crate::model::{
    AsOf, AsOfHow, FeedId, Field, Kind, Location, Metric, Notice, Number, Observation, ObservationSpans, PlaceHow,
    PlaceKind, Qualifier, SentenceRef, SeriesEnd, Span, Status, Unit, Wire, Withdrawal,
};
use std::{collections::BTreeMap, convert::Infallible};

#[cfg(test)]
mod alike;
#[cfg(test)]
mod background;
#[cfg(test)]
mod excerpts;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod series;
#[cfg(test)]
mod stories;

const STORY: &str = "The port authority of Elling closed the northern harbour on Friday after the freighter Halcyon ran aground \
at the mouth of the river with 406 containers on board.\n\nTwo tugs tried in vain to free the ship at high tide, said harbour \
master Ines Valdorf, who expects a third attempt on Saturday morning if the wind turns.\n\nNo oil has leaked so far. The crew of \
19 stayed on board and was provided with food by the coast guard, the authority's duty officer told reporters in the afternoon.\n\n\
Ferries to the islands of Tarn and Osk leave from the southern quay instead. Freight trains wait outside the city because the \
loading bridges cannot be reached, and the railway company speaks of losses of 2 million crowns a day.\n\nThe Halcyon was built in \
1998 and sails under the flag of Merania. Her owners did not answer calls. Inspectors had found faults in her steering gear twice \
in the past year but let her go after repairs, according to records of the maritime board.\n\nLocal fishermen blamed the shifting \
sandbank, which has not been dredged since the spring floods, and demanded that the regional council pay for the work at once.";

const TALLY: &str = "The health office of Merania reported 1,204 new coronavirus infections and 31 deaths over the past day, bringing \
the number of cases to 88,412 and the death toll to 2,077 since the outbreak began. The capital Sorvik accounted for 402 of the new \
cases, the Lake District for 118 and the Northern Province for 97. A total of 1,310 patients are being treated in hospitals, 140 of \
them in intensive care, the office said in its daily bulletin. It carried out 24,330 tests.";

fn article(feed: &str, guid: &str, headline: &str, body: &str) -> Enriched {
    let feed = FeedId(feed.to_owned());
    let mut article = Article::new(ItemId::new(&feed, guid), feed.clone());
    article.headline = Some(headline.to_owned());
    article.body = body.to_owned();
    article.wire = Wire { agency: Some(feed.0.to_uppercase()), ..Wire::default() };
    article.published = Some("2021-03-05T10:00:00Z".parse().unwrap());
    Enriched { tagger: "rules/1".to_owned(), ..Enriched::bare(article) }
}

fn dated(mut enriched: Enriched, date: &str) -> Enriched {
    enriched.article.published = Some(date.parse().unwrap());
    enriched
}

fn noticed(mut enriched: Enriched, notice: Notice) -> Enriched {
    enriched.article.wire.notice = Some(notice);
    enriched
}

/// With one observation per number that stands in the text.
fn counting(mut enriched: Enriched, figures: &[(&str, Metric, f64)]) -> Enriched {
    for (id, metric, value) in figures {
        enriched.covid.observations.push(observation(id, *metric, *value, &enriched.article.body));
    }
    enriched
}

pub(super) fn observation(id: &str, metric: Metric, value: f64, body: &str) -> Observation {
    let sentence = Span::body(0, body.find('.').unwrap() + 1);
    Observation {
        id: id.to_owned(),
        disease: "COVID-19".to_owned(),
        disease_id: None,
        location: Location {
            name: Some("Merania".to_owned()),
            kind: PlaceKind::Country,
            iso2: None,
            iso3: None,
            subdivision: None,
            how: PlaceHow::Explicit,
        },
        metric,
        value: Some(Number(value)),
        value_max: None,
        unit: Unit::Count,
        per: None,
        qualifier: Qualifier::Exact,
        kind: Kind::New,
        period: None,
        statistic: None,
        subset: Vec::new(),
        as_of: AsOf { date: None, how: AsOfHow::None },
        rank: None,
        rank_scope: None,
        source: None,
        status: Status::Reported,
        field: Field::Body,
        sentence: SentenceRef { index: 0, span: sentence },
        spans: ObservationSpans::default(),
        confidence: 1.0,
        rule: "test".to_owned(),
        in_background: false,
        also_at: Vec::new(),
        plausibility: Vec::new(),
        series: None,
    }
}

/// The index with the state beside it, as the pipeline keeps it.
struct Memory {
    index: Index,
    told: Told,
    now: Timestamp,
}

#[derive(Default)]
struct Told {
    items: BTreeMap<ItemId, Previous>,
    stories: BTreeMap<String, StoryState>,
    /// Through the wire form, as the store keeps it.
    series: BTreeMap<String, Vec<u8>>,
}

impl Known for Told {
    type Error = Infallible;

    fn story(&self, id: &str) -> Result<Option<StoryState>, Infallible> {
        Ok(self.stories.get(id).cloned())
    }

    fn previous(&self, id: &ItemId) -> Result<Option<Previous>, Infallible> {
        Ok(self.items.get(id).cloned())
    }

    fn series(&self, key: &str) -> Result<Option<SeriesState>, Infallible> {
        Ok(self.series.get(key).map(|value| serde_json::from_slice(value).unwrap()))
    }
}

impl Told {
    fn remember(&mut self, id: &ItemId, verdict: &Verdict) {
        let text = verdict.text.clone().or(self.items.remove(id).and_then(|previous| previous.text));
        self.items.insert(id.clone(), Previous { state: verdict.state.clone(), text });
        let stories = verdict.story.iter().chain(&verdict.other_story).cloned();
        self.stories.extend(stories.map(|story| (story.id.clone(), story)));
        for (key, series) in &verdict.series {
            match series.change(key.clone()).value {
                Some(value) => drop(self.series.insert(key.clone(), value)),
                None => drop(self.series.remove(key)),
            }
        }
    }
}

impl Memory {
    fn new() -> Self {
        let now = "2021-03-05T12:00:00Z".parse().unwrap();
        Self { index: Index::new(&Options::default()), told: Told::default(), now }
    }

    fn judge(&mut self, enriched: &Enriched) -> Verdict {
        self.admit(enriched, Admission::Publish)
    }

    fn admit(&mut self, enriched: &Enriched, admission: Admission) -> Verdict {
        self.now += SignedDuration::from_secs(60);
        let article = &enriched.article;
        let hash = Hash::of_fields("test", [article.headline.as_deref().unwrap_or(""), &article.body]);
        let previous = self.told.items.get(&article.id).cloned();
        let question = Question { enriched, hash: &hash, previous: previous.clone(), admission };
        let Ok(verdict) = self.index.judge(self.now, question, &self.told);
        self.told.remember(&article.id, &verdict);
        verdict
    }

    /// Kills what a notice withdraws, as the pipeline does.
    fn withdraw(&mut self, notice: &Enriched, verdict: &Verdict) -> Vec<(Enriched, Verdict)> {
        let mut killed = Vec::new();
        for Withdrawal { item, .. } in &verdict.withdraws {
            let previous = self.told.items.get(item).cloned().unwrap();
            let Ok((article, verdict)) = self.index.withdraw(self.now, notice, item, previous, &self.told);
            self.told.remember(item, &verdict);
            killed.push((article, verdict));
        }
        killed
    }

    fn evict(&mut self, days_on: i64) -> Vec<String> {
        let stories: Vec<String> = self.told.stories.keys().cloned().collect();
        let end = |value: &Vec<u8>| serde_json::from_slice::<SeriesEnd>(value).unwrap().last();
        let series: Vec<_> = self.told.series.iter().map(|(key, value)| (key.clone(), end(value))).collect();
        let changes = self.index.evict(self.now + SignedDuration::from_hours(days_on * 24), stories, series);
        changes.into_iter().map(|change| change.key).collect()
    }

    /// As after a crash: everything is built from the state again, in another order.
    fn restart(&mut self) {
        self.index = Index::new(&Options::default());
        for (id, previous) in self.told.items.iter().rev() {
            // Through the wire form, as the store keeps it.
            let head: ItemHead = serde_json::from_slice(&serde_json::to_vec(&previous.state).unwrap()).unwrap();
            assert_eq!(head, ItemHead::from(&previous.state));
            self.index.restore_item(id, head);
        }
    }
}

/// Judges the second text after the first.
#[track_caller]
fn check(first: &Enriched, second: &Enriched, relation: Relation) -> Duplicate {
    let mut memory = Memory::new();
    assert_eq!(memory.judge(first).duplicate.relation, Relation::Original);
    let duplicate = memory.judge(second).duplicate;
    assert_eq!(duplicate.relation, relation, "{duplicate:?}");
    assert_eq!(duplicate.of.is_some(), relation != Relation::Original);
    duplicate
}

fn cut(body: &str, share: f64) -> String {
    let words: Vec<&str> = body.split(' ').collect();
    words[..(words.len() as f64 * share) as usize].join(" ")
}

/// A story in words that many others use as well, of people of its own; some end with the same counts of other figures.
fn in_common_words(number: u64) -> String {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % bound
    };
    let syllables = ["bel", "tor", "an", "mi", "ros", "ked", "ul", "fin", "gra", "so", "len", "var"];
    let word = |kind: u64, n: u64| [kind, n / 12, n % 12].map(|at| syllables[(at % 12) as usize]).concat();
    let people = [0, 1, 2]
        .map(|at| format!("Mara {}", word(number % 12, number * 3 + at).replacen(char::is_alphabetic, "V", 1)));
    let mut story = String::new();
    for sentence in 0..28 {
        let [a, b, c, d] = [(0, 60), (1, 110), (2, 45), (1, 110)].map(|(kind, bound)| word(kind, below(bound)));
        let (person, how) = (&people[below(3) as usize], word(4, below(20)));
        story += &format!(
            "The {a} {b} {c} the {d} {how} at the talks, while {person} {} a {} ",
            word(2, below(45)),
            word(0, below(60))
        );
        story += &format!("{} without delay.{}", word(1, below(110)), if sentence % 4 == 3 { "\n\n" } else { " " });
    }
    if number.is_multiple_of(2) {
        let [cases, day, dead, deaths] = [900_000, 9_000, 9_000, 300].map(&mut below);
        story += &format!(
            "To date, a total of {cases} coronavirus cases have been confirmed in the country, including {day} new \
             infections in a day. The death toll has reached {dead}, with {deaths} deaths reported over the past 24 hours. \
             In all, many people have recovered, some of them in the past day, according to the ministry of health."
        );
    }
    story
}

#[test]
fn common_words_make_no_copy() {
    let mut memory = Memory::new();
    for number in 0..1500 {
        let feed = ["norwire", "daily", "courier"][number as usize % 3];
        let story = article(feed, &number.to_string(), &format!("News {number}"), in_common_words(number).trim_end());
        let duplicate = memory.judge(&story).duplicate;
        assert_eq!(duplicate.relation, Relation::Original, "{number}: {duplicate:?}");
    }
    let again = article("evening", "1", "News again", in_common_words(7).trim_end());
    assert_eq!(memory.judge(&again).duplicate.relation, Relation::Exact);
}

#[test]
fn copies_are_linked_to_the_original() {
    let original = article("norwire", "1", "Freighter blocks harbour", STORY);
    let exact = check(&original, &article("daily", "x", "Ship aground at Elling", STORY), Relation::Exact);
    assert_eq!((exact.reason.as_str(), exact.origin_agency.as_deref()), ("same_text", Some("NORWIRE")));

    let credited = format!(
        "{STORY}\n\nPhoto: the Halcyon at dusk, seen from the old lighthouse of Cape Tarn with the two tugs that came first. Picture by L. Brandt\n\nCopyright Norwire 2021."
    );
    let credited = credited.replace("in vain ", "").replace("Two tugs", "Two strong tugs").replace('\'', "’");
    let near = check(&original, &article("daily", "x", "Ship aground at Elling", &credited), Relation::Near);
    assert!(near.similarity.unwrap() > 0.7);
    assert_eq!(near.added_paragraphs.len(), 2);

    let added = format!("{STORY}\n\nRead also: how pilots are trained.");
    let near = check(&original, &article("daily", "x", "h", &added), Relation::Near);
    assert_eq!(near.added_paragraphs.len(), 1);

    for share in [0.4, 0.2] {
        let short = check(&original, &article("daily", "x", "Ship aground", &cut(STORY, share)), Relation::Abridged);
        assert!(short.shared.unwrap() > 0.9, "{short:?}");
    }
}

#[test]
fn a_copy_of_a_copy_goes_back_to_the_first() {
    let mut memory = Memory::new();
    let first = article("norwire", "1", "h", STORY);
    memory.judge(&first);
    memory.judge(&article("daily", "x", "h2", &STORY.replace("in vain ", "")));
    let verdict = memory.judge(&article("herald", "y", "h3", &cut(&STORY.replace("in vain ", ""), 0.5)));
    assert_eq!(verdict.duplicate.of.as_ref(), Some(&first.article.id));
    let story = verdict.story.unwrap();
    assert_eq!((story.members.len(), story.agencies.len(), story.headline.as_deref()), (3, 3, Some("h")));
}

#[test]
fn look_alike_tallies_are_not_copies() {
    let next = TALLY
        .replace("1,204", "1,377")
        .replace("31 deaths", "28 deaths")
        .replace("88,412", "89,789")
        .replace("2,077", "2,105")
        .replace("402", "455")
        .replace("118", "92")
        .replace("24,330", "22,871");
    let today = article("norwire", "1", "Daily figures", TALLY);
    for feed in ["norwire", "daily"] {
        let duplicate = check(
            &today,
            &dated(article(feed, "2", "Daily figures", &next), "2021-03-06T10:00:00Z"),
            Relation::Original,
        );
        assert_eq!(duplicate.reason, "look_alike");
    }
    check(&today, &article("daily", "2", "Infections", TALLY), Relation::Exact);
}

#[test]
fn short_texts_are_compared_exactly_and_with_their_headline() {
    let first = article("norwire", "1", "Markets closed higher", "");
    check(&first, &article("daily", "2", "Markets closed higher!", ""), Relation::Exact);
    check(&first, &article("daily", "2", "Markets closed lower", ""), Relation::Original);
    check(&first, &dated(article("norwire", "2", "Markets closed higher", ""), "2021-03-06"), Relation::Original);
}

#[test]
fn a_newer_version_under_another_guid_is_an_update() {
    let first = article("norwire", "1", "Freighter blocks harbour", STORY);
    let newer =
        STORY.replace("406", "411").replace("No oil has leaked so far.", "A slick of oil was seen in the evening.");
    let update = noticed(article("norwire", "2", "UPDATE 1-Freighter blocks harbour", &newer), Notice::Update);
    assert_eq!(check(&first, &update, Relation::Update).reason, "notice");
    let corrected = article("norwire", "2", "h", &STORY.replace("406", "411"));
    assert_eq!(check(&first, &corrected, Relation::Update).reason, "changed_figures");
    let lead = article("norwire", "1", "h", &cut(STORY, 0.3));
    assert_eq!(check(&lead, &article("norwire", "2", "h", STORY), Relation::Update).reason, "adds");
}

#[test]
fn revisions_name_what_changed_and_revise_their_claims() {
    let mut memory = Memory::new();
    let figures = [("o1", Metric::Cases, 1204.0), ("o2", Metric::Deaths, 31.0), ("o3", Metric::Tests, 24330.0)];
    let first = memory.judge(&counting(article("norwire", "1", "Daily figures", TALLY), &figures));
    assert_eq!(first.claims.len(), 3);
    assert!(matches!(first.outcome, Outcome::Publish { revision: 1, change: Change::New, supersedes: None, .. }));

    let copy = memory.judge(&counting(article("daily", "x", "Infections", TALLY), &figures));
    assert!(copy.duplicate.relation.is_copy() && copy.claims.is_empty() && copy.state.claims.is_empty());

    let corrected = TALLY.replace("31 deaths", "33 deaths");
    let figures = [("o1", Metric::Cases, 1204.0), ("o2", Metric::Deaths, 33.0)];
    let second = memory.judge(&counting(article("norwire", "1", "Daily figures", &corrected), &figures));
    let Outcome::Publish { revision: 2, change: Change::Correction, supersedes: Some(1), changes } = second.outcome
    else {
        panic!("{:?}", second.outcome)
    };
    let named: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(named, ["body", "covid.o2", "covid.o3"]);
    assert!(changes[0].to.as_deref().unwrap().contains("33 deaths"));
    assert_eq!((changes[1].from.as_deref(), changes[1].to.as_deref()), (Some("31"), Some("33")));
    assert!(matches!(&second.claims[..], [
        crate::model::ClaimChange::Assert { observation, supersedes: Some(1) },
        crate::model::ClaimChange::Retract { supersedes: 1, .. },
    ] if observation.id == "o2"));
    assert_eq!(second.state.claims.iter().map(|claim| claim.revision).collect::<Vec<_>>(), [1, 2]);

    let killed = memory.judge(&noticed(article("norwire", "1", "KILL: Daily figures", "Do not use."), Notice::Kill));
    assert!(matches!(killed.outcome, Outcome::Publish { revision: 3, change: Change::Kill, .. }));
    assert_eq!(killed.claims.len(), 2);
    let headline = killed.story.as_ref().and_then(|story| story.headline.as_deref());
    assert_eq!(headline, Some("KILL: Daily figures"), "the story no longer carries what was withdrawn");
    assert!(killed.state.killed && killed.state.claims.is_empty() && killed.text.unwrap().body.is_empty());
}

#[test]
fn a_notice_speaks_of_the_revision_that_brings_it() {
    #[track_caller]
    fn check(memory: &mut Memory, headline: &str, body: &str, notice: Option<Notice>, expected: Change) {
        let mut enriched = article("norwire", "1", headline, body);
        enriched.article.wire.notice = notice;
        let Outcome::Publish { change, .. } = memory.judge(&enriched).outcome else { panic!("suppressed") };
        assert_eq!(change, expected);
    }
    let mut memory = Memory::new();
    let more = format!("{STORY}\n\nThe third attempt began at dawn.");
    check(&mut memory, "Harbour closed", STORY, None, Change::New);
    check(&mut memory, "UPDATE 1-Harbour closed", &more, Some(Notice::Update), Change::Update);
    check(
        &mut memory,
        "UPDATE 1-Harbour closed",
        &more.replace("406", "411"),
        Some(Notice::Update),
        Change::Correction,
    );
    let reworded = more.replace("406", "412").replace("dawn", "noon");
    check(&mut memory, "CORRECTED-Harbour closed", &reworded, Some(Notice::Correction), Change::Correction);
    check(&mut memory, "CORRECTED-Harbour closed", STORY, Some(Notice::Correction), Change::Update);
}

#[test]
fn a_copy_that_comes_to_differ_makes_its_own_claims() {
    let mut memory = Memory::new();
    let figures = [("o1", Metric::Deaths, 31.0)];
    memory.judge(&counting(article("norwire", "1", "h", TALLY), &figures));
    memory.judge(&counting(article("daily", "x", "h", TALLY), &figures));
    let other = TALLY.replace("31 deaths", "41 deaths").replace("402", "502").replace("118", "218").replace("97", "79");
    let verdict = memory.judge(&counting(article("daily", "x", "h", &other), &[("o1", Metric::Deaths, 41.0)]));
    assert_eq!(verdict.duplicate.relation, Relation::Update);
    assert!(matches!(&verdict.claims[..], [crate::model::ClaimChange::Assert { supersedes: None, .. }]));
}

#[test]
fn repetitions_and_typography_take_no_revision() {
    let mut memory = Memory::new();
    let first = article("norwire", "1", "Freighter “Halcyon” blocks harbour", STORY);
    memory.judge(&first);
    assert_eq!(memory.judge(&first).outcome, Outcome::Suppress(SuppressReason::Unchanged));
    let dressed = article("norwire", "1", "Freighter \"Halcyon\" blocks harbour", &STORY.replace(", ", " , "));
    let verdict = memory.judge(&dressed);
    assert_eq!(verdict.outcome, Outcome::Suppress(SuppressReason::Typography));
    assert_eq!((verdict.state.revision, verdict.state.suppressed.len(), verdict.state.earlier.len()), (1, 1, 1));
    // The first content again differs from the last one judged, and still says nothing new.
    assert_eq!(memory.judge(&first).outcome, Outcome::Suppress(SuppressReason::Typography));
    let retitled = article("norwire", "1", "Harbour of Elling closed", STORY);
    let verdict = memory.judge(&retitled);
    assert!(matches!(verdict.outcome, Outcome::Publish { revision: 2, change: Change::Update, .. }), "{verdict:?}");
    assert!(matches!(memory.judge(&first).outcome, Outcome::Publish { revision: 3, .. }));
}

#[test]
fn what_is_only_remembered_is_no_ones_original() {
    let mut memory = Memory::new();
    let old = article("norwire", "1", "h", STORY);
    let verdict = memory.admit(&old, Admission::Remember(SuppressReason::Backfill));
    assert_eq!((verdict.outcome, verdict.state.revision), (Outcome::Suppress(SuppressReason::Backfill), 0));
    assert_eq!(memory.judge(&article("daily", "x", "h", STORY)).duplicate.relation, Relation::Original);
    assert_eq!(memory.judge(&old).outcome, Outcome::Suppress(SuppressReason::Unchanged));
    let revised = article("norwire", "1", "h", &STORY.replace("Two tugs", "Two strong tugs"));
    let verdict = memory.judge(&revised);
    assert!(matches!(verdict.outcome, Outcome::Publish { revision: 1, change: Change::New, .. }));
    assert!(verdict.duplicate.relation.is_copy());
}

#[test]
fn one_document_in_two_feeds_is_corrected_once() {
    let figures = |body: &str, deaths: f64, feed: &str| {
        let mut enriched = counting(article(feed, "1", "h", body), &[("o1", Metric::Deaths, deaths)]);
        enriched.article.url = Some("https://wire.example/world/7".to_owned());
        enriched
    };
    let corrected = TALLY.replace("31 deaths", "33 deaths");
    for order in [["main", "world"], ["world", "main"]] {
        let mut memory = Memory::new();
        memory.judge(&figures(TALLY, 31.0, "main"));
        memory.judge(&figures(TALLY, 31.0, "world"));
        let claims = order.map(|feed| memory.judge(&figures(&corrected, 33.0, feed)).claims.len());
        assert_eq!(claims.iter().sum::<usize>(), 1, "{order:?}");
    }
}

/// Texts of two stories, a tally and a rewrite, from several sources, with revisions among them.
fn sequence() -> Vec<Enriched> {
    let mut sequence = Vec::new();
    for (feed, guid) in [("norwire", "1"), ("daily", "2"), ("herald", "3"), ("norwire", "4")] {
        sequence.push(article(feed, guid, "a", STORY));
        sequence.push(article(feed, &format!("{guid}-cut"), "b", &cut(STORY, 0.4)));
        sequence.push(article(feed, &format!("{guid}-tally"), "c", TALLY));
        sequence.push(article(feed, guid, "a", &STORY.replace("406", "408")));
        sequence.push(article(
            feed,
            &format!("{guid}-near"),
            "d",
            &STORY.replace("in vain ", "").replace("blamed", "named"),
        ));
        sequence.push(article(feed, &format!("{guid}-short"), "Harbour closed", ""));
    }
    sequence
}

#[test]
fn a_restart_in_the_middle_changes_no_decision() {
    let sequence = sequence();
    let mut steady = Memory::new();
    let expected: Vec<Verdict> = sequence.iter().map(|enriched| steady.judge(enriched)).collect();
    for interval in [1, 5, 7] {
        let mut restarted = Memory::new();
        for (number, (enriched, expected)) in sequence.iter().zip(&expected).enumerate() {
            if number % interval == 0 {
                restarted.restart();
            }
            assert_eq!(&restarted.judge(enriched), expected, "revision {number}, restart every {interval}");
        }
    }
}

#[test]
fn the_horizon_forgets_items_and_then_their_story() {
    let mut memory = Memory::new();
    let first = article("norwire", "1", "h", STORY);
    memory.judge(&first);
    assert_eq!(memory.evict(29), Vec::<String>::new());
    let copy = article("daily", "2", "h", STORY);
    memory.now += SignedDuration::from_hours(20 * 24);
    memory.judge(&copy);
    let (first, copy) = (&first.article.id, &copy.article.id);
    assert_eq!(memory.evict(11), [format!("item/{first}"), format!("text/{first}")]);
    assert_eq!(memory.evict(31), [format!("item/{copy}"), format!("text/{copy}"), format!("story/{first}")]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]

    #[test]
    fn in_any_order_the_first_seen_is_the_original(seed in proptest::collection::vec(0usize..1000, 6)) {
        let mut texts = vec![STORY.to_owned(), STORY.replace("in vain ", ""), format!("Photo by L. Brandt\n\n{STORY}")];
        texts.extend([STORY.to_uppercase(), STORY.replace("Ferries", "Boats"), STORY.replace("crowns", "thalers")]);
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|index| seed[*index]);
        let mut memory = Memory::new();
        let mut first = None;
        for index in order {
            let enriched = article(&format!("feed{index}"), "1", "h", &texts[index]);
            let duplicate = memory.judge(&enriched).duplicate;
            proptest::prop_assert_eq!(&duplicate.of, &first);
            proptest::prop_assert_eq!(duplicate.relation.is_copy(), first.is_some());
            first.get_or_insert(enriched.article.id);
        }
    }

    #[test]
    fn any_text_is_judged(texts in proptest::collection::vec("(\\PC{0,40}\n\n){0,4}", 1..6)) {
        let mut memory = Memory::new();
        for (number, text) in texts.iter().enumerate() {
            memory.judge(&article("f", &(number % 2).to_string(), text, text));
        }
    }
}
