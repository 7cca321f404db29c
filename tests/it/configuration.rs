//! What the command line says of a configuration, from outside: its problems, and where its values come from.

use crate::harness::{Reply, Site, dateline, finished, lines};
use std::{fs, path::Path, process::Output};

/// The program, asked in this directory, with nothing of the environment that could name another configuration.
fn ask(directory: &Path, words: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = dateline();
    command.args(words).current_dir(directory).env("HOME", directory).env("STATE_DIRECTORY", directory.join("state"));
    finished(command.env_remove("XDG_CONFIG_HOME").envs(variables.iter().copied()))
}

/// What was said on standard error, with the directory taken out.
fn complaint(output: &Output, directory: &Path) -> String {
    String::from_utf8_lossy(&output.stderr).replace(&format!("{}/", directory.display()), "")
}

#[test]
fn a_refused_configuration_is_shown_with_carets_and_without_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let main = "[fetch]\n\tjitter = \"much\"\n[publish.kafka.librdkafka]\n\"sasl.password\" = 4711 # hunter2\n";
    fs::write(directory.join("dateline.toml"), main).unwrap();
    let lines = ask(directory, &["validate"], &[]);
    assert_eq!(lines.status.code(), Some(78));
    let lines = complaint(&lines, directory);
    let jitter = lines.lines().next().unwrap();
    assert!(jitter.starts_with("dateline.toml:2:11: fetch.jitter: invalid type: string \"much\""), "{lines}");
    assert!(lines.ends_with("\n2 problems in the configuration\n") && lines.lines().count() == 3, "{lines}");

    let pretty = ask(directory, &["validate", "--format", "pretty"], &[]);
    let said = complaint(&pretty, directory);
    let expected = format!(
        "{jitter}\n2 |     jitter = \"much\"\n  |              ^^^^^^\n\n\
         dateline.toml:4:19: publish.kafka.librdkafka.sasl.password: expected a string\n\
         4 | \"sasl.password\" = …\n  |                   ^\n\n2 problems in the configuration\n"
    );
    assert_eq!((pretty.status.code(), said), (Some(78), expected));
    // Every verb that refuses says the lines.
    let run = ask(directory, &["run", "--once"], &[]);
    assert_eq!((run.status.code(), complaint(&run, directory)), (Some(78), lines));
}

/// All of them at once, each with its place and reason; nothing is reached for it.
#[cfg(feature = "kafka")]
#[test]
fn settings_of_the_kafka_client_are_checked_by_validate() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let refused = |settings: &str, variables: &[(&str, &str)], expected: &[&str]| {
        let main = format!(
            "[[feed]]\nid = \"wire\"\nurl = \"https://wire.example/rss\"\n[publish]\nto = \"kafka\"\n\
             [publish.kafka]\nbootstrap_servers = \"127.0.0.1:9\"\n[publish.kafka.librdkafka]\n{settings}"
        );
        fs::write(directory.join("dateline.toml"), main).unwrap();
        let output = ask(directory, &["validate"], variables);
        let said = complaint(&output, directory);
        let found: Vec<&str> = said.lines().collect();
        assert_eq!((output.status.code(), found.len()), (Some(78), expected.len() + 1), "{said}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{said}");
        }
    };
    refused(
        "\"acks\" = \"1\"\n  \"linger.mss\" = \"5\"\n\"linger.ms\" = \"1000000\"\n\"compression.type\" = \"zip\"\n",
        &[("DATELINE__PUBLISH__KAFKA__LIBRDKAFKA__ISOLATION_LEVEL", "read_uncommitted")],
        &[
            "dateline.toml:9:10: publish.kafka.librdkafka.acks: this key contradicts ours and is refused: delivery rests on acks=all",
            "dateline.toml:10:18: publish.kafka.librdkafka.linger.mss: librdkafka knows no such key",
            "dateline.toml:11:15: publish.kafka.librdkafka.linger.ms: librdkafka does not take this value: write a number in 0..900000",
            "dateline.toml:12:22: publish.kafka.librdkafka.compression.type: librdkafka does not take this value",
            "environment variable DATELINE__PUBLISH__KAFKA__LIBRDKAFKA__ISOLATION_LEVEL: publish.kafka.librdkafka.isolation.level: this key contradicts ours",
        ],
    );
    // Right alone, and wrong beside what is ours.
    refused(
        "\"linger.ms\" = \"30000\"\n",
        &[],
        &["dateline.toml:9:15: publish.kafka.librdkafka.linger.ms: the Kafka client refuses its settings: "],
    );
}

