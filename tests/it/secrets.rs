//! Secrets are written in every place that has room for one, and then looked for in everything that leaves the program.

use crate::harness::{Entry, Reply, Server, Site, address_of_page, dateline, finished, rss, wait_for};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Command,
    thread,
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// As they are written, by the place where they are; none is a part of anything else. `config show` shows words of a query
/// that do not look like tokens, so those here look like some.
const SECRETS: [(&str, &str); 14] = [
    ("a query value", "qv-Zk3tT81"),
    ("a query without keys", "qwAhw7301Zk3tT81Bo92"),
    ("a query value of a document that is no feed", "qd-Pm20sxR"),
    ("a query value of a redirect", "qr-Lx88yGd"),
    ("a query value of a host that is down", "qx-Vu71kdw"),
    ("a query value of a status", "qs-Bo92ncx"),
    ("a fragment", "fr-Ty63bca"),
    ("a password in a variable", "pv-Ne45ryu"),
    ("a bearer token in a file", "bf-Gi18mzo"),
    ("a cookie in a variable", "ck-Wq37vle"),
    ("a header's value in a file", "hv-Rj52pfa"),
    ("a proxy's password", "pp-Ds09kut"),
    ("a registry's password", "rp-Ck64yoi"),
    ("the broker's password", "bp-Xe33wam"),
];

fn secret(place: &str) -> &'static str {
    SECRETS.iter().find(|(name, _)| *name == place).unwrap().1
}

/// What stands in `Authorization` for one of them, beside the secret itself.
fn encoded(user: &str, secret: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(format!("{user}:{secret}"))
}

#[track_caller]
fn check(what: &str, text: &str) {
    for (place, secret) in SECRETS {
        assert!(!text.contains(secret), "{place} is in {what}: {text}");
        assert!(!text.contains(&encoded("desk", secret)), "{place} is in {what}, encoded: {text}");
    }
}

fn document(id: &str) -> Reply {
    let link = format!("https://wire.example/{id}");
    let description = "Ferry service between two islands resumes after the storm of last week.";
    let entry = Entry { guid: id, title: id, link, description, published: "Tue, 06 Oct 2020 12:05:00 GMT" };
    Reply::rss(rss(id, &[entry]))
}

/// A site whose configuration holds all of them.
fn site(proxy: &Server) -> Site {
    let site = Site::new();
    *site.settings.lock().unwrap() = "[status]\nlisten = \"127.0.0.1:0\"\n".to_owned();
    let file = |name: &str, place: &str| {
        fs::write(site.path(name), secret(place)).unwrap();
        format!("{:?}", site.path(name))
    };
    let feed = |id: &str, address: &str, reply: Reply, more: &str| {
        let path = address.split('#').next().unwrap();
        site.server.serve(path, reply);
        let (url, allow) = (site.server.url(address), site.server.authority());
        site.feed_at(id, &url, &format!("allow = [{allow:?}]\nproxy = \"none\"\ninterval = \"1s\"\n{more}"));
    };
    let at = |path: &str, key: &str, place: &str| format!("{path}?{key}={}", secret(place));
    feed("query", &at("/query", "token", "a query value"), document("query"), "");
    feed("word", &format!("/word?{}", secret("a query without keys")), document("word"), "");
    let broken = Reply::new("application/rss+xml", "<html>no feed</html>");
    feed("broken", &at("/broken", "sig", "a query value of a document that is no feed"), broken, "");
    let mut moved = Reply::status(301);
    let target = at("/target", "access_token", "a query value of a redirect");
    moved.headers.push(("Location".to_owned(), site.server.url(&target)));
    site.server.serve(&target, document("moved"));
    feed("moved", "/moved", moved, "");
    feed("refused", &at("/refused", "key", "a query value of a status"), Reply::status(403), "");
    feed("part", &format!("/part#{}", secret("a fragment")), document("part"), "");
    let down = at("http://127.0.0.1:9/down", "apikey", "a query value of a host that is down");
    site.feed_at("down", &down, "allow = [\"127.0.0.1:9\"]\nproxy = \"none\"\ninterval = \"1s\"");
    feed("basic", "/basic", document("basic"), "auth = { username = \"desk\", password_env = \"WIRE_PASSWORD\" }");
    let bearer = file("bearer", "a bearer token in a file");
    feed("bearer", "/bearer", document("bearer"), &format!("auth = {{ bearer_file = {bearer} }}"));
    feed("cookie", "/cookie", document("cookie"), "auth = { cookie_env = \"WIRE_COOKIE\" }");
    let header = file("header", "a header's value in a file");
    let auth = format!("auth = {{ header = \"X-Api-Key\", header_file = {header} }}");
    feed("header", "/header", document("header"), &auth);
    // It exists nowhere: only the proxy can have answered for it.
    site.feed_at("proxied", "http://wire.example/proxied", "");
    proxy.serve("http://wire.example/proxied", document("proxied"));
    site.settings(&format!(
        "[log]\nlevel = \"trace\"\n[fetch]\nproxy = {:?}\nproxy_username = \"desk\"\nproxy_password_file = {}\n\
         [publish.kafka.schema_registry]\nurl = \"http://127.0.0.1:9\"\nusername = \"desk\"\npassword_file = {}\n\
         [publish.kafka.librdkafka]\n\"sasl.password\" = {:?}\n",
        proxy.url("/"),
        file("proxy", "a proxy's password"),
        file("registry", "a registry's password"),
        secret("the broker's password"),
    ));
    site
}

