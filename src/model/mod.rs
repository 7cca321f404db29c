//! The shared vocabulary: plain data that the rooms hand to each other. No I/O, no logging, no clock.
//!
//! Every hop between two rooms has its own type, so that a function which wants clean text cannot be called too early:
//! [`Fetched`] → [`Item`] → [`Observed`] → [`Article`] → [`Enriched`] (+ [`Verdict`]) → [`Record`].

mod article;
mod auth;
mod bits;
mod bounds;
mod enriched;
mod feed;
mod fetched;
mod hash;
mod intake;
mod issue;
mod item;
mod number;
mod observation;
mod record;
mod relay;
mod rhythm;
mod series;
mod signature;
mod snapshot;
mod span;
mod squeeze;
mod state;
mod time;
mod trace;
pub mod units;
mod verdict;

pub use article::*;
pub use auth::*;
pub use bounds::*;
pub use enriched::*;
pub use feed::*;
pub use fetched::*;
pub use hash::*;
pub use intake::*;
pub use issue::*;
pub use item::*;
pub use number::*;
pub use observation::*;
pub use record::*;
pub use relay::*;
pub use rhythm::*;
pub use series::*;
pub use signature::*;
pub use snapshot::*;
pub use span::*;
pub use squeeze::*;
pub use state::*;
pub use time::*;
pub use trace::*;
pub use verdict::*;
