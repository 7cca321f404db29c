//! The log as a model: polls go in, frames come out, and in between the process may be gone.

use super::*;
use crate::model::{
    Content, Feed, FeedHead, Fetched, Frame, Hash, Issue, Item, ItemId, Page, Stage, StatedTime, Validators,
};
use std::collections::HashSet;

struct World {
    dir: tempfile::TempDir,
    intake: Option<Intake>,
    feed: Feed,
    poll: u64,
    now: Timestamp,
}

impl World {
    fn new(full_text: bool) -> Self {
        let mut feed = Feed::new("invented", "https://wire.example/rss.xml");
        feed.full_text = full_text;
        let dir = tempfile::tempdir().unwrap();
        let now = "2020-10-01T08:00:00Z".parse().unwrap();
        let mut world = Self { dir, intake: None, feed, poll: 0, now };
        world.restart();
        world
    }

    /// As after kill -9: nothing is told that it ends.
    fn restart(&mut self) {
        self.intake = None;
        let policy = Policy {
            options: Options::default(),
            horizon: Duration::from_secs(30 * 86_400),
            page_recheck: vec![Duration::from_secs(900), Duration::from_secs(3600)],
        };
        self.intake = Some(Intake::new(Store::open(self.dir.path()).unwrap(), policy));
    }

    fn intake(&self) -> &Intake {
        self.intake.as_ref().unwrap()
    }

    /// A poll that brings entries, given as (name, headline).
    async fn shows(&mut self, entries: &[(&str, &str)]) -> Appended {
        self.now += jiff::SignedDuration::from_secs(60);
        let items = entries.iter().map(|(name, title)| item(&self.feed, name, title)).collect();
        self.brings(items).await
    }

    async fn brings(&mut self, items: Vec<Item>) -> Appended {
        self.poll += 1;
        let validators = Validators { etag: Some(format!("\"{}\"", self.poll)), last_modified: None };
        let (feed, head) = (self.feed.clone(), FeedHead::default());
        self.intake()
            .append({
                let body = crate::model::Hash::of_bytes(b"");
                Poll { feed, poll: self.poll, at: self.now, validators, body, head, items }
            })
            .await
            .unwrap()
    }

    /// What a hub pushes; how much of it was new, none when nothing can be pushed yet.
    async fn pushed(&mut self, entries: &[(&str, &str)]) -> Option<usize> {
        self.now += jiff::SignedDuration::from_secs(10);
        let items = entries.iter().map(|(name, title)| item(&self.feed, name, title)).collect();
        let appended = self.intake().append_pushed(self.feed.clone(), self.now, items).await.unwrap();
        appended.map(|appended| appended.new_items)
    }

    async fn same_again(&mut self) -> usize {
        self.poll += 1;
        self.intake().not_modified(&self.feed, self.poll, self.now).await.unwrap()
    }

    async fn page(&mut self, name: &str, text: &str) -> usize {
        let page = Page {
            url: "https://wire.example/1".to_owned(),
            bytes: text.as_bytes().to_vec(),
            content_type: None,
            further: Vec::new(),
            hash: Hash::of_bytes(text.as_bytes()),
        };
        self.page_is(name, PageArrived::Page(Box::new(page), Validators::default())).await
    }

    async fn page_is(&mut self, name: &str, arrived: PageArrived) -> usize {
        let id = ItemId::new(&self.feed.id, name);
        self.intake().page_arrived(self.feed.id.clone(), id, arrived, self.now).await.unwrap().0
    }

    async fn due(&self, all: bool) -> Vec<PageDue> {
        self.intake().pages_due(self.now, HashSet::new(), all.then(HashSet::new), 100).await.unwrap()
    }

    async fn frames(&self) -> Vec<Frame> {
        self.intake().read_from(1, usize::MAX).await.unwrap()
    }

    /// Headlines of all revisions in the log, with their page's text.
    #[track_caller]
    fn check<'a>(&'a self, expected: &'a [&'a str]) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let mut found = Vec::new();
            for content in self.frames().await.into_iter().flat_map(|frame| frame.contents) {
                if let Content::Item(observed) = content {
                    let page = observed.page.map(|page| format!(" + {}", String::from_utf8(page.bytes).unwrap()));
                    found.push(observed.item.title.unwrap() + &page.unwrap_or_default());
                }
            }
            assert_eq!(found, expected, "at {caller}");
        }
    }
}

fn item(feed: &Feed, name: &str, title: &str) -> Item {
    let mut item = Item::new(ItemId::new(&feed.id, name), feed.id.clone());
    item.title = Some(title.to_owned());
    item.link = Some(format!("https://wire.example/{name}"));
    item.content = Some(format!("<p>{title}, the harbour said.</p>"));
    item
}

