//! Finds the configuration, reads its layers and puts them together.
//!
//! The layers, later ones win: defaults, `dateline.toml`, the environment (`DATELINE__PUBLISH__TO`), `--set`, the other
//! flags. In come flags and environment as values, so that tests need neither; the only thing touched is files, and
//! those are only read. Out goes a [`Config`] that holds together, or every problem at once.

use super::{
    Config, Files, Origins, Place, Problems, Written,
    case::PlacedCase,
    document::{self, Document, Leaf, PlacedFeed},
    keys::{self, Node},
    problem::line_and_column,
    validate,
};
use crate::{
    extract::gazetteer,
    model::{Feed, Hash},
    status,
};
use serde::Deserialize as _;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};
use toml::{Table, Value};

/// The name of the file that is looked for.
const FILE: &str = "dateline.toml";
/// What a path to it may also come from.
const CONFIG_VARIABLE: &str = "DATELINE_CONFIG";
/// How variables that set one key begin.
const KEY_PREFIX: &str = "DATELINE__";

/// Where systemd says that the state belongs.
const SYSTEMD_STATE: &str = "STATE_DIRECTORY";

/// What the command line says about the configuration.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config FILE`.
    pub config: Option<PathBuf>,
    /// `--data-dir DIR`.
    pub data_dir: Option<PathBuf>,
    /// `--set key=value`, repeated.
    pub set: Vec<String>,
    /// `--feed-url URL`, repeated.
    pub feed_urls: Vec<String>,
    /// `--allow HOST:PORT`, repeated: opens addresses for the feeds of `--feed-url`, or for all where there are none.
    pub allow: Vec<String>,
    /// Whether feeds are none of this process's business: they come by a topic.
    pub feedless: bool,
}

/// The environment, as far as configuration asks for it.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Variables.
    pub variables: BTreeMap<String, String>,
    /// Where relative paths of flags begin.
    pub directory: PathBuf,
}

