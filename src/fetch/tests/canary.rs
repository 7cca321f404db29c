//! Every form of a private address at every hop, by literal and by name: nothing may knock at a canary.

use super::*;
use futures::FutureExt as _;
use std::{collections::HashMap, net::IpAddr};
use url::Url;

/// Ways to write the canary's address, or one that leads to it; `PORT` is its port.
const FORMS: [&str; 44] = [
    "http://127.0.0.1:PORT/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7f.0.0.1:PORT/",
    "http://0x7f.1:PORT/",
    "http://017700000001:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://0177.1:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://127.255.255.254:PORT/",
    "http://①②⑦.0.0.1:PORT/",
    "http://127。0。0。1:PORT/",
    "http://１２７.0.0.1:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    "http://[::]:PORT/",
    "http://[::1]:PORT/",
    "http://[0:0:0:0:0:0:0:1]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[::ffff:0:127.0.0.1]:PORT/",
    "http://[64:ff9b::127.0.0.1]:PORT/",
    "http://[64:ff9b:1::127.0.0.1]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "http://[2001:0:7f00:1::]:PORT/",
    "http://[fe80::1]:PORT/",
    "http://[fc00::1]:PORT/",
    "http://public.example@127.0.0.1:PORT/",
    "http://public.example:80@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT@public.example/",
    "http://public.example#@127.0.0.1:PORT/",
    "http:\\\\127.0.0.1:PORT\\",
    "http:/127.0.0.1:PORT/",
    "//127.0.0.1:PORT/",
    "\\\\127.0.0.1:PORT/",
    "http://127.0.0.1\t:PORT/",
    " http://127.0.0.1:PORT/ ",
    "hTTp://127.0.0.1:PORT/",
    "ftp://127.0.0.1:PORT/",
    "gopher://127.0.0.1:PORT/_GET",
];

/// Names and what they resolve to, one answer after the other.
const NAMES: [(&str, &[&[&str]]); 12] = [
    ("localhost", &[&["127.0.0.1"]]),
    ("localhost.", &[&["::1", "127.0.0.1"]]),
    ("ip6-localhost", &[&["::1"]]),
    ("private.test", &[&["127.0.0.1"]]),
    ("private.test.", &[&["127.0.0.1"]]),
    ("both.test", &[&["93.184.216.34", "127.0.0.1"]]),
    ("both-turned.test", &[&["127.0.0.1", "93.184.216.34"]]),
    ("mapped.test", &[&["::ffff:127.0.0.1"]]),
    ("six.test", &[&["::1"]]),
    ("unspecified.test", &[&["0.0.0.0"]]),
    ("nat64.test", &[&["64:ff9b::7f00:1"]]),
    ("b\u{fc}cher.test", &[&["127.0.0.1"]]),
];

/// A resolver that answers from a table, and counts.
fn lookup(names: &[(&str, &[&[&str]])]) -> (guard::Lookup, Arc<AtomicUsize>) {
    let mut table: HashMap<String, Vec<Vec<IpAddr>>> = HashMap::new();
    for (name, answers) in names {
        let ascii = Url::parse(&format!("http://{name}/")).unwrap().host_str().unwrap().to_owned();
        let answers = answers.iter().map(|answer| answer.iter().map(|text| text.parse().unwrap()).collect());
        table.insert(ascii, answers.collect());
    }
    let asked = Arc::new(AtomicUsize::new(0));
    let (counts, seen) = (Arc::new(Mutex::new(HashMap::<String, usize>::new())), Arc::clone(&asked));
    let answer = move |name: String| {
        seen.fetch_add(1, Ordering::SeqCst);
        let mut counts = counts.lock().unwrap();
        let count = counts.entry(name.clone()).or_default();
        let found = table.get(&name).map(|answers| answers[(*count).min(answers.len() - 1)].clone());
        *count += 1;
        async move { found.ok_or_else(|| std::io::Error::other("no such name")) }.boxed()
    };
    (Arc::new(answer), asked)
}

/// A listener on both families that counts who knocks.
async fn canary() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let hits = Arc::new(AtomicUsize::new(0));
    let six = TcpListener::bind(("::1", port)).await.ok();
    for listener in [Some(listener), six].into_iter().flatten() {
        let hits = Arc::clone(&hits);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                hits.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    (port, hits)
}

