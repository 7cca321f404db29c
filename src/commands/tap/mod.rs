//! `dateline tap`: follows what leaves the rooms of the running daemon, over its status page.
//!
//! The daemon is never held up: what it could not hand over in time is counted. When it goes away it is waited for, as
//! long as it takes.

mod events;
mod tell;

use super::{
    exit,
    reach::{Daemon, Unreached, away, complain},
    show::Style,
};
use crate::{
    cli::{self, Format},
    tap::Filter,
};
use events::{Event, Events, TooLong};
use std::{
    io::{self, IsTerminal as _, Write as _},
    ops::ControlFlow,
    time::Duration,
};
use tokio::signal::unix::{SignalKind, signal};

/// Between two tries to reach a daemon that has gone, at first and at last.
const AGAIN: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];

/// Runs the verb.
pub(super) fn run(given: &cli::Tap) -> u8 {
    let query = query(given);
    if let Err(error) = Filter::read(query.iter().map(|(name, value)| (*name, value.as_str()))) {
        complain(&error.to_string());
        return exit::USAGE;
    }
    let daemon = match Daemon::find(&given.reach) {
        Ok(daemon) => daemon,
        Err(code) => return code,
    };
    // One thread may be held by whoever reads us; another must hear the signals.
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("threads cannot be started: {error}"));
            return exit::BUG;
        }
    };
    let format = given.format.unwrap_or(if io::stdout().is_terminal() { Format::Pretty } else { Format::Ndjson });
    let left = given.limit.map_or(u64::MAX, std::num::NonZeroU64::get);
    let following = Following { daemon, query, out: Out { format, style: Style::of_stdout(), left } };
    let code = runtime.block_on(async {
        let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            complain("signals cannot be handled");
            return exit::BUG;
        };
        tokio::select! {
            code = tokio::spawn(following.run()) => code.unwrap_or(exit::BUG),
            _ = interrupt.recv() => exit::DONE,
            _ = terminate.recv() => exit::DONE,
        }
    });
    runtime.shutdown_background();
    code
}

/// The filter, as the daemon takes it.
fn query(given: &cli::Tap) -> Vec<(&'static str, String)> {
    let lists =
        [("stage", &given.stage), ("feed", &given.feed), ("country", &given.country), ("entity", &given.entity)];
    lists.into_iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value.clone()))).collect()
}

struct Following {
    daemon: Daemon,
    query: Vec<(&'static str, String)>,
    out: Out,
}

impl Following {
    async fn run(mut self) -> u8 {
        self.follow_on().await.unwrap_or_else(|why| self.daemon.give_up(&why))
    }

    /// Follows the daemon through its restarts; gives the exit code when it is enough.
    async fn follow_on(&mut self) -> Result<u8, Unreached> {
        let mut stream = self.open().await?;
        complain(&format!("following {}", self.daemon.page));
        loop {
            match self.follow(stream).await {
                Err(Unreached::Away(why)) => complain(&format!("the daemon is away ({why}); waiting for it")),
                ended => return ended,
            }
            stream = self.open_again().await?;
            complain("the daemon is back; what passed meanwhile was not seen");
        }
    }

    async fn open(&self) -> Result<reqwest::Response, Unreached> {
        self.daemon.ask("api/v1/tap", &self.query).await
    }

    /// Waits for a daemon that has gone; one that is there and has no room now is waited for too.
    async fn open_again(&self) -> Result<reqwest::Response, Unreached> {
        let [mut pause, most] = AGAIN;
        loop {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(most);
            match self.open().await {
                Err(Unreached::Refused(status, _)) if status.is_server_error() => {}
                Err(Unreached::Away(_)) => {}
                settled => return settled,
            }
        }
    }

    /// Follows one stream until it breaks off or it is enough.
    async fn follow(&mut self, mut stream: reqwest::Response) -> Result<u8, Unreached> {
        let mut events = Events::default();
        while let Some(chunk) = stream.chunk().await.map_err(away)? {
            let whole = events.take(&chunk);
            for event in
                whole.map_err(|TooLong| Unreached::Refused(stream.status(), "no end of an event".to_owned()))?
            {
                if let ControlFlow::Break(code) = self.out.event(&event) {
                    return Ok(code);
                }
            }
        }
        Err(Unreached::Away("it has ended".to_owned()))
    }
}

struct Out {
    format: Format,
    style: Style,
    /// Until the limit.
    left: u64,
}

impl Out {
    /// Shows an event; breaks off with the exit code when it was the last.
    fn event(&mut self, event: &Event) -> ControlFlow<u8> {
        match event.kind.as_str() {
            "passed" => {}
            "missed" => {
                complain(&format!("{} were missed: they came faster than they were read here", event.data));
                return ControlFlow::Continue(());
            }
            _ => return ControlFlow::Continue(()),
        }
        let text = match self.format {
            Format::Pretty => {
                // What is no JSON has nothing to show.
                tell::passed(self.style, &serde_json::from_str(&event.data).unwrap_or_default())
            }
            Format::Ndjson => format!("{}\n", event.data),
        };
        let mut out = io::stdout().lock();
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            if error.kind() == io::ErrorKind::BrokenPipe {
                return ControlFlow::Break(exit::DONE);
            }
            complain(&format!("cannot write: {error}"));
            return ControlFlow::Break(exit::IO);
        }
        self.left -= 1;
        if self.left == 0 { ControlFlow::Break(exit::DONE) } else { ControlFlow::Continue(()) }
    }
}
