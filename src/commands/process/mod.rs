//! `dateline process`: the stages of the daemon over files, one after the other, so that a person can see what happens
//! to one item, script it and measure it (the public interface is described in `docs/RECORD.md`).
//!
//! It keeps no state and opens no network unless an input is an address; what it remembers of very many documents it puts
//! into a file that has no name. Output is one line per item in input order,
//! made by as many threads as there are cores; only `dedup` is done in turn, because it remembers.

mod bench;
mod document;
mod explain;
mod input;
mod line;
mod marked;
mod memory;
mod ordered;
mod shelf;
mod sniff;
mod stages;

use super::{
    exit,
    get::Getter,
    progress::Progress,
    show::{self, Style},
};
use crate::{
    cli::{self, Explain, Format, Process, Until},
    config::{Config, Flags},
    extract, fetch,
    model::{Feed, Issue, Stage},
};
pub(super) use bench::Bench;
pub(super) use memory::Memory;
pub(super) use stages::Done;

use input::Piece;
use jiff::Timestamp;
use ordered::Next;
use serde_json::{Value, json};
use stages::{Outcome, Terms};
use std::{
    io::{self, BufWriter, IsTerminal as _, Write},
    num::NonZeroUsize,
};

/// Runs the verb.
pub(super) fn run(given: Process) -> u8 {
    let config = match given
        .config
        .as_ref()
        .map(|path| super::load(&Flags { config: Some(path.clone()), ..Flags::default() }))
    {
        None => None,
        Some(Ok(loaded)) => Some(loaded.config),
        Some(Err(problems)) => return super::refuse(&problems),
    };
    start(given, config, false)
}

/// Runs `dateline explain`: the same stages over the same inputs, and every number with what became of it.
pub(super) fn explain(given: Explain) -> u8 {
    let Explain { from, url, language, published, format, inputs } = given;
    let given = Process {
        config: None,
        from,
        until: Until::Extract,
        feed: None,
        url,
        headers: Vec::new(),
        language,
        published,
        jobs: None,
        allow: Vec::new(),
        format,
        inputs,
    };
    start(given, None, true)
}

#[expect(clippy::print_stderr, reason = "usage errors are for the person at the terminal")]
fn start(given: Process, config: Option<Config>, explains: bool) -> u8 {
    match prepare(&given, config, explains) {
        Ok(prepared) => prepared.run(given, explains),
        Err(message) => {
            eprintln!("error: {message}");
            exit::USAGE
        }
    }
}

struct Prepared {
    terms: Terms,
    memory: Option<Memory>,
    media_type: Option<String>,
}

/// Reads what the flags say; the error is one of usage.
fn prepare(given: &Process, config: Option<Config>, explains: bool) -> Result<Prepared, String> {
    let mut headers = Vec::new();
    for header in &given.headers {
        let (name, value) =
            header.split_once(':').ok_or_else(|| format!("--header {header:?}: expected 'Name: value'"))?;
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    let published =
        given.published.as_deref().map(str::parse).transpose().map_err(|error| format!("--published: {error}"))?;
    if let (Some(id), Some(config)) = (&given.feed, &config)
        && config.feed(&id.as_str().into()).is_none()
    {
        return Err(format!("--feed {id}: the configuration has no such feed"));
    }
    let now = Timestamp::now();
    let options = config.as_ref().map_or_else(extract::Options::default, |config| config.extract.clone());
    let dedup = config.as_ref().map(|config| config.dedup.clone()).unwrap_or_default();
    let terms = Terms {
        until: given.until,
        tables: extract::Tables::new(&options),
        config,
        feed: given.feed.clone(),
        url: given.url.clone(),
        headers,
        language: given.language.clone(),
        published,
        now,
    };
    let media_type = terms.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.clone());
    let memory = (explains || given.until == Until::Dedup).then(|| Memory::new(&dedup, now));
    Ok(Prepared { terms, memory, media_type })
}

impl Prepared {
    fn run(self, given: Process, explains: bool) -> u8 {
        let Self { terms, memory, media_type } = self;
        let jobs = given.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let pretty = match given.format {
            Some(format) => format == Format::Pretty,
            None => io::stdout().is_terminal(),
        };
        let (allow, inputs, from) = (given.allow, given.inputs, given.from);
        let read = |give: &mut dyn FnMut(Piece) -> bool| {
            let mut get = getter(&allow);
            input::read(&inputs, from, media_type.as_deref(), &mut get, give);
        };
        // Whatever does not need the memory is written by the workers.
        let work = |piece| -> Vec<Ready> {
            let outcomes = stages::work(&terms, piece);
            let ready = |outcome| match outcome {
                Outcome::Document(done) if explains => {
                    let left_out = extract::left_out(&terms.tables, &done.enriched.article);
                    Ready::ToJudge(done, Some(left_out))
                }
                outcome if terms.until == Until::Dedup => ready_to_judge(outcome),
                outcome => written(outcome, terms.until),
            };
            outcomes.into_iter().map(ready).collect()
        };
        silence_panics();
        let mut output = Output {
            out: BufWriter::new(io::stdout().lock()),
            pretty,
            style: Style::of_stdout(),
            count: Count::default(),
            memory,
        };
        // Where the records themselves are shown, they are progress enough.
        let is_shown = !io::stdout().is_terminal() && (inputs.len() > 1 || from == Some(cli::From::Ndjson));
        let line = is_shown.then(|| Progress::of("documents"));
        let mut broken = None;
        let ran = ordered::run(jobs, read, work, |next| {
            let wrote = match next {
                Next::Idle => output.out.flush(),
                Next::Result(ready) => ready.into_iter().try_for_each(|ready| {
                    line.iter().for_each(Progress::step);
                    output.write(ready)
                }),
            };
            broken = wrote.err();
            broken.is_none()
        });
        line.iter().for_each(Progress::end);
        let flushed = output.out.flush();
        match broken.map_or(ran.and(flushed), Err) {
            Ok(()) => output.count.exit_code(),
            // The reader of the pipe has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit::DONE,
            Err(_) => exit::IO,
        }
    }
}