#[tokio::test]
async fn polls_that_show_the_same_are_written_when_something_is_due() {
    let mut world = World::new(false);
    world.shows(&[("a", "Storm")]).await;
    let written = async |world: &World| world.intake().feed(&world.feed).await.unwrap().poll;
    world.same_again().await;
    for _ in 0..3 {
        world.same_again().await;
        assert_eq!(written(&world).await, 2);
    }
    world.now += jiff::SignedDuration::from_hours(2);
    world.same_again().await;
    assert_eq!(written(&world).await, 6, "its number is not forgotten for ever");
    let touches = async |world: &World| {
        let contents = world.frames().await.into_iter().flat_map(|frame| frame.contents);
        contents.filter(|content| matches!(content, Content::Touch(_))).count()
    };
    assert_eq!(touches(&world).await, 0);
    world.now += jiff::SignedDuration::from_hours(16 * 24);
    world.same_again().await;
    world.same_again().await;
    assert_eq!(touches(&world).await, 1, "half of the horizon has passed");
}

#[tokio::test]
async fn only_what_is_new_becomes_a_frame_and_validators_come_with_it() {
    let mut world = World::new(false);
    assert_eq!(world.shows(&[("a", "Storm"), ("b", "Vote"), ("a", "Storm twice in one document")]).await.new_items, 2);
    world.restart();
    let facts = world.intake().feed(&world.feed).await.unwrap();
    assert_eq!((facts.poll, facts.validators.etag.as_deref()), (1, Some("\"1\"")));
    assert_eq!(world.shows(&[("a", "Storm"), ("b", "Vote counted")]).await.new_items, 1);
    world.check(&["Storm", "Vote", "Vote counted"]).await;
    let frames = world.frames().await;
    assert_eq!(frames.iter().map(|frame| (frame.seq, frame.poll)).collect::<Vec<_>>(), [(1, 1), (2, 2)]);
    let Content::Item(first) = &frames[0].contents[0] else { panic!() };
    assert!(first.first_sight.is_some());
    let Content::Item(later) = &frames[1].contents[0] else { panic!() };
    assert!(later.first_sight.is_none());
}

#[tokio::test]
async fn an_earlier_content_returns_after_three_polls_in_a_row_and_over_restarts() {
    let mut world = World::new(false);
    world.shows(&[("a", "old")]).await;
    world.shows(&[("a", "new")]).await;
    // A stale cache: twice the old, then the new again.
    world.shows(&[("a", "old")]).await;
    world.shows(&[("a", "old")]).await;
    world.shows(&[("a", "new")]).await;
    world.check(&["old", "new"]).await;
    // The publisher takes it back: shown, a restart, not modified, not modified.
    world.shows(&[("a", "old")]).await;
    world.restart();
    assert_eq!(world.same_again().await, 0);
    assert_eq!(world.same_again().await, 1);
    assert_eq!(world.same_again().await, 0);
    world.shows(&[("a", "old")]).await;
    world.check(&["old", "new", "old"]).await;
}

#[tokio::test]
async fn an_item_waits_for_its_page_and_its_page_is_watched() {
    let mut world = World::new(true);
    assert_eq!(world.shows(&[("a", "Storm")]).await.waiting, 1);
    world.restart();
    assert_eq!(world.due(false).await.len(), 1);
    // It changes before the page comes: both revisions were observed, both come out, in order.
    world.shows(&[("a", "Storm grows")]).await;
    world.check(&[]).await;
    assert_eq!(world.page("a", "text 1").await, 2);
    world.check(&["Storm + text 1", "Storm grows + text 1"]).await;
    assert!(world.due(false).await.is_empty());
    assert_eq!(world.due(true).await.len(), 1, "whatever its interval");
    world.now += jiff::SignedDuration::from_secs(901);
    assert_eq!(world.due(false).await.len(), 1);
    assert_eq!(world.page("a", "text 1").await, 0);
    assert!(world.due(false).await.is_empty());
    assert_eq!(world.page("a", "text 2").await, 1);
    world.check(&["Storm + text 1", "Storm grows + text 1", "Storm grows + text 2"]).await;
}

#[tokio::test]
async fn a_page_that_cannot_be_had_releases_its_item_and_is_a_revision_when_it_comes() {
    let mut world = World::new(true);
    world.shows(&[("a", "Storm")]).await;
    world.page_is("a", PageArrived::Missing(Issue::new(Stage::Fetch, "page_unavailable", "404"))).await;
    world.check(&["Storm"]).await;
    let Content::Item(observed) = &world.frames().await[0].contents[0] else { panic!() };
    assert!(observed.page_missing.is_some());
    assert_eq!(world.shows(&[("a", "Storm")]).await.new_items, 0);
    assert_eq!(world.page("a", "text").await, 1);
    world.check(&["Storm", "Storm + text"]).await;
}