#[tokio::test]
async fn c14_no_form_of_a_private_address_is_connected_to_at_any_hop() {
    let (port, hits) = canary().await;
    let mut targets: Vec<String> = FORMS.iter().map(|form| form.replace("PORT", &port.to_string())).collect();
    targets.extend(NAMES.iter().map(|(name, _)| format!("http://{name}:{port}/")));
    let (resolver, _) = lookup(&NAMES);
    let client = Client::with_lookup(&options(), "0", resolver).unwrap();
    let forms = targets.clone();
    let server = Server::start(move |request, _| {
        let path = request.split(' ').nth(1).unwrap();
        let mut parts = path.trim_start_matches('/').split('/');
        let (kind, number, hops) = (parts.next().unwrap(), parts.next(), parts.next());
        let number = number.and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
        let hops = hops.and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
        let to = |target: &str| {
            let head =
                format!("HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
            Say::Bytes(head.into_bytes())
        };
        match (kind, hops) {
            ("robots.txt", _) => plain("404 Not Found", "", b""),
            (_, 0) => to(&forms[number]),
            (_, hops) => to(&format!("/{kind}/{number}/{}", hops - 1)),
        }
    })
    .await;
    let none = Validators::default();
    let mut tried = 0;
    for (number, target) in targets.iter().enumerate() {
        // As the feed's own address, whose port is open to it.
        let mut own = Feed::new("own", target);
        own.allow = vec![format!("127.0.0.1:{}", server.port)];
        let mut addresses = vec![target.clone()];
        addresses.extend([0, 1, 4].map(|hops| server.url(&format!("/feed/{number}/{hops}"))));
        let kinds = [(Wants::Feed, 4), (Wants::Page, 2), (Wants::Robots, 1)];
        for (wants, url) in kinds.iter().flat_map(|(wants, n)| addresses.iter().take(*n).map(move |url| (*wants, url)))
        {
            let got = client.get(Request { feed: &own, url, validators: &none, wants }).await;
            tried += 1;
            let code = outcome(got);
            let refused = ["address_refused", "port_refused", "bad_address", "redirect_refused", "dns_failed"];
            assert!(refused.contains(&code.as_str()), "{url} ({target}): {code}");
        }
        // As a page, by way of robots.txt.
        assert!(page(&client, &own, target, &none, &Robots::default(), 1).await.is_err());
        tried += 1;
    }
    let hits = hits.load(Ordering::SeqCst);
    println!(
        "C14: {} forms at up to 5 hops, as feed, page and robots.txt: {tried} requests, connections to the canary {hits}",
        targets.len()
    );
    assert_eq!(hits, 0);
}

#[tokio::test]
async fn c14_a_name_that_is_rebound_is_judged_at_every_connection() {
    // Allowed is 127.0.0.2; the name leads there first and to the canary afterwards.
    let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&response("200 OK", "", b"<rss/>")).await;
        }
    });
    let canary = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let names: [(&str, &[&[&str]]); 2] = [
        ("rebound.test", &[&["127.0.0.2"], &["127.0.0.2"], &["127.0.0.1"]]),
        // Between lookup and connection: a second answer would be the bad one.
        ("quick.test", &[&["127.0.0.2"], &["127.0.0.1"]]),
    ];
    let (resolver, asked) = lookup(&names);
    let client = Client::with_lookup(&options(), "0", resolver).unwrap();
    let none = Validators::default();
    let get = async |name: &str| {
        let mut feed = Feed::new("rebound", &format!("http://{name}:{port}/rss"));
        feed.allow = vec![format!("127.0.0.2:{port}")];
        outcome(client.get(Request { feed: &feed, url: &feed.url, validators: &none, wants: Wants::Feed }).await)
    };
    let polls = [get("rebound.test").await, get("rebound.test").await, get("rebound.test").await];
    assert_eq!(polls, ["<rss/>", "<rss/>", "address_refused"]);
    assert_eq!(asked.swap(0, Ordering::SeqCst), 3, "one look-up for each connection");
    assert_eq!(get("quick.test").await, "<rss/>");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let knocked = tokio::time::timeout(Duration::from_millis(50), canary.accept()).await.is_ok();
    println!(
        "C14: rebinding between polls and between look-up and connection, connections to the canary {}",
        u8::from(knocked)
    );
    assert!(!knocked);
}
