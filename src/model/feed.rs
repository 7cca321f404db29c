//! Who we poll and what we know of the publisher.

use crate::model::{Auth, units};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};
use url::Url;

/// The stable name of a feed, given by the operator: it names the feed in records, keys, metrics and logs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FeedId(pub String);

impl fmt::Display for FeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for FeedId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

/// How much of a feed's past is published when the feed is seen for the first time; the rest is remembered only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Backfill {
    /// Everything that is in the feed.
    #[serde(rename = "all")]
    All,
    /// What was published within 24 hours of the newest item in the feed; undated items too.
    #[serde(rename = "24h")]
    Day,
    /// Nothing.
    #[serde(rename = "none")]
    None,
}

/// One feed, as a `[[feed]]` block of the feed list configures it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// Stable; names the feed everywhere. Lower-case letters, digits, `-`, `_` and `.`.
    pub id: FeedId,
    /// The address, http or https.
    pub url: String,
    /// What to call it; default is the title that the feed gives itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The agency that writes it; a hint where the text names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// BCP 47 language of its stories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Near-duplicates are sought within one domain where the roles are split; default is the primary subtag of
    /// `language`. Lower-case letters, digits and `-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// ISO 3166-1 alpha-2 country of the publisher: places and money of a story that names no country are its.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Time between polls; default is `fetch.default_interval`.
    #[serde(default, with = "units::duration::option", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub interval: Option<Duration>,
    /// The shortest time between polls that the daemon may choose for this feed, however much it brings; default is
    /// `fetch.min_interval`.
    #[serde(default, with = "units::duration::option", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub min_interval: Option<Duration>,
    /// Fetch the article's page, because the feed carries only a lead.
    #[serde(default)]
    pub full_text: bool,
    /// Whether its hub is asked to push, where it names one and `fetch.websub.callback` is set.
    #[serde(default = "yes")]
    pub websub: bool,
    /// Folders and labels of the operator's own, such as `World/Asia`; they go through OPML and mean nothing else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Opens exactly these otherwise refused `HOST:PORT` addresses, for this feed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// How its server knows us: references to secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Box<Auth>>,
    /// A file of PEM certificates that are trusted for this feed, besides those of the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// A PEM file with our certificate for its server, and the key unless `client_key_file` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_certificate_file: Option<String>,
    /// A PEM file with the certificate's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_key_file: Option<String>,
    /// The proxy through which this feed is fetched instead of `fetch.proxy`; "none" for no proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// How much of its past is published at first sight; default is `fetch.backfill`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backfill: Option<Backfill>,
    /// Items published longer ago than this are remembered, not published.
    #[serde(default, with = "units::duration::option", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub max_age: Option<Duration>,
    /// Only items whose headline or summary contains one of these words (case ignored) are published.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Items whose headline or summary contains one of these words (case ignored) are not published.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Whether to poll it at all.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

impl Feed {
    /// A feed with nothing but its name and address.
    pub fn new(id: &str, url: &str) -> Self {
        Self {
            id: id.into(),
            url: url.to_owned(),
            title: None,
            agency: None,
            language: None,
            domain: None,
            country: None,
            interval: None,
            min_interval: None,
            full_text: false,
            websub: true,
            tags: Vec::new(),
            allow: Vec::new(),
            auth: None,
            ca_file: None,
            client_certificate_file: None,
            client_key_file: None,
            proxy: None,
            backfill: None,
            max_age: None,
            include: Vec::new(),
            exclude: Vec::new(),
            enabled: true,
        }
    }

    /// Within which stories its near-duplicates are sought: what the operator says, else the language, else "und".
    pub fn domain(&self) -> &str {
        // A language's primary subtag is in lower case, or the configuration was refused.
        let language = || self.language.as_deref()?.split('-').next();
        self.domain.as_deref().or_else(language).unwrap_or("und")
    }

    /// The definition as far as the rooms behind the fetcher ask for it: nothing of how it is fetched, so that no secret
    /// leaves its fetcher.
    pub fn to_travel(&self) -> Self {
        Self {
            title: self.title.clone(),
            agency: self.agency.clone(),
            language: self.language.clone(),
            domain: self.domain.clone(),
            country: self.country.clone(),
            full_text: self.full_text,
            backfill: self.backfill,
            max_age: self.max_age,
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            ..Self::new(&self.id.0, &public_address(&self.url).unwrap_or_default())
        }
    }

    /// The host of its address, in lower case and without port; empty where there is none.
    pub fn host(&self) -> String {
        let url = Url::parse(&self.url).ok();
        url.and_then(|url| url.host_str().map(str::to_ascii_lowercase)).unwrap_or_default()
    }
}

/// An address without user info, query and fragment, where tokens hide; what is left still says where to look. None for
/// what is no address.
pub fn public_address(address: &str) -> Option<String> {
    let mut url = Url::parse(address).ok()?;
    // Both fail only for addresses that cannot have user info, which then have none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_duplicates_are_sought_within_a_language_unless_the_operator_says_otherwise() {
        #[track_caller]
        fn check(language: Option<&str>, domain: Option<&str>, expected: &str) {
            let mut feed = Feed::new("a", "https://wire.example/");
            feed.language = language.map(str::to_owned);
            feed.domain = domain.map(str::to_owned);
            assert_eq!(feed.domain(), expected);
        }
        check(None, None, "und");
        check(Some("pt-BR"), None, "pt");
        check(Some("en"), Some("sport"), "sport");
    }

    #[test]
    fn a_host_is_written_in_one_way() {
        assert_eq!(Feed::new("a", "https://user@Wire.EXAMPLE:8443/rss?x=1").host(), "wire.example");
        assert_eq!(Feed::new("a", "").host(), "");
    }

    #[test]
    fn no_secret_leaves_the_fetcher() {
        let mut feed = Feed::new("a", "https://desk:hunter2@wire.example/rss?token=hunter2#hunter2");
        feed.auth = Some(Box::new(Auth { bearer_env: Some("HUNTER2".to_owned()), ..Auth::default() }));
        feed.ca_file = Some("/run/hunter2".to_owned());
        feed.client_certificate_file = Some("/run/hunter2".to_owned());
        feed.client_key_file = Some("/run/hunter2".to_owned());
        feed.proxy = Some("http://hunter2.example".to_owned());
        feed.allow = vec!["hunter2:80".to_owned()];
        feed.tags = vec!["hunter2".to_owned()];
        feed.language = Some("en".to_owned());
        let written = serde_json::to_string(&feed.to_travel()).unwrap();
        assert!(!written.to_lowercase().contains("hunter2"), "{written}");
        assert!(written.contains("https://wire.example/rss") && written.contains("\"language\":\"en\""), "{written}");
    }
}