#[tokio::test]
async fn damage_and_holes_are_loud_and_published_frames_are_trimmed() {
    let mut world = World::new(false);
    for title in ["one", "two", "three"] {
        world.shows(&[("a", title)]).await;
    }
    let intake = world.intake().clone();
    let later = world.now + jiff::SignedDuration::from_secs(4 * 86_400);
    intake.trim(2, Some(later)).await.unwrap();
    assert!(matches!(intake.read_from(2, 1).await, Err(StoreError::Corrupt(_))), "a hole above the position");
    assert_eq!(intake.read_from(3, 1).await.unwrap().len(), 1);
    intake.store.write(|tx| tx.execute("UPDATE frame SET poll = 9", [])).await.unwrap();
    assert!(matches!(intake.read_from(3, 1).await, Err(StoreError::Corrupt(_))), "a hash that does not fit");
    intake.trim(3, Some(later)).await.unwrap();
    world.shows(&[("a", "four")]).await;
    assert_eq!(world.intake().read_from(4, 1).await.unwrap()[0].seq, 4, "numbers are never used again");
}

#[tokio::test]
async fn a_full_intake_records_nothing_and_keeps_validators() {
    let mut world = World::new(false);
    world.shows(&[("a", "one")]).await;
    let mut policy = world.intake().policy.as_ref().clone();
    policy.options.max_bytes = 1;
    let small = Intake::new(world.intake().store.clone(), policy);
    small.count_backlog(0).await.unwrap();
    let fetched = Fetched {
        feed: world.feed.id.clone(),
        url: String::new(),
        status: 200,
        headers: Vec::new(),
        body: Default::default(),
        complete: true,
        at: world.now,
    };
    let poll = Poll {
        feed: world.feed.clone(),
        poll: 2,
        at: world.now,
        validators: fetched.validators(),
        body: crate::model::Hash::of_bytes(b""),
        head: FeedHead::default(),
        items: vec![item(&world.feed, "b", "two")],
    };
    assert!(small.append(poll).await.unwrap_err().holds());
    assert_eq!(world.intake().feed(&world.feed).await.unwrap().poll, 1);
}

#[tokio::test]
async fn what_a_killed_item_said_is_erased_from_published_frames() {
    let mut world = World::new(false);
    world.shows(&[("1", "Ferry sinks"), ("2", "Ferry sails")]).await;
    let store = world.intake().store.clone();
    let id = ItemId::new(&world.feed.id, "1");
    let bodies = async || {
        let frames = store.read(|db| frames::read_from(db, 1, 1 << 20)).await.unwrap();
        let contents = frames.into_iter().flat_map(|frame| frame.contents);
        let body = |content| matches!(content, Content::Item(observed) if observed.item.content.is_some());
        contents.map(body).collect::<Vec<_>>()
    };
    world.intake().note_killed(vec![id.clone()]).await.unwrap();
    world.intake().trim(1, Some(world.now)).await.unwrap();
    assert_eq!(bodies().await, [true, true], "the committed state knows of no kill");
    let state = serde_json::json!({
        "v": 1, "feed": world.feed.id, "revision": 2, "hash": "h", "relation": "original", "of": null, "story": null,
        "agency": null, "first_seen": world.now, "touched": world.now, "signature": null, "killed": true,
    });
    let change = crate::model::StateChange::set(crate::model::state_key::item(&id), &state);
    store.write(move |tx| crate::store::image::apply(tx, &[change])).await.unwrap();
    world.intake().trim(1, Some(world.now)).await.unwrap();
    assert_eq!(bodies().await, [false, true]);
}

#[tokio::test]
async fn a_push_is_a_part_of_the_feed_and_no_poll() {
    let mut world = World::new(false);
    assert_eq!(world.pushed(&[("a", "Storm")]).await, None, "before the first poll nobody knows what is old");
    for _ in 0..3 {
        world.shows(&[("a", "Storm"), ("b", "Vote")]).await;
    }
    assert_eq!(world.pushed(&[("c", "Flood"), ("b", "Vote")]).await, Some(1));
    world.restart();
    assert_eq!(world.pushed(&[("c", "Flood")]).await, Some(0));
    let facts = world.intake().feed(&world.feed).await.unwrap();
    assert_eq!((facts.poll, facts.validators.etag.as_deref()), (3, Some("\"3\"")), "a push vouches for nothing");
    let appended = world.shows(&[("c", "Flood"), ("d", "Trial")]).await;
    assert_eq!((appended.new_items, appended.gap), (1, false), "what was pushed has not been missed");
    assert!(world.shows(&[("x", "Fire")]).await.gap, "what was not pushed may have been");

    // A push that comes late, or again, brings nothing back and disturbs no counting of polls.
    assert_eq!(world.pushed(&[("c", "Flood grows")]).await, Some(1));
    for _ in 0..4 {
        assert_eq!(world.pushed(&[("c", "Flood")]).await, Some(0));
    }
    assert_eq!(world.shows(&[("c", "Flood")]).await.new_items, 0);
    assert_eq!(world.pushed(&[("c", "Flood grows")]).await, Some(0));
    assert_eq!((world.same_again().await, world.same_again().await), (0, 1), "the feed shows it three times in a row");
    world.check(&["Storm", "Vote", "Flood", "Trial", "Fire", "Flood grows", "Flood"]).await;
}

