//! `dateline top`: the running daemon's rates, lag and feeds in the terminal, over and over.
//!
//! It asks for the picture that the status page shows. Without a terminal it shows one and ends.

mod frame;
mod pace;
mod screen;

use super::{
    exit,
    reach::{self, Daemon, Unreached, away, complain},
    show::Style,
};
use crate::{cli, model::Snapshot};
use frame::{Picture, Size, Sort};
use jiff::Timestamp;
use pace::{Past, Rates};
use screen::Screen;
use std::time::Duration;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    time::{sleep, timeout},
};

/// A daemon that makes no picture within this is away.
const PATIENCE: Duration = Duration::from_secs(10);

/// A picture of ten thousand feeds has some five million bytes.
const PICTURE_BYTES: usize = 256 << 20;

/// Columns of a picture that is no terminal's.
const COLUMNS: usize = 120;

/// Runs the verb.
pub(super) fn run(given: &cli::Top) -> u8 {
    reach::with(&given.reach, async |daemon| {
        let first = match look(&daemon).await {
            Ok(snapshot) => snapshot,
            Err(why) => return daemon.give_up(&why),
        };
        if given.once || screen::size().is_none() {
            return once(&daemon, &first, given.interval).await;
        }
        watch(daemon, first, given.interval).await.unwrap_or_else(|error| {
            complain(&format!("the terminal cannot be used: {error}"));
            exit::IO
        })
    })
}

/// The daemon's picture of now.
async fn look(daemon: &Daemon) -> Result<Snapshot, Unreached> {
    let picture = async {
        let mut response = daemon.ask("api/v1/status", &[]).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(away)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > PICTURE_BYTES {
                return Err(Unreached::Refused(response.status(), "a picture without an end".to_owned()));
            }
        }
        serde_json::from_slice(&bytes)
            .map_err(|error| Unreached::Refused(response.status(), format!("a picture that cannot be read: {error}")))
    };
    let late = || Unreached::Away(format!("no answer within {} s", PATIENCE.as_secs()));
    timeout(PATIENCE, picture).await.unwrap_or_else(|_| Err(late()))
}

async fn once(daemon: &Daemon, first: &Snapshot, interval: Duration) -> u8 {
    let mut past = Past::default();
    past.look(first, Timestamp::now());
    sleep(interval).await;
    let snapshot = match look(daemon).await {
        Ok(snapshot) => snapshot,
        Err(why) => return daemon.give_up(&why),
    };
    let now = Timestamp::now();
    let rates = past.look(&snapshot, now);
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let columns = columns.or(screen::size().map(|(columns, _)| columns)).unwrap_or(COLUMNS);
    let picture = Picture { snapshot: &snapshot, rates: &rates, now, away: None };
    super::put_text(&frame::text(&picture, Size { columns, rows: None }, Sort::default(), Style::of_stdout()));
    exit::DONE
}

/// Shows picture after picture until it is told to stop.
async fn watch(daemon: Daemon, first: Snapshot, interval: Duration) -> std::io::Result<u8> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut resized = signal(SignalKind::window_change())?;
    let (sender, mut looks) = mpsc::channel(1);
    tokio::spawn(async move {
        while sender.send(look(&daemon).await).await.is_ok() {
            sleep(interval).await;
        }
    });
    let screen = Screen::enter()?;
    let mut keys = screen.keys();
    let style = Style::of_stdout();
    let (mut snapshot, mut past, mut sort) = (first, Past::default(), Sort::default());
    let mut rates: Rates = past.look(&snapshot, Timestamp::now());
    let mut gone: Option<String> = None;
    loop {
        let (columns, rows) = screen::size().unwrap_or((COLUMNS, 1));
        let picture = Picture { snapshot: &snapshot, rates: &rates, now: Timestamp::now(), away: gone.as_deref() };
        screen.draw(&frame::text(&picture, Size { columns, rows: Some(rows) }, sort, style))?;
        tokio::select! {
            Some(looked) = looks.recv() => match looked {
                Ok(looked) => {
                    snapshot = looked;
                    rates = past.look(&snapshot, Timestamp::now());
                    gone = None;
                }
                Err(Unreached::Away(why)) => gone = Some(why),
                Err(Unreached::Refused(status, words)) => gone = Some(format!("{status}: {words}")),
            },
            Some(key) = keys.recv() => match key {
                b'q' | b'Q' => return Ok(exit::DONE),
                b's' | b'S' => sort = sort.next(),
                _ => {}
            },
            _ = resized.recv() => {}
            _ = interrupt.recv() => return Ok(exit::DONE),
            _ = terminate.recv() => return Ok(exit::DONE),
            _ = hangup.recv() => return Ok(exit::DONE),
        }
    }
}
