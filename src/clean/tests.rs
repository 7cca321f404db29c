//! What cleaning promises, from items and whole pages.

use super::*;
use crate::model::Page;

/// A page as agencies build them, around a story.
fn agency_page(story: &[&str]) -> String {
    let [headline, lead, paragraphs @ ..] = story else { panic!("a story has a headline and a lead") };
    let body: String = paragraphs
        .iter()
        .map(|text| {
            if text.len() < 60 { format!("<h2>{text}</h2>") } else { format!("<p>{}</p>", text.replace('&', "&amp;")) }
        })
        .collect();
    format!(
        "<!doctype html><html lang='en'><head><title>{headline} - Example Wire</title><meta property='og:title' content='{headline}'>\
         <script>var a = '<p>no</p>';</script></head><body><header><a href='/'>Example Wire</a><nav><ul><li><a href='/w'>World</a></li>\
         <li><a href='/e'>Economy</a></li></ul></nav></header><div class='breadcrumbs'><a href='/'>Home</a> / <a href='/w'>World</a></div>\
         <div class='content'><div class='news-header'><h1>{headline}</h1><div class='news-header__lead'>{lead}</div></div>\
         <div class='text-content'>{body}</div><div class='tags'><a href='/t/1'>Tag one</a><a href='/t/2'>Tag two</a></div></div>\
         <div class='related'><h3>Read also</h3><ul><li><a href='/2'>Another story about something else entirely</a></li>\
         <li><a href='/3'>A third story that is not this one</a></li></ul></div>\
         <footer><p>© Example Wire 2020. All rights reserved. Use of materials is allowed only with a link to the source.</p>\
         <a href='/about'>About us</a></footer></body></html>"
    )
}

const STORY: [&str; 7] = [
    "Harbour town opens second bridge after years of delay",
    "The crossing shortens the way to the port by half an hour",
    "PORT AMBER, March 3. /EXW/. The harbour town of Port Amber opened its second bridge on Tuesday after eleven years of planning, the mayor's office said in a statement.",
    "\"We waited a long time for this day, and now the lorries no longer pass the school,\" Mayor Ana Lima told reporters at the opening on the northern bank of the river.",
    "The bridge cost 41.5 million crowns, some three million more than planned, and carries four lanes, a railway track and a path for cyclists.",
    "A long history",
    "Plans for the bridge were first drawn in 1987, when the port handled a fifth of the cargo that it handles now, according to the town's archive.",
];

#[track_caller]
fn check(story: &[&str]) {
    let page = agency_page(story);
    let article = super::page(
        &Feed::new("f", "http://wire.example/"),
        Some("http://wire.example/a?utm_source=x"),
        None,
        page.as_bytes(),
    );
    assert_eq!(article.headline.as_deref(), Some(story[0]));
    let body: Vec<&str> = article.body.split("\n\n").collect();
    let body = if body[0] == story[1] { &body[1..] } else { body.as_slice() };
    assert_eq!(body, &story[2..]);
    assert!(
        article.summary.as_deref() == Some(story[1]) || article.body.starts_with(story[1]),
        "{:?}",
        article.summary
    );
    assert_eq!((article.language.as_deref(), article.completeness), (Some("en"), Completeness::Full));
    assert_eq!(article.canonical_url.as_deref(), Some("http://wire.example/a"));
}

#[test]
fn a_page_gives_the_story_and_nothing_around_it() {
    check(&STORY);
}

#[test]
fn a_short_dispatch_is_not_outweighed_by_its_surroundings() {
    let page = "<html><head><title>Fire at port warehouse put out | Example Wire</title></head><body><ul class='breadcrumb'><li><a href='/'>Home</a></li></ul>\
        <h1>Fire at port warehouse put out</h1><div class='meta'>3 March 2020, 18:05</div><div class='article-text'><p>PORT AMBER, March 3 (EXW) - A fire at a \
        warehouse in the port of Port Amber was put out on Tuesday, officials said.</p><p>Nobody was hurt.</p></div><div class='popular'><h3>Most read</h3>\
        <div><p>Teaser text that runs on for quite some time about a completely different matter, with commas, and more commas, to look like prose.</p></div></div>\
        <div class='footer'>© Example Wire, 2020. All rights are reserved by the agency, its partners, and others, as the law provides for such cases.</div></body></html>";
    let article = super::page(&Feed::new("f", "http://wire.example/"), None, None, page.as_bytes());
    assert_eq!(
        article.body,
        "PORT AMBER, March 3 (EXW) - A fire at a warehouse in the port of Port Amber was put out on Tuesday, officials said.\n\nNobody was hurt."
    );
}

