//! The daemon under load, with faults, until the oracle is asked.

use super::{Random, Topics, auditor::Auditor, random, script::Play};
use crate::harness::{Daemon, Site, wait_for};
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    os::unix::process::ExitStatusExt as _,
    process::{Command, ExitStatus},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// A fresh item must be published this soon after the faults have ended.
const LIVENESS: Duration = Duration::from_secs(30);

/// And everything that was observed this soon.
const DRAIN: Duration = Duration::from_secs(120);

/// How an orderly end may take.
const GRACE: Duration = Duration::from_secs(10);

/// How a fail point ends the process.
const SIGABRT: i32 = 6;

/// What ends a life, or interrupts it.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// `kill -9`.
    Kill,
    /// SIGTERM: exit 0 within ten seconds.
    Terminate,
    /// SIGSTOP for so long, then SIGCONT; the daemon lives on.
    Pause(Duration),
    /// `kill -9` when it has published something, so that restarts are measured that are not cut short.
    KillOncePublished,
}

/// One deployment under faults. Made, run and settled by one test.
pub struct Campaign<'a> {
    pub site: &'a Site,
    pub play: Arc<Play>,
    pub random: Random,
    pub seed: u64,
    topics: Box<dyn Topics + 'a>,
    pub attached: Auditor,
    daemon: Option<Daemon>,
    started: (Instant, Timestamp),
    /// Whether a record was seen whose frame was observed in this life.
    published: bool,
    /// A test that makes stages panic does not mind to find that in the log.
    pub panics_are_faults: bool,
    lives: u32,
    faults: BTreeMap<String, u32>,
    restarts: Vec<Duration>,
    exits: Vec<Duration>,
    peak: u64,
}

impl<'a> Campaign<'a> {
    /// Adds the script's feeds to the site. The rest of its settings, and where its topics are, is the test's choice.
    pub fn new(site: &'a Site, topics: impl Topics + 'a) -> Self {
        let seed = random::seed();
        eprintln!("seed {seed}");
        Self {
            site,
            play: Play::begin(site, seed),
            random: Random::new(seed),
            seed,
            topics: Box::new(topics),
            attached: Auditor::default(),
            daemon: None,
            started: (Instant::now(), Timestamp::now()),
            published: false,
            panics_are_faults: false,
            lives: 0,
            faults: BTreeMap::new(),
            restarts: Vec::new(),
            exits: Vec::new(),
            peak: 0,
        }
    }

    /// Starts the daemon; does nothing while it runs.
    pub fn start(&mut self) {
        self.start_armed("");
    }

    /// The same with fail points.
    pub fn start_armed(&mut self, points: &str) {
        if self.daemon.is_some() {
            return;
        }
        self.started = (Instant::now(), Timestamp::now());
        self.published = false;
        self.lives += 1;
        self.daemon = Some(self.site.spawn_armed(points));
    }

    /// Lets it work for so long, with the reader attached.
    pub fn work(&mut self, time: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < time {
            self.read();
            thread::sleep(Duration::from_millis(10).min(time.saturating_sub(begun.elapsed())));
        }
    }

    /// Lets it work until something holds.
    #[track_caller]
    pub fn work_until<T>(&mut self, limit: Duration, what: &str, mut ask: impl FnMut(&mut Self) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            self.read();
            if let Some(answer) = ask(self) {
                return answer;
            }
            let late = begun.elapsed() >= limit;
            assert!(!late, "seed {}: waited {limit:?} for {what}\n{}\n{}", self.seed, self.awaited(), self.tail());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Lets it work until it has published something that it has observed itself.
    #[track_caller]
    pub fn work_until_published(&mut self) {
        self.work_until(DRAIN, "something to be published", |campaign| campaign.published.then_some(()));
    }

    /// Lets it work until it has published something more.
    #[track_caller]
    pub fn work_until_more(&mut self) {
        let before = self.attached.records;
        self.work_until(DRAIN, "something more to be published", |campaign| {
            (campaign.attached.records > before).then_some(())
        });
    }

    /// The feeds hold still until everything observed is published; then nothing is on its way.
    #[track_caller]
    pub fn catch_up(&mut self) {
        self.play.hold(true);
        self.work_until(DRAIN, "everything to be published", |campaign| {
            let state = campaign.play.state();
            let observed = state.shown().iter().all(|(guid, take)| state.ledger.is_observed(guid, *take));
            (observed && campaign.attached.missing(&state.ledger).is_empty()).then_some(())
        });
    }

    /// Counts a fault that the test itself brings about.
    pub fn note(&mut self, fault: &str) {
        *self.faults.entry(fault.to_owned()).or_default() += 1;
    }

    /// The running daemon.
    pub fn daemon(&mut self) -> &mut Daemon {
        self.daemon.as_mut().expect("the daemon was started")
    }

    /// Whether it ended by itself, and if so with which signal or code; it is then no longer there.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.measure();
        let status = self.daemon.as_mut()?.child.try_wait().unwrap()?;
        self.daemon = None;
        Some(status)
    }

