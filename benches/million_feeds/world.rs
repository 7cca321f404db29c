//! The model: whose feeds there are, how often they bring something, and how their servers answer.
//!
//! Measured elsewhere, where a source is named; assumed, where none is. What is assumed is assumed on the heavy side.

use dateline::fetch::rehearsal::Kind;
use std::{f64::consts::TAU, time::Duration};

/// Of all feeds this share lives on platforms where each feed is a path of one host, and these are so many platforms, the
/// k-th with a k-th of the first's feeds: of a million feeds the first has 38,700. Assumed.
const PATHS: (f64, usize) = (0.12, 12);
/// The same for platforms where each feed has a host of its own below one registered domain; the first has 66,200.
/// Platforms that stand in the public suffix list count as the tail, since nothing binds their hosts together. Assumed.
const NAMES: (f64, usize) = (0.18, 8);
/// All others stand on publishers' own hosts. With n feeds there are so many as n to this power, up to [`MOST`]: a site
/// has one feed, a newspaper one for each section, 3.8 in the mean. Assumed.
const SECTIONS: f64 = -2.0;
const MOST: u32 = 300;

/// This share brings nothing. Of 100,000 feeds that were polled in 2005, 25 % did not change for days (Liu,
/// Ramasubramanian, Sirer: Client Behavior and Feed Characteristics of RSS, IMC 2005).
const SILENT: f64 = 0.25;
/// Items a day of the others: logarithms are normal about this median. Between two lists: 55 % of the feeds of that study
/// changed hourly, and of the 100,000 most read at Bloglines 30 to 40 % had an item a day (socialmedia.typepad.com,
/// "Bloglines"); a million reaches further down. Here 43 % have an item a day, 8 % one an hour, and the mean is 12.
const ITEMS_A_DAY: (f64, f64) = (1.5, 2.2);
/// No wire brings more. Assumed.
const MOST_ITEMS_A_DAY: f64 = 2_000.0;
/// Newsrooms sleep: the rate swings by this share about its mean, and is highest at 14 h of their own time. Assumed.
const SWING: f64 = 0.8;
/// Hours that newsrooms are ahead of UTC, with their share. Assumed.
const ZONES: [(f64, f64); 3] = [(0.4, -5.0), (0.4, 1.0), (0.2, 8.0)];
/// Items that a document shows. WordPress shows 10, agencies 20 to 100. Assumed.
pub(crate) const WINDOW: usize = 20;

/// Seconds until a host has answered: the median of hosts, how hosts differ (as a logarithm) and how one host's answers
/// do. Three in a hundred take longer than two seconds. Assumed.
const ANSWER: (f64, f64, f64) = (0.3, 0.6, 0.5);
/// Hosts that answer 304. FeedLounge counted about 60 % ("Rewarding 304s", 2006).
const CONDITIONAL: f64 = 0.6;
/// Hosts that say how long an answer stays good, and how long. Assumed.
const FRESH: [(f64, u64); 2] = [(0.15, 300), (0.15, 3600)];
/// Feeds that fail for good: not found; no connection; a page in the feed's place. Assumed.
const DEAD: [(f64, Fate); 3] = [(0.04, Fate::Missing), (0.03, Fate::Away), (0.01, Fate::Page)];
/// Answers of 429 or 503, and how many of them say when to come back, in seconds. Assumed.
const BUSY: f64 = 0.004;
const RETRY_AFTER: (f64, u64) = (0.25, 120);

const DAY: f64 = 86_400.0;

/// Where a feed stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A path of a platform's one host.
    Path,
    /// A name below a platform's domain.
    Name,
    /// A publisher's own host.
    Own,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Well,
    Missing,
    Away,
    Page,
}

/// A host.
pub(crate) struct Host {
    pub(crate) place: Place,
    pub(crate) name: String,
    /// What of it is registered.
    pub(crate) domain: String,
    pub(crate) feeds: u32,
    seconds: f64,
    conditional: bool,
    fresh: Option<Duration>,
}

/// A feed.
pub(crate) struct Feed {
    pub(crate) host: u32,
    pub(crate) items_a_day: f64,
    /// The second of the day, in UTC, at which it brings most.
    pub(crate) peak: f64,
    fate: Fate,
}

/// What a server says.
pub(crate) enum Answer {
    Unchanged,
    /// New items; more than [`WINDOW`] of them cannot be seen.
    Document(usize),
    Failed(Kind, Option<Duration>),
}

/// All there is.
pub(crate) struct World {
    pub(crate) hosts: Vec<Host>,
    pub(crate) feeds: Vec<Feed>,
}

