//! Paragraphs that an agency carries from story to story are known for that, and for nothing else.

use super::*;
use crate::model::{Section, SectionKind, Standing};
use jiff::civil::Date;

/// Stories that have nothing in common but their agency: a headline, and what it is about.
const STORIES: [(&str, &str); 5] = [
    (
        "Sorvik council votes to move the fish market",
        "The council of Sorvik decided by a narrow margin on the removal of its fish market to the old brickworks, where \
        stalls will have roofs and running water.\n\nTraders fear for their customers. Mayor Tove Lind promised a ferry \
        every quarter of an hour and free moorings until midsummer.",
    ),
    (
        "Orchestra returns from exile to a concert hall without a roof",
        "Musicians of the national orchestra rehearsed under umbrellas in the concert hall of Tarn, whose copper roof was \
        stolen while they toured abroad.\n\nConductor Ole Brandt chose a symphony about thunder. Tickets sold out in an \
        hour, and the audience was asked to bring raincoats.",
    ),
    (
        "Bees found in court archive, trial adjourned",
        "A judge sent the jury home when a swarm settled among the files of a smuggling case, said a spokeswoman for the \
        district court.\n\nA beekeeper from the prison farm carried the queen out in a hat. Lawyers will meet again once \
        the honey has been scraped off the exhibits.",
    ),
    (
        "Glacier gives back a mail plane",
        "Hikers on the Osk glacier came upon the propeller of a mail plane that vanished in a blizzard two generations ago, \
        police of the valley reported.\n\nSacks of letters lay beside it. The post office wants to deliver what can still \
        be read, with an apology and without extra postage.",
    ),
    (
        "Chess champion loses to school class",
        "Pupils of a village school beat grandmaster Ines Valdorf by voting on every move, a game that had gone on by \
        postcard since the autumn term.\n\nThe champion spoke of a sound defence. The class has challenged her to a \
        return match and hopes for a letter with a foreign stamp.",
    ),
];

/// What stands under them, with the figures of the day.
fn tally(day: usize) -> String {
    format!(
        "Merania is currently {}st among the countries of the world by the number of confirmed infections, which has passed \
        {},42{day}. According to the health office in Sorvik {} people have died of the disease since the outbreak began.",
        60 + 10 * day,
        18 + day,
        377 + day,
    )
}

fn climate(day: usize) -> String {
    format!(
        "The Lake District, where most of the infected live, has {} hospitals with {} beds between them. Its governor asked \
        the army for help after the winter floods, and soldiers have driven ambulances and cooked for patients there ever since.",
        11 + day,
        2_100 + day,
    )
}

/// The story with this number, closed by its paragraphs.
fn story(feed: &str, number: usize, closing: &[String]) -> Enriched {
    let (headline, text) = STORIES[number];
    let mut enriched =
        article(feed, &format!("story-{number}"), headline, &[&[text.to_owned()], closing].concat().join("\n\n"));
    let article = &mut enriched.article;
    article.published = None;
    let lead = article.body.find("\n\n").unwrap();
    let section = |kind, start, end| Section {
        kind,
        heading: None,
        span: Span::body(start, end),
        template: None,
        standing: None,
    };
    article.sections =
        vec![section(SectionKind::Lead, 0, lead), section(SectionKind::Body, lead + 2, article.body.len())];
    enriched
}

fn at(memory: &mut Memory, time: &str) {
    memory.now = format!("2021-03-{time}:00Z").parse().unwrap();
}

/// Tells a story as the daemon does; the paragraphs that stand, and the verdict.
fn tell(memory: &mut Memory, mut enriched: Enriched) -> (Vec<Standing>, Verdict) {
    let previous = memory.told.items.get(&enriched.article.id);
    let standing = memory.index.standing(memory.now, previous, &enriched.article);
    let bodies: Vec<&str> = standing.iter().map(|section| section.span.of(&enriched.article.body).unwrap()).collect();
    assert!(bodies.iter().all(|body| body.starts_with("Merania is") || body.starts_with("The Lake")), "{bodies:?}");
    enriched.article.stand(standing.clone());
    let learnt = enriched.article.sections.iter().filter_map(|section| section.standing.clone()).collect();
    assert_eq!(enriched.article.sections.iter().filter(|section| section.template.is_some()).count(), standing.len());
    (learnt, memory.judge(&enriched))
}

