//! **dateline** pulls the feeds of wire agencies, understands what their stories say, and publishes each revision of
//! each story once, as an enriched record.
//!
//! Bytes come in at the front door and walk through the rooms in one direction. Nobody walks back.
//!
//! ```text
//!  feed bytes    items     frames on disk   articles     enriched     verdict       batch
//!    fetch ──►   parse ──►    intake ──►     clean ──►   extract ──►   dedup ──►   publish
//!   (async)     (pure)       (async)        (pure)      (pure)       (pure, has    (async, one
//!                                                                     memory)       commit)
//! ```
//!
//! `intake` is the doorstep: what lies on it has been observed and will get a verdict. `publish` is the only exit, and
//! its commit carries records, state changes and position together. `docs/ARCHITECTURE.md` is the map of the house.

pub mod model;
// Read in this order.
pub mod audit;
#[cfg(feature = "kafka")]
pub mod broker;
pub mod clean;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
mod connection;
pub mod dedup;
pub mod extract;
pub mod faults;
pub mod fetch;
pub mod history;
pub mod intake;
pub mod language;
pub mod logging;
pub mod markup;
pub mod metrics;
pub mod parse;
pub mod pipeline;
pub mod publish;
pub mod quirks;
pub mod shutdown;
pub mod state;
pub mod status;
pub mod store;
pub mod tap;
pub mod topics;
pub mod traces;

/// Name and version, as records (`produced_by.program`) and servers (User-Agent) are told.
pub const PROGRAM: &str = concat!("dateline/", env!("CARGO_PKG_VERSION"));
