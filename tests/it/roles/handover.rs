//! Partitions that change hands: nothing is asked for twice, nothing is told twice, and nothing is lost.

use super::{Deployment, PATIENCE, show};
use crate::{
    harness::{Reply, Request, Script, dateline, finished, page, wait_for},
    kafka_broker,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

const HARBOUR: &str =
    "TROMSO, October 6. /TASS/. The harbour was closed by ice on Tuesday, and twelve ships wait outside it.";
const MARKET: &str = "BODO, October 6. /TASS/. The fish market of Bodo has a new roof, which cost 4 million crowns.";
const SCHOOL: &str = "HAMAR, October 6. /TASS/. The school by the lake has opened its doors to 200 pupils on Tuesday.";

/// Hears who asks for what; whatever is asked for takes a moment.
#[derive(Default)]
pub(super) struct Ears(Mutex<Heard>);

#[derive(Default)]
struct Heard {
    asked: Vec<Asked>,
    /// Requests under way, by path.
    busy: BTreeMap<String, usize>,
    /// Requests for a path for which another one was under way.
    together: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) path: String,
    /// The worker.
    pub(super) by: String,
    pub(super) conditional: bool,
}

impl Script for Ears {
    fn answer(&self, request: &Request) -> Option<Reply> {
        let by = request.header("user-agent").and_then(|agent| agent.split("mailto:").nth(1)?.split('@').next());
        let asked = Asked {
            path: request.path.clone(),
            by: by.unwrap_or_default().to_owned(),
            conditional: request.header("if-none-match").is_some(),
        };
        let change = |by: isize| {
            let mut heard = self.0.lock().unwrap();
            let busy = heard.busy.entry(request.path.clone()).or_default();
            *busy = busy.saturating_add_signed(by);
            if *busy > 1 {
                heard.together += 1;
            }
        };
        change(1);
        self.0.lock().unwrap().asked.push(asked);
        thread::sleep(Duration::from_millis(30));
        change(-1);
        None
    }

    fn sent(&self, _request: &Request, _reply: &Reply) {}
}

impl Ears {
    pub(super) fn of(deployment: &Deployment<'_>) -> Arc<Self> {
        let ears = Arc::new(Self::default());
        deployment.site.server.play(Arc::clone(&ears) as Arc<dyn Script>);
        ears
    }

    pub(super) fn asked(&self, path: &str) -> Vec<Asked> {
        self.0.lock().unwrap().asked.iter().filter(|asked| asked.path == path).cloned().collect()
    }

    /// Who asks for a path from now on, once somebody has asked so often.
    #[track_caller]
    pub(super) fn more(&self, path: &str, times: usize) -> String {
        let before = self.asked(path).len();
        let what = format!("{times} more requests for {path}");
        wait_for(PATIENCE, &what, || self.asked(path).get(before + times - 1).cloned()).by
    }

    /// Waits until this one asks for it; returns the first such request.
    #[track_caller]
    fn by(&self, path: &str, worker: &str) -> Asked {
        let what = format!("{worker} to ask for {path}");
        wait_for(PATIENCE, &what, || self.asked(path).into_iter().find(|asked| asked.by == worker))
    }

    /// Who asked for a path, one after the other.
    fn owners(&self, path: &str) -> Vec<String> {
        let mut owners: Vec<String> = self.asked(path).into_iter().map(|asked| asked.by).collect();
        owners.dedup();
        owners
    }

    fn never_two_at_a_time(&self) {
        let heard = self.0.lock().unwrap();
        assert_eq!(heard.together, 0, "{:?}", heard.asked);
    }
}

/// Everything of one partition each, so that one fetcher has all and another waits.
const ONE: &str = "fetch_partitions = 1\nenrich_partitions = 1\ndedup_partitions = 1";

/// How often each content of an item was handed on.
fn contents(deployment: &Deployment<'_>) -> BTreeMap<String, usize> {
    let mut contents = BTreeMap::new();
    for read in deployment.read("raw.v1") {
        if let Some(hash) = read.json().pointer("/content/item/hash") {
            *contents.entry(format!("{} {hash}", read.headers["item"])).or_default() += 1;
        }
    }
    contents
}