impl World {
    pub(crate) fn new(seed: u64, feeds: usize) -> Self {
        let mut random = Random::new(seed, 0);
        let mut world = Self { hosts: Vec::new(), feeds: Vec::new() };
        for (place, (share, platforms)) in [(Place::Path, PATHS), (Place::Name, NAMES)] {
            let harmonic: f64 = (1..=platforms).map(|rank| 1.0 / rank as f64).sum();
            for rank in 1..=platforms {
                let count = (share * feeds as f64 / harmonic / rank as f64).round() as u32;
                let domain = format!("{place:?}-{rank}.example").to_lowercase();
                // One machine room answers for a platform.
                let mut like = random.clone();
                random.next();
                match place {
                    Place::Path => world.settle(place, domain.clone(), domain, count, &mut like, &mut random),
                    _ => {
                        for blog in 0..count {
                            let host = format!("blog-{blog}.{domain}");
                            world.settle(place, host, domain.clone(), 1, &mut like.clone(), &mut random);
                        }
                    }
                }
            }
        }
        // The inverse of the distribution function of a power law with an end.
        let power = SECTIONS + 1.0;
        let end = 1.0 - f64::from(MOST + 1).powf(power);
        while world.feeds.len() < feeds {
            let count = (1.0 - random.unit() * end).powf(1.0 / power) as u32;
            let count = count.clamp(1, MOST).min((feeds - world.feeds.len()) as u32);
            let domain = format!("publisher-{}.example", world.hosts.len());
            let mut like = random.clone();
            random.next();
            world.settle(Place::Own, domain.clone(), domain, count, &mut like, &mut random);
        }
        world
    }

    /// A new host with its feeds; what `like` draws makes the host what it is.
    fn settle(
        &mut self,
        place: Place,
        name: String,
        domain: String,
        feeds: u32,
        like: &mut Random,
        random: &mut Random,
    ) {
        let host = self.hosts.len() as u32;
        let seconds = ANSWER.0 * (ANSWER.1 * like.normal()).exp();
        let conditional = like.unit() < CONDITIONAL;
        let fresh = like.pick(&FRESH).map(Duration::from_secs);
        self.hosts.push(Host { place, name, domain, feeds, seconds, conditional, fresh });
        for _ in 0..feeds {
            let items =
                if random.unit() < SILENT { 0.0 } else { ITEMS_A_DAY.0 * (ITEMS_A_DAY.1 * random.normal()).exp() };
            let ahead = random.pick(&ZONES).unwrap_or_default();
            let fate = random.pick(&DEAD).unwrap_or(Fate::Well);
            let items_a_day = items.min(MOST_ITEMS_A_DAY);
            self.feeds.push(Feed { host, items_a_day, peak: (14.0 - ahead) * 3600.0, fate });
        }
    }

    pub(crate) fn host(&self, feed: &Feed) -> &Host {
        &self.hosts[feed.host as usize]
    }

    /// How long a server takes, and what it says to somebody who last saw the feed at `since`; both are seconds since a
    /// midnight of UTC.
    pub(crate) fn ask(&self, feed: &Feed, random: &mut Random, since: Option<f64>, now: f64) -> (Duration, Answer) {
        let host = self.host(feed);
        let seconds = host.seconds * (ANSWER.2 * random.normal()).exp();
        let took = Duration::from_secs_f64(seconds.min(60.0));
        let answer = match feed.fate {
            Fate::Missing => Answer::Failed(Kind::Hard, None),
            Fate::Page => Answer::Failed(Kind::Soft, None),
            Fate::Away => return (away(), Answer::Failed(Kind::Temporary, None)),
            Fate::Well if random.unit() < BUSY => {
                let after = (random.unit() < RETRY_AFTER.0).then_some(Duration::from_secs(RETRY_AFTER.1));
                Answer::Failed(Kind::Temporary, after)
            }
            Fate::Well => match since {
                None => Answer::Document(WINDOW),
                Some(since) => match random.poisson(feed.items(since, now)) {
                    0 if host.conditional => Answer::Unchanged,
                    new => Answer::Document(new),
                },
            },
        };
        (took, answer)
    }

    /// How long the answers of a feed's host stay good.
    pub(crate) fn fresh(&self, feed: &Feed) -> Option<Duration> {
        self.host(feed).fresh
    }
}

/// How long a connection is waited for that is not to be had: `fetch.connect_timeout`.
pub(crate) fn away() -> Duration {
    dateline::fetch::Options::default().connect_timeout
}

impl Feed {
    /// Whether it will ever show a document.
    pub(crate) fn is_well(&self) -> bool {
        self.fate == Fate::Well
    }

    /// Items that are to be expected between two moments: the integral of a rate that swings once a day.
    fn items(&self, since: f64, until: f64) -> f64 {
        let swung = |at: f64| (TAU * (at - self.peak) / DAY).sin() * SWING / TAU;
        self.items_a_day * ((until - since) / DAY + swung(until) - swung(since))
    }
}

/// Chance that can be had again.
#[derive(Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        // Numbers that follow upon each other must not begin the same sequence a step later.
        let mut mixed = Self(seed ^ number.rotate_left(24));
        Self(mixed.next() ^ number.rotate_left(40))
    }

    /// Splitmix64 (Steele, Lea, Flood 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Box and Muller.
    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (TAU * self.unit()).cos()
    }

    /// Knuth's, and beyond what a document shows the normal law that it approaches.
    fn poisson(&mut self, mean: f64) -> usize {
        if mean > 30.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as usize;
        }
        let (least, mut product, mut count) = ((-mean).exp(), self.unit(), 0);
        while product > least {
            product *= self.unit();
            count += 1;
        }
        count
    }

    /// One of several, each with its share; none for what the shares leave.
    fn pick<T: Copy>(&mut self, of: &[(f64, T)]) -> Option<T> {
        let mut rest = self.unit();
        for (share, one) in of {
            if rest < *share {
                return Some(*one);
            }
            rest -= share;
        }
        None
    }
}
