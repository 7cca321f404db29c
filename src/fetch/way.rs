//! The ways to a server: one HTTP client for each.
//!
//! A way is what a connection may lead to ([`Opening`]), through which proxy, with which certificates. Connections are
//! pooled within a way and never lent to another, so what one feed may do does not open anything to the next.

use super::{
    Options, credentials,
    guard::{self, GuardedResolver, Lookup, Opening},
    http::MAX_HEADERS,
    problem::{CREDENTIALS_MISSING, FetchError},
};
use crate::model::{Feed, SecretAt};
use anyhow::Context as _;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Idle connections are kept for this long: enough for a redirect, the next page or another feed of the host, and short
/// enough that ten thousand feeds on as many hosts do not keep thousands of them, of which each takes 26 KiB and more
/// with TLS.
const IDLE: Duration = Duration::from_secs(1);
/// So many of them for each host: the feeds of one publisher come together.
const IDLE_PER_HOST: usize = 4;
/// What a feed writes for `proxy` when it wants none.
pub(crate) const NO_PROXY: &str = "none";

/// One way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Way {
    pub(super) opening: Opening,
    proxy: Option<String>,
    ca: Option<String>,
    /// The files of our certificate and its key.
    identity: Option<(String, Option<String>)>,
}

impl Way {
    /// The way for a feed. Our certificate goes only to the origin that the feed was configured with.
    pub(super) fn new(opening: Opening, feed: &Feed, options: &Options, same_origin: bool) -> Self {
        let proxy = feed.proxy.as_ref().or(options.proxy.as_ref()).filter(|proxy| *proxy != NO_PROXY);
        let identity = feed.client_certificate_file.clone().filter(|_| same_origin);
        Self {
            opening,
            proxy: proxy.cloned(),
            ca: feed.ca_file.clone(),
            identity: identity.map(|certificate| (certificate, feed.client_key_file.clone())),
        }
    }

    /// The ordinary way.
    pub(super) fn public() -> Self {
        Self { opening: Opening::Public, proxy: None, ca: None, identity: None }
    }
}

/// The clients, each made at its first use: as many as the operator wrote different entries.
pub(super) struct Ways {
    options: Options,
    user_agent: String,
    lookup: Lookup,
    clients: Mutex<HashMap<Way, reqwest::Client>>,
}

impl Ways {
    pub(super) fn new(options: &Options, user_agent: &str, lookup: Lookup) -> Self {
        Self { options: options.clone(), user_agent: user_agent.to_owned(), lookup, clients: Mutex::default() }
    }

    /// The client of a way.
    pub(super) fn client(&self, way: &Way) -> Result<reqwest::Client, FetchError> {
        // Held while a client is built, which happens once for each way and never across an await.
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(way) {
            return Ok(client.clone());
        }
        let refuse = |error: anyhow::Error| FetchError::refused(CREDENTIALS_MISSING, format!("{error:#}"));
        let client = self.builder(way).map_err(refuse)?.build().or_else(|error| {
            // A machine without CA certificates can still poll over plain http, and run the demo. With an empty list
            // every TLS handshake fails, which is then said of each feed.
            let without = self.builder(way).map_err(refuse)?.tls_certs_only([]).build();
            let without = without.map_err(|_| refuse(anyhow::Error::new(error).context("no HTTP client")))?;
            if *way == Way::public() {
                tracing::warn!("no CA certificates on this machine: no https address can be fetched");
            }
            Ok::<_, FetchError>(without)
        })?;
        clients.insert(way.clone(), client.clone());
        Ok(client)
    }

    fn builder(&self, way: &Way) -> anyhow::Result<reqwest::ClientBuilder> {
        let limits = &self.options;
        // Behind a proxy only the proxy's own name is resolved here, and the operator wrote it.
        let opening = if way.proxy.is_some() { Opening::Host } else { way.opening.clone() };
        let resolver = GuardedResolver { opening, limit: limits.connect_timeout, lookup: self.lookup.clone() };
        let mut builder = reqwest::Client::builder()
            .user_agent(&self.user_agent)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .dns_resolver(resolver)
            // This one limit of the library spans name, connection and TLS.
            .connect_timeout(limits.connect_timeout + limits.header_timeout)
            .http2_max_header_list_size(MAX_HEADERS as u32)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .pool_idle_timeout(IDLE);
        if let Some(proxy) = &way.proxy {
            builder = builder.proxy(self.proxy(proxy)?);
        }
        for path in [&limits.ca_file, &way.ca].into_iter().flatten() {
            let pem = std::fs::read(path).with_context(|| format!("cannot read {path}"))?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|_| not_pem(path))?;
            anyhow::ensure!(!certificates.is_empty(), not_pem(path));
            builder = builder.tls_certs_merge(certificates);
        }
        if let Some((certificate, key)) = &way.identity {
            let mut pem = std::fs::read(certificate).with_context(|| format!("cannot read {certificate}"))?;
            if let Some(key) = key {
                pem.push(b'\n');
                pem.extend(std::fs::read(key).with_context(|| format!("cannot read {key}"))?);
            }
            // The library's error is not repeated: the file holds a secret.
            let identity = reqwest::Identity::from_pem(&pem).map_err(|_| not_pem(certificate))?;
            builder = builder.identity(identity);
        }
        // Bounds the connection alone: a SYN that stays unanswered ends it after this long (measured: 2.05 s for 2 s).
        #[cfg(target_os = "linux")]
        let builder = builder.tcp_user_timeout(limits.connect_timeout);
        Ok(builder)
    }

    fn proxy(&self, address: &str) -> anyhow::Result<reqwest::Proxy> {
        let proxy = reqwest::Proxy::all(address).context("the proxy's address cannot be read")?;
        let limits = &self.options;
        let ours = limits.proxy.as_deref() == Some(address);
        let Some(user) = limits.proxy_username.as_ref().filter(|_| ours) else { return Ok(proxy) };
        let at = match (&limits.proxy_password_env, &limits.proxy_password_file) {
            (Some(variable), _) => SecretAt::Variable(variable),
            (None, Some(file)) => SecretAt::File(file),
            (None, None) => anyhow::bail!("proxy_username without a password"),
        };
        let password = credentials::read(at).map_err(anyhow::Error::msg)?;
        Ok(proxy.basic_auth(user, &password))
    }
}

fn not_pem(path: &str) -> anyhow::Error {
    anyhow::anyhow!("{path} does not hold the PEM certificates or keys that it should")
}

/// Says at start what the proxy has to do, since nothing here can see where it leads.
pub(super) fn announce(options: &Options) {
    if let Some(proxy) = &options.proxy {
        tracing::info!(
            proxy = super::redact(proxy),
            "feeds and pages are fetched through a proxy: names are resolved there, and keeping it from private addresses is its part"
        );
    }
}

/// Whether an address can be a proxy: http or https, without a user name.
pub(crate) fn is_proxy(address: &str) -> bool {
    guard::read_address(address).is_ok()
}
