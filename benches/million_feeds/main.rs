//! A million feeds on paper: `cargo bench --bench million_feeds -- [FEEDS] [--quick] [--seed N] [--processes N]`.
//!
//! What decides when and in which turn a feed is asked is the daemon's own code ([`Course`], [`Turns`]) at its default
//! options; servers, newsrooms and the clock are a model (`world.rs`). The clock stands still while anything can go on,
//! so that 31 hours pass within minutes. Feeds are dealt to processes by their host, as the role `fetch` does. After a
//! cold start all settle; later the network is away for an hour, and later still the daemon itself holds all feeds for
//! one. `--quick` takes 10,000 feeds.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on ends")]

mod tally;
mod world;

use dateline::{
    fetch::{
        Options,
        rehearsal::{Course, Kind, Turns},
    },
    model::{Feed, FeedNotes, Rhythm},
};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::HashMap,
    hint::black_box,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tally::{PHASES, PLACES, STEADY, Spread, Tally, fairness, minutes, phase};
use tokio::time::{Instant, sleep, sleep_until};
use url::Url;
use world::{Answer, Place, Random, WINDOW, World, away};

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Processes of the role `fetch`, if not said: one for each of `roles.fetch_partitions`.
const PROCESSES: usize = 12;
/// The hour of the day, in UTC, at which all begins: the steady hours are then those from 8 to 18.
const BEGIN: f64 = 18.0 * 3600.0;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| arguments.iter().skip_while(|argument| *argument != name).nth(1);
    let number = |name: &str| after(name).and_then(|number| number.parse().ok());
    let seed = number("--seed").unwrap_or(11);
    let processes = number("--processes").map_or(PROCESSES, |number| number.max(1) as usize);
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let named = arguments.first().and_then(|feeds| feeds.parse().ok());
    let feeds = named.unwrap_or(if quick { 10_000 } else { 1_000_000 });
    // Before anything else has been in memory and out of it again.
    costs(feeds.min(100_000));
    let world = Arc::new(World::new(seed, feeds));
    println!("seed {seed}: {feeds} feeds on {} hosts, {processes} processes", world.hosts.len());

    let start = std::time::Instant::now();
    let all = simulate(&world, seed, processes);
    let requests: u64 = all.minutes.iter().map(|count| u64::from(*count)).sum();
    let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    println!(
        "{requests} requests in {} hours, simulated in {:.0} s; {:.1} µs of a processor for each, model and clock included",
        all.minutes.len() / 60,
        start.elapsed().as_secs_f64(),
        (cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9) * 1e6 / requests as f64,
    );
    rates(&all);
    lags(&all);
    shares(&world, &all);
    shards(&world, &all);
}

/// The process of a host.
fn shard(name: &str, shards: usize) -> usize {
    let hash = blake3::hash(name.as_bytes());
    let first = hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    (first % shards as u64) as usize
}

/// Runs the processes, which know nothing of each other, a few at a time.
fn simulate(world: &Arc<World>, seed: u64, processes: usize) -> Tally {
    let mut dealt = vec![Vec::new(); processes];
    let homes: Vec<usize> = world.hosts.iter().map(|host| shard(&host.name, processes)).collect();
    for (number, feed) in world.feeds.iter().enumerate() {
        dealt[homes[feed.host as usize]].push(number);
    }
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Tally::new(world.feeds.len(), 0)));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from).min(processes) {
            scope.spawn(|| {
                while let Some(feeds) = dealt.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let tally = process(world, seed, feeds);
                    all.lock().unwrap().absorb(&tally, feeds);
                }
            });
        }
    });
    all.into_inner().unwrap()
}

/// One process and its feeds, from start to end.
fn process(world: &Arc<World>, seed: u64, feeds: &[usize]) -> Tally {
    let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    clock.block_on(async {
        let options = Options::default();
        let mut urls: HashMap<u32, (usize, Arc<Url>)> = HashMap::new();
        let part = Arc::new(Process {
            world: Arc::clone(world),
            turns: Turns::new(&options),
            begin: Instant::now(),
            midnight: Timestamp::from_second(1_600_041_600).unwrap(),
            tally: Mutex::new(Tally::new(feeds.len(), feeds.len())),
            options,
        });
        for (slot, number) in feeds.iter().enumerate() {
            let host = world.feeds[*number].host;
            let local = urls.len();
            let url = || Arc::new(Url::parse(&format!("https://{}/feed", world.hosts[host as usize].name)).unwrap());
            let (local, url) = urls.entry(host).or_insert_with(|| (local, url())).clone();
            let task = Task { part: Arc::clone(&part), number: *number, slot, host: local, url };
            tokio::spawn(task.run(Random::new(seed, *number as u64 + 1)));
        }
        let end = PHASES[PHASES.len() - 1].1;
        for minute in 0..=end {
            sleep_until(part.begin + Duration::from_secs(60 * minute as u64)).await;
            part.tally.lock().unwrap().turn_to(minute);
        }
        part.tally.lock().unwrap().clone()
    })
}

