//! Enriched articles, verdicts and the rest of what the doorstep holds become [`Record`]s: the only place that knows
//! the wire form.
//!
//! In come values with byte spans, out go records whose offsets are Unicode code points. Every record is a function of
//! its arguments, so that a batch that is made again has the same bytes. With `publish_body = false` the body is null
//! and the body's passages in `changes` are left out; the spans keep pointing into the text that is not published, and
//! the words of mentions, values and claims stay, for they are the evidence. Nothing here decides anything.

use super::route::{self, Happening, Label};
use super::{Format, claim, ninjs};
use crate::model::{
    Article, ArticleRecord, Change, CodePoints, Duplicate, Enriched, EventRecord, FeedId, FeedRef, FeedStatusRecord,
    Field, FieldChange, Hash, ItemId, Notice, Observation, Outcome, ProducedBy, Record, Relation, Series, Span,
    StandingClaim, StoryRecord, StoryState, Topic, Verdict,
};
use std::collections::HashMap;

pub use super::claim::evidence;
pub use super::dead_letter::{dead_letter, item_dead_letter};
pub use super::route::Stamp;

/// The schema of [`ArticleRecord`].
pub const ARTICLE_SCHEMA: &str = "article/1";
/// The schema of an article in the form of [`super::ninjs`].
pub const ARTICLE_NINJS_SCHEMA: &str = "article-ninjs/1";
/// The schema of [`crate::model::ClaimRecord`].
pub const CLAIM_SCHEMA: &str = "claim/1";
/// The schema of [`StoryRecord`].
pub const STORY_SCHEMA: &str = "story/1";
/// The schema of [`FeedStatusRecord`].
pub const FEED_STATUS_SCHEMA: &str = "feed-status/1";
/// The schema of [`EventRecord`].
pub const EVENT_SCHEMA: &str = "event/1";

/// The records of one revision: the article where it is published, its claims, and its story where that changed.
pub fn article(stamp: &Stamp<'_>, mut enriched: Enriched, verdict: &Verdict) -> Vec<Record> {
    enriched.article.observed = Some(stamp.observed);
    let claims = claim::records(stamp, &enriched.article, revision_of(verdict), &verdict.claims);
    let feed = enriched.article.feed.clone();
    let mut records = Vec::with_capacity(claims.len() + 2);
    if let Outcome::Publish { revision, change, .. } = verdict.outcome {
        let value = article_record(enriched, Some(verdict), stamp.publish_body, stamp.program);
        let happening = match change {
            Change::New => Happening::ArticlePublished,
            Change::Update | Change::Correction | Change::EmbargoLift => Happening::ArticleUpdated,
            Change::Kill => Happening::ArticleWithdrawn,
        };
        let label = Label {
            topic: Topic::Articles,
            key: &value.id.0,
            happening,
            id: format!("{}/{revision}", value.id),
            feed: &feed,
            subject: &value.id.0,
            item: &value.id.0,
            revision,
            hash: stamp.hash,
            schema: Some(ARTICLE_SCHEMA),
        };
        records.push(match stamp.format {
            // With all that is found in a text, its record is some six times as long.
            Format::Flat => route::json_of_about(6 * value.body.as_ref().map_or(0, String::len), stamp, &label, &value),
            Format::Ninjs => ninjs::record(stamp, label, &value, verdict.state.first_seen),
        });
    }
    for claim in &claims {
        let label = Label {
            topic: Topic::CovidStats,
            key: &claim.item.0,
            happening: Happening::CovidObservation,
            // The claim's own id is `<item>/<observation id>`.
            id: format!("{}/{}/{}", claim.item, claim.revision, claim.observation()),
            feed: &feed,
            subject: &claim.id,
            item: &claim.item.0,
            revision: claim.revision,
            hash: stamp.hash,
            schema: Some(CLAIM_SCHEMA),
        };
        records.push(route::json(stamp, &label, claim));
    }
    let item = records.first().map(|record| record.key.clone());
    let stories = [("story", &verdict.story), ("other_story", &verdict.other_story)];
    for (name, story) in stories {
        if let (Some(story), Some(item)) = (story, &item) {
            records.push(story_record(stamp, (item, name), revision_of(verdict), story));
        }
    }
    records
}