#[test]
fn the_seed_story_comes_out_of_its_page() {
    let Ok(seed) = std::fs::read_to_string("../shared/seed/tass-2020-09-29.txt") else { return };
    let story: Vec<&str> = seed.trim().split("\n\n").map(str::trim).skip(1).collect();
    check(&story);
}

fn observed(summary: &str, page: Option<String>) -> Observed {
    let mut item = Item::new(ItemId("f:1".to_owned()), "f".into());
    item.title = Some(STORY[0].to_owned());
    item.summary = Some(summary.to_owned());
    let page = page.map(|page| Page {
        url: "http://wire.example/a".to_owned(),
        bytes: page.into_bytes(),
        content_type: None,
        further: Vec::new(),
        hash: Hash(String::new()),
    });
    Observed { hash: item.content_hash(), item, page, page_missing: None, first_sight: None }
}

#[test]
fn the_page_replaces_a_lead_and_never_a_longer_text() {
    let mut feed = Feed::new("f", "http://wire.example/");
    feed.full_text = true;
    let whole = item(&feed, &observed(STORY[1], Some(agency_page(&STORY))));
    assert_eq!((whole.body_from, whole.completeness), (Some(BodyFrom::Page), Completeness::Full));
    assert_eq!(whole.summary.as_deref(), Some(STORY[1]));
    let consent = "<html><body><h1>Before you continue</h1><p>We use cookies.</p></body></html>";
    let kept = item(&feed, &observed(STORY[2], Some(consent.to_owned())));
    assert_eq!((kept.body.as_str(), kept.completeness), (STORY[2], Completeness::Partial));
    assert!(
        kept.issues.iter().any(|issue| issue.code == "page_shorter_than_feed" || issue.code == "no_article"),
        "{:?}",
        kept.issues
    );
    let none = item(&feed, &observed("", None));
    assert_eq!((none.body.as_str(), none.completeness), ("", Completeness::HeadlineOnly));
}

#[test]
fn a_time_of_change_dates_a_story_that_has_no_other() {
    let mut observed = observed("<p>BELGRADE, October 13. /ANSA/. The bridge was opened.</p>", None);
    observed.item.updated = "2020-10-14T02:00:00+02:00".parse().ok();
    let article = item(&Feed::new("f", "http://wire.example/"), &observed);
    let dateline = article.wire.dateline.as_ref().and_then(|dateline| dateline.date);
    assert_eq!((article.published, dateline.map(|date| date.to_string()).as_deref()), (None, Some("2020-10-13")));
    assert_eq!(article.published_on().map(|date| date.to_string()).as_deref(), Some("2020-10-14"));
}

#[test]
fn surroundings_do_not_change_a_pages_hash() {
    let page = agency_page(&STORY);
    let hash = |page: &str| page_part(None, "http://wire.example/a", None, page.as_bytes()).hash;
    assert_eq!(hash(&page), hash(&page.replace("A third story", "A fourth story")));
    assert_ne!(hash(&page), hash(&page.replace("41.5 million", "42.5 million")));
}