#[test]
fn a_fetcher_dies_and_another_goes_on_where_it_was() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker, ONE);
    let ears = Ears::of(&deployment);
    let server = &deployment.site.server;
    deployment.site.feed("wire", "language = \"en\"\nbackfill = \"all\"");
    show(server, "wire", &[("harbour", "Harbour closed", HARBOUR), ("market", "New roof", MARKET)]);
    deployment.publish();
    let _others = ["enrich", "dedup"].map(|role| deployment.worker(role, "one"));
    let first = deployment.worker("fetch", "first");
    ears.more("/wire.xml", 1);
    let second = deployment.worker("fetch", "second");
    deployment.told("Harbour closed", 1);
    deployment.told("New roof", 1);
    ears.more("/wire.xml", 3);
    first.kill();

    let taken_over = ears.by("/wire.xml", "second");
    assert!(taken_over.conditional, "it knows what the first one had");
    ears.more("/wire.xml", 3);
    let corrected = MARKET.replace("4 million", "5 million");
    let items = [
        ("harbour", "Harbour closed", HARBOUR),
        ("market", "New roof", corrected.as_str()),
        ("school", "School opens", SCHOOL),
    ];
    show(server, "wire", &items);
    deployment.told("New roof", 2);
    deployment.told("School opens", 1);

    // Who comes back waits for its turn; who is restarted in time keeps what it had.
    let first = deployment.worker("fetch", "first");
    deployment.has_settled("fetch", 2);
    assert_eq!(second.terminate().0, Some(0));
    let second = deployment.worker("fetch", "second");
    let again = ears.asked("/wire.xml").len();
    ears.more("/wire.xml", 5);
    assert!(ears.asked("/wire.xml")[again..].iter().all(|asked| asked.conditional), "nothing was forgotten");
    assert_eq!(ears.owners("/wire.xml"), ["first", "second"], "nothing moved");
    ears.never_two_at_a_time();

    let expected = [("Harbour closed", vec![1]), ("New roof", vec![1, 2]), ("School opens", vec![1])];
    assert_eq!(deployment.revisions(), expected.map(|(headline, told)| (headline.to_owned(), told)).into());
    let contents = contents(&deployment);
    assert!(contents.len() == 4 && contents.values().all(|times| *times == 1), "each once: {contents:?}");
    assert_eq!((first.terminate().0, second.terminate().0), (Some(0), Some(0)));
}

#[test]
fn an_item_that_waited_for_its_page_comes_from_the_next_owner_once() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker, ONE);
    let ears = Ears::of(&deployment);
    let server = &deployment.site.server;
    deployment.site.feed("wire", "language = \"en\"\nbackfill = \"all\"\nfull_text = true");
    // Attempts are far apart, so that the item waits.
    deployment.site.settings("[fetch]\npage_attempts = 5\n");
    show(server, "wire", &[("school", "School opens", "The school by the lake has opened.")]);
    server.serve("/wire/school", Reply::status(503));
    deployment.publish();
    let _others = ["enrich", "dedup"].map(|role| deployment.worker(role, "one"));
    let first = deployment.worker("fetch", "first");
    ears.by("/wire/school", "first");
    ears.more("/wire.xml", 2);
    first.kill();
    assert!(deployment.values("articles.v1").is_empty(), "it still waits");

    server.serve("/wire/school", Reply::html(page("School opens", &[SCHOOL, HARBOUR, MARKET])));
    let second = deployment.worker("fetch", "second");
    let article = deployment.told("School opens", 1);
    assert_eq!(article["body_from"], "page", "{article:#}");

    // Whoever it waited for first does not tell it again.
    second.kill();
    let first = deployment.worker("fetch", "first");
    ears.more("/wire.xml", 5);
    show(server, "wire", &[("market", "New roof", MARKET)]);
    server.serve("/wire/market", Reply::html(page("New roof", &[MARKET, HARBOUR, SCHOOL])));
    deployment.told("New roof", 1);
    assert_eq!(ears.owners("/wire.xml"), ["first", "second", "first"]);
    ears.never_two_at_a_time();
    assert_eq!(deployment.revisions(), [("New roof".into(), vec![1]), ("School opens".into(), vec![1])].into());
    assert_eq!(first.terminate().0, Some(0));
}

