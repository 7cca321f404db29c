//! `dateline dlq`: the dead letters listed, shown, and handed to the pipeline again.
//!
//! Listing and showing only read, beside the daemon too. Re-driving writes into the intake log and needs the data
//! directory to itself; what it means for one letter is known to `pipeline::redrive`.

mod letter;

use super::{
    audit::Failure,
    exit, put, put_text,
    reading::{self, with_config},
    show::{Style, Tone},
    table,
};
use crate::{
    cli::{Dlq, DlqFormat, DlqList, DlqRedrive, DlqShow, DlqVerb},
    config::Config,
    intake::redrive::Redriven,
    model::Topic,
    pipeline::{Redrive, redrive},
    store::{Store, StoreError, inspect},
    topics::ReadError,
};
use letter::{Letter, Summary};
use std::{
    collections::{BTreeSet, VecDeque},
    io::Write as _,
};

/// Runs the verb.
pub(super) fn run(given: &Dlq) -> u8 {
    match &given.verb {
        DlqVerb::List(given) => with_config(&given.configuration, |config| list(given, config)),
        DlqVerb::Show(given) => with_config(&given.configuration, |config| show(given, config)),
        DlqVerb::Redrive(given) => with_config(&given.configuration, |config| drive(given, config)),
    }
}

/// Shows every letter to `visit`, until it fails.
fn each(config: &Config, visit: &mut dyn FnMut(Letter) -> Result<(), Failure>) -> Result<(), Failure> {
    let topics = reading::topics(config)?;
    let mut result = Ok(());
    topics.read(Topic::DeadLetters, &mut |placed| {
        if let (Ok(()), Some(letter)) = (&result, Letter::of(placed)) {
            result = visit(letter);
        }
    })?;
    result
}

fn list(given: &DlqList, config: &Config) -> Result<u8, Failure> {
    let mut found: VecDeque<Summary> = VecDeque::new();
    each(config, &mut |letter| {
        if letter.is_wanted(&given.filter) {
            found.push_back(letter.summary());
            if given.limit.is_some_and(|limit| found.len() > limit) {
                found.pop_front();
            }
        }
        Ok(())
    })?;
    match given.format {
        DlqFormat::Ndjson => found.iter().for_each(|summary| put(format_args!("{}", summary.json()))),
        DlqFormat::Table if found.is_empty() => put(format_args!("no dead letters")),
        DlqFormat::Table => {
            let heads = ["position", "observed", "feed", "stage", "code", "bytes", "message"];
            let rows: Vec<Vec<table::Cell>> = found.iter().map(row).collect();
            table::print(Style::of_stdout(), &heads, &rows);
        }
    }
    Ok(exit::DONE)
}

fn row(summary: &Summary) -> Vec<table::Cell> {
    let Summary { position, at, feed, stage, code, detail, bytes, total, .. } = summary;
    // Seconds are enough for a person, and the message is for one line.
    let at = at.split('.').next().unwrap_or_default().trim_end_matches('Z');
    let size = if total > bytes { format!("{bytes} of {total}") } else { bytes.to_string() };
    vec![
        (Tone::Name, position.clone()),
        (Tone::Faint, at.to_owned()),
        (Tone::Plain, feed.clone()),
        (Tone::Plain, stage.clone()),
        (Tone::Warn, code.clone()),
        (Tone::Plain, size),
        (Tone::Plain, detail.lines().next().unwrap_or_default().chars().take(100).collect()),
    ]
}

fn show(given: &DlqShow, config: &Config) -> Result<u8, Failure> {
    let mut found = None;
    each(config, &mut |letter| {
        if letter.position == given.position {
            found = Some(letter);
        }
        Ok(())
    })?;
    let Some(letter) = found else { return Err(nothing(&given.position)) };
    if given.raw {
        // Whoever closed the pipe has seen enough.
        let _ = std::io::stdout().lock().write_all(letter.bytes());
        return Ok(exit::DONE);
    }
    let style = Style::of_stdout();
    put_text(&format!("{}\n", style.rule(&format!("dead letter {}", letter.position))));
    for (name, value) in &letter.record.headers {
        put(format_args!("{} {}", style.paint(Tone::Faint, &format!("{name}:")), style.paint(Tone::Plain, value)));
    }
    put(format_args!("\n{}", style.paint(Tone::Plain, &String::from_utf8_lossy(letter.bytes()))));
    Ok(exit::DONE)
}

fn nothing(position: &str) -> Failure {
    ReadError::Nothing(format!("there is no dead letter {position}: `dateline dlq list` names them")).into()
}

fn drive(given: &DlqRedrive, config: &Config) -> Result<u8, Failure> {
    if !inspect::file(&config.data_dir).exists() {
        let what = format!("{} holds no state: there is no daemon to hand letters to", config.data_dir.display());
        return Err(ReadError::Nothing(what).into());
    }
    let store = Store::open(&config.data_dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| StoreError::Io(format!("threads cannot be started: {error}")))?;
    let mut missing: BTreeSet<&str> = given.positions.iter().map(String::as_str).collect();
    let (mut taken, mut left) = (0_usize, 0_usize);
    each(config, &mut |letter| {
        let is_named = missing.remove(letter.position.as_str());
        if !(is_named || given.all) || !letter.is_wanted(&given.filter) {
            return Ok(());
        }
        let done = runtime.block_on(redrive(&store, &config.feeds, &letter.record))?;
        let is_taken = matches!(done, Redrive::Doorstep(Redriven::Taken { .. }));
        taken += usize::from(is_taken);
        // What had its turn is no failure, however often it is asked for.
        left += usize::from(!is_taken && !matches!(done, Redrive::Doorstep(Redriven::Before | Redriven::Judged)));
        put(format_args!("{}: {}: {}", letter.position, letter.record.key, words(&done)));
        Ok(())
    })?;
    if let Some(position) = missing.first() {
        return Err(nothing(position));
    }
    put(format_args!("{taken} on the doorstep, {left} left out; the next `dateline run` takes them from there"));
    Ok(if left == 0 { exit::DONE } else { exit::FAILED })
}

fn words(done: &Redrive) -> String {
    let done = match done {
        Redrive::LeftOut(why) => return format!("left out: {why}"),
        Redrive::Doorstep(done) => done,
    };
    match done {
        Redriven::Taken { items, waiting: 0 } => format!("on the doorstep ({items} new)"),
        Redriven::Taken { items, waiting } => format!("on the doorstep ({items} new, {waiting} wait for their page)"),
        Redriven::Before => "was re-driven before".to_owned(),
        Redriven::Judged => "has had its verdict since".to_owned(),
        Redriven::Superseded => "left out: its item has shown something newer since".to_owned(),
        Redriven::Withdrawn => "left out: its publisher withdrew it".to_owned(),
        Redriven::Seen => "left out: everything in it has been seen since".to_owned(),
    }
}
