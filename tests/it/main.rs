//! The promises, tested from outside: a feed server that plays a script, the real program in a directory of its own,
//! a real broker. One binary, one theme per file.
#![allow(unreachable_pub, reason = "the modules of this binary share their parts; nothing is reached from outside")]
#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test that cannot go on has failed, and says its seed"
)]

mod audit;
#[cfg(feature = "kafka")]
mod audit_kafka;
mod background;
mod bad_input;
mod browser;
mod command_line;
mod configuration;
#[cfg(feature = "kafka")]
mod consumers;
mod contract;
mod crash;
#[cfg(feature = "kafka")]
mod crash_kafka;
mod delivery;
mod demo;
mod deploy;
mod disk;
#[cfg(feature = "faults")]
mod dlq;
mod feed_server;
mod feeds;
mod flow;
mod formats;
mod gazetteer;
#[cfg(feature = "kafka")]
mod groups;
mod guide;
mod harness;
mod health;
#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "kafka")]
mod kafka_broker;
#[cfg(feature = "kafka")]
mod kafka_cluster;
#[cfg(feature = "kafka")]
mod kafka_codes;
#[cfg(feature = "kafka")]
mod kafka_daemon;
#[cfg(all(feature = "kafka", feature = "faults"))]
mod kafka_epoch;
#[cfg(feature = "kafka")]
mod kafka_login;
#[cfg(feature = "kafka")]
mod kafka_node;
#[cfg(feature = "kafka")]
mod kafka_proxy;
#[cfg(feature = "kafka")]
mod kafka_refusal;
mod latency;
mod layering;
mod licences;
#[cfg(feature = "kafka")]
mod migrate;
mod oracle;
mod ports;
mod progress;
mod quality;
mod readme;
#[cfg(feature = "kafka")]
mod registry;
mod regression;
mod reload;
mod replay;
mod restart;
#[cfg(feature = "kafka")]
mod roles;
#[cfg(feature = "kafka")]
mod roles_faults;
mod secrets;
mod topics;
#[cfg(feature = "otlp")]
mod traces;
mod watch;
mod websub;
mod withdrawal;
