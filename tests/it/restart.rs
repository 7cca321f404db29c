//! How soon a daemon that was killed or stopped publishes again, with many items remembered. A few of both in the test
//! command; `just restarts` asks it of an optimised build with 100,000 items and prints the figures.

use crate::{
    disk::count,
    harness::{Daemon, Entry, Reply, Site, dateline, finished, rss, wait_for},
    oracle::{Random, TopicFiles, Topics, random},
};
use std::{
    fmt::Write as _,
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

/// Items of one feed of the past.
const ITEMS_A_FEED: usize = 100;

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_restart_publishes_soon_with_much_remembered() {
    let site = Site::new();
    restarts(&site, "", || TopicFiles::from_now(&site.path("data")));
}

#[cfg(feature = "kafka")]
#[test]
fn a_restart_publishes_soon_with_much_remembered_on_kafka() {
    let Some(broker) = crate::kafka_broker::shared() else { return };
    let site = Site::new();
    let prefix = format!("r{}", uuid::Uuid::new_v4().simple());
    let publish = format!(
        "[publish]\nto = \"kafka\"\ntopic_prefix = \"{prefix}\"\n[publish.kafka]\nbootstrap_servers = \"{}\"\n\
         transactional_id = \"{prefix}-1\"\n",
        broker.address()
    );
    restarts(&site, &publish, || crate::oracle::KafkaTopics::from_now(&broker.address(), &prefix));
}

fn restarts<T: Topics>(site: &Site, publish: &str, attach: impl FnOnce() -> T) {
    let seed = random::seed();
    eprintln!("seed {seed}");
    let mut random = Random::new(seed);
    let items = count("DATELINE_RESTART_ITEMS", 300);
    let feeds: String = (0..items.div_ceil(ITEMS_A_FEED)).map(|n| feed_of_the_past(site, n, &mut random)).collect();
    configure(site, "past", &feeds, publish);
    let filled = finished(dateline().args(["run", "--once", "--config"]).arg(site.path("past.toml")));
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    configure(site, "now", &block(site, "now"), publish);

    let mut topics = attach();
    let (mut times, mut peak) = (Vec::new(), 0);
    let (mut shown, mut told) = (Vec::new(), Vec::new());
    for number in 0..count("DATELINE_RESTARTS", 3) {
        shown.push((format!("new-{number}"), story(&mut random)));
        serve(site, "now", &shown);
        told.extend(topics.more());
        let log = fs::OpenOptions::new().create(true).append(true).open(site.path("dateline.log")).unwrap();
        let begun = Instant::now();
        let mut command = dateline();
        command.args(["run", "--config"]).arg(site.path("now.toml")).stdout(Stdio::null()).stderr(log);
        let daemon = Daemon { child: command.spawn().unwrap() };
        let headline = headline(&shown[number].0);
        let is_it = |entry: &crate::oracle::Entry| entry.value["headline"] == headline.as_str();
        loop {
            let more = topics.more();
            let found = more.iter().any(is_it);
            told.extend(more);
            if found {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "restart {number} (seed {seed}): {}", site.log());
            std::thread::sleep(Duration::from_millis(2));
        }
        times.push(begun.elapsed());
        let status = fs::read_to_string(format!("/proc/{}/status", daemon.child.id())).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        peak = peak.max(resident.unwrap().trim().parse::<u64>().unwrap() / 1024);
        if number % 2 == 0 {
            daemon.kill();
        } else {
            assert_eq!(daemon.terminate().0, Some(0));
        }
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    let figures = format!("p50 {:?}, p99 {:?}, most {:?}, {peak} MiB", at(50), at(99), at(100));
    eprintln!("{} restarts with {items} items remembered: to the first commit {figures}", times.len());
    // Every new item once, also those whose daemon was killed right after.
    wait_for(PATIENCE, "every record to be readable", || {
        told.extend(topics.more());
        let articles = told.iter().filter(|entry| entry.topic == "articles.v1" && entry.key.starts_with("now:"));
        (articles.count() == shown.len()).then_some(())
    });
}

/// Serves stories of one feed, a fifth of them copies of others, and returns its block.
fn feed_of_the_past(site: &Site, n: usize, random: &mut Random) -> String {
    let mut told: Vec<(String, String)> = Vec::new();
    for item in 0..ITEMS_A_FEED {
        let copied = told.last().filter(|_| random.once_in(5)).map(|(_, text)| text.clone());
        let text = copied.unwrap_or_else(|| story(random));
        told.push((format!("{n}-{item}"), text));
    }
    let id = format!("past-{n}");
    serve(site, &id, &told);
    block(site, &id)
}

pub(crate) fn serve(site: &Site, id: &str, told: &[(String, String)]) {
    site.server.serve(&format!("/{id}.xml"), document(id, told));
}

/// A feed of these stories: guids and texts.
pub(crate) fn document(id: &str, told: &[(String, String)]) -> Reply {
    let titles: Vec<String> = told.iter().map(|(guid, _)| headline(guid)).collect();
    let entries: Vec<Entry<'_>> = told
        .iter()
        .zip(&titles)
        .map(|((guid, text), title)| Entry {
            guid,
            title,
            link: format!("http://wire.example/story/{guid}"),
            description: text,
            published: "Tue, 06 Oct 2020 12:05:00 GMT",
        })
        .collect();
    Reply::rss(rss(id, &entries))
}

pub(crate) fn headline(guid: &str) -> String {
    format!("The council of district {guid} decides")
}

/// About 480 words, figures among them, and in two of five stories some about the disease.
pub(crate) fn story(random: &mut Random) -> String {
    const WORDS: [&str; 24] = [
        "harbour", "bridge", "school", "museum", "library", "station", "theatre", "market", "garden", "stadium",
        "mill", "tower", "council", "river", "railway", "winter", "budget", "ferry", "union", "verdict", "orchard",
        "quarry", "choir", "lantern",
    ];
    let mut text = String::from("PORT ELLING, October 6. ");
    for sentence in 0..40 {
        let words: Vec<&str> = (0..8).map(|_| *random.choose(&WORDS)).collect();
        let _ =
            write!(text, "The {} spent {} crowns on the {}. ", words[0], random.below(9_000), words[1..].join(" and "));
        if sentence == 20 && random.below(5) < 2 {
            let (cases, deaths) = (1_000 + random.below(90_000), random.below(900));
            let _ = write!(text, "Finland has reported {cases} coronavirus cases and {deaths} deaths. ");
        }
    }
    text
}

fn block(site: &Site, id: &str) -> String {
    let (url, authority) = (site.server.url(&format!("/{id}.xml")), site.server.authority());
    format!(
        "[[feed]]\nid = \"{id}\"\nurl = \"{url}\"\nallow = [\"{authority}\"]\ninterval = \"100ms\"\nbackfill = \"all\"\n"
    )
}

fn configure(site: &Site, name: &str, feeds: &str, publish: &str) {
    let data = site.path("data");
    let main = format!("data_dir = {data:?}\nfeeds = [\"{name}-feeds.toml\"]\n[status]\nlisten = \"off\"\n{publish}");
    fs::write(site.path(&format!("{name}.toml")), main).unwrap();
    fs::write(site.path(&format!("{name}-feeds.toml")), feeds).unwrap();
}
