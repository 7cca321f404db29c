//! Every kind of offence, planted into records that are well formed otherwise.

use super::*;
use crate::model::Record;
use serde_json::json;

const INTAKE: &str = "0a0b";

fn options() -> Options {
    Options {
        at_least_once: false,
        horizon: SignedDuration::from_hours(24 * 30),
        now: "2020-10-10T00:00:00Z".parse().unwrap(),
        state: false,
        intake: false,
    }
}

fn hash(item: &str, rev: u32) -> String {
    blake3::hash(format!("{item} {rev}").as_bytes()).to_hex().to_string()
}

/// Revision `rev` of an item, observed in frame `seq`.
fn article(item: &str, rev: u32, seq: u64) -> Record {
    let before = Some(rev - 1).filter(|rev| *rev > 0);
    record(
        Topic::Articles,
        item,
        rev,
        seq,
        &format!("{item}/{rev}"),
        &json!({"id": item, "revision": rev, "supersedes": before}),
    )
}

fn claim(item: &str, rev: u32, seq: u64, op: &str, supersedes: Option<u32>) -> Record {
    let id = format!("{item}/o1");
    let value = json!({"id": id, "op": op, "item": item, "revision": rev, "supersedes": supersedes});
    record(Topic::CovidStats, item, rev, seq, &format!("{item}/{rev}/o1"), &value)
}

fn record(topic: Topic, item: &str, rev: u32, seq: u64, id: &str, value: &serde_json::Value) -> Record {
    let headers = [
        ("ce_id", id.to_owned()),
        ("ce_time", "2020-10-09T10:00:00Z".to_owned()),
        ("item", item.to_owned()),
        ("rev", rev.to_string()),
        ("hash", hash(item, rev)),
        ("origin", format!("{INTAKE}/{seq}/0")),
        ("generation", "0".to_owned()),
    ];
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Record { topic, key: item.to_owned(), headers, value: Some(value.to_string().into_bytes()) }
}

fn with(mut record: Record, name: &str, value: &str) -> Record {
    for (header, text) in &mut record.headers {
        if header == name {
            value.clone_into(text);
        }
    }
    record
}

/// The records as a partition has them.
fn audited(options: Options, records: Vec<Record>, more: impl FnOnce(&mut Auditor)) -> Report {
    let mut auditor = Auditor::new(options);
    for (offset, record) in (0..).zip(records) {
        let place = Place::Partition { topic: record.topic.name("w"), partition: 0, offset };
        auditor.record(&Placed { place, record });
    }
    more(&mut auditor);
    auditor.conclude()
}

/// `what promise item rev@place`, of each offence.
fn named(report: &Report) -> Vec<String> {
    let name = |offence: &Offence| {
        let item = offence.item.as_deref().unwrap_or("-");
        let rev = offence.rev.map_or("-".to_owned(), |rev| rev.to_string());
        let place = offence.place.as_deref().map_or("-", |place| place.rsplit(['@', ':']).next().unwrap());
        format!("{:?} {:?} {item} {rev} @{place}", offence.promise, offence.what)
    };
    report.offences.iter().map(name).collect()
}

#[track_caller]
fn check(records: Vec<Record>, expected: &[&str]) {
    let report = audited(options(), records, |_| {});
    assert_eq!(named(&report), expected, "{:#?}", report.offences);
    assert_eq!(report.holds(), expected.is_empty());
}

fn clean() -> Vec<Record> {
    vec![
        article("f:a", 1, 1),
        article("f:b", 1, 2),
        article("f:a", 2, 3),
        article("f:a", 3, 5),
        claim("f:a", 1, 1, "assert", None),
        claim("f:a", 2, 3, "assert", Some(1)),
        claim("f:a", 3, 5, "retract", Some(2)),
    ]
}