const MAIN: &str = "feeds = [\"wire.toml\"]\n[fetch]\ndefault_interval = \"3m\"\nproxy_username = \"desk\"\n\
    proxy_password_file = \"secret\"\n[publish.kafka.librdkafka]\n\"client.id\" = \"one\"\n\"statistics.interval.ms_file\" = \"number\"\n\
    \"sasl.password\" = \"hunter2\"\n";
const FEEDS: &str = "[[feed]]\nid = \"wire.en\"\nurl = \"https://wire.example/rss?format=xml&token=hunter2\"\ninterval = \"2m\"\n\
    auth = { username = \"desk\", password_env = \"WIRE_PASSWORD\" }\n";

/// A directory with a configuration of two files and its secrets.
fn configured() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let files = [("dateline.toml", MAIN), ("wire.toml", FEEDS), ("secret", "hunter2\n"), ("number", "0\n")];
    files.iter().for_each(|(name, text)| fs::write(directory.path().join(name), text).unwrap());
    directory
}

const VARIABLES: [(&str, &str); 2] = [("WIRE_PASSWORD", "hunter2"), ("DATELINE__LOG__LEVEL", "warn")];

#[test]
fn what_holds_is_shown_without_secrets_and_is_taken_again() {
    let directory = configured();
    let directory = directory.path();
    let flags = ["--set", "publish.max_latency=2s", "--feed-url", "http://127.0.0.1:1/x", "--allow", "127.0.0.1:1"];
    let show = |more: &[&str]| {
        let output = ask(directory, &[&["config", "show"], &flags[..], more].concat(), &VARIABLES);
        assert!(output.status.success(), "{}", complaint(&output, directory));
        String::from_utf8(output.stdout).unwrap().replace(&format!("{}/", directory.display()), "")
    };
    let whole = show(&[]);
    assert!(!whole.contains("hunter2"), "{whole}");
    // What is shown can be used as the one file of a configuration, and holds the same.
    let again = directory.join("again.toml");
    fs::write(&again, &whole).unwrap();
    let validated = ask(directory, &["validate", "--config", "again.toml"], &VARIABLES[..1]);
    assert!(validated.status.success(), "{}", complaint(&validated, directory));
    assert!(String::from_utf8_lossy(&validated.stdout).contains("2 feeds to the journal"));
    let second = ask(directory, &["config", "show", "--config", "again.toml"], &VARIABLES[..1]);
    let second = String::from_utf8(second.stdout).unwrap().replace(&format!("{}/", directory.display()), "");
    assert_eq!(second, whole);

    let origins = show(&["--origin"]);
    for (key, value, from) in [
        ("data_dir", "\"state\"", "environment variable STATE_DIRECTORY"),
        ("default_interval", "\"3m\"", "dateline.toml:3:20"),
        ("min_interval", "\"1m\"", "default"),
        ("max_latency", "\"2s\"", "--set publish.max_latency"),
        ("level", "\"warn\"", "environment variable DATELINE__LOG__LEVEL"),
        ("\"client.id\"", "\"one\"", "dateline.toml:7:15"),
        ("\"statistics.interval.ms_file\"", "\"number\"", "dateline.toml:8:33"),
        ("\"sasl.password\"", "\"***\"", "dateline.toml:9:19"),
        ("url", "\"https://wire.example/rss?format=xml&token=***\"", "wire.toml:3:7"),
        ("allow", "[\"127.0.0.1:1\"]", "--allow"),
    ] {
        let shown = origins.lines().filter_map(|line| line.split_once("  # "));
        let shown = shown.map(|(setting, origin)| (setting.trim_end(), origin));
        assert!(shown.clone().any(|one| one == (format!("{key} = {value}").as_str(), from)), "{key}: {origins}");
    }

    assert_eq!(show(&["--format", "json", "publish.to"]), "\"journal\"\n");
    let feed: serde_json::Value =
        serde_json::from_str(&show(&["--format", "json", "--origin", "feed.wire.en"])).unwrap();
    assert_eq!(feed["interval"], serde_json::json!({ "value": "2m", "origin": "wire.toml:4:12" }));
    for (key, code, words) in [
        ("fetch.ca_file", 1, "error: fetch.ca_file: has no value"),
        ("fetch.jiter", 2, "error: fetch.jiter: unknown key; did you mean `jitter`?"),
        ("feed.none", 2, "error: feed.none: no such feed"),
    ] {
        let output = ask(directory, &["config", "show", key], &VARIABLES);
        assert_eq!(output.status.code(), Some(code), "{key}");
        assert!(complaint(&output, directory).starts_with(words), "{}", complaint(&output, directory));
    }
    let reference = ask(directory, &["config", "reference"], &[]);
    assert_eq!(String::from_utf8_lossy(&reference.stdout), include_str!("../../config/dateline.toml"));
}