struct Process {
    world: Arc<World>,
    options: Options,
    turns: Turns,
    begin: Instant,
    midnight: Timestamp,
    tally: Mutex<Tally>,
}

impl Process {
    /// Seconds since the beginning.
    fn now(&self) -> f64 {
        self.begin.elapsed().as_secs_f64()
    }

    fn phase(&self) -> &'static str {
        PHASES[phase((self.now() / 60.0) as usize)].0
    }

    fn timestamp(&self) -> Timestamp {
        self.midnight + SignedDuration::from_secs_f64(BEGIN + self.now())
    }
}

/// One feed, as `fetch::poll` has it, with a model where the network was.
struct Task {
    part: Arc<Process>,
    number: usize,
    slot: usize,
    host: usize,
    url: Arc<Url>,
}

impl Task {
    async fn run(self, mut random: Random) {
        let part = &*self.part;
        let (world, options) = (&*part.world, &part.options);
        let feed = &world.feeds[self.number];
        let mut course = course(self.number, options);
        let mut notes = FeedNotes::default();
        let (mut poll, mut seen, mut unmodified, mut whole_at) = (0, None, 0, part.now());
        let (mut pause, mut last) = (course.first(), None);
        loop {
            sleep(pause).await;
            if part.phase() == "held" {
                sleep_until(part.begin + Duration::from_secs(60 * minutes(phase_named("held")).end as u64)).await;
                sleep(course.after_hold(poll, last)).await;
            }
            poll += 1;
            let steady = part.phase() == "steady";
            let due = Instant::now();
            let answer = self.ask(&mut random, seen, poll).await;
            let fresh = world.fresh(feed);
            let mut counted = [0; 6];
            let ended = match answer {
                Answer::Failed(kind, after) => {
                    counted[2] = 1;
                    course.badly(&mut notes, kind, after, due.elapsed(), part.timestamp())
                }
                Answer::Unchanged => {
                    counted[0] = 1;
                    unmodified += 1;
                    seen = Some(BEGIN + part.now());
                    let audit =
                        unmodified >= options.audit_polls || part.now() - whole_at >= options.audit_after.as_secs_f64();
                    let mut brought = None;
                    if audit && let Answer::Unchanged | Answer::Document(_) = self.ask(&mut random, seen, 0).await {
                        counted[3] = 1;
                        (unmodified, whole_at) = (0, part.now());
                        brought = Some((0, WINDOW));
                    }
                    course.well(&mut notes, brought, fresh, due.elapsed(), part.timestamp())
                }
                Answer::Document(new) => {
                    let visible = new.min(WINDOW);
                    counted[1] = 1;
                    (counted[4], counted[5]) = (visible as u64, (new - visible) as u64);
                    (unmodified, whole_at) = (0, part.now());
                    seen = Some(BEGIN + part.now());
                    course.well(&mut notes, Some((visible, WINDOW)), fresh, due.elapsed(), part.timestamp())
                }
            };
            if steady {
                let mut tally = part.tally.lock().unwrap();
                tally.polls[self.slot] += 1;
                tally.answers.iter_mut().zip(counted).for_each(|(all, one)| *all += one);
            }
            (pause, last) = (course.pause(poll, ended, part.timestamp()), Some(ended));
        }
    }

    /// One request, in its turn. Poll 0 is none of its own.
    async fn ask(&self, random: &mut Random, seen: Option<f64>, poll: u64) -> Answer {
        let part = &*self.part;
        let due = part.now();
        part.tally.lock().unwrap().queue += 1;
        let mut turn = part.turns.wait(&self.url, false).await;
        let now = part.now();
        let feed = &part.world.feeds[self.number];
        {
            let mut tally = part.tally.lock().unwrap();
            tally.queue -= 1;
            tally.request(now, self.host);
            if poll > 0 {
                let place = part.world.host(feed).place as usize;
                tally.lags[phase((due / 60.0) as usize)][place].add(now - due);
            }
        }
        let (took, answer) = if part.phase() == "network away" {
            (away(), Answer::Failed(Kind::Temporary, None))
        } else {
            part.world.ask(feed, random, seen, BEGIN + now)
        };
        turn.work(sleep(took)).await;
        answer
    }
}