/// What stands in the last of some stories, each told at its time.
fn last(told: Vec<(&str, Enriched)>) -> Vec<Standing> {
    let mut memory = Memory::new();
    let mut standing = Vec::new();
    for (time, enriched) in told {
        at(&mut memory, time);
        standing = tell(&mut memory, enriched).0;
    }
    standing
}

fn since(stories: usize, day: &str) -> Standing {
    Standing { stories, since: day.parse::<Date>().ok() }
}

#[test]
fn a_paragraph_stands_once_two_stories_told_it_on_two_earlier_days() {
    let mut memory = Memory::new();
    let found: Vec<Vec<Standing>> = (0..4)
        .map(|day| {
            at(&mut memory, &format!("0{}T09:00", day + 1));
            tell(&mut memory, story("norwire", day, &[tally(day), climate(day)])).0
        })
        .collect();
    assert_eq!(found[..2], [vec![], vec![]]);
    assert_eq!(found[2], vec![since(2, "2021-03-01"); 2]);
    assert_eq!(found[3], vec![since(3, "2021-03-01"); 2]);
}

#[test]
fn its_section_is_cut_out_of_the_one_it_stood_in() {
    let mut memory = Memory::new();
    for day in 0..2 {
        at(&mut memory, &format!("0{}T09:00", day + 1));
        tell(&mut memory, story("norwire", day, &[tally(day)]));
    }
    at(&mut memory, "03T09:00");
    let mut told = story("norwire", 2, &[tally(3), "Nothing more was known at noon.".into(), "More follows.".into()]);
    told.article.sections[1].heading = Some("A heading".to_owned());
    let standing = memory.index.standing(memory.now, None, &told.article);
    told.article.stand(standing.clone());
    let sections: Vec<(SectionKind, &str)> = told
        .article
        .sections
        .iter()
        .map(|section| (section.kind, section.span.of(&told.article.body).unwrap()))
        .collect();
    let paragraphs: Vec<&str> = told.article.body.split("\n\n").collect();
    assert_eq!(
        sections,
        [
            (SectionKind::Lead, paragraphs[0]),
            (SectionKind::Body, paragraphs[1]),
            (SectionKind::Background, paragraphs[2]),
            (SectionKind::Body, &paragraphs[3..].join("\n\n")),
        ]
    );
    let template = told.article.sections[2].template.clone().unwrap();
    assert!(template.len() == 9 && template.starts_with("p-"), "{template}");
    assert!(told.article.sections[1..].iter().all(|section| section.heading.as_deref() == Some("A heading")));
    // It is named after its words alone.
    at(&mut memory, "05T09:00");
    let again = memory.index.standing(memory.now, None, &story("norwire", 4, &[tally(7)]).article);
    assert_eq!(again[0].template, Some(template));
}

#[test]
fn what_one_agency_carries_is_no_background_of_another() {
    let told = |by: Enriched| {
        last(vec![
            ("01T09:00", story("norwire", 0, &[tally(0)])),
            ("02T09:00", story("norwire", 1, &[tally(1)])),
            ("03T09:00", by),
        ])
    };
    assert_eq!(told(story("sudwire", 2, &[tally(2)])), []);
    assert_eq!(told(story("norwire", 2, &[tally(2)])), [since(2, "2021-03-01")]);
    // A paper that names no agency has it from one.
    let mut paper = story("daily", 2, &[tally(2)]);
    paper.article.wire.agency = None;
    assert_eq!(told(paper), [since(2, "2021-03-01")]);
    let apart = vec![
        ("01T09:00", story("norwire", 0, &[tally(0)])),
        ("02T09:00", story("sudwire", 1, &[tally(1)])),
        ("03T09:00", story("norwire", 2, &[tally(2)])),
    ];
    assert_eq!(last(apart), []);
}

#[test]
fn copies_and_the_versions_of_one_day_do_not_count() {
    let copied = |number: usize| {
        let mut copy = story("norwire", number, &[tally(0)]);
        copy.article.id = ItemId(format!("copy:{number}"));
        copy.article.body = copy.article.body.replace("free moorings until midsummer", "moorings");
        copy
    };
    let third = || ("04T09:00", story("norwire", 2, &[tally(2)]));
    assert_eq!(last(vec![("01T09:00", story("norwire", 0, &[tally(0)])), ("02T09:00", copied(0)), third()]), []);
    let on =
        |first, second| vec![(first, story("norwire", 0, &[tally(0)])), (second, story("norwire", 1, &[tally(1)]))];
    assert_eq!(last([on("03T07:00", "03T22:00"), vec![third()]].concat()), []);
    assert_eq!(last([on("03T07:00", "04T01:00"), vec![third()]].concat()), []);
    assert_eq!(last([on("02T07:00", "03T22:00"), vec![third()]].concat()), [since(2, "2021-03-02")]);
}

