//! Bytes of a feed to items, with the first byte choosing headers: no crash, no hang, and what holds of every outcome.
#![no_main]

use dateline_fuzz::{
    model::{Feed, Fetched},
    parse,
};
use libfuzzer_sys::fuzz_target;
use std::{collections::HashSet, sync::Once};

/// A panic within feed-rs is caught where it is called and counts for nothing; one of ours ends the process all the same,
/// because it cannot unwind out of the target.
static SAY_AND_GO_ON: Once = Once::new();

fuzz_target!(|input: &[u8]| {
    SAY_AND_GO_ON.call_once(|| std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))));
    let Some((choice, body)) = input.split_first() else { return };
    let types = ["application/rss+xml", "text/xml; charset=windows-1251", "application/json", "text/html; charset=utf-16"];
    let url = "http://wire.example/d/feed";
    let fetched = Fetched {
        feed: "f".into(),
        url: url.to_owned(),
        status: 200,
        headers: vec![("content-type".to_owned(), types[usize::from(*choice) % 4].to_owned())],
        body: bytes::Bytes::copy_from_slice(body),
        complete: choice & 4 == 0,
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    let Ok(parsed) = parse::feed(&Feed::new("f", url), &fetched) else { return };
    let again = parse::feed(&Feed::new("f", url), &fetched).ok();
    assert_eq!(again.as_ref(), Some(&parsed), "the same bytes are the same items");
    let ids: HashSet<_> = parsed.items.iter().map(|item| &item.id).collect();
    assert_eq!(ids.len(), parsed.items.len(), "no two items of a document have one name");
    assert!(!parsed.items.is_empty() || !parsed.issues.is_empty(), "an empty feed says why");
    for item in &parsed.items {
        let text = [&item.title, &item.summary, &item.content].into_iter().flatten().map(String::len).sum::<usize>();
        assert!(text <= 1024 * 1024, "texts are bounded");
        assert!(item.title.as_deref().is_none_or(|title| !title.contains('\n') && !title.is_empty()));
        assert!(item.link.as_deref().is_none_or(|link| !link.starts_with("javascript:")));
    }
});