fn phase_named(name: &str) -> usize {
    PHASES.iter().position(|phase| phase.0 == name).unwrap_or_default()
}

fn course(number: usize, options: &Options) -> Course {
    Course::new(options, &Feed::new(&format!("feed-{number}"), "https://wire.example/feed"), Rhythm::default())
}

/// What the schedule holds and takes, apart from the network and from everything else of the daemon.
fn costs(feeds: usize) {
    let options = Options::default();
    let before = resident();
    let courses: Vec<(Course, FeedNotes)> =
        (0..feeds).map(|feed| (course(feed, &options), FeedNotes::default())).collect();
    let each = (resident() - before) / feeds as f64;
    let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let urls: Vec<Url> =
        (0..feeds).map(|host| Url::parse(&format!("https://publisher-{host}.example/")).unwrap()).collect();
    let (place, wait) = clock.block_on(async {
        let turns = Turns::new(&options);
        let before = resident();
        let cpu = processor_seconds();
        for url in &urls {
            drop(turns.wait(url, false).await);
        }
        ((resident() - before) / feeds as f64, (processor_seconds() - cpu) / feeds as f64)
    });
    println!("held: {each:.0} bytes a feed, {place:.0} bytes a host that is being asked");
    let mut courses = courses;
    let now = Timestamp::UNIX_EPOCH;
    let cpu = processor_seconds();
    for poll in 0..20 {
        for (course, notes) in &mut courses {
            let ended = course.well(notes, Some(((poll % 4 == 0).into(), WINDOW)), None, Duration::ZERO, now);
            black_box(course.pause(poll, ended, now));
        }
    }
    let decide = (processor_seconds() - cpu) / (20 * feeds) as f64;
    println!("taken of a processor: {:.2} µs to decide, {:.2} µs for a first turn at a host", decide * 1e6, wait * 1e6);
}

/// Requests a second, in all and of a host.
fn rates(all: &Tally) {
    println!(
        "\nrequests a second   mean     p99     max   waiting at most   of a host within a minute: mean   p99   max"
    );
    for (number, (name, _)) in PHASES.iter().enumerate() {
        let mut rates = Spread::default();
        all.minutes[minutes(number)].iter().for_each(|count| rates.add(f64::from(*count) / 60.0));
        let waiting = all.waiting[minutes(number)].iter().max().copied().unwrap_or_default();
        let host = &all.hosts[number];
        println!(
            "{name:15} {:8.0} {:7.0} {:7.0} {waiting:17} {:34.3} {:5.2} {:5.2}",
            rates.mean(),
            rates.at(0.99),
            rates.most,
            host.mean() / 60.0,
            host.at(0.99) / 60.0,
            host.most / 60.0,
        );
    }
    for name in ["cold start", "network away", "network back", "let go"] {
        println!("{name}, requests a second of each minute:");
        let begin = minutes(phase_named(name)).start;
        for row in all.minutes[begin..begin + 60].chunks(15) {
            println!("{}", row.iter().map(|count| format!("{:6.0}", f64::from(*count) / 60.0)).collect::<String>());
        }
    }
}

/// How far polls lag behind their time.
fn lags(all: &Tally) {
    println!("\nseconds that polls waited for their turn");
    for (number, (name, _)) in PHASES.iter().enumerate() {
        for (place, (where_, _)) in PLACES.iter().enumerate() {
            let lag = &all.lags[number][place];
            println!("{name:15} {where_:20} p50 {:8.2}  p99 {:8.1}  max {:8.0}", lag.at(0.5), lag.at(0.99), lag.most);
        }
    }
    let [unchanged, documents, failed, audits, items, past] = all.answers;
    let polls = (unchanged + documents + failed).max(1) as f64;
    println!(
        "steady: {:.1} % of polls not modified, {:.1} % documents, {:.1} % failures; {:.1} % asked again for the whole; \
         {items} items seen, {:.2} % scrolled past unseen",
        unchanged as f64 * 100.0 / polls,
        documents as f64 * 100.0 / polls,
        failed as f64 * 100.0 / polls,
        audits as f64 * 100.0 / polls,
        past as f64 * 100.0 / (items + past).max(1) as f64,
    );
}