/// Gets inputs that are addresses. The client is made at the first of them: without one, no network is touched.
fn getter(allow: &[String]) -> impl FnMut(&str) -> Result<input::Whole, Issue> + Send {
    let mut client: Option<Getter> = None;
    move |url| {
        let getter = match &mut client {
            Some(getter) => getter,
            None => {
                let made = Getter::new(&fetch::Options::default());
                client.insert(made.map_err(|error| Issue::new(Stage::Fetch, "cannot_read", format!("{error:#}")))?)
            }
        };
        let mut feed = Feed::new("process", url);
        feed.allow = allow.to_vec();
        let fetched = getter.get(&feed, url, fetch::Wants::Page)?;
        Ok(input::Whole { name: url.to_owned(), url: Some(fetched.url), headers: fetched.headers, bytes: fetched.body })
    }
}

/// Panics of the stages are told in the error line of their document; the default hook would tell them twice.
fn silence_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}

/// A result on its way to the output; to be explained, with the numbers that are no observations.
enum Ready {
    Line(Value),
    Failed { line: Value, missing: bool },
    ToJudge(Box<stages::Done>, Option<Vec<extract::LeftOut>>),
}

fn failed(id: &Value, issue: &Issue) -> Ready {
    let line = json!({"id": id, "error": {"stage": issue.stage, "code": issue.code, "detail": issue.detail}});
    Ready::Failed { line, missing: issue.code == "no_such_input" }
}

fn written(outcome: Outcome, until: Until) -> Ready {
    match outcome {
        Outcome::Parsed(line) => Ready::Line(line),
        Outcome::Failed { id, issue } => failed(&id, &issue),
        Outcome::Document(done) => Ready::Line(line::article(*done, until, None)),
    }
}

fn ready_to_judge(outcome: Outcome) -> Ready {
    match outcome {
        Outcome::Document(done) => Ready::ToJudge(done, None),
        other => written(other, Until::Dedup),
    }
}

/// How many lines went well.
#[derive(Default)]
struct Count {
    good: u64,
    bad: u64,
    missing: u64,
}

impl Count {
    fn exit_code(&self) -> u8 {
        match self {
            Count { bad: 0, .. } => exit::DONE,
            Count { good: 0, bad, missing } if bad == missing => exit::NO_INPUT,
            Count { good: 0, .. } => exit::BAD_INPUT,
            _ => exit::FAILED,
        }
    }
}

struct Output<W: Write> {
    out: W,
    pretty: bool,
    style: Style,
    count: Count,
    memory: Option<Memory>,
}

impl<W: Write> Output<W> {
    fn write(&mut self, ready: Ready) -> io::Result<()> {
        let line = match (ready, &mut self.memory) {
            (Ready::Line(line), _) => line,
            (Ready::Failed { line, missing }, _) => {
                self.count.bad += 1;
                self.count.missing += u64::from(missing);
                return self.put(&line);
            }
            (Ready::ToJudge(mut done, left_out), Some(memory)) => {
                let id = done.id.clone();
                match stages::caught(Stage::Dedup, || memory.judge(&mut done)) {
                    Ok(verdict) => match (left_out, verdict?) {
                        (Some(left_out), _) => explain::document(left_out, *done),
                        (None, verdict) => line::article(*done, Until::Dedup, Some(&verdict)),
                    },
                    Err(issue) => {
                        self.count.bad += 1;
                        let Ready::Failed { line, .. } = failed(&id, &issue) else { return Ok(()) };
                        return self.put(&line);
                    }
                }
            }
            (Ready::ToJudge(done, _), None) => line::article(*done, Until::Extract, None),
        };
        self.count.good += 1;
        self.put(&line)
    }

    fn put(&mut self, line: &Value) -> io::Result<()> {
        if !self.pretty {
            serde_json::to_writer(&mut self.out, line)?;
            return self.out.write_all(b"\n");
        }
        let text = if line.get("error").is_some() {
            show::failure(self.style, line)
        } else if line.get("numbers").is_some() {
            marked::page(self.style, line)
        } else if line.get("items").is_some() {
            show::feed(self.style, line)
        } else {
            show::article(self.style, line)
        };
        writeln!(self.out, "{text}")
    }
}
