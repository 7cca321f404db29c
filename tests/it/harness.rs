//! What the tests share: a feed server whose answers can be changed while it runs, and a place to run the program in.

use serde_json::Value;
use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{BufRead as _, BufReader, ErrorKind, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// What the server answers at one path.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Answer 304 to a request that carries this body's entity tag.
    pub conditional: bool,
}

impl Reply {
    pub fn new(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: vec![("Content-Type".into(), content_type.into())],
            body: body.into(),
            conditional: true,
        }
    }

    pub fn rss(body: impl Into<Vec<u8>>) -> Self {
        Self::new("application/rss+xml; charset=utf-8", body)
    }

    pub fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::new("text/html; charset=utf-8", body)
    }

    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), conditional: false }
    }

    /// What names this body in a conditional request.
    pub fn etag(&self) -> String {
        format!("\"{}\"", &blake3::hash(&self.body).to_hex()[..16])
    }
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    pub headers: Vec<(String, String)>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Decides at each request what it is answered with, and hears whether the answer went out whole.
pub trait Script: Send + Sync {
    /// None leaves the request to what [`Server::serve`] was given.
    fn answer(&self, request: &Request) -> Option<Reply>;
    fn sent(&self, request: &Request, reply: &Reply);
}

/// A loopback HTTP server; one thread for each connection.
pub struct Server {
    address: SocketAddr,
    told: Told,
}

/// What the server was told to say, and what it was asked. Requests that a script answers are not kept.
#[derive(Clone, Default)]
struct Told {
    replies: Arc<Mutex<HashMap<String, Reply>>>,
    requests: Arc<Mutex<Vec<Request>>>,
    script: Arc<Mutex<Option<Arc<dyn Script>>>>,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { address: listener.local_addr().unwrap(), told: Told::default() };
        server.listen(listener);
        server
    }

    fn listen(&self, listener: TcpListener) {
        let told = self.told.clone();
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let told = told.clone();
                thread::spawn(move || answer(connection, &told));
            }
        });
    }

    /// Says the same at another address of this machine, which is another host to who asks; returns its authority.
    #[cfg(feature = "kafka")]
    pub fn also_at(&self, host: &str) -> String {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        self.listen(listener);
        authority
    }

    pub fn authority(&self) -> String {
        self.address.to_string()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn serve(&self, path: &str, reply: Reply) {
        self.told.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    pub fn play(&self, script: Arc<dyn Script>) {
        *self.told.script.lock().unwrap() = Some(script);
    }

    pub fn requests(&self, path: &str) -> Vec<Request> {
        self.told.requests.lock().unwrap().iter().filter(|request| request.path == path).cloned().collect()
    }
}

fn answer(connection: TcpStream, told: &Told) {
    let mut writer = connection.try_clone().unwrap();
    let mut reader = BufReader::new(connection);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let path = line.split_whitespace().nth(1).unwrap_or("/").to_owned();
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.trim().split_once(':') {
                headers.push((name.to_owned(), value.trim().to_owned()));
            }
        }
        let request = Request { path: path.clone(), headers };
        let script = told.script.lock().unwrap().clone();
        let scripted = script.as_ref().and_then(|script| script.answer(&request));
        let script = script.filter(|_| scripted.is_some());
        let reply =
            scripted.or_else(|| told.replies.lock().unwrap().get(&path).cloned()).unwrap_or_else(|| Reply::status(404));
        let known = request.header("if-none-match") == Some(&reply.etag());
        if script.is_none() {
            told.requests.lock().unwrap().push(request.clone());
        }
        let mut head = String::new();
        if reply.conditional && known {
            let _ = write!(head, "HTTP/1.1 304 Not Modified\r\nETag: {}\r\n\r\n", reply.etag());
            if writer.write_all(head.as_bytes()).is_err() {
                return;
            }
            continue;
        }
        let _ = write!(head, "HTTP/1.1 {} Scripted\r\nContent-Length: {}\r\n", reply.status, reply.body.len());
        if reply.conditional {
            let _ = write!(head, "ETag: {}\r\n", reply.etag());
        }
        for (name, value) in &reply.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        if writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(&reply.body)).is_err() {
            return;
        }
        if let Some(script) = script {
            script.sent(&request, &reply);
        }
    }
}

