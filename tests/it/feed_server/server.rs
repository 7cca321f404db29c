//! A feed server that misbehaves on order.
//!
//! It listens on every loopback address at one port, so that a test has as many hosts as it wants (`127.x.y.z`). What
//! it does with a request is a list of acts; what it saw, it counts.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

/// One thing that the server does.
#[derive(Clone)]
pub enum Act {
    Send(Vec<u8>),
    Wait(Duration),
    /// Sends this again and again, with pauses, until nobody reads any more.
    Drip(Vec<u8>, Duration),
    /// Keeps the connection and says nothing more.
    Hang,
    /// Ends the connection with a reset.
    Reset,
    /// Ends it in order.
    Close,
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The loopback address that was asked.
    pub host: Ipv4Addr,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// How many requests for this path of this host have come, with this one.
    pub number: usize,
    pub at: Instant,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the entity tag is one that was sent back.
    pub fn knows(&self, etag: &str) -> bool {
        self.header("if-none-match") == Some(etag)
    }
}

type Play = dyn Fn(&Asked) -> Vec<Act> + Send + Sync;

/// What the server saw.
#[derive(Default)]
pub struct Seen {
    pub requests: Mutex<Vec<Asked>>,
    counts: Mutex<HashMap<(Ipv4Addr, String), usize>>,
    open: Mutex<HashMap<Ipv4Addr, usize>>,
    /// The most connections at a time that one host has had in use.
    pub most_at_a_host: AtomicUsize,
    /// Whether requests are kept; a campaign only counts.
    pub forgetful: AtomicBool,
    pub total: AtomicUsize,
}

pub struct FeedServer {
    pub port: u16,
    pub seen: Arc<Seen>,
    _runtime: Runtime,
}

/// The address of the n-th host: 127.1.0.1 and onwards.
pub fn host(n: usize) -> Ipv4Addr {
    let n = u32::try_from(n).unwrap();
    Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 1).to_bits() + n / 250 * 256 + n % 250)
}

impl FeedServer {
    pub fn start(play: impl Fn(&Asked) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::start_at(0, play)
    }

    /// At a port of the test's own choice.
    pub fn start_at(port: u16, play: impl Fn(&Asked) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, play): (Arc<Seen>, Arc<Play>) = (Arc::default(), Arc::new(play));
        let all = Arc::clone(&seen);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, play) = (Arc::clone(&all), Arc::clone(&play));
                tokio::spawn(async move { serve(stream, &seen, &*play).await });
            }
        });
        Self { port, seen, _runtime: runtime }
    }

    /// An address at the n-th host.
    pub fn url(&self, n: usize, path: &str) -> String {
        format!("http://{}:{}{path}", host(n), self.port)
    }

    pub fn asked(&self, path: &str) -> Vec<Asked> {
        self.seen.requests.lock().unwrap().iter().filter(|asked| asked.path == path).cloned().collect()
    }
}

/// Counts a request in use at a host as long as it lives.
struct InUse<'a>(&'a Seen, Ipv4Addr);

impl<'a> InUse<'a> {
    fn new(seen: &'a Seen, host: Ipv4Addr) -> Self {
        let mut open = seen.open.lock().unwrap();
        let now = open.entry(host).or_default();
        *now += 1;
        seen.most_at_a_host.fetch_max(*now, Ordering::SeqCst);
        drop(open);
        Self(seen, host)
    }
}

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        if let Some(now) = self.0.open.lock().unwrap().get_mut(&self.1) {
            *now -= 1;
        }
    }
}

async fn serve(stream: TcpStream, seen: &Seen, play: &Play) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let IpAddr::V4(host) = stream.local_addr().ok()?.ip() else { return None };
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await.ok()? == 0 {
                return None;
            }
        }
        let _in_use = InUse::new(seen, host);
        let mut lines = head.lines();
        let path = lines.next()?.split(' ').nth(1)?.to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        seen.total.fetch_add(1, Ordering::SeqCst);
        let number = {
            let mut counts = seen.counts.lock().unwrap();
            let count = counts.entry((host, path.clone())).or_default();
            *count += 1;
            *count
        };
        let asked = Asked { host, path, headers, number, at: Instant::now() };
        let acts = play(&asked);
        if !seen.forgetful.load(Ordering::Relaxed) {
            seen.requests.lock().unwrap().push(asked);
        }
        for act in acts {
            perform(act, &mut stream).await?;
        }
    }
}

/// None when the connection has ended.
async fn perform(act: Act, stream: &mut BufReader<TcpStream>) -> Option<()> {
    match act {
        Act::Send(bytes) => stream.write_all(&bytes).await.ok(),
        Act::Wait(pause) => {
            tokio::time::sleep(pause).await;
            Some(())
        }
        Act::Drip(bytes, pause) => loop {
            stream.write_all(&bytes).await.ok()?;
            tokio::time::sleep(pause).await;
        },
        Act::Hang => {
            // Ends when the client does.
            let mut rest = Vec::new();
            let _ = stream.read_until(0, &mut rest).await;
            None
        }
        Act::Reset => {
            stream.get_ref().set_zero_linger().ok()?;
            None
        }
        Act::Close => {
            let _ = stream.shutdown().await;
            None
        }
    }
}

/// A response with a status, more headers (each ending in CR LF) and a body of stated length.
pub fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

/// The same as the only act.
pub fn plain(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<Act> {
    vec![Act::Send(response(status, headers, body.as_ref()))]
}

/// A feed's document with this entity tag, or 304 to whom knows it.
pub fn conditional(asked: &Asked, etag: &str, body: impl AsRef<[u8]>) -> Vec<Act> {
    let header = format!("ETag: {etag}\r\n");
    if asked.knows(etag) {
        return vec![Act::Send(format!("HTTP/1.1 304 Not Modified\r\n{header}\r\n").into_bytes())];
    }
    plain("200 OK", &format!("{header}Content-Type: application/rss+xml\r\n"), body)
}

/// An RSS document with items of these names, each with its own text.
pub fn document(guids: &[&str]) -> String {
    let entries: Vec<crate::harness::Entry<'_>> = guids
        .iter()
        .map(|guid| crate::harness::Entry {
            guid,
            title: guid,
            link: format!("https://wire.example/{guid}"),
            description: "The harbour was closed on Tuesday after a storm, the port authority said.",
            published: "Tue, 06 Oct 2020 12:05:00 GMT",
        })
        .collect();
    crate::harness::rss("Scripted", &entries)
}
