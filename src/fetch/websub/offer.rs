//! Pure: which hubs a feed's response names, and what it calls itself.
//!
//! `Link` headers are asked first, as the Recommendation says; what they leave open, the head of the document answers:
//! Atom's and RSS's `link` elements, JSON Feed's `hubs` and `feed_url`. Entries are passed over: what stands in them is
//! no word of the feed.

use crate::{
    fetch::link,
    markup::{
        encoding,
        tokens::{Token, Tokens},
    },
    model::{Fetched, Stage},
};
use serde::Deserialize;
use url::Url;

/// So much of an XML document is read: its head, before the entries as a rule.
const HEAD: usize = 64 << 10;
/// Hubs that are kept of one feed.
const MOST_HUBS: usize = 4;
/// A longer address is no address of a hub or feed.
const LONGEST: usize = 2 << 10;

/// What a feed offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The address under which hubs know it: what it calls itself, else where it was found.
    pub topic: String,
    /// Its hubs, in the order it names them.
    pub hubs: Vec<String>,
}

/// The offer of a feed's response, if it makes one.
pub fn offer(fetched: &Fetched) -> Option<Offer> {
    let links = link::of_headers(fetched);
    let stated =
        |relation: &str| links.iter().filter(|link| link.is(relation)).map(|link| link.target.clone()).collect();
    let mut named = Named { hubs: stated("hub"), selves: stated("self") };
    if named.hubs.is_empty() || named.selves.is_empty() {
        let Named { hubs, selves } = in_document(fetched);
        if named.hubs.is_empty() {
            named.hubs = hubs;
        }
        if named.selves.is_empty() {
            named.selves = selves;
        }
    }
    let mut hubs: Vec<String> = Vec::new();
    for hub in named.hubs.into_iter().filter_map(address) {
        if !hubs.contains(&hub) && hubs.len() < MOST_HUBS {
            hubs.push(hub);
        }
    }
    if hubs.is_empty() {
        return None;
    }
    let topic = named.selves.into_iter().find_map(address).unwrap_or_else(|| fetched.url.clone());
    Some(Offer { topic, hubs })
}

#[derive(Default)]
struct Named {
    hubs: Vec<Url>,
    selves: Vec<Url>,
}

fn address(mut url: Url) -> Option<String> {
    url.set_fragment(None);
    let sound = matches!(url.scheme(), "http" | "https") && url.host().is_some() && url.as_str().len() <= LONGEST;
    (sound && url.username().is_empty() && url.password().is_none()).then(|| url.to_string())
}

fn in_document(fetched: &Fetched) -> Named {
    let Ok(base) = Url::parse(&fetched.url) else { return Named::default() };
    let start = fetched.body.iter().find(|byte| !byte.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(byte));
    if start == Some(&b'{') {
        return in_json(&fetched.body, &base);
    }
    let head = fetched.body.get(..fetched.body.len().min(HEAD)).unwrap_or_default();
    let decoded = encoding::decode(Stage::Fetch, head, fetched.header("content-type"), &fetched.url);
    in_markup(&decoded.text, &base)
}

fn in_markup(text: &str, base: &Url) -> Named {
    let mut named = Named::default();
    let mut tokens = Tokens::new(text, 0);
    while let Some(token) = tokens.next() {
        let Token::Open(tag) = token else { continue };
        match tag.name.rsplit(':').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            // One that does not end within what is read is the last thing in it.
            "item" | "entry" if !tag.closed && !tokens.skip_past_end(tag.name) => break,
            "link" => {
                let attribute = |name: &str| {
                    tag.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
                };
                let (Some(relations), Some(href)) = (attribute("rel"), attribute("href")) else { continue };
                let Ok(target) = base.join(href) else { continue };
                for relation in relations.split_ascii_whitespace() {
                    match relation.to_ascii_lowercase().as_str() {
                        "hub" => named.hubs.push(target.clone()),
                        "self" => named.selves.push(target.clone()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    named
}

fn in_json(body: &[u8], base: &Url) -> Named {
    #[derive(Deserialize)]
    struct Feed {
        feed_url: Option<String>,
        #[serde(default)]
        hubs: Vec<Hub>,
    }
    #[derive(Deserialize)]
    struct Hub {
        #[serde(default, rename = "type")]
        kind: String,
        url: String,
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let Ok(feed) = serde_json::from_slice::<Feed>(body) else { return Named::default() };
    // JSON Feed knows other kinds of hubs (rssCloud), which speak otherwise.
    let hubs = feed.hubs.iter().filter(|hub| hub.kind.eq_ignore_ascii_case("websub"));
    Named {
        hubs: hubs.filter_map(|hub| base.join(&hub.url).ok()).collect(),
        selves: feed.feed_url.iter().filter_map(|url| base.join(url).ok()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[&str], body: &str, expected: Option<(&str, &[&str])>) {
        let fetched = Fetched {
            feed: "a".into(),
            url: "https://wire.example/rss".to_owned(),
            status: 200,
            headers: headers.iter().map(|value| ("link".to_owned(), (*value).to_owned())).collect(),
            body: bytes::Bytes::copy_from_slice(body.as_bytes()),
            complete: true,
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        let expected = expected.map(|(topic, hubs)| Offer {
            topic: topic.to_owned(),
            hubs: hubs.iter().map(|hub| (*hub).to_owned()).collect(),
        });
        assert_eq!(offer(&fetched), expected, "{headers:?} {body}");
    }

    const ATOM: &str = "<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><link rel='hub' href='https://hub.example/'/>\
        <link rel='self' href='/atom'/><entry><link rel='hub' href='https://evil.example/'/></entry></feed>";

    #[test]
    fn headers_are_asked_first_and_the_document_for_the_rest() {
        let both = "<https://push.example/>; rel=hub, <https://wire.example/canonical>; rel=\"self\"";
        check(&[both], ATOM, Some(("https://wire.example/canonical", &["https://push.example/"])));
        check(
            &["<https://push.example/>; rel=hub"],
            ATOM,
            Some(("https://wire.example/atom", &["https://push.example/"])),
        );
        check(&[], ATOM, Some(("https://wire.example/atom", &["https://hub.example/"])));
    }

    #[test]
    fn every_format_says_it_in_its_own_way() {
        let rss = "<rss xmlns:atom='http://www.w3.org/2005/Atom'><channel><link>https://wire.example/</link>\
            <item><title>x</title></item><atom:link rel=\"hub\" href=\"https://hub.example/\"/>\
            <atom10:link REL='hub' href='//two.example/h?a=1&amp;b=2'/></channel></rss>";
        check(&[], rss, Some(("https://wire.example/rss", &["https://hub.example/", "https://two.example/h?a=1&b=2"])));
        let json = "{\"version\":\"https://jsonfeed.org/version/1.1\",\"feed_url\":\"https://wire.example/feed.json\",\
            \"hubs\":[{\"type\":\"rssCloud\",\"url\":\"https://no.example/\"},{\"type\":\"WebSub\",\"url\":\"https://hub.example/\"}],\
            \"items\":[{\"id\":1}]}";
        check(&[], json, Some(("https://wire.example/feed.json", &["https://hub.example/"])));
    }

    #[test]
    fn what_is_no_offer_is_none() {
        check(&[], "<rss><channel><item><link rel='hub' href='https://evil.example/'/></item></channel></rss>", None);
        check(&["<https://wire.example/rss>; rel=self"], "<rss/>", None);
        check(&["<javascript:alert(1)>; rel=hub", "<https://user:pw@hub.example/>; rel=hub"], "<rss/>", None);
        check(&[], "", None);
    }
}
