//! W3C Trace Context: what names the trace that a frame of the intake begins, and the spans in it.
//!
//! Every name follows from the place in the intake and from what the span is of. Nothing is drawn by lot and nothing is
//! stored, so a batch that is made again has the headers of the first time, after a restart and in a replay as well.

use super::Hash;

/// The trace of one frame: what its poll, its items and their records have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace(String);

impl Trace {
    /// Of a frame, named as in the header `origin`: `<intake>/<frame>`.
    pub fn of(frame: &str) -> Self {
        Self(Hash::of_fields("v1:trace", [frame]).short(32).to_owned())
    }

    /// The frame's of an `origin`: `<intake>/<frame>/<index>`.
    pub fn of_origin(origin: &str) -> Self {
        Self::of(origin.rsplit_once('/').map_or(origin, |(frame, _)| frame))
    }

    /// Its id: 32 hex digits. A hash is never all zero in practice, which the grammar forbids.
    pub fn id(&self) -> &str {
        &self.0
    }

    /// The id of the span that these words name: 16 hex digits.
    pub fn span<'a>(&'a self, words: impl IntoIterator<Item = &'a str>) -> String {
        Hash::of_fields("v1:span", std::iter::once(self.id()).chain(words)).short(16).to_owned()
    }

    /// The span of a record: it is named by its place and its `ce_id`.
    pub fn span_of_record(&self, origin: &str, id: &str) -> String {
        self.span(["send", origin, id])
    }

    /// Whether it is among the share of traces that is sampled: the end of its id decides, as it is random enough.
    pub fn is_sampled(&self, share: f64) -> bool {
        let lot = self.0.get(24..).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0);
        f64::from(lot) < share * (f64::from(u32::MAX) + 1.0)
    }

    /// The header `traceparent` for what comes after this span.
    pub fn parent(&self, span: &str, is_sampled: bool) -> String {
        format!("00-{}-{span}-{:02x}", self.0, u8::from(is_sampled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trace_for_a_frame_and_one_span_for_each_record() {
        let trace = Trace::of("i/7");
        assert_eq!(Trace::of_origin("i/7/2"), trace);
        assert_ne!(Trace::of_origin("i/8/2"), trace);
        let spans = [("i/7/2", "a:1/1"), ("i/7/2", "a:1/1/o1"), ("i/7/3", "a:1/1")];
        let spans: std::collections::BTreeSet<_> = spans.map(|(origin, id)| trace.span_of_record(origin, id)).into();
        assert_eq!(spans.len(), 3);
        let grammar = regex::Regex::new("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$").unwrap();
        for span in &spans {
            assert!(grammar.is_match(&trace.parent(span, true)) && grammar.is_match(&trace.parent(span, false)));
        }
    }

    #[test]
    fn the_share_that_is_sampled_is_the_one_asked_for() {
        let sampled = |share| (0..4000).filter(|seq| Trace::of(&format!("i/{seq}")).is_sampled(share)).count();
        assert_eq!((sampled(0.0), sampled(1.0)), (0, 4000));
        assert!((900..1100).contains(&sampled(0.25)), "{}", sampled(0.25));
    }
}
