//! The rules between keys: what is right alone and wrong together, or wrong for the world it speaks of.
//!
//! Every rule is asked, whatever the others said, so that one reading of the answer is enough.

use super::{Place, Problems, document::PlacedFeed, load::Draft};
use crate::{
    fetch,
    model::{Feed, SecretAt, units},
    publish::{Encoding, Format, SchemaIdIn, Target},
};
use std::{collections::BTreeMap, path::Path, time::Duration};

/// Asks every rule.
pub(super) fn check(draft: &Draft, file: Option<&Path>, problems: &mut Problems) {
    acquisition(draft, problems);
    feeds(draft, file, problems);
    tests(draft, problems);
    publish(draft, problems);
    rest(draft, problems);
}

fn acquisition(draft: &Draft, problems: &mut Problems) {
    let options = &draft.config.fetch;
    let mut refuse = |key: &str, message: String| problems.push(draft.place(key), key, message);
    let shown = units::duration::format;
    if options.min_interval > options.max_interval {
        let longest = shown(options.max_interval);
        refuse(
            "fetch.min_interval",
            format!("longer than fetch.max_interval, which is \"{longest}\": make it shorter"),
        );
    } else if options.default_interval < options.min_interval {
        let shortest = shown(options.min_interval);
        refuse("fetch.default_interval", format!("shorter than fetch.min_interval: write at least \"{shortest}\""));
    } else if options.default_interval > options.max_interval {
        let longest = shown(options.max_interval);
        refuse("fetch.default_interval", format!("longer than fetch.max_interval: write at most \"{longest}\""));
    }
    if !(0.0..=0.5).contains(&options.jitter) {
        refuse("fetch.jitter", "out of range: write a share between 0 and 0.5".to_owned());
    }
    if let Some(contact) = &options.user_agent_contact
        && !["mailto:", "https:", "http:"].iter().any(|scheme| contact.starts_with(scheme))
    {
        refuse("fetch.user_agent_contact", "no address: write one such as \"mailto:ops@example.org\"".to_owned());
    }
    if options.user_agent_contact.as_ref().is_some_and(|contact| contact.chars().any(|c| !(' '..='~').contains(&c))) {
        refuse("fetch.user_agent_contact", "must be printable ASCII: it is sent in a header".to_owned());
    }
    let times = [
        ("fetch.min_interval", options.min_interval, "60s"),
        ("fetch.connect_timeout", options.connect_timeout, "5s"),
        ("fetch.header_timeout", options.header_timeout, "10s"),
        ("fetch.idle_timeout", options.idle_timeout, "10s"),
        ("fetch.total_timeout", options.total_timeout, "60s"),
        ("fetch.audit_after", options.audit_after, "6h"),
    ];
    for (key, time, example) in times {
        if time.is_zero() {
            refuse(key, format!("must be longer than nothing: write for example \"{example}\""));
        }
    }
    let counts = [
        ("fetch.audit_polls", options.audit_polls),
        ("fetch.per_host", options.per_host),
        ("fetch.per_domain", options.per_domain),
        ("fetch.concurrency", options.concurrency),
        ("fetch.page_attempts", options.page_attempts),
        ("fetch.page_parts", options.page_parts),
    ];
    for (key, count) in counts {
        if count == 0 {
            refuse(key, "must be at least 1".to_owned());
        }
    }
    let websub = &options.websub;
    if let Some(problem) = websub.callback.as_deref().and_then(wrong_callback) {
        refuse("fetch.websub.callback", problem.to_owned());
    }
    if !is_host_and_port(&websub.listen) {
        refuse("fetch.websub.listen", "no address: write HOST:PORT such as \"127.0.0.1:8641\"".to_owned());
    }
    if websub.lease < Duration::from_secs(60) {
        refuse("fetch.websub.lease", "too short to be worth asking for: write for example \"10d\"".to_owned());
    }
    if websub.callback.is_some() && websub.poll_interval > options.max_interval {
        let longest = shown(options.max_interval);
        refuse("fetch.websub.poll_interval", format!("longer than fetch.max_interval: write at most \"{longest}\""));
    }
    if websub.max_body < 1024 {
        refuse("fetch.websub.max_body", "too small for any feed: write at least \"1KiB\"".to_owned());
    }
    if options.max_body < 1024 {
        refuse("fetch.max_body", "too small for any feed: write at least \"1KiB\"".to_owned());
    }
    let spacings = [("fetch.host_spacing", options.host_spacing), ("fetch.domain_spacing", options.domain_spacing)];
    for (key, spacing) in spacings {
        if spacing > Duration::from_secs(60) {
            refuse(key, "too long for anything to be fetched in time: write at most \"1m\"".to_owned());
        }
    }
    if options.proxy.as_ref().is_some_and(|proxy| !fetch::way::is_proxy(proxy)) {
        refuse("fetch.proxy", PROXY.to_owned());
    }
    let (variable, file) = (&options.proxy_password_env, &options.proxy_password_file);
    if options.proxy_username.is_some() != (variable.is_some() || file.is_some()) {
        let message = "a proxy's login needs proxy_username and one of proxy_password_env and proxy_password_file";
        refuse("fetch.proxy_username", message.to_owned());
    }
    let secret = variable.as_deref().map(SecretAt::Variable).or(file.as_deref().map(SecretAt::File));
    if let Some(Err(problem)) = secret.map(fetch::credentials::read) {
        let key = if variable.is_some() { "fetch.proxy_password_env" } else { "fetch.proxy_password_file" };
        refuse(key, problem);
    }
    if let Some(problem) = options.ca_file.as_deref().and_then(unreadable) {
        refuse("fetch.ca_file", problem);
    }
}

