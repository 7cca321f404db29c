//! The work shared out to workers, under load, with faults, until the oracle is asked.
//!
//! What counts as **overtaken**: a version that one fetcher had observed, and not published yet when its shard went to
//! another, which then published a later version of the same item. It need not be on the topics; a later one must be.
//! A version without a later one is lost, whoever had it.

use super::{
    KafkaTopics, Random, Topics as _,
    auditor::Auditor,
    random,
    script::{FAR_HOST, Play},
};
use crate::{
    audit::agrees,
    crash_kafka,
    harness::{Daemon, Site, dateline, finished, wait_for},
    kafka_broker::Broker,
};
use dateline::{model::Feed, publish::roles::shard_of};
use jiff::Timestamp;
use rdkafka::{
    Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
    topic_partition_list::TopicPartitionListElem,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// The roles, as the command line names them.
pub const ROLES: [&str; 3] = ["fetch", "enrich", "dedup"];

/// Partitions of each.
pub const PARTITIONS: i32 = 4;

/// A worker that was not heard of for so long loses what it had: the least that brokers allow.
pub const SESSION: Duration = Duration::from_secs(6);

/// How soon everything that was observed must be published, and every partition have an owner.
const DRAIN: Duration = Duration::from_secs(240);

/// A fresh item must be published this soon after the faults have ended.
const LIVENESS: Duration = Duration::from_secs(120);

/// One worker, running or not.
pub struct Worker {
    pub role: &'static str,
    /// Such as `fetch-1`: its instance, its directory and its log.
    pub name: String,
    process: Option<Daemon>,
}

impl Worker {
    pub fn runs(&self) -> bool {
        self.process.is_some()
    }
}

/// One deployment of workers under faults. Made, run and settled by one test.
pub struct Split<'a> {
    pub site: Site,
    pub prefix: String,
    broker: &'a Broker,
    pub play: Arc<Play>,
    pub random: Random,
    pub seed: u64,
    topics: KafkaTopics,
    pub attached: Auditor,
    pub workers: Vec<Worker>,
    /// Workers that are started again when it is time.
    due: Vec<(Instant, usize)>,
    faults: BTreeMap<String, u32>,
    lives: u32,
    /// How workers ended by themselves that may.
    ends: BTreeMap<String, u32>,
    /// A worker may end when its client has hung for a minute (exit 74), and feeds may be polled by one that stood still.
    pub may_end: bool,
    exits: Vec<Duration>,
    heard: Instant,
    silence: Duration,
}

impl<'a> Split<'a> {
    /// A deployment without workers, whose feeds are told.
    pub fn new(broker: &'a Broker, protocol: &str) -> Self {
        let seed = random::seed();
        eprintln!("seed {seed}");
        let (site, prefix) = crash_kafka::deployment(&broker.address());
        site.settings(&format!(
            "partitions = 3\n[roles]\nsession_timeout = \"6s\"\ngroup_protocol = \"{protocol}\"\n\
             fetch_partitions = {PARTITIONS}\nenrich_partitions = {PARTITIONS}\ndedup_partitions = {PARTITIONS}\n"
        ));
        let play = Play::shared_out(&site, seed);
        drop(site.command("run"));
        let told = finished(dateline().args(["feeds", "publish", "--config"]).arg(site.path("dateline.toml")));
        let said = String::from_utf8_lossy(&told.stdout).into_owned();
        assert!(told.status.success(), "{said}{}", String::from_utf8_lossy(&told.stderr));
        let [near, far] =
            ["127.0.0.1", FAR_HOST].map(|host| shard_of(&Feed::new("", &format!("http://{host}/")), PARTITIONS));
        assert_ne!(near, far, "both hosts lie in one shard, so that only one fetcher has work");
        Self {
            topics: KafkaTopics::new(&broker.address(), &prefix),
            site,
            prefix,
            broker,
            play,
            random: Random::new(seed),
            seed,
            attached: Auditor::of_workers(),
            workers: Vec::new(),
            due: Vec::new(),
            faults: BTreeMap::new(),
            lives: 0,
            ends: BTreeMap::new(),
            may_end: false,
            exits: Vec::new(),
            heard: Instant::now(),
            silence: Duration::ZERO,
        }
    }

    /// The same with so many workers of each role, at work.
    pub fn with(broker: &'a Broker, protocol: &str, workers: usize) -> Self {
        let mut split = Self::new(broker, protocol);
        for role in ROLES {
            (1..=workers).for_each(|number| split.start(role, number));
        }
        split.work_until(DRAIN, "the first record", |split| (split.attached.records > 0).then_some(()));
        split.silence = Duration::ZERO;
        split
    }