#[test]
fn well_formed_topics_are_clean() {
    check(clean(), &[]);
    let report = audited(options(), clean(), |_| {});
    let counts = report.total();
    assert_eq!((counts.items, counts.revisions, counts.claims), (2, 4, 3));
    assert_eq!((report.feeds[0].feed.as_str(), report.notes.len()), ("f", 0));
}

#[test]
fn a_missing_revision_is_named() {
    let mut records = clean();
    records.remove(2);
    // Its claim stands without its article.
    check(records, &["G3 Unfounded f:a 2 @4", "G3 Missing f:a 2 @-"]);
    check(vec![article("f:a", 3, 3)], &["G3 Missing f:a 1 @-", "G3 Missing f:a 2 @-"]);
}

#[test]
fn a_doubled_record_is_named_where_it_lies_the_second_time() {
    let mut records = clean();
    records.insert(3, article("f:a", 1, 1));
    records.push(claim("f:a", 1, 1, "assert", None));
    check(records, &["G2 Doubled f:a 1 @3", "G2 Doubled f:a 1 @8"]);
    check(vec![article("f:a", 1, 1), with(article("f:a", 1, 2), "ce_id", "f:a/one")], &["G2 Doubled f:a 1 @1"]);
}

#[test]
fn repeats_are_allowed_where_delivery_is_at_least_once_and_only_byte_for_byte() {
    let mut records = clean();
    records.insert(3, article("f:a", 1, 1));
    let lenient = Options { at_least_once: true, ..options() };
    let report = audited(lenient.clone(), records.clone(), |_| {});
    assert!(report.holds() && report.total().repeats == 1);
    records[3].value = Some(b"{\"id\":\"f:a\",\"revision\":1,\"supersedes\":null,\"x\":1}".to_vec());
    assert_eq!(named(&audited(lenient, records, |_| {})), ["G2 Doubled f:a 1 @3"]);
}

#[test]
fn swapped_revisions_are_one_offence_and_other_keys_have_no_order() {
    let mut records = clean();
    records.swap(2, 3);
    check(records, &["G3 OutOfOrder f:a 2 @3"]);
    let mut records = clean();
    records.swap(0, 1);
    check(records, &[]);
}

#[test]
fn an_origin_that_falls_is_out_of_order() {
    let mut records = clean();
    records[2] = article("f:a", 2, 1);
    check(records, &["G3 OutOfOrder f:a 2 @2"]);
}

#[test]
fn headers_values_and_keys_agree() {
    let mut records = clean();
    records[2] = with(article("f:a", 2, 3), "ce_id", "f:a/2");
    records[2].value = Some(json!({"id": "f:a", "revision": 2, "supersedes": null}).to_string().into_bytes());
    records[0].headers.retain(|(name, _)| name != "origin");
    records.drain(3..);
    // Without its proof a record does not count.
    check(records, &["G2 Unproved - - @0", "G3 Contradiction f:a 2 @2", "G3 Missing f:a 1 @-"]);
}

#[test]
fn a_foreign_generation_is_counted_by_itself() {
    let mut records = clean();
    records.truncate(4);
    records[2] = with(article("f:a", 2, 3), "generation", "1");
    let report = audited(options(), records, |_| {});
    assert_eq!(named(&report), ["G3 Missing f:a 2 @-"]);
    assert_eq!(report.feeds.len(), 2, "both generations have their row");
    // A whole replay, with the same numbers, is in order.
    let mut records = clean();
    records.extend(clean().into_iter().map(|record| with(record, "generation", "1")));
    check(records, &[]);
}

#[test]
fn a_claim_needs_its_article_and_a_retraction_its_claim() {
    check(
        vec![article("f:a", 1, 1), claim("f:a", 2, 2, "assert", None), claim("f:b", 1, 3, "assert", None)],
        &["G3 Unfounded f:a 2 @1", "G3 Unfounded f:b 1 @2"],
    );
    check(vec![article("f:a", 1, 1), claim("f:a", 1, 1, "retract", Some(1))], &["G3 Unfounded f:a 1 @1"]);
    check(
        vec![article("f:a", 1, 1), article("f:a", 2, 2), claim("f:a", 2, 2, "assert", Some(1))],
        &["G3 Missing f:a 2 @2"],
    );
}

