//! What the sinks do about errors: which are settled by a recovery, which are waited for, and which end the process.

use super::{EXIT_CONFIG, EXIT_DENIED, EXIT_IO, fatal};
use crate::broker::BrokerError;
use crate::faults;
use crate::publish::PublishError;
use std::time::{Duration, Instant};

/// A second fencing within this time means that two deployments share one transactional id (R3).
const FENCED_TWICE: Duration = Duration::from_secs(60);

/// Doubts that follow one another without a commit between them make recovery wait, up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The doubts of one producer's id.
pub(super) struct Doubts {
    transactional_id: String,
    /// Whether the broker has taken our login before.
    let_in: bool,
    last_fencing: Option<Instant>,
    /// Failed commits since the last that succeeded.
    failed: u32,
}

impl Doubts {
    pub(super) fn new(transactional_id: &str) -> Self {
        Self { transactional_id: transactional_id.to_owned(), let_in: false, last_fencing: None, failed: 0 }
    }

    /// The broker has taken our login.
    pub(super) fn let_in(&mut self) {
        self.let_in = true;
    }

    /// A commit has succeeded.
    pub(super) fn none(&mut self) {
        self.failed = 0;
    }

    /// A commit has failed.
    pub(super) fn one_more(&mut self) {
        self.failed += 1;
    }

    /// What fails again and again at once must not keep a processor busy.
    pub(super) async fn pause(&self) {
        if self.failed > 1 {
            let pause = Duration::from_millis(100) * 2_u32.pow(self.failed.min(8));
            tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
        }
    }

    /// What the caller does about it.
    pub(super) fn sort(&mut self, error: BrokerError) -> PublishError {
        match error {
            BrokerError::Doubt(message) | BrokerError::NotTaken { message, .. } => PublishError::Doubt(message),
            BrokerError::Unavailable(message) => PublishError::Unavailable(message),
            // A password that is changed while we run is not a reason to stop gathering.
            BrokerError::NotLetIn(message) if self.let_in => PublishError::Unavailable(message),
            BrokerError::Denied(message) | BrokerError::NotLetIn(message) => fatal(EXIT_DENIED, message),
            BrokerError::Refused(message) => fatal(EXIT_CONFIG, message),
            BrokerError::Stuck(message) => fatal(EXIT_IO, message),
            BrokerError::Fenced(message) => {
                faults::point("C11");
                let earlier = self.last_fencing.replace(Instant::now());
                if earlier.is_some_and(|earlier| earlier.elapsed() < FENCED_TWICE) {
                    return fatal(
                        EXIT_CONFIG,
                        format!(
                            "{message}: fenced twice within a minute, so another deployment uses transactional_id \"{}\": \
                             give each deployment an id of its own",
                            self.transactional_id
                        ),
                    );
                }
                tracing::warn!("{message}: the producer is replaced once");
                PublishError::Doubt(message)
            }
        }
    }
}
