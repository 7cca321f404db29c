//! The loop of a feed and the page worker, with receipts as a pipeline gives them.

use super::*;

/// Runs the loop of a feed against a server until it has told `n` deliveries or ended, answering with `receipt`.
async fn run(
    server: &Server,
    memory: FeedMemory,
    once: bool,
    n: usize,
    receipt: impl Fn(&PollEvent) -> Receipt,
) -> (Vec<String>, Option<Outcome>) {
    let (out, mut deliveries) = mpsc::channel(4);
    let cancel = CancellationToken::new();
    let context = Context {
        client: Arc::new(client()),
        options: Arc::new(options()),
        out,
        watch: Arc::new(|_| ()),
        held: tokio::sync::watch::Sender::new(Held::default()).subscribe(),
        newcomers: Newcomers::new(1, || 0),
        once,
        cancel: cancel.clone(),
    };
    let task = tokio::spawn(feed(context, Arc::new(server.feed()), memory));
    let mut seen = Vec::new();
    while seen.len() < n
        && let Some(delivery) = deliveries.recv().await
    {
        seen.push(match &delivery.event {
            PollEvent::Fetched(fetched) => format!("{} fetched {}", delivery.poll, fetched.body.len()),
            PollEvent::NotModified => format!("{} not modified", delivery.poll),
            PollEvent::Pushed(_) => panic!("nothing is pushed here"),
            PollEvent::State(change) => {
                let kinds: Vec<EventKind> = change.events.iter().map(|event| event.0).collect();
                format!("{} {:?} {} {kinds:?}", delivery.poll, change.state, change.consecutive_errors)
            }
            PollEvent::Remember(_) => {
                let _ = delivery.reply.send(accepted(&delivery.event));
                continue;
            }
        });
        let _ = delivery.reply.send(receipt(&delivery.event));
    }
    let ended = seen.len() < n;
    cancel.cancel();
    let outcome = task.await.unwrap();
    (seen, ended.then_some(outcome))
}

fn accepted(_: &PollEvent) -> Receipt {
    Receipt::Accepted { new_items: 1, total_items: 1, rhythm: None }
}

fn unreadable() -> Receipt {
    Receipt::Unreadable(Issue::new(Stage::Parse, "not_a_feed", "a login page"))
}

/// 200 with an ETag, or 304 when it is sent back.
fn conditional(request: &str, _: usize) -> Say {
    if request.to_ascii_lowercase().contains("if-none-match: \"1\"") {
        plain("304 Not Modified", "", b"")
    } else {
        plain("200 OK", "ETag: \"1\"\r\n", b"<rss/>")
    }
}

#[tokio::test]
async fn validators_are_in_force_only_once_their_items_are_durable() {
    let server = Server::start(conditional).await;
    let (seen, _) = run(&server, FeedMemory::default(), false, 4, accepted).await;
    assert_eq!(seen, ["1 fetched 6", "1 Active 0 []", "2 not modified", "3 not modified"]);

    let refusals = AtomicUsize::new(0);
    let held_twice = |event: &PollEvent| match event {
        PollEvent::Fetched(_) if refusals.fetch_add(1, Ordering::SeqCst) < 2 => Receipt::Held,
        _ => accepted(event),
    };
    let (seen, _) = run(&server, FeedMemory::default(), false, 5, held_twice).await;
    assert_eq!(seen, ["1 fetched 6", "2 fetched 6", "3 fetched 6", "3 Active 0 []", "4 not modified"]);

    let validators = Validators { etag: Some("\"1\"".to_owned()), last_modified: None };
    let memory = FeedMemory { validators, poll: 7, state: Some(FeedState::Active), ..FeedMemory::default() };
    let (seen, outcome) = run(&server, memory, true, 9, accepted).await;
    assert_eq!((seen, outcome), (vec!["8 not modified".to_owned()], Some(Outcome::Done)));
}

