//! One request: codings, limits, statuses, validators, redirects, and what is open to whom.

use super::*;

#[tokio::test]
async fn content_codings_are_undone_and_wrong_labels_seen_through() {
    async fn check(label: &'static str, body: Vec<u8>, expected: &str) {
        let said = move |_: &str, _| plain("200 OK", label, &body);
        assert_eq!(verdict(said).await, expected, "{label}");
    }
    let text = b"<rss>Noon briefing</rss>";
    let readable = "<rss>Noon briefing</rss>";
    let (zipped, mut deflate) = (gzip(text), flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast()));
    deflate.write_all(text).unwrap();
    check("", text.to_vec(), readable).await;
    check("Content-Encoding: identity\r\n", text.to_vec(), readable).await;
    check("Content-Encoding: gzip\r\n", zipped.clone(), readable).await;
    check("Content-Encoding: br\r\n", brotli(text), readable).await;
    check("Content-Encoding: zstd\r\n", zstandard(text), readable).await;
    check("Content-Encoding: deflate\r\n", deflate.finish().unwrap(), readable).await;
    check("", zipped.clone(), readable).await;
    check("Content-Encoding: gzip\r\n", text.to_vec(), readable).await;
    check("Content-Encoding: gzip, gzip\r\n", gzip(&zipped), "coding_refused").await;
    check("Content-Encoding: br\r\nContent-Encoding: gzip\r\n", zipped.clone(), "coding_refused").await;
    check("Content-Encoding: utf-8\r\n", text.to_vec(), "coding_refused").await;
    check("Content-Encoding: br\r\n", b"<rss>no brotli at all".to_vec(), "coding_broken").await;
    let half = zipped[..zipped.len() - 10].to_vec();
    assert!(verdict(move |_, _| plain("200 OK", "Content-Encoding: gzip\r\n", &half)).await.contains("(cut:"));
    let junk = [zipped.as_slice(), b"trailing junk"].concat();
    let said = verdict(move |_, _| plain("200 OK", "Content-Encoding: gzip\r\n", &junk)).await;
    assert!(said.starts_with(readable), "{said}");
}