impl Environment {
    /// That of this process; variables that are not Unicode are none of ours.
    pub fn of_process() -> Self {
        Self {
            variables: std::env::vars_os()
                .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            directory: std::env::current_dir().unwrap_or_default(),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// An XDG base directory: the variable where it is absolute (the standard says to ignore it otherwise), else a
    /// place under the home directory.
    fn xdg(&self, variable: &str, under_home: &str) -> Option<PathBuf> {
        let given = self.get(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        given.or_else(|| self.get("HOME").map(|home| Path::new(home).join(under_home)))
    }
}

/// A configuration and the file it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What holds.
    pub config: Config,
    /// The main file, if there was one.
    pub file: Option<PathBuf>,
    /// Where it all came from.
    pub origins: Origins,
    /// Inputs of `[[tests]]` that cannot be read: the daemon goes without them.
    pub unread: Problems,
}

/// Everything that was written, before it is checked as a whole.
pub(super) struct Draft {
    pub(super) config: Config,
    pub(super) feeds: Vec<PlacedFeed>,
    pub(super) tests: Vec<PlacedCase>,
    /// Where the keys outside of feeds were written.
    pub(super) places: BTreeMap<String, Place>,
}

impl Draft {
    /// Of a configuration that was written nowhere.
    pub(super) fn of(config: Config) -> Self {
        let placed = |feed: &Feed| PlacedFeed { feed: feed.clone(), block: Place::Default, keys: BTreeMap::new() };
        Self { feeds: config.feeds.iter().map(placed).collect(), config, tests: Vec::new(), places: BTreeMap::new() }
    }

    /// Where a key was written, else the default.
    pub(super) fn place(&self, key: &str) -> Place {
        self.places.get(key).cloned().unwrap_or(Place::Default)
    }
}

/// Finds, reads and checks the configuration.
pub fn load(flags: &Flags, environment: &Environment) -> Result<Loaded, Problems> {
    read(flags, environment).0
}

/// The same, with the files that were read for it, good or bad.
pub fn read(flags: &Flags, environment: &Environment) -> (Result<Loaded, Problems>, Files) {
    let mut files = Files::default();
    let loaded = read_into(flags, environment, &mut files);
    (loaded, files)
}

fn read_into(flags: &Flags, environment: &Environment, files: &mut Files) -> Result<Loaded, Problems> {
    let mut problems = Problems::default();
    let (file, Document { leaves, mut feeds, mut tests }) = layers(flags, environment, files, &mut problems);
    let mut places: BTreeMap<String, Place> =
        leaves.iter().map(|leaf| (leaf.path.join("."), leaf.place.clone())).collect();
    let mut written = assemble(&leaves, &mut problems);
    let stated = written.clone();
    read_secrets(&mut written, &mut places, files, &mut problems);
    read_gazetteers(&mut written, &places, file.as_deref(), files, &mut problems);
    for listed in listed_feeds(&written, &places, file.as_deref(), feeds.is_empty(), files, &mut problems) {
        feeds.extend(listed.feeds);
        tests.extend(listed.tests);
    }
    feeds.extend(flag_feeds(flags));
    if let (true, false) = (flags.feed_urls.is_empty(), flags.allow.is_empty()) {
        for placed in &mut feeds {
            placed.feed.allow.extend(flags.allow.iter().cloned());
            placed.keys.insert("allow".to_owned(), Place::Flag("--allow".to_owned()));
        }
    }
    let data_dir = data_dir(flags, environment, &written, file.as_deref().filter(|_| from_file(&places, "data_dir")));
    if flags.data_dir.is_some() {
        places.insert("data_dir".to_owned(), Place::Flag("--data-dir".to_owned()));
    } else if written.data_dir.is_none() && environment.get(SYSTEMD_STATE).is_some() {
        places.insert("data_dir".to_owned(), Place::Variable(SYSTEMD_STATE.to_owned()));
    }
    if data_dir.is_none() {
        problems.push(
            Place::Default,
            "data_dir",
            "no place for the state: set data_dir, or $STATE_DIRECTORY, $XDG_STATE_HOME or $HOME in the environment",
        );
    }
    let config = Config {
        data_dir: data_dir.unwrap_or_default(),
        feeds: feeds.iter().map(|feed| feed.feed.clone()).collect(),
        fetch: written.fetch,
        intake: written.intake,
        extract: written.extract,
        dedup: written.dedup,
        publish: written.publish,
        roles: written.roles,
        status: written.status,
        log: written.log,
        traces: written.traces,
        tests: tests.iter().map(PlacedCase::settled).collect(),
    };
    let draft = Draft { config, feeds, tests, places };
    validate::check(&draft, file.as_deref().filter(|_| !flags.feedless), &mut problems);
    if problems.0.is_empty() {
        let mut unread = Problems::default();
        draft.tests.iter().for_each(|test| test.look(&mut unread));
        let origins = Origins::new(stated, draft.places, draft.feeds);
        return Ok(Loaded { config: draft.config, file, origins, unread });
    }
    problems.0.sort();
    problems.0.dedup();
    Err(problems)
}

/// What a configuration says of the status page, whatever is wrong with the rest: a daemon may run on an earlier one.
pub fn status(flags: &Flags, environment: &Environment) -> status::Options {
    let (mut files, mut problems) = (Files::default(), Problems::default());
    let (_, document) = layers(flags, environment, &mut files, &mut problems);
    assemble(&document.leaves, &mut problems).status
}

/// The main file, and what it says, with what the environment and the flags say after it.
fn layers(
    flags: &Flags,
    environment: &Environment,
    files: &mut Files,
    problems: &mut Problems,
) -> (Option<PathBuf>, Document) {
    let file = find(flags, environment, problems);
    let mut document = Document::default();
    if let Some(path) = &file {
        files.named(path);
        document = read_file(path, keys::written(), problems);
    }
    document.leaves.extend(from_variables(environment, problems));
    document.leaves.extend(from_set(flags, problems));
    (file, document)
}

/// Flag, variable, working directory, XDG, `/etc`. Only the first two must exist when they are given.
fn find(flags: &Flags, environment: &Environment, problems: &mut Problems) -> Option<PathBuf> {
    if let Some(path) = &flags.config {
        return Some(environment.directory.join(path));
    }
    if let Some(path) = environment.get(CONFIG_VARIABLE) {
        return Some(environment.directory.join(path));
    }
    let mut candidates = vec![environment.directory.join(FILE)];
    candidates.extend(environment.xdg("XDG_CONFIG_HOME", ".config").map(|base| base.join("dateline").join(FILE)));
    candidates.push(Path::new("/etc/dateline").join(FILE));
    if let Some(found) = candidates.iter().find(|path| path.is_file()) {
        return Some(found.clone());
    }
    if flags.feed_urls.is_empty() {
        let looked: Vec<String> = candidates.iter().map(|path| path.display().to_string()).collect();
        problems.push(
            Place::Default,
            "",
            format!(
                "no configuration file: looked for {}; give one with --config FILE, or a feed with --feed-url URL",
                looked.join(", ")
            ),
        );
    }
    None
}

/// Text of a file; a place for the first byte that is not UTF-8.
fn read_text(path: &Path, problems: &mut Problems) -> Option<String> {
    match std::fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let head = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default()).into_owned();
                let (line, column) = line_and_column(&head, head.len());
                let place = Place::File { path: path.to_owned(), line, column, width: 1 };
                problems.push(place, "", "not UTF-8 from here on: save the file as UTF-8");
                None
            }
        },
        Err(error) => {
            problems.push(Place::WholeFile(path.to_owned()), "", format!("cannot read the file: {error}"));
            None
        }
    }
}