#[tokio::test]
async fn failure_recovery_quarantine_and_end_are_reported_once() {
    let server = Server::start(|request, number| match number {
        1 | 2 => plain("500 Oops", "", b""),
        3 => conditional(request, number),
        _ => plain("410 Gone", "", b""),
    })
    .await;
    let (seen, outcome) = run(&server, FeedMemory::default(), false, 99, accepted).await;
    assert_eq!(seen, ["1 BackingOff 1 []", "3 fetched 6", "3 Active 0 [Recovered]", "4 Gone 1 [Gone]"]);
    assert!(matches!(outcome, Some(Outcome::Gone(_))));
    let gone = FeedMemory { state: Some(FeedState::Gone), ..FeedMemory::default() };
    assert!(matches!(run(&server, gone, false, 1, accepted).await, (seen, Some(Outcome::Gone(_))) if seen.is_empty()));
    assert_eq!(server.requests().len(), 4, "a feed that is gone is left alone");

    let server = Server::start(conditional).await;
    let broken = |event: &PollEvent| match event {
        PollEvent::Fetched(_) => Receipt::Broken(Issue::new(Stage::Parse, "parser_panicked", "index out of bounds")),
        _ => accepted(event),
    };
    let (seen, _) = run(&server, FeedMemory::default(), false, 5, broken).await;
    assert_eq!(seen, ["1 fetched 6", "1 BackingOff 1 []", "2 fetched 6", "3 fetched 6", "3 Quarantined 3 []"]);
}

#[tokio::test]
async fn whoever_takes_over_a_feed_that_had_failed_tells_that_it_is_well_again() {
    let server = Server::start(conditional).await;
    // As a shard is taken over: what it was told to be is left out, for somebody may have told more since.
    let memory = FeedMemory { poll: 2, state: None, consecutive_errors: 2, ..FeedMemory::default() };
    let (seen, _) = run(&server, memory, false, 3, accepted).await;
    assert_eq!(seen, ["3 fetched 6", "3 Active 0 [Recovered]", "4 not modified"]);
}

#[tokio::test]
async fn once_polls_one_time_and_says_what_failed() {
    let server = Server::start(|_, _| plain("200 OK", "", b"<html>sign in</html>")).await;
    let refuse =
        |event: &PollEvent| if matches!(event, PollEvent::Fetched(_)) { unreadable() } else { accepted(event) };
    let (seen, outcome) = run(&server, FeedMemory::default(), true, 9, refuse).await;
    assert_eq!(seen, ["1 fetched 20", "1 BackingOff 1 []"]);
    assert!(matches!(outcome, Some(Outcome::Failed(issue)) if issue.code == "not_a_feed"));

    let server = Server::start(|request, number| match number {
        1 => plain("503 Busy", "Retry-After: 0\r\n", b""),
        _ => conditional(request, number),
    })
    .await;
    let (seen, outcome) = run(&server, FeedMemory::default(), true, 9, accepted).await;
    assert_eq!((seen.len(), outcome), (2, Some(Outcome::Done)), "{seen:?}");
}

#[tokio::test]
async fn a_permanent_redirect_is_told_once() {
    let server = Server::start(|request, _| match request.split(' ').nth(1) {
        Some("/rss") => plain("301 Moved", "Location: /new?token=SECRET\r\n", b""),
        _ => plain("200 OK", "", b"<rss/>"),
    })
    .await;
    // Believed once three polls in a row have agreed, and asked by itself from then on.
    let (seen, _) = run(&server, FeedMemory::default(), false, 6, accepted).await;
    let expected = ["1 fetched 6", "1 Active 0 []", "2 fetched 6", "3 fetched 6", "3 Active 0 [Moved]", "4 fetched 6"];
    assert_eq!(seen, expected);
    let asked: Vec<String> =
        server.requests().iter().filter_map(|request| Some(request.split(' ').nth(1)?.to_owned())).collect();
    assert_eq!(asked.iter().filter(|path| *path == "/rss").count(), 3, "{asked:?}");
    // What was counted before a restart counts on; what is not a feed does not count.
    let moving = Moving { to: server.url("/new?token=SECRET"), polls: 2 };
    let notes = FeedNotes { moving: Some(moving), ..FeedNotes::default() };
    let memory = FeedMemory { state: Some(FeedState::Active), notes, ..FeedMemory::default() };
    let (seen, _) = run(&server, memory.clone(), true, 9, accepted).await;
    assert_eq!(seen, ["1 fetched 6", "1 Active 0 [Moved]"]);
    let empty = |_: &PollEvent| Receipt::Accepted { new_items: 0, total_items: 0, rhythm: None };
    let (seen, _) = run(&server, memory, true, 9, empty).await;
    assert_eq!(seen, ["1 fetched 6"]);
}

#[tokio::test]
async fn an_address_that_was_followed_into_a_dead_end_is_forgotten() {
    let server = Server::start(|request, _| match request.split(' ').nth(1) {
        Some("/new") => plain("410 Gone", "", b""),
        _ => plain("200 OK", "", b"<rss/>"),
    })
    .await;
    let notes = FeedNotes { follows: Some(server.url("/new")), ..FeedNotes::default() };
    let memory = FeedMemory { state: Some(FeedState::Active), notes, ..FeedMemory::default() };
    let (seen, _) = run(&server, memory, false, 3, accepted).await;
    assert_eq!(seen, ["1 BackingOff 1 []", "2 fetched 6", "2 Active 0 [Recovered]"]);
}

