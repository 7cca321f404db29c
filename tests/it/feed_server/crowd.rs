//! Many at once: servers that drip, thousands of feeds in one process, and their return after an outage.

use super::{
    FeedServer, feed, get, resident_of, runtime,
    server::{Act, Asked, conditional, document, host},
};
use crate::{
    disk::count,
    harness::{Daemon, Site, wait_for},
};
use dateline::{
    fetch::{Client, Options},
    model::Validators,
};
use std::{
    fmt::Write as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

fn percentile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    let at = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
    times.get(at).copied().unwrap_or_default()
}

/// How long so many healthy requests take, each, a few at a time.
async fn healthy(client: &Client, server: &FeedServer, requests: usize) -> Vec<Duration> {
    let mut times = Vec::new();
    for round in 0..requests / 10 {
        let ten = (0..10).map(|n| async move {
            let begun = Instant::now();
            let feed = feed(server, 2000 + round % 20 * 10 + n, "/healthy");
            get(client, &feed, &Validators::default()).await.unwrap();
            begun.elapsed()
        });
        times.extend(futures::future::join_all(ten).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    times
}

#[test]
fn c3_drips_keep_no_healthy_feed_waiting() {
    let drips = count("DATELINE_FAULTS_DRIPS", 200);
    let server = FeedServer::start(|asked: &Asked| match asked.path.as_str() {
        "/drip" => {
            vec![Act::Send(b"HTTP/1.1 200 OK\r\n\r\n<rss>".to_vec()), Act::Drip(b"x".to_vec(), Duration::from_secs(1))]
        }
        // As a server that has something to do.
        _ => vec![
            Act::Wait(Duration::from_millis(100)),
            Act::Send(super::server::response("200 OK", "", document(&["one"]).as_bytes())),
        ],
    });
    let server = &server;
    runtime().block_on(async {
        let client = Client::new(&Options::default(), "0").unwrap();
        let client = &client;
        let mut before = healthy(client, server, 200).await;
        let dripping = futures::future::join_all((0..drips).map(|n| async move {
            let begun = Instant::now();
            let result = get(client, &feed(server, n, "/drip"), &Validators::default()).await;
            (super::outcome(result), begun.elapsed())
        }));
        let watching = async {
            // All of them are connected, and have given way, by then.
            tokio::time::sleep(Duration::from_secs(1 + drips.div_ceil(64) as u64)).await;
            healthy(client, server, 200).await
        };
        let (mut during, dripped) = match futures::future::select(Box::pin(dripping), Box::pin(watching)).await {
            futures::future::Either::Left((dripped, watching)) => (watching.await, Some(dripped)),
            futures::future::Either::Right((during, _)) => (during, None),
        };
        let (p99, p99_during) = (percentile(&mut before, 0.99), percentile(&mut during, 0.99));
        let more = 100.0 * (p99_during.as_secs_f64() / p99.as_secs_f64() - 1.0);
        eprintln!(
            "C3: {drips} drips at once; p99 of healthy requests {p99:?} before, {p99_during:?} meanwhile ({more:+.0} %); cut {}",
            dripped.as_ref().map_or("(not waited for)".to_owned(), |all| all.len().to_string())
        );
        assert!(more < 20.0 || p99_during < Duration::from_millis(200), "{more} %");
    });
}

/// What a crowd of feeds is served: a document that grows now and then, each from a host that serves four of them.
struct Crowd {
    server: FeedServer,
    site: Site,
    feeds: usize,
    interval: Duration,
    /// Answers nothing but 503, as behind a broken uplink.
    away: Arc<AtomicBool>,
    /// When each request came, in milliseconds since the beginning.
    times: Arc<Mutex<Vec<(usize, u32)>>>,
    begun: Instant,
}

const FEEDS_PER_HOST: usize = 4;

impl Crowd {
    fn new(feeds: usize, interval: Duration, broken: bool) -> Self {
        let (away, times): (Arc<AtomicBool>, Arc<Mutex<Vec<_>>>) = (Arc::default(), Arc::default());
        let begun = Instant::now();
        let (out, log) = (Arc::clone(&away), Arc::clone(&times));
        let bodies: Vec<String> = (0..4).map(|n| document(&["one", "two", "three", "four"][..=n])).collect();
        let server = FeedServer::start(move |asked: &Asked| {
            let number: usize = asked.path.rsplit('/').next().and_then(|n| n.parse().ok()).unwrap_or(0);
            log.lock().unwrap().push((number, begun.elapsed().as_millis() as u32));
            if out.load(Ordering::SeqCst) {
                return vec![Act::Reset];
            }
            // One feed of ten is broken in one way or another.
            match number % 70 {
                7 if broken => super::server::plain("500 Oops", "", b""),
                17 if broken => super::server::plain("404 Not Found", "", b""),
                27 if broken => super::server::plain("200 OK", "Content-Type: text/html\r\n", b"<html>no feed</html>"),
                37 if broken => vec![Act::Reset],
                47 if broken => {
                    vec![Act::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<rss>".to_vec()), Act::Close]
                }
                57 if broken => super::server::plain("429 Slow", "Retry-After: 60\r\n", b""),
                67 if broken => vec![Act::Hang],
                _ => conditional(asked, "\"1\"", &bodies[number % 4]),
            }
        });
        server.seen.forgetful.store(true, Ordering::SeqCst);
        let site = Site::new();
        for number in 0..feeds {
            let mut more = String::new();
            let at = number / FEEDS_PER_HOST;
            let _ = write!(
                more,
                "allow = [\"{}:{}\"]\ninterval = \"{}ms\"\nbackfill = \"none\"",
                host(at),
                server.port,
                interval.as_millis()
            );
            site.feed_at(&format!("feed-{number:05}"), &server.url(at, &format!("/{number}")), &more);
        }
        Self { server, site, feeds, interval, away, times, begun }
    }

    fn spawn(&self) -> Daemon {
        self.site.spawn()
    }

    fn requests(&self) -> usize {
        self.server.seen.total.load(Ordering::SeqCst)
    }

    /// Requests in each second.
    fn per_second(&self) -> Vec<usize> {
        let mut seconds = Vec::new();
        for (_, at) in self.times.lock().unwrap().iter() {
            let second = (at / 1000) as usize;
            if seconds.len() <= second {
                seconds.resize(second + 1, 0);
            }
            seconds[second] += 1;
        }
        seconds
    }
}

/// Processor time of a process so far.
fn processor_time(daemon: &Daemon) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", daemon.child.id())).unwrap_or_default();
    let after = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = |n: usize| after.split(' ').nth(n).and_then(|ticks| ticks.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

fn peak(daemon: &Daemon) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.child.id())).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default().to_owned();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) >> 10
}

