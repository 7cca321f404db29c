//! Addresses without secrets, as they may be logged, shown and published.

use url::Url;

/// The address without user info, query values and fragment; keys of the query stay.
///
/// What is no address at all is replaced whole, for nobody knows what stands in it.
pub fn redact(address: &str) -> String {
    match Url::parse(address) {
        Ok(url) => redact_url(&url),
        Err(_) => "(not an address)".to_owned(),
    }
}

/// The same for an address that has been read already.
pub(super) fn redact_url(url: &Url) -> String {
    let mut url = url.clone();
    // Addresses that cannot carry user info refuse to have it changed, and have none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    if let Some(query) = url.query() {
        let keys: Vec<String> = query
            .split('&')
            .map(|pair| match pair.split_once('=') {
                Some((key, _)) => format!("{key}=..."),
                // A bare word may be a token as well as a key.
                None => "...".to_owned(),
            })
            .collect();
        url.set_query(Some(&keys.join("&")));
    }
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, shown: &str) {
        assert_eq!(redact(address), shown);
    }

    #[test]
    fn secrets_are_left_out() {
        check("https://wire.example/rss.xml", "https://wire.example/rss.xml");
        check(
            "https://user:pass@wire.example/a?key=SECRET&format=rss#part",
            "https://wire.example/a?key=...&format=...",
        );
        check("https://wire.example/a?SECRET", "https://wire.example/a?...");
        check("not an address SECRET", "(not an address)");
    }
}
