//! WebSub from outside: a hub on loopback that does what it is told, and the daemon as its subscriber.

use crate::{
    harness::{Daemon, Entry, Reply, Site, dateline, finished, rss, wait_for},
    ports,
};
use aws_lc_rs::hmac;
use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use url::{Url, form_urlencoded};

/// Far more than any step takes; a machine may be busy with other things.
const PATIENCE: Duration = Duration::from_secs(90);

/// What a hub was asked: the fields of the form without their prefix.
type Asked = HashMap<String, String>;

#[derive(Clone)]
struct Manner {
    status: u16,
    /// Whether it verifies what it accepted.
    verifies: bool,
    lease_seconds: u64,
}

struct Hub {
    authority: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    manner: Arc<Mutex<Manner>>,
    /// How often it was told that it was right.
    verified: Arc<Mutex<usize>>,
}

impl Hub {
    fn start(lease_seconds: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let manner = Arc::new(Mutex::new(Manner { status: 202, verifies: true, lease_seconds }));
        let verified: Arc<Mutex<usize>> = Arc::default();
        let (told, how, own) = (Arc::clone(&asked), Arc::clone(&manner), authority.clone());
        let right = Arc::clone(&verified);
        thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                let Some((path, form)) = read_form(&mut connection) else { continue };
                let Manner { status, verifies, lease_seconds } = how.lock().unwrap().clone();
                // One hub has ended; the other has moved, and the form is to come again at its new address.
                let elsewhere = ["/old", "/gone"].contains(&path.as_str());
                let status = match path.as_str() {
                    "/old" => 307,
                    "/gone" => 410,
                    _ => status,
                };
                let _ = write!(
                    connection,
                    "HTTP/1.1 {status} Scripted\r\nLocation: http://{own}/\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                );
                if elsewhere {
                    continue;
                }
                told.lock().unwrap().push(form.clone());
                if verifies && status == 202 {
                    let right = Arc::clone(&right);
                    thread::spawn(move || {
                        if verify(&form, &form["mode"], &form["topic"], lease_seconds).0 == 200 {
                            *right.lock().unwrap() += 1;
                        }
                    });
                }
            }
        });
        Self { authority, asked, manner, verified }
    }

    fn asked(&self, mode: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|form| form["mode"] == mode).cloned().collect()
    }

    fn times_verified(&self) -> usize {
        *self.verified.lock().unwrap()
    }

    #[track_caller]
    fn wait(&self, mode: &str, n: usize) -> Asked {
        wait_for(PATIENCE, &format!("{n} requests to {mode}"), || self.asked(mode).get(n - 1).cloned())
    }
}

/// Reads a POST of a form.
fn read_form(connection: &mut TcpStream) -> Option<(String, Asked)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        connection.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.to_lowercase().contains("content-type: application/x-www-form-urlencoded"), "{head}");
    let length = head.to_lowercase().split("content-length: ").nth(1)?.split("\r\n").next()?.parse().ok()?;
    let mut body = vec![0; length];
    connection.read_exact(&mut body).ok()?;
    let pairs = form_urlencoded::parse(&body);
    let form = pairs.map(|(key, value)| (key.strip_prefix("hub.").unwrap().to_owned(), value.into_owned())).collect();
    Some((head.split_whitespace().nth(1)?.to_owned(), form))
}

