//! Disks that fill, fail and lose power, and directories that were damaged: the real program under the shim of
//! `tests/shim/shim.c`, which stands before every call that changes a file of the data directory.

mod clock;
mod doctor;
mod full;
mod power;
mod pressure;
mod syscalls;
mod trace;
mod versions;

use crate::harness::{Daemon, Entry, Reply, Site, ask, finished, lines, rss};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
    time::SystemTime,
};

/// The shim, compiled once.
pub fn shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shim/shim.c");
        let name = blake3::hash(&fs::read(&source).unwrap()).to_hex();
        let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("shim-{}.so", &name[..16]));
        if !built.exists() {
            // Another process may build the same at the same time: each its own file, and whoever is last wins.
            let own = built.with_extension(format!("{}", std::process::id()));
            let compiled = Command::new("cc")
                .args(["-shared", "-fPIC", "-O1", "-Wall", "-o"])
                .arg(&own)
                .arg(&source)
                .args(["-ldl", "-lpthread"])
                .status()
                .expect("a C compiler is needed, as for building SQLite");
            assert!(compiled.success());
            fs::rename(own, &built).unwrap();
        }
        built
    })
}

/// Puts the shim before the program. Its other variables are set by whoever wants something of it.
pub fn under_shim<'a>(site: &Site, command: &'a mut Command) -> &'a mut Command {
    command.env("LD_PRELOAD", shim()).env("DATELINE_SHIM_ROOT", site.path("data"))
}

/// How many of something: from the environment under `just faults`, else a few.
pub fn count(variable: &str, short: usize) -> usize {
    std::env::var(variable).ok().map_or(short, |text| text.parse().expect("a number"))
}

/// A seed for this run, printed, or the one that `DATELINE_FAULTS_SEED` names.
pub fn seed(what: &str) -> Random {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64;
    let seed = count("DATELINE_FAULTS_SEED", now as usize) as u64;
    eprintln!("{what}: DATELINE_FAULTS_SEED={seed}");
    Random(seed | 1)
}

/// A generator of chance that can be begun again (xorshift64*).
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 11) as usize % limit.max(1)
    }
}

/// A feed whose items each have a take; the oracle of these tests.
#[derive(Default)]
pub struct Wire {
    pub takes: Vec<u32>,
}

impl Wire {
    pub fn new(site: &Site) -> Self {
        site.feed("wire", "language = \"en\"\nbackfill = \"all\"");
        Self::default()
    }

    /// So many more items.
    pub fn grow(&mut self, site: &Site, items: usize) {
        self.takes.resize(self.takes.len() + items, 1);
        self.serve(site);
    }

    /// Another take of an item.
    pub fn change(&mut self, site: &Site, item: usize) {
        self.takes[item] += 1;
        self.serve(site);
    }

    pub fn serve(&self, site: &Site) {
        let texts: Vec<[String; 3]> = self
            .takes
            .iter()
            .enumerate()
            .map(|(item, take)| [format!("guid-{item}"), format!("Story {item} take {take}"), words(item, *take)])
            .collect();
        let entries: Vec<Entry<'_>> = texts
            .iter()
            .map(|[guid, title, text]| Entry {
                guid,
                title,
                link: site.server.url(&format!("/story/{guid}")),
                description: text,
                published: "Tue, 06 Oct 2020 12:05:00 GMT",
            })
            .collect();
        site.server.serve("/wire.xml", Reply::rss(rss("Wire", &entries)));
    }

    /// The takes of each item that are on the topic, in topic order, with their revision numbers.
    fn published(articles: &[Value]) -> BTreeMap<usize, Vec<(u64, u32)>> {
        let mut published: BTreeMap<usize, Vec<(u64, u32)>> = BTreeMap::new();
        for article in articles {
            let take = article["headline"].as_str().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
            let item = article["guid"].as_str().unwrap().trim_start_matches("guid-").parse().unwrap();
            published.entry(item).or_default().push((article["revision"].as_u64().unwrap(), take));
        }
        published
    }

    pub fn is_complete(&self, articles: &[Value]) -> bool {
        let published = Self::published(articles);
        self.takes.iter().enumerate().all(|(item, take)| {
            published.get(&item).is_some_and(|takes| takes.iter().any(|(_, published)| published == take))
        })
    }

    /// Takes that were replaced before anybody looked are not there; of the others each once, in order, numbered through.
    #[track_caller]
    pub fn check_some(&self, articles: &[Value]) {
        for (item, takes) in Self::published(articles) {
            assert!(takes.windows(2).all(|pair| pair[0].1 < pair[1].1), "item {item}: {takes:?}");
            assert!(takes.iter().zip(1..).all(|((revision, _), n)| *revision == n), "item {item}: {takes:?}");
        }
    }

    /// Each take once, in order, nothing else: 0 lost, 0 doubled, 0 out of order.
    #[track_caller]
    pub fn check(&self, articles: &[Value]) {
        let published = Self::published(articles);
        let expected: BTreeMap<usize, Vec<(u64, u32)>> = self
            .takes
            .iter()
            .enumerate()
            .map(|(item, takes)| (item, (1..=*takes).map(|take| (u64::from(take), take)).collect()))
            .collect();
        assert_eq!(published, expected);
    }
}

/// Words that differ from item to item and from take to take, so that nothing is a copy of anything.
fn words(item: usize, take: u32) -> String {
    const WORDS: [&str; 12] = [
        "harbour", "bridge", "school", "museum", "library", "station", "theatre", "market", "garden", "stadium",
        "mill", "tower",
    ];
    let mut random = Random(item as u64 * 7919 + u64::from(take) * 104_729 + 1);
    let chosen: Vec<&str> = (0..25).map(|_| WORDS[random.below(WORDS.len())]).collect();
    format!("The council of district {item} met for take {take} about the {}.", chosen.join(" and the "))
}

/// The article records in the order of their numbers, read while files move aside, under whatever names.
pub fn articles(site: &Site) -> Vec<Value> {
    let directory = site.path("data/topics");
    let read = || -> std::io::Result<Vec<Value>> {
        let mut articles = Vec::new();
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("wire.articles.v1.")) {
                let bytes = fs::read(path)?;
                let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                articles.extend(lines(&bytes[..end]));
            }
        }
        Ok(articles)
    };
    // A file that moves aside while we look may be missed, or met twice under both names.
    let number = |article: &Value| article["_meta"]["offset"].as_u64().unwrap();
    for _ in 0..50 {
        let Ok(mut articles) = read() else { continue };
        articles.sort_by_key(number);
        if articles.iter().zip(0..).all(|(article, n)| number(article) == n) {
            return articles;
        }
    }
    Vec::new()
}

/// `run --once` under the shim, with more of its variables.
pub fn once_under_shim(site: &Site, variables: &[(&str, String)]) -> Output {
    let mut command = site.command("run");
    under_shim(site, &mut command).arg("--once").envs(variables.iter().map(|(name, value)| (name, value)));
    finished(&mut command)
}

/// A daemon with its status page on a free port.
pub struct Watched {
    pub daemon: Daemon,
    said: PathBuf,
}

impl Watched {
    pub fn spawn(site: &Site, command: &mut Command) -> Self {
        let said = site.path("said");
        let log = fs::OpenOptions::new().create(true).append(true).open(site.path("dateline.log")).unwrap();
        let child = command.stderr(log).stdout(fs::File::create(&said).unwrap()).stdin(Stdio::null()).spawn().unwrap();
        Self { daemon: Daemon { child }, said }
    }

    /// What the status page answers at a path: the whole response.
    pub fn get(&self, path: &str) -> String {
        ask(&self.said, path)
    }
}