const PROXY: &str =
    "no proxy: write an http or https address without a user name, such as \"http://proxy.internal:3128\"";

/// Why a file cannot be read.
fn unreadable(path: &str) -> Option<String> {
    std::fs::read(path).err().map(|error| format!("cannot read the file {path}: {error}"))
}

/// What a feed says of how its server knows us and whom it trusts.
fn access(feed: &Feed, own: bool, mut refuse: impl FnMut(&str, &str)) {
    if let Some(auth) = &feed.auth {
        if let Some(problem) = auth.problem() {
            refuse("auth", problem);
        }
        if auth.header.as_ref().is_some_and(|name| fetch::credentials::header_name(name).is_none()) {
            refuse("auth", "`header` is no header that could carry a credential: write for example \"X-Api-Key\"");
        }
        for (_, at) in auth.credentials() {
            if let Err(problem) = fetch::credentials::read(at) {
                refuse("auth", &problem);
            }
        }
        if !own && feed.url.starts_with("http:") {
            refuse("auth", "credentials are sent over https only, or to addresses under `allow`");
        }
    }
    if feed.client_key_file.is_some() && feed.client_certificate_file.is_none() {
        refuse("client_key_file", "a key without its certificate: write client_certificate_file too");
    }
    let files = [
        ("ca_file", &feed.ca_file),
        ("client_certificate_file", &feed.client_certificate_file),
        ("client_key_file", &feed.client_key_file),
    ];
    for (key, file) in files {
        if let Some(problem) = file.as_deref().and_then(unreadable) {
            refuse(key, &problem);
        }
    }
    if feed.proxy.as_ref().is_some_and(|proxy| proxy != fetch::way::NO_PROXY && !fetch::way::is_proxy(proxy)) {
        refuse("proxy", PROXY);
    }
}

fn feeds(draft: &Draft, file: Option<&Path>, problems: &mut Problems) {
    if draft.feeds.is_empty() && file.is_some() && problems.0.is_empty() {
        let place = draft.places.get("feeds").cloned().or_else(|| file.map(|path| Place::WholeFile(path.to_owned())));
        let message = "no feed is configured: name files of feeds in `feeds`, or write a [[feed]] block";
        problems.push(place.unwrap_or(Place::Default), "feeds", message);
    }
    let mut first: BTreeMap<&str, &PlacedFeed> = BTreeMap::new();
    for placed in &draft.feeds {
        let id = placed.feed.id.0.as_str();
        if let Some(other) = first.get(id) {
            let message = format!("this id is taken by the feed at {}: give each feed its own", other.place("id"));
            problems.push(placed.place("id"), format!("feed {id}: id"), message);
        } else {
            first.insert(id, placed);
        }
        feed(draft, placed, problems);
    }
}