/// Asks an address; status and body.
fn ask(method: &str, url: &str, headers: &str, body: &[u8]) -> (u16, String) {
    let url = Url::parse(url).unwrap();
    let address = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let Ok(mut connection) = TcpStream::connect(&address) else { return (0, String::new()) };
    let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    let _ = connection.write_all(head.as_bytes()).and_then(|()| connection.write_all(body));
    let mut answer = Vec::new();
    // One that refuses a body may reset the connection after its answer.
    let _ = connection.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.split_whitespace().nth(1).map_or(0, |status| status.parse().unwrap());
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

/// Asks a subscriber whether it wants this.
fn verify(form: &Asked, mode: &str, topic: &str, lease_seconds: u64) -> (u16, String) {
    let mut url = Url::parse(&form["callback"]).unwrap();
    url.query_pairs_mut()
        .append_pair("hub.mode", mode)
        .append_pair("hub.topic", topic)
        .append_pair("hub.challenge", "riddle <b>")
        .append_pair("hub.lease_seconds", &lease_seconds.to_string());
    ask("GET", url.as_str(), "", b"")
}

fn push(form: &Asked, signed_with: &str, document: &str) -> u16 {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, signed_with.as_bytes()), document.as_bytes());
    let hex = tag.as_ref().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let headers = format!("Content-Type: application/rss+xml\r\nX-Hub-Signature: sha256={hex}\r\n");
    ask("POST", &form["callback"], &headers, document.as_bytes()).0
}

/// Pushes to a daemon that may only just have begun, until it takes it, as hubs do.
#[track_caller]
fn push_again(form: &Asked, document: &str) {
    wait_for(PATIENCE, "a push to be taken", || (push(form, &form["secret"], document) == 200).then_some(()));
}

/// A document that holds these items and no others.
fn document(items: &[&str]) -> String {
    let entries: Vec<Entry<'_>> = items
        .iter()
        .map(|item| Entry {
            guid: item,
            title: item,
            link: format!("/{item}"),
            description: "The ferry to the island sails again.",
            published: "Tue, 29 Sep 2020 18:05:00 GMT",
        })
        .collect();
    rss("Desk", &entries)
}

/// A site whose one feed names a hub.
struct Pushed {
    site: Site,
    hub: Hub,
}

impl Pushed {
    fn new(lease_seconds: u64, poll_interval: &str) -> Self {
        let (site, hub) = (Site::new(), Hub::start(lease_seconds));
        let port = ports::free(1)[0];
        site.settings(&format!(
            "[fetch.websub]\ncallback = \"http://127.0.0.1:{port}/hubs/in\"\nlisten = \"127.0.0.1:{port}\"\n\
             poll_interval = \"{poll_interval}\"\nmax_body = \"64KiB\"\n\
             [[feed]]\nid = \"desk\"\nurl = \"{}\"\ninterval = \"100ms\"\nbackfill = \"all\"\nallow = [\"{}\", \"{}\"]\n",
            site.server.url("/desk.xml"),
            site.server.authority(),
            hub.authority
        ));
        let pushed = Self { site, hub };
        pushed.serve(&["first"]);
        pushed
    }

    fn topic(&self) -> String {
        self.site.server.url("/canonical.xml")
    }

    fn serve(&self, items: &[&str]) {
        let mut reply = Reply::rss(document(items));
        let (hub, topic) = (&self.hub.authority, self.topic());
        let links = format!("<http://{hub}/gone>; rel=hub, <http://{hub}/old>; rel=\"hub\", <{topic}>; rel=self");
        reply.headers.push(("Link".to_owned(), links));
        self.site.server.serve("/desk.xml", reply);
    }

    fn published(&self) -> Vec<String> {
        let articles = self.site.topic("articles.v1");
        articles.iter().map(|article| article["headline"].as_str().unwrap().to_owned()).collect()
    }

    #[track_caller]
    fn wait_published(&self, headline: &str) {
        wait_for(PATIENCE, headline, || self.published().iter().any(|found| found == headline).then_some(()));
    }

    fn polls(&self) -> usize {
        self.site.server.requests("/desk.xml").len()
    }

    /// Waits until a hub has been told more often than `before` that it was right, and the feed is polled as rarely as a
    /// live subscription has it.
    #[track_caller]
    fn wait_live(&self, before: usize) {
        wait_for(PATIENCE, "the subscription to be verified", || (self.hub.times_verified() > before).then_some(()));
        wait_for(PATIENCE, "polls to cease", || {
            let before = self.polls();
            thread::sleep(Duration::from_millis(700));
            (self.polls() == before).then_some(())
        });
    }

