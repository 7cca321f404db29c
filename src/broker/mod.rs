//! The Kafka client: settings, topics, the thread that owns the producer, membership of groups, and readers of topics.
//!
//! Comes in: settings, and batches of messages that are already measured and encoded. Goes out: Ok when every message
//! of the batch is committed, and otherwise an error that says what the caller does about it. Nothing here knows what
//! a record or a state value means, and nothing is retried over a doubt: that is `publish::kafka`'s affair.

pub mod group;
pub mod partition_reader;
pub mod producer;
pub mod settings;
pub mod state_topic;
pub mod tail;
pub mod topics;

pub use group::Membership;
pub use producer::{Message, Producer};
pub use settings::Settings;

use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    consumer::ConsumerContext,
    error::{KafkaError, RDKafkaErrorCode as Code},
};
use std::sync::{Mutex, PoisonError};

/// A failure, by what the caller does about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// It is not known what became of the batch, or it was aborted: the producer has been destroyed.
    #[error("{0}")]
    Doubt(String),
    /// Another producer with this transactional id has begun: this one's open transaction is aborted.
    #[error("{0}")]
    Fenced(String),
    /// No broker answers, or not yet.
    #[error("{0}")]
    Unavailable(String),
    /// A broker answers and does not take our login, or shows a certificate that is not trusted.
    #[error("{0}")]
    NotLetIn(String),
    /// The broker refuses for want of permission.
    #[error("{0}")]
    Denied(String),
    /// The broker does not take what is written to a topic; the batch was aborted and the producer destroyed.
    #[error("{message}")]
    NotTaken {
        /// The topic, where the client says which.
        topic: Option<String>,
        /// Why.
        why: NotTaken,
        /// What was attempted and on what.
        message: String,
    },
    /// The configuration and the broker do not go together.
    #[error("{0}")]
    Refused(String),
    /// A call into the client has not come back for longer than any of its limits allows.
    #[error("{0}")]
    Stuck(String),
}

/// Why a topic does not take a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// It is larger than the topic takes now.
    TooLarge,
    /// We may not write to the topic.
    NotAllowed,
    /// The topic's rules forbid such a record.
    Forbidden,
}

impl BrokerError {
    /// Sorts an error that came of writing to a topic.
    fn of_writing(attempt: &str, topic: Option<&str>, error: &KafkaError) -> Self {
        let why = match error_code(error) {
            Some(Code::MessageSizeTooLarge | Code::MessageBatchTooLarge) => NotTaken::TooLarge,
            Some(Code::TopicAuthorizationFailed) => NotTaken::NotAllowed,
            Some(Code::InvalidRecord | Code::InvalidTimestamp | Code::PolicyViolation) => NotTaken::Forbidden,
            _ => return Self::sort(attempt, error, Self::Doubt),
        };
        Self::NotTaken { topic: topic.map(str::to_owned), why, message: format!("{attempt}: {error}") }
    }

    /// Sorts an error that came of an attempt; what is not known to be something else becomes what `otherwise` says.
    fn sort(attempt: &str, error: &KafkaError, otherwise: fn(String) -> Self) -> Self {
        let message = format!("{attempt}: {error}");
        match error_code(error) {
            Some(Code::ProducerFenced | Code::Fenced | Code::InvalidProducerEpoch) => Self::Fenced(message),
            Some(code) if is_denial(code) => Self::Denied(message),
            Some(Code::UnsupportedFeature | Code::UnsupportedVersion) => Self::Refused(message),
            _ => otherwise(message),
        }
    }
}

fn error_code(error: &KafkaError) -> Option<Code> {
    match error {
        // The crate's own accessor leaves this one out.
        KafkaError::Transaction(error) => Some(error.code()),
        error => error.rdkafka_error_code(),
    }
}

fn is_denial(code: Code) -> bool {
    matches!(
        code,
        Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
    )
}

/// What the client says between calls: its log goes to ours, its last error is kept for the message of a failed call,
/// which itself knows only that it timed out.
#[derive(Default)]
pub struct Client {
    last: Mutex<Option<(Option<Code>, String)>>,
}

impl Client {
    /// The error of a call that failed for want of a connection, with the client's own reason where there is one.
    fn unreachable(&self, attempt: &str, error: &KafkaError) -> BrokerError {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match last {
            Some((Some(Code::Authentication | Code::SaslAuthenticationFailed | Code::SSL), reason)) => {
                BrokerError::NotLetIn(format!("{attempt}: {reason}"))
            }
            Some((Some(code), reason)) if is_denial(code) => BrokerError::Denied(format!("{attempt}: {reason}")),
            Some((_, reason)) => BrokerError::sort(&format!("{attempt} ({reason})"), error, BrokerError::Unavailable),
            None => BrokerError::sort(attempt, error, BrokerError::Unavailable),
        }
    }
}

impl ClientContext for Client {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // A broker that is away is reported once, by the room that waits for it; the client repeats it every second.
        match level {
            RDKafkaLogLevel::Debug => tracing::trace!(target: "librdkafka", facility, "{message}"),
            _ => tracing::debug!(target: "librdkafka", facility, "{message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", "{error}: {reason}");
        // It follows every failure of the last broker that was left, and hides why that one failed.
        if error_code(&error) == Some(Code::AllBrokersDown) {
            return;
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((error_code(&error), reason.to_owned()));
    }
}

impl ConsumerContext for Client {}
