//! Turns: how many requests may be under way, to one host, to one registered domain and in all, and how soon after
//! another one may begin.
//!
//! A request first gets a turn at its host, then at the domain that its owner has registered (`a.wire.example` and
//! `b.wire.example` are one publisher), then waits until the last request there is long enough ago, and only then takes
//! one of the common turns, so that a crowd waiting for one slow host keeps nobody else waiting.

use super::Options;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, sleep_until},
};
use url::{Host, Url};

/// When so many places are remembered, those that bind nobody any more are forgotten.
const PLACES_BEFORE_SWEEP: usize = 1024;

/// Work that takes longer than this is slow …
const SLOW_AFTER: Duration = Duration::from_secs(1);
/// … and the slow lane has room for so many times as much as there are common turns.
const SLOW_LANE: usize = 16;

const NEVER_CLOSED: &str = "these semaphores are never closed";

/// The turns of one client.
pub struct Turns {
    all: Arc<Semaphore>,
    slow: Arc<Semaphore>,
    hosts: Places,
    domains: Places,
}

/// A turn; it ends when this is dropped.
pub struct Turn {
    _host: OwnedSemaphorePermit,
    _domain: OwnedSemaphorePermit,
    /// One of the common turns, later a place in the slow lane.
    place: OwnedSemaphorePermit,
    slow: Arc<Semaphore>,
}

impl Turn {
    /// Does some work of this turn. When it takes long the common turn is given to somebody else, as long as there is
    /// room in the slow lane: a thousand servers that drip must not keep those waiting that answer at once.
    pub async fn work<T>(&mut self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = sleep(SLOW_AFTER) => {}
        }
        if let Ok(place) = Arc::clone(&self.slow).try_acquire_owned() {
            self.place = place;
        }
        work.await
    }
}

/// What is known of hosts, or of domains.
struct Places {
    at_a_time: usize,
    spacing: Duration,
    known: Mutex<HashMap<String, Arc<Place>>>,
}

struct Place {
    slots: Arc<Semaphore>,
    /// No request begins here before this.
    free_at: Mutex<Instant>,
}

impl Turns {
    /// All free.
    pub fn new(options: &Options) -> Self {
        let places = |at_a_time: u32, spacing| Places {
            at_a_time: at_a_time.max(1) as usize,
            spacing,
            known: Mutex::new(HashMap::new()),
        };
        Self {
            all: Arc::new(Semaphore::new(options.concurrency.max(1) as usize)),
            slow: Arc::new(Semaphore::new(SLOW_LANE * options.concurrency.max(1) as usize)),
            hosts: places(options.per_host, options.host_spacing),
            domains: places(options.per_domain.max(options.per_host), options.domain_spacing),
        }
    }

    /// Waits for a turn at an address. The operator's own addresses (`own`) are not spaced, and are no one's domain.
    pub async fn wait(&self, url: &Url, own: bool) -> Turn {
        let host = self.hosts.place(host_and_port(url));
        let domain = self.domains.place(if own { host_and_port(url) } else { domain(url) });
        let host_turn = Arc::clone(&host.slots).acquire_owned().await.expect(NEVER_CLOSED);
        let domain_turn = Arc::clone(&domain.slots).acquire_owned().await.expect(NEVER_CLOSED);
        if !own {
            let begin = {
                // Both are taken and set together, without waiting in between.
                let mut host = host.free_at.lock().unwrap_or_else(PoisonError::into_inner);
                let mut domain = domain.free_at.lock().unwrap_or_else(PoisonError::into_inner);
                let begin = Instant::now().max(*host).max(*domain);
                (*host, *domain) = (begin + self.hosts.spacing, begin + self.domains.spacing);
                begin
            };
            if begin > Instant::now() {
                sleep_until(begin).await;
            }
        }
        let place = Arc::clone(&self.all).acquire_owned().await.expect(NEVER_CLOSED);
        Turn { _host: host_turn, _domain: domain_turn, place, slow: Arc::clone(&self.slow) }
    }
}

