//! Notices that withdraw a story under a name of their own.

use super::*;

const FIGURES: [(&str, Metric, f64); 2] = [("cases", Metric::Cases, 1204.0), ("deaths", Metric::Deaths, 31.0)];

fn story(guid: &str) -> Enriched {
    counting(article("norwire", guid, "Merania reports 1,204 new infections", TALLY), &FIGURES)
}

fn notice(feed: &str, guid: &str, headline: &str, body: &str) -> Enriched {
    noticed(article(feed, guid, headline, body), Notice::Kill)
}

/// A notice that does not repeat the story, and what it says of which one it is.
fn naming(guid: &str, named: &str) -> Enriched {
    let body = "EDITORS: Please do not use this story. It was sent by mistake, and a substitute will not be sent.";
    let mut notice = notice("norwire", guid, "KILL / ADVISORY", body);
    notice.article.wire.withdraws = Some(named.to_owned());
    notice
}

/// Tells the stories, then the notice: of what it withdraws the guids' places in `stories`, and its reason.
#[track_caller]
fn check(stories: &[&Enriched], notice: &Enriched, expected: &[usize], reason: &str) {
    let mut memory = Memory::new();
    for story in stories {
        memory.judge(story);
        memory.now += SignedDuration::from_hours(1);
    }
    memory.restart();
    let verdict = memory.judge(notice);
    let place = |item: &ItemId| stories.iter().position(|story| story.article.id == *item).unwrap();
    let mut killed: Vec<usize> = verdict.withdraws.iter().map(|target| place(&target.item)).collect();
    killed.sort_unstable();
    assert_eq!((&killed[..], verdict.duplicate.reason.as_str()), (expected, reason), "{:?}", verdict.duplicate);
    for (_, killed) in memory.withdraw(notice, &verdict) {
        assert!(killed.state.killed && killed.state.claims.is_empty());
    }
    assert!(memory.judge(&noticed(notice.clone(), Notice::Kill)).withdraws.is_empty(), "sent again, it kills nothing");
}

#[test]
fn a_notice_kills_the_story_that_it_repeats() {
    let mut memory = Memory::new();
    let told = memory.judge(&story("1"));
    assert_eq!(told.claims.len(), 2);
    let copy = article("daily", "x", "Infections in Merania", TALLY);
    assert_eq!(memory.judge(&copy).duplicate.relation, Relation::Exact);
    let kill = notice("norwire", "2", "WITHDRAWN: Merania reports 1,204 new infections", TALLY);
    let verdict = memory.judge(&counting(kill.clone(), &FIGURES));
    assert_eq!((verdict.duplicate.relation, &verdict.duplicate.of), (Relation::Update, &Some(story("1").article.id)));
    assert!(matches!(verdict.outcome, Outcome::Publish { revision: 1, change: Change::Kill, .. }));
    assert!(verdict.claims.is_empty());

    let killed = memory.withdraw(&kill, &verdict);
    let [(article, killed)] = &killed[..] else { panic!("{killed:?}") };
    assert_eq!(article.article.id, story("1").article.id);
    assert!(article.article.body.is_empty());
    let Outcome::Publish { revision: 2, change: Change::Kill, supersedes: Some(1), changes } = &killed.outcome else {
        panic!("{:?}", killed.outcome)
    };
    assert!(changes.iter().all(|change| change.field != "body"), "what it said is not said again: {changes:?}");
    assert_eq!(killed.claims.len(), 2);
    assert!(killed.claims.iter().all(|change| matches!(change, crate::model::ClaimChange::Retract { .. })));
    assert_eq!(killed.state.hash, told.state.hash, "no other content was observed");
    assert_eq!(killed.state.told_by(2), Some(&kill.article.id));
    let headline = killed.story.as_ref().and_then(|story| story.headline.as_deref());
    assert_eq!(headline, Some("WITHDRAWN: Merania reports 1,204 new infections"));
    assert!(killed.text.as_ref().unwrap().body.is_empty());

    // The copy stays one, by itself and when it is touched up.
    memory.restart();
    let touched = format!("{TALLY} The office publishes its figures at noon.");
    let touched = memory.judge(&counting(super::article("daily", "x", "Infections in Merania", &touched), &FIGURES));
    assert!(touched.duplicate.relation.is_copy() && touched.claims.is_empty(), "{:?}", touched.duplicate);

    // A second notice finds the same story, and nothing to kill; not yesterday's story either.
    for (feed, guid) in [("norwire", "3"), ("norwire", "4")] {
        let again = memory.judge(&notice(feed, guid, "KILL: Merania infections", TALLY));
        assert_eq!((again.duplicate.reason.as_str(), again.withdraws.len()), ("withdraws", 0));
    }
}

