//! The examples of consumers against a real broker: in every language the same table, and the right one, through a
//! correction, a kill, a restart, repeats, a replay and a tombstone.
//!
//! Python with its packages is where `DATELINE_TEST_PYTHON` says; `tests/run` puts it there.

use crate::{
    crash_kafka::deployment,
    harness::{Entry, Reply, Site, finished, rss},
    kafka_broker, kafka_node,
    replay::succeeds,
};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde_json::json;
use std::{
    ffi::OsString,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

#[path = "../../examples/consumers/consumer.rs"]
#[allow(dead_code, reason = "its `main` is another program's")]
mod consumer;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/consumers").join(name)
}

/// What the examples are told of, beside where they keep their tables.
struct Readers {
    python: OsString,
    bootstrap_servers: String,
    prefix: String,
    /// Where the tables are, and the files of the embedded default in `data`.
    directory: tempfile::TempDir,
}

impl Readers {
    fn arguments(&self, state: &str, group: &str) -> Vec<String> {
        let state = self.directory.path().join(state);
        let given = [
            ("--bootstrap-servers", self.bootstrap_servers.as_str()),
            ("--prefix", &self.prefix),
            ("--group", &format!("{}-{state}-{group}", self.prefix, state = state.file_name().unwrap().display())),
            ("--state", state.to_str().unwrap()),
        ]
        .map(|(name, value)| [name.to_owned(), value.to_owned()]);
        [given.concat(), vec!["--until-end".to_owned()]].concat()
    }

    fn python(&self, group: &str) -> String {
        let mut command = Command::new(&self.python);
        succeeds(&finished(command.arg(example("consumer.py")).args(self.arguments("python.sqlite", group))))
    }

    fn java(&self, group: &str) -> String {
        let mut command = Command::new("java");
        command.args(["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"]);
        command.arg(kafka_node::libraries().unwrap().join("*")).arg(example("Consumer.java"));
        succeeds(&finished(command.args(self.arguments("java.json", group))))
    }

    fn rust(&self, group: &str) -> String {
        let mut said = Vec::new();
        consumer::run(self.arguments("rust.sqlite", group).into_iter(), &mut said).unwrap();
        String::from_utf8(said).unwrap()
    }

    /// The questions over the files of the embedded default.
    fn duckdb(&self, data: &Path) -> String {
        const ASK: &str = "import duckdb, sys\n\
            db = duckdb.connect()\n\
            for script in sys.argv[1:]: db.execute(open(script, encoding='utf-8').read())\n\
            print('%d stories in %d items' % db.execute('from counts').fetchone())\n\
            for row in db.execute('from figures').fetchall(): print(*('' if x is None else x for x in row), sep='\\t')";
        let mut command = Command::new(&self.python);
        let scripts = [example("files.duckdb.sql"), example("figures.sql")];
        succeeds(&finished(command.args(["-c", ASK]).args(scripts).current_dir(data)))
    }

    /// The table of every reader, which must be this one.
    #[track_caller]
    fn check(&self, data: &Path, group: &str, expected: &str) {
        let read = thread::scope(|scope| {
            let java = scope.spawn(|| self.java(group));
            let (python, rust, duckdb) = (self.python(group), self.rust(group), self.duckdb(data));
            [("Python", python), ("Rust", rust), ("DuckDB", duckdb), ("Java", java.join().unwrap())]
        });
        for (reader, said) in read {
            assert_eq!(said, expected, "{reader}");
        }
    }
}

const NORWAY: &str = "PORT ELLING, October 6. /TASS/. Norway has reported 1,204 new coronavirus cases and 31 deaths from COVID-19 \
     over the past day, the health ministry of the country said on Tuesday. Half of the new patients work in the fish \
     halls of the northern harbours, where the crews sleep in dormitories of twenty beds, it added. The halls will be \
     closed for two weeks and their workers tested every other day.";
const FINLAND: &str = "HELSINKI, October 6. /TASS/. More than 10,390 people have been infected with the coronavirus in Finland since \
     the beginning of the pandemic, its health institute said on Tuesday. Schools stay open, and the ferries to the \
     islands sail again with half of their seats from Monday.";

