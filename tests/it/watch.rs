//! The running daemon, watched from outside: `dateline tap` and `dateline top`.

use crate::{
    harness::{Daemon, Entry, Reply, Site, address_of_page, dateline, finished, lines, rss, wait_for},
    oracle::campaign::signal,
    ports,
};
use serde_json::Value;
use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(30);

const FINLAND: &str = "HELSINKI, October 6. /TASS/. The COVID-19 death toll in Finland stands at 345, the health \
institute said on Tuesday. Estonia has reported 3,580 confirmed coronavirus cases since the beginning of the epidemic.";
const NORWAY: &str = "OSLO, October 6. /TASS/. The COVID-19 death toll in Norway stands at 275, the ministry said.";

/// A site whose daemon has a page at a port that stays the same when it starts again.
fn site() -> Site {
    let site = Site::new();
    let port = ports::free(1)[0];
    *site.settings.lock().unwrap() = format!("[status]\nlisten = \"127.0.0.1:{port}\"\n");
    for id in ["wire", "other"] {
        site.feed(id, "language = \"en\"");
        serve(&site, id, &[]);
    }
    site
}

/// What a feed says: headlines with their texts.
fn serve(site: &Site, id: &str, stories: &[(&str, &str)]) {
    let entries: Vec<Entry<'_>> = stories.iter().map(|(title, text)| entry(title, text)).collect();
    site.server.serve(&format!("/{id}.xml"), Reply::rss(rss(id, &entries)));
}

fn entry<'a>(title: &'a str, text: &'a str) -> Entry<'a> {
    Entry {
        guid: title,
        title,
        link: "https://wire.example/story".into(),
        description: text,
        published: "Tue, 06 Oct 2020 12:05:00 GMT",
    }
}

fn begin(site: &Site) -> Daemon {
    let daemon = site.spawn();
    address_of_page(&site.path("said"));
    daemon
}

/// A verb beside the daemon; its configuration files are left as they are.
fn beside(site: &Site, verb: &str) -> Command {
    let mut command = dateline();
    command.arg(verb).arg("--config").arg(site.path("dateline.toml"));
    command
}

/// A tap whose output goes to files.
struct Tapping {
    child: Child,
    out: PathBuf,
    said: PathBuf,
}

impl Tapping {
    fn begin(site: &Site, name: &str, arguments: &[&str]) -> Self {
        let (out, said) = (site.path(&format!("{name}.out")), site.path(&format!("{name}.said")));
        let mut command = beside(site, "tap");
        command.args(arguments).stdin(Stdio::null());
        command.stdout(File::create(&out).unwrap()).stderr(File::create(&said).unwrap());
        let tapping = Self { child: command.spawn().unwrap(), out, said };
        tapping.hears("following http://");
        tapping
    }

    #[track_caller]
    fn hears(&self, words: &str) {
        wait_for(PATIENCE, words, || fs::read_to_string(&self.said).unwrap().contains(words).then_some(()));
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.out).unwrap()
    }

    /// The events, once one of them has this in it.
    #[track_caller]
    fn events_until(&self, marker: &str) -> Vec<Value> {
        wait_for(PATIENCE, marker, || self.text().lines().any(|line| line.contains(marker)).then_some(()));
        let text = self.text();
        lines(&text.as_bytes()[..=text.rfind('\n').unwrap()])
    }

    #[track_caller]
    fn ends(&mut self, code: i32) {
        let status = wait_for(PATIENCE, "the tap to end", || self.child.try_wait().unwrap());
        assert_eq!(status.code(), Some(code), "{}", fs::read_to_string(&self.said).unwrap());
    }
}

impl Drop for Tapping {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_tap_tells_what_is_asked_for_and_nothing_else() {
    let site = site();
    let _daemon = begin(&site);
    let mut finnish = Tapping::begin(&site, "finnish", &["--feed", "wire", "--country", "fi"]);
    let verdicts = Tapping::begin(&site, "verdicts", &["--stage", "dedup", "--feed", "wire"]);
    let mut pretty =
        Tapping::begin(&site, "pretty", &["--stage", "parse", "--feed", "other", "--limit", "1", "--format", "pretty"]);
    let mut unread = beside(&site, "tap");
    let mut unread = unread.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(unread.stdout.take());