fn read_file(path: &Path, keys: &keys::Keys, problems: &mut Problems) -> Document {
    match read_text(path, problems) {
        Some(text) => document::read(path, &text, keys, problems),
        None => Document::default(),
    }
}

fn from_file(places: &BTreeMap<String, Place>, key: &str) -> bool {
    matches!(places.get(key), Some(Place::File { .. }))
}

/// `DATELINE__PUBLISH__KAFKA__BOOTSTRAP_SERVERS`: sections parted by two underscores. Under a table of free keys
/// (librdkafka's) single underscores stand for dots, for its names have dots where variables cannot.
fn from_variables(environment: &Environment, problems: &mut Problems) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for (name, text) in &environment.variables {
        let Some(rest) = name.strip_prefix(KEY_PREFIX) else { continue };
        let place = Place::Variable(name.clone());
        let mut path: Vec<String> = rest.to_lowercase().split("__").map(str::to_owned).collect();
        if let Some((last, table)) = path.split_last_mut()
            && keys::written().node(table) == Some(Node::Map)
        {
            *last = match last.strip_suffix("_file") {
                Some(secret) => format!("{}_file", secret.replace('_', ".")),
                None => last.replace('_', "."),
            };
        }
        leaves.extend(from_text(path, text, place, problems));
    }
    leaves
}

/// `--set publish.to=kafka`. What follows a table of free keys is one key, dots and all.
fn from_set(flags: &Flags, problems: &mut Problems) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for setting in &flags.set {
        let Some((key, text)) = setting.split_once('=') else {
            // The text may be a secret that was put in the wrong place, so it is not repeated.
            problems.push(Place::Flag("--set".to_owned()), "", "expected key=value, such as --set publish.to=kafka");
            continue;
        };
        let key = key.trim();
        let mut path: Vec<String> = Vec::new();
        for part in key.split('.') {
            match path.split_last_mut() {
                Some((last, table)) if keys::written().node(table) == Some(Node::Map) => {
                    last.push('.');
                    last.push_str(part.trim_matches('"'));
                }
                _ => path.push(part.trim_matches('"').to_owned()),
            }
        }
        leaves.extend(from_text(path, text, Place::Flag(format!("--set {key}")), problems));
    }
    leaves
}

