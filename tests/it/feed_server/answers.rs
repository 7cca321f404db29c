//! What a server answers, and when: statuses, stalls, and headers that are not ours to repeat.

use super::{
    FeedServer, feed, get, limits, outcome, runtime,
    server::{Act, Asked, document, plain, response},
};
use dateline::{fetch::Client, model::Validators};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// The verdict on each status of a feed that was asked for without a condition; what stands in no row is `http_status`.
const VERDICTS: [(u16, &str); 16] = [
    (200, "document"),
    (203, "document"),
    (204, "unasked_response"),
    (205, "unasked_response"),
    (206, "unasked_response"),
    (301, "redirect_refused"),
    (302, "redirect_refused"),
    (303, "redirect_refused"),
    (304, "unasked_response"),
    (307, "redirect_refused"),
    (308, "redirect_refused"),
    (410, "gone"),
    // Interim answers are passed over until the last one comes.
    (100, "document"),
    (102, "document"),
    (103, "document"),
    (101, "http_status"),
];

#[test]
fn c1_every_status_has_its_verdict() {
    let server = FeedServer::start(|asked: &Asked| {
        let status: u16 = asked.path[1..].parse().unwrap();
        let last = response("200 OK", "", document(&["one"]).as_bytes());
        match status {
            101 => vec![Act::Send(response("101 Switching Protocols", "Upgrade: foo\r\n", b"")), Act::Close],
            // A flood of them, and then the answer.
            100..=199 => {
                vec![Act::Send(format!("HTTP/1.1 {status} Wait\r\n\r\n").repeat(200).into_bytes()), Act::Send(last)]
            }
            204 | 304 => vec![Act::Send(format!("HTTP/1.1 {status} Words\r\n\r\n").into_bytes())],
            _ => plain(&format!("{status} Words"), "", document(&["one"])),
        }
    });
    let verdicts = runtime().block_on(async {
        let client = Client::new(&limits(), "0").unwrap();
        let asked = (100..600).map(|status: u16| {
            let (client, feed) = (&client, feed(&server, usize::from(status), &format!("/{status}")));
            async move { (status, outcome(get(client, &feed, &Validators::default()).await)) }
        });
        futures::future::join_all(asked).await
    });
    let wrong: Vec<_> = verdicts
        .iter()
        .filter(|(status, verdict)| {
            let row = VERDICTS.iter().find(|(known, _)| known == status);
            let expected = match (row, status) {
                (Some((_, expected)), _) => expected,
                (None, 100..=199) => "document",
                (None, _) => "http_status",
            };
            let found = if verdict.starts_with("<?xml") { "document" } else { verdict.as_str() };
            found != expected
        })
        .collect();
    eprintln!("C1: codes covered {}/500, wrong {}", verdicts.len(), wrong.len());
    assert!(verdicts.len() == 500 && wrong.is_empty(), "{wrong:?}");
}

