//! The promises, tested from outside: a feed server that plays a script, the real program in a directory of its own,
//! a real broker. One binary, one theme per file.

mod bad_input;
mod delivery;
mod flow;
mod harness;
#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "kafka")]
mod kafka_broker;
#[cfg(feature = "kafka")]
mod kafka_daemon;
mod layering;
mod licences;
mod readme;