#[test]
fn a_story_over_several_pages_is_joined_in_order_and_told_once() {
    let url =
        |at: usize| if at == 1 { "http://wire.example/a".to_owned() } else { format!("http://wire.example/a/{at}") };
    let part = |at: usize, story: &[&str]| {
        let pager = format!("<div class='pager'><a href='{}'>{}</a></div></body>", url(at + 1), at + 1);
        Page {
            url: url(at),
            bytes: agency_page(story).replace("</body>", &pager).into_bytes(),
            content_type: None,
            hash: Hash(String::new()),
            further: Vec::new(),
        }
    };
    let pages = [part(1, &STORY[..4]), part(2, &[&STORY[..2], &STORY[4..]].concat()), part(3, &STORY)];
    let read = |parts: usize| {
        let mut observed = observed("", None);
        observed.page = Some(Page { further: pages[1..parts].to_vec(), ..pages[0].clone() });
        item(&Feed::new("f", "http://wire.example/"), &observed)
    };
    let next = |begun: Option<Begun<'_>>, page: &Page| page_part(begun, &page.url, None, &page.bytes).next;
    assert_eq!(next(None, &pages[0]), Some(url(2)));
    assert_eq!(next(Some(Begun { first: &url(1), number: 2 }), &pages[1]), Some(url(3)));
    let codes = |article: &Article| article.issues.iter().map(|issue| issue.code.clone()).collect::<Vec<_>>();
    for parts in [1, 2] {
        let open = read(parts);
        assert_eq!((open.completeness, codes(&open)), (Completeness::Partial, vec!["more_pages".to_owned()]));
    }
    // One without a text leaves it open, and says why.
    let mut broken = observed("", None);
    let refused = Page { bytes: b"<h1>Page not found</h1>".to_vec(), ..pages[1].clone() };
    broken.page = Some(Page { further: vec![refused], ..pages[0].clone() });
    let broken = item(&Feed::new("f", "http://wire.example/"), &broken);
    assert_eq!(broken.completeness, Completeness::Partial);
    assert!(codes(&broken).contains(&"more_pages".to_owned()), "{:?}", broken.issues);
    // The third says nothing new, so that nothing is missing.
    let whole = read(3);
    assert_eq!(whole.body.split("\n\n").collect::<Vec<_>>(), STORY[2..]);
    assert_eq!((whole.completeness, codes(&whole)), (Completeness::Full, Vec::<String>::new()));
}

#[test]
fn a_callers_text_is_taken_as_it_is() {
    let text = "PARIS, Jan 2 - One  two\nthree.\n\nFour & five.";
    let document = Document {
        id: "d".to_owned(),
        text: Some(text.to_owned()),
        language: Some("en".to_owned()),
        ..Document::default()
    };
    let article = super::document(&Feed::new("f", "http://wire.example/"), document);
    assert_eq!((article.body.as_str(), article.language_from), (text, Some(LanguageFrom::Feed)));
}

#[test]
fn strange_pages_give_an_issue_and_no_panic() {
    let deep = "<div>".repeat(50_000);
    let formatted: String = (0..5_000).map(|n| format!("<font size={n}><p>x")).collect();
    for page in ["", "\u{0}\u{1}", "<html>", "{\"a\":1}", &deep, &formatted] {
        let article = super::page(&Feed::new("f", "http://wire.example/"), None, None, page.as_bytes());
        assert!(!article.body.is_empty() || !article.issues.is_empty());
    }
}

/// Real pages, where the machine has them: agreement of words with what a good extractor keeps.
#[test]
fn real_pages_agree_with_their_reference() {
    let words = |text: &str| {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect::<Vec<_>>()
    };
    let mut scores = Vec::new();
    for folder in std::fs::read_dir("../shared/data/readability-news-pages").into_iter().flatten().flatten() {
        let read = |name: &str| std::fs::read(folder.path().join(name));
        let (Ok(source), Ok(expected)) = (read("source.html"), read("expected.html")) else { continue };
        let article =
            super::page(&Feed::new("f", "http://wire.example/"), Some("http://wire.example/a"), None, &source);
        assert!(!article.body.is_empty() || !article.issues.is_empty(), "{:?}", folder.path());
        let reference = html::paragraphs(&String::from_utf8_lossy(&expected), &mut Marks::default()).join(" ");
        let mut left = words(&reference);
        let (total, found) = (left.len(), words(&article.body));
        left.sort();
        let mut right = found.clone();
        right.sort();
        let (mut shared, mut at) = (0, 0);
        for word in &right {
            while left.get(at).is_some_and(|known| known < word) {
                at += 1;
            }
            if left.get(at) == Some(word) {
                shared += 1;
                at += 1;
            }
        }
        let f1 = 2.0 * shared as f64 / (total + found.len()).max(1) as f64;
        println!(
            "{f1:.3} {:.3} {:.3} {:?}",
            shared as f64 / found.len().max(1) as f64,
            shared as f64 / total.max(1) as f64,
            folder.file_name()
        );
        scores.push(f1);
    }
    let mean = scores.iter().sum::<f64>() / scores.len().max(1) as f64;
    println!("mean {mean:.4} of {}", scores.len());
    assert!(scores.is_empty() || mean >= 0.9, "{mean}");
}
