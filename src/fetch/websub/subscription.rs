//! Pure: one subscription, what it expects, and when it is to be asked for again.

use super::{Offer, signature::Secret};
use crate::model::FeedId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The lease is renewed after this share of it at the earliest …
const RENEW_FROM: f64 = 0.6;
/// … and this much of it later at the latest, by chance, so that subscriptions made together part.
const RENEW_SPREAD: f64 = 0.2;
/// A hub that gives shorter leases is asked no more often than this all the same.
const LEAST_LEASE: Duration = Duration::from_secs(300);
/// First pause after a failure; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
/// Longest pause after failures that may be over soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 3600);
/// Longest pause before a hub under `allow` is asked again.
const LONGEST_PAUSE_OWN: Duration = Duration::from_secs(5);
/// Pause after a refusal, which will hardly be taken back soon.
const AFTER_REFUSAL: Duration = Duration::from_secs(24 * 3600);
/// Longest rest, however often the hub was not worth its trust.
const LONGEST_REST: Duration = Duration::from_secs(30 * 24 * 3600);
/// What polls found without the hub having sent anything, so many times in a row, ends the trust in it.
pub(super) const SILENT_POLLS: u32 = 3;

/// How a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The hub has been asked, or is about to be, and has not verified it yet.
    Asking,
    /// Verified; its lease runs.
    Live,
    /// Not asked for at present: the hub denied it, is gone, or was not worth its trust.
    Resting,
    /// The hub is told that it is over.
    Leaving,
}

impl Standing {
    /// The word used in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Asking => "asking",
            Standing::Live => "live",
            Standing::Resting => "resting",
            Standing::Leaving => "leaving",
        }
    }
}

/// What a request to a hub is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Subscribe,
    Unsubscribe,
}

impl Mode {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Mode::Subscribe => "subscribe",
            Mode::Unsubscribe => "unsubscribe",
        }
    }
}

/// A subscription as it is kept; its secret is kept beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Subscription {
    /// The feed.
    pub(super) feed: FeedId,
    /// The feed's address as configured: with another one this is over.
    pub(super) feed_url: String,
    /// Last part of the callback's address.
    #[serde(skip)]
    pub(super) path: String,
    #[serde(skip, default = "no_secret")]
    pub(super) secret: Secret,
    /// The public address that the callback begins with.
    pub(super) callback: String,
    /// The address that polls were answered from: relative links of what is pushed begin there, as those of polls do.
    pub(super) base: String,
    /// What the hub knows the feed by.
    pub(super) topic: String,
    /// The feed's hubs as last offered.
    pub(super) hubs: Vec<String>,
    /// The one that is asked.
    pub(super) hub: String,
    pub(super) standing: Standing,
    /// When it was last verified, and for how long.
    #[serde(default)]
    pub(super) verified: Option<Timestamp>,
    #[serde(default)]
    pub(super) lease_seconds: u64,
    /// Not asked for before this.
    #[serde(default)]
    pub(super) rests_until: Option<Timestamp>,
    /// Requests and verifications that failed, in a row.
    #[serde(default)]
    pub(super) failures: u32,
    /// The last of them that were refusals, in a row: as many as there are hubs, and all of them have refused.
    #[serde(default)]
    pub(super) refusals: u32,
    /// How often it had to rest since it was last of use.
    #[serde(default)]
    pub(super) rests: u32,
    /// What was wrong last.
    #[serde(default)]
    pub(super) why: Option<String>,
}

fn no_secret() -> Secret {
    Secret::kept(String::new())
}

impl Subscription {
    /// What the hub is told to call.
    pub(super) fn callback(&self) -> String {
        format!("{}/{}", self.callback.trim_end_matches('/'), self.path)
    }

    /// Whether the hub may be answered that this is what we want.
    pub(super) fn expects(&self, mode: Mode, topic: &str) -> bool {
        let wanted = match mode {
            Mode::Subscribe => matches!(self.standing, Standing::Asking | Standing::Live),
            Mode::Unsubscribe => matches!(self.standing, Standing::Resting | Standing::Leaving),
        };
        wanted && topic == self.topic
    }

    /// What the feed offers now, if this is still of it: another topic, or hubs without ours, make it another one.
    pub(super) fn is_of(&self, offer: &Offer) -> bool {
        self.topic == offer.topic && offer.hubs.contains(&self.hub)
    }

    /// After a failure the next hub is tried, where there are several.
    pub(super) fn turn_to_next_hub(&mut self) {
        let place = self.hubs.iter().position(|hub| *hub == self.hub).map_or(0, |place| place + 1);
        if let Some(hub) = self.hubs.get(place).or(self.hubs.first()) {
            self.hub.clone_from(hub);
        }
    }

    /// How much of the lease is left at an instant of the wall clock; never more than the lease, whatever that clock did.
    pub(super) fn lease_left(&self, now: Timestamp) -> Duration {
        let lease = Duration::from_secs(self.lease_seconds);
        let Some(verified) = self.verified else { return Duration::ZERO };
        let passed = Duration::try_from(now.duration_since(verified)).unwrap_or_default();
        lease.saturating_sub(passed)
    }