#[tokio::test]
async fn bombs_and_floods_are_refused_at_the_limit() {
    let zeros = vec![0u8; 32 << 20];
    for (label, bomb) in [
        ("Content-Encoding: gzip\r\n", gzip(&zeros)),
        ("Content-Encoding: br\r\n", brotli(&zeros)),
        ("Content-Encoding: zstd\r\n", zstandard(&zeros)),
    ] {
        assert_eq!(verdict(move |_, _| plain("200 OK", label, &bomb)).await, "compression_bomb", "{label}");
    }
    // Just within the ratio, but over the size.
    let mut noisy: Vec<u8> =
        (0..3u32 << 20).map(|i| if i % 64 == 0 { (i.wrapping_mul(2_654_435_761) >> 24) as u8 } else { b'x' }).collect();
    noisy.extend_from_within(..);
    let packed = gzip(&noisy);
    assert!(packed.len() < 2 << 20, "{}", packed.len());
    assert_eq!(verdict(move |_, _| plain("200 OK", "Content-Encoding: gzip\r\n", &packed)).await, "too_large");
    let body = vec![b'x'; (2 << 20) + 1];
    assert_eq!(verdict(move |_, _| plain("200 OK", "", &body)).await, "too_large");
    let unannounced = [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".as_slice(), &vec![b'x'; 3 << 20]].concat();
    assert_eq!(verdict(move |_, _| Say::Bytes(unannounced.clone())).await, "too_large");
    let headers = format!("X-Pad: {}\r\n", "x".repeat(70 << 10));
    assert_eq!(verdict(move |_, _| plain("200 OK", &headers, b"<rss/>")).await, "too_large");
}

#[tokio::test]
async fn what_hubs_answer_is_bounded_too() {
    let answered = async |padding: usize| {
        let headers = format!("X-Pad: {}\r\n", "x".repeat(padding));
        // It stays open: a form that nobody reads would turn the end of the connection into a reset.
        let server = Server::start(move |_, _| Say::ThenSilence(response("202 Accepted", &headers, b""))).await;
        client().post_form(&server.feed(), &server.url("/hub"), &[("hub.mode", "subscribe")]).await
    };
    assert!(answered(60 << 10).await.is_ok());
    assert_eq!(answered(70 << 10).await.unwrap_err().issue().code, "too_large");
}

#[tokio::test]
async fn a_cut_body_is_kept_as_far_as_it_came_without_validators() {
    let cut = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 100\r\n\r\n<rss><item/>";
    let server = Server::start(move |_, _| Say::Bytes(cut.into())).await;
    let feed = server.feed();
    let Ok(Response::Document(document)) = get(&feed, &feed.url, &Validators::default()).await else { panic!() };
    assert_eq!(&*document.fetched.body, b"<rss><item/>");
    assert!(!document.fetched.complete);
    assert_eq!(document.fetched.validators(), Validators::default());

    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\nzzz\r\n";
    assert_eq!(verdict(move |_, _| Say::Bytes(chunks.into())).await, "<rss> (cut: body_cut)");
    let reset = move |_: &str, _| Say::ThenReset(cut.into());
    assert!(["<rss><item/> (cut: body_cut)", "connection_broken"].contains(&verdict(reset).await.as_str()));
    assert_eq!(verdict(move |_, _| Say::ThenSilence(cut.into())).await, "<rss><item/> (cut: timeout)");
    let nothing = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
    assert_eq!(verdict(move |_, _| Say::ThenSilence(nothing.into())).await, "timeout");
}

#[tokio::test]
async fn silence_and_nonsense_end_within_their_limits() {
    assert_eq!(verdict(|_, _| Say::ThenSilence(Vec::new())).await, "timeout");
    assert_eq!(verdict(|_, _| Say::ThenSilence(b"HTTP/1.1 200 OK\r\nX-".to_vec())).await, "timeout");
    assert_eq!(verdict(|_, _| Say::Bytes(b"SSH-2.0-OpenSSH\r\n".to_vec())).await, "connection_broken");
    assert_eq!(verdict(|_, _| Say::Bytes(Vec::new())).await, "connection_broken");
    let lengths = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n<rss/>";
    assert_eq!(verdict(move |_, _| Say::Bytes(lengths.into())).await, "connection_broken");
    let hints = [b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(2000), response("200 OK", "", b"<rss/>")].concat();
    assert_eq!(verdict(move |_, _| Say::Bytes(hints.clone())).await, "<rss/>");
    assert_eq!(verdict(|_, _| plain("101 Switching Protocols", "Upgrade: foo\r\n", b"")).await, "http_status");
    // No TLS where TLS is expected.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            let _ = stream.read_u8().await;
        }
    });
    let mut feed = Feed::new("test", &format!("https://{address}/"));
    feed.allow = vec![address.to_string()];
    assert_eq!(outcome(get(&feed, &feed.url, &Validators::default()).await), "tls_failed");
    // A port on which nobody listens.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut feed = Feed::new("test", &format!("http://{free}/"));
    feed.allow = vec![free.to_string()];
    assert_eq!(outcome(get(&feed, &feed.url, &Validators::default()).await), "connect_failed");
}

#[tokio::test]
async fn statuses_over_the_wire() {
    let server = Server::start(|request, _| {
        let status = request.split(['/', ' ']).nth(2).unwrap();
        plain(&format!("{status} Words"), "", if matches!(status, "204" | "304") { b"" } else { b"<rss/>" })
    })
    .await;
    let (feed, client, none) = (server.feed(), client(), Validators::default());
    for (status, expected) in [
        (200, "<rss/>"),
        (203, "<rss/>"),
        (201, "http_status"),
        (202, "http_status"),
        (204, "unasked_response"),
        (206, "unasked_response"),
        (300, "http_status"),
        (301, "redirect_refused"),
        (304, "unasked_response"),
        (400, "http_status"),
        (401, "http_status"),
        (404, "http_status"),
        (410, "gone"),
        (418, "http_status"),
        (429, "http_status"),
        (500, "http_status"),
        (503, "http_status"),
        (599, "http_status"),
        (799, "http_status"),
    ] {
        let url = server.url(&format!("/{status}"));
        let got = client.get(Request { feed: &feed, url: &url, validators: &none, wants: Wants::Feed }).await;
        assert_eq!(outcome(got), expected, "{status}");
    }
}

