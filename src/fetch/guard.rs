//! Where we may connect.
//!
//! Every address that a feed, a page or a redirect names passes [`admit`] before anything is sent, and every name is
//! resolved by [`GuardedResolver`], which hands out only addresses that may be connected to. So there is no moment
//! between check and connect in which a name could be rebound. Environment proxies are never used.
//!
//! What `allow` opens is bound to a host **and** a port of one feed. Resolvers know no port and connections are pooled,
//! so every kind of [`Opening`] has an HTTP client of its own: a connection that one feed may have is never lent to
//! another feed, or to another port.

use super::problem::{ADDRESS_REFUSED, BAD_ADDRESS, DNS_FAILED, FetchError, PORT_REFUSED};
use crate::model::Feed;
use futures::{FutureExt as _, future::BoxFuture};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    collections::BTreeSet,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use url::{Host, Url};

/// What a request may connect to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Opening {
    /// Public addresses only.
    Public,
    /// These addresses on this port, and public ones where the port is open to all.
    Addresses {
        /// The port, which keeps the connections of one port from those of another.
        port: u16,
        /// What stands under `allow` with this port.
        open: BTreeSet<IpAddr>,
        /// Whether the port is 80 or 443 or the feed's own.
        public: bool,
    },
    /// Whatever this very host resolves to, since its name and port stand under `allow`.
    Host,
}

/// Reads an address that is to be fetched: http or https, a host, no user info.
pub(super) fn read_address(text: &str) -> Result<Url, FetchError> {
    let url = Url::parse(text).map_err(|error| FetchError::refused(BAD_ADDRESS, format!("not an address: {error}")))?;
    check_form(&url)?;
    Ok(url)
}

/// Checks what does not depend on the feed.
fn check_form(url: &Url) -> Result<(), FetchError> {
    let refuse = |why: &str| Err(FetchError::refused(BAD_ADDRESS, format!("{why}: {}", super::redact(url.as_str()))));
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("neither http nor https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("user info in an address");
    }
    if url.host().is_none() {
        return refuse("no host");
    }
    Ok(())
}

/// Decides whether a feed may have this address asked for, and what the connection may lead to.
pub(super) fn admit(url: &Url, feed: &Feed) -> Result<Opening, FetchError> {
    check_form(url)?;
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return Err(FetchError::refused(BAD_ADDRESS, "no host"));
    };
    let host = host.to_owned();
    let allowed: Vec<Host> = feed
        .allow
        .iter()
        .filter_map(|entry| host_and_port(entry))
        .filter(|entry| entry.1 == port)
        .map(|e| e.0)
        .collect();
    if allowed.contains(&host) {
        return Ok(Opening::Host);
    }
    let addresses: BTreeSet<IpAddr> = allowed.iter().filter_map(literal).collect();
    let own = Url::parse(&feed.url).ok();
    let own = own.is_some_and(|own| own.host() == url.host() && own.port_or_known_default() == Some(port));
    let public = own || matches!(port, 80 | 443);
    let literal = literal(&host);
    let opened = match literal {
        Some(address) => addresses.contains(&address),
        None => !addresses.is_empty(),
    };
    // Literals never reach the resolver, so they are judged here.
    if let Some(address) = literal
        && !opened
        && let Some(why) = refusal(address)
    {
        return Err(FetchError::refused(ADDRESS_REFUSED, format!("{address} is {why}, and not under allow")));
    }
    if !public && !opened {
        let detail = format!("port {port} of {host}: neither 80 nor 443, nor the feed's own, nor under allow");
        return Err(FetchError::refused(PORT_REFUSED, detail));
    }
    Ok(if opened { Opening::Addresses { port, open: addresses, public } } else { Opening::Public })
}

/// Whether an address stands under the `allow` of its feed: such a feed is the operator's own and may be polled as
/// often as configured.
pub(super) fn is_own(feed: &Feed) -> bool {
    let Ok(url) = Url::parse(&feed.url) else { return false };
    matches!(admit(&url, feed), Ok(Opening::Host | Opening::Addresses { .. }))
}

