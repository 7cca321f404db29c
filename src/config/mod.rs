//! Configuration: composes the options of each room, nothing more.
//!
//! In comes what the operator wrote: a file, the feed lists it names, the environment, flags. Out goes one [`Config`]
//! that holds together, or the list of *all* problems, each with its place. What an option means is said where it is
//! used, in the `Options` of its room; this room only puts them side by side.

mod case;
mod change;
mod document;
mod effective;
mod excerpt;
mod field_path;
mod files;
mod keys;
mod load;
pub mod opml;
mod problem;
#[cfg(test)]
mod reference;
mod secret;
mod validate;
mod written;

pub use case::{Case, CaseFrom, CaseUntil};
pub use change::settle;
pub use document::feeds as feeds_of;
pub use effective::{Origins, Setting};
pub use excerpt::{Excerpt, Source};
pub use field_path::FieldPath;
pub use files::{Files, Look};
pub use keys::problem_of_key;
pub use load::{Environment, Flags, Loaded, id_of_url, load, read, status};
pub use problem::{Place, Problem, Problems};
pub use validate::is_language;
pub use written::{FeedList, Written};

use crate::{
    dedup, extract, fetch, intake, logging,
    model::{Feed, FeedId},
    publish, status, traces,
};
use std::path::PathBuf;

/// Everything the daemon is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Holds the SQLite file and, under `topics/`, the NDJSON files.
    pub data_dir: PathBuf,
    /// The feeds, in the order written; ids are unique.
    pub feeds: Vec<Feed>,
    /// `[fetch]`.
    pub fetch: fetch::Options,
    /// `[intake]`.
    pub intake: intake::Options,
    /// `[extract]`.
    pub extract: extract::Options,
    /// `[dedup]`.
    pub dedup: dedup::Options,
    /// `[publish]`.
    pub publish: publish::Options,
    /// `[roles]`.
    pub roles: publish::roles::Options,
    /// `[status]`.
    pub status: status::Options,
    /// `[log]`.
    pub log: logging::Options,
    /// `[traces]`.
    pub traces: traces::Options,
    /// `[[tests]]`, each with its file where it lies.
    pub tests: Vec<Case>,
}