#[tokio::test]
async fn validators_go_back_as_they_came_and_nothing_else_does() {
    let server = Server::start(|request, _| {
        if request.to_ascii_lowercase().contains("if-none-match: w/\"a,b\"\r\n") {
            plain("304 Not Modified", "Cache-Control: max-age=60\r\n", b"")
        } else {
            let headers = "ETag: W/\"a,b\"\r\nLast-Modified: Tue, 29 Sep 2020 12:00:00 GMT\r\nSet-Cookie: id=1\r\n";
            plain("200 OK", headers, b"<rss/>")
        }
    })
    .await;
    let feed = server.feed();
    let Ok(Response::Document(first)) = get(&feed, &feed.url, &Validators::default()).await else { panic!() };
    let validators = first.fetched.validators();
    assert_eq!(first.fetched.header("set-cookie"), None);
    let Ok(Response::NotModified { fresh, .. }) = get(&feed, &feed.url, &validators).await else { panic!() };
    assert_eq!(fresh, Some(Duration::from_secs(60)));
    let request = server.requests()[1].to_ascii_lowercase();
    assert!(request.contains("if-modified-since: tue, 29 sep 2020 12:00:00 gmt\r\n"), "{request}");
    assert!(request.contains("user-agent: dateline/0.0.0\r\n") && !request.contains("cookie"), "{request}");

    // From a store that somebody tampered with, from the future, from a server with a sense of humour.
    for (etag, last_modified) in [
        ("\"x\"\r\nX-Evil: 1", "Tue, 29 Sep 2020 12:00:00 GMT\r\nX-Evil: 1"),
        ("\u{7f}", "Tue, 29 Sep 9020 12:00:00 GMT"),
        (&*"x".repeat(5000), "yesterday"),
    ] {
        let hostile = Validators { etag: Some(etag.to_owned()), last_modified: Some(last_modified.to_owned()) };
        assert_eq!(outcome(get(&feed, &feed.url, &hostile).await), "<rss/>");
        let request = server.requests().pop().unwrap().to_ascii_lowercase();
        assert!(!request.contains("x-evil") && !request.contains("if-"), "{request}");
    }
}

#[tokio::test]
async fn redirects_are_guarded_hop_by_hop() {
    let canary = Server::start(|_, _| plain("200 OK", "", b"secret")).await;
    let port = canary.port;
    let other = Server::start(|_, _| plain("200 OK", "", b"<rss>other</rss>")).await;
    let other_url = other.url("/");
    let server = Server::start(move |request, _| {
        let path = request.split(' ').nth(1).unwrap();
        let go = |status: &str, to: &str| plain(status, &format!("Location: {to}\r\n"), b"");
        match path {
            "/for-good" => go("301 Moved", "/for-good-2"),
            "/for-good-2" => go("308 Moved", "/end"),
            "/for-now" => go("301 Moved", "/for-now-2"),
            "/for-now-2" => go("302 Found", "/end#part"),
            "/end" => plain("200 OK", "", b"<rss>end</rss>"),
            "/cycle-a" => go("301 Moved", "/cycle-b"),
            "/cycle-b" => go("301 Moved", "/cycle-c"),
            "/cycle-c" => go("308 Moved", "/cycle-a"),
            "/loop" => go("302 Found", "/loop-2"),
            "/loop-2" => go("302 Found", "/loop"),
            "/canary" => go("302 Found", &format!("http://127.0.0.1:{port}/")),
            "/canary-hex" => go("302 Found", &format!("http://0x7f000001:{port}/")),
            "/canary-mapped" => go("302 Found", &format!("http://[::ffff:127.0.0.1]:{port}/")),
            "/canary-name" => go("302 Found", &format!("http://localhost:{port}/")),
            "/loopback" => go("302 Found", "http://127.0.0.1/"),
            "/loopback-name" => go("302 Found", "http://localhost/"),
            "/metadata" => go("302 Found", "http://169.254.169.254/latest/meta-data/"),
            "/file" => go("302 Found", "file:///etc/passwd"),
            "/user" => go("302 Found", "http://user@127.0.0.1/"),
            "/other" => go("302 Found", &other_url),
            number => {
                let number: u32 = number.trim_start_matches('/').parse().unwrap();
                if number == 0 {
                    plain("200 OK", "", b"<rss>0</rss>")
                } else {
                    go("302 Found", &format!("/{}", number - 1))
                }
            }
        }
    })
    .await;
    let mut feed = server.feed();
    let validators = Validators { etag: Some("\"ours\"".to_owned()), last_modified: None };
    for (path, expected) in [
        ("/end", "<rss>end</rss>"),
        ("/5", "<rss>0</rss>"),
        ("/6", "redirect_refused"),
        ("/100", "redirect_refused"),
        ("/cycle-b", "redirect_refused"),
        ("/loop", "redirect_refused"),
        ("/canary", "address_refused"),
        ("/canary-hex", "address_refused"),
        ("/canary-mapped", "address_refused"),
        ("/canary-name", "port_refused"),
        ("/loopback", "address_refused"),
        ("/loopback-name", "address_refused"),
        ("/metadata", "address_refused"),
        ("/file", "bad_address"),
        ("/user", "bad_address"),
        ("/other", "address_refused"),
    ] {
        assert_eq!(outcome(get(&feed, &server.url(path), &validators).await), expected, "{path}");
    }
    for (path, moved) in [("/for-good", Some(server.url("/end"))), ("/for-now", None), ("/end", None)] {
        let Ok(Response::Document(document)) = get(&feed, &server.url(path), &validators).await else { panic!() };
        assert_eq!((document.moved_to, document.fetched.url), (moved, server.url("/end")));
    }
    feed.allow.push(format!("127.0.0.1:{}", other.port));
    assert_eq!(outcome(get(&feed, &server.url("/other"), &validators).await), "<rss>other</rss>");
    assert!(!other.requests()[0].contains("ours"), "validators stay with their origin");
    let hits = canary.connections.load(Ordering::SeqCst);
    println!("C13: 16 kinds of redirects judged at their hop, connections to the canary {hits}");
    assert_eq!(hits, 0);
}