/// Reads an entry of `allow`: `10.1.2.3:8080`, `[fd00::1]:8080`, `wire.internal:8080`. Both parts are required.
fn host_and_port(entry: &str) -> Option<(Host, u16)> {
    let (host, port) = entry.trim().rsplit_once(':')?;
    Some((Host::parse(host).ok()?, port.parse().ok()?))
}

fn literal(host: &Host) -> Option<IpAddr> {
    match host {
        Host::Ipv4(address) => Some(IpAddr::V4(*address)),
        Host::Ipv6(address) => Some(IpAddr::V6(*address)),
        Host::Domain(_) => None,
    }
}

/// Why an address must not be connected to; none when it is public.
pub(super) fn refusal(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => refusal_v4(address),
        IpAddr::V6(address) => refusal_v6(address),
    }
}

/// IANA's IPv4 special-purpose registry (checked 2025-10), each block with its prefix length, and the one public
/// address that a cloud uses for its metadata.
const REFUSED_V4: [(Ipv4Addr, u32, &str); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, "unspecified"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "shared (CGNAT)"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(168, 63, 129, 16), 32, "cloud metadata"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local or metadata"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "reserved"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "for documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "reserved (6to4 relay)"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "for benchmarking"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "for documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "for documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
    (Ipv4Addr::new(255, 255, 255, 255), 32, "broadcast"),
];

fn refusal_v4(address: Ipv4Addr) -> Option<&'static str> {
    let bits = address.to_bits();
    let within = |network: Ipv4Addr, length: u32| (bits ^ network.to_bits()) >> (32 - length) == 0;
    REFUSED_V4.iter().find(|(network, length, _)| within(*network, *length)).map(|(.., why)| *why)
}

/// Blocks inside global unicast (2000::/3) that are not public; all outside of it is refused anyway.
const REFUSED_V6: [(Ipv6Addr, u32, &str); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "reserved for protocols"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "for documentation"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "for documentation"),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48, "reserved (AS112)"),
];

fn refusal_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(inner) = embedded_v4(address) {
        return inner.into_iter().find_map(refusal_v4);
    }
    let bits = address.to_bits();
    let within = |network: Ipv6Addr, length: u32| (bits ^ network.to_bits()) >> (128 - length) == 0;
    if address.is_unspecified() {
        return Some("unspecified");
    }
    if address.is_loopback() {
        return Some("loopback");
    }
    if address.is_multicast() {
        return Some("multicast");
    }
    if within(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7) {
        return Some("private");
    }
    if within(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 9) {
        return Some("link-local");
    }
    if !within(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3) {
        return Some("reserved");
    }
    REFUSED_V6.iter().find(|(network, length, _)| within(*network, *length)).map(|(.., why)| *why)
}

/// The IPv4 addresses to which a packet for this IPv6 address would in the end go; none when it carries none.
fn embedded_v4(address: Ipv6Addr) -> Option<Vec<Ipv4Addr>> {
    let s = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match s {
        // Mapped, ::ffff:a.b.c.d, and NAT64, 64:ff9b::a.b.c.d (RFC 4291, RFC 6052).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(vec![v4(high, low)]),
        // 6to4, 2002:a.b.c.d:: (RFC 3056).
        [0x2002, high, low, ..] => Some(vec![v4(high, low)]),
        // Teredo: the server, and the client with all bits turned (RFC 4380).
        [0x2001, 0, server_high, server_low, _, _, high, low] => {
            Some(vec![v4(server_high, server_low), v4(!high, !low)])
        }
        // ISATAP within any prefix (RFC 5214): the interface half names the IPv4 address. The outer prefix must be
        // public as well, so this is decided here only when the inner address is refused.
        [.., 0 | 0x200, 0x5efe, high, low] if refusal_v4(v4(high, low)).is_some() => Some(vec![v4(high, low)]),
        _ => None,
    }
}