impl Config {
    /// The defaults, with this data directory and no feeds.
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            feeds: Vec::new(),
            fetch: fetch::Options::default(),
            intake: intake::Options::default(),
            extract: extract::Options::default(),
            dedup: dedup::Options::default(),
            publish: publish::Options::default(),
            roles: publish::roles::Options::default(),
            status: status::Options::default(),
            log: logging::Options::default(),
            traces: traces::Options::default(),
            tests: Vec::new(),
        }
    }

    /// What is wrong with it, whatever it was put together from.
    pub fn problems(&self) -> Problems {
        let mut problems = Problems::default();
        validate::check(&load::Draft::of(self.clone()), None, &mut problems);
        problems
    }

    /// The feed of that name.
    pub fn feed(&self, id: &FeedId) -> Option<&Feed> {
        self.feeds.iter().find(|feed| feed.id == *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Loads files written into a directory of their own; gives the problems with the directory taken out.
    fn problems_of(files: &[(&str, &str)]) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(directory.path().join(name), text).unwrap();
        }
        let mut environment = Environment { directory: directory.path().to_owned(), ..Environment::default() };
        environment.variables.insert("STATE_DIRECTORY".into(), "/state".into());
        let loaded = load(&Flags::default(), &environment);
        let prefix = format!("{}/", directory.path().display());
        loaded.err().unwrap_or_default().0.iter().map(|problem| problem.to_string().replace(&prefix, "")).collect()
    }

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let found = problems_of(files);
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "found    {found}\nexpected {expected}");
        }
    }

    const FEED: &str = "[[feed]]\nid = \"a\"\nurl = \"https://wire.example/rss.xml\"\n";

    #[test]
    fn every_problem_is_reported_with_its_place() {
        let main = "data_dri = \"x\"\n[fetch]\ndefault_interval = 30\njitter = \"much\"\nmax_body = \"lots\"\n\
                    [publish]\nto = \"kafk\"\nmax_latency = \"1s\"\n[status]\nlisten = \"everywhere\"\n";
        let feeds = "[[feed]]\nid = \"a\"\nurl = \"ftp://wire.example/\"\ninterval = \"5s\"\ncountry = \"uk\"\ndomain = \"Sport\"\n\
                     [[feed]]\nid = \"a\"\nurl = \"https://someone:pw@wire.example/\"\nlang = \"en\"\n\
                     [[feed]]\nid = \"b\"\n";
        check(
            &[("dateline.toml", main), ("feeds.toml", feeds)],
            &[
                "dateline.toml:1:1: data_dri: unknown key; did you mean `data_dir`?",
                "dateline.toml:3:20: fetch.default_interval: invalid type: integer `30`, expected a string (the default is \"5m\")",
                "dateline.toml:4:10: fetch.jitter: invalid type: string \"much\"",
                "dateline.toml:5:12: fetch.max_body: cannot read \"lots\" as a size",
                "dateline.toml:7:6: publish.to: unknown word `kafk`, expected `journal` or `kafka`",
                "dateline.toml:10:10: status.listen: no address",
                "feeds.toml:3:7: feed a: url: only http and https",
                "feeds.toml:4:12: feed a: interval: shorter than fetch.min_interval",
                "feeds.toml:5:11: feed a: country: \"uk\" is no ISO 3166-1",
                "feeds.toml:6:10: feed a: domain: \"Sport\" is no domain",
                "feeds.toml:8:6: feed a: id: this id is taken by the feed at feeds.toml:2:6",
                "feeds.toml:9:7: feed a: url: holds a user name or password",
                "feeds.toml:10:1: feed a: lang: unknown key",
                "feeds.toml:11:1: feed b: url: missing",
            ],
        );
    }

    #[test]
    fn how_a_feed_is_reached_is_checked_before_anything_is_asked() {
        let feeds = "[[feed]]\nid = \"a\"\nurl = \"http://wire.example/\"\nauth = { bearer_env = \"NO_SUCH_VARIABLE\" }\n\
                     proxy = \"socks5://proxy.example\"\n[[feed]]\nid = \"b\"\nurl = \"https://wire.example/\"\n\
                     auth = { username = \"desk\" }\nclient_key_file = \"/nowhere/key\"\ninterval = \"5m\"\nmin_interval = \"2m\"\n\
                     [[feed]]\nid = \"c\"\nurl = \"https://wire.example/\"\nauth = { token = \"s3cret\" }\n";
        let main = "[fetch]\nproxy = \"proxy.example\"\nca_file = \"/nowhere/ca.pem\"\nproxy_username = \"desk\"\n";
        let files = [("dateline.toml", main), ("feeds.toml", feeds)];
        assert!(problems_of(&files).iter().all(|problem| !problem.contains("s3cret")));
        check(
            &files,
            &[
                "dateline.toml:2:9: fetch.proxy: no proxy",
                "dateline.toml:3:11: fetch.ca_file: cannot read the file /nowhere/ca.pem",
                "dateline.toml:4:18: fetch.proxy_username: a proxy's login needs",
                "feeds.toml:4:8: feed a: auth: credentials are sent over https only",
                "feeds.toml:4:8: feed a: auth: the variable NO_SUCH_VARIABLE is not set",
                "feeds.toml:5:9: feed a: proxy: no proxy",
                "feeds.toml:9:8: feed b: auth: basic authentication needs",
                "feeds.toml:10:19: feed b: client_key_file: a key without its certificate",
                "feeds.toml:10:19: feed b: client_key_file: cannot read the file /nowhere/key",
                "feeds.toml:12:16: feed b: min_interval: has no meaning beside `interval`",
                "feeds.toml:16:8: feed c: auth: unknown field `token`",
            ],
        );
    }

    #[test]
    fn tests_are_checked_like_all_others() {
        let tests = "[[tests]]\nname = \"one\"\nfeed = \"b\"\ninput = \"<rss/>\"\nfile = \"one.xml\"\nuntil = \"soon\"\n\
                     expekt = { a = 1 }\n[[tests]]\nname = \"one\"\nurl = \"wire\"\npublished = \"soon\"\nabsent = [\"a\", \"b[\"]\n\
                     [tests.expect]\n\"a..b\" = 1\n[tests.matches]\ntext = \"(\"\n[[tests]]\ninput = \"\"\n";
        check(
            &[("dateline.toml", &format!("{FEED}{tests}"))],
            &[
                "dateline.toml:4:1: test one: expect: missing: say with",
                "dateline.toml:6:8: test one: feed: there is no feed b",
                "dateline.toml:8:8: test one: file: has no meaning beside",
                "dateline.toml:9:9: test one: until: unknown word `soon`, expected one of `parse`",
                "dateline.toml:10:1: test one: expekt: unknown key; did you mean `expect`?",
                "dateline.toml:11:1: test one: input: missing: give the text",
                "dateline.toml:11:1: test one: name: this name is taken by the test at dateline.toml:4:1",
                "dateline.toml:13:7: test one: url: no address",
                "dateline.toml:14:13: test one: published",
                "dateline.toml:15:10: test one: absent: no path",
                "dateline.toml:17:1: test one: expect.a..b: no path (a name is missing)",
                "dateline.toml:19:1: test one: matches.text: no regular expression",
                "dateline.toml:20:1: tests.name: missing: a test needs its `name`",
            ],
        );
        let file = "[[tests]]\nname = \"one\"\nfile = \"one.xml\"\ncount = { items = 1 }\n";
        check(&[("dateline.toml", ""), ("feeds.toml", &format!("{FEED}{file}"))], &[]);
    }

    #[test]
    fn what_a_schema_registry_needs_is_asked_before_it_is() {
        let main = format!(
            "{FEED}[publish]\nformat = \"ninjs\"\n[publish.kafka]\nencoding = \"avro\"\n[publish.kafka.schema_registry]\n\
             schema_id = \"header\"\nusername = \"desk\"\n"
        );
        let encoding = "dateline.toml:7:12: publish.kafka.encoding";
        let expected = [
            "Avro needs publish.kafka.schema_registry.schema_id",
            "Avro needs publish.kafka.schema_registry.url",
            "ninjs is JSON",
        ];
        let [id, url, ninjs] = expected.map(|why| format!("{encoding}: {why}"));
        let login = "dateline.toml:10:12: publish.kafka.schema_registry.username: a login needs username and one of";
        check(&[("dateline.toml", &main)], &[&id, &url, &ninjs, login]);
        let main = format!(
            "{FEED}[publish.kafka.schema_registry]\nurl = \"https://desk:s3cret@registry.example\"\npassword_file = \"/nowhere\"\n"
        );
        let found = problems_of(&[("dateline.toml", &main)]);
        assert!(found.len() == 3 && found.iter().all(|problem| !problem.contains("s3cret")), "{found:#?}");
    }

    #[test]
    fn all_syntax_errors_are_listed_at_once() {
        let found = problems_of(&[("dateline.toml", "feeds = [\n[fetch\njitter = = 1\n")]);
        assert!(found.len() >= 2 && found.iter().all(|problem| problem.starts_with("dateline.toml:")), "{found:#?}");
    }

    #[test]
    fn settings_that_contradict_each_other_are_refused_and_secrets_are_not_shown() {
        let kafka =
            "[publish]\nto = \"kafka\"\n[publish.kafka.librdkafka]\n\"acks\" = \"1\"\n\"sasl.password\" = 12345\n";
        let main = format!("{FEED}[extract]\nmin_confidence = 2\n{kafka}");
        let found = problems_of(&[("dateline.toml", &main)]);
        assert!(!found.iter().any(|problem| problem.contains("12345")), "{found:#?}");
        for part in [
            "bootstrap_servers: missing",
            "librdkafka.acks: this key contradicts",
            "sasl.password: expected a string",
            "extract.min_confidence: out of range",
        ] {
            assert!(found.iter().any(|problem| problem.contains(part)), "{part}: {found:#?}");
        }
    }

    #[test]
    fn feeds_may_stand_in_the_main_file_or_in_files_beside_it() {
        check(&[("dateline.toml", FEED)], &[]);
        check(&[("dateline.toml", ""), ("feeds.toml", FEED)], &[]);
        check(&[("dateline.toml", "feeds = [\"*.feeds\"]"), ("one.feeds", FEED)], &[]);
        check(&[("dateline.toml", "")], &["dateline.toml: feeds: no feed is configured"]);
        check(&[("dateline.toml", "feeds = [\"none.toml\"]")], &["none.toml: cannot read the file"]);
        check(&[("dateline.toml", "feeds = [\"*.none\"]")], &["dateline.toml:1:9: feeds: no file matches \"*.none\""]);
    }
}
