//! What the program knows of human languages: one pack per language, words and their meaning as data, and the numbers
//! that are written in them.
//!
//! A pack is a file, `<code>.toml`; adding a language is adding a file and a line in [`pack()`]. Nothing here knows what a
//! story is.

pub mod compounds;
pub mod cue;
mod digits;
mod joined;
pub(crate) mod lines;
pub mod names;
mod number_words;
pub mod numbers;
pub mod pack;
mod scales;
mod sense;
pub(crate) mod sieve;
pub(crate) mod source;
pub mod tokens;
mod told;
mod unspaced;
mod word;

pub use cue::Cue;
pub use pack::{Pack, pack};
pub use told::told;