/// What an owner had written down when it died is in nobody's hands until it comes back.
#[cfg(feature = "faults")]
#[test]
fn what_a_dead_owner_still_holds_is_told_when_it_comes_back_unless_it_is_overtaken() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker, ONE);
    let ears = Ears::of(&deployment);
    let server = &deployment.site.server;
    deployment.site.feed("wire", "language = \"en\"\nbackfill = \"all\"");
    show(server, "wire", &[("harbour", "Harbour closed", HARBOUR), ("market", "New roof", MARKET)]);
    deployment.publish();
    let _others = ["enrich", "dedup"].map(|role| deployment.worker(role, "one"));
    let first = deployment.worker_armed("fetch", "first", "C4=return");
    assert_eq!(deployment.ends(first, "fetch", "first").0, None, "it is aborted");
    assert!(deployment.values("raw.v1").is_empty());

    // The one is corrected before anybody else sees it, the other is gone from its feed.
    let corrected = MARKET.replace("4 million", "5 million");
    show(server, "wire", &[("market", "New roof", &corrected)]);
    let second = deployment.worker("fetch", "second");
    deployment.told("New roof", 1);
    ears.more("/wire.xml", 2);
    second.kill();

    let first = deployment.worker("fetch", "first");
    deployment.told("Harbour closed", 1);
    assert!(deployment.log("fetch", "first").contains("overtaken"), "the correction came before what it corrects");
    assert_eq!(deployment.revisions(), [("Harbour closed".into(), vec![1]), ("New roof".into(), vec![1])].into());
    let roof = deployment.told("New roof", 1);
    assert!(roof["body"].as_str().unwrap().contains("5 million"), "{roof:#}");
    ears.never_two_at_a_time();
    assert_eq!(first.terminate().0, Some(0));
}

/// Nor need it come back: what its directory holds is handed on, while others have its feeds.
#[cfg(feature = "faults")]
#[test]
fn the_directory_of_a_fetcher_that_is_gone_for_good_is_drained() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker, ONE);
    let ears = Ears::of(&deployment);
    let server = &deployment.site.server;
    deployment.site.feed("wire", "language = \"en\"\nbackfill = \"all\"");
    deployment.site.feed("pages", "language = \"en\"\nbackfill = \"all\"\nfull_text = true");
    deployment.site.settings("[fetch]\npage_attempts = 5\n");
    show(server, "pages", &[("school", "School opens", "The school by the lake has opened.")]);
    server.serve("/pages/school", Reply::status(503));
    show(server, "wire", &[("harbour", "Harbour closed", HARBOUR), ("market", "New roof", MARKET)]);
    deployment.publish();
    let _others = ["enrich", "dedup"].map(|role| deployment.worker(role, "one"));
    // It observes, and comes to publish nothing.
    let first = deployment.worker_armed("fetch", "first", "C4=sleep(600000)");
    ears.by("/pages/school", "first");
    ears.more("/wire.xml", 2);
    first.kill();
    assert!(deployment.values("raw.v1").is_empty());

    // Of what it holds, one is corrected before anybody else sees it, and the others are gone from their feeds.
    let corrected = MARKET.replace("4 million", "5 million");
    show(server, "wire", &[("market", "New roof", &corrected)]);
    show(server, "pages", &[]);
    let second = deployment.worker("fetch", "second");
    deployment.told("New roof", 1);
    ears.by("/pages.xml", "second");
    server.serve("/pages/school", Reply::html(page("School opens", &[SCHOOL, HARBOUR, MARKET])));
    let drain = |directory: &str| {
        let mut command = dateline();
        command.args(["intake", "drain", "--config"]).arg(deployment.site.path("dateline.toml"));
        let output = finished(command.arg("--data-dir").arg(deployment.site.path(directory)));
        let said = [output.stdout, output.stderr].map(|words| String::from_utf8_lossy(&words).into_owned()).concat();
        (output.status.code(), said)
    };
    let (code, said) = drain("fetch-second");
    assert!(code == Some(75) && said.contains("another dateline works in"), "{said}");
    assert_eq!(drain("elsewhere").0, Some(66));
    let (code, said) = drain("fetch-first");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("overtaken"), "{said}");
    let school = deployment.told("School opens", 1);
    assert_eq!(school["body_from"], "page", "{school:#}");
    let (code, said) = drain("fetch-first");
    assert!(code == Some(0) && said.contains("shard 0: 0 records handed on"), "{said}");

    // Whoever has the shard goes on.
    ears.more("/wire.xml", 3);
    let again = corrected.replace("5 million", "6 million");
    show(server, "wire", &[("market", "New roof", &again)]);
    deployment.told("New roof", 2);
    let expected = [("Harbour closed", vec![1]), ("New roof", vec![1, 2]), ("School opens", vec![1])];
    assert_eq!(deployment.revisions(), expected.map(|(headline, told)| (headline.to_owned(), told)).into());
    ears.never_two_at_a_time();
    assert_eq!(ears.owners("/wire.xml"), ["first", "second"], "nobody else polls");
    assert_eq!(second.terminate().0, Some(0));
}

