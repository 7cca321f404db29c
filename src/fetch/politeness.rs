//! Turns: how many requests may be under way, to one host and in all.
//!
//! A request first gets a turn at its host and only then one of the common turns, so that a crowd waiting for one slow
//! host keeps nobody else waiting.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

/// When so many hosts are remembered, those without a request under way are forgotten.
const HOSTS_BEFORE_SWEEP: usize = 256;

/// The turns of one client.
pub(super) struct Turns {
    all: Arc<Semaphore>,
    per_host: usize,
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// A turn; it ends when this is dropped.
pub(super) struct Turn {
    _host: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Turns {
    pub(super) fn new(concurrency: u32, per_host: u32) -> Self {
        Self {
            all: Arc::new(Semaphore::new(concurrency.max(1) as usize)),
            per_host: per_host.max(1) as usize,
            hosts: Mutex::new(HashMap::new()),
        }
    }

    /// Waits for a turn at the address's host.
    pub(super) async fn wait(&self, url: &Url) -> Turn {
        const NEVER_CLOSED: &str = "these semaphores are never closed";
        let host = self.host(url).acquire_owned().await.expect(NEVER_CLOSED);
        let all = Arc::clone(&self.all).acquire_owned().await.expect(NEVER_CLOSED);
        Turn { _host: host, _all: all }
    }

    fn host(&self, url: &Url) -> Arc<Semaphore> {
        // http and https of one host are one server; a port of its own is another.
        let key = match url.port() {
            Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
            None => url.host_str().unwrap_or_default().to_owned(),
        };
        // Held for a look-up only, never across an await; a panic elsewhere leaves the map as good as it was.
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = hosts.get(&key).and_then(Weak::upgrade) {
            return semaphore;
        }
        if hosts.len() >= HOSTS_BEFORE_SWEEP {
            hosts.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        let semaphore = Arc::new(Semaphore::new(self.per_host));
        hosts.insert(key, Arc::downgrade(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[tokio::test]
    async fn a_full_host_keeps_nobody_else_waiting() {
        let turns = Turns::new(3, 2);
        let url = |text: &str| Url::parse(text).unwrap();
        let first = turns.wait(&url("http://a.example/1")).await;
        let _second = turns.wait(&url("https://a.example/2")).await;
        assert!(turns.wait(&url("http://a.example/3")).now_or_never().is_none(), "two at a time to one host");
        let _third = turns.wait(&url("http://b.example/")).now_or_never().expect("another host has a turn");
        assert!(turns.wait(&url("http://c.example/")).now_or_never().is_none(), "three in all");
        drop(first);
        assert!(turns.wait(&url("http://c.example/")).now_or_never().is_some());
    }
}
