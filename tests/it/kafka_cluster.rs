//! Three brokers of which one is taken away: killed, frozen, leading or coordinating.

use crate::{
    kafka::{Deployment, batch, recovered},
    kafka_broker,
};
use dateline::model::Topic;
use dateline::publish::Sink as _;

/// Kills the broker that leads the state topic, then freezes the one that coordinates the transactions.
#[tokio::test(flavor = "multi_thread")]
async fn the_loss_of_one_broker_of_three_costs_nothing() {
    let Some(cluster) = kafka_broker::cluster() else { return };
    let deployment = Deployment::new(&cluster);
    let store = deployment.store();
    let mut sink = deployment.sink(&store);
    recovered(&mut sink).await;
    sink.commit(batch(&store, 1)).await.unwrap();
    let id = deployment.options.transactional_id.as_str();
    let mut seq = 1;
    for frozen in [false, true] {
        let node = if frozen { cluster.coordinator(id) } else { cluster.leader(&deployment.topic(Topic::State), 0) };
        let node = cluster.node(node.expect("a leader"));
        if frozen {
            node.freeze()
        } else {
            node.kill()
        }
        for _ in 0..3 {
            seq += 1;
            while sink.commit(batch(&store, seq)).await.is_err() {
                if recovered(&mut sink).await == seq {
                    break;
                }
            }
        }
        node.start();
        cluster.start();
        cluster.wait_until_in_sync();
    }
    let expected: Vec<String> = (1..=seq).map(|seq| format!("feed:{seq}")).collect();
    assert_eq!(deployment.keys(Topic::Articles), expected);
}