    /// Ends or interrupts its life.
    pub fn fault(&mut self, fault: &Fault) {
        match fault {
            Fault::Kill => {
                self.note("kill");
                self.measure();
                self.daemon.take().expect("a daemon to kill").kill();
            }
            Fault::KillOncePublished => {
                self.work_until_published();
                self.fault(&Fault::Kill);
            }
            Fault::Terminate => {
                self.note("terminate");
                self.measure();
                // Until it handles the signal the system ends it, which is no orderly end and none is promised.
                self.work_until(GRACE, "SIGTERM to be handled", |campaign| campaign.handles_sigterm().then_some(()));
                let (code, took) = self.daemon.take().expect("a daemon to stop").terminate();
                assert_eq!(code, Some(0), "seed {}: SIGTERM ends in exit 0\n{}", self.seed, self.tail());
                assert!(took < GRACE, "seed {}: SIGTERM took {took:?}", self.seed);
                self.exits.push(took);
            }
            Fault::Pause(time) => {
                self.note("pause");
                let process = self.daemon().child.id();
                signal("STOP", process);
                self.work(*time);
                signal("CONT", process);
            }
        }
    }

    /// A life: start, work for a random time, fault.
    pub fn live(&mut self, least: u64, most: u64, fault: &Fault) {
        self.start();
        let time = self.random.between(Duration::from_millis(least), Duration::from_millis(most));
        self.work(time);
        self.fault(fault);
    }

    /// Kills at random moments: 50 to 2,000 ms after the start, or after the first record, however long that takes on
    /// this machine. Every fifth life comes to one of `points` with a chance, and dies there if it does not die before.
    pub fn kills(&mut self, count: u32, points: &[&str]) {
        for kill in 0..count {
            match kill % 5 {
                0 | 2 => {
                    self.start();
                    self.work_until_published();
                    self.live(50, 2_000, &Fault::Kill);
                }
                4 => {
                    let point = *self.random.choose(points);
                    self.start_armed(&format!("{point}=20%return"));
                    let time = self.random.between(Duration::from_millis(500), Duration::from_millis(3_000));
                    self.work(time);
                    match self.ended() {
                        Some(status) => self.died_at(point, status),
                        None => self.fault(&Fault::Kill),
                    }
                }
                _ => self.live(50, 2_000, &Fault::Kill),
            }
        }
    }

    /// Starts it and waits until it dies at this point; one that it does not come to has not been tested.
    #[track_caller]
    pub fn dies_at(&mut self, point: &str, armed: &str) {
        let armed = format!("{point}={armed}");
        self.start_armed(&armed);
        self.dies_of(&armed);
    }

    /// The same for one that is running already.
    #[track_caller]
    pub fn dies_of(&mut self, armed: &str) {
        let what = format!("the daemon to come to {armed}");
        let status = self.work_until(Duration::from_secs(40), &what, Self::ended);
        self.died_at(armed.split('=').next().unwrap_or_default(), status);
    }

    #[track_caller]
    fn died_at(&mut self, point: &str, status: ExitStatus) {
        assert_eq!(status.signal(), Some(SIGABRT), "{point} (seed {}): {status}\n{}", self.seed, self.tail());
        self.note(point);
    }

    /// The faults have ended: everything observed comes out, a fresh item soon, and the oracle is asked. Fails when a
    /// promise is broken; prints the figures.
    #[track_caller]
    pub fn settle(mut self) -> Figures {
        let fresh = self.play.calm();
        self.start();
        self.work_until(LIVENESS, "the fresh item", |campaign| campaign.attached.has(&fresh, 1).then_some(()));
        // What the feeds show now is still to be named by a later request.
        self.catch_up();
        self.fault(&Fault::Terminate);
        let mut late = Auditor::default();
        late.two_writers = self.attached.two_writers;
        self.topics.all().into_iter().for_each(|entry| late.take(entry));
        wait_for(Duration::from_secs(20), "both readers to see the same", || {
            self.read();
            (self.attached.records >= late.records).then_some(())
        });
        let state = self.play.state();
        late.conclude(&state.ledger);
        self.attached.conclude(&state.ledger);
        let [missed, lost] = [&self.attached, &late].map(|auditor| auditor.missing(&state.ledger));
        let figures = Figures {
            seed: self.seed,
            lives: self.lives,
            faults: self.faults.clone(),
            observed: state.ledger.observed().count(),
            items: late.items(),
            revisions: late.revisions(),
            claims: late.claims,
            retractions: late.retractions,
            copies: late.copies(),
            kills: late.kills,
            letters: late.letters(),
            lost: lost.len().max(missed.len()) as u64,
            doubled: late.doubled.max(self.attached.doubled),
            disordered: late.disordered.max(self.attached.disordered),
            restarts: percentiles(&mut self.restarts),
            exits: percentiles(&mut self.exits),
            peak_mib: self.peak / 1024,
        };
        eprintln!("{figures}");
        self.attached.must_be_clean("the attached", &missed);
        late.must_be_clean("the late", &lost);
        assert_eq!(self.attached.records, late.records, "both readers see the same");
        let much = late.revisions() < 100 || (late.claims > 0 && late.retractions > 0);
        assert!(much, "the load makes claims and takes some back");
        let panicked = self.site.log().contains("panicked");
        assert!(self.panics_are_faults || !panicked, "{}", self.tail());
        figures
    }