#[test]
fn what_was_withdrawn_stays_so_until_it_says_something_else() {
    let mut memory = Memory::new();
    memory.judge(&story("1"));
    let kill = notice("norwire", "2", "WITHDRAWN: Merania", TALLY);
    let verdict = memory.judge(&kill);
    memory.withdraw(&kill, &verdict);
    memory.restart();
    let touched = TALLY.replace("in its daily bulletin", "in the daily bulletin");
    let touched = counting(article("norwire", "1", "Merania reports 1,204 new infections", &touched), &FIGURES);
    let still = memory.judge(&touched);
    assert_eq!(still.outcome, Outcome::Suppress(SuppressReason::Withdrawn));
    assert!(still.state.killed && still.state.claims.is_empty());
    let corrected = TALLY.replace("1,204 new", "1,024 new");
    let corrected = counting(article("norwire", "1", "Merania reports 1,024 new infections", &corrected), &FIGURES);
    let alive = memory.judge(&corrected);
    assert!(
        matches!(alive.outcome, Outcome::Publish { revision: 3, change: Change::Update, .. }),
        "{:?}",
        alive.outcome
    );
    assert_eq!(alive.claims.len(), 2);
    // A story told anew under a new name is a new story.
    let anew = memory.judge(&counting(article("herald", "9", "Merania", TALLY), &FIGURES));
    assert!(!anew.duplicate.relation.is_copy(), "{:?}", anew.duplicate);
}

#[test]
fn only_the_story_that_is_meant_is_killed() {
    let (told, freighter) = (story("1"), article("norwire", "f", "Freighter blocks harbour of Elling", STORY));
    let tomorrows = TALLY.replace("1,204", "998").replace("31 deaths", "12 deaths").replace("402", "333");
    let tomorrows =
        article("norwire", "t", "Merania reports 998 new infections", &tomorrows.replace("24,330", "20,110"));
    let repeats = notice("norwire", "k", "WITHDRAWN: Figures", TALLY);
    check(&[&told, &freighter, &tomorrows], &repeats, &[0], "withdraws");
    check(&[&freighter], &repeats, &[], "first_seen");
    // Nobody withdraws another's story.
    check(&[&told], &notice("herald", "k", "WITHDRAWN: Figures", TALLY), &[], "same_text");
    // Unless it is the agency's, wherever it stands.
    let mut elsewhere = repeats.clone();
    elsewhere.article.feed = FeedId("norwire-2".to_owned());
    elsewhere.article.id = ItemId::new(&elsewhere.article.feed, "k");
    check(&[&told], &elsewhere, &[0], "withdraws");
    // What only stands on the same subject is not akin.
    let other =
        notice("norwire", "k", "KILL: Merania", "The figures of the health office of Merania were told wrongly.");
    check(&[&told, &freighter], &other, &[], "first_seen");
}

#[test]
fn a_story_is_found_by_the_headline_or_slug_that_the_notice_names() {
    let (told, freighter) = (story("1"), article("norwire", "f", "Freighter blocks harbour of Elling", STORY));
    check(&[&told, &freighter], &naming("k", "Freighter blocks harbour of Elling"), &[1], "withdraws");
    check(&[&told, &freighter], &naming("k", "Freighter blocks Elling harbour"), &[1], "withdraws");
    check(&[&told, &freighter], &naming("k", "Freighter leaves harbour"), &[], "first_seen");
    let mut slugged = freighter.clone();
    slugged.article.wire.slug = Some("BC-EU--Freighter-Elling, 2nd Ld".to_owned());
    check(&[&told, &slugged], &naming("k", "BC-EU--Freighter-Elling"), &[1], "withdraws");
    check(&[&told, &slugged], &naming("k", "BC-EU--Freighter"), &[], "first_seen");
}

#[test]
fn of_two_stories_that_fit_none_is_killed() {
    let first = article("norwire", "1", "Daily infections in Merania", TALLY);
    let second = article("norwire", "2", "Daily infections in Merania", STORY);
    check(&[&first, &second], &naming("k", "Daily infections in Merania"), &[], "unclear_which");
    // Its text says which.
    let mut both = naming("k", "Daily infections in Merania");
    both.article.body = STORY.to_owned();
    check(&[&first, &second], &both, &[1], "withdraws");
}

#[test]
fn the_versions_of_a_story_go_together_and_leave_their_series() {
    let mut memory = Memory::new();
    let dated = |mut story: Enriched, value: f64| {
        let claim = &mut story.covid.observations[0];
        claim.as_of = AsOf { date: Some("2021-03-05".to_owned()), how: AsOfHow::Explicit };
        claim.value = Some(Number(value));
        story
    };
    let first = dated(story("1"), 1204.0);
    let newer = TALLY.replace("24,330 tests", "24,350 tests");
    let second =
        noticed(article("norwire", "2", "UPDATE 1-Merania reports 1,204 new infections", &newer), Notice::Update);
    let second = dated(counting(second, &FIGURES), 1209.0);
    memory.judge(&first);
    let update = memory.judge(&second);
    assert_eq!(update.duplicate.relation, Relation::Update);
    assert_eq!(memory.told.series.len(), 1);
    let kill = notice("norwire", "k", "WITHDRAWN: Merania", TALLY);
    let verdict = memory.judge(&kill);
    assert_eq!(verdict.withdraws.len(), 2, "{:?}", verdict.withdraws);
    let killed = memory.withdraw(&kill, &verdict);
    assert!(killed.iter().all(|(_, killed)| killed.claims.len() == 2 && killed.state.killed));
    assert!(memory.told.series.is_empty(), "{:?}", memory.told.series);
}