#[test]
fn c19_a_crowd_of_feeds_fits_into_one_small_process() {
    let feeds = count("DATELINE_FAULTS_FEEDS", 400);
    // So that a processor of any size can follow: at most some 300 polls a second.
    let interval = Duration::from_millis((feeds as u64 * 1000 / 300).max(2000));
    let crowd = Crowd::new(feeds, interval, true);
    let daemon = crowd.spawn();
    let patience = interval * 6 + Duration::from_secs(60);
    wait_for(patience, "every feed to be asked once", || {
        let mut asked: Vec<usize> = crowd.times.lock().unwrap().iter().map(|(number, _)| *number).collect();
        asked.sort_unstable();
        asked.dedup();
        (asked.len() >= feeds).then_some(())
    });
    let first_round = crowd.begun.elapsed();
    // The first documents are published; then nearly all that comes is 304.
    thread::sleep(interval + Duration::from_secs(2));
    let (from, cpu, requests) = (crowd.begun.elapsed(), processor_time(&daemon), crowd.requests());
    thread::sleep(interval * 2);
    let polls = crowd.requests() - requests;
    let per_poll = (processor_time(&daemon) - cpu).as_micros() / polls.max(1) as u128;
    // How much later than its interval, jitter included, a healthy feed was asked again.
    let mut last = vec![None::<u32>; feeds];
    let mut late = Vec::new();
    for (number, at) in crowd.times.lock().unwrap().iter() {
        if number % 10 != 7
            && u128::from(*at) > from.as_millis()
            && let Some(before) = last[*number]
        {
            let latest = crowd.interval.as_millis() as u32 * 11 / 10;
            late.push(Duration::from_millis(u64::from((at - before).saturating_sub(latest))));
        }
        last[*number] = Some(*at);
    }
    let rss = resident_of(&daemon.child.id().to_string());
    eprintln!(
        "C19: {feeds} feeds, {} broken, at {} hosts: first round in {first_round:.1?}, peak {} MiB (now {rss} MiB), at most {} connections in use at a host, {polls} polls at {per_poll} µs of processor time each, late by p50 {:?} p99 {:?}",
        feeds / 10,
        feeds.div_ceil(FEEDS_PER_HOST),
        peak(&daemon),
        crowd.server.seen.most_at_a_host.load(Ordering::SeqCst),
        percentile(&mut late, 0.5),
        percentile(&mut late, 0.99),
    );
    assert!(crowd.feeds == feeds && peak(&daemon) < 256, "{} MiB", peak(&daemon));
    assert!(crowd.server.seen.most_at_a_host.load(Ordering::SeqCst) <= 2);
    daemon.kill();
}

#[test]
fn c20_feeds_come_back_spread_after_an_outage() {
    let feeds = count("DATELINE_FAULTS_FEEDS", 300).min(3000);
    let interval = Duration::from_secs(2);
    let outage = Duration::from_secs(count("DATELINE_FAULTS_OUTAGE", 5) as u64);
    let crowd = Crowd::new(feeds, interval, false);
    let daemon = crowd.spawn();
    wait_for(Duration::from_secs(60), "the first round", || (crowd.requests() >= feeds).then_some(()));
    thread::sleep(interval * 2);
    let second = |crowd: &Crowd| crowd.begun.elapsed().as_secs() as usize;
    let usual_until = second(&crowd);
    crowd.away.store(true, Ordering::SeqCst);
    thread::sleep(outage);
    crowd.away.store(false, Ordering::SeqCst);
    let back_at = second(&crowd) + 1;
    thread::sleep(interval * 5);
    let seconds = crowd.per_second();
    let mean = feeds as f64 / interval.as_secs_f64();
    let usual = seconds[usual_until - 3..usual_until].iter().max().copied().unwrap_or(0);
    let returning = seconds[back_at..].iter().max().copied().unwrap_or(0);
    let recovered = crowd.site.topic("events.v1").iter().filter(|event| event["kind"] == "recovered").count();
    eprintln!(
        "C20: {feeds} feeds, {outage:?} away: {mean:.0} requests a second on average, peak {usual} before, {returning} after the return; {recovered} recovered within {:?}",
        interval * 5
    );
    // A start bunches them as well, and jitter parts them slowly.
    assert!((returning as f64) < (2.0 * mean).max(1.25 * usual as f64), "{seconds:?}");
    assert!(recovered * 10 >= feeds * 9, "{recovered}");
    daemon.kill();
}
