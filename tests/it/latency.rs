//! How soon a story is published after the response that carried it: alone, and amid a flood of new feeds. A few stories
//! in the test command; `just latency` asks an optimised build for many and prints the figures.

use crate::{
    disk::count,
    harness::{Daemon, Reply, Request, Script, Site},
    oracle::{Random, TopicFiles, Topics, campaign::signal, random},
    restart::{document, headline, serve, story},
};
use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(300);

/// Stories of one feed that was never seen before.
const PAST_OF_A_FEED: usize = 20;

/// A feed of which one story after the other is told, the last twenty of them at a time.
struct Desk {
    random: Mutex<Random>,
    told: Mutex<Vec<(String, String)>>,
    /// When the last byte of the first response with a story was sent.
    sent: Mutex<BTreeMap<String, Instant>>,
}

impl Script for Desk {
    fn answer(&self, request: &Request) -> Option<Reply> {
        (request.path == "/desk.xml").then(|| document("desk", &self.told.lock().unwrap()))
    }

    fn sent(&self, _request: &Request, reply: &Reply) {
        let (now, body) = (Instant::now(), String::from_utf8_lossy(&reply.body));
        let mut sent = self.sent.lock().unwrap();
        for (guid, _) in self.told.lock().unwrap().iter().filter(|(guid, _)| body.contains(&format!(">{guid}<"))) {
            sent.entry(guid.clone()).or_insert(now);
        }
    }
}

impl Desk {
    fn tell(&self, number: usize) {
        let mut told = self.told.lock().unwrap();
        told.insert(0, (format!("news-{number}"), story(&mut self.random.lock().unwrap())));
        told.truncate(20);
    }
}

/// A daemon that follows the desk, and whoever reads what it publishes.
struct Newsroom<T> {
    site: Site,
    desk: Arc<Desk>,
    daemon: Daemon,
    topics: T,
    /// From the response to the record, in milliseconds, of each of the desk's stories.
    latencies: Vec<u64>,
    /// Stories of other feeds that were read.
    others: usize,
    random: Random,
}

impl<T: Topics> Newsroom<T> {
    fn open(settings: &str, attach: impl FnOnce(&Site) -> T) -> Self {
        let seed = random::seed();
        eprintln!("seed {seed}");
        let site = Site::new();
        let desk = Desk { random: Mutex::new(Random::new(seed)), told: Mutex::default(), sent: Mutex::default() };
        let desk = Arc::new(desk);
        site.server.play(Arc::clone(&desk) as Arc<dyn Script>);
        site.feed("desk", "backfill = \"all\"");
        site.settings(settings);
        let daemon = site.spawn();
        let topics = attach(&site);
        let mut room =
            Self { site, desk, daemon, topics, latencies: Vec::new(), others: 0, random: Random::new(seed + 1) };
        room.news(0);
        room.latencies.clear();
        room
    }

    /// Reads what has come.
    fn read(&mut self) {
        let now = Instant::now();
        for entry in self.topics.more().iter().filter(|entry| entry.topic == "articles.v1") {
            let sent = self.desk.sent.lock().unwrap();
            match sent.iter().find(|(guid, _)| entry.value["headline"] == headline(guid).as_str()) {
                Some((_, sent)) => self.latencies.push(now.saturating_duration_since(*sent).as_millis() as u64),
                None => self.others += 1,
            }
        }
    }

    /// The desk tells a story; returns how many stories of others came between the response and its record.
    fn news(&mut self, number: usize) -> usize {
        let before = self.latencies.len();
        self.desk.tell(number);
        let (guid, begun) = (format!("news-{number}"), Instant::now());
        let mut others = None;
        while self.latencies.len() == before {
            assert!(begun.elapsed() < PATIENCE, "{guid} is not published: {}", self.site.log());
            self.read();
            if others.is_none() && self.desk.sent.lock().unwrap().contains_key(&guid) {
                others = Some(self.others);
            }
            thread::sleep(Duration::from_millis(1));
        }
        self.others - others.unwrap_or(self.others)
    }

