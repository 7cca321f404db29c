//! What is odd about publishers, as data: rooms that meet the same oddity read it here.

pub mod date;
mod tracking;

pub use tracking::canonical_url;
