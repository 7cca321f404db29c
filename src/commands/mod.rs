//! See docs/ARCHITECTURE.md.

pub mod schema;
