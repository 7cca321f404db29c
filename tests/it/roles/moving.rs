//! From one process to many workers and back: nothing is lost for it, and nothing told twice.

use super::{Deployment, show};
use crate::{
    audit::agrees,
    harness::{Daemon, dateline, finished},
    kafka_broker,
};

const LOCK: &str =
    "VARDO, October 6. /TASS/. The lock of the canal was closed on Tuesday, and nine barges wait before it.";
const TOWER: &str =
    "MOLDE, October 6. /TASS/. The tower of the town hall of Molde gets a new clock, which cost 2 million crowns.";

impl Deployment<'_> {
    fn moved(&self, to: &str) -> (Option<i32>, String) {
        drop(self.site.command("feeds"));
        let mut command = dateline();
        command.args(["migrate", "--to", to, "--config"]).arg(self.site.path("dateline.toml"));
        let output = finished(command.arg("--data-dir").arg(self.site.path("one")));
        let said = [output.stdout, output.stderr].map(|words| String::from_utf8_lossy(&words).into_owned()).concat();
        (output.status.code(), said)
    }

    fn one_process(&self) -> Daemon {
        let mut command = self.site.command("run");
        command.arg("--data-dir").arg(self.site.path("one"));
        Daemon { child: command.spawn().unwrap() }
    }
}

#[test]
fn one_process_becomes_many_workers_and_one_again_and_nothing_is_told_twice() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker, "fetch_partitions = 2\nenrich_partitions = 2\ndedup_partitions = 2");
    let server = &deployment.site.server;
    deployment.site.feed("harbour", "language = \"en\"");
    let (first, second) = (("one", "Lock of the canal is closed", LOCK), ("two", "Tower gets a new clock", TOWER));
    show(server, "harbour", &[first, second]);
    let daemon = deployment.one_process();
    deployment.told(first.1, 1);
    deployment.told(second.1, 1);
    daemon.terminate();

    let (code, said) = deployment.moved("roles");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("2 items and 1 feeds"), "{said}");
    let refused = finished(deployment.site.command("run").arg("--data-dir").arg(deployment.site.path("one")));
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(78) && words.contains("was moved to many workers"), "{words}");

    deployment.publish();
    let start = || ["fetch", "enrich", "dedup"].map(|role| deployment.worker(role, "a"));
    let workers = start();
    let longer = LOCK.replace("nine barges", "eleven barges");
    show(server, "harbour", &[("one", first.1, &longer), second]);
    let updated = deployment.told(first.1, 2);
    assert_eq!(updated["supersedes"], 1);
    // Whoever fetches first, so that nothing is left between the others.
    workers.into_iter().for_each(|worker| {
        std::thread::sleep(std::time::Duration::from_secs(1));
        worker.terminate();
    });

    agrees(&broker.address(), &deployment.prefix);

    let (code, said) = deployment.moved("one-process");
    assert_eq!(code, Some(0), "{said}");
    let (code, words) = deployment.ends(deployment.worker("dedup", "a"), "dedup", "a");
    assert!(code == Some(78) && words.contains("was moved to one process"), "{words}");
    let shorter = LOCK.replace("nine barges", "four barges");
    show(server, "harbour", &[("one", first.1, &shorter), second]);
    let daemon = deployment.one_process();
    deployment.told(first.1, 3);
    daemon.terminate();
    agrees(&broker.address(), &deployment.prefix);
    let expected = [(first.1.to_owned(), vec![1, 2, 3]), (second.1.to_owned(), vec![1])];
    assert_eq!(deployment.revisions(), expected.into());
}
