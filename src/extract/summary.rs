//! Summaries that are the beginning of their body, as most feeds have them.
//!
//! In: a story. Out: which words of its summary are which of the body, so that the summary is not read a second time, with less
//! around it, and its names and figures are further mentions of the body's. What holds: a summary of words of its own is read.

use crate::model::{Article, Field, Observation, Span};

/// Words at the end of a summary that may be cut or added: "… Read more".
const TAIL: usize = 3;

/// A shorter summary is no beginning of anything.
const SHORTEST: usize = 8;

/// Words of the body that may stand before it: a dateline, a byline, a lead.
const OPENING: usize = 64;

/// Where words of a summary stand in the body: where they start in each, and the bytes of one, or of all that follow one another.
#[derive(Debug, Default)]
pub(crate) struct Repeated(Vec<(usize, usize, usize)>);

impl Repeated {
    /// The words of a summary that repeats the body; none of one that does not.
    pub(crate) fn new(article: &Article) -> Self {
        let text = article.summary.as_deref().unwrap_or_default();
        if words(text).nth(SHORTEST - 1).is_none() {
            return Self::default();
        }
        // Most repeat it to the byte, but for what parts paragraphs.
        if let Some(runs) = words(&article.body).take(OPENING).find_map(|(from, _)| runs(text, &article.body, from)) {
            return Self(runs);
        }
        let summary: Vec<(usize, &str)> = words(text).collect();
        let body: Vec<(usize, &str)> = words(&article.body).take(summary.len() + OPENING).collect();
        let same = |from: usize| {
            let pairs = summary.iter().zip(body.get(from..).unwrap_or_default());
            pairs.take_while(|((_, one), (_, other))| one == other)
        };
        let most =
            (0..OPENING).map(|from| (same(from).count(), from)).max().filter(|most| most.0 + TAIL >= summary.len());
        let words = most.into_iter().flat_map(|(_, from)| same(from));
        Self(words.map(|((at, word), (from, _))| (*at, *from, word.len())).collect())
    }

    /// Whether the summary is told by the body.
    pub(crate) fn is_whole(&self) -> bool {
        !self.0.is_empty()
    }

    /// Notes where the summary repeats a figure of the body.
    pub(crate) fn note(&self, found: &mut [Observation]) {
        for one in found.iter_mut().filter(|one| one.field.is_body() && self.is_whole()) {
            one.also_at.extend(one.spans.value.and_then(|span| self.span(&span)));
        }
    }

    /// Puts what the summary repeats of the body, names or values in text order, before that; `moved` is one of them at another
    /// place.
    pub(crate) fn insert<T>(
        &self,
        all: &mut Vec<T>,
        span: impl Fn(&T) -> &Span,
        moved: impl Fn(&T, Span) -> Option<T>,
    ) {
        let body = all.iter().position(|one| span(one).field.is_body()).unwrap_or(all.len());
        let of_body = all.iter().filter(|one| span(one).field.is_body());
        let again: Vec<T> = of_body.filter_map(|one| moved(one, self.span(span(one))?)).collect();
        all.splice(body..body, again);
    }

    /// Where a span of the body stands in the summary.
    fn span(&self, span: &Span) -> Option<Span> {
        Some(Span::new(Field::Summary, self.at(span.start)?, self.at(span.end.checked_sub(1)?)? + 1))
    }

    /// Where a byte of the body stands in the summary.
    fn at(&self, byte: usize) -> Option<usize> {
        let next = self.0.partition_point(|(_, from, _)| *from <= byte);
        let (at, from, length) = self.0.get(next.checked_sub(1)?)?;
        (byte < from + length).then(|| at + byte - from)
    }
}

/// Where a summary repeats the body from a byte on, but for its tail and for white space: a run for each stretch.
fn runs(summary: &str, body: &str, from: usize) -> Option<Vec<(usize, usize, usize)>> {
    let blanks = |text: &str| text.len() - text.trim_ascii_start().len();
    let (mut at, mut from, mut runs) = (blanks(summary), from, Vec::new());
    loop {
        let (one, other) = (summary.get(at..)?, body.get(from..)?);
        let same = same(one, other);
        if same == 0 {
            let tail = words(one).nth(TAIL).is_some();
            return (!runs.is_empty() && !tail).then_some(runs);
        }
        runs.push((at, from, same));
        at += same + blanks(one.get(same..)?);
        from += same + blanks(other.get(same..)?);
    }
}

