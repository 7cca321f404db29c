//! What tells of one event is one story, and says so when that turns out later.

use super::*;

const FIRE: &str = "A fire in a paint factory in the Sorvik suburb of Kalmeda injured nine workers on Tuesday, the brigade said.\n\n\
Flames broke out in a drying hall of the Lindqvist works shortly after dawn. Commander Pia Orreby said that sixty firefighters \
were still cooling tanks of solvent in the afternoon, and residents of Kalmeda were told to keep their windows shut.";
const FIRE_ELSEWHERE: &str = "Nine people were hurt when the Lindqvist paint works at Kalmeda burned.\n\nSmoke hung over the \
harbour of Sorvik all day. According to brigade commander Orreby, solvent tanks were in danger of bursting for hours; schools in \
Kalmeda sent their pupils home.";
const TALKS: &str = "Delegates of the pilots' union and of the airline Meridia met for a third round of wage talks in Tarn on \
Tuesday.\n\nNeither side would say how far apart they are. Union leader Osvald Brenn has threatened a walkout at Meridia from \
Friday, which would ground two thirds of the fleet, chief negotiator Hanne Rost said.";
const INQUIRY: &str = "Prosecutors opened an inquiry into the blaze at the Lindqvist paint works in Kalmeda on Thursday.\n\nThey want \
to know why sprinklers in the drying hall had been shut off, a spokeswoman said. Commander Orreby has handed over the brigade's \
log, and nine workers who were hurt are to be heard, among them foreman Elis Dahl.";

fn told(feed: &str, guid: &str, headline: &str, body: &str, date: &str) -> Enriched {
    let mut enriched = dated(article(feed, guid, headline, body), date);
    enriched.article.observed = Some(date.parse().unwrap());
    enriched
}

fn fire() -> Enriched {
    told("norwire", "1", "Nine hurt in paint factory fire", FIRE, "2021-03-02T14:00:00Z")
}

fn elsewhere() -> Enriched {
    told("daily", "a", "Kalmeda: Lindqvist works burn", FIRE_ELSEWHERE, "2021-03-02T18:00:00Z")
}

#[test]
fn accounts_of_one_event_by_two_newsrooms_are_one_story() {
    let mut memory = Memory::new();
    let first = memory.judge(&fire());
    let talks = memory.judge(&told("norwire", "2", "Pilots and Meridia talk", TALKS, "2021-03-02T15:00:00Z"));
    let second = memory.judge(&elsewhere());
    assert_eq!((second.duplicate.relation, &second.duplicate.story), (Relation::Original, &first.duplicate.story));
    assert_ne!(talks.duplicate.story, first.duplicate.story);
    let story = second.story.unwrap();
    assert_eq!((story.members.len(), story.agencies.len()), (2, 2));
    // Days later, and a copy of it goes where its original went.
    let later = memory.judge(&told("herald", "x", "Lindqvist fire: inquiry", INQUIRY, "2021-03-04T09:00:00Z"));
    assert_eq!(later.duplicate.story, first.duplicate.story);
    let copy = memory.judge(&told("echo", "y", "Why did Kalmeda burn?", INQUIRY, "2021-03-04T12:00:00Z"));
    assert_eq!((copy.duplicate.relation, &copy.duplicate.story), (Relation::Exact, &first.duplicate.story));
    assert_eq!(copy.story.unwrap().members.len(), 4);
}

#[test]
fn a_story_without_news_is_closed() {
    let mut memory = Memory::new();
    let first = memory.judge(&fire());
    let late =
        memory.judge(&told("daily", "a", "Kalmeda: Lindqvist works burn", FIRE_ELSEWHERE, "2021-03-20T18:00:00Z"));
    assert_ne!(late.duplicate.story, first.duplicate.story);
}