fn rss(headline: &str) -> String {
    format!("<rss version='2.0'><channel><title>Wire</title><item><title>{headline}</title></item></channel></rss>")
}

#[test]
fn a_configuration_to_begin_with_is_sound_and_runs() {
    let site = Site::new();
    site.server.serve("/a.xml", Reply::rss(rss("Ferry sails again")));
    site.server.serve("/a.json", Reply::rss(rss("Bridge closed")));
    let directory = site.directory.path();
    let (one, two) = (site.server.url("/a.xml"), site.server.url("/a.json"));
    let feeds = ["--feed", &one, "--feed", &two, "--allow", &site.server.authority()];
    let init = |more: &[&str]| ask(directory, &[&["init"], more].concat(), &[]);
    let output = init(&[&feeds[..], &["--contact", "mailto:ops@wire.example", "new/place"]].concat());
    assert!(output.status.success(), "{}", complaint(&output, directory));
    let main = "new/place/dateline.toml";
    let run = ask(directory, &["run", "--once", "--config", main, "--set", "status.listen=off"], &[]);
    assert!(run.status.success(), "{}", complaint(&run, directory));
    let articles = fs::read(directory.join("new/place/data/topics/wire.articles.v1.ndjson")).unwrap();
    assert_eq!(lines(&articles).len(), 2);
    let agents: Vec<String> =
        site.server.requests("/a.xml").iter().map(|request| request.header("user-agent").unwrap().to_owned()).collect();
    assert!(agents.iter().all(|agent| agent.contains("mailto:ops@wire.example")), "{agents:?}");

    // What is there stays as it is, and nothing is written where anything makes no sense.
    let before = fs::read_to_string(directory.join("new/place/feeds.toml")).unwrap();
    assert_eq!(init(&["new/place"]).status.code(), Some(74));
    assert_eq!(init(&["new/place/other.toml"]).status.code(), Some(74));
    assert_eq!(fs::read_to_string(directory.join("new/place/feeds.toml")).unwrap(), before);
    let senseless = init(&["--feed", "ftp://wire.example", "--kafka", "broker", "elsewhere"]);
    let words = complaint(&senseless, directory);
    assert_eq!(senseless.status.code(), Some(2), "{words}");
    assert!(words.contains("only http and https") && words.contains("\"broker\" is no HOST:PORT"), "{words}");
    assert!(!directory.join("elsewhere").exists());

    if cfg!(feature = "kafka") {
        let forced = init(&["--force", "--kafka", "broker:9092", "new/place/dateline.toml"]);
        assert!(forced.status.success(), "{}", complaint(&forced, directory));
        let validated = ask(directory, &["validate", "--config", main], &[]);
        let words = String::from_utf8_lossy(&validated.stdout).into_owned();
        assert!(words.contains("1 feeds to Kafka at broker:9092"), "{words}{}", complaint(&validated, directory));
    }
}