#[test]
fn of_two_workers_of_one_name_one_ends_and_says_why() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker, ONE);
    let ears = Ears::of(&deployment);
    deployment.site.feed("wire", "language = \"en\"");
    show(&deployment.site.server, "wire", &[]);
    deployment.publish();
    let mut first = deployment.worker("fetch", "same");
    ears.more("/wire.xml", 2);
    let mut second = deployment.worker_at("fetch", "same", "elsewhere", "");
    let (ended, log) = wait_for(PATIENCE, "one of the two to end", || {
        let first = first.child.try_wait().unwrap().map(|status| (status, "fetch-same"));
        first.or_else(|| Some((second.child.try_wait().unwrap()?, "elsewhere")))
    });
    let log = std::fs::read_to_string(deployment.site.path(&format!("{log}.log"))).unwrap();
    assert_eq!(ended.code(), Some(78), "{log}");
    assert!(log.contains("give each an instance name of its own"), "{log}");
    ears.more("/wire.xml", 2);
}

#[test]
fn feeds_that_are_published_are_followed_while_workers_run() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker, "fetch_partitions = 3");
    let ears = Ears::of(&deployment);
    ["one", "two", "three"].iter().for_each(|feed| show(&deployment.site.server, feed, &[]));
    deployment.site.feed("one", "");
    deployment.publish();
    let worker = deployment.worker("fetch", "one");
    ears.more("/one.xml", 2);

    deployment.site.feed("two", "");
    assert!(deployment.publish().starts_with("1 added, 0 changed, 0 taken out, 1 as they were"));
    ears.more("/two.xml", 2);

    let here = deployment.site.server.url("/three.xml");
    deployment.site.forget_feed("two");
    let allow = format!("interval = \"200ms\"\nallow = [\"{}\"]", deployment.site.server.authority());
    deployment.site.feed_at("two", &here, &allow);
    assert!(deployment.publish().starts_with("0 added, 1 changed, 0 taken out, 1 as they were"));
    ears.more("/three.xml", 2);
    let asked = ears.asked("/two.xml").len();
    ears.more("/three.xml", 5);
    assert_eq!(ears.asked("/two.xml").len(), asked, "its old address is left alone");

    deployment.site.forget_feed("two");
    assert!(deployment.publish().starts_with("0 added, 0 changed, 1 taken out, 1 as they were"));
    wait_for(PATIENCE, "a feed to be let go of", || {
        let asked = ears.asked("/three.xml").len();
        ears.more("/one.xml", 5);
        (ears.asked("/three.xml").len() == asked).then_some(())
    });
    assert_eq!(worker.terminate().0, Some(0));
}
