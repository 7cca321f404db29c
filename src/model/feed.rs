//! Who we poll and what we know of the publisher.

use crate::model::{Auth, units};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

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
    /// ISO 3166-1 alpha-2 country of the publisher.
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

    /// The host of its address, in lower case and without port; empty where there is none.
    pub fn host(&self) -> String {
        let url = url::Url::parse(&self.url).ok();
        url.and_then(|url| url.host_str().map(str::to_ascii_lowercase)).unwrap_or_default()
    }
}
