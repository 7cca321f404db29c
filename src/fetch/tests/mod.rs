//! The room against a server on loopback that says exactly what a test wants it to say.

mod canary;
mod client;
mod polling;

use super::*;
use crate::model::{EventKind, Feed, FeedNotes, FeedState, Issue, Moving, Page, Stage, Validators};
use std::{
    io::Write as _,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What the server does with one request.
enum Say {
    /// Sends this and closes.
    Bytes(Vec<u8>),
    /// Sends this and keeps silent.
    ThenSilence(Vec<u8>),
    /// Sends this and resets the connection.
    ThenReset(Vec<u8>),
}

/// A server with the requests that it got.
struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start(say: impl Fn(&str, usize) -> Say + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, requests: Arc::default(), connections: Arc::default() };
        let (requests, connections) = (Arc::clone(&server.requests), Arc::clone(&server.connections));
        let say = Arc::new(say);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(answer_one(stream, Arc::clone(&say), Arc::clone(&requests)));
            }
        });
        server
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// A feed on this server, with its address under `allow`.
    fn feed(&self) -> Feed {
        let mut feed = Feed::new("test", &self.url("/rss"));
        feed.allow = vec![format!("127.0.0.1:{}", self.port)];
        feed.interval = Some(Duration::from_millis(50));
        feed
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn answer_one(
    mut stream: TcpStream,
    say: Arc<impl Fn(&str, usize) -> Say>,
    requests: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.ok()?);
    }
    let request = String::from_utf8(request).unwrap();
    let number = {
        let mut requests = requests.lock().unwrap();
        requests.push(request.clone());
        requests.len()
    };
    match say(&request, number) {
        Say::Bytes(bytes) => {
            stream.write_all(&bytes).await.ok()?;
            stream.shutdown().await.ok()?;
        }
        Say::ThenSilence(bytes) => {
            stream.write_all(&bytes).await.ok()?;
            std::future::pending::<()>().await;
        }
        Say::ThenReset(bytes) => {
            stream.write_all(&bytes).await.ok()?;
            stream.flush().await.ok()?;
            stream.set_zero_linger().ok()?;
        }
    }
    Some(())
}

/// A response with a status, more headers (each ending in CR LF) and a body of stated length.
fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn plain(status: &str, headers: &str, body: &[u8]) -> Say {
    Say::Bytes(response(status, headers, body))
}

fn options() -> Options {
    Options {
        connect_timeout: Duration::from_millis(300),
        header_timeout: Duration::from_millis(300),
        idle_timeout: Duration::from_millis(300),
        total_timeout: Duration::from_secs(3),
        max_body: 2 << 20,
        audit_polls: 3,
        ..Options::default()
    }
}

fn client() -> Client {
    Client::new(&options(), "0.0.0").unwrap()
}

async fn get(feed: &Feed, url: &str, validators: &Validators) -> Result<Response, FetchError> {
    client().get(Request { feed, url, validators, wants: Wants::Feed }).await
}

/// What a response comes to, in a word: `not_modified`, the body's text, the text and ` (cut: code)`, or an error's code.
async fn verdict(say: impl Fn(&str, usize) -> Say + Send + Sync + 'static) -> String {
    let server = Server::start(say).await;
    let feed = server.feed();
    outcome(get(&feed, &feed.url, &Validators::default()).await)
}

fn outcome(result: Result<Response, FetchError>) -> String {
    match result {
        Ok(Response::NotModified { .. }) => "not_modified".to_owned(),
        Ok(Response::Document(document)) => {
            let text = String::from_utf8_lossy(&document.fetched.body).into_owned();
            assert_eq!(document.fetched.complete, document.cut.is_none());
            match document.cut {
                Some(cut) => format!("{text} (cut: {})", cut.code),
                None => text,
            }
        }
        Err(error) => {
            assert!(CODES.iter().any(|(code, _)| *code == error.issue().code));
            error.issue().code.clone()
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    brotli::CompressorWriter::new(&mut out, 4096, 9, 22).write_all(bytes).unwrap();
    out
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 9).unwrap()
}
