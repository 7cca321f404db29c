//! When the configuration is read anew: on SIGHUP, and when a file that it was read from has changed.
//!
//! Goes out: what was read, good or bad, to the pipeline, one after the other. The service manager hears when it begins
//! and when it is over.

use crate::{
    config::{self, Environment, Files, Flags, Look},
    pipeline::Reload,
};
use sd_notify::NotifyState;
use std::{sync::Arc, time::Duration};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::{mpsc, oneshot},
};
use tokio_util::sync::CancellationToken;

/// How often the files are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

pub(super) struct Reloader {
    flags: Flags,
    environment: Environment,
    /// What the last reading read, and how it looked then.
    files: Arc<Files>,
    read_at: Look,
    hangups: Signal,
    out: mpsc::Sender<Reload>,
}

impl Reloader {
    /// Takes SIGHUP for itself, which would end the process. `files` are those of the first reading.
    pub(super) fn new(
        flags: Flags,
        environment: Environment,
        files: Files,
    ) -> std::io::Result<(Self, mpsc::Receiver<Reload>)> {
        let hangups = signal(SignalKind::hangup())?;
        let (out, reloads) = mpsc::channel(1);
        let read_at = files.as_read();
        Ok((Self { flags, environment, files: Arc::new(files), read_at, hangups, out }, reloads))
    }

    /// Reads whenever it is asked to, until nobody wants to know. `started` is told when the service manager has heard
    /// that the start is over: before that it is not told of anything else.
    pub(super) async fn run(mut self, started: CancellationToken) {
        let mut ticks = tokio::time::interval(LOOK_INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut last = self.read_at.clone();
        loop {
            let why = tokio::select! {
                heard = self.hangups.recv() => match heard {
                    Some(()) => "SIGHUP",
                    None => return,
                },
                _ = ticks.tick() => {
                    let Some(now) = self.look().await else { return };
                    // Whoever writes in place may be halfway: what has changed is read when it has come to rest.
                    let at_rest = now == last;
                    last = now;
                    if !at_rest || last == self.read_at {
                        continue;
                    }
                    "a file has changed"
                }
            };
            tracing::info!(why, "the configuration is read anew");
            if self.reload(&started).await.is_none() {
                return;
            }
            last = self.read_at.clone();
        }
    }

    async fn look(&self) -> Option<Look> {
        let files = Arc::clone(&self.files);
        tokio::task::spawn_blocking(move || files.look()).await.ok()
    }

    /// None when nobody wants to know any more.
    async fn reload(&mut self, started: &CancellationToken) -> Option<()> {
        let tell = started.is_cancelled();
        if tell {
            let mut begun = vec![NotifyState::Reloading];
            begun.extend(NotifyState::monotonic_usec_now());
            sd_notify::notify(&begun).ok();
        }
        let (flags, environment) = (self.flags.clone(), self.environment.clone());
        let reading = tokio::task::spawn_blocking(move || config::read(&flags, &environment));
        let (loaded, files) = reading.await.ok()?;
        (self.read_at, self.files) = (files.as_read(), Arc::new(files));
        let (done, finished) = oneshot::channel();
        self.out.send(Reload { read: loaded.map(|loaded| loaded.config), done }).await.ok()?;
        finished.await.ok();
        if tell {
            sd_notify::notify(&[NotifyState::Ready]).ok();
        }
        Some(())
    }
}