/// One entry of an RSS document.
pub struct Entry<'a> {
    pub guid: &'a str,
    pub title: &'a str,
    pub link: String,
    pub description: &'a str,
    /// As RFC 822 writes it.
    pub published: &'a str,
}

/// An RSS 2.0 document.
pub fn rss(title: &str, entries: &[Entry<'_>]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>{}</title>\n",
        escape(title)
    );
    for entry in entries {
        let _ = writeln!(
            out,
            "<item><guid isPermaLink=\"false\">{}</guid><title>{}</title><link>{}</link><description>{}</description><pubDate>{}</pubDate></item>",
            escape(entry.guid),
            escape(entry.title),
            escape(&entry.link),
            escape(entry.description),
            entry.published
        );
    }
    out.push_str("</channel></rss>\n");
    out
}

/// A story on its page, with the surroundings that such pages have.
pub fn page(headline: &str, paragraphs: &[&str]) -> String {
    let body: String = paragraphs.iter().fold(String::new(), |mut body, paragraph| {
        let _ = writeln!(body, "<p>{}</p>", escape(paragraph));
        body
    });
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{headline} - Example Wire</title></head><body>\
         <header><nav><ul><li><a href=\"/\">Home</a></li><li><a href=\"/world\">World</a></li><li><a href=\"/sport\">Sport</a></li></ul></nav></header>\
         <div class=\"breadcrumb\"><a href=\"/\">All news</a> &gt; <a href=\"/world\">World</a></div>\
         <main><article><h1>{headline}</h1><div class=\"article-body\">\n{body}</div></article>\
         <aside class=\"related\"><h2>Read also</h2><ul><li><a href=\"/1\">Markets close higher for a third day</a></li>\
         <li><a href=\"/2\">Ferry service resumes after the storm</a></li></ul></aside></main>\
         <footer><p>Copyright Example Wire. All rights reserved. <a href=\"/terms\">Terms of use</a></p></footer></body></html>",
        headline = escape(headline),
    )
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A directory with a configuration, in which the program is run.
pub struct Site {
    pub directory: tempfile::TempDir,
    pub server: Server,
    feeds: Mutex<Vec<String>>,
    /// Appended to `dateline.toml`.
    pub settings: Mutex<String>,
    /// The data directory's name.
    data: Mutex<String>,
}

impl Site {
    pub fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            server: Server::start(),
            feeds: Mutex::default(),
            settings: Mutex::new("[status]\nlisten = \"off\"\n".to_owned()),
            data: Mutex::new("data".to_owned()),
        }
    }

    /// Adds a feed that this site's server serves at `/<id>.xml`.
    pub fn feed(&self, id: &str, more: &str) {
        self.feeds.lock().unwrap().push(format!(
            "[[feed]]\nid = \"{id}\"\nurl = \"{}\"\nallow = [\"{}\"]\ninterval = \"200ms\"\n{more}\n",
            self.server.url(&format!("/{id}.xml")),
            self.server.authority()
        ));
    }

    /// Adds a feed that stands elsewhere; `more` says the rest of its block.
    pub fn feed_at(&self, id: &str, url: &str, more: &str) {
        self.feeds.lock().unwrap().push(format!("[[feed]]\nid = \"{id}\"\nurl = \"{url}\"\n{more}\n"));
    }

    /// Takes a feed out again.
    #[cfg(feature = "kafka")]
    pub fn forget_feed(&self, id: &str) {
        self.feeds.lock().unwrap().retain(|feed| !feed.contains(&format!("id = \"{id}\"")));
    }

    pub fn settings(&self, more: &str) {
        self.settings.lock().unwrap().push_str(more);
    }

    /// What is run from now on has a data directory of this name, see [`host`].
    #[cfg(feature = "kafka")]
    pub fn move_to(&self, data: &str) {
        data.clone_into(&mut self.data.lock().unwrap());
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn command(&self, verb: &str) -> Command {
        let settings = self.settings.lock().unwrap().clone();
        let data = self.data.lock().unwrap().clone();
        // Files of its own: a daemon that runs on the first directory is left in peace.
        let [main, feeds] =
            if data == "data" { ["dateline.toml", "feeds.toml"] } else { ["elsewhere.toml", "feeds-elsewhere.toml"] };
        let text = format!("data_dir = {:?}\nfeeds = [{feeds:?}]\n{settings}", self.path(&data));
        let file = self.path(main);
        std::fs::write(&file, text).unwrap();
        let listed = self.feeds.lock().unwrap().concat().replace("127.0.0.1", host(&data));
        std::fs::write(self.path(feeds), listed).unwrap();
        let mut command = dateline();
        command.arg(verb).arg("--config").arg(file);
        command
    }

    /// `dateline run --once`.
    pub fn once(&self) -> Output {
        finished(self.command("run").arg("--once"))
    }

    /// `dateline run`, in the background; its log goes to `dateline.log`.
    pub fn spawn(&self) -> Daemon {
        self.spawn_armed("")
    }

    /// The same with fail points, in the notation of the crate `fail`.
    pub fn spawn_armed(&self, points: &str) -> Daemon {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.path("dateline.log")).unwrap();
        let mut command = self.command("run");
        let said = std::fs::File::create(self.path("said")).unwrap();
        let child = command.env("FAILPOINTS", points).stderr(log).stdout(said).spawn().unwrap();
        Daemon { child }
    }

    /// What the status page answers at a path, the whole response; for a daemon that was told to have one.
    pub fn ask(&self, path: &str) -> String {
        ask(&self.path("said"), path)
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("dateline.log")).unwrap_or_default()
    }

    /// The records of a topic of the embedded default, oldest first.
    pub fn topic(&self, suffix: &str) -> Vec<Value> {
        self.topic_of("wire", suffix)
    }

    /// The same under another prefix.
    pub fn topic_of(&self, prefix: &str, suffix: &str) -> Vec<Value> {
        let directory = self.path("data/topics");
        let live = format!("{prefix}.{suffix}.");
        let mut files: Vec<PathBuf> = std::fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(&live))
            .collect();
        let current = directory.join(format!("{prefix}.{suffix}.ndjson"));
        files.sort_by_key(|path| (*path == current, path.clone()));
        files.iter().flat_map(|path| lines(whole(&std::fs::read(path).unwrap()))).collect()
    }
}

