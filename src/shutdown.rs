//! Signals to a token, and how long an orderly end may take.

use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// From the first signal to the end of the process, at most.
pub const GRACE: Duration = Duration::from_secs(10);

/// Turns the first SIGTERM or SIGINT into `stop`, and the second into the end of the process.
pub fn on_signals(stop: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            }
        };
        let name = next().await;
        tracing::info!(signal = name, "stopping: polling ends, the open batch is committed; again to stop at once");
        stop.cancel();
        let name = next().await;
        tracing::warn!(signal = name, "stopped at once; the next start settles what was open");
        exit_at_once();
    });
    Ok(())
}

/// Conventional code for an end by signal: nothing was settled.
#[expect(clippy::exit, reason = "asked for twice: nothing may hold the process up any more")]
fn exit_at_once() -> ! {
    std::process::exit(130)
}