/// How many bytes two texts have in common before a word of either ends otherwise.
fn same(one: &str, other: &str) -> usize {
    let (whole, other_whole) = (one.as_bytes().as_chunks::<BLOCK>().0, other.as_bytes().as_chunks::<BLOCK>().0);
    let blocks = BLOCK * whole.iter().zip(other_whole).take_while(|(one, other)| one == other).count();
    let [rest, other_rest] = [one, other].map(|text| text.as_bytes().get(blocks..).unwrap_or_default());
    let rest = rest.iter().zip(other_rest).take_while(|(one, other)| one == other).count();
    let ends = |text: &str, at: usize| text.as_bytes().get(at).is_none_or(u8::is_ascii_whitespace);
    (1..=blocks + rest).rev().find(|at| ends(one, *at) && ends(other, *at)).unwrap_or(0)
}

/// Bytes that are compared at a time.
const BLOCK: usize = 16;

/// The words of a text with where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_ascii_whitespace().map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

#[cfg(test)]
mod tests {
    use crate::extract::diseases::COVID_19;
    use crate::extract::places::Places;
    use crate::extract::statistics::tests::{article, find};
    use crate::extract::{Options, Tables};
    use crate::language::pack;
    use crate::model::{Article, FeedId, Field, ItemId};

    #[test]
    fn a_summary_that_opens_the_body_is_no_second_story() {
        let text = "OSLO, Nov 18 (NTB) - Norway recorded 412 new coronavirus\ncases on Wednesday.\n\nOf them 38 were in Bergen.";
        let told = |summary: &str| {
            let mut article = article(&serde_json::json!({"text": text, "date": "2020-11-18"}));
            article.summary = Some(summary.to_owned());
            let found = find(pack("en").unwrap(), &Places::new(), COVID_19, &article).observations;
            found.into_iter().map(|one| (one.value.unwrap().0 as u32, one.also_at)).collect::<Vec<_>>()
        };
        assert_eq!(
            told(&text.replace("\n\n", " "))[1].1[0].start,
            text.rfind("38").unwrap() - 1,
            "a blank line is a blank"
        );
        let cut = "Norway recorded 412 new coronavirus cases on Wednesday. Of them 38 were in Ber… Read more";
        for (value, also) in told(cut) {
            let spans: Vec<_> = also.iter().map(|span| (span.field, span.of(cut).unwrap())).collect();
            assert_eq!(spans, [(Field::Summary, value.to_string().as_str())]);
        }
        assert_eq!(told("A ferry ran aground off Bergen, and 12 of its crew have the coronavirus.").len(), 3);
    }

    #[test]
    fn its_names_and_values_are_those_of_the_body() {
        let feed = FeedId::from("test");
        let mut story = Article::new(ItemId::new(&feed, "1"), feed);
        story.body =
            "Norway lent Kenya $40 million on Wednesday.\n\nThe mayor of Bergen thanked Kenya for tea and roses."
                .to_owned();
        let cut = "Norway lent Kenya $40 million on Wednesday. The mayor of Ber...";
        story.summary = Some(cut.to_owned());
        story.language = Some("en".to_owned());
        let told = crate::extract::article(&Tables::new(&Options::default()), story);
        let mentions = told.entities.iter().flat_map(|entity| &entity.mentions);
        let names: Vec<&str> =
            mentions.filter(|mention| !mention.span.field.is_body()).map(|mention| &*mention.text).collect();
        assert_eq!(names, ["Norway", "Kenya"]);
        let values = told.values.iter().filter(|value| !value.span.field.is_body());
        let values: Vec<_> = values.map(|value| (value.text.as_str(), value.span.of(cut).unwrap())).collect();
        assert_eq!(values, [("$40 million", "$40 million"), ("Wednesday", "Wednesday")]);
    }
}
