//! What is odd about publishers, as data: rooms that meet the same oddity read it here.

pub mod date;
mod languages;
pub mod notices;
pub mod openings;
pub mod page_parts;
pub mod phrases;
pub mod publishers;
mod tracking;
pub mod wall_clock;

pub use languages::language_code;
pub use tracking::canonical_url;
