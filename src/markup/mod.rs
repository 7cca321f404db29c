//! The letters of markup, for rooms that read it: bytes to text, a tokenizer that takes anything, character references.
//!
//! What elements mean is the business of the rooms; nothing is fetched, expanded or run here, and time is linear.

pub mod charset;
pub mod encoding;
pub mod entities;
mod mojibake;
pub mod tokens;
