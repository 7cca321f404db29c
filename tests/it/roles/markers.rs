//! B12, S2: a transaction is decided, and the markers that say so come late. Whoever has the partition next waits for
//! them, and tells nothing a second time.

use super::{Deployment, show};
use crate::kafka_broker::Broker;
use std::{collections::BTreeSet, thread, time::Duration};

const STORIES: [(&str, &str, &str); 3] = [
    ("harbour", "Harbour closed", "TROMSO, October 6. /TASS/. The harbour was closed by ice on Tuesday morning."),
    ("market", "New roof", "BODO, October 6. /TASS/. The fish market of Bodo has a new roof for 4 million crowns."),
    ("school", "School opens", "HAMAR, October 6. /TASS/. The school by the lake has let in 200 pupils on Tuesday."),
];

#[test]
fn a_partition_whose_markers_are_late_is_waited_for() {
    // Brokers write markers by requests to each other, also one alone: here they pass the proxy.
    let Some(broker) = Broker::install_with(1, "inter.broker.listener.name=PROXIED\n") else { return };
    broker.start();
    for (role, topic) in [("fetch", "fetch-state.v1"), ("enrich", "enriched.v1"), ("dedup", "dedup-state.v1")] {
        let deployment = Deployment::new(&broker, "fetch_partitions = 1\nenrich_partitions = 1\ndedup_partitions = 1");
        deployment.site.feed("wire", "language = \"en\"\nbackfill = \"all\"");
        show(&deployment.site.server, "wire", &STORIES[..1]);
        deployment.publish();
        let _others = ["fetch", "enrich", "dedup"]
            .into_iter()
            .filter(|other| *other != role)
            .map(|other| deployment.worker(other, "one"))
            .collect::<Vec<_>>();
        let first = deployment.worker(role, "first");
        deployment.told("Harbour closed", 1);

        let late = broker.proxy().hold_markers(&format!("{}.{topic}", deployment.prefix));
        show(&deployment.site.server, "wire", &STORIES[..2]);
        late.caught();
        first.kill();
        // It has the name of the first, so the partition is its own at once.
        let second = deployment.worker(role, "first");
        show(&deployment.site.server, "wire", &STORIES);
        thread::sleep(Duration::from_secs(5));
        let told = deployment.revisions();
        assert_eq!(told.len(), 1, "{role}: nothing is told that is not decided everywhere: {told:?}");
        late.release();
        for (_, headline, _) in STORIES {
            deployment.told(headline, 1);
        }
        let once = STORIES.map(|(_, headline, _)| (headline.to_owned(), vec![1]));
        assert_eq!(deployment.revisions(), once.into(), "{role}");
        for topic in ["raw.v1", "enriched.v1"] {
            let read = deployment.read(topic);
            let origins: BTreeSet<&str> = read.iter().map(|read| read.headers["origin"].as_str()).collect();
            assert_eq!(origins.len(), read.len(), "{role}: each is handed on once in {topic}");
        }
        assert_eq!(second.terminate().0, Some(0), "{}", deployment.log(role, "first"));
    }
}
