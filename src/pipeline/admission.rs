//! Policy: whether a revision may be published at all, before anything is compared.
//!
//! A function of the feed's settings and the revision alone, so that the same frame is always judged alike.

use crate::model::{Admission, Backfill, Feed, Observed, SuppressReason};
use jiff::{SignedDuration, Timestamp};

/// What the window of `backfill = "24h"` spans.
const BACKFILL_WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// Decides about one revision, observed at `now`. The feed says how much of its past is wanted, or all of it is.
pub(super) fn admission(feed: &Feed, observed: &Observed, now: Timestamp) -> Admission {
    let item = &observed.item;
    if item.deleted {
        return Admission::Publish;
    }
    let published = item.published.map(|time| time.utc());
    if let Some(newest) = observed.first_sight {
        let inside = match feed.backfill.unwrap_or(Backfill::All) {
            Backfill::All => true,
            Backfill::None => false,
            // Counts back from the newest story, not from now: a feed that rests is as new to us as any other. What
            // has no date may be new.
            Backfill::Day => published.is_none_or(|published| newest.duration_since(published) <= BACKFILL_WINDOW),
        };
        if !inside {
            return Admission::Remember(SuppressReason::Backfill);
        }
    }
    if let (Some(limit), Some(published)) = (feed.max_age, published)
        && now.duration_since(published) > SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX)
    {
        return Admission::Remember(SuppressReason::MaxAge);
    }
    if !passes_filters(feed, observed) {
        return Admission::Remember(SuppressReason::Filtered);
    }
    Admission::Publish
}

fn passes_filters(feed: &Feed, observed: &Observed) -> bool {
    if feed.include.is_empty() && feed.exclude.is_empty() {
        return true;
    }
    let texts = [&observed.item.title, &observed.item.summary];
    let text = texts.into_iter().flatten().map(|text| text.to_lowercase()).collect::<Vec<_>>().join("\n");
    let names_one_of = |words: &[String]| words.iter().any(|word| text.contains(&word.to_lowercase()));
    (feed.include.is_empty() || names_one_of(&feed.include)) && !names_one_of(&feed.exclude)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Item, ItemId};

    const NOW: &str = "2020-10-02T12:00:00Z";

    #[track_caller]
    fn check(set: impl Fn(&mut Feed), published: Option<&str>, first_sight: bool, expected: Option<SuppressReason>) {
        let mut feed = Feed::new("a", "https://wire.example/");
        set(&mut feed);
        let mut item = Item::new(ItemId("a:1".to_owned()), feed.id.clone());
        item.published = published.map(|text| text.parse().unwrap());
        item.title = Some("Storm nears COAST".to_owned());
        let hash = item.content_hash();
        let first_sight = first_sight.then(|| "2020-10-01T12:00:00Z".parse().unwrap());
        let observed = Observed { item, page: None, page_missing: None, hash, first_sight };
        let expected = expected.map_or(Admission::Publish, Admission::Remember);
        feed.backfill.get_or_insert(Backfill::Day);
        assert_eq!(admission(&feed, &observed, NOW.parse().unwrap()), expected);
    }

    #[test]
    fn backfill_counts_back_from_the_newest_story() {
        check(|_| {}, Some("2020-09-30T13:00:00Z"), true, None);
        check(|_| {}, Some("2020-09-30T11:00:00Z"), true, Some(SuppressReason::Backfill));
        check(|_| {}, Some("2020-09-30T11:00:00Z"), false, None);
        check(|_| {}, None, true, None);
        check(|feed| feed.backfill = Some(Backfill::All), Some("1999-01-01"), true, None);
        check(|feed| feed.backfill = Some(Backfill::None), None, true, Some(SuppressReason::Backfill));
    }

    #[test]
    fn age_and_words() {
        let day = std::time::Duration::from_secs(86_400);
        check(|feed| feed.max_age = Some(day), Some("2020-10-01T11:00:00Z"), false, Some(SuppressReason::MaxAge));
        check(|feed| feed.max_age = Some(day), Some("2020-10-01T13:00:00Z"), false, None);
        check(|feed| feed.include = vec!["coast".to_owned()], None, false, None);
        check(|feed| feed.include = vec!["vote".to_owned()], None, false, Some(SuppressReason::Filtered));
        check(|feed| feed.exclude = vec!["STORM".to_owned()], None, false, Some(SuppressReason::Filtered));
    }
}