/// The article record alone, as `process` shows it too. Without a verdict it is revision 1 of an original that was
/// compared with nothing.
pub fn article_record(
    mut enriched: Enriched,
    verdict: Option<&Verdict>,
    publish_body: bool,
    program: &str,
) -> ArticleRecord {
    let mut duplicate = verdict.map_or_else(not_compared, |verdict| verdict.duplicate.clone());
    let standing = verdict.map_or(&[][..], |verdict| &verdict.state.claims);
    stand(&mut enriched.covid.observations, standing);
    to_code_points(&mut enriched, &mut duplicate);
    let (change, supersedes, changes) = match verdict.map(|verdict| &verdict.outcome) {
        Some(Outcome::Publish { change, supersedes, changes, .. }) => {
            (*change, *supersedes, changes_to_publish(changes, publish_body))
        }
        _ => (stated_change(&enriched.article), None, Vec::new()),
    };
    let Enriched { article, entities, values, quotes, covid, language_pack, tagger } = enriched;
    ArticleRecord {
        schema: ARTICLE_SCHEMA.to_owned(),
        id: article.id,
        revision: verdict.map_or(1, revision_of),
        change,
        supersedes,
        changes,
        feed: FeedRef { id: article.feed, title: article.feed_title, url: article.feed_url },
        url: article.url,
        guid: article.guid,
        canonical_url: article.canonical_url,
        published: article.published,
        updated: article.updated,
        published_utc: article.published.map(|time| time.utc()),
        published_raw: article.published_raw,
        observed: article.observed,
        language: article.language,
        language_from: article.language_from,
        headline: article.headline,
        summary: article.summary,
        body: Some(article.body).filter(|body| publish_body && !body.is_empty()),
        body_from: article.body_from,
        completeness: article.completeness,
        wire: article.wire,
        sections: article.sections,
        quotes,
        entities,
        values,
        covid,
        duplicate,
        withdraws: verdict.map_or_else(Vec::new, |verdict| verdict.withdraws.clone()),
        withdrawn_by: verdict.and_then(|verdict| verdict.state.told_by(revision_of(verdict)).cloned()),
        images: article.images,
        enclosures: article.enclosures,
        categories: article.categories,
        authors: article.authors,
        rights: article.rights,
        untrusted: true,
        issues: article.issues,
        produced_by: ProducedBy { program: program.to_owned(), model: Some(tagger), language_pack },
    }
}

/// What the daemon knows of a feed.
pub fn status(stamp: &Stamp<'_>, status: &FeedStatusRecord) -> Record {
    feed_record(stamp, Topic::FeedStatus, Happening::FeedStatus, FEED_STATUS_SCHEMA, &status.id, status)
}

/// Something that happened to a feed.
pub fn event(stamp: &Stamp<'_>, event: &EventRecord) -> Record {
    feed_record(stamp, Topic::Events, Happening::FeedEvent, EVENT_SCHEMA, &event.feed, event)
}

/// The tombstone of a story that has passed the horizon. It comes with no revision: the stamp's origin is the frame
/// before which the horizon was looked at.
pub fn story_forgotten(stamp: &Stamp<'_>, story: &str) -> Record {
    // A story's id is the id of its first item, and an item's id begins with its feed's.
    let feed = story.rsplit_once(':').map_or(story, |(feed, _)| feed).into();
    let label = Label {
        topic: Topic::Stories,
        key: story,
        happening: Happening::StoryForgotten,
        id: format!("{story}/forgotten/{}", stamp.origin),
        feed: &feed,
        subject: story,
        item: story,
        revision: 0,
        hash: stamp.hash,
        schema: None,
    };
    route::record(stamp, &label, None, "application/json")
}