/// A value given as bare text: a string where one is wanted, else TOML, else a list parted by commas.
fn from_text(path: Vec<String>, text: &str, place: Place, problems: &mut Problems) -> Option<Leaf> {
    let dotted = path.join(".");
    let keys = keys::written();
    match keys.node(&path) {
        Some(Node::Leaf) => {}
        Some(_) => {
            problems.push(place, &dotted, "cannot be set as a whole: set the keys under it");
            return None;
        }
        None => {
            let known = (0..path.len()).rev().find(|n| keys.node(path.get(..*n).unwrap_or_default()).is_some());
            let table = path.get(..known.unwrap_or(0)).unwrap_or_default();
            let key = path.get(table.len()).map_or("", String::as_str);
            problems.push(place, &dotted, keys.meant(table, key));
            return None;
        }
    }
    let string = Value::String(text.to_owned());
    let list = Value::Array(text.split(',').map(|part| Value::String(part.trim().to_owned())).collect());
    let wrapped: Option<Table> = toml::from_str(&format!("value = {text}")).ok();
    let literal = wrapped.filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
    let candidates = [Some(string), literal, Some(list)];
    let mut complaint = None;
    for value in candidates.into_iter().flatten() {
        match document::check_alone(&path, &value) {
            Ok(()) => return Some(Leaf { path, value, place }),
            Err(message) => drop(complaint.get_or_insert(message)),
        }
    }
    problems.push(place, dotted, complaint.unwrap_or_default());
    None
}

/// Puts leaves that are right one by one into one value.
fn assemble(leaves: &[Leaf], problems: &mut Problems) -> Written {
    let mut root = Table::new();
    for leaf in leaves {
        let Some((last, tables)) = leaf.path.split_last() else { continue };
        let mut table = &mut root;
        for key in tables {
            let inner = table.entry(key.clone()).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(inner) = inner else { return Written::default() };
            table = inner;
        }
        table.insert(last.clone(), leaf.value.clone());
    }
    Written::deserialize(Value::Table(root)).unwrap_or_else(|error| {
        problems.push(Place::Default, "", error.message().to_owned());
        Written::default()
    })
}

/// `"sasl.password_file" = "/run/secrets/kafka"`: any secret may be given as the name of a file that holds it.
fn read_secrets(
    written: &mut Written,
    places: &mut BTreeMap<String, Place>,
    files: &mut Files,
    problems: &mut Problems,
) {
    let settings = &mut written.publish.kafka.librdkafka;
    let references: Vec<String> = settings.keys().filter(|key| key.ends_with("_file")).cloned().collect();
    for reference in references {
        let Some(path) = settings.remove(&reference) else { continue };
        let key = format!("publish.kafka.librdkafka.{reference}");
        let place = places.get(&key).cloned().unwrap_or(Place::Default);
        files.named(Path::new(&path));
        match std::fs::read_to_string(&path) {
            Ok(secret) => {
                let name = reference.trim_end_matches("_file");
                places.insert(format!("publish.kafka.librdkafka.{name}"), place);
                settings.insert(name.to_owned(), secret.trim_end_matches(['\r', '\n']).to_owned());
            }
            Err(error) => problems.push(place, key, format!("cannot read the file {path}: {error}")),
        }
    }
}

/// What stands in the files that `extract.gazetteer` names, relative to the main file.
fn read_gazetteers(
    written: &mut Written,
    places: &BTreeMap<String, Place>,
    file: Option<&Path>,
    files: &mut Files,
    problems: &mut Problems,
) {
    let base = file.and_then(Path::parent).unwrap_or(Path::new(""));
    let mut texts = Vec::new();
    for path in &written.extract.gazetteer.files {
        let path = base.join(path);
        files.named(&path);
        match std::fs::read_to_string(&path).map(|text| (gazetteer::rows(&text).err(), text)) {
            Ok((None, text)) => texts.push(text),
            Ok((Some((line, what)), _)) => {
                problems.push(Place::File { path: path.clone(), line, column: 1, width: 1 }, "extract.gazetteer", what);
            }
            Err(error) => {
                let place = places.get("extract.gazetteer").cloned().unwrap_or(Place::Default);
                problems.push(place, "extract.gazetteer", format!("cannot read the file {}: {error}", path.display()));
            }
        }
    }
    written.extract.gazetteer.texts = Arc::new(texts);
}