#[test]
fn a_revision_that_no_topic_takes_stands_in_the_dead_letters() {
    let mut records = clean();
    let mut letter = records.remove(2);
    letter.topic = Topic::DeadLetters;
    records.insert(0, letter);
    check(records, &[]);
}

#[test]
fn what_retention_has_cut_off_is_no_loss() {
    let mut auditor = Auditor::new(options());
    auditor.log(&Log { name: "w.articles.v1/0".to_owned(), topic: Topic::Articles, begin: 7, end: Some(9) });
    for (offset, record) in [(7, article("f:a", 4, 9)), (8, claim("f:a", 2, 3, "assert", None))] {
        let place = Place::Partition { topic: record.topic.name("w"), partition: 0, offset };
        auditor.record(&Placed { place, record });
    }
    let report = auditor.conclude();
    assert!(report.holds(), "{:#?}", report.offences);
    assert!(
        report.notes.iter().any(|note| note == "1 items begin at a later revision than 1, for the log does: no loss")
    );
}

#[test]
fn an_item_that_comes_back_after_the_horizon_begins_anew() {
    let late = |record| with(record, "ce_time", "2020-11-20T00:00:00Z");
    check(
        vec![article("f:a", 1, 1), article("f:a", 2, 2), late(article("f:a", 1, 7)), late(article("f:a", 2, 8))],
        &[],
    );
    let soon = with(article("f:a", 1, 7), "ce_time", "2020-10-20T00:00:00Z");
    check(vec![article("f:a", 1, 1), article("f:a", 2, 2), soon], &["G2 Doubled f:a 1 @2"]);
}

#[test]
fn lines_of_files_are_numbered_without_gaps() {
    let lines = |numbers: &[u64]| {
        let mut auditor = Auditor::new(options());
        for (at, number) in (1..).zip(numbers) {
            let record = article(&format!("f:{number}"), 1, *number);
            let place = Place::Line { file: "w.articles.v1.ndjson".to_owned(), line: at, number: *number };
            auditor.record(&Placed { place, record });
        }
        auditor.committed(Topic::Articles, 5);
        named(&auditor.conclude())
    };
    assert_eq!(lines(&[0, 1, 2, 3, 4]), Vec::<String>::new());
    assert_eq!(lines(&[0, 1, 3, 4]), ["G1 Missing - - @-"]);
    assert_eq!(lines(&[0, 1, 2, 3]), ["G1 Missing - - @-"]);
    assert_eq!(lines(&[0, 2, 1, 3, 4]), ["G3 OutOfOrder f:1 1 @3"]);
    assert_eq!(lines(&[0, 1, 2, 2, 3, 4]), ["G2 Doubled f:2 1 @4"]);
}

fn state(item: &str, rev: u32, more: &serde_json::Value) -> Vec<u8> {
    let mut entry = json!({"v": 1, "revision": rev, "hash": hash(item, rev), "earlier": (1..rev).map(|rev| hash(item, rev)).collect::<Vec<_>>()});
    for (name, value) in more.as_object().unwrap() {
        entry[name] = value.clone();
    }
    entry.to_string().into_bytes()
}

#[track_caller]
fn check_state(records: Vec<Record>, entries: &[(&str, u32, serde_json::Value)], expected: &[&str]) -> Report {
    let options = Options { state: true, ..options() };
    let report = audited(options, records, |auditor| {
        auditor.state(&format!("pos/{INTAKE}"), Some(json!({"intake": INTAKE, "seq": 9}).to_string().as_bytes()));
        for (item, rev, more) in entries {
            auditor.state(&format!("item/{item}"), Some(&state(item, *rev, more)));
        }
    });
    assert_eq!(named(&report), expected, "{:#?}", report.offences);
    report
}

