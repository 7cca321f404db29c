//! Bytes of a page to an article, with the first byte choosing headers: no crash, no hang, and what holds of every outcome.
#![no_main]

use dateline_fuzz::{
    clean::{self, Begun},
    model::Feed,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let types = [None, Some("text/html; charset=windows-1251"), Some("text/html; charset=utf-16"), Some("text/plain")];
    let url = "http://wire.example/2020/09/29/story";
    let content_type = types[usize::from(*choice) % 4];
    let article = clean::page(&Feed::new("f", "http://wire.example/"), Some(url), content_type, bytes);
    assert!(article.issues.iter().all(|issue| issue.code != "extraction_failed"), "no part of the reader may panic");
    assert!(!article.body.is_empty() || !article.issues.is_empty(), "an empty article says why");
    assert!(article.body.len() <= 4 * bytes.len() + 64, "nothing blows up");
    assert!(article.headline.as_deref().is_none_or(|line| !line.contains('\n') && !line.is_empty()));
    assert!(article.authors.len() <= 12 && article.authors.iter().all(|author| author.name.is_some()));
    let begun = (choice & 4 == 4).then_some(Begun { first: url, number: 2 });
    let part = clean::page_part(begun, url, content_type, bytes);
    assert!(part.next.is_none_or(|next| next.starts_with("http://wire.example/2020/09/29/story")));
});