    fn handles_sigterm(&mut self) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.daemon().child.id())).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|text| u64::from_str_radix(text.trim(), 16).ok());
        caught.is_some_and(|caught| caught & (1 << 14) != 0)
    }

    /// Whether the process has been stopped, as by SIGSTOP.
    pub fn is_stopped(&mut self) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.daemon().child.id())).unwrap_or_default();
        status.lines().any(|line| line.starts_with("State:") && line.contains("T ("))
    }

    /// Lets a process that stopped by itself at this point rest, then go on.
    #[track_caller]
    pub fn stops_at(&mut self, point: &str, rest: impl FnOnce(&mut Self)) {
        let what = format!("the daemon to stop at {point}");
        self.work_until(Duration::from_secs(40), &what, |campaign| campaign.is_stopped().then_some(()));
        self.note(point);
        rest(self);
        signal("CONT", self.daemon().child.id());
    }

    /// What is still to be observed and to be published, and whether another reader sees more.
    fn awaited(&self) -> String {
        let (seen, there) = (self.attached.records, self.topics.all().len());
        let state = self.play.state();
        let mut shown = state.shown();
        shown.retain(|(guid, take)| !state.ledger.is_observed(guid, *take));
        let mut missing = self.attached.missing(&state.ledger);
        missing.truncate(10);
        shown.truncate(10);
        format!(
            "{} lives, {seen} records seen, {there} there; shown and not observed: {shown:?}; {missing:?}",
            self.lives
        )
    }

    /// The last lines of the log.
    pub fn tail(&self) -> String {
        let log = self.site.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    fn read(&mut self) {
        for entry in self.topics.more() {
            if !self.published && self.daemon.is_some() && entry.ce_time >= self.started.1 {
                self.published = true;
                self.restarts.push(self.started.0.elapsed());
            }
            self.attached.take(entry);
        }
    }

    /// The most memory that any life took.
    fn measure(&mut self) {
        let Some(daemon) = &self.daemon else { return };
        let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|text| text.trim().trim_end_matches(" kB").trim().parse().ok());
        self.peak = self.peak.max(peak.unwrap_or(0));
    }
}

/// Sends a signal by its name.
pub fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(process.to_string()).status().unwrap();
    assert!(sent.success(), "SIG{name} to {process}");
}

/// What a run comes to.
#[derive(Debug)]
pub struct Figures {
    pub seed: u64,
    pub lives: u32,
    pub faults: BTreeMap<String, u32>,
    pub observed: usize,
    pub items: usize,
    pub revisions: usize,
    pub claims: u64,
    pub retractions: u64,
    pub copies: usize,
    pub kills: u64,
    pub letters: usize,
    pub lost: u64,
    pub doubled: u64,
    pub disordered: u64,
    /// How many, p50, p99, most.
    pub restarts: (usize, [Duration; 3]),
    pub exits: (usize, [Duration; 3]),
    pub peak_mib: u64,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let faults: Vec<String> = self.faults.iter().map(|(name, count)| format!("{count} {name}")).collect();
        let times = |(count, [p50, p99, most]): &(usize, [Duration; 3])| {
            format!("p50 {} p99 {} max {} ms of {count}", p50.as_millis(), p99.as_millis(), most.as_millis())
        };
        write!(
            out,
            "oracle: seed {}; {} lives, faults: {}; {} versions observed; {} items, {} revisions ({} copies, {} withdrawn), {} claims, \
             {} retractions, {} dead letters; LOST {} DOUBLED {} OUT OF ORDER {}; restart to first record {}; \
             exit after SIGTERM {}; peak RSS {} MiB",
            self.seed,
            self.lives,
            faults.join(", "),
            self.observed,
            self.items,
            self.revisions,
            self.copies,
            self.kills,
            self.claims,
            self.retractions,
            self.letters,
            self.lost,
            self.doubled,
            self.disordered,
            times(&self.restarts),
            times(&self.exits),
            self.peak_mib
        )
    }
}

fn percentiles(times: &mut [Duration]) -> (usize, [Duration; 3]) {
    times.sort();
    let at = |share: f64| {
        let place = (times.len() as f64 * share).ceil() as usize;
        times.get(place.saturating_sub(1)).copied().unwrap_or_default()
    };
    (times.len(), [at(0.5), at(0.99), at(1.0)])
}
