//! The pure rooms that the targets exercise, compiled alone.
#![allow(dead_code, missing_docs, unreachable_pub)]

#[path = "../src/clean/mod.rs"]
pub mod clean;
#[path = "../src/language/mod.rs"]
pub mod language;
#[path = "../src/markup/mod.rs"]
pub mod markup;
#[path = "../src/model/mod.rs"]
pub mod model;
#[path = "../src/parse/mod.rs"]
pub mod parse;
#[path = "../src/quirks/mod.rs"]
pub mod quirks;
