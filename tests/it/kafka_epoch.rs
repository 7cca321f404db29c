//! The torn transaction (guarantees.md, R2): an EndTxn request that the network delays arrives in a later transaction.
//!
//! librdkafka repeats an EndTxn whose connection dies, and the repeat commits. When the first one then arrives in the
//! middle of the next transaction of the same epoch, the broker commits what that has produced so far. The first test
//! shows it with the rule switched off, so that the second one proves something.

use crate::{
    kafka::{Deployment, batch, recovered},
    kafka_broker,
    kafka_proxy::Caught,
};
use dateline::model::Topic;
use dateline::publish::{Batch, Epoch, PublishError, Sink as _, kafka::KafkaSink};
use dateline::store::Store;
use std::{
    thread,
    time::{Duration, Instant},
};

/// `INVALID_PRODUCER_EPOCH` and `PRODUCER_FENCED`.
const REFUSED_BY_EPOCH: [i16; 2] = [47, 90];

/// Batch 1 is committed with its EndTxn held back and sent again; batch 2 is produced and not yet committed.
struct Torn<'b> {
    deployment: Deployment<'b>,
    store: Store,
    held: Caught,
    /// The commit of batch 2, which waits at the fail point.
    open: tokio::task::JoinHandle<(KafkaSink, Result<(), PublishError>)>,
    point: String,
}

async fn torn(broker: &kafka_broker::Broker, rule: bool) -> Torn<'_> {
    let mut deployment = Deployment::new(broker);
    deployment.options.bootstrap_servers = broker.proxy().address();
    let id = deployment.options.transactional_id.clone();
    if !rule {
        fail::cfg(format!("R2-off/{id}"), "return").unwrap();
    }
    let store = deployment.store();
    let mut sink = deployment.sink(&store);
    recovered(&mut sink).await;
    let hold = broker.proxy().hold(&id);
    sink.commit(batch(&store, 1)).await.unwrap();
    let held = hold.caught();
    let sent = broker.proxy().seen(&id);
    let [.., first, again] = sent[..] else { panic!("sent once: {sent:?}") };
    assert!(first.commit && again.commit && first.epoch == again.epoch, "{first:?} {again:?}");
    let pause = again.at.duration_since(first.at);
    assert!(pause >= Duration::from_millis(150), "repeated after {pause:?}: no commit is known to be prompt any more");

    // Between the outputs of a batch and its state.
    let point = format!("C4/{id}");
    fail::cfg(&point, "1*pause").unwrap();
    let second = batch(&store, 2);
    let open = tokio::spawn(async move {
        let result = sink.commit(second).await;
        (sink, result)
    });
    let deadline = Instant::now() + Duration::from_secs(60);
    while broker.read_uncommitted(&deployment.topic(Topic::Articles)).len() < 2 {
        assert!(Instant::now() < deadline, "the second batch is not produced");
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(deployment.keys(Topic::Articles), ["feed:1"], "nothing of the second batch is committed");
    Torn { deployment, store, held, open, point }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_rule_of_epochs_a_delayed_commit_tears_the_next_transaction() {
    let Some(broker) = kafka_broker::shared() else { return };
    let Torn { deployment, store, held, open, point } = torn(broker, false).await;
    assert_eq!(held.release(), 0, "the broker takes it for the end of the transaction that is open");
    let deadline = Instant::now() + Duration::from_secs(60);
    while deployment.keys(Topic::Articles).len() < 2 {
        assert!(Instant::now() < deadline, "the outputs of the second batch are not committed");
        thread::sleep(Duration::from_millis(50));
    }
    // The process dies here; the position is where it was, and the batch is made again.
    let mut next = deployment.sink(&store);
    assert_eq!(recovered(&mut next).await, 1);
    next.commit(batch(&store, 2)).await.unwrap();
    assert_eq!(deployment.keys(Topic::Articles), ["feed:1", "feed:2", "feed:2"], "doubled");
    fail::remove(&point);
    let (_, result) = open.await.unwrap();
    assert!(result.is_err(), "the first process is fenced");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_commit_is_refused_by_the_next_epoch() {
    let Some(broker) = kafka_broker::shared() else { return };
    let Torn { deployment, store, held, open, point } = torn(broker, true).await;
    let code = held.release();
    assert!(REFUSED_BY_EPOCH.contains(&code), "code {code}");
    assert_eq!(deployment.keys(Topic::Articles), ["feed:1"]);
    fail::remove(&point);
    let (mut sink, result) = open.await.unwrap();
    result.unwrap();
    sink.commit(batch(&store, 3)).await.unwrap();
    assert_eq!(deployment.keys(Topic::Articles), ["feed:1", "feed:2", "feed:3"]);
    assert_eq!(deployment.sink(&store).recover().await.unwrap(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_strict_setting_gives_each_transaction_an_epoch_of_its_own() {
    let Some(broker) = kafka_broker::shared() else { return };
    let mut deployment = Deployment::new(broker);
    deployment.options.bootstrap_servers = broker.proxy().address();
    deployment.options.epoch = Epoch::PerTransaction;
    let store = deployment.store();
    let mut sink = deployment.sink(&store);
    recovered(&mut sink).await;
    for seq in 1..=4 {
        sink.commit(batch(&store, seq)).await.unwrap();
    }
    let mut epochs: Vec<i16> =
        broker.proxy().seen(&deployment.options.transactional_id).iter().map(|end| end.epoch).collect();
    // A slow machine may have sent one of them twice.
    epochs.dedup();
    assert!(epochs.len() >= 4 && epochs.windows(2).all(|pair| pair[0] < pair[1]), "{epochs:?}");
    assert_eq!(deployment.keys(Topic::Articles).len(), 4);
}

/// Two deployments of one id that commit by turns, each with a new epoch, are not fenced by the broker: what the other
/// has left in the state topic tells.
#[tokio::test(flavor = "multi_thread")]
async fn two_deployments_of_one_id_are_found_out_though_neither_is_ever_fenced() {
    let Some(broker) = kafka_broker::shared() else { return };
    let mut one = Deployment::new(broker);
    one.options.epoch = Epoch::PerTransaction;
    let two = one.twin();
    let (store_one, store_two) = (one.store(), two.store());
    let (mut first, mut second) = (one.sink(&store_one), two.sink(&store_two));
    recovered(&mut first).await;
    first.commit(batch(&store_one, 1)).await.unwrap();
    recovered(&mut second).await;
    second.commit(batch(&store_two, 1)).await.unwrap();
    let doubt = commit_again(&mut first, batch(&store_one, 2)).await;
    assert!(matches!(&doubt, PublishError::Doubt(why) if why.contains("another producer")), "{doubt}");
    assert_eq!(recovered(&mut first).await, 1);
    first.commit(batch(&store_one, 2)).await.unwrap();
    assert!(matches!(commit_again(&mut second, batch(&store_two, 2)).await, PublishError::Doubt(_)));
    recovered(&mut second).await;
    second.commit(batch(&store_two, 2)).await.unwrap();
    let stop = commit_again(&mut first, batch(&store_one, 3)).await;
    assert!(matches!(&stop, PublishError::Fatal { exit: 78, .. }), "{stop}");
}

async fn commit_again(sink: &mut KafkaSink, batch: Batch) -> PublishError {
    sink.commit(batch).await.unwrap_err()
}
