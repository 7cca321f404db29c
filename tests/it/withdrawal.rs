//! An agency withdraws a story by an item of its own: what readers hold of the story is taken back under its own key.

use crate::{
    audit::{audit, memory},
    harness::{Entry, Reply, Site, finished, rss},
    replay::succeeds,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const STORY: &str = "PORT ELLING, October 6. /TASS/. Norway has reported 1,204 new coronavirus cases and 31 deaths from COVID-19 \
     over the past day, the health ministry of the country said on Tuesday. Half of the new patients work in the fish \
     halls of the northern harbours, where the crews sleep in dormitories of twenty beds, it added. The halls will be \
     closed for two weeks and their workers tested every other day.";
const HEADLINE: &str = "Norway reports 1,204 coronavirus cases in fish halls";
const HARBOUR: &str =
    "TROMSO, October 6. /TASS/. The harbour was closed by ice on Tuesday, and twelve ships wait outside it.";

type Item<'a> = (&'a str, &'a str, &'a str);

/// Runs with the items in the feed.
fn serve(site: &Site, feed: &str, items: &[Item<'_>]) {
    show(site, feed, items);
    succeeds(&site.once());
}

fn show(site: &Site, feed: &str, items: &[Item<'_>]) {
    let entries: Vec<Entry<'_>> = items
        .iter()
        .map(|(guid, title, text)| Entry {
            guid,
            title,
            link: site.server.url(&format!("/{feed}/{guid}")),
            description: text,
            published: "Tue, 06 Oct 2020 12:05:00 GMT",
        })
        .collect();
    site.server.serve(&format!("/{feed}.xml"), Reply::rss(rss(feed, &entries)));
}

const OTHERS: [Item<'_>; 2] = [("story", HEADLINE, STORY), ("harbour", "Harbour closed", HARBOUR)];

/// The story with one beside it, and a copy in another feed; the story's id.
fn told(site: &Site) -> Value {
    for feed in ["wire", "daily"] {
        site.feed(feed, "language = \"en\"\nbackfill = \"all\"");
    }
    show(site, "daily", &[]);
    serve(site, "wire", &OTHERS);
    serve(site, "daily", &[("copy", "Sick in the fish halls", STORY)]);
    let articles = site.topic("articles.v1");
    articles.iter().find(|article| article["headline"] == HEADLINE).unwrap()["id"].clone()
}

fn notice() -> (String, String) {
    let text = format!("EDITORS: Please kill this story. The figures are those of last year.</p><p>{STORY}");
    (format!("WITHDRAWN: {HEADLINE}"), text)
}

/// The records of a topic that are of this generation and item.
fn of(site: &Site, topic: &str, generation: u64, item: &Value) -> Vec<Value> {
    let is_of = |value: &Value| value["_meta"]["generation"] == generation && value["_meta"]["key"] == *item;
    site.topic(topic).into_iter().filter(is_of).collect()
}

/// What a table of claims by their ids holds of an item.
fn standing(site: &Site, item: &Value) -> BTreeSet<String> {
    let mut stands = BTreeSet::new();
    for claim in of(site, "covid-stats.v1", 0, item) {
        let id = claim["id"].as_str().unwrap().to_owned();
        if claim["op"] == "assert" {
            assert!(stands.insert(id));
        } else {
            assert!(stands.remove(&id), "only what stands is taken back");
        }
    }
    stands
}

#[track_caller]
fn audited(site: &Site) {
    let (code, document) = audit(&["--data-dir", site.path("data").to_str().unwrap()]);
    assert_eq!((code, &document["holds"]), (0, &json!(true)), "{document:#}");
    assert_eq!((&document["state_compared"], &document["intake_compared"]), (&json!(true), &json!(true)));
}

#[test]
fn a_story_is_withdrawn_by_a_notice_under_another_guid() {
    let site = Site::new();
    let story = told(&site);
    let asserted = of(&site, "covid-stats.v1", 0, &story);
    assert!(asserted.len() >= 2 && asserted.iter().all(|claim| claim["op"] == "assert"), "{asserted:#?}");

    let (title, notice) = notice();
    let with_notice = [OTHERS[0], OTHERS[1], ("notice", &title, &notice)];
    serve(&site, "wire", &with_notice);
    let articles = of(&site, "articles.v1", 0, &story);
    let [_, kill] = &articles[..] else { panic!("{articles:#?}") };
    assert_eq!((&kill["revision"], &kill["change"], &kill["supersedes"]), (&json!(2), &json!("kill"), &json!(1)));
    assert_eq!((&kill["body"], &kill["headline"]), (&Value::Null, &json!(title)));
    let notice_id = &kill["withdrawn_by"];
    let [told] = &of(&site, "articles.v1", 0, notice_id)[..] else { panic!("the notice is told once") };
    assert_eq!((&told["change"], &told["duplicate"]["relation"]), (&json!("kill"), &json!("update")));
    assert_eq!((&told["duplicate"]["of"], &told["duplicate"]["reason"]), (&story, &json!("withdraws")));
    assert_eq!(told["withdraws"], json!([{"item": story, "revision": 2}]));

    // A table by the key of the story holds nothing of it any more, and the notice claims nothing.
    assert_eq!(standing(&site, &story), BTreeSet::new());
    assert!(of(&site, "covid-stats.v1", 0, notice_id).is_empty());
    let stories = of(&site, "stories.v1", 0, &story);
    assert_eq!(stories.last().unwrap()["headline"], json!(title), "the story is told anew");
    audited(&site);

    // Nothing changes when the feeds are read again, and a copy that is touched up claims nothing.
    let count = site.topic("articles.v1").len();
    serve(&site, "wire", &with_notice);
    assert_eq!(site.topic("articles.v1").len(), count);
    serve(&site, "daily", &[("copy", "Sick in the fish halls", &format!("{STORY} Nobody was hurt."))]);
    let copy = site.topic("articles.v1").last().unwrap().clone();
    assert_eq!((&copy["revision"], &copy["duplicate"]["of"]), (&json!(2), &story), "{copy:#}");
    assert_eq!(of(&site, "covid-stats.v1", 0, &copy["id"]).len(), 0);

    // Its page is touched up: it stays withdrawn.
    let touched = STORY.replace("it added", "the ministry added");
    let with_touched = [("story", HEADLINE, touched.as_str()), with_notice[1], with_notice[2]];
    serve(&site, "wire", &with_touched);
    assert_eq!((of(&site, "articles.v1", 0, &story).len(), standing(&site, &story).len()), (2, 0));
    audited(&site);

    // The memory that is made anew from the topics is the same, and so the next notice finds what the first had found.
    let before = memory(&site.path("data"));
    succeeds(&finished(site.command("rebuild-state").arg("--force")));
    let entry = |rows: &[(String, Value)]| {
        let key = format!("item/{}", story.as_str().unwrap());
        rows.iter().find(|(found, _)| *found == key).unwrap().1.clone()
    };
    // What is no record's, its reason, is lost.
    let (mut before, mut after) = (entry(&before), entry(&memory(&site.path("data"))));
    for entry in [&mut before, &mut after] {
        for lost in ["hash", "earlier", "suppressed"] {
            entry.as_object_mut().unwrap().remove(lost);
        }
    }
    assert_eq!(after, before);
    let again = ("again", "KILL: Cases in fish halls", STORY);
    serve(&site, "wire", &[with_touched[0], with_notice[1], with_notice[2], again]);
    let again = site.topic("articles.v1").last().unwrap().clone();
    assert_eq!((&again["duplicate"]["of"], &again["withdraws"]), (&story, &Value::Null), "{again:#}");
    assert_eq!(of(&site, "articles.v1", 0, &story).len(), 2);
    audited(&site);

    // Published again, only the kill comes, and what was withdrawn is in no record of it.
    succeeds(&finished(&mut site.command("replay")));
    let articles = of(&site, "articles.v1", 1, &story);
    let [kill] = &articles[..] else { panic!("{articles:#?}") };
    assert_eq!((&kill["revision"], &kill["change"]), (&json!(2), &json!("kill")));
    assert!(of(&site, "covid-stats.v1", 1, &story).is_empty());
    audited(&site);
    succeeds(&site.once());
    assert_eq!(of(&site, "articles.v1", 1, &story).len(), 1);
}

#[test]
fn a_crash_amid_a_withdrawal_kills_once() {
    for point in ["C3", "C4", "C5", "C7"] {
        let site = Site::new();
        let story = told(&site);
        let (title, notice) = notice();
        show(&site, "wire", &[OTHERS[0], OTHERS[1], ("notice", &title, &notice)]);
        let died = finished(site.command("run").arg("--once").env("FAILPOINTS", format!("{point}=return")));
        assert!(!died.status.success(), "{point} was not come to");
        succeeds(&site.once());
        let articles = of(&site, "articles.v1", 0, &story);
        let [_, kill] = &articles[..] else { panic!("{point}: {articles:#?}") };
        assert_eq!((&kill["revision"], &kill["change"]), (&json!(2), &json!("kill")), "{point}");
        assert_eq!(of(&site, "articles.v1", 0, &kill["withdrawn_by"]).len(), 1, "{point}");
        assert_eq!(standing(&site, &story), BTreeSet::new(), "{point}");
        audited(&site);
    }
}

/// An Atom feed with one entry, where it has one, and notes of deletion.
fn atom(entry: Option<&str>, deleted: &[&str]) -> Reply {
    let entry = entry
        .map(|text| format!("<entry><id>urn:story</id><title>{HEADLINE}</title><content>{text}</content></entry>"));
    let notes: String = deleted
        .iter()
        .map(|id| format!("<at:deleted-entry ref='{id}' when='2020-10-06T18:00:00Z'><at:comment>Told by mistake</at:comment></at:deleted-entry>"))
        .collect();
    Reply::rss(format!(
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:at='http://purl.org/atompub/tombstones/1.0'>{}{notes}</feed>",
        entry.unwrap_or_default()
    ))
}

#[test]
fn an_entry_that_its_feed_says_was_deleted_is_withdrawn_once() {
    let site = Site::new();
    site.feed("wire", "language = \"en\"\nbackfill = \"all\"\ninclude = [\"Norway\"]");
    let serve = |reply: Reply| {
        site.server.serve("/wire.xml", reply);
        succeeds(&site.once());
    };
    serve(atom(Some(STORY), &["urn:never-seen"]));
    let story = site.topic("articles.v1")[0]["id"].clone();
    assert!(!standing(&site, &story).is_empty());
    for _ in 0..2 {
        serve(atom(None, &["urn:story", "urn:never-seen"]));
    }
    let articles = site.topic("articles.v1");
    let [told, kill] = &articles[..] else { panic!("{articles:#?}") };
    assert_eq!((&kill["id"], &kill["change"], &kill["supersedes"]), (&story, &json!("kill"), &json!(1)));
    assert_eq!((&kill["headline"], &kill["body"]), (&json!("Told by mistake"), &Value::Null), "{kill:#}");
    assert_eq!((&kill["published"], &kill["url"]), (&told["published"], &told["url"]));
    assert_eq!(standing(&site, &story), BTreeSet::new());
    audited(&site);
    succeeds(&finished(&mut site.command("replay")));
    let [kill] = &of(&site, "articles.v1", 1, &story)[..] else { panic!("only the kill comes again") };
    assert_eq!((&kill["revision"], &kill["change"]), (&json!(2), &json!("kill")));
    audited(&site);
}