impl Places {
    fn place(&self, key: String) -> Arc<Place> {
        // Held for a look-up only, never across an await; a panic elsewhere leaves the map as good as it was.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = known.get(&key) {
            return Arc::clone(place);
        }
        if known.len() >= PLACES_BEFORE_SWEEP && known.len().is_power_of_two() {
            let now = Instant::now();
            known.retain(|_, place| {
                let in_use = Arc::strong_count(place) > 1 || place.slots.available_permits() < self.at_a_time;
                in_use || *place.free_at.lock().unwrap_or_else(PoisonError::into_inner) > now
            });
        }
        let slots = Arc::new(Semaphore::new(self.at_a_time));
        let place = Arc::new(Place { slots, free_at: Mutex::new(Instant::now()) });
        known.insert(key, Arc::clone(&place));
        place
    }
}

/// http and https of one host are one server; a port of its own is another.
fn host_and_port(url: &Url) -> String {
    match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    }
}

/// What the owner of a host has registered: the name below a public suffix (`co.uk`, `github.io`); for an address, the
/// address.
fn domain(url: &Url) -> String {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            psl::domain_str(name).unwrap_or(name).to_owned()
        }
        _ => url.host_str().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn turns(concurrency: u32, per_host: u32, per_domain: u32, spacing: [u64; 2]) -> Turns {
        Turns::new(&Options {
            concurrency,
            per_host,
            per_domain,
            host_spacing: Duration::from_millis(spacing[0]),
            domain_spacing: Duration::from_millis(spacing[1]),
            ..Options::default()
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_host_keeps_nobody_else_waiting() {
        let turns = turns(3, 2, 9, [0, 0]);
        let first = turns.wait(&url("http://a.example/1"), false).await;
        let _second = turns.wait(&url("https://a.example/2"), false).await;
        assert!(turns.wait(&url("http://a.example/3"), false).now_or_never().is_none(), "two at a time to one host");
        let mut third = turns.wait(&url("http://b.example/"), false).now_or_never().expect("another host has a turn");
        assert!(turns.wait(&url("http://c.example/"), false).now_or_never().is_none(), "three in all");
        drop(first);
        let _fourth = turns.wait(&url("http://c.example/"), false).now_or_never().expect("one has ended");
        assert!(turns.wait(&url("http://d.example/"), false).now_or_never().is_none());
        third.work(sleep(SLOW_AFTER + Duration::from_millis(50))).await;
        assert!(turns.wait(&url("http://d.example/"), false).now_or_never().is_some(), "a slow one has given way");
    }

    #[tokio::test]
    async fn a_domain_is_what_was_registered() {
        for (address, expected) in [
            ("https://rss.wire.example/", "wire.example"),
            ("https://WWW.Wire.co.uk./", "wire.co.uk"),
            ("https://desk.github.io/", "desk.github.io"),
            ("https://co.uk/", "co.uk"),
            ("https://[2001:db8::1]/", "[2001:db8::1]"),
            ("https://93.184.216.34:8443/", "93.184.216.34"),
        ] {
            assert_eq!(domain(&url(address)), expected);
        }
        let turns = turns(9, 2, 3, [0, 0]);
        let mut held = Vec::new();
        for host in ["a", "b", "c"] {
            held.push(turns.wait(&url(&format!("https://{host}.wire.example/")), false).await);
        }
        assert!(turns.wait(&url("https://d.wire.example/"), false).now_or_never().is_none(), "three to one domain");
        assert!(turns.wait(&url("https://other.example/"), false).now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn requests_to_one_publisher_are_spaced() {
        let turns = turns(99, 9, 99, [100, 40]);
        let wait = async |address: &str, own: bool| drop(turns.wait(&url(address), own).await);
        let at_once = |address: &str, own: bool| wait(address, own).now_or_never().is_some();
        assert!(at_once("https://a.wire.example/", false));
        for (next, milliseconds) in [("https://a.wire.example/", 100), ("https://b.wire.example/", 40)] {
            let begun = Instant::now();
            wait(next, false).await;
            assert!(begun.elapsed() >= Duration::from_millis(milliseconds), "{next}");
        }
        assert!(at_once("https://c.example/", false), "another publisher does not wait");
        assert!(at_once("https://a.wire.example/3", true), "the operator's own servers are not spaced");
    }
}
