//! The promises of the split set-up, from outside: workers of the real program, a real broker.

mod handover;
mod lost;
mod markers;
mod moving;
mod poison;
mod same_topics;

use crate::{
    harness::{Daemon, Entry, Reply, Server, Site, dateline, finished, rss, wait_for},
    kafka_broker::{Broker, Read, Reader},
};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use serde_json::Value;
use std::{cell::RefCell, collections::BTreeMap, process::Stdio, time::Duration};

/// How long anything may take on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(90);

/// The work of one deployment, shared out to workers.
pub(crate) struct Deployment<'b> {
    pub(crate) site: Site,
    pub(crate) prefix: String,
    pub(crate) broker: &'b Broker,
    read: RefCell<BTreeMap<String, (Reader, Vec<Read>)>>,
}

impl<'b> Deployment<'b> {
    /// With topics of its own, and more settings of `[roles]`.
    pub(crate) fn new(broker: &'b Broker, roles: &str) -> Self {
        let site = Site::new();
        let prefix = format!("r{}", uuid::Uuid::new_v4().simple());
        site.settings(&format!(
            "[publish]\nto = \"kafka\"\ntopic_prefix = \"{prefix}\"\n[publish.kafka]\nbootstrap_servers = \"{}\"\n\
             transactional_id = \"{prefix}-1\"\npartitions = 3\n[roles]\nsession_timeout = \"6s\"\n{roles}\n",
            broker.address()
        ));
        Self { site, prefix, broker, read: RefCell::default() }
    }

    /// `dateline feeds publish`; to be called before there is a worker, for it writes the configuration too.
    pub(crate) fn publish(&self) -> String {
        drop(self.site.command("feeds"));
        let output = finished(dateline().args(["feeds", "publish", "--config"]).arg(self.site.path("dateline.toml")));
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }

    /// A worker in the background.
    pub(crate) fn worker(&self, role: &str, instance: &str) -> Daemon {
        self.worker_armed(role, instance, "")
    }

    /// The same with fail points.
    pub(crate) fn worker_armed(&self, role: &str, instance: &str, points: &str) -> Daemon {
        self.worker_at(role, instance, &format!("{role}-{instance}"), points)
    }

    /// The same with a directory of this name; its log is beside it.
    pub(crate) fn worker_at(&self, role: &str, instance: &str, directory: &str, points: &str) -> Daemon {
        let log = self.site.path(&format!("{directory}.log"));
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut command = dateline();
        command.args(["run", "--role", role, "--instance", instance, "--config"]).arg(self.site.path("dateline.toml"));
        // Publishers see who asks.
        command.arg("--set").arg(format!("fetch.user_agent_contact=mailto:{instance}@wire.example"));
        command.arg("--data-dir").arg(self.site.path(directory));
        let child = command.env("FAILPOINTS", points).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Daemon { child }
    }

    /// A worker that ends by itself; what it said is in its log.
    pub(crate) fn ends(&self, mut worker: Daemon, role: &str, instance: &str) -> (Option<i32>, String) {
        let what = format!("{role} {instance} to end");
        let status = wait_for(PATIENCE, &what, || worker.child.try_wait().unwrap());
        (status.code(), self.log(role, instance))
    }

    /// Waits until the group of a role has so many members, and all of them know what they have.
    #[track_caller]
    pub(crate) fn has_settled(&self, role: &str, members: usize) {
        let group = format!("{}-1-{role}", self.prefix);
        let client: BaseConsumer = self.broker.client("read_committed").create().unwrap();
        wait_for(PATIENCE, "the group to settle", || {
            let groups = client.fetch_group_list(Some(&group), Duration::from_secs(10)).ok()?;
            let group = groups.groups().iter().find(|found| found.name() == group)?;
            (group.state() == "Stable" && group.members().len() == members).then_some(())
        });
    }

    pub(crate) fn log(&self, role: &str, instance: &str) -> String {
        std::fs::read_to_string(self.site.path(&format!("{role}-{instance}.log"))).unwrap_or_default()
    }

    /// What was committed to a topic so far.
    pub(crate) fn read(&self, suffix: &str) -> Vec<Read> {
        let mut attached = self.read.borrow_mut();
        let topic = format!("{}.{suffix}", self.prefix);
        let (reader, read) =
            attached.entry(suffix.to_owned()).or_insert_with(|| (self.broker.reader(&topic), Vec::new()));
        read.extend(reader.read());
        read.clone()
    }

    pub(crate) fn values(&self, suffix: &str) -> Vec<Value> {
        self.read(suffix).iter().map(Read::json).collect()
    }

    /// Waits until there is such a record.
    #[track_caller]
    pub(crate) fn comes(&self, suffix: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        wait_for(PATIENCE, what, || self.values(suffix).into_iter().find(|value| is(value)))
    }

    /// Waits until a story of this headline has this revision.
    #[track_caller]
    pub(crate) fn told(&self, headline: &str, revision: u64) -> Value {
        let what = format!("revision {revision} of {headline:?}");
        self.comes("articles.v1", &what, |value| value["headline"] == headline && value["revision"] == revision)
    }

    /// The revisions of the articles by their headlines: each item tells its revisions once, in order.
    pub(crate) fn revisions(&self) -> BTreeMap<String, Vec<u64>> {
        let mut told: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for article in self.values("articles.v1") {
            let headline = article["headline"].as_str().unwrap().to_owned();
            told.entry(headline).or_default().push(article["revision"].as_u64().unwrap());
        }
        told
    }
}

impl Drop for Deployment<'_> {
    /// The logs of a test that failed.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        for entry in std::fs::read_dir(self.site.directory.path()).into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "log") {
                let log = std::fs::read_to_string(entry.path()).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(60).collect();
                eprintln!("--- {}", entry.file_name().to_string_lossy());
                last.iter().rev().for_each(|line| eprintln!("{line}"));
            }
        }
    }
}

/// Items as (guid, headline, text).
type Item<'a> = (&'a str, &'a str, &'a str);

/// Puts these items into a feed; their pages would be at `/<feed>/<guid>`.
fn show(server: &Server, feed: &str, items: &[Item<'_>]) {
    let entries: Vec<Entry<'_>> = items
        .iter()
        .map(|(guid, title, text)| Entry {
            guid,
            title,
            link: server.url(&format!("/{feed}/{guid}")),
            description: text,
            published: "Tue, 06 Oct 2020 12:05:00 GMT",
        })
        .collect();
    server.serve(&format!("/{feed}.xml"), Reply::rss(rss(feed, &entries)));
}