fn tests(draft: &Draft, problems: &mut Problems) {
    let mut first: BTreeMap<&str, &Place> = BTreeMap::new();
    for placed in &draft.tests {
        let name = placed.case.name.as_str();
        if let Some(other) = first.insert(name, &placed.block) {
            let message = format!("this name is taken by the test at {other}: give each test its own");
            problems.push(placed.block.clone(), format!("test {name}: name"), message);
        }
        placed.check(|feed| draft.config.feed(feed).is_some(), problems);
    }
}

fn feed(draft: &Draft, placed: &PlacedFeed, problems: &mut Problems) {
    let feed = &placed.feed;
    let id = &feed.id.0;
    let mut refuse = |key: &str, message: &str| problems.push(placed.place(key), format!("feed {id}: {key}"), message);
    if !is_id(id) {
        refuse(
            "id",
            "not a name: write lower-case letters, digits, '-', '_' and '.', beginning with a letter or digit",
        );
    }
    let url = url::Url::parse(&feed.url);
    match &url {
        Err(error) => {
            refuse("url", &format!("no address ({error}): write one such as \"https://wire.example/rss.xml\""))
        }
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            refuse("url", "only http and https are fetched: write an address that begins with https://");
        }
        // The address itself is not repeated: it holds what the rule keeps out of logs.
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            refuse("url", "holds a user name or password: leave it out, feeds are fetched without");
        }
        Ok(_) => {}
    }
    let authority = url.ok().and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?)));
    let allowed = authority.is_some_and(|authority| feed.allow.contains(&authority));
    if let Some(interval) = feed.interval {
        let options = &draft.config.fetch;
        if interval < options.min_interval && !allowed {
            let shortest = units::duration::format(options.min_interval);
            refuse(
                "interval",
                &format!(
                    "shorter than fetch.min_interval: write at least \"{shortest}\", or name the address in `allow`"
                ),
            );
        }
        if interval > options.max_interval {
            let longest = units::duration::format(options.max_interval);
            refuse("interval", &format!("longer than fetch.max_interval: write at most \"{longest}\""));
        }
        if interval.is_zero() {
            refuse("interval", "must be longer than nothing: write for example \"5m\"");
        }
    }
    if let Some(floor) = feed.min_interval {
        if floor < draft.config.fetch.min_interval && !allowed {
            refuse("min_interval", "shorter than fetch.min_interval: write a longer one, or lower that");
        }
        if floor > draft.config.fetch.max_interval {
            refuse("min_interval", "longer than fetch.max_interval: make it shorter");
        }
        if feed.interval.is_some() {
            refuse("min_interval", "has no meaning beside `interval`, which nothing changes: leave one of the two out");
        }
    }
    access(feed, allowed, &mut refuse);
    for address in &feed.allow {
        if !is_host_and_port(address) {
            refuse("allow", &format!("{address:?} is no HOST:PORT: write for example \"10.1.2.3:8080\""));
        }
    }
    if let Some(country) = &feed.country
        && !(country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()))
    {
        refuse("country", &format!("{country:?} is no ISO 3166-1 alpha-2 code: write two capitals, such as \"GB\""));
    }
    if let Some(language) = &feed.language
        && !is_language(language)
    {
        refuse("language", &format!("{language:?} is no BCP 47 code: write for example \"en\" or \"pt-BR\""));
    }
    if let Some(domain) = &feed.domain
        && !is_domain(domain)
    {
        refuse(
            "domain",
            &format!("{domain:?} is no domain: write lower-case letters, digits and '-', such as \"en-sport\""),
        );
    }
    if feed.max_age.is_some_and(|age| age.is_zero()) {
        refuse("max_age", "must be longer than nothing: write for example \"7d\"");
    }
}