    #[track_caller]
    fn wait_polled(&self) {
        let before = self.polls();
        wait_for(PATIENCE, "polls to go on", || (self.polls() > before + 3).then_some(()));
    }

    fn audited(&self, daemon: Daemon) {
        assert_eq!(daemon.terminate().0, Some(0));
        let audit = finished(dateline().arg("audit").arg("--data-dir").arg(self.site.path("data")));
        assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
    }
}

#[test]
fn a_push_is_published_once_over_kills_and_a_forged_one_never() {
    let pushed = Pushed::new(10_000, "1h");
    let daemon = pushed.site.spawn();
    let form = pushed.hub.wait("subscribe", 1);
    assert_eq!(form["topic"], pushed.topic());
    assert!(form["secret"].len() >= 43 && form["secret"].len() < 200);
    assert!(form["callback"].contains("/hubs/in/") && form["callback"].rsplit('/').next().unwrap().len() >= 43);
    assert_eq!(form["lease_seconds"], (10 * 24 * 3600).to_string());
    pushed.wait_published("first");
    pushed.wait_live(0);

    // Only what was asked for is answered.
    assert_eq!(verify(&form, "subscribe", &pushed.topic(), 10_000), (200, "riddle <b>".to_owned()));
    assert_eq!(verify(&form, "unsubscribe", &pushed.topic(), 10_000).0, 404);
    assert_eq!(verify(&form, "subscribe", "http://elsewhere.example/", 10_000).0, 404);
    let mut stranger = form.clone();
    stranger.insert("callback".to_owned(), format!("{}x", &form["callback"][..form["callback"].len() - 1]));
    assert_eq!(verify(&stranger, "subscribe", &pushed.topic(), 10_000).0, 404);
    assert_eq!(push(&stranger, &form["secret"], &document(&["stranger"])), 410);

    // A part of the feed is enough, and the same again changes nothing.
    let secret = &form["secret"];
    for _ in 0..3 {
        assert_eq!(push(&form, secret, &document(&["second"])), 200);
    }
    assert_eq!(push(&form, "guessed", &document(&["forged"])), 202);
    assert_eq!(ask("POST", &form["callback"], "X-Hub-Signature: sha1=00\r\n", document(&["forged"]).as_bytes()).0, 202);
    assert_eq!(ask("POST", &form["callback"], "", document(&["forged"]).as_bytes()).0, 202);
    assert_eq!(push(&form, secret, "no feed at all"), 202);
    assert_eq!(push(&form, secret, &"x".repeat(70_000)), 413);
    assert_eq!(ask("PUT", &form["callback"], "", b"").0, 405);
    assert_eq!(push(&form, secret, &document(&["third"])), 200);
    daemon.kill();

    // What was acknowledged is durable; the subscription goes on as it was, unasked.
    let daemon = pushed.site.spawn();
    pushed.wait_published("third");
    push_again(&form, &document(&["third", "fourth"]));
    pushed.wait_published("fourth");
    assert_eq!(pushed.hub.asked("subscribe").len(), 1);
    // The feed catches up, without a gap though none of it stood in the last document.
    pushed.serve(&["fourth", "third", "second"]);
    daemon.kill();
    let daemon = pushed.site.spawn();
    push_again(&form, &document(&["fifth"]));
    pushed.wait_published("fifth");
    let mut published = pushed.published();
    published.sort();
    assert_eq!(published, ["fifth", "first", "fourth", "second", "third"]);
    let events = pushed.site.topic("events.v1");
    assert!(events.iter().all(|event| event["kind"] != "gap"), "{events:?}");
    assert!(!pushed.site.log().contains(secret.as_str()), "the secret is in the log");

    // A feed that is taken out of the configuration is taken off the hub.
    let before = pushed.site.settings.lock().unwrap().clone();
    *pushed.site.settings.lock().unwrap() = before.replace("id = \"desk\"", "id = \"other\"");
    drop(pushed.site.command("run"));
    let farewell = pushed.hub.wait("unsubscribe", 1);
    assert_eq!((&farewell["topic"], &farewell["callback"]), (&pushed.topic(), &form["callback"]));
    wait_for(PATIENCE, "the subscription to be over", || {
        (push(&form, secret, &document(&["late"])) == 410).then_some(())
    });
    pushed.hub.wait("subscribe", 2);
    pushed.audited(daemon);
}

