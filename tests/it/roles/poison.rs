//! Records between the roles that cannot be read: each is a dead letter, and those around it come out.

use super::{Deployment, PATIENCE, show};
use crate::{
    harness::wait_for,
    kafka_broker::{self, Read},
};
use rdkafka::{
    ClientConfig,
    producer::{BaseProducer, BaseRecord, Producer as _},
};
use std::time::Duration;

const HARBOUR: &str =
    "TROMSO, October 6. /TASS/. The harbour was closed by ice on Tuesday, and twelve ships wait outside it.";
const MARKET: &str = "BODO, October 6. /TASS/. The fish market of Bodo has a new roof, which cost 4 million crowns.";
const SCHOOL: &str = "HAMAR, October 6. /TASS/. The school by the lake has opened its doors to 200 pupils on Tuesday.";
const ITEMS: [(&str, &str, &str); 3] =
    [("harbour", "Harbour closed", HARBOUR), ("market", "New roof", MARKET), ("school", "School opens", SCHOOL)];

const ONE: &str = "fetch_partitions = 1\nenrich_partitions = 1\ndedup_partitions = 1";

/// A record that somebody else writes between those of the workers.
fn produce(deployment: &Deployment<'_>, suffix: &str, key: Option<&str>, value: Option<&[u8]>) {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", deployment.broker.address()).create().unwrap();
    let topic = format!("{}.{suffix}", deployment.prefix);
    let mut record = BaseRecord::<str, [u8]>::to(&topic).partition(0);
    (record.key, record.payload) = (key, value);
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.flush(Duration::from_secs(20)).unwrap();
}

/// Everything that a record can be and must not be, made of one that is as it should be.
fn produce_poison(deployment: &Deployment<'_>, suffix: &str, good: &Read) {
    let key = Some(good.key.as_str());
    let text = String::from_utf8(good.bytes.clone().unwrap()).unwrap();
    let of_another_version = text.replacen("\"v\":1", "\"v\":99", 1);
    assert_ne!(of_another_version, text);
    produce(deployment, suffix, key, Some(b"not JSON, but a poem"));
    produce(deployment, suffix, key, Some(of_another_version.as_bytes()));
    produce(deployment, suffix, key, None);
    produce(deployment, suffix, None, Some(text.as_bytes()));
    produce(deployment, suffix, Some("another"), Some(text.as_bytes()));
}

/// The codes of the dead letters so far, in order, where there are so many.
fn letters(deployment: &Deployment<'_>, count: usize) -> Vec<String> {
    let code = |read: Read| format!("{} {}", read.headers["__connect.errors.stage"], read.headers["error-code"]);
    let mut codes = wait_for(PATIENCE, "the dead letters", || {
        let codes: Vec<String> = deployment.read("dead-letters.v1").into_iter().map(code).collect();
        (codes.len() >= count).then_some(codes)
    });
    codes.sort();
    codes
}

const CODES: [&str; 5] = ["no_json", "no_value", "unknown_version", "wrong_key", "wrong_key"];

#[test]
fn what_is_no_record_between_the_roles_is_a_dead_letter_and_nothing_waits_for_it() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker, ONE);
    let server = &deployment.site.server;
    deployment.site.feed("wire", "language = \"en\"\nbackfill = \"all\"");
    show(server, "wire", &ITEMS[..1]);
    deployment.publish();
    let workers = ["fetch", "enrich", "dedup"].map(|role| deployment.worker(role, "one"));
    deployment.told("Harbour closed", 1);
    let an_item = |suffix: &str| deployment.read(suffix).into_iter().find(|read| read.headers.contains_key("item"));
    let (raw, enriched) = (an_item("raw.v1").unwrap(), an_item("enriched.v1").unwrap());

    produce_poison(&deployment, "raw.v1", &raw);
    show(server, "wire", &ITEMS[..2]);
    deployment.told("New roof", 1);
    let read_by = |stage: &str| CODES.map(|code| format!("{stage} {code}"));
    let mut expected = read_by("clean").to_vec();
    assert_eq!(letters(&deployment, 5), expected);

    produce_poison(&deployment, "enriched.v1", &enriched);
    show(server, "wire", &ITEMS);
    deployment.told("School opens", 1);
    expected.extend(read_by("dedup"));
    assert_eq!(letters(&deployment, 10), expected);
    // The bytes themselves are kept.
    let poems = deployment.read("dead-letters.v1").into_iter().filter(|letter| letter.key == raw.key);
    assert_eq!(poems.filter(|letter| letter.bytes.as_deref() == Some(b"not JSON, but a poem")).count(), 1);

    let once = ITEMS.map(|(_, headline, _)| (headline.to_owned(), vec![1]));
    assert_eq!(deployment.revisions(), once.into());
    workers.into_iter().for_each(|worker| assert_eq!(worker.terminate().0, Some(0)));
}

/// S12: nobody knows beforehand which record it is; it is tried twice alone, and then no more.
#[cfg(feature = "faults")]
#[test]
fn a_record_that_ends_the_process_goes_to_the_dead_letters_after_two_tries_alone() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker, ONE);
    let server = &deployment.site.server;
    deployment.site.feed("wire", "language = \"en\"\nbackfill = \"all\"");
    show(server, "wire", &ITEMS[..1]);
    deployment.publish();
    let [fetch, enrich, dedup] = ["fetch", "enrich", "dedup"].map(|role| deployment.worker(role, "one"));
    deployment.told("Harbour closed", 1);
    assert_eq!(enrich.terminate().0, Some(0));

    // Two more: the first of them ends whoever reads it, the other lies behind it. It ends one who suspects nothing, and
    // two who take what may have been read one by one.
    show(server, "wire", &ITEMS);
    wait_for(PATIENCE, "what lies before the enricher", || {
        let items = deployment.read("raw.v1").into_iter().filter(|read| read.headers.contains_key("item"));
        (items.count() == 3).then_some(())
    });
    for _ in 0..3 {
        let enrich = deployment.worker_armed("enrich", "one", "clean=return");
        assert_eq!(deployment.ends(enrich, "enrich", "one").0, None, "it is aborted");
        assert!(deployment.values("dead-letters.v1").is_empty(), "it may be another record's doing");
    }
    let enrich = deployment.worker("enrich", "one");
    assert_eq!(letters(&deployment, 1), ["clean ends_process"]);
    let behind = wait_for(PATIENCE, "what lies behind it", || {
        let told = deployment.revisions();
        (told.len() == 2).then_some(told)
    });
    assert!(behind.values().all(|revisions| revisions == &[1]), "{behind:?}");
    [fetch, enrich, dedup].into_iter().for_each(|worker| assert_eq!(worker.terminate().0, Some(0)));
}