fn publish(draft: &Draft, problems: &mut Problems) {
    let options = &draft.config.publish;
    let mut refuse = |key: &str, message: &str| problems.push(draft.place(key), key, message);
    let prefix = &options.topic_prefix;
    let sound = prefix.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.');
    if !sound || prefix.is_empty() || prefix.len() > 200 || prefix.starts_with('.') || prefix.ends_with('.') {
        refuse(
            "publish.topic_prefix",
            "not a topic name: write lower-case letters, digits, '-' and '.', such as \"wire\"",
        );
    }
    if options.max_latency.is_zero() || options.max_latency > Duration::from_secs(15) {
        refuse(
            "publish.max_latency",
            "out of range: write between \"1ms\" and \"15s\", well below the transaction's limit",
        );
    }
    if options.max_batch < 1024 {
        refuse("publish.max_batch", "too small for a record: write at least \"1KiB\"");
    }
    if options.journal.max_file < 4096 {
        refuse("publish.journal.max_file", "too small: write at least \"4KiB\"");
    }
    if options.journal.max_total < options.journal.max_file {
        refuse("publish.journal.max_total", "smaller than publish.journal.max_file: make it larger");
    }
    let kafka = &options.kafka;
    if options.to == Target::Kafka {
        if !cfg!(feature = "kafka") {
            refuse(
                "publish.to",
                "this build has no Kafka client: build with the feature `kafka`, or write \"journal\"",
            );
        }
        if kafka.bootstrap_servers.trim().is_empty() {
            let message = "missing: publish.to is \"kafka\", so write the broker's address, such as \"broker:9092\"";
            let place = match draft.place("publish.kafka.bootstrap_servers") {
                Place::Default => draft.place("publish.to"),
                stated => stated,
            };
            problems.push(place, "publish.kafka.bootstrap_servers", message);
        }
    }
    let mut refuse = |key: &str, message: &str| problems.push(draft.place(key), key, message);
    for server in kafka.bootstrap_servers.split(',').map(str::trim).filter(|server| !server.is_empty()) {
        if !is_host_and_port(server) {
            refuse(
                "publish.kafka.bootstrap_servers",
                &format!("{server:?} is no HOST:PORT: write for example \"broker:9092\""),
            );
        }
    }
    if kafka.partitions < 1 {
        refuse("publish.kafka.partitions", "must be at least 1");
    }
    if kafka.replication_factor != -1 && kafka.replication_factor < 1 {
        refuse("publish.kafka.replication_factor", "must be at least 1, or -1 for the broker's default");
    }
    registry(draft, problems);
    broker(draft, problems);
}

fn registry(draft: &Draft, problems: &mut Problems) {
    let publish = &draft.config.publish;
    let options = &publish.kafka.schema_registry;
    let mut refuse = |key: &str, message: &str| problems.push(draft.place(key), key, message);
    let is_address = |text: &str| {
        url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.username().is_empty())
    };
    if !options.url.is_empty() && !is_address(&options.url) {
        let message = "write an address such as \"http://registry:8081\"; a login goes to username and password_file";
        refuse("publish.kafka.schema_registry.url", message);
    }
    if options.username.is_some() != (options.password_env.is_some() || options.password_file.is_some()) {
        let message = "a login needs username and one of password_env and password_file";
        refuse("publish.kafka.schema_registry.username", message);
    }
    if let Err(problem) = options.password() {
        let key = if options.password_env.is_some() { "password_env" } else { "password_file" };
        refuse(&format!("publish.kafka.schema_registry.{key}"), &problem);
    }
    if publish.kafka.encoding == Encoding::Json {
        return;
    }
    let mut refuse = |message: &str| refuse("publish.kafka.encoding", message);
    if options.url.is_empty() {
        refuse("Avro needs publish.kafka.schema_registry.url: its readers find the schema there");
    }
    if options.schema_id == SchemaIdIn::Header {
        refuse("Avro needs publish.kafka.schema_registry.schema_id = \"prefix\": nothing else tells it from JSON");
    }
    if publish.format == Format::Ninjs {
        refuse("ninjs is JSON: write \"json\", or publish.format = \"flat\"");
    }
}