#[tokio::test]
async fn pushes_and_polls_wait_for_one_page_in_their_order() {
    let mut world = World::new(true);
    world.shows(&[("a", "One")]).await;
    assert_eq!(world.pushed(&[("a", "Two")]).await, Some(1));
    assert_eq!(world.pushed(&[("a", "Three")]).await, Some(1));
    assert_eq!(world.shows(&[("a", "Four")]).await.new_items, 1);
    assert_eq!(world.page("a", "text").await, 4);
    world.check(&["One + text", "Two + text", "Three + text", "Four + text"]).await;
}

#[tokio::test]
async fn the_clock_of_a_feed_is_learnt_and_never_moves_what_was_read() {
    let mut world = World::new(false);
    let dated = |world: &World, hour: i64| {
        // Published five minutes before the poll of its hour, on a wall three hours ahead.
        let at = "2020-10-01T08:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(hour);
        let wall = at + jiff::SignedDuration::from_mins(3 * 60 - 5);
        let mut item = item(&world.feed, &format!("{hour}"), "Storm");
        item.published = Some(StatedTime::Instant(wall, jiff::tz::Offset::UTC));
        item.published_raw = Some(wall.to_string());
        item.without_zone.published = true;
        item.issues = vec![Issue::new(Stage::Parse, "date_without_zone", "published: \"x\" is read as UTC")];
        item
    };
    for hour in 0..9 {
        world.now = "2020-10-01T08:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(hour);
        let items = (0..=hour).map(|hour| dated(&world, hour)).collect();
        assert_eq!(world.brings(items).await.new_items, 1);
        world.restart();
    }
    let mut offsets = Vec::new();
    for content in world.frames().await.into_iter().flat_map(|frame| frame.contents) {
        let Content::Item(observed) = content else { continue };
        let StatedTime::Instant(moment, offset) = observed.item.published.unwrap() else { panic!() };
        let is_learnt = observed.item.issues[0].detail.contains("read as +03: the feed's clock");
        assert_eq!((is_learnt, is_learnt), (!observed.item.without_zone.published, offset.seconds() == 3 * 3600));
        offsets.push((offset.to_datetime(moment).hour(), is_learnt));
    }
    // What stood in the first document says nothing, and five later entries must agree.
    let learnt = [false, false, false, false, false, false, true, true, true];
    assert_eq!(offsets, (10..).zip(learnt).collect::<Vec<_>>());
    // An entry that was read before is read again as it was, whatever else of it changes.
    let mut first = dated(&world, 0);
    first.title = Some("Storm, corrected".to_owned());
    assert_eq!(world.brings(vec![first]).await.new_items, 1);
    let Some(Content::Item(again)) = world.frames().await.pop().unwrap().contents.pop() else { panic!() };
    assert_eq!(again.item.published.unwrap().to_string(), "2020-10-01T10:55:00Z");
}

#[tokio::test]
async fn what_is_deleted_while_it_waits_for_its_page_is_not_told() {
    let mut world = World::new(true);
    let deleted = |world: &World, name: &str| {
        let mut item = Item::new(ItemId::new(&world.feed.id, name), world.feed.id.clone());
        item.deleted = true;
        item
    };
    world.shows(&[("a", "Storm"), ("b", "Calm")]).await;
    let deletions = vec![deleted(&world, "a"), deleted(&world, "never seen")];
    assert_eq!(world.brings(deletions.clone()).await.new_items, 1);
    assert_eq!(world.brings(deletions).await.new_items, 0, "once");
    assert_eq!((world.page("a", "text").await, world.page("b", "text").await), (0, 1));
    let contents: Vec<Content> = world.frames().await.into_iter().flat_map(|frame| frame.contents).collect();
    let [Content::Item(note), Content::Item(told)] = contents.as_slice() else { panic!("{contents:?}") };
    assert_eq!((note.item.deleted, told.item.title.as_deref()), (true, Some("Calm")));
}
