//! What is odd about publishers, as data: rooms that meet the same oddity read it here.

mod tracking;

pub use tracking::canonical_url;
