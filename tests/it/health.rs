//! `dateline health` from outside: the daemon that runs is asked as a container or a script asks it.

use crate::harness::{Reply, Site, dateline, finished, wait_for};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    thread,
    time::Duration,
};

/// Where a server answers one request with this status, and ends the connection.
fn says(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut connection = listener.accept().unwrap().0;
        let mut request = BufReader::new(connection.try_clone().unwrap()).lines();
        request.find(|line| line.as_ref().is_ok_and(String::is_empty));
        write!(connection, "HTTP/1.0 {status}\r\n\r\n[-] publisher away\n").unwrap();
    });
    url
}

#[test]
fn a_daemon_is_asked_at_its_page_whatever_else_is_wrong_with_the_file() {
    let site = Site::new();
    "[status]\nlisten = \"127.0.0.1:0\"\n".clone_into(&mut site.settings.lock().unwrap());
    site.feed("a", "");
    site.server.serve("/a.xml", Reply::rss("<rss version='2.0'><channel><title>Wire</title></channel></rss>"));
    let daemon = site.spawn();
    let ready = |site: &Site| site.ask("/readyz").starts_with("HTTP/1.1 200").then_some(());
    wait_for(Duration::from_secs(60), "the daemon to be ready", || ready(&site));
    let said = std::fs::read_to_string(site.path("said")).unwrap();
    let port = said.split("http://127.0.0.1:").nth(1).unwrap().split('/').next().unwrap();
    // The file that the daemon was started with is no good any more, but says where the page is.
    let config = site.path("dateline.toml");
    let everywhere = format!("[status]\nlisten = \"0.0.0.0:{port}\"\n[fetch]\njitter = \"much\"\n");
    let health = |more: &[&str]| {
        let output = finished(dateline().args(["health", "--config"]).arg(&config).args(more));
        let words = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(words).unwrap())
    };
    let (code, words) = health(&[]);
    assert_eq!(code, Some(78), "{words}");
    assert!(words.contains("--url"), "{words}");
    std::fs::write(&config, everywhere).unwrap();
    let (code, words) = health(&[]);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.starts_with("[+] publisher ") && words.ends_with("\nready\n"), "{words}");
    let page = format!("http://127.0.0.1:{port}");
    assert_eq!(health(&["--url", &page]).0, Some(0));
    drop(daemon);

    let (code, words) = health(&[]);
    assert_eq!(code, Some(69), "{words}");
    assert!(words.starts_with("dateline: no daemon answers at http://127.0.0.1:"), "{words}");
    // Who says that it is not ready, another server, and one that never answers.
    let asked = |status: &'static str| health(&["--url", &says(status)]);
    assert_eq!(asked("503 Service Unavailable"), (Some(1), "[-] publisher away\n".to_owned()));
    let (code, words) = asked("404 Not Found");
    assert!(code == Some(69) && words.contains(" answers 404 Not Found: "), "{words}");
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let mute = format!("http://{}", mute.local_addr().unwrap());
    assert_eq!(health(&["--timeout", "50ms", "--url", &mute]).0, Some(69));
    assert_eq!(health(&["--url", "https://127.0.0.1"]).0, Some(2));
    assert_eq!(health(&["--set", "status.listen=off"]).0, Some(78));
}