/// Both sites have these items in their feeds, and read them.
fn tell(sites: [&Site; 2], items: &[(&str, &str, &str, &str)]) {
    for site in sites {
        for feed in ["wire", "daily"] {
            let of_feed = items.iter().filter(|(of, ..)| *of == feed);
            let entries: Vec<Entry<'_>> = of_feed
                .map(|(_, guid, title, description)| Entry {
                    guid,
                    title,
                    link: site.server.url(&format!("/{feed}/{guid}")),
                    description,
                    published: "Tue, 06 Oct 2020 12:05:00 GMT",
                })
                .collect();
            site.server.serve(&format!("/{feed}.xml"), Reply::rss(rss(feed, &entries)));
        }
        succeeds(&site.once());
    }
}

#[test]
fn the_examples_read_the_same_and_the_right_table() {
    let Some(broker) = kafka_broker::shared() else { return };
    let Some(python) = std::env::var_os("DATELINE_TEST_PYTHON") else {
        // Not through the macro, whose output a passing test keeps to itself.
        let _ = std::io::stderr().write_all(b"the examples of consumers left out: run tests/run for them\n");
        return;
    };
    let (kafka, prefix) = deployment(&broker.address());
    let files = Site::new();
    for site in [&kafka, &files] {
        for feed in ["wire", "daily"] {
            site.feed(feed, "language = \"en\"\nbackfill = \"all\"");
        }
    }
    let sites = [&kafka, &files];
    let directory = tempfile::tempdir().unwrap();
    let readers = Readers { python, bootstrap_servers: broker.address(), prefix: prefix.clone(), directory };
    let data = files.path("data");

    // Two stories, and a copy of one.
    let finland = ("wire", "finland", "Finland counts its cases", FINLAND);
    let norway = ("wire", "norway", "Cases in Norway's fish halls", NORWAY);
    let copy = ("daily", "copy", "Sick in the fish halls", NORWAY);
    tell(sites, &[norway, finland]);
    tell(sites, &[norway, finland, copy]);
    let [in_finland, in_norway] =
        [FINLAND, NORWAY].map(|text| text.split("/TASS/. ").nth(1).unwrap().split_inclusive('.').next().unwrap());
    let of_finland = format!("FI\tcases\tcumulative\t2020-10-06\tmore_than 10390\t1\tTASS\t{in_finland}\n");
    let cases = format!("NO\tcases\tnew/day\t2020-10-06\t1204\t2\tTASS\t{in_norway}\n");
    let deaths = format!("NO\tdeaths\tnew/day\t2020-10-06\t31\t2\tTASS\t{in_norway}\n");
    readers.check(&data, "one", &format!("2 stories in 3 items\n{of_finland}{cases}{deaths}"));

    // One is corrected and the other killed while nobody reads; then every reader goes on where it was.
    let corrected = NORWAY.replace("1,204", "1,240");
    let norway = ("wire", "norway", "Cases in Norway's fish halls", corrected.as_str());
    let notice = format!("EDITORS: Please kill this story. The figures are those of last year.</p><p>{FINLAND}");
    let notice = ("wire", "notice", "WITHDRAWN: Finland counts its cases", notice.as_str());
    tell(sites, &[norway, finland, copy, notice]);
    // The deaths are claimed as they were, in the words of their revision.
    let cases = cases.replace("1204", "1240").replace("1,204", "1,240");
    let healed = format!("1 stories in 2 items\n{cases}{deaths}");
    readers.check(&data, "one", &healed);

    // A replay that trusts the text less tells the story without figures, and a tombstone ends it. All of this is read
    // in another group, and so again from the beginning.
    for site in sites {
        succeeds(&finished(site.command("replay").args(["--set", "extract.min_confidence=1"])));
    }
    let stories = files.topic("stories.v1");
    let twice =
        stories.iter().find(|story| story["members"].as_array().unwrap().len() == 2 && story["headline"] != notice.2);
    let story = twice.unwrap()["id"].as_str().unwrap();
    let producer: BaseProducer = broker.client("read_committed").set("partitioner", "murmur2_random").create().unwrap();
    let topic = format!("{prefix}.stories.v1");
    producer.send(BaseRecord::<str, str>::to(&topic).key(story)).map_err(|(error, _)| error).unwrap();
    producer.flush(Duration::from_secs(20)).unwrap();
    let offset = stories.last().unwrap()["_meta"]["offset"].as_u64().unwrap() + 1;
    let line = json!({"_meta": {"key": story, "offset": offset}, "deleted": true});
    let mut file = fs::OpenOptions::new().append(true).open(data.join("topics/wire.stories.v1.ndjson")).unwrap();
    writeln!(file, "{line}").unwrap();
    readers.check(&data, "two", "0 stories in 0 items\n");
}
