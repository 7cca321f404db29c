//! Summaries that are the beginning of their body, as most feeds have them.
//!
//! In: a story. Out: which words of its summary are which of the body, so that the summary is not read a second time, with less
//! around it, and its figures are further mentions of the body's. What holds: a summary of words of its own is read.

use crate::model::{Article, Field, Observation, Span};

/// Words at the end of a summary that may be cut or added: "… Read more".
const TAIL: usize = 3;

/// A shorter summary is no beginning of anything.
const SHORTEST: usize = 8;

/// Words of the body that may stand before it: a dateline, a byline, a lead.
const OPENING: usize = 64;

/// Where words of a summary stand in the body: the word's start in each, and its length.
#[derive(Debug, Default)]
pub(super) struct Repeated(Vec<(usize, usize, usize)>);

impl Repeated {
    /// The words of a summary that repeats the body; none of one that does not.
    pub(super) fn new(article: &Article) -> Self {
        let summary: Vec<(usize, &str)> = words(article.summary.as_deref().unwrap_or_default()).collect();
        if summary.len() < SHORTEST {
            return Self::default();
        }
        let body: Vec<(usize, &str)> = words(&article.body).take(summary.len() + OPENING).collect();
        let same = (0..OPENING).map(|from| {
            let pairs = summary.iter().zip(body.get(from..).unwrap_or_default());
            let pairs = pairs.take_while(|((_, one), (_, other))| one == other);
            pairs.map(|((at, word), (from, _))| (*at, *from, word.len())).collect::<Vec<_>>()
        });
        let most = same.max_by_key(Vec::len).unwrap_or_default();
        Self(if most.len() + TAIL >= summary.len() { most } else { Vec::new() })
    }

    /// Whether the summary is told by the body.
    pub(super) fn is_whole(&self) -> bool {
        !self.0.is_empty()
    }

    /// Notes where the summary repeats a figure of the body.
    pub(super) fn note(&self, found: &mut [Observation]) {
        for one in found.iter_mut().filter(|one| one.field.is_body() && self.is_whole()) {
            let value = one.spans.value.and_then(|span| Some((self.at(span.start)?, self.at(span.end - 1)? + 1)));
            one.also_at.extend(value.map(|(start, end)| Span::new(Field::Summary, start, end)));
        }
    }

    /// Where a byte of the body stands in the summary.
    fn at(&self, byte: usize) -> Option<usize> {
        let next = self.0.partition_point(|(_, from, _)| *from <= byte);
        let (at, from, length) = self.0.get(next.checked_sub(1)?)?;
        (byte < from + length).then(|| at + byte - from)
    }
}

/// The words of a text with where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut next = 0;
    let pieces = text.split_inclusive(char::is_whitespace).map(move |piece| {
        next += piece.len();
        (next - piece.len(), piece.trim_end())
    });
    pieces.filter(|(_, word)| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::super::tests::article;
    use crate::extract::diseases::COVID_19;
    use crate::extract::places::Places;
    use crate::language::pack;
    use crate::model::Field;

    #[test]
    fn a_summary_that_opens_the_body_is_no_second_story() {
        let text = "OSLO, Nov 18 (NTB) - Norway recorded 412 new coronavirus\ncases on Wednesday.\n\nOf them 38 were in Bergen.";
        let told = |summary: &str| {
            let mut article = article(&serde_json::json!({"text": text, "date": "2020-11-18"}));
            article.summary = Some(summary.to_owned());
            let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
            found.into_iter().map(|one| (one.value.unwrap().0 as u32, one.also_at)).collect::<Vec<_>>()
        };
        let cut = "Norway recorded 412 new coronavirus cases on Wednesday. Of them 38 were in Ber… Read more";
        for (value, also) in told(cut) {
            let spans: Vec<_> = also.iter().map(|span| (span.field, span.of(cut).unwrap())).collect();
            assert_eq!(spans, [(Field::Summary, value.to_string().as_str())]);
        }
        assert_eq!(told("A ferry ran aground off Bergen, and 12 of its crew have the coronavirus.").len(), 3);
    }
}