/// Whether feeds that are alike are polled alike, in the steady phase.
fn shares(world: &World, all: &Tally) {
    let well = || world.feeds.iter().zip(&all.polls).filter(|(feed, _)| feed.is_well());
    // Alike are feeds that bring as much, sleep at the same hours and have servers that wish the same.
    let mut alike: HashMap<_, (Vec<f64>, Vec<f64>)> = HashMap::new();
    let likeness = |feed: &world::Feed| (band(feed.items_a_day), feed.peak as i64, world.fresh(feed));
    for (feed, polls) in well() {
        let (every, own) = alike.entry(likeness(feed)).or_default();
        every.push(f64::from(*polls));
        if world.host(feed).place == Place::Own {
            own.push(f64::from(*polls));
        }
    }
    let mean = |shares: &[f64]| shares.iter().sum::<f64>() / shares.len().max(1) as f64;
    println!(
        "\npolls in {} hours           feeds  polls of one  Jain's index  on own hosts",
        minutes(STEADY).len() / 60
    );
    let classes = [(0.0, "silent"), (1.0, "up to one item a day"), (24.0, "up to 24"), (f64::MAX, "more")];
    let mut above = 0.0;
    for (most, name) in classes {
        let (mut feeds, mut polls, mut sums) = (0.0, 0.0, [[0.0; 2]; 2]);
        for ((band, ..), (every, own)) in &alike {
            let items = 2.0f64.powf(f64::from(*band) / 4.0);
            let silent = *band == i32::MIN;
            if silent != (most == 0.0) || !silent && (items <= above || items > most) {
                continue;
            }
            feeds += every.len() as f64;
            polls += every.iter().sum::<f64>();
            for (sum, shares) in sums.iter_mut().zip([every, own]) {
                sum[0] += fairness(shares) * shares.len() as f64;
                sum[1] += shares.len() as f64;
            }
        }
        above = most;
        let [every, own] = sums.map(|[weighted, weight]| weighted / f64::max(weight, 1.0));
        println!("{name:22} {feeds:10} {:13.1} {every:13.3} {own:13.3}", polls / feeds);
    }
    // How much of what feeds alike get on own hosts the feeds of a host get.
    let usual: HashMap<_, f64> = alike.iter().map(|(likeness, (_, own))| (*likeness, mean(own))).collect();
    let mut hosts = vec![(0.0, 0.0); world.hosts.len()];
    for (feed, polls) in well() {
        let (got, due) = &mut hosts[feed.host as usize];
        *got += f64::from(*polls);
        *due += usual[&likeness(feed)];
    }
    let ranked = hosts.iter().enumerate().filter(|(_, (_, due))| *due >= 200.0);
    let mut ranked: Vec<(f64, usize)> = ranked.map(|(host, (got, due))| (got / due, host)).collect();
    ranked.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    for (share, host) in ranked.iter().take(6) {
        let host = &world.hosts[*host];
        println!("worst off: {} with {} feeds gets {share:.2} of what others get", host.name, host.feeds);
    }
}

/// Feeds that bring about as much: steps of a fifth.
fn band(items_a_day: f64) -> i32 {
    if items_a_day == 0.0 { i32::MIN } else { (items_a_day.log2() * 4.0).round() as i32 }
}

/// How evenly hosts deal feeds and their polls to shards.
fn shards(world: &World, all: &Tally) {
    println!("\nshards   by         feeds: max/mean   polls: max/mean");
    for shards in [12, 48, 192] {
        for (by, key) in [("host", (|host| &host.name) as fn(&world::Host) -> &String), ("domain", |host| &host.domain)]
        {
            let homes: Vec<usize> = world.hosts.iter().map(|host| shard(key(host), shards)).collect();
            let (mut feeds, mut polls) = (vec![0.0; shards], vec![0.0; shards]);
            for (feed, count) in world.feeds.iter().zip(&all.polls) {
                feeds[homes[feed.host as usize]] += 1.0;
                polls[homes[feed.host as usize]] += f64::from(*count);
            }
            let uneven = |loads: &[f64]| {
                loads.iter().copied().fold(0.0, f64::max) * shards as f64 / loads.iter().sum::<f64>().max(1.0)
            };
            println!("{shards:6}   {by:8} {:17.2} {:17.2}", uneven(&feeds), uneven(&polls));
        }
    }
    let largest = world.hosts.iter().map(|host| host.feeds).max().unwrap_or_default();
    println!("the largest host has {:.1} % of the feeds", f64::from(largest) * 100.0 / world.feeds.len() as f64);
}

/// Bytes of memory that the process holds.
fn resident() -> f64 {
    let sizes = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = sizes.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok());
    pages.unwrap_or_default() * 4096.0
}

/// What this thread has had of a processor.
fn processor_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
