//! The letters of text and markup, for rooms that read them: bytes to text and the next byte of a kind, a tokenizer that
//! takes anything, character references.
//!
//! What elements mean is the business of the rooms; nothing is fetched, expanded or run here, and time is linear.

pub(crate) mod bytes;
pub mod charset;
pub mod encoding;
pub mod entities;
mod mojibake;
pub mod tokens;