#[test]
fn c2_a_stall_in_any_phase_ends_within_its_limit() {
    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n<rss>";
    let body = document(&["one"]);
    let whole = body.clone();
    let server = FeedServer::start(move |asked: &Asked| match asked.path.as_str() {
        "/first-byte" => vec![Act::Hang],
        "/status-line" => vec![Act::Send(b"HTTP/1.1 20".to_vec()), Act::Hang],
        "/mid-headers" => vec![Act::Send(b"HTTP/1.1 200 OK\r\nX-".to_vec()), Act::Hang],
        "/no-body" => vec![Act::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n".to_vec()), Act::Hang],
        "/mid-body" => vec![Act::Send(HEAD.to_vec()), Act::Hang],
        "/last-chunk" => {
            let chunk =
                format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{whole}\r\n", whole.len());
            vec![Act::Send(chunk.into_bytes()), Act::Hang]
        }
        "/after-last-byte" => vec![Act::Send(response("200 OK", "", whole.as_bytes())), Act::Hang],
        // One byte of a header now and then is no progress either.
        "/header-drip" => {
            vec![Act::Send(b"HTTP/1.1 200 OK\r\nX: ".to_vec()), Act::Drip(b"x".to_vec(), Duration::from_millis(50))]
        }
        _ => plain("200 OK", "", whole.as_bytes()),
    });
    // A queue that is full: the kernel answers no further connection.
    let (silent, _fillers) = full_queue();
    let (mute, _listener) = never_speaks();
    let options = limits();
    // Connection and headers run as one limit, a body's silence as another.
    let headers = options.connect_timeout + options.header_timeout;
    let phases = [
        ("connect", format!("http://{silent}/"), headers, "timeout|connect_failed"),
        ("tls", format!("https://{mute}/"), headers, "timeout|connect_failed"),
        ("first byte", server.url(1, "/first-byte"), headers, "timeout"),
        ("status line", server.url(2, "/status-line"), headers, "timeout"),
        ("mid-headers", server.url(3, "/mid-headers"), headers, "timeout"),
        ("header drip", server.url(4, "/header-drip"), headers, "timeout"),
        ("no body", server.url(5, "/no-body"), options.idle_timeout, "timeout"),
        ("mid-body", server.url(6, "/mid-body"), options.idle_timeout, "<rss> (cut: timeout)"),
        ("last chunk", server.url(7, "/last-chunk"), options.idle_timeout, "(cut: timeout)"),
        ("after last byte", server.url(8, "/after-last-byte"), Duration::ZERO, "<?xml"),
    ];
    let (times, healthy) = runtime().block_on(async {
        let client = Client::new(&options, "0").unwrap();
        let stalled = phases.iter().map(|(phase, url, limit, expected)| {
            let client = &client;
            async move {
                let mut feed = dateline::model::Feed::new("stalled", url);
                let authority = url.split('/').nth(2).unwrap();
                feed.allow = vec![authority.to_owned()];
                let begun = Instant::now();
                let found = outcome(get(client, &feed, &Validators::default()).await);
                let took = begun.elapsed();
                assert!(expected.split('|').any(|expected| found.contains(expected)), "{phase}: {found}");
                assert!(took <= *limit + Duration::from_secs(1), "{phase}: {took:?}");
                (*phase, took)
            }
        });
        let others = async {
            let mut slowest = Duration::ZERO;
            for n in 0..20 {
                let begun = Instant::now();
                let found = outcome(get(&client, &feed(&server, 100 + n, "/"), &Validators::default()).await);
                assert!(found.starts_with("<?xml"));
                slowest = slowest.max(begun.elapsed());
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
            slowest
        };
        futures::future::join(futures::future::join_all(stalled), others).await
    });
    let times: BTreeMap<_, _> = times.into_iter().map(|(phase, took)| (phase, took.as_millis())).collect();
    eprintln!(
        "C2: {} phases end in time (ms: {times:?}); slowest of 20 healthy requests beside them {healthy:?}",
        times.len()
    );
    assert!(healthy < Duration::from_secs(1), "{healthy:?}");
}

/// A listener whose queue is full, with what fills it.
fn full_queue() -> (std::net::SocketAddr, Vec<tokio::net::TcpStream>) {
    let runtime = Box::leak(Box::new(runtime()));
    runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = Box::leak(Box::new(socket.listen(1).unwrap()));
        let address = listener.local_addr().unwrap();
        let mut fillers = Vec::new();
        for _ in 0..4 {
            let connecting = tokio::net::TcpStream::connect(address);
            if let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(100), connecting).await {
                fillers.push(stream);
            }
        }
        (address, fillers)
    })
}

/// A listener that accepts and says nothing, as to a handshake.
fn never_speaks() -> (std::net::SocketAddr, std::net::TcpListener) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    (listener.local_addr().unwrap(), listener)
}

