//! Learnt taggers: which words of a text name what.
//!
//! In: tokens. Out: a label for each. What holds: a label that goes on follows one of its own type. A tagger only says
//! where names stand and of what type they are; what they stand for is decided in `entities`.

pub mod fast;
pub(in crate::extract) mod gazetteer;

/// How many labels there are: outside, and beginning and inside of nine types.
pub(crate) const LABELS: usize = 19;