    fn rest(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.read();
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn figures(&self) -> String {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let at = |share: usize| sorted[(sorted.len() * share / 100).min(sorted.len() - 1)];
        format!("{} stories, p50 {} ms, p99 {} ms, most {} ms", sorted.len(), at(50), at(99), at(100))
    }

    /// The most memory so far, in MiB.
    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.daemon.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak.unwrap().trim().parse::<u64>().unwrap() / 1024
    }
}

/// The news of a feed that is known goes before the past of new ones: of a long list of them nearly all is still to come
/// when it is published.
#[test]
fn a_flood_of_new_feeds_keeps_no_news_waiting() {
    // A short flood is one for a small doorstep.
    let settings = match std::env::var_os("DATELINE_FLOOD_FEEDS") {
        Some(_) => "",
        None => "[intake]\nmax_bytes = \"256MiB\"\n",
    };
    let mut room = Newsroom::open(settings, |site| TopicFiles::from_now(&site.path("data")));
    let feeds = count("DATELINE_FLOOD_FEEDS", 60);
    let all = feeds * PAST_OF_A_FEED;
    for feed in 0..feeds {
        let stories: Vec<(String, String)> =
            (0..PAST_OF_A_FEED).map(|number| (format!("{feed}-{number}"), story(&mut room.random))).collect();
        let id = format!("past-{feed}");
        serve(&room.site, &id, &stories);
        room.site.feed(&id, "backfill = \"all\"");
    }
    drop(room.site.command("run"));
    let begun = Instant::now();
    signal("HUP", room.daemon.child.id());
    while room.others == 0 {
        assert!(begun.elapsed() < PATIENCE, "{}", room.site.log());
        room.read();
    }
    let (mut number, mut most) = (1, 0);
    while room.others < all {
        assert!(begun.elapsed() < PATIENCE, "{} of {all}: {}", room.others, room.site.log());
        most = most.max(room.news(number));
        number += 1;
        let pause = room.random.between(Duration::from_millis(50), Duration::from_millis(500));
        room.rest(pause);
    }
    let (took, peak) = (begun.elapsed().as_secs_f64(), room.peak());
    eprintln!(
        "a flood of {all} stories of {feeds} new feeds took {took:.1} s and {peak} MiB at most; of a known feed meanwhile \
         {}, {most} stories of others before one at most",
        room.figures()
    );
    assert!(most < all / 2, "{most} of {all} stories of the flood came before one of the news");
    assert_eq!(room.others, all, "each once");
    assert_eq!(room.daemon.terminate().0, Some(0), "{}", room.site.log());
}

#[cfg(feature = "kafka")]
#[test]
fn a_story_is_published_soon() {
    use crate::kafka_broker::{self, Broker};
    fn ask(broker: &Broker, words: &str) {
        for latency in ["1s", "100ms"] {
            let prefix = format!("l{}", uuid::Uuid::new_v4().simple());
            let address = broker.address();
            let settings = format!(
                "[publish]\nto = \"kafka\"\ntopic_prefix = \"{prefix}\"\nmax_latency = \"{latency}\"\n[publish.kafka]\n\
                 bootstrap_servers = \"{address}\"\ntransactional_id = \"{prefix}-1\"\n"
            );
            let mut room = Newsroom::open(&settings, |_| crate::oracle::KafkaTopics::from_now(&address, &prefix));
            for number in 1..=count("DATELINE_LATENCY_STORIES", 5) {
                room.news(number);
                let pause = room.random.between(Duration::from_millis(20), Duration::from_millis(700));
                room.rest(pause);
            }
            eprintln!(
                "from the response to the committed record at {words}, max_latency = {latency}: {}",
                room.figures()
            );
            assert_eq!(room.daemon.terminate().0, Some(0), "{}", room.site.log());
        }
    }
    let Some(broker) = kafka_broker::shared() else { return };
    ask(broker, "one broker");
    if std::env::var_os("DATELINE_LATENCY_STORIES").is_some()
        && let Some(cluster) = kafka_broker::cluster()
    {
        ask(&cluster, "three brokers");
    }
}