/// How a daemon with this data directory calls the server, so that a script can tell two of them apart.
pub fn host(data: &str) -> &'static str {
    if data == STRANGER { "localhost" } else { "127.0.0.1" }
}

/// The data directory of a daemon whose requests count for nothing in the ledger.
pub const STRANGER: &str = "stranger";

/// Where the status page is; the daemon says it first of all.
pub fn address_of_page(said: &Path) -> String {
    wait_for(Duration::from_secs(20), "the status page", || {
        let said = std::fs::read_to_string(said).unwrap();
        let address = said.split("http://").nth(1)?.split('/').next()?.to_owned();
        Some(address)
    })
}

/// What the status page answers at a path: the whole response, or what comes of it in time; a daemon that is stopped
/// answers nothing.
pub fn ask(said: &Path, path: &str) -> String {
    use std::io::Read as _;
    let address = address_of_page(said);
    let mut connection = TcpStream::connect(&address).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut answer = Vec::new();
    if let Err(error) = connection.read_to_end(&mut answer) {
        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    }
    String::from_utf8(answer).unwrap()
}

/// A daemon that does not outlive its test.
pub struct Daemon {
    pub child: Child,
}

impl Daemon {
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; the exit code and the time it took.
    pub fn terminate(mut self) -> (Option<i32>, Duration) {
        let asked = Instant::now();
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        let status = wait_for(Duration::from_secs(30), "the daemon to stop", || self.child.try_wait().unwrap());
        (status.code(), asked.elapsed())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program under test, without the caller's configuration: this build's, or another that
/// `DATELINE_TEST_PROGRAM` names.
pub fn dateline() -> Command {
    let program = std::env::var_os("DATELINE_TEST_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_dateline").into());
    let mut command = Command::new(program);
    command.env_remove("DATELINE_CONFIG").env("NO_COLOR", "1");
    command
}

pub fn finished(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

/// Runs a command with something on its standard input.
pub fn fed(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// What a reader takes of a file that grows: up to the last line feed.
fn whole(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    &bytes[..end]
}

/// Whole lines of NDJSON.
pub fn lines(bytes: &[u8]) -> Vec<Value> {
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| {
            serde_json::from_slice(line).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(line)))
        })
        .collect()
}

/// Asks again until there is an answer; a test that waits longer has failed.
#[track_caller]
pub fn wait_for<T>(limit: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < limit, "waited {limit:?} for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A file of the shared material beside the repository, where it is there.
pub fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    path.exists().then_some(path)
}