/// What stands in the files that `feeds` names, relative to the main file.
fn listed_feeds(
    written: &Written,
    places: &BTreeMap<String, Place>,
    file: Option<&Path>,
    none_inline: bool,
    files: &mut Files,
    problems: &mut Problems,
) -> Vec<Document> {
    let stated = places.contains_key("feeds");
    // Without `feeds`, a list beside the file is taken, unless the file holds its feeds itself.
    if !stated && (file.is_none() || !none_inline) {
        return Vec::new();
    }
    let base = file.and_then(Path::parent).unwrap_or(Path::new(""));
    let place = places.get("feeds").cloned().unwrap_or(Place::Default);
    let mut paths: Vec<PathBuf> = Vec::new();
    for pattern in &written.feeds {
        let full = base.join(pattern);
        if !pattern.contains(['*', '?', '[']) {
            files.named(&full);
            if stated || full.is_file() {
                paths.push(full);
            }
            continue;
        }
        files.pattern(&full);
        match glob::glob(&full.to_string_lossy()) {
            Ok(found) => {
                let before = paths.len();
                paths.extend(found.filter_map(Result::ok).filter(|path| path.is_file()));
                paths.iter().skip(before).for_each(|path| files.found(path));
                if paths.len() == before {
                    problems.push(place.clone(), "feeds", format!("no file matches {pattern:?} in {}", base.display()));
                }
            }
            Err(error) => {
                problems.push(place.clone(), "feeds", format!("cannot read {pattern:?} as a pattern: {error}"))
            }
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    paths.iter().map(|path| read_file(path, keys::feed_list(), problems)).collect()
}

/// The feeds of `--feed-url`. Their ids come from nothing but the address, so that they are the same at the next start.
fn flag_feeds(flags: &Flags) -> Vec<PlacedFeed> {
    let mut feeds: Vec<PlacedFeed> = Vec::new();
    for url in &flags.feed_urls {
        let mut id = id_of_url(url);
        if feeds.iter().any(|feed| feed.feed.id.0 == id) {
            id = format!("{id}-{}", Hash::of_bytes(url.as_bytes()).short(8));
        }
        let mut feed = Feed::new(&id, url);
        feed.allow.clone_from(&flags.allow);
        let block = Place::Flag("--feed-url".to_owned());
        let keys = [("allow".to_owned(), Place::Flag("--allow".to_owned()))].into();
        feeds.push(PlacedFeed { feed, block, keys });
    }
    feeds
}

/// `https://wire.example/world/rss.xml` is `wire.example-world-rss`.
pub fn id_of_url(url: &str) -> String {
    let Ok(parsed) = url::Url::parse(url) else { return "feed".to_owned() };
    let host = parsed.host_str().unwrap_or("feed").trim_start_matches("www.");
    let port = parsed.port().map(|port| format!("-{port}")).unwrap_or_default();
    let path = parsed.path().trim_end_matches(".xml").trim_end_matches(".rss").trim_end_matches(".json");
    let mut id = String::new();
    for c in format!("{host}{port}{path}").to_lowercase().chars().take(80) {
        let c = if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '_' { c } else { '-' };
        if c != '-' || !id.ends_with('-') {
            id.push(c);
        }
    }
    let id = id.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    if id.is_empty() { "feed".to_owned() } else { id.to_owned() }
}

/// Flag, file (relative to itself) or override, systemd's state directory, XDG's.
fn data_dir(flags: &Flags, environment: &Environment, written: &Written, file: Option<&Path>) -> Option<PathBuf> {
    if let Some(given) = &flags.data_dir {
        return Some(environment.directory.join(given));
    }
    if let Some(given) = &written.data_dir {
        let base = file.and_then(Path::parent).unwrap_or(&environment.directory);
        return Some(base.join(given));
    }
    // systemd gives several directories parted by colons when a unit names several; the first is ours.
    let systemd = environment.get(SYSTEMD_STATE).and_then(|paths| paths.split(':').next()).map(PathBuf::from);
    systemd.or_else(|| environment.xdg("XDG_STATE_HOME", ".local/state").map(|base| base.join("dateline")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, id: &str) {
        assert_eq!(id_of_url(url), id);
    }

    #[test]
    fn a_feed_without_a_name_is_named_after_its_address() {
        check("https://www.wire.example/world/rss.xml", "wire.example-world-rss");
        check("http://127.0.0.1:8080/", "127.0.0.1-8080");
        check("http://[::1]:80/%7Ea//b", "1-7ea-b");
        check("nonsense", "feed");
    }

    fn load_with(variables: &[(&str, &str)], set: &[&str]) -> Result<Loaded, Problems> {
        let mut environment = Environment { directory: "/nowhere".into(), ..Environment::default() };
        environment.variables.insert("HOME".into(), "/home/someone".into());
        environment.variables.extend(variables.iter().map(|(key, value)| ((*key).into(), (*value).into())));
        let flags = Flags {
            feed_urls: vec!["https://wire.example/rss".into()],
            set: set.iter().map(|text| (*text).into()).collect(),
            ..Flags::default()
        };
        load(&flags, &environment)
    }

    #[test]
    fn flags_win_over_the_environment_and_both_over_defaults() {
        let config = load_with(
            &[
                ("DATELINE__PUBLISH__KAFKA__BOOTSTRAP_SERVERS", "broker:9092"),
                ("DATELINE__PUBLISH__KAFKA__LIBRDKAFKA__SOCKET_TIMEOUT_MS", "5000"),
                ("DATELINE__PUBLISH__PUBLISH_BODY", "false"),
                ("DATELINE__FETCH__PAGE_RECHECK", "10m, 1h"),
                ("DATELINE__PUBLISH__TOPIC_PREFIX", "one"),
            ],
            &["publish.topic_prefix=two", "fetch.jitter=0.2", "publish.kafka.librdkafka.client.id=me"],
        );
        let config = config.unwrap().config;
        assert_eq!(config.publish.kafka.bootstrap_servers, "broker:9092");
        assert_eq!(config.publish.kafka.librdkafka["socket.timeout.ms"], "5000");
        assert_eq!(config.publish.kafka.librdkafka["client.id"], "me");
        assert!(!config.publish.publish_body);
        assert_eq!(config.fetch.page_recheck.len(), 2);
        assert_eq!((config.publish.topic_prefix.as_str(), config.fetch.jitter), ("two", 0.2));
        assert_eq!(config.data_dir, Path::new("/home/someone/.local/state/dateline"));
        assert_eq!(config.feeds[0].id.0, "wire.example-rss");
    }

    #[test]
    fn what_is_wrong_in_the_environment_is_named_there() {
        let problems =
            load_with(&[("DATELINE__FETCH__DEFAULT_INTERVAL", "5"), ("DATELINE__FECH__JITTER", "1")], &["x"]);
        let text = problems.unwrap_err().to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(
            lines[0].starts_with(
                "environment variable DATELINE__FECH__JITTER: fech.jitter: unknown key; did you mean `fetch`?"
            ),
            "{text}"
        );
        assert!(lines[1].starts_with("environment variable DATELINE__FETCH__DEFAULT_INTERVAL: fetch.default_interval: cannot read \"5\" as a duration"), "{text}");
        assert!(lines[2].starts_with("--set: expected key=value"), "{text}");
    }
}
