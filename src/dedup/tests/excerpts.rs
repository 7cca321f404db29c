//! Stories with a passage of another newsroom's in them, and stories that have the same from elsewhere.

use super::*;
use crate::model::Dateline;

const BEFORE: &str = "Our readers know the quay as the place where one waits. On Friday they waited longer, with dogs, skis and \
a harmonium that somebody had promised to an aunt on Osk.";
const AFTER: &str = "In the bakery beside the ticket booth they sold out before noon. The baker lent his chairs to whoever was over \
seventy, and nobody would admit to it. A schoolboy drew all of this on a paper bag that we have framed. Under the drawing stands \
what the waiting said to each other, which was little, for they are not from the city. A pilot taught three girls to splice. \
Next week this column looks at letter boxes, and asks who paints them and why never in the rain.";

fn told_by(feed: &str, body: &str) -> Enriched {
    let mut enriched = article(feed, "1", "Notes from the quay", body);
    enriched.article.wire.agency = None;
    enriched
}

fn paragraphs(range: std::ops::Range<usize>) -> String {
    STORY.split("\n\n").skip(range.start).take(range.len()).collect::<Vec<_>>().join("\n\n")
}

/// A memory that knows the story, and the story.
fn memory() -> (Memory, ItemId) {
    let mut memory = Memory::new();
    let story = article("norwire", "1", "Freighter blocks harbour", STORY);
    memory.judge(&story);
    (memory, story.article.id)
}

/// Of the story, and of what is told after it, goes back to the story.
#[track_caller]
fn check(body: &str, relation: Relation) -> Duplicate {
    let (mut memory, story) = memory();
    let duplicate = memory.judge(&told_by("herald", body)).duplicate;
    let of = (relation != Relation::Original).then_some(story);
    assert_eq!((duplicate.relation, &duplicate.of), (relation, &of), "{duplicate:?}");
    duplicate
}

#[test]
fn a_story_with_a_passage_of_anothers_goes_back_to_it() {
    let duplicate = check(&format!("{BEFORE}\n\n{}\n\n{AFTER}", paragraphs(0..2)), Relation::Abridged);
    assert_eq!((duplicate.reason.as_str(), duplicate.added_paragraphs.len()), ("excerpt", 2));
    assert!(duplicate.shared.unwrap() < 0.5);
    check(&format!("{BEFORE}\n\n{AFTER}"), Relation::Original);
}

#[test]
fn a_whole_story_is_found_in_one_many_times_its_length() {
    let own = |from: usize| {
        let sentence = |n: usize| format!("In house {n} of row {} they keep {} hens and no cock.", n % 7, n * n);
        (from..from + 90).map(sentence).collect::<Vec<_>>().join(" ")
    };
    let duplicate = check(&format!("{}\n\n{STORY}\n\n{}", own(0), own(90)), Relation::Near);
    assert!(duplicate.shared.unwrap() < 0.2, "{duplicate:?}");
}

#[test]
fn a_copy_of_a_story_with_a_passage_goes_back_where_that_does() {
    let (mut memory, story) = memory();
    let column = format!("{BEFORE}\n\n{}\n\n{AFTER}", paragraphs(0..2));
    memory.judge(&told_by("herald", &column));
    let copy = memory.judge(&told_by("courier", &column.replace("harmonium", "piano"))).duplicate;
    assert_eq!((copy.of, copy.relation.is_copy()), (Some(story), true));
}

#[test]
fn figures_that_a_story_has_besides_a_passage_are_claimed() {
    let (mut memory, story) = memory();
    let tally = "The clinic counted 31 deaths on Friday.";
    let body = format!(
        "{tally} It is full, and nurses sleep in the gymnasium.\n\n{}\n\n{BEFORE}\n\n{AFTER}",
        paragraphs(0..2)
    );
    let verdict = memory.judge(&counting(told_by("herald", &body), &[("o1", Metric::Deaths, 31.0)]));
    assert_eq!((verdict.duplicate.of, verdict.duplicate.relation), (Some(story), Relation::Update));
    assert_eq!(verdict.claims.len(), 1);
}

#[test]
fn what_stands_at_the_end_of_a_story_makes_no_copy() {
    check(&format!("{BEFORE}\n\n{}\n\n{AFTER}", paragraphs(4..6)), Relation::Original);
}

#[test]
fn another_story_under_the_same_agencys_dateline_is_no_excerpt() {
    let body = format!("ELLING - {BEFORE}\n\n{}\n\n{AFTER}", paragraphs(0..2));
    let mut other = told_by("herald", &body);
    other.article.wire.agency = Some("NORWIRE".to_owned());
    let (text, span) = ("ELLING -".to_owned(), Span::body(0, 9));
    other.article.wire.dateline = Some(Dateline { text, span, place: None, country: None, date: None });
    assert_eq!(memory().0.judge(&other).duplicate.relation, Relation::Original);
    check(&body, Relation::Abridged);
}

/// Two papers tell of other things around this; neither copies the other.
#[track_caller]
fn neither_copies(from_elsewhere: &str) {
    let mut memory = Memory::new();
    let first = "The pump station at Osk stood still on Monday, and gardens along the dyke were under water by noon. A farmer \
        led nine calves over the ridge. Engineers blame a belt of 1974.";
    let second = "A choir of ninety sang in the empty cinema of Tarn, because its own hall has no roof. Tickets cost nothing. \
        Somebody wept in row four, and it was the organist.";
    for (feed, own) in [("daily", first), ("herald", second)] {
        let duplicate = memory.judge(&told_by(feed, &format!("{own}\n\n{from_elsewhere}"))).duplicate;
        assert_eq!(duplicate.relation, Relation::Original, "{duplicate:?}");
    }
}

#[test]
fn what_two_stories_have_from_elsewhere_makes_neither_a_copy() {
    let said = "We found on Saturday that the accounts of our members were read by a stranger. Nothing is missing as far as we \
        can see. Whoever used one word for two doors should change the locks, and we are sorry for the letters that you got.";
    neither_copies(&format!("\"{said}\"\n\nMore follows on Tuesday."));
    neither_copies(said);
    neither_copies(
        "Bramley 31 19 7 5 58 24 64\nSaltby 31 18 8 5 51 30 62\nEast Moor 31 17 6 8 60 41 57\nThornley 30 15 9 6 44 29 54\n\
         Hessle 31 15 5 11 47 45 50\nCorley 30 14 6 10 39 36 48\n\nThe table is that of Sunday night.",
    );
}