    /// How long after its verification a lease is renewed. `own` is a hub under `allow`, which may be asked as often as
    /// its operator likes.
    pub(super) fn renewal(&self, own: bool) -> Duration {
        let lease = Duration::from_secs(self.lease_seconds);
        let share = RENEW_FROM + RENEW_SPREAD * self.chance(self.lease_seconds);
        let least = if own { Duration::ZERO } else { LEAST_LEASE };
        lease.mul_f64(share).max(least)
    }

    /// How long to wait after a failure.
    pub(super) fn pause(&self, refused: bool, asked_to_wait: Option<Duration>, own: bool) -> Duration {
        let doublings = self.failures.saturating_sub(1).min(16);
        let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
        let pause = if refused { pause.max(AFTER_REFUSAL) } else { pause };
        let pause = pause.max(asked_to_wait.unwrap_or_default().min(AFTER_REFUSAL));
        let pause = pause.mul_f64(1.0 + 0.2 * self.chance(u64::from(self.failures)));
        if own { (pause / 600).min(LONGEST_PAUSE_OWN) } else { pause }
    }

    /// How long it rests from now on; each time in a row twice as long.
    pub(super) fn rest(&self) -> Duration {
        let doublings = self.rests.saturating_sub(1).min(8);
        AFTER_REFUSAL.saturating_mul(1 << doublings).min(LONGEST_REST)
    }

    /// From 0 to 1, different for each subscription and round.
    pub(super) fn chance(&self, round: u64) -> f64 {
        (xxh3_64_with_seed(self.path.as_bytes(), round) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(standing: Standing) -> Subscription {
        Subscription {
            feed: "a".into(),
            feed_url: "https://wire.example/rss".to_owned(),
            path: "name".to_owned(),
            secret: no_secret(),
            callback: "https://push.example/in/".to_owned(),
            base: "https://wire.example/rss".to_owned(),
            topic: "https://wire.example/rss".to_owned(),
            hubs: vec!["https://one.example/".to_owned(), "https://two.example/".to_owned()],
            hub: "https://one.example/".to_owned(),
            standing,
            verified: Some("2020-09-29T12:00:00Z".parse().unwrap()),
            lease_seconds: 1000,
            rests_until: None,
            failures: 0,
            refusals: 0,
            rests: 0,
            why: None,
        }
    }

    #[test]
    fn only_what_was_asked_for_is_answered() {
        use Mode::{Subscribe, Unsubscribe};
        for (standing, subscribe, unsubscribe) in [
            (Standing::Asking, true, false),
            (Standing::Live, true, false),
            (Standing::Resting, false, true),
            (Standing::Leaving, false, true),
        ] {
            let subscription = subscription(standing);
            assert_eq!(subscription.expects(Subscribe, "https://wire.example/rss"), subscribe, "{standing:?}");
            assert_eq!(subscription.expects(Unsubscribe, "https://wire.example/rss"), unsubscribe, "{standing:?}");
            assert!(!subscription.expects(Subscribe, "https://wire.example/other"));
        }
    }

    #[test]
    fn leases_are_renewed_in_time_and_not_in_step() {
        let mut one = subscription(Standing::Live);
        let mut renewals = Vec::new();
        for n in 0..200 {
            one.path = format!("name-{n}");
            renewals.push(one.renewal(false).as_secs());
        }
        assert!(renewals.iter().all(|at| (600..=800).contains(at)), "{renewals:?}");
        renewals.sort_unstable();
        renewals.dedup();
        assert!(renewals.len() > 50);
        one.lease_seconds = 1;
        assert_eq!((one.renewal(false), one.renewal(true) < Duration::from_secs(1)), (LEAST_LEASE, true));
        let at = |text: &str| one.lease_left(text.parse().unwrap());
        assert_eq!(at("2020-09-29T12:00:02Z"), Duration::ZERO);
        assert_eq!(at("2010-01-01T00:00:00Z"), Duration::from_secs(1), "a clock set back makes no lease longer");
    }

    #[test]
    fn pauses_grow_and_the_next_hub_is_tried() {
        let mut one = subscription(Standing::Asking);
        let mut last = Duration::ZERO;
        for failures in 1..40 {
            one.failures = failures;
            let pause = one.pause(false, None, false);
            assert!(pause >= last.mul_f64(0.8) && pause <= LONGEST_PAUSE.mul_f64(1.2), "{failures}: {pause:?}");
            last = pause;
        }
        one.failures = 1;
        assert!(one.pause(true, None, false) >= AFTER_REFUSAL);
        assert!(one.pause(false, Some(Duration::from_secs(1000)), false) >= Duration::from_secs(1000));
        assert!(one.pause(false, Some(Duration::MAX), false) < AFTER_REFUSAL * 2, "Retry-After is bounded");
        one.turn_to_next_hub();
        assert_eq!(one.hub, "https://two.example/");
        one.turn_to_next_hub();
        assert_eq!(one.hub, "https://one.example/");
        one.rests = 40;
        assert_eq!(one.rest(), LONGEST_REST);
    }
}