/// What the Kafka client's room says: settings on which its guarantees rest, and what this build of it lacks.
#[cfg(feature = "kafka")]
fn broker(draft: &Draft, problems: &mut Problems) {
    let kafka = &draft.config.publish.kafka;
    let settings = crate::broker::Settings {
        bootstrap_servers: kafka.bootstrap_servers.clone(),
        transactional_id: kafka.transactional_id.clone(),
        transactions: kafka.delivery == crate::publish::Delivery::ExactlyOnce,
        epoch_per_transaction: kafka.epoch == crate::publish::Epoch::PerTransaction,
        librdkafka: kafka.librdkafka.clone(),
    };
    for (key, problem) in settings.problems() {
        // Whether there must be an address depends on where records go, and is asked above.
        if key != "bootstrap_servers" {
            let key = format!("publish.kafka.{}", key.replace('"', ""));
            problems.push(draft.place(&key), key, problem);
        }
    }
}

#[cfg(not(feature = "kafka"))]
fn broker(_draft: &Draft, _problems: &mut Problems) {}

fn rest(draft: &Draft, problems: &mut Problems) {
    let config = &draft.config;
    let mut refuse = |key: &str, message: &str| problems.push(draft.place(key), key, message);
    if !(0.0..=1.0).contains(&config.extract.min_confidence) {
        refuse("extract.min_confidence", "out of range: write a number between 0 and 1");
    }
    let roles = &config.roles;
    for (key, partitions) in [
        ("roles.fetch_partitions", roles.fetch_partitions),
        ("roles.enrich_partitions", roles.enrich_partitions),
        ("roles.dedup_partitions", roles.dedup_partitions),
    ] {
        if !(1..=10_000).contains(&partitions) {
            refuse(key, "out of range: write a number between 1 and 10000");
        }
    }
    if !(Duration::from_secs(1)..=Duration::from_secs(1800)).contains(&roles.session_timeout) {
        refuse("roles.session_timeout", "out of range: write a time between \"1s\" and \"30m\"");
    }
    if !roles.instance.is_empty() && !is_id(&roles.instance.to_ascii_lowercase()) {
        refuse("roles.instance", "no name: write letters, digits, `-`, `_` and `.`");
    }
    if config.dedup.horizon < Duration::from_secs(60) {
        refuse("dedup.horizon", "too short to recognise anything: write at least \"1m\"");
    }
    if config.intake.max_bytes < 1 << 20 {
        refuse("intake.max_bytes", "too small for one response: write at least \"1MiB\"");
    }
    if crate::logging::level(&config.log.level).is_err() {
        refuse(
            "log.level",
            "no level: write \"error\", \"warn\", \"info\", \"debug\" or \"trace\", or directives such as \"info,dateline::fetch=debug\"",
        );
    }
    if !(0.0..=1.0).contains(&config.traces.sampled) {
        refuse("traces.sampled", "out of range: write a number between 0 and 1");
    }
    if let Some(problem) = config.traces.problem() {
        refuse("traces.otlp", problem);
    }
    if config.status.listen != "off" && !is_host_and_port(&config.status.listen) {
        refuse(
            "status.listen",
            "no address: write HOST:PORT such as \"127.0.0.1:8640\", port 0 for a free one, or \"off\"",
        );
    }
}

pub(super) fn is_id(id: &str) -> bool {
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    id.len() <= 100 && id.starts_with(sound) && id.chars().all(|c| sound(c) || ".-_".contains(c))
}

fn is_domain(domain: &str) -> bool {
    (1..=100).contains(&domain.len())
        && domain.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Hubs add to it, so it must be an address and nothing more.
fn wrong_callback(callback: &str) -> Option<&'static str> {
    let Ok(url) = url::Url::parse(callback) else {
        return Some("no address: write one such as \"https://push.example.org/dateline\"");
    };
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Some("hubs call http and https only: write an address that begins with https://");
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Some("must hold neither user name nor query nor fragment: a path of our own is added to it");
    }
    None
}

fn is_host_and_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host_is_sound = match bare {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => url::Host::parse(host).is_ok() && !host.is_empty(),
    };
    host_is_sound && port.parse::<u16>().is_ok()
}

/// The shape of BCP 47: a language of two or three letters, then parts of at most eight letters and digits.
pub fn is_language(code: &str) -> bool {
    let mut parts = code.split('-');
    let primary = parts.next().unwrap_or_default();
    (2..=3).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}