#[tokio::test]
async fn a_feed_that_fails_for_long_is_given_up_and_comes_back() {
    let server =
        Server::start(|_, number| if number == 1 { plain("404 No", "", b"") } else { plain("200 OK", "", b"<rss/>") })
            .await;
    let since = jiff::Timestamp::now().checked_sub(jiff::SignedDuration::from_hours(24 * 7 + 1)).ok();
    let notes = FeedNotes { burden: 50, failing_since: since, ..FeedNotes::default() };
    let memory =
        FeedMemory { state: Some(FeedState::BackingOff), consecutive_errors: 12, notes, ..FeedMemory::default() };
    let (seen, _) = run(&server, memory.clone(), true, 9, accepted).await;
    assert_eq!(seen, ["1 GivenUp 13 []"]);
    let given_up = FeedMemory { state: Some(FeedState::GivenUp), ..memory };
    let (seen, _) = run(&server, given_up, true, 9, accepted).await;
    assert_eq!(seen, ["1 fetched 6", "1 Active 0 [Recovered]"]);
}

#[tokio::test]
async fn pages_are_fetched_where_robots_allow_and_tried_again() {
    let page = b"<html><body><article><h1>Noon</h1><p>The valley reported no new cases.</p></article></body></html>";
    let busy = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&busy);
    let server = Server::start(move |request, _| match request.split(' ').nth(1).unwrap() {
        "/robots.txt" => plain("200 OK", "", b"User-agent: *\nDisallow: /private\n"),
        "/story" if request.to_ascii_lowercase().contains("if-none-match: \"p\"") => plain("304 Not Modified", "", b""),
        "/story" => plain("200 OK", "Content-Type: text/html\r\nETag: \"p\"\r\n", page),
        "/busy" if count.fetch_add(1, Ordering::SeqCst) == 0 => plain("503 Busy", "", b""),
        "/busy" => plain("200 OK", "", page),
        "/picture" => plain("200 OK", "Content-Type: image/png\r\n", b"\x89PNG"),
        "/empty" => plain("200 OK", "Content-Type: text/html\r\n", b"  "),
        "/cut" => Say::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<html>".into()),
        _ => plain("404 Not Found", "", b""),
    })
    .await;
    let (ask, wanted) = mpsc::channel(16);
    let (out, mut delivered) = mpsc::channel(1);
    let options = Options { page_attempts: 2, ..options() };
    let means = Means { client: Arc::new(client()), options: Arc::new(options) };
    let context = PageContext {
        means: tokio::sync::watch::Sender::new(means).subscribe(),
        out,
        once: true,
        cancel: CancellationToken::new(),
    };
    let worker = tokio::spawn(pages(context, wanted));
    let feed = Arc::new(server.feed());
    let etag = Validators { etag: Some("\"p\"".to_owned()), last_modified: None };
    let mut expected = std::collections::BTreeMap::new();
    for (path, validators, result) in [
        ("/story", Validators::default(), "page \"p\""),
        ("/story", etag, "unchanged"),
        ("/busy", Validators::default(), "page"),
        ("/private/story", Validators::default(), "robots_refused"),
        ("/picture", Validators::default(), "not_a_page"),
        ("/empty", Validators::default(), "empty_page"),
        ("/cut", Validators::default(), "body_cut"),
        ("/none", Validators::default(), "http_status"),
    ] {
        let item = crate::model::ItemId(format!("{path} {}", validators.etag.is_some()));
        expected.insert(item.clone(), result.to_owned());
        let (feed, url) = (Arc::clone(&feed), server.url(path));
        ask.send(PageWanted { feed, item, url, validators }).await.unwrap();
    }
    drop(ask);
    let mut got = std::collections::BTreeMap::new();
    while let Some(delivery) = delivered.recv().await {
        let result = match delivery.result {
            Ok(None) => "unchanged".to_owned(),
            Ok(Some((got, validators))) => {
                assert_eq!(got.bytes, page);
                format!("page {}", validators.etag.unwrap_or_default()).trim_end().to_owned()
            }
            Err(issue) => issue.code,
        };
        got.insert(delivery.item, result);
        delivery.reply.send(()).unwrap();
    }
    worker.await.unwrap();
    assert_eq!(got, expected);
    let asked = server.requests().iter().filter(|request| request.contains("/robots.txt")).count();
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_story_is_followed_over_its_pages_as_far_as_wanted_and_allowed() {
    let server = Server::start(move |request, _| {
        let path = request.split(' ').nth(1).unwrap();
        if path == "/robots.txt" {
            return plain("200 OK", "", b"User-agent: *\nDisallow: /closed/2\n");
        }
        let (story, number) = path.rsplit_once('/').filter(|(story, _)| !story.is_empty()).unwrap_or((path, "1"));
        let number: usize = number.parse().unwrap();
        if (story, number) == ("/busy", 2) {
            return plain("503 Busy", "", b"");
        }
        let said = format!("Part {number}: the valley reported no new cases, and the roads to the coast stay open. ");
        let pager =
            if number < 9 { format!("<a rel=next href={story}/{}>Next</a>", number + 1) } else { String::new() };
        let body = format!("<html><article><p>{}</p>{pager}</article></html>", said.repeat(4));
        plain("200 OK", "ETag: \"1\"\r\n", body.as_bytes())
    })
    .await;
    let mut hashes = std::collections::HashSet::new();
    for (path, parts, expected) in [
        ("/long", 5, Some(5)),
        ("/long", 1, Some(1)),
        ("/long", 20, Some(9)),
        ("/closed", 5, Some(1)),
        // Tried again, for half a story would look like a correction.
        ("/busy", 5, None),
    ] {
        let (feed, none) = (server.feed(), Validators::default());
        let got = page(&client(), &feed, &server.url(path), &none, &Robots::default(), parts).await;
        let read = match got {
            Ok(PageResponse::Got(got)) => {
                hashes.insert(got.0.hash.0.clone());
                // A "not modified" of the first page would hide what changed on the others.
                assert_eq!(got.1.etag.is_none(), parts > 1, "{path} {parts}");
                let ends = |part: &Page, n: usize| part.url.ends_with(&format!("{path}/{n}"));
                assert!(got.0.further.iter().enumerate().all(|(at, part)| ends(part, at + 2)));
                Some(1 + got.0.further.len())
            }
            _ => None,
        };
        assert_eq!(read, expected, "{path} {parts}");
    }
    assert_eq!(hashes.len(), 3);
}