fn story_record(stamp: &Stamp<'_>, (item, name): (&str, &str), revision: u32, story: &StoryState) -> Record {
    let value = StoryRecord {
        schema: STORY_SCHEMA.to_owned(),
        id: story.id.clone(),
        origin: story.members.first().cloned().unwrap_or_else(|| ItemId(story.id.clone())),
        members: story.members.clone(),
        agencies: story.agencies.clone(),
        first_seen: story.first_seen,
        headline: story.headline.clone(),
        merged_into: story.merged_into.clone(),
        merged: story.merged.clone(),
        split_from: story.split_from.clone(),
    };
    let feed = item.rsplit_once(':').map_or(item, |(feed, _)| feed).into();
    let label = Label {
        topic: Topic::Stories,
        key: &value.id,
        happening: Happening::StoryChanged,
        id: format!("{item}/{revision}/{name}"),
        feed: &feed,
        subject: &value.id,
        item,
        revision,
        hash: stamp.hash,
        schema: Some(STORY_SCHEMA),
    };
    route::json(stamp, &label, &value)
}

fn feed_record(
    stamp: &Stamp<'_>,
    topic: Topic,
    happening: Happening,
    schema: &str,
    feed: &FeedId,
    value: &impl serde::Serialize,
) -> Record {
    let hash = Hash::of_bytes(&serde_json::to_vec(value).unwrap_or_default());
    let label = Label {
        topic,
        key: &feed.0,
        happening,
        id: format!("{feed}/{schema}/{}", stamp.origin),
        feed,
        subject: &feed.0,
        item: &feed.0,
        revision: 0,
        hash: &hash,
        schema: Some(schema),
    };
    route::json(stamp, &label, value)
}

fn revision_of(verdict: &Verdict) -> u32 {
    match verdict.outcome {
        Outcome::Publish { revision, .. } => revision,
        Outcome::Suppress(_) => verdict.state.revision,
    }
}

/// What a story that stands alone says of itself: without an earlier revision there is nothing to update.
fn stated_change(article: &Article) -> Change {
    match article.wire.notice {
        Some(Notice::Kill) => Change::Kill,
        Some(Notice::Correction) => Change::Correction,
        Some(Notice::Update) | None => Change::New,
    }
}

fn not_compared() -> Duplicate {
    Duplicate {
        relation: Relation::Original,
        of: None,
        similarity: None,
        shared: None,
        added_paragraphs: Vec::new(),
        reason: "not_compared".to_owned(),
        story: None,
        origin_agency: None,
    }
}

/// An article's figures stand to what was known as the claims do that they make.
fn stand(observations: &mut [Observation], claims: &[StandingClaim]) {
    let series: HashMap<&str, &Series> = claims
        .iter()
        .filter_map(|claim| Some((claim.observation.id.as_str(), claim.observation.series.as_ref()?)))
        .collect();
    for observation in observations {
        if let Some(series) = series.get(observation.id.as_str()) {
            observation.stand((*series).clone());
        }
    }
}

fn changes_to_publish(changes: &[FieldChange], publish_body: bool) -> Vec<FieldChange> {
    let mut changes = changes.to_vec();
    if !publish_body {
        for change in changes.iter_mut().filter(|change| change.field == "body") {
            change.from = None;
            change.to = None;
        }
    }
    changes
}