    /// Starts a worker, or leaves it running.
    pub fn start(&mut self, role: &'static str, number: usize) {
        let name = format!("{role}-{number}");
        let at = self.workers.iter().position(|worker| worker.name == name).unwrap_or_else(|| {
            self.workers.push(Worker { role, name, process: None });
            self.workers.len() - 1
        });
        self.start_again(at);
    }

    /// The same by its place.
    pub fn start_again(&mut self, at: usize) {
        if self.workers[at].runs() {
            return;
        }
        let Worker { role, name, .. } = &self.workers[at];
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log_of(name)).unwrap();
        let mut command = dateline();
        command.args(["run", "--role", role, "--instance", name, "--config"]).arg(self.site.path("dateline.toml"));
        // Publishers see who asks, and the log says each partition that comes and goes.
        command.arg("--set").arg(format!("fetch.user_agent_contact=mailto:{name}@wire.example"));
        command.args(["--set", "log.level=info,dateline::broker::group=debug"]);
        command.arg("--data-dir").arg(self.site.path(name));
        let child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.workers[at].process = Some(Daemon { child });
        self.lives += 1;
    }

    /// `kill -9`.
    pub fn kill(&mut self, at: usize) {
        if let Some(process) = self.workers[at].process.take() {
            self.note(&format!("kill {}", self.workers[at].role));
            process.kill();
        }
    }

    /// Starts a worker again after a while, whatever is waited for then.
    pub fn start_after(&mut self, at: usize, rest: Duration) {
        self.due.push((Instant::now() + rest, at));
    }

    /// SIGTERM: exit 0.
    #[track_caller]
    pub fn stop(&mut self, at: usize) {
        let Some(process) = self.workers[at].process.take() else { return };
        let name = self.workers[at].name.clone();
        self.note(&format!("stop {}", self.workers[at].role));
        let (code, took) = process.terminate();
        // Until it handles the signal the system ends it, which is no orderly end and none is promised.
        let early = code.is_none() && took < Duration::from_secs(1);
        assert!(code == Some(0) || early, "seed {}: {name} ended with {code:?}\n{}", self.seed, self.tail(&name));
        self.exits.push(took);
    }

    /// SIGSTOP, or SIGCONT.
    pub fn signal(&mut self, at: usize, name: &str) {
        if let Some(process) = &self.workers[at].process {
            super::campaign::signal(name, process.child.id());
        }
    }

    /// Counts a fault.
    pub fn note(&mut self, fault: &str) {
        *self.faults.entry(fault.to_owned()).or_default() += 1;
    }

    /// How many workers of this role run.
    pub fn running(&self, role: &str) -> usize {
        self.workers.iter().filter(|worker| worker.role == role && worker.runs()).count()
    }

    /// A worker of this role, running or not as asked, by chance.
    pub fn any(&mut self, role: &str, runs: bool) -> Option<usize> {
        let fits = |worker: &Worker| worker.role == role && worker.runs() == runs;
        let among: Vec<usize> = (0..self.workers.len()).filter(|at| fits(&self.workers[*at])).collect();
        (!among.is_empty()).then(|| *self.random.choose(&among))
    }

    /// Lets them work for so long, with the reader attached.
    pub fn work(&mut self, time: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < time {
            self.read();
            thread::sleep(Duration::from_millis(10).min(time.saturating_sub(begun.elapsed())));
        }
    }

    /// Lets them work until something holds.
    #[track_caller]
    pub fn work_until<T>(&mut self, limit: Duration, what: &str, mut ask: impl FnMut(&mut Self) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            self.read();
            if let Some(answer) = ask(self) {
                return answer;
            }
            let late = begun.elapsed() >= limit;
            assert!(!late, "seed {}: waited {limit:?} for {what}\n{}\n{}", self.seed, self.awaited(), self.tails());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Lets them work until something more is published.
    #[track_caller]
    pub fn work_until_more(&mut self) {
        let before = self.attached.records;
        self.work_until(DRAIN, "something more to be published", |split| {
            (split.attached.records > before).then_some(())
        });
    }

    /// Lets them work until every partition of the role belongs to one worker that runs, and to no other.
    #[track_caller]
    pub fn work_until_owned(&mut self, role: &str) {
        self.work_until(DRAIN, &format!("every partition of {role} to have one owner"), |split| {
            let mut owned = split.owned_by(|worker| worker.role == role && worker.runs());
            owned.sort_unstable();
            (owned == (0..PARTITIONS).collect::<Vec<i32>>()).then_some(())
        });
    }

    /// Lets them work until others have what this one, which stands still, thinks that it has.
    #[track_caller]
    pub fn work_until_others_own(&mut self, at: usize) {
        let Worker { role, name, .. } = &self.workers[at];
        let (role, name) = (*role, name.clone());
        self.work_until(DRAIN, &format!("others to have what {name} had"), |split| {
            let others = split.owned_by(|worker| worker.role == role && worker.runs() && worker.name != name);
            (others.iter().collect::<BTreeSet<_>>().len() == PARTITIONS as usize).then_some(())
        });
    }

    fn owned_by(&self, is_meant: impl Fn(&Worker) -> bool) -> Vec<i32> {
        self.workers.iter().filter(|worker| is_meant(worker)).flat_map(|worker| self.owned(&worker.name)).collect()
    }

    /// Of the busy partitions that no worker of the role got or lost between these times: the longest part of it without
    /// a commit, in milliseconds.
    pub fn pauses(&self, role: &str, changes: &[(Timestamp, Timestamp)]) -> Vec<i64> {
        let mut commits = self.commits(&format!("{}.{role}-state.v1", self.prefix));
        let busiest = commits.values().map(Vec::len).max().unwrap_or(0);
        commits.retain(|_, commits| commits.len() > busiest / 5);
        let workers = self.workers.iter().filter(|worker| worker.role == role);
        let moves: Vec<(Timestamp, Moved)> = workers.flat_map(|worker| self.moves(&worker.name)).collect();
        let mut pauses = Vec::new();
        for (begin, end) in changes {
            let moved: BTreeSet<i32> = moves
                .iter()
                .filter(|(at, _)| begin <= at && at <= end)
                .flat_map(|(_, moved)| match moved {
                    Moved::Begun => &[],
                    Moved::Came(partitions) | Moved::Went(partitions) => partitions.as_slice(),
                })
                .copied()
                .collect();
            let (begin, end) = (begin.as_millisecond(), end.as_millisecond());
            for (_, commits) in commits.iter().filter(|(partition, _)| !moved.contains(partition)) {
                let within = commits.windows(2).filter(|pair| pair[1] > begin && pair[0] < end);
                pauses.extend(within.map(|pair| pair[1].min(end) - pair[0].max(begin)).max());
            }
        }
        pauses.sort_unstable();
        pauses
    }

    /// When something was committed to each partition of a topic, in milliseconds.
    fn commits(&self, topic: &str) -> BTreeMap<i32, Vec<i64>> {
        let consumer: BaseConsumer = self.broker.client("read_committed").create().unwrap();
        let mut start = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            start.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
        }
        consumer.assign(&start).unwrap();
        let (mut commits, mut ended) = (BTreeMap::<i32, Vec<i64>>::new(), 0);
        let deadline = Instant::now() + Duration::from_secs(60);
        while ended < PARTITIONS && Instant::now() < deadline {
            match consumer.poll(Duration::from_millis(200)) {
                Some(Ok(message)) => {
                    let at = message.timestamp().to_millis().unwrap_or(0);
                    commits.entry(message.partition()).or_default().push(at);
                }
                Some(Err(KafkaError::PartitionEOF(_))) => ended += 1,
                Some(Err(_)) | None => {}
            }
        }
        commits
    }

    /// What a worker has, as far as its log says.
    pub fn owned(&self, name: &str) -> BTreeSet<i32> {
        let mut owned = BTreeSet::new();
        for (_, moved) in self.moves(name) {
            match moved {
                Moved::Begun => owned.clear(),
                Moved::Came(partitions) => owned.extend(partitions),
                Moved::Went(partitions) => owned.retain(|partition| !partitions.contains(partition)),
            }
        }
        owned
    }

    fn moves(&self, name: &str) -> Vec<(Timestamp, Moved)> {
        let log = std::fs::read_to_string(self.log_of(name)).unwrap_or_default();
        log.lines().filter_map(Moved::read).collect()
    }

    /// How often partitions came to a worker of this role or went from it.
    pub fn moves_of(&self, role: &str) -> usize {
        let workers = self.workers.iter().filter(|worker| worker.role == role);
        workers.flat_map(|worker| self.moves(&worker.name)).filter(|(_, moved)| *moved != Moved::Begun).count()
    }

    /// The faults have ended: everything observed comes out, a fresh item soon, and the oracle is asked. Fails when a
    /// promise is broken; prints the figures.
    #[track_caller]
    pub fn settle(mut self, words: &str) {
        let (fresh, asked) = (self.play.calm(), Instant::now());
        self.due.clear();
        (0..self.workers.len()).for_each(|at| self.start_again(at));
        self.work_until(LIVENESS, "the fresh item", |split| split.attached.has(&fresh, 1).then_some(()));
        let fresh = asked.elapsed();
        self.work_until(DRAIN, "what is shown to be observed", |split| {
            let state = split.play.state();
            state.shown().iter().all(|(guid, take)| state.ledger.is_observed(guid, *take)).then_some(())
        });
        self.empty_each_fetcher();
        self.work_until(DRAIN, "everything to be published", |split| {
            split.lost(&split.attached).0.is_empty().then_some(())
        });
        (0..self.workers.len()).for_each(|at| self.stop(at));
        let mut late = Auditor::of_workers();
        self.topics.all().into_iter().for_each(|entry| late.take(entry));
        wait_for(Duration::from_secs(20), "both readers to see the same", || {
            self.read();
            (self.attached.records >= late.records).then_some(())
        });
        let play = Arc::clone(&self.play);
        let state = play.state();
        late.conclude(&state.ledger);
        self.attached.conclude(&state.ledger);
        let observed = state.ledger.observed().count();
        drop(state);
        let ((missed, _), (lost, overtaken)) = (self.lost(&self.attached), self.lost(&late));
        let faults: Vec<String> = self.faults.iter().map(|(name, count)| format!("{count} {name}")).collect();
        let moves: Vec<String> = ROLES.iter().map(|role| format!("{role} {}", self.moves_of(role))).collect();
        eprintln!(
            "oracle: seed {}; {} lives, faults: {}; {} versions observed; {} items, {} revisions ({} copies, {} withdrawn), \
             {} claims, {} retractions, {} dead letters; LOST {} DOUBLED {} OUT OF ORDER {}; {overtaken} overtaken; \
             partitions that came or went: {}; longest time without a record {} ms; a fresh item after {} ms; exit after SIGTERM at most {} ms; \
             ended by themselves: {:?}; a feed polled by two within a second: {} times; {words}",
            self.seed,
            self.lives,
            faults.join(", "),
            observed,
            late.items(),
            late.revisions(),
            late.copies(),
            late.kills,
            late.claims,
            late.retractions,
            late.letters(),
            lost.len().max(missed.len()),
            late.doubled.max(self.attached.doubled),
            late.disordered.max(self.attached.disordered),
            moves.join(", "),
            self.silence.as_millis(),
            fresh.as_millis(),
            self.exits.iter().max().map_or(0, Duration::as_millis),
            self.ends,
            self.polled_by_two(),
        );
        agrees(&self.broker.address(), &self.prefix);
        self.attached.must_be_clean("the attached", &missed);
        late.must_be_clean("the late", &lost);
        assert_eq!(self.attached.records, late.records, "both readers see the same");
        assert!(self.may_end || self.polled_by_two() == 0, "a feed was polled by two at once");
        let panicked = self.workers.iter().find(|worker| self.log(&worker.name).contains("panicked"));
        assert!(panicked.is_none(), "{}", self.tails());
    }

    /// What a fetcher has observed and not published lies in its directory until the shard is its own again: each of
    /// them has all shards once.
    #[track_caller]
    fn empty_each_fetcher(&mut self) {
        let fetchers: Vec<usize> = (0..self.workers.len()).filter(|at| self.workers[*at].role == "fetch").collect();
        for alone in &fetchers {
            if fetchers.len() > 1 && self.lost(&self.attached).0.is_empty() {
                return;
            }
            self.start_again(*alone);
            fetchers.iter().filter(|at| *at != alone).for_each(|at| self.stop(*at));
            self.work_until_owned("fetch");
            self.work(Duration::from_secs(5));
        }
    }

    /// What was observed, is not on the topics, and was not overtaken; and how many versions were.
    fn lost(&self, auditor: &Auditor) -> (Vec<String>, usize) {
        let state = self.play.state();
        let (missing, last) = (auditor.missing_versions(&state.ledger), auditor.last_versions());
        let (overtaken, lost): (Vec<_>, Vec<_>) =
            missing.into_iter().partition(|(name, version)| last.get(name).is_some_and(|last| last > version));
        let lost = lost.into_iter().map(|(name, version)| format!("lost: {name} version {version}")).collect();
        (lost, overtaken.len())
    }

    /// How often a feed was polled by one, then by another and then by the first, all within a second: no group gives a
    /// partition away and back so fast.
    pub fn polled_by_two(&self) -> usize {
        let state = self.play.state();
        let mut feeds: BTreeMap<&str, Vec<(Instant, &str)>> = BTreeMap::new();
        for poll in &state.polls {
            feeds.entry(poll.feed).or_default().push((poll.at, &poll.by));
        }
        let is_turned = |polls: &[(Instant, &str)]| {
            let [(first, a), (_, b), (last, c)] = polls else { return false };
            a != b && a == c && last.duration_since(*first) < Duration::from_secs(1)
        };
        feeds.values().map(|polls| polls.windows(3).filter(|window| is_turned(window)).count()).sum()
    }

    /// What is still to be observed and to be published.
    fn awaited(&self) -> String {
        let state = self.play.state();
        let mut shown = state.shown();
        shown.retain(|(guid, take)| !state.ledger.is_observed(guid, *take));
        drop(state);
        let (mut lost, overtaken) = self.lost(&self.attached);
        lost.truncate(10);
        shown.truncate(10);
        let there = self.topics.all().len();
        let backlog = [self.backlog("enrich", "raw.v1"), self.backlog("dedup", "enriched.v1")];
        format!(
            "{} records seen, {there} there; shown and not observed: {shown:?}; {overtaken} overtaken; {lost:?}; {:?}; \
             what the groups have not read: {backlog:?}",
            self.attached.records, self.ends
        )
    }

    /// Of each partition the offset of the group and its end.
    fn backlog(&self, role: &str, suffix: &str) -> Vec<(i32, String, i64)> {
        let (group, topic) = (format!("{}-1-{role}", self.prefix), format!("{}.{suffix}", self.prefix));
        let consumer: BaseConsumer = self.broker.client("read_committed").set("group.id", group).create().unwrap();
        let mut asked = TopicPartitionList::new();
        asked.add_partition_range(&topic, 0, PARTITIONS - 1);
        let patience = Duration::from_secs(10);
        let Ok(told) = consumer.committed_offsets(asked, patience) else { return Vec::new() };
        let end = |partition| consumer.fetch_watermarks(&topic, partition, patience).map_or(-1, |(_, end)| end);
        let one = |found: &TopicPartitionListElem<'_>| {
            (found.partition(), format!("{:?}", found.offset()), end(found.partition()))
        };
        told.elements().iter().map(one).collect()
    }

    fn log_of(&self, name: &str) -> PathBuf {
        self.site.path(&format!("{name}.log"))
    }

    pub fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.log_of(name)).unwrap_or_default()
    }

    fn tail(&self, name: &str) -> String {
        let log = self.log(name);
        let lines: Vec<&str> = log.lines().collect();
        format!("--- {name}\n{}", lines[lines.len().saturating_sub(25)..].join("\n"))
    }

    fn tails(&self) -> String {
        self.workers.iter().map(|worker| self.tail(&worker.name)).collect::<Vec<String>>().join("\n")
    }

    #[track_caller]
    fn read(&mut self) {
        let entries = self.topics.more();
        self.silence = self.silence.max(self.heard.elapsed());
        if !entries.is_empty() {
            self.heard = Instant::now();
        }
        entries.into_iter().for_each(|entry| self.attached.take(entry));
        let now = Instant::now();
        let due: Vec<usize> = self.due.extract_if(.., |(time, _)| *time <= now).map(|(_, at)| at).collect();
        due.into_iter().for_each(|at| self.start_again(at));
        for at in 0..self.workers.len() {
            let Some(process) = &mut self.workers[at].process else { continue };
            let Some(status) = process.child.try_wait().unwrap() else { continue };
            self.ended(at, status);
        }
    }

    /// A worker that ends by itself is started again, as whoever runs it would.
    #[track_caller]
    fn ended(&mut self, at: usize, status: ExitStatus) {
        let Worker { name, role, .. } = &self.workers[at];
        assert!(
            self.may_end && status.code() == Some(74),
            "seed {}: {name} ended by itself: {status}\n{}",
            self.seed,
            self.tail(name)
        );
        *self.ends.entry(format!("{role} {status}")).or_default() += 1;
        eprintln!("{name} ended by itself: {status}\n{}", self.tail(name));
        self.workers[at].process = None;
        self.start_again(at);
    }
}

/// What a line of a worker's log says of its partitions.
#[derive(Debug, PartialEq)]
enum Moved {
    /// A new life.
    Begun,
    Came(Vec<i32>),
    Went(Vec<i32>),
}

impl Moved {
    fn read(line: &str) -> Option<(Timestamp, Self)> {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let partitions = || {
            let listed = line["partitions"].as_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
            listed.split(", ").filter_map(|partition| partition.parse().ok()).collect()
        };
        let moved = match line["message"].as_str()? {
            "joining the group" => Moved::Begun,
            "partitions are ours" => Moved::Came(partitions()),
            "partitions are taken away" => Moved::Went(partitions()),
            _ => return None,
        };
        Some((line["timestamp"].as_str()?.parse().ok()?, moved))
    }
}