fn with_variables(command: &mut Command) -> &mut Command {
    command
        .env("WIRE_PASSWORD", secret("a password in a variable"))
        .env("WIRE_COOKIE", format!("session={}", secret("a cookie in a variable")))
}

#[test]
fn secrets_are_in_nothing_that_leaves() {
    let proxy = Server::start();
    let site = site(&proxy);
    let valid = finished(with_variables(&mut site.command("validate")));
    assert!(valid.status.success(), "{}", String::from_utf8_lossy(&valid.stdout));
    let (log, said) =
        (fs::File::create(site.path("dateline.log")).unwrap(), fs::File::create(site.path("said")).unwrap());
    let child = with_variables(&mut site.command("run")).stderr(log).stdout(said).spawn().unwrap();
    let daemon = crate::harness::Daemon { child };
    let address = address_of_page(&site.path("said"));
    let mut tap = TcpStream::connect(&address).unwrap();
    write!(tap, "GET /api/v1/tap HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let tapped = thread::spawn(move || {
        let mut all = String::new();
        tap.read_to_string(&mut all).ok();
        all
    });
    // Whoever needs a credential had it, or nothing would be proved here.
    let asked = |server: &Server, path: &str, name: &str, value: &str| {
        let found = wait_for(PATIENCE, path, || server.requests(path).first().cloned());
        assert!(found.header(name).is_some_and(|header| header.contains(value)), "{path}: {found:?}");
    };
    asked(&site.server, "/basic", "authorization", &encoded("desk", secret("a password in a variable")));
    asked(&site.server, "/bearer", "authorization", secret("a bearer token in a file"));
    asked(&site.server, "/cookie", "cookie", secret("a cookie in a variable"));
    asked(&site.server, "/header", "x-api-key", secret("a header's value in a file"));
    let password = encoded("desk", secret("a proxy's password"));
    asked(&proxy, "http://wire.example/proxied", "proxy-authorization", &password);
    wait_for(PATIENCE, "articles of all feeds, and the states of those that fail", || {
        let failing = ["broken", "refused", "down"];
        let told = site.topic("feed-status.v1");
        let told = |id: &&str| told.iter().any(|record| record["id"] == **id && !record["last_error"].is_null());
        (site.topic("articles.v1").len() >= 9 && failing.iter().all(told) && site.topic("dead-letters.v1").len() == 1)
            .then_some(())
    });

    for path in [
        "/",
        "/feeds",
        "/records",
        "/covid",
        "/names",
        "/stories",
        "/version",
        "/metrics",
        "/readyz?verbose",
        "/asyncapi.json",
        "/api/v1/status",
        "/api/v1/feeds",
        "/api/v1/traffic",
        "/api/v1/freshness",
        "/api/v1/records",
        "/api/v1/covid",
        "/api/v1/names",
        "/api/v1/stories",
    ] {
        let answer = site.ask(path);
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        check(path, &answer);
    }
    let article = site.topic("articles.v1").first().unwrap()["id"].as_str().unwrap().to_owned();
    for path in ["/record", "/api/v1/record"] {
        check(path, &site.ask(&format!("{path}?id={article}")));
    }
    assert_eq!(daemon.terminate().0, Some(0));
    check("the tap", &tapped.join().unwrap());
    check("the log", &site.log());
    check("the output", &fs::read_to_string(site.path("said")).unwrap());
    for file in fs::read_dir(site.path("data/topics")).unwrap() {
        let path = file.unwrap().path();
        check(&path.display().to_string(), &String::from_utf8_lossy(&fs::read(&path).unwrap()));
    }
    for verb in [
        &["config", "show", "--origin"][..],
        &["config", "show", "--format", "json"],
        &["feeds", "list"],
        &["feeds", "check"],
        &["feeds", "export"],
        &["dlq", "list"],
        &["dlq", "show", "0"],
        &["topics", "list"],
        &["validate"],
        &["doctor"],
        &["audit"],
    ] {
        let mut command = dateline();
        let output = finished(with_variables(command.args(verb)).arg("--config").arg(site.path("dateline.toml")));
        check(&verb.join(" "), &(String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr)));
    }
}
