//! Links without what publishers and networks hang onto them to follow readers.
//!
//! In: an absolute address. Out: the same address as it names the page: no tracking parameters, no fragment, the host in
//! lower case, no default port. The scheme and every other parameter stay: they may choose the story.

use url::Url;

/// Parameters that never choose what a page shows; a name that ends in `*` is a prefix.
const TRACKING: [&str; 42] = [
    "utm_*",
    "ga_*",
    "hsa_*",
    "mc_*",
    "mkt_tok",
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "ysclid",
    "twclid",
    "igshid",
    "ttclid",
    "li_fat_id",
    "vero_*",
    "_hsenc",
    "_hsmi",
    "oly_*",
    "rb_clickid",
    "s_cid",
    "wt_mc",
    "wt.mc_id",
    "ns_*",
    "at_*",
    "ftag",
    "cmpid",
    "ncid",
    "icid",
    "ocid",
    "xtor",
    "spm",
    "piwik_*",
    "pk_*",
    "mtm_*",
    "__twitter_impression",
    "_ga",
    "guccounter",
    "smid",
];

/// The address without tracking; none when it is not an http address.
pub fn canonical_url(address: &str) -> Option<String> {
    let mut url = Url::parse(address.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_fragment(None);
    if url.query().is_some() {
        let kept: Vec<&str> =
            url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect();
        let query = kept.join("&");
        url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
    }
    Some(url.into())
}

fn is_tracking(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    TRACKING.iter().any(|known| match known.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == *known,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: Option<&str>) {
        assert_eq!(canonical_url(address).as_deref(), expected);
    }

    #[test]
    fn what_follows_readers_goes_and_what_chooses_the_story_stays() {
        check("HTTPS://News.Example:443/a?id=7&utm_source=rss&UTM_medium=x#top", Some("https://news.example/a?id=7"));
        check("http://news.example/?fbclid=abc", Some("http://news.example/"));
        check("http://news.example/story?page=2&ref=x", Some("http://news.example/story?page=2&ref=x"));
        check("mailto:desk@news.example", None);
        check("/story", None);
    }
}