#[tokio::test]
async fn what_is_open_to_one_feed_is_shut_to_another() {
    // Answers are kept alive, so that there is a connection which could be lent.
    let server =
        Server::start(|_, _| Say::ThenSilence(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<rss/>".into())).await;
    let client = client();
    let none = Validators::default();
    let by_name = format!("http://localhost:{}/", server.port);
    let mut named = Feed::new("named", &by_name);
    named.allow = vec![format!("localhost:{}", server.port)];
    let mut literal = Feed::new("literal", &by_name);
    literal.allow = vec![format!("127.0.0.1:{}", server.port), format!("[::1]:{}", server.port)];
    let mut elsewhere = Feed::new("elsewhere", &by_name);
    elsewhere.allow = vec![format!("localhost:{}", server.port ^ 1), "localhost:80".to_owned()];
    let shut = Feed::new("shut", &by_name);
    for (feed, expected) in [
        (&named, "<rss/>"),
        (&shut, "address_refused"),
        (&elsewhere, "address_refused"),
        (&literal, "<rss/>"),
        (&shut, "address_refused"),
    ] {
        let got = client.get(Request { feed, url: &by_name, validators: &none, wants: Wants::Feed }).await;
        assert_eq!(outcome(got), expected, "{}", feed.id);
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 2);
}

fn limits(rate_from: Duration) -> body::Limits {
    body::Limits { max_bytes: 2 << 20, truncate: false, idle: Duration::from_secs(1), rate_from }
}

/// A response without our client around it, on a machine with or without CA certificates.
async fn get_bare(url: &str) -> reqwest::Response {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    client.get(url).send().await.unwrap()
}

#[tokio::test]
async fn a_drip_is_cut_off() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        while stream.read_u8().await.unwrap() != b'\n' {}
        let mut drop = b"HTTP/1.1 200 OK\r\n\r\n<rss>".as_slice();
        while stream.write_all(drop).await.is_ok() {
            drop = b"x";
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let response = get_bare(&format!("http://{address}/")).await;
    let budget = body::Budget::new(&options());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    let body = body::read(response, limits(Duration::from_millis(200)), &budget, deadline).await.unwrap();
    assert_eq!(body.cut.unwrap().code, "too_slow");
    assert!(body.bytes.starts_with(b"<rss>x"));
}

#[tokio::test]
async fn bodies_return_their_share_of_the_budget() {
    let options = options();
    let budget = body::Budget::new(&options);
    let limits = limits(body::RATE_FROM);
    let free = budget.free();
    let server = Server::start(|_, _| plain("200 OK", "", &vec![b'x'; 1 << 20])).await;
    for _ in 0..3 {
        let response = get_bare(&server.url("/")).await;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
        let body = body::read(response, limits, &budget, deadline).await.unwrap();
        assert_eq!(free - budget.free(), 1 << 20, "held while it is read");
        drop(body.bytes);
        assert_eq!(budget.free(), free);
    }
}
