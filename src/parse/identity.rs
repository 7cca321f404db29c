//! Which entry is which: names that stay the same from poll to poll.
//!
//! The rule, in order: the guid; else the canonical link (without tracking parameters); else a hash of the content. When
//! one document gives one name to entries of different content, the guid is evidently not unique there, and these
//! entries are named by guid and link together, and if that does not part them, by guid and title. An entry that stands twice
//! with the same content is one entry. The position in the document never counts, and neither does a date.

use crate::model::{FeedId, Issue, Item, ItemId, Stage};
use crate::quirks::canonical_url;
use std::collections::{HashMap, HashSet};

/// Names the items of one document and drops exact repeats.
pub(super) fn name(feed: &FeedId, items: Vec<Item>, issues: &mut Vec<Issue>) -> Vec<Item> {
    let names: Vec<String> = items.iter().map(identity).collect();
    let mut met = HashSet::new();
    let shared: HashSet<&String> = names.iter().filter(|plain| !met.insert(*plain)).collect();
    // Nearly every name stands once, and then nobody asks what its entry says.
    let contents: Vec<Option<String>> =
        (items.iter().zip(&names)).map(|(item, plain)| shared.contains(plain).then(|| item.content_hash().0)).collect();
    let mut clashes: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (plain, content) in names.iter().zip(&contents) {
        clashes.entry(plain).or_default().extend(content.as_deref());
    }
    let mut seen: HashSet<(ItemId, &str)> = HashSet::new();
    let mut taken: HashSet<ItemId> = HashSet::new();
    let (mut repeats, mut reused) = (0_usize, 0_usize);
    let mut named = Vec::with_capacity(items.len());
    for ((mut item, plain), content) in items.into_iter().zip(&names).zip(&contents) {
        let content = content.as_deref().unwrap_or_default();
        let clash = clashes.get(plain.as_str()).is_some_and(|contents| contents.len() > 1);
        item.id = ItemId::new(feed, plain);
        if clash {
            let link = item.link.as_deref().and_then(canonical_url).unwrap_or_default();
            item.id = ItemId::new(feed, &format!("{plain}\n{link}"));
            if taken.contains(&item.id) && !seen.contains(&(item.id.clone(), content)) {
                item.id = ItemId::new(feed, &format!("{plain}\n{link}\n{}", item.title.as_deref().unwrap_or_default()));
            }
            if taken.contains(&item.id) && !seen.contains(&(item.id.clone(), content)) {
                item.id = ItemId::new(feed, &format!("{plain}\n{content}"));
            }
        }
        if !seen.insert((item.id.clone(), content)) && !content.is_empty() {
            repeats += 1;
            continue;
        }
        if clash {
            reused += 1;
            item.issues.push(Issue::new(
                Stage::Parse,
                "identity_not_unique",
                "another entry of the document has the same guid or link; named with its link or title as well",
            ));
        }
        if item.guid.is_none() {
            let (code, detail) = match &item.link {
                Some(_) => ("guid_missing", "named by its link"),
                None => ("guid_missing", "named by a hash of its content; a change of it makes another item"),
            };
            item.issues.push(Issue::new(Stage::Parse, code, detail));
        }
        taken.insert(item.id.clone());
        named.push(item);
    }
    if repeats > 0 {
        issues.push(Issue::new(
            Stage::Parse,
            "repeated_entry",
            format!("{repeats} × entry that stands twice in the document, taken once"),
        ));
    }
    if reused > 0 {
        issues.push(Issue::new(
            Stage::Parse,
            "identity_not_unique",
            format!("{reused} × entry that shares its guid or link with another"),
        ));
    }
    named
}

/// The name of an item that has this guid.
pub(super) fn of_guid(feed: &FeedId, guid: &str) -> ItemId {
    ItemId::new(feed, &format!("guid:{guid}"))
}

/// What names an item: guid, else canonical link, else content.
fn identity(item: &Item) -> String {
    if let Some(guid) = &item.guid {
        return format!("guid:{guid}");
    }
    match item.link.as_deref().map(|link| canonical_url(link).unwrap_or_else(|| link.to_owned())) {
        Some(link) => format!("link:{link}"),
        None => format!("content:{}", item.content_hash()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(guid: Option<&str>, link: Option<&str>, title: &str) -> Item {
        let mut item = Item::new(ItemId(String::new()), "f".into());
        item.guid = guid.map(str::to_owned);
        item.link = link.map(str::to_owned);
        item.title = Some(title.to_owned());
        item
    }

    #[track_caller]
    fn check(items: Vec<Item>, distinct: usize, code: Option<&str>) -> Vec<ItemId> {
        let mut issues = Vec::new();
        let named = name(&"f".into(), items, &mut issues);
        let ids: HashSet<_> = named.iter().map(|item| item.id.clone()).collect();
        assert_eq!((named.len(), ids.len()), (distinct, distinct));
        assert_eq!(issues.first().map(|issue| issue.code.as_str()), code);
        named.into_iter().map(|item| item.id).collect()
    }

    #[test]
    fn names_follow_the_rule() {
        let first = check(vec![item(Some("1"), Some("http://a.example/x"), "A")], 1, None);
        let again = check(vec![item(Some("1"), Some("http://a.example/y"), "A, updated")], 1, None);
        assert_eq!(first, again);
        let link = check(vec![item(None, Some("http://a.example/x?utm_source=rss"), "A")], 1, None);
        let same = check(vec![item(None, Some("http://a.example/x"), "B")], 1, None);
        assert_eq!(link, same);
        check(vec![item(None, None, "A"), item(None, None, "B")], 2, None);
    }

    #[test]
    fn repeats_are_dropped_and_reused_guids_parted() {
        check(vec![item(Some("1"), None, "A"), item(Some("1"), None, "A")], 1, Some("repeated_entry"));
        check(
            vec![item(Some("1"), Some("http://a.example/x"), "A"), item(Some("1"), Some("http://a.example/y"), "B")],
            2,
            Some("identity_not_unique"),
        );
        check(
            vec![item(Some("1"), None, "A"), item(Some("1"), None, "B"), item(Some("1"), None, "B")],
            2,
            Some("repeated_entry"),
        );
    }
}
