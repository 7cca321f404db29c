//! `dateline doctor`: what is wrong with a data directory or a configuration, and the way out.
//!
//! It reads everything and changes nothing, also beside a running daemon. Only `--set-aside` changes something, and
//! only with the daemon stopped: the bytes of what is damaged are kept in a file, and a dead letter and a `gap` event
//! say that it was there, so that nothing is silent.
#![expect(clippy::print_stderr, reason = "a command's complaints")]

mod directory;
mod finding;

use super::{exit, problems::Sources, show::Style};
use crate::{
    cli::{Doctor, Report},
    config::{Flags, Loaded, Problem, Problems},
    intake::set_aside::{self, Aside, Remains},
    store::{Store, StoreError},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use finding::{Finding, Level};
use jiff::Timestamp;
use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Runs the verb.
pub(super) fn run(given: &Doctor) -> u8 {
    let mut findings = Vec::new();
    let loaded = match configuration(given) {
        None => None,
        Some(Ok(loaded)) => {
            let file = loaded.file.as_ref().map_or_else(|| "no file".to_owned(), |file| file.display().to_string());
            findings.push(Finding::sound("configuration", file));
            Some(loaded)
        }
        Some(Err(problems)) => {
            findings.extend(problems);
            None
        }
    };
    let to = loaded.as_ref().map(|loaded| loaded.config.publish.to);
    let Some(data_dir) = given.data_dir.clone().or(loaded.map(|loaded| loaded.config.data_dir)) else {
        findings.push(Finding::note("directory", "not looked at: say which with --data-dir DIR"));
        return report(given, None, &findings);
    };
    for name in &given.set_aside {
        match set_one_aside(&data_dir, name) {
            Ok(done) => findings.push(done),
            Err(error) => {
                eprintln!("dateline: {error}");
                return error.exit_code();
            }
        }
    }
    findings.extend(directory::look(&data_dir, to));
    report(given, Some(&data_dir), &findings)
}

/// The configuration, unless only a directory was asked about.
fn configuration(given: &Doctor) -> Option<Result<Loaded, Vec<Finding>>> {
    if given.config.is_none() && given.data_dir.is_some() {
        return None;
    }
    let flags = Flags { config: given.config.clone(), data_dir: given.data_dir.clone(), ..Flags::default() };
    Some(super::load(&flags).map_err(|problems| misconfigured(&problems)))
}

fn misconfigured(problems: &Problems) -> Vec<Finding> {
    let mut sources = Sources::default();
    let mut finding = |problem: &Problem| {
        let lines = sources.lines(Style::plain(), problem).map(|lines| format!("\n{lines}")).unwrap_or_default();
        Finding::problem("configuration", format!("{problem}{lines}"), "")
    };
    problems.0.iter().map(&mut finding).collect()
}

fn report(given: &Doctor, data_dir: Option<&PathBuf>, findings: &[Finding]) -> u8 {
    let n = findings.iter().filter(|finding| finding.level == Level::Problem).count();
    match given.format {
        Report::Json => {
            let report = serde_json::json!({ "data_dir": data_dir, "sound": n == 0, "findings": findings });
            super::put(format_args!("{report:#}"));
        }
        Report::Pretty => {
            let style = Style::of_stdout();
            findings.iter().for_each(|finding| super::put_text(&finding.lines(style)));
            match n {
                0 => super::put(format_args!("all is sound")),
                1 => super::put(format_args!("1 problem")),
                n => super::put(format_args!("{n} problems")),
            }
        }
    }
    if n == 0 { exit::DONE } else { exit::FAILED }
}

/// What was asked to be set aside cannot be.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0} is sound or was never there: nothing was changed")]
    Sound(String),
    #[error("cannot keep the bytes in {}: {error}; nothing was changed", path.display())]
    Keep { path: PathBuf, error: io::Error },
}

impl Refusal {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Store(error) => error.exit_code(),
            Self::Sound(_) => exit::USAGE,
            Self::Keep { .. } => exit::IO,
        }
    }
}

/// Keeps the bytes, then puts the notes in their place.
fn set_one_aside(data_dir: &Path, name: &str) -> Result<Finding, Refusal> {
    let aside = match name.parse() {
        Ok(seq) => Aside::Frame(seq),
        Err(_) => Aside::Entry(name.to_owned()),
    };
    // A directory that is not there is not made by a look at it.
    fs::metadata(data_dir).map_err(|error| Refusal::Keep { path: data_dir.to_owned(), error })?;
    let store = Store::open_any(data_dir)?;
    let position = store.read_here(set_aside::position)?;
    let asked = aside.clone();
    let remains = store.read_here(move |db| Ok(set_aside::look(db, &asked, position)))??;
    let Some(remains) = remains else { return Err(Refusal::Sound(name.to_owned())) };
    let kept = keep(data_dir, &aside, &remains)?;
    let described = format!("{}: its bytes are kept in {}", remains.what, kept.display());
    let kept_as = kept.strip_prefix(data_dir).unwrap_or(&kept).display().to_string();
    futures::executor::block_on(
        store.write(move |tx| set_aside::put(tx, &aside, position, &remains, &kept_as, Timestamp::now())),
    )?;
    Ok(Finding::note(&format!("{name} was set aside"), described))
}

/// Writes what is left of it into a file of its own, down to the disk.
fn keep(data_dir: &Path, aside: &Aside, remains: &Remains) -> Result<PathBuf, Refusal> {
    let directory = data_dir.join("set-aside");
    let stem = match aside {
        Aside::Frame(seq) => format!("frame-{seq}"),
        Aside::Entry(item) => format!("entry-{}", crate::model::Hash::of_bytes(item.as_bytes()).short(16)),
    };
    let free = (0..).map(|n| if n == 0 { format!("{stem}.json") } else { format!("{stem}-{n}.json") });
    let path = free.map(|name| directory.join(name)).find(|path| !path.exists()).unwrap_or_default();
    let text = serde_json::json!({
        "set_aside": format!("{aside:?}"),
        "at": Timestamp::now(),
        "feed": remains.feed.as_ref().map(|feed| &feed.0),
        "why": remains.what,
        "bytes_base64": STANDARD.encode(&remains.bytes),
    });
    let write = || -> io::Result<()> {
        fs::create_dir_all(&directory)?;
        let mut file = File::create_new(&path)?;
        file.write_all(format!("{text:#}\n").as_bytes())?;
        file.sync_all()?;
        File::open(&directory)?.sync_all()
    };
    write().map_err(|error| Refusal::Keep { path: path.clone(), error })?;
    Ok(path)
}