fn to_code_points(enriched: &mut Enriched, duplicate: &mut Duplicate) {
    // The texts are taken out so that the spans beside them can be changed, and put back after.
    let body = std::mem::take(&mut enriched.article.body);
    let headline = enriched.article.headline.take();
    let summary = enriched.article.summary.take();
    let in_body = CodePoints::new(&body);
    let in_headline = CodePoints::new(headline.as_deref().unwrap_or_default());
    let in_summary = CodePoints::new(summary.as_deref().unwrap_or_default());
    let mut visit = |span: &mut Span| {
        *span = match span.field {
            Field::Body => in_body.span(*span),
            Field::Headline => in_headline.span(*span),
            Field::Summary => in_summary.span(*span),
        };
    };
    enriched.each_span(&mut visit);
    duplicate.added_paragraphs.iter_mut().for_each(visit);
    enriched.article.body = body;
    enriched.article.headline = headline;
    enriched.article.summary = summary;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::*;
    use crate::publish::schema;
    use jiff::Timestamp;
    use serde_json::{Value as Json, json};

    const BODY: &str = "ОСЛО, 3 марта. — В стране умерли 17 человек.\n\nЭто всё.";

    fn span_of(words: &str) -> Span {
        let start = BODY.find(words).unwrap();
        Span::body(start, start + words.len())
    }

    /// Seventeen deaths in Norway, in a Russian story about them.
    fn story() -> (Enriched, Verdict) {
        let feed = FeedId::from("nord");
        let id = ItemId::new(&feed, "1");
        let mut article = Article::new(id.clone(), feed.clone());
        article.headline = Some("«17 смертей»".to_owned());
        article.body = BODY.to_owned();
        article.sections = vec![Section {
            kind: SectionKind::Lead,
            heading: None,
            span: span_of("В стране умерли 17 человек."),
            template: None,
            standing: None,
        }];
        let observation: Observation = serde_json::from_value(json!({
            "id": "o1", "disease": "COVID-19", "metric": "deaths", "value": 17, "unit": "count", "qualifier": "exact",
            "location": {"name": "Norway", "kind": "country", "iso2": "NO", "iso3": "NOR", "subdivision": null, "how": "dateline"},
            "kind": "cumulative", "period": null, "subset": [], "as_of": {"date": "2021-03-03", "how": "dateline_default"},
            "source": null, "status": "reported", "sentence": {"index": 1, "start": 0, "end": 0}, "spans": {},
            "confidence": 0.8, "rule": "deaths.died", "in_background": false, "also_at": [], "plausibility": [], "series": null
        }))
        .unwrap();
        let mut second = observation.clone();
        second.field = Field::Headline;
        second.sentence.span = Span::new(Field::Headline, 0, article.headline.as_ref().unwrap().len());
        second.id = "o2".to_owned();
        let mut first = observation;
        first.sentence.span = span_of("В стране умерли 17 человек.");
        first.spans.value = Some(span_of("17"));
        first.plausibility = vec![Contradiction {
            code: "new_above_total".to_owned(),
            other: Some("o2".to_owned()),
            span: Some(Span::new(Field::Headline, "«".len(), "«17".len())),
        }];
        let standing = first.clone();
        let series = json!({
            "relation": "contradicts", "other": "x:1/o1", "agency": "TT", "feed": "x", "source": null, "value": 19,
            "qualifier": "exact", "as_of": "2021-03-02"
        });
        let mut stands = first.clone();
        stands.stand(serde_json::from_value(series).unwrap());
        let state = ItemState {
            v: 1,
            feed,
            revision: 2,
            hash: Hash::of_bytes(b"content"),
            earlier: Vec::new(),
            suppressed: Vec::new(),
            failed: Vec::new(),
            relation: Relation::Original,
            of: None,
            story: Some(id.0.clone()),
            agency: None,
            first_seen: Timestamp::UNIX_EPOCH,
            touched: Timestamp::UNIX_EPOCH,
            signature: None,
            claims: vec![StandingClaim { revision: 2, observation: stands, evidence: ClaimEvidence::default() }],
            killed: false,
            withdraws: Vec::new(),
            withdrawn: Vec::new(),
        };
        let verdict = Verdict {
            outcome: Outcome::Publish {
                revision: 2,
                change: Change::Correction,
                supersedes: Some(1),
                changes: vec![FieldChange {
                    field: "body".to_owned(),
                    from: Some("16".to_owned()),
                    to: Some("17".to_owned()),
                }],
            },
            duplicate: Duplicate { added_paragraphs: vec![span_of("Это всё.")], ..not_compared() },
            claims: vec![
                ClaimChange::Assert { observation: Box::new(first.clone()), supersedes: Some(1) },
                ClaimChange::Assert { observation: Box::new(second.clone()), supersedes: None },
                ClaimChange::Retract {
                    observation: Box::new(Observation { id: "o9".to_owned(), ..standing }),
                    evidence: ClaimEvidence {
                        sentence: "Was said.".to_owned(),
                        value_text: None,
                        sentence_start: 3,
                        sentence_end: 12,
                    },
                    supersedes: 1,
                },
            ],
            state,
            text: None,
            story: Some(StoryState {
                v: 1,
                id: id.0.clone(),
                members: vec![id],
                agencies: vec!["NTB".to_owned()],
                first_seen: Timestamp::UNIX_EPOCH,
                headline: None,
                longest: 9,
                merged_into: None,
                merged: Vec::new(),
                split_from: None,
            }),
            other_story: None,
            series: Vec::new(),
            withdraws: Vec::new(),
        };
        let enriched = Enriched {
            article,
            entities: Vec::new(),
            values: Vec::new(),
            quotes: Vec::new(),
            covid: Covid { relevant: true, score: 1.0, observations: vec![first, second] },
            language_pack: None,
            tagger: "rules/1".to_owned(),
        };
        (enriched, verdict)
    }

    fn encoded(format: Format, publish_body: bool) -> Vec<Record> {
        let origin = Origin { intake: "5f0c".to_owned(), seq: 7, index: 0 };
        let hash = Hash::of_bytes(b"content");
        let observed = "2021-03-03T10:00:00Z".parse().unwrap();
        let stamp = Stamp {
            origin: &origin,
            generation: 0,
            hash: &hash,
            observed,
            publish_body,
            format,
            sampled: 1.0,
            program: "dateline/0.0.0",
        };
        let (enriched, verdict) = story();
        let mut records = article(&stamp, enriched, &verdict);
        records.push(event(
            &stamp,
            &EventRecord {
                schema: EVENT_SCHEMA.to_owned(),
                feed: "nord".into(),
                kind: EventKind::Gap,
                detail: String::new(),
                at: observed,
            },
        ));
        records.push(status(
            &stamp,
            &FeedStatusRecord {
                schema: FEED_STATUS_SCHEMA.to_owned(),
                id: "nord".into(),
                title: None,
                url: "https://nord.example/rss".to_owned(),
                state: FeedState::Active,
                interval_seconds: 60.0,
                consecutive_errors: 0,
                last_error: None,
                moved_to: None,
                at: observed,
            },
        ));
        records
    }

    fn value(record: &Record) -> Json {
        serde_json::from_slice(record.value.as_ref().unwrap()).unwrap()
    }

    /// The words that a pair of code-point offsets points at.
    #[track_caller]
    fn check_words(text: &str, place: &Json, words: &str) {
        let [start, end] = ["start", "end"].map(|side| place[side].as_u64().unwrap() as usize);
        assert_eq!(text.chars().skip(start).take(end - start).collect::<String>(), words);
    }

    #[test]
    fn every_record_is_as_its_schema_says() {
        let standard =
            [include_str!("../../tests/ninjs/ninjs-schema_3.1.json"), include_str!("../../tests/ninjs/geojson.json")];
        let [standard, geo] = standard.map(|text| serde_json::from_str::<Json>(text).unwrap());
        let registry = jsonschema::Registry::new().add(ninjs::STANDARD, &standard).unwrap();
        let registry = registry.add(geo["$id"].as_str().unwrap(), &geo).unwrap().prepare().unwrap();
        for format in [Format::Flat, Format::Ninjs] {
            let records = encoded(format, true);
            assert_eq!(records.len(), 7);
            for record in records {
                let value = value(&record);
                let schema = schema::find(value["schema"].as_str().unwrap()).unwrap();
                assert_eq!(schema.topic, record.topic);
                let validator = jsonschema::options().with_registry(&registry).should_validate_formats(true);
                let validator = validator.build(&schema.schema).unwrap();
                let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
                assert_eq!(errors, Vec::<String>::new(), "{}: {value}", schema.name);
                assert_eq!(
                    Some(schema.schema["$id"].as_str().unwrap()),
                    record.header("ce_dataschema"),
                    "the header names the schema"
                );
            }
        }
    }

    #[test]
    fn nothing_of_the_flat_record_is_lost_in_ninjs() {
        for publish_body in [true, false] {
            let [flat, ninjs] = [Format::Flat, Format::Ninjs].map(|format| encoded(format, publish_body));
            let bytes = ninjs[0].value.as_deref().unwrap();
            assert!(ninjs::is_ninjs(bytes) && !ninjs::is_ninjs(flat[0].value.as_deref().unwrap()));
            let back: Json = serde_json::from_slice(&ninjs::flat(bytes)).unwrap();
            assert_eq!(back, value(&flat[0]));
            assert_eq!(ninjs[1..], flat[1..], "other topics stay as they are");
        }
    }

    #[test]
    fn spans_count_code_points_and_point_at_their_words() {
        let records = encoded(Format::Flat, true);
        let article = value(&records[0]);
        let body = article["body"].as_str().unwrap();
        check_words(body, &article["sections"][0], "В стране умерли 17 человек.");
        check_words(body, &article["duplicate"]["added_paragraphs"][0], "Это всё.");
        check_words(body, &article["covid"]["observations"][0]["sentence"], "В стране умерли 17 человек.");
        let headline = article["headline"].as_str().unwrap();
        check_words(headline, &article["covid"]["observations"][1]["sentence"], headline);
        let pair = &article["covid"]["observations"][0]["spans"]["value"];
        check_words(body, &json!({ "start": pair[0], "end": pair[1] }), "17");
        let claim = value(&records[1]);
        let sentence = json!({ "start": claim["sentence_start"], "end": claim["sentence_end"] });
        check_words(body, &sentence, claim["sentence"].as_str().unwrap());
        assert_eq!(claim["value_text"], "17");
        assert_eq!(value(&records[2])["in"], "headline");
        let against = &article["covid"]["observations"][0]["plausibility"][0]["span"];
        check_words(headline, against, "17");
        assert_eq!(&claim["plausibility"][0]["span"], against);
        let retracted = value(&records[3]);
        assert_eq!((&retracted["op"], &retracted["sentence"]), (&json!("retract"), &json!("Was said.")));
        assert_eq!(retracted["plausibility"][0], json!({ "code": "new_above_total", "other": "o2" }));
    }

    #[test]
    fn an_article_says_of_its_figures_how_the_claims_stand() {
        let article = value(&encoded(Format::Flat, true)[0]);
        let observations = &article["covid"]["observations"];
        assert_eq!(observations[0]["series"]["other"], "x:1/o1");
        let falls = json!({ "code": "cumulative_falls", "other": "x:1/o1" });
        assert_eq!(observations[0]["plausibility"][1], falls);
        assert_eq!(observations[1]["series"], Json::Null);
    }

    #[test]
    fn headers_name_what_a_reader_needs_to_prove_the_guarantees() {
        let records = encoded(Format::Flat, true);
        let id = records[0].key.clone();
        assert_eq!(records[0].header("ce_id"), Some(format!("{id}/2").as_str()));
        assert_eq!(records[0].header("ce_type"), Some("org.dateline.article.updated.v1"));
        assert_eq!(records[1].header("ce_id"), Some(format!("{id}/2/o1").as_str()));
        let ids: std::collections::BTreeSet<_> = records.iter().map(|record| record.header("ce_id").unwrap()).collect();
        assert_eq!(ids.len(), records.len(), "no two records share an id");
        for record in &records {
            for name in ["item", "rev", "hash", "origin", "generation", "ce_source", "ce_time", "content-type"] {
                assert!(record.header(name).is_some_and(|value| !value.is_empty()), "{name} of {:?}", record.topic);
            }
            let parts: Vec<usize> = record.header("traceparent").unwrap().split('-').map(str::len).collect();
            assert_eq!(parts, [2, 32, 16, 2]);
        }
        assert_eq!(encoded(Format::Flat, true), records, "made again, it is the same");
    }

    #[test]
    fn a_body_that_is_not_to_be_published_is_nowhere() {
        for record in encoded(Format::Flat, false) {
            let text = String::from_utf8(record.value.unwrap()).unwrap();
            assert!(!text.contains("Это всё"), "{text}");
            assert!(!text.contains("\"from\":\"16\""), "{text}");
        }
    }
}