#[test]
fn a_revision_that_tells_of_something_else_leaves_its_story() {
    let mut memory = Memory::new();
    let first = memory.judge(&fire());
    assert_eq!(memory.judge(&elsewhere()).duplicate.story, first.duplicate.story);
    let other = memory.judge(&told("daily", "a", "Pilots and Meridia talk", TALKS, "2021-03-02T20:00:00Z"));
    assert!(matches!(other.outcome, Outcome::Publish { revision: 2, .. }));
    let [founded, left] = [other.story.unwrap(), other.other_story.unwrap()];
    assert_eq!(other.duplicate.story.as_ref(), Some(&founded.id));
    assert_eq!((founded.split_from.as_ref(), founded.members.len()), (first.duplicate.story.as_ref(), 1));
    assert_eq!((Some(&left.id), left.members.len()), (first.duplicate.story.as_ref(), 1));
    // Touched up, it stays where it is.
    let retitled = told("daily", "a", "Pilots and Meridia meet again", TALKS, "2021-03-02T21:00:00Z");
    let stayed = memory.judge(&retitled);
    assert_eq!((stayed.duplicate.story, stayed.other_story), (Some(founded.id), None));
}

#[test]
fn what_tells_both_shows_two_stories_to_be_one() {
    let mut memory = Memory::new();
    // Two ends of one affair that share no word that would tell.
    let raid = "Police searched the villa of banker Rurik Halvorsen in Tarn on Monday and carried out boxes of files, \
neighbours told reporters.\n\nHalvorsen was at home with his lawyer Synne Aker. Investigator Bo Tranmael declined to comment on the \
search of the villa, and Aker spoke of an outrage against Halvorsen.";
    let bank = "Customers queued before branches of Kontor Vest in Osk on Monday after withdrawals were limited to 500 crowns.\n\n\
Supervisor Gudrun Ness said that Kontor Vest had enough liquidity. Treasurer Leif Solheim of Kontor Vest asked depositors in Osk to \
stay calm, and Ness promised a statement.";
    let both = "Rurik Halvorsen, whose villa in Tarn was searched, pledged shares of Kontor Vest to himself, investigators say.\n\n\
Supervisor Gudrun Ness confirmed that Kontor Vest lent Halvorsen money against its own shares. Lawyer Synne Aker called that a \
misunderstanding; treasurer Leif Solheim of Kontor Vest in Osk resigned, and Bo Tranmael wants to hear Halvorsen, Solheim and Ness.";
    let raided = memory.judge(&told("norwire", "1", "Villa of Halvorsen searched", raid, "2021-03-01T09:00:00Z"));
    let queued = memory.judge(&told("norwire", "2", "Queues at Kontor Vest in Osk", bank, "2021-03-01T12:00:00Z"));
    assert_ne!(raided.duplicate.story, queued.duplicate.story);
    let joined = told("daily", "3", "Halvorsen took loans of Kontor Vest", both, "2021-03-02T08:00:00Z");
    let verdict = memory.judge(&joined);
    let [kept, gone] = [verdict.story.unwrap(), verdict.other_story.unwrap()];
    assert_eq!((Some(&kept.id), Some(&gone.id)), (raided.duplicate.story.as_ref(), queued.duplicate.story.as_ref()));
    assert_eq!((gone.merged_into.as_ref(), &kept.merged), (Some(&kept.id), &vec![gone.id.clone()]));
    assert_eq!((kept.members.len(), verdict.duplicate.story.as_ref()), (3, Some(&kept.id)));
    // What goes back to the part that was merged is told in the whole.
    let copy = memory.judge(&told("echo", "4", "Kontor Vest limits withdrawals", bank, "2021-03-02T10:00:00Z"));
    assert_eq!((copy.duplicate.relation, copy.duplicate.story.as_ref()), (Relation::Exact, Some(&kept.id)));
}

#[test]
fn a_restart_in_the_middle_changes_no_story() {
    let items = [
        fire(),
        told("norwire", "2", "Pilots and Meridia talk", TALKS, "2021-03-02T15:00:00Z"),
        elsewhere(),
        told("herald", "x", "Lindqvist fire: inquiry", INQUIRY, "2021-03-04T09:00:00Z"),
        told("daily", "a", "Pilots and Meridia talk", TALKS, "2021-03-04T10:00:00Z"),
    ];
    let whole: Vec<_> = items.iter().scan(Memory::new(), |memory, item| Some(memory.judge(item).duplicate)).collect();
    for cut in 1..items.len() {
        let mut memory = Memory::new();
        let mut seen: Vec<_> = items[..cut].iter().map(|item| memory.judge(item).duplicate).collect();
        memory.restart();
        seen.extend(items[cut..].iter().map(|item| memory.judge(item).duplicate));
        assert_eq!(seen, whole, "restarted after {cut}");
    }
}