/// Why a name was not resolved; found again in the error chain of the HTTP client.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{detail}")]
pub(super) struct Unresolved {
    pub(super) code: &'static str,
    pub(super) detail: String,
}

impl Unresolved {
    /// A refused address is a matter of configuration; a name that does not resolve may do so later.
    pub(super) fn into_error(self) -> FetchError {
        match self.code {
            ADDRESS_REFUSED => FetchError::refused(self.code, self.detail),
            code => FetchError::retry(code, self.detail),
        }
    }
}

/// Where a name's addresses come from.
pub(super) type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// The system's resolver.
pub(super) fn system_lookup() -> Lookup {
    let lookup = |host: String| async move {
        let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    };
    Arc::new(move |host| lookup(host).boxed())
}

/// A resolver that hands out only what may be connected to, and nothing at all when one address is bad.
pub(super) struct GuardedResolver {
    pub(super) opening: Opening,
    pub(super) limit: Duration,
    pub(super) lookup: Lookup,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (opening, limit) = (self.opening.clone(), self.limit);
        let looking = (self.lookup)(name.as_str().to_owned());
        Box::pin(async move {
            let host = name.as_str();
            let failed = |detail: String| Unresolved { code: DNS_FAILED, detail };
            let found = tokio::time::timeout(limit, looking)
                .await
                .map_err(|_| failed(format!("no answer for {host} within {limit:?}")))?
                .map_err(|error| failed(format!("{host}: {error}")))?;
            if found.is_empty() {
                return Err(failed(format!("{host} has no address")).into());
            }
            if let Some((address, why)) = first_refused(&opening, found.iter().copied()) {
                let detail = format!("{host} resolves to {address}, which is {why}, and not under allow");
                return Err(Unresolved { code: ADDRESS_REFUSED, detail }.into());
            }
            Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

/// The first address that an opening does not cover.
fn first_refused(opening: &Opening, mut addresses: impl Iterator<Item = IpAddr>) -> Option<(IpAddr, &'static str)> {
    addresses.find_map(|address| {
        let why = match opening {
            Opening::Host => None,
            Opening::Addresses { open, .. } if open.contains(&address) => None,
            Opening::Addresses { public: false, .. } => Some("at a port that is open to others only"),
            Opening::Addresses { .. } | Opening::Public => refusal(address),
        };
        why.map(|why| (address, why))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(allow: &[&str]) -> Feed {
        let mut feed = Feed::new("test", "https://wire.example:8443/rss");
        feed.allow = allow.iter().map(|entry| (*entry).to_owned()).collect();
        feed
    }

    #[track_caller]
    fn check(url: &str, allow: &[&str], expected: Result<Opening, &str>) {
        let got = read_address(url).and_then(|url| admit(&url, &feed(allow)));
        assert_eq!(got.map_err(|error| error.into_issue().code), expected.map_err(str::to_owned), "{url}");
    }

    #[test]
    fn every_written_form_of_a_refused_address_is_refused() {
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://0x7f.1/",
            "http://127.0.0.1./",
            "http://①②⑦.0.0.1/",
            "http://0/",
            "http://10.0.0.1/",
            "http://100.64.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://168.63.129.16/",
            "http://172.31.255.255/",
            "http://192.0.0.1/",
            "http://192.0.2.1/",
            "http://192.88.99.1/",
            "http://192.168.1.1/",
            "http://198.19.0.1/",
            "http://198.51.100.1/",
            "http://203.0.113.1/",
            "http://224.0.0.1/",
            "http://240.0.0.1/",
            "http://255.255.255.255/",
            "http://[::]/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[::127.0.0.1]/",
            "http://[::ffff:0:127.0.0.1]/",
            "http://[64:ff9b::10.0.0.1]/",
            "http://[64:ff9b:1::1]/",
            "http://[2002:7f00:1::1]/",
            "http://[2002:a00:1::]/",
            "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
            "http://[2001:0:7f00:1:8000:63bf:3fff:fdd2]/",
            "http://[2a00::5efe:10.0.0.1]/",
            "http://[fc00::1]/",
            "http://[fd00:ec2::254]/",
            "http://[fe80::1]/",
            "http://[fec0::1]/",
            "http://[ff02::1]/",
            "http://[2001:db8::1]/",
            "http://[3fff::1]/",
            "http://[2001:2::1]/",
            "http://[2001:10::1]/",
            "http://[100::1]/",
            "http://[5f00::1]/",
        ] {
            check(url, &[], Err(ADDRESS_REFUSED));
        }
    }

    #[test]
    fn public_addresses_pass() {
        for url in [
            "http://93.184.216.34/",
            "https://wire.example/rss",
            "http://wire.example/rss",
            "https://wire.example:8443/page",
            "http://[2606:4700:4700::1111]/",
            "http://[64:ff9b::93.184.216.34]/",
            "http://[::ffff:93.184.216.34]/",
            "http://172.32.0.1/",
            "http://100.128.0.1/",
        ] {
            check(url, &[], Ok(Opening::Public));
        }
    }

    #[test]
    fn schemes_ports_and_user_info_are_bound() {
        check("ftp://wire.example/", &[], Err(BAD_ADDRESS));
        check("file:///etc/passwd", &[], Err(BAD_ADDRESS));
        check("http://user@wire.example/", &[], Err(BAD_ADDRESS));
        check("http://wire.example@127.0.0.1/", &[], Err(BAD_ADDRESS));
        check("http://wire.example:8080/", &[], Err(PORT_REFUSED));
        check("http://other.example:8443/", &[], Err(PORT_REFUSED));
        check("http://wire.example:22/", &[], Err(PORT_REFUSED));
    }

    #[test]
    fn allow_opens_one_host_at_one_port() {
        let ten = IpAddr::from([10, 1, 2, 3]);
        check("http://10.1.2.3:8080/x", &["10.1.2.3:8080"], Ok(Opening::Host));
        check("http://167838211:8080/x", &["10.1.2.3:8080"], Ok(Opening::Host));
        check("http://10.1.2.3/x", &["10.1.2.3:8080"], Err(ADDRESS_REFUSED));
        check("http://10.1.2.4:8080/x", &["10.1.2.3:8080"], Err(ADDRESS_REFUSED));
        check("http://10.1.2.3:8080/x", &["10.1.2.3"], Err(ADDRESS_REFUSED));
        check("http://[::1]:8080/x", &["[::1]:8080"], Ok(Opening::Host));
        check("http://wire.internal:8080/", &["wire.internal:8080"], Ok(Opening::Host));
        check("http://wire.internal:80/", &["wire.internal:8080"], Ok(Opening::Public));
        let opened = |port, public| Ok(Opening::Addresses { port, open: [ten].into(), public });
        check("http://a.internal:8080/", &["10.1.2.3:8080"], opened(8080, false));
        check("http://a.internal/", &["10.1.2.3:80"], opened(80, true));
        check("http://93.184.216.34:8080/", &["10.1.2.3:8080"], Err(PORT_REFUSED));
    }

    #[test]
    fn one_bad_address_among_several_refuses_the_host() {
        let (good, bad) = (IpAddr::from([93, 184, 216, 34]), IpAddr::from([10, 1, 2, 3]));
        assert_eq!(first_refused(&Opening::Public, [good].into_iter()), None);
        assert_eq!(first_refused(&Opening::Public, [good, bad].into_iter()), Some((bad, "private")));
        let opening = |public| Opening::Addresses { port: 80, open: [bad].into(), public };
        assert_eq!(first_refused(&opening(true), [good, bad].into_iter()), None);
        assert!(first_refused(&opening(false), [bad, good].into_iter()).is_some());
    }
}