#[tokio::test]
async fn validators_that_lie_are_found_out_and_dropped() {
    // Says 200 with one and the same tag, whatever it is asked, over a document that changes.
    let changing = |number: usize| if number == 1 { b"<rss/>" } else { b"<RSS/>" };
    let server = Server::start(move |_, number| plain("200 OK", "ETag: \"same\"\r\n", changing(number))).await;
    let (seen, _) = run(&server, FeedMemory::default(), false, 6, accepted).await;
    let expected =
        ["1 fetched 6", "1 Active 0 []", "2 fetched 6", "2 Active 0 [ValidatorsLie]", "3 fetched 6", "4 fetched 6"];
    assert_eq!(seen, expected);
    assert!(server.requests()[1].contains("same") && !server.requests()[2].contains("same"));
    // Says "not modified" for ever: found out by an audit, and only by an audit.
    let server = Server::start(move |request, number| {
        if request.to_ascii_lowercase().contains("if-none-match") {
            plain("304 Not Modified", "", b"")
        } else {
            plain("200 OK", "ETag: \"same\"\r\n", changing(number))
        }
    })
    .await;
    let (seen, _) = run(&server, FeedMemory::default(), false, 8, accepted).await;
    let expected = [
        "1 fetched 6",
        "1 Active 0 []",
        "2 not modified",
        "3 not modified",
        "4 fetched 6",
        "4 Active 0 [ValidatorsLie]",
        "5 fetched 6",
        "6 fetched 6",
    ];
    assert_eq!(seen, expected);
    let notes = FeedNotes { validators_lie: true, ..FeedNotes::default() };
    let validators = Validators { etag: Some("\"same\"".to_owned()), last_modified: None };
    let memory = FeedMemory { state: Some(FeedState::Active), validators, notes, ..FeedMemory::default() };
    let (seen, _) = run(&server, memory, true, 9, accepted).await;
    assert_eq!(seen, ["1 fetched 6"], "known after a restart");
    // A time of change that may not be the last of its second is not used.
    let now = "Date: Tue, 29 Sep 2020 12:00:00 GMT\r\nLast-Modified: Tue, 29 Sep 2020 12:00:00 GMT\r\n";
    let server = Server::start(move |_, _| plain("200 OK", now, b"<rss/>")).await;
    let feed = server.feed();
    let Ok(Response::Document(document)) = get(&feed, &feed.url, &Validators::default()).await else { panic!() };
    assert_eq!(document.fetched.validators(), Validators::default());
}