/// Before it is durable a push is not acknowledged; once it is, it need not be acknowledged to be published.
#[cfg(feature = "faults")]
#[test]
fn a_kill_amid_a_push_loses_and_doubles_nothing() {
    for (point, durable) in [("C1", false), ("C3", true)] {
        let pushed = Pushed::new(10_000, "1h");
        // The first document is let through.
        let daemon = pushed.site.spawn_armed(&format!("{point}=1*off->return"));
        let form = pushed.hub.wait("subscribe", 1);
        pushed.wait_live(0);
        assert_eq!(push(&form, &form["secret"], &document(&["second"])), 0, "{point}: it died without a word");
        drop(daemon);
        let daemon = pushed.site.spawn();
        if durable {
            pushed.wait_published("second");
        }
        // The hub comes again, as hubs do.
        push_again(&form, &document(&["second"]));
        pushed.wait_published("second");
        assert_eq!(push(&form, &form["secret"], &document(&["third", "second"])), 200);
        pushed.wait_published("third");
        assert_eq!(pushed.published(), ["first", "second", "third"], "{point}");
        pushed.audited(daemon);
    }
}

#[test]
fn a_lease_is_renewed_and_without_its_hub_the_feed_is_polled() {
    let pushed = Pushed::new(6, "1h");
    let daemon = pushed.site.spawn();
    let first = pushed.hub.wait("subscribe", 1);
    pushed.wait_live(0);
    pushed.wait_live(1);
    let renewal = pushed.hub.wait("subscribe", 2);
    for part in ["callback", "secret", "topic"] {
        assert_eq!(first[part], renewal[part], "a renewal is of the same");
    }
    pushed.hub.manner.lock().unwrap().status = 503;
    pushed.wait_polled();
    // It is back.
    let before = pushed.hub.times_verified();
    *pushed.hub.manner.lock().unwrap() = Manner { status: 202, verifies: true, lease_seconds: 10_000 };
    pushed.wait_live(before);
    assert_eq!(push(&first, &first["secret"], &document(&["pushed"])), 200);
    pushed.wait_published("pushed");
    // It thinks better of it.
    assert_eq!(verify(&first, "denied", "http://elsewhere.example/", 0).0, 200);
    pushed.wait_live(before);
    assert_eq!(verify(&first, "denied", &pushed.topic(), 0).0, 200);
    pushed.wait_polled();
    assert_eq!(push(&first, &first["secret"], &document(&["denied"])), 410);
    pushed.audited(daemon);
}

#[test]
fn a_hub_that_keeps_silent_is_no_longer_trusted() {
    let pushed = Pushed::new(10_000, "200ms");
    // Accepted and never verified: asked again.
    pushed.hub.manner.lock().unwrap().verifies = false;
    let daemon = pushed.site.spawn();
    let form = pushed.hub.wait("subscribe", 2);
    pushed.hub.manner.lock().unwrap().verifies = true;
    wait_for(PATIENCE, "the subscription to be verified", || (pushed.hub.times_verified() > 0).then_some(()));
    assert_eq!(push(&form, &form["secret"], &document(&["told"])), 200);
    let items = ["a", "b", "c", "d", "e", "f"];
    for n in 1..=items.len() {
        pushed.serve(&items[..n]);
        pushed.wait_published(items[n - 1]);
        if !pushed.hub.asked("unsubscribe").is_empty() {
            break;
        }
    }
    pushed.hub.wait("unsubscribe", 1);
    pushed.wait_polled();
    assert_eq!(push(&form, &form["secret"], &document(&["late"])), 410);
    pushed.audited(daemon);
}