#[test]
fn c16_nothing_of_a_servers_headers_is_echoed() {
    let pad = "x".repeat(1 << 20);
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("folded etag", b"ETag: \"a\r\n X-Evil: 1\"\r\n".to_vec()),
        ("bare CR in etag", b"ETag: \"a\rX-Evil: 1\"\r\n".to_vec()),
        ("bare LF in etag", b"ETag: \"a\nX-Evil: 1\r\n".to_vec()),
        ("NUL in etag", b"ETag: \"a\0X-Evil\"\r\n".to_vec()),
        ("tab in etag", b"ETag: \"a\tX-Evil\"\r\n".to_vec()),
        ("bytes in etag", b"ETag: \"a\xff\xfeX-Evil\"\r\n".to_vec()),
        ("long etag", format!("ETag: \"X-Evil{}\"\r\n", "x".repeat(2000)).into_bytes()),
        ("date", b"Last-Modified: X-Evil, 01 Jan 2020 00:00:00 GMT\r\n".to_vec()),
        ("charset", b"Content-Type: application/rss+xml; charset=utf-8\rX-Evil: 1\r\n".to_vec()),
        ("cookie", b"Set-Cookie: X-Evil=1; Path=/\r\nSet-Cookie2: X-Evil=2\r\n".to_vec()),
        ("huge cookie", format!("Set-Cookie: X-Evil={pad}\r\n").into_bytes()),
        ("link", b"Link: <http://127.0.0.1/X-Evil>; rel=preload\r\nRefresh: 0; url=/X-Evil\r\n".to_vec()),
    ];
    let redirects: Vec<(&str, &str)> = vec![
        ("CR LF in a target", "Location: /next%0d%0aX-Evil:%201\r\n"),
        ("bare CR in a target", "Location: /next\rX-Evil: 1\r\n"),
        ("folded target", "Location: /next\r\n X-Evil: 1\r\n"),
    ];
    let (bodies, targets) = (forms.clone(), redirects.clone());
    let server = FeedServer::start(move |asked: &Asked| {
        let Some((kind, number)) =
            asked.path[1..].split_once('-').and_then(|(kind, n)| Some((kind, n.parse::<usize>().ok()?)))
        else {
            return plain("200 OK", "", document(&["one"]));
        };
        let headers = if kind == "form" { bodies[number].1.clone() } else { targets[number].1.as_bytes().to_vec() };
        let body = document(&["one"]);
        let status = if kind == "form" { "200 OK" } else { "302 Found" };
        let start = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len()).into_bytes();
        vec![Act::Send([start.as_slice(), &headers, b"\r\n", body.as_bytes()].concat())]
    });
    let client = Client::new(&limits(), "0").unwrap();
    runtime().block_on(async {
        for (n, (name, _)) in forms.iter().enumerate() {
            let feed = feed(&server, 1, &format!("/form-{n}"));
            let first = get(&client, &feed, &Validators::default()).await;
            let validators = match first {
                Ok(dateline::fetch::Response::Document(document)) => document.fetched.validators(),
                _ => Validators::default(),
            };
            let _ = get(&client, &feed, &validators).await;
            assert!(!format!("{validators:?}").contains("Evil"), "{name}: {validators:?}");
        }
        for n in 0..redirects.len() {
            let _ = get(&client, &feed(&server, 2, &format!("/redirect-{n}")), &Validators::default()).await;
        }
    });
    let requests = server.seen.requests.lock().unwrap().clone();
    let echoed: Vec<_> = requests
        .iter()
        .filter(|asked| {
            asked
                .headers
                .iter()
                .any(|(name, value)| name.contains("evil") || value.to_ascii_lowercase().contains("evil"))
                || asked.header("cookie").is_some()
        })
        .collect();
    eprintln!("C16: {} forms, {} requests, echoed {}", forms.len() + redirects.len(), requests.len(), echoed.len());
    assert!(echoed.is_empty(), "{echoed:?}");
    assert!(requests.len() > 2 * forms.len() - 4, "{}", requests.len());
}