    serve(&site, "other", &[("Toll in Finland \u{202e}grows", FINLAND)]);
    pretty.ends(0);
    serve(&site, "wire", &[("Norway counts", NORWAY), ("Finland counts", FINLAND)]);
    finnish.events_until("Finland counts");
    // What comes behind it can only come when all before has.
    let marker = ("Finland buys masks", "HELSINKI, October 7. /TASS/. Finland will buy three million masks.");
    serve(&site, "wire", &[marker, ("Norway counts", NORWAY), ("Finland counts", FINLAND)]);
    let told = finnish.events_until("Finland buys masks");

    let ids = |records: &[&Value]| -> Vec<String> {
        let mut ids: Vec<String> = records.iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    let (articles, claims) = (site.topic("articles.v1"), site.topic("covid-stats.v1"));
    let finnish_articles = articles.iter().filter(|article| {
        article["feed"]["id"] == "wire" && article["headline"].as_str().unwrap().starts_with("Finland")
    });
    let finnish_claims = claims.iter().filter(|claim| claim["feed"] == "wire" && claim["iso2"] == "FI");
    let expected: Vec<&Value> = finnish_articles.chain(finnish_claims).collect();
    assert_eq!(
        ids(&told.iter().map(|event| &event["value"]["value"]).collect::<Vec<_>>()),
        ids(&expected),
        "{told:#?}"
    );
    assert!(claims.iter().any(|claim| claim["iso2"] == "NO"), "others are published too: {claims:#?}");
    assert!(told.iter().all(|event| event["stage"] == "publish" && event["feed"] == "wire"), "{told:#?}");

    wait_for(PATIENCE, "the third verdict", || (verdicts.text().lines().count() == 3).then_some(()));
    let verdicts = lines(verdicts.text().as_bytes());
    assert!(verdicts.iter().all(|event| event["value"]["outcome"] == "publish"), "{verdicts:#?}");

    let shown = pretty.text();
    assert!(shown.contains("  parse    other  Toll in Finland \u{fffd}grows\n"), "{shown:?}");
    signal("INT", finnish.child.id());
    finnish.ends(0);
    let status = wait_for(PATIENCE, "the tap that nobody reads to end", || unread.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_tap_waits_for_a_daemon_that_starts_again() {
    let site = site();
    let daemon = begin(&site);
    let mut tapping = Tapping::begin(&site, "tap", &["--stage", "parse", "--limit", "2"]);
    serve(&site, "wire", &[("Finland counts", FINLAND)]);
    tapping.events_until("Finland counts");
    assert_eq!(daemon.terminate().0, Some(0));
    tapping.hears("the daemon is away");
    serve(&site, "wire", &[]);
    let _daemon = begin(&site);
    tapping.hears("the daemon is back");
    serve(&site, "other", &[("Norway counts", NORWAY)]);
    tapping.ends(0);
    let feeds: Vec<Value> = lines(tapping.text().as_bytes()).iter().map(|event| event["feed"].clone()).collect();
    assert_eq!(feeds, ["wire", "other"]);
}

#[test]
fn who_cannot_be_watched_is_told_why() {
    #[track_caller]
    fn check(mut command: Command, code: i32, said: &str) {
        let output = finished(&mut command);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words}");
        assert!(words.contains(said), "{words}");
    }
    let with = |mut command: Command, arguments: &[&str]| {
        command.args(arguments);
        command
    };
    let site = site();
    drop(site.command("run"));
    check(beside(&site, "tap"), 69, "no daemon answers at http://127.0.0.1:");
    check(with(beside(&site, "top"), &["--once"]), 69, "no daemon answers at http://127.0.0.1:");
    check(with(beside(&site, "tap"), &["--country", "Korea"]), 2, "country: expected two letters as in ISO 3166-1");
    let known_later = ["--stage", "parse", "--entity", "Lavrov"];
    check(with(beside(&site, "tap"), &known_later), 2, "country and entity are known of the stages extract");
    check(with(dateline(), &["tap", "--url", "https://127.0.0.1:8640"]), 2, "write http://HOST:PORT");
    // Somebody else may answer.
    let other = site.server.url("/");
    check(with(dateline(), &["top", "--url", &other]), 69, "answers 404");
    "[status]\nlisten = \"off\"\n".clone_into(&mut site.settings.lock().unwrap());
    check(site.command("tap"), 78, "status.listen is off");
}

/// Two feeds, one of them well, and what they brought.
fn site_with_trouble() -> (Site, Daemon) {
    let site = site();
    serve(&site, "wire", &[("Finland counts", FINLAND)]);
    site.server.serve("/other.xml", Reply::status(404));
    let daemon = begin(&site);
    wait_for(PATIENCE, "a record and a failure", || {
        let status = site.ask("/api/v1/status");
        (status.contains("\"headline\":\"Finland counts\"") && status.contains("http_status")).then_some(())
    });
    (site, daemon)
}

#[test]
fn one_picture_has_rates_feeds_and_records() {
    let (site, _daemon) = site_with_trouble();
    let output = finished(beside(&site, "top").args(["--interval", "200ms"]));
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(shown.starts_with("dateline  ready  up "), "{shown}");
    let row = |name: &str| {
        let row = shown.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name}: {shown}"));
        row.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    // A daemon that began within the minute has an average from its beginning on.
    let publish = row("publish ");
    assert!(publish[2].replace(',', "").parse::<f64>().unwrap() > 0.0, "{shown}");
    assert_eq!((&*row("wire ")[1], &*row("wire ")[3]), ("active", "1"), "{shown}");
    assert!(row("other ").join(" ").contains("http_status: "), "{shown}");
    assert!(shown.lines().any(|line| line.ends_with("Finland counts")), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}

/// `top` in a pseudo terminal of 72 columns and 20 rows; `keys` are pressed once the first picture is there. Returns all
/// that the terminal was told, with what `stty` says of it afterwards.
#[cfg(target_os = "linux")]
fn in_a_terminal(site: &Site, keys: &[(&str, &str)]) -> String {
    use std::io::Write as _;
    let top = beside(site, "top");
    let words: Vec<String> =
        [top.get_program()].into_iter().chain(top.get_args()).map(|word| format!("{word:?}")).collect();
    // Ctrl-C reaches the shell too, and not every shell goes on behind a program that ended well.
    let inside =
        format!("trap : INT; stty cols 72 rows 20; {} --interval 100ms; echo code $?; stty -a", words.join(" "));
    let shown = site.path("terminal");
    let mut script = Command::new("script");
    script.args(["-qfc", &inside, "/dev/null"]).env("TERM", "xterm").env("NO_COLOR", "1");
    let mut child = script.stdin(Stdio::piped()).stdout(File::create(&shown).unwrap()).spawn().unwrap();
    let read = || String::from_utf8_lossy(&fs::read(&shown).unwrap()).into_owned();
    for (seen, key) in keys {
        wait_for(PATIENCE, seen, || read().contains(seen).then_some(()));
        child.stdin.as_mut().unwrap().write_all(key.as_bytes()).unwrap();
    }
    wait_for(PATIENCE, "the terminal to close", || child.try_wait().unwrap());
    read()
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_is_given_back_as_it_was() {
    let (site, _daemon) = site_with_trouble();
    // By the key, and by Ctrl-C.
    for keys in [[("by trouble", "s"), ("by pace", "q")], [("by trouble", "s"), ("by pace", "\u{3}")]] {
        let shown = in_a_terminal(&site, &keys);
        let (pictures, after) =
            shown.split_once("\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l").unwrap_or_else(|| panic!("{shown:?}"));
        assert!(pictures.contains("\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l\u{1b}[H"), "{pictures:?}");
        assert!(after.contains("code 0") && after.contains(" icanon") && after.contains(" echo "), "{after}");
        for picture in pictures.split("\u{1b}[H").skip(1) {
            let lines: Vec<&str> = picture.split("\u{1b}[J").next().unwrap().split("\u{1b}[K").collect();
            assert!(lines.len() <= 21, "{lines:#?}");
            assert!(lines.iter().all(|line| line.trim().chars().count() <= 72), "{lines:#?}");
        }
    }
}