#[test]
fn the_state_and_the_topics_know_the_same() {
    let none = json!({});
    let standing = json!({"claims": [{"revision": 2, "observation": {"id": "o1"}}]});
    check_state(clean(), &[("f:a", 3, none.clone()), ("f:b", 1, none.clone())], &[]);
    check_state(clean(), &[("f:a", 3, none.clone()), ("f:b", 2, none.clone())], &["G1 Missing f:b 2 @-"]);
    check_state(clean(), &[("f:a", 2, none.clone()), ("f:b", 1, none.clone())], &["G2 Contradiction f:a 3 @-"]);
    check_state(clean(), &[("f:a", 3, none.clone())], &["G2 Contradiction f:b 1 @-"]);
    check_state(clean(), &[("f:a", 3, standing), ("f:b", 1, none.clone())], &["G1 Missing f:a 2 @-"]);
    let wrong = json!({"hash": hash("another", 1)});
    check_state(clean(), &[("f:a", 3, none.clone()), ("f:b", 1, wrong)], &["G1 Contradiction f:b 1 @-"]);
    let lost = json!({"earlier": [hash("f:b", 77)]});
    check_state(clean(), &[("f:a", 3, none.clone()), ("f:b", 1, lost)], &["G1 Missing f:b - @-"]);
    let suppressed = json!({
        "hash": hash("f:b", 77), "earlier": [hash("f:b", 1)],
        "suppressed": [{"hash": hash("f:b", 77), "reason": "typography"}],
    });
    let report = check_state(clean(), &[("f:a", 3, none), ("f:b", 1, suppressed)], &[]);
    assert_eq!(report.total().suppressed["typography"], 1);
}

#[test]
fn every_observed_content_has_its_verdict_or_waits() {
    use crate::model::{Content, FeedId, Hash, ItemId};
    let content = |item: &str, rev: u32| {
        let item = ItemId(item.to_owned());
        let hash = hash(&item.0, rev);
        let mut observed: crate::model::Observed = serde_json::from_value(json!({
            "item": crate::model::Item::new(item, FeedId("f".to_owned())), "page": null, "page_missing": null, "hash": "", "first_sight": null,
        }))
        .unwrap();
        observed.hash = Hash(hash);
        Content::Item(Box::new(observed))
    };
    let frame = |seq, contents| Frame {
        seq,
        feed: FeedId("f".to_owned()),
        poll: seq,
        at: "2020-10-09T10:00:00Z".parse().unwrap(),
        contents,
        bytes: 1,
    };
    let check = |frames: Vec<Frame>, expected: &[&str], waiting: u64| {
        let options = Options { state: true, intake: true, ..options() };
        let report = audited(options, clean(), |auditor| {
            auditor.state(&format!("pos/{INTAKE}"), Some(json!({"intake": INTAKE, "seq": 9}).to_string().as_bytes()));
            auditor.state("item/f:a", Some(&state("f:a", 3, &json!({}))));
            auditor.state("item/f:b", Some(&state("f:b", 1, &json!({}))));
            frames.iter().for_each(|frame| auditor.frame(INTAKE, frame));
        });
        assert_eq!(named(&report), expected, "{:#?}", report.offences);
        assert_eq!(report.total().waiting, waiting);
    };
    check(vec![frame(5, vec![content("f:a", 3)]), frame(6, vec![content("f:a", 3)])], &[], 0);
    check(vec![frame(10, vec![content("f:c", 1), content("f:d", 1)])], &[], 2);
    check(vec![frame(4, vec![content("f:c", 1)])], &["G1 Missing f:c - @-"], 0);
    // Another content than was observed is published, and the state agrees with neither.
    check(vec![frame(2, vec![content("f:b", 5)])], &["G1 Contradiction f:b - @-", "G1 Contradiction f:b - @-"], 0);
}
