//! What must not be shown: by the name of a key, by the look of a part of an address.

use url::Url;

/// Stands for a secret.
const HIDDEN: &str = "***";

/// Whether a key's value must never be shown. The name of the file or the variable that holds a secret is none.
pub(super) fn is_secret(key: &str) -> bool {
    let words = ["password", "passphrase", "secret", "token", "bearer", "cookie", "pem", "jaas", "oauthbearer.config"];
    words.iter().any(|word| key.contains(word)) && !key.ends_with("_file") && !key.ends_with("_env")
}

/// A value as it may be shown beside its key.
pub(super) fn masked(key: &str, value: &str) -> String {
    if is_secret(key) {
        return HIDDEN.to_owned();
    }
    match Url::parse(value) {
        Ok(url) if url.has_host() => masked_address(url).unwrap_or_else(|| value.to_owned()),
        _ => value.to_owned(),
    }
}

/// An address with its secrets replaced; none when it has none.
fn masked_address(mut url: Url) -> Option<String> {
    let before = url.clone();
    if url.password().is_some() || !url.username().is_empty() {
        let _ = (url.set_username(HIDDEN), url.set_password(None));
    }
    let segments = url.path().split('/').map(|part| if in_path(part) { HIDDEN } else { part });
    let path = segments.collect::<Vec<_>>().join("/");
    url.set_path(&path);
    if let Some(query) = url.query() {
        let shown = |pair: &str| match pair.split_once('=') {
            _ if !in_query(pair) => pair.to_owned(),
            Some((key, value)) if !value.is_empty() => format!("{key}={HIDDEN}"),
            _ => HIDDEN.to_owned(),
        };
        let query = query.split('&').map(shown).collect::<Vec<_>>().join("&");
        url.set_query(Some(&query));
    }
    // No server is sent it, so it is nothing that a feed needs.
    if url.fragment().is_some_and(|part| !part.is_empty()) {
        url.set_fragment(Some(HIDDEN));
    }
    (url != before).then(|| url.to_string())
}

/// Keys of a query whose values are nobody else's business.
const SECRET_KEYS: [&str; 22] = [
    "key",
    "apikey",
    "api_key",
    "api-key",
    "token",
    "access_token",
    "auth",
    "authkey",
    "secret",
    "password",
    "passwd",
    "pass",
    "pwd",
    "sig",
    "signature",
    "session",
    "sid",
    "user",
    "username",
    "login",
    "uid",
    "code",
];
/// Keys whose values look like secrets and are none.
const PUBLIC_KEYS: [&str; 4] = ["channel_id", "playlist_id", "feed", "list"];

/// Whether `key=value` or a bare word of a query may be a secret.
pub(super) fn in_query(pair: &str) -> bool {
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    let lower = key.to_ascii_lowercase();
    let random = |text: &str| text.len() >= 16 && looks_random(text) && !PUBLIC_KEYS.contains(&lower.as_str());
    SECRET_KEYS.contains(&lower.as_str()) || random(value) || value.is_empty() && random(key)
}

/// Whether a part of a path may be one.
pub(super) fn in_path(part: &str) -> bool {
    part.to_ascii_lowercase().starts_with("private") || part.len() >= 24 && looks_random(part)
}

/// Letters and digits in a row as no language writes them: at least a third of them digits among letters, or both cases
/// and digits mixed.
fn looks_random(text: &str) -> bool {
    let count = |test: fn(&char) -> bool| text.chars().filter(test).count();
    let (digits, lower, upper) =
        (count(char::is_ascii_digit), count(char::is_ascii_lowercase), count(char::is_ascii_uppercase));
    let longest = text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::len).max().unwrap_or(0);
    let letters = lower + upper;
    longest >= 12 && digits > 0 && letters > 0 && (upper > 0 && lower > 0 || 4 * digits >= letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, value: &str, shown: &str) {
        assert_eq!(masked(key, value), shown);
    }

    #[test]
    fn secrets_are_replaced_and_the_rest_stays_as_it_is_written() {
        check("sasl.password", "hunter2", "***");
        check("sasl.password_file", "/run/secrets/kafka", "/run/secrets/kafka");
        check("bootstrap_servers", "broker:9092", "broker:9092");
        check("url", "HTTPS://Wire.example", "HTTPS://Wire.example");
        check("url", "https://a.example/rss?token=hunter2&lang=en", "https://a.example/rss?token=***&lang=en");
        check("url", "https://a.example/rss?Abc123Def456Ghi789", "https://a.example/rss?***");
        check("url", "https://a.example/private-9f8a7b/basic.xml", "https://a.example/***/basic.xml");
        check("url", "https://a.example/rss#access_token=hunter2", "https://a.example/rss#***");
        check("proxy", "http://me:pw@proxy.example/", "http://***@proxy.example/");
    }
}