#[test]
fn a_later_revision_learns_nothing_that_came_after_its_story() {
    let mut memory = Memory::new();
    for day in 0..3 {
        at(&mut memory, &format!("0{}T09:00", day + 1));
        tell(&mut memory, story("norwire", day, &[tally(day)]));
    }
    at(&mut memory, "05T09:00");
    assert_eq!(tell(&mut memory, story("norwire", 0, &[tally(5)])).0, []);
    assert_eq!(tell(&mut memory, story("norwire", 2, &[tally(5)])).0, [since(2, "2021-03-01")]);
}

#[test]
fn the_paragraphs_of_a_daily_bulletin_are_its_news() {
    let bulletin = |day: usize| {
        let mut bulletin = story("norwire", 0, &[tally(day), climate(day)]);
        bulletin.article.id = ItemId(format!("norwire:{day}"));
        let lead = format!("Merania reported {} new infections on the {day}th of March.\n\n", 1_204 + day);
        bulletin.article.body = format!("{lead}{}\n\n{}", tally(day), climate(day));
        bulletin.article.headline = Some(format!("{} new infections in Merania", 1_204 + day));
        let lead = lead.trim_end().len();
        bulletin.article.sections[0].span = Span::body(0, lead);
        bulletin.article.sections[1].span = Span::body(lead + 2, bulletin.article.body.len());
        bulletin
    };
    let told = vec![
        ("01T09:00", bulletin(1)),
        ("02T09:00", bulletin(2)),
        ("03T09:00", bulletin(3)),
        ("04T09:00", bulletin(4)),
    ];
    assert_eq!(last(told), []);
}

#[test]
fn it_is_forgotten_with_the_stories_that_hold_it() {
    let mut memory = Memory::new();
    for day in 0..2 {
        at(&mut memory, &format!("0{}T09:00", day + 1));
        tell(&mut memory, story("norwire", day, &[tally(day)]));
    }
    at(&mut memory, "31T08:00");
    assert_eq!(tell(&mut memory, story("norwire", 2, &[tally(2)])).0, [since(2, "2021-03-01")]);
    let mut stands_after = |days: i64| {
        memory.evict(days);
        let later = memory.now + SignedDuration::from_hours(24 * days);
        let standing = memory.index.standing(later, None, &story("norwire", 3, &[tally(3)]).article);
        standing.into_iter().filter_map(|section| section.standing).collect::<Vec<Standing>>()
    };
    assert_eq!(stands_after(1), [since(2, "2021-03-02")]);
    assert_eq!(stands_after(2), []);
}

#[test]
fn different_stories_with_long_standing_paragraphs_are_not_linked_and_copies_still_are() {
    let mut memory = Memory::new();
    for day in 0..5 {
        at(&mut memory, &format!("0{}T09:00", day + 1));
        let closing = [tally(day), climate(day)];
        let (_, verdict) = tell(&mut memory, story("norwire", day, &closing));
        assert_eq!(verdict.duplicate.relation, Relation::Original, "{day}: {:?}", verdict.duplicate);
        let mut copy = story("daily", day, &closing);
        copy.article.wire.agency = None;
        let (_, copy) = tell(&mut memory, copy);
        assert_eq!(copy.duplicate.relation, Relation::Exact, "{day}: {:?}", copy.duplicate);
    }
}

#[test]
fn a_restart_in_the_middle_changes_nothing() {
    let run = |interval: usize| -> Vec<(Vec<Standing>, Verdict)> {
        let mut memory = Memory::new();
        (0..10)
            .map(|number| {
                if number % interval == 0 {
                    memory.restart();
                }
                at(&mut memory, &format!("{:02}T{:02}:00", number / 2 + 1, number));
                let feed = if number % 3 == 2 { "daily" } else { "norwire" };
                tell(&mut memory, story(feed, number / 2, &[tally(number), climate(number)]))
            })
            .collect()
    };
    let expected = run(usize::MAX);
    assert!(expected.iter().filter(|(standing, _)| standing.len() == 2).count() >= 3);
    for interval in [1, 2, 3] {
        assert_eq!(run(interval), expected);
    }
}
