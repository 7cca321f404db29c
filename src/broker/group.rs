//! Membership of a consumer group: it says which partitions of a topic are ours, and nothing else.
//!
//! Comes in: the name of the group and of this instance. Goes out: events, in order: partitions that are ours from now
//! on, and partitions that are taken away. Whoever is told of the latter lets go of them before the group goes on, so
//! that the next owner begins when the one before it has ended. No message is ever read here: partitions are paused as
//! soon as they are assigned, and each is read by a reader of its own (`tail`).
//!
//! The members are static: each has its instance's name, and a member that ends keeps its place. So a process that is
//! stopped and started again within the session's timeout, as a new version of the program is, gets back the very
//! partitions that it had, and none of the others notices. The price is paid by a worker that ends for good: what it had
//! waits for that long until another gets it.

use super::{BrokerError, Client, Settings, error_code};
use crate::faults;
use rdkafka::{
    ClientContext, Offset, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer, ConsumerContext, ConsumerGroupMetadata},
    error::{KafkaError, RDKafkaErrorCode as Code},
    types::RDKafkaRespErr,
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc::TryRecvError},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};

/// Whoever has not let go of its partitions by now is no longer waited for: the epochs of the producers part the old
/// owner from the new one. Longer than a transaction may be open, and below the time after which a member that is not
/// heard of is put out.
const LETTING_GO: Duration = Duration::from_secs(40);

/// A member whose thread does nothing for longer is put out of the group, and the others wait no longer for it.
pub(super) const LONGEST_SILENCE: Duration = Duration::from_secs(60);

const _: () = assert!(LETTING_GO.as_secs() < LONGEST_SILENCE.as_secs());

/// How often the thread looks whether it shall leave.
const LOOK: Duration = Duration::from_millis(100);

/// How long a name may still be held by a member that was killed: the longest session that brokers allow if they are
/// told nothing else, and half a minute.
const NAME_HELD: Duration = Duration::from_secs(90);

/// A member whose name was taken takes it back, after these pauses: a coordinator that is lost in the midst of a join, or
/// stands still and answers later, fences the very member that has joined. Once more within this time means that two
/// processes have one name, for these fence each other for ever.
const TAKEN_BACK: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];
const FENCED_WITHIN: Duration = Duration::from_secs(60);

/// How soon a name that is held is asked for again.
const ASKED_AGAIN: Duration = Duration::from_secs(1);

/// How long a failed member waits for the client to take away what it had.
const LAST_WORD: Duration = Duration::from_secs(2);

/// How long a broker may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// How long an offset may be held by a transaction that is open, and a coordinator be on its way.
const DECISION: Duration = Duration::from_secs(super::settings::TRANSACTION_TIMEOUT.as_secs() * 2);

/// Events that nobody has taken yet; the group waits for more.
const QUEUE: usize = 16;

/// How a worker is a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSettings {
    /// The group's name.
    pub group: String,
    /// The member's own name in the group; no two may have the same.
    pub instance: String,
    /// After this time without a sign of life a member's partitions are given to others. With `Protocol::Consumer` the
    /// broker decides it (`group.consumer.session.timeout.ms`).
    pub session_timeout: Duration,
    /// How the members agree.
    pub protocol: Protocol,
}

/// How the members of a group agree on who has what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// One of the members decides, and partitions that stay are not interrupted (cooperative-sticky).
    Classic,
    /// The broker decides (KIP-848); needs a broker of version 4.
    Consumer,
}

/// What the group says.
#[derive(Debug)]
pub enum GroupEvent {
    /// These are ours from now on, beside those that we have.
    Assigned(Vec<i32>),
    /// The group takes these away.
    Revoked {
        /// Which.
        partitions: Vec<i32>,
        /// Whether they may have another owner already: stop at once.
        lost: bool,
        /// The group waits until this is told or dropped.
        done: oneshot::Sender<()>,
    },
    /// There is no way to be a member; nothing more comes, and what was ours has been revoked.
    Failed(BrokerError),
}

/// A handle on the membership. When the last one is dropped, or nobody takes the events any more, the member leaves.
#[derive(Clone)]
pub struct Membership {
    shared: Arc<Shared>,
    orders: std::sync::mpsc::Sender<oneshot::Sender<()>>,
}

/// What handle and thread have in common.
struct Shared {
    group: GroupSettings,
    topic: String,
    /// The thread owns it, so that nobody else waits for its end; there is a new one when the name was still held.
    consumer: Mutex<Weak<BaseConsumer<Member>>>,
    owned: Mutex<BTreeSet<i32>>,
}

impl Membership {
    /// Joins the group; which partitions of the topic are ours is told by events. Returns at once: also a broker that
    /// is away is waited for by the member's own thread.
    pub fn join(
        settings: &Settings,
        group: &GroupSettings,
        topic: &str,
    ) -> Result<(Self, mpsc::Receiver<GroupEvent>), BrokerError> {
        let shared = Arc::new(Shared {
            group: group.clone(),
            topic: topic.to_owned(),
            consumer: Mutex::default(),
            owned: Mutex::default(),
        });
        let (events, told) = mpsc::channel(QUEUE);
        let (orders, inbox) = std::sync::mpsc::channel();
        let mut owner = Owner::new(settings.clone(), Arc::clone(&shared), events)?;
        let thread = thread::Builder::new().name("kafka-group".to_owned());
        thread
            .spawn(move || owner.serve(&inbox))
            .map_err(|error| BrokerError::Stuck(format!("cannot start the thread of a group's member: {error}")))?;
        Ok((Self { shared, orders }, told))
    }

    /// The topic whose partitions the group shares out.
    pub fn topic(&self) -> &str {
        &self.shared.topic
    }

    /// How this member takes part.
    pub fn group(&self) -> &GroupSettings {
        &self.shared.group
    }

    /// Whether the partition is ours, as far as the group has said.
    pub fn owns(&self, partition: i32) -> bool {
        self.shared.owned().contains(&partition)
    }

    /// The group's committed offset of a partition, or none where there is none. Stable: a transaction that has sent an
    /// offset and is still open is waited for. Blocks.
    pub fn committed(&self, partition: i32) -> Result<Option<i64>, BrokerError> {
        let Shared { group, topic, .. } = &*self.shared;
        let attempt = format!("cannot ask for the offset of group {} in {topic}/{partition}", group.group);
        let deadline = Instant::now() + DECISION;
        loop {
            let Some(consumer) = self.shared.consumer() else {
                return Err(BrokerError::Doubt(format!("{attempt}: {} has left it", group.instance)));
            };
            let mut asked = TopicPartitionList::new();
            asked.add_partition(topic, partition);
            let answer = consumer.committed_offsets(asked, ANSWER).and_then(|offsets| {
                let found = offsets.find_partition(topic, partition);
                found.map_or(Ok(Offset::Invalid), |found| found.error().map(|()| found.offset()))
            });
            match answer {
                Ok(Offset::Offset(offset)) => return Ok(Some(offset)),
                Ok(_) => return Ok(None),
                Err(error) if is_passing(&error) && Instant::now() < deadline => thread::sleep(LOOK),
                Err(error) => return Err(consumer.context().client.unreachable(&attempt, &error)),
            }
        }
    }

    /// What a transaction needs to send offsets as this member; none for one that has left.
    pub fn metadata(&self) -> Option<ConsumerGroupMetadata> {
        self.shared.consumer()?.group_metadata()
    }

    /// Leaves: what is ours is revoked, as an event that is waited for (so somebody must go on taking them), and the
    /// member is closed. It keeps its place in the group for the session's timeout, with either protocol: the process
    /// that is started again in time has the same partitions, without any of them having moved.
    pub async fn leave(&self) {
        let (left, told) = oneshot::channel();
        if self.orders.send(left).is_ok() {
            // Dropped or told, the thread is done; a broker that is away does not hold up the end of the process.
            let _ = tokio::time::timeout(LETTING_GO + ANSWER, told).await;
        }
    }
}

impl std::fmt::Debug for Membership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Membership").field("group", &self.shared.group).field("topic", &self.shared.topic).finish()
    }
}

impl Shared {
    fn consumer(&self) -> Option<Arc<BaseConsumer<Member>>> {
        self.slot().upgrade()
    }

    fn slot(&self) -> MutexGuard<'_, Weak<BaseConsumer<Member>>> {
        self.consumer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn owned(&self) -> MutexGuard<'_, BTreeSet<i32>> {
        self.owned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread's own.
struct Owner {
    settings: Settings,
    shared: Arc<Shared>,
    events: mpsc::Sender<GroupEvent>,
    consumer: Option<Arc<BaseConsumer<Member>>>,
    /// Since when the name is held by another member.
    refused: Option<Instant>,
    /// When the name was taken by another member, or by an earlier self, of late.
    fenced: Vec<Instant>,
    /// When the next member is made, where there is none.
    again: Instant,
}

/// What is to be done about an error that the client reports.
#[derive(Debug, PartialEq, Eq)]
enum Heard {
    /// The client goes on trying by itself.
    Passing,
    /// The name is held; it may be by a member that has ended and is not missed yet.
    Held,
    /// The name was taken; it may be by an earlier request of our own.
    Fenced,
    /// There is no way to be a member.
    Failure,
}

impl Owner {
    fn new(settings: Settings, shared: Arc<Shared>, events: mpsc::Sender<GroupEvent>) -> Result<Self, BrokerError> {
        let mut owner =
            Self { settings, shared, events, consumer: None, refused: None, fenced: Vec::new(), again: Instant::now() };
        owner.join()?;
        Ok(owner)
    }

    /// Makes a member in the place of any older one.
    fn join(&mut self) -> Result<(), BrokerError> {
        self.consumer = None;
        let member =
            Member { client: Client::default(), shared: Arc::clone(&self.shared), events: self.events.clone() };
        let consumer: BaseConsumer<Member> = self
            .settings
            .member(&self.shared.group)
            .create_with_context(member)
            .map_err(|error| BrokerError::Refused(format!("cannot set up a Kafka client: {error}")))?;
        consumer
            .subscribe(&[&self.shared.topic])
            .map_err(|error| BrokerError::Refused(format!("{}: {error}", self.attempt())))?;
        let consumer = Arc::new(consumer);
        *self.shared.slot() = Arc::downgrade(&consumer);
        self.consumer = Some(consumer);
        Ok(())
    }

    fn attempt(&self) -> String {
        let GroupSettings { group, instance, .. } = &self.shared.group;
        format!("cannot be the member {instance} of group {group}")
    }

    fn serve(&mut self, inbox: &std::sync::mpsc::Receiver<oneshot::Sender<()>>) {
        loop {
            match inbox.try_recv() {
                Ok(left) => {
                    self.close();
                    let _ = left.send(());
                    return;
                }
                Err(TryRecvError::Disconnected) => return self.close(),
                Err(TryRecvError::Empty) if self.events.is_closed() => return self.close(),
                Err(TryRecvError::Empty) => {}
            }
            let Err(failure) = self.turn() else { continue };
            self.end();
            // Nobody listens any more when the process ends.
            let _ = self.events.blocking_send(GroupEvent::Failed(failure));
            return;
        }
    }

    /// Lets the client speak for a moment.
    fn turn(&mut self) -> Result<(), BrokerError> {
        self.stand_still();
        let Some(consumer) = &self.consumer else {
            let rest = self.again.saturating_duration_since(Instant::now());
            thread::sleep(rest.min(LOOK));
            return if rest > LOOK { Ok(()) } else { self.join() };
        };
        // A message that was under way when its partition was paused is nobody's.
        let Some(Err(error)) = consumer.poll(LOOK).map(|polled| polled.map(drop)) else { return Ok(()) };
        let fatal = consumer.client().fatal_error();
        let error = fatal.as_ref().map_or(error, |(code, _)| KafkaError::Global(*code));
        let impatient = self.refused.is_some_and(|since| since.elapsed() >= NAME_HELD);
        match heard(&error, fatal.is_some(), impatient) {
            Heard::Passing => {
                tracing::debug!("{}: {error}", self.attempt());
                Ok(())
            }
            Heard::Held => {
                if self.refused.is_none() {
                    self.refused = Some(Instant::now());
                    tracing::warn!(
                        "{}: its name is held by another one, until that one's session ends",
                        self.attempt()
                    );
                }
                // The client takes no more orders after this error.
                self.end();
                self.again = Instant::now() + ASKED_AGAIN;
                Ok(())
            }
            Heard::Fenced => {
                self.fenced.retain(|earlier| earlier.elapsed() < FENCED_WITHIN);
                let Some(pause) = TAKEN_BACK.get(self.fenced.len()) else { return Err(self.failure(&error)) };
                self.fenced.push(Instant::now());
                tracing::warn!("{}: its name was taken; it is taken back in {pause:?}", self.attempt());
                self.end();
                self.again = Instant::now() + *pause;
                Ok(())
            }
            Heard::Failure => Err(self.failure(&error)),
        }
    }

    /// Where a test holds up this member.
    fn stand_still(&self) {
        if cfg!(feature = "faults") {
            let GroupSettings { group, instance, .. } = &self.shared.group;
            faults::fails(&format!("still/{group}/{instance}"));
        }
    }

    fn failure(&self, error: &KafkaError) -> BrokerError {
        let attempt = self.attempt();
        match error_code(error) {
            Some(Code::FencedInstanceId | Code::UnreleasedInstanceId) => BrokerError::Fenced(format!(
                "{attempt}: another process is the member of that name: give each an instance name of its own ({error})"
            )),
            Some(Code::InvalidSessionTimeout) => BrokerError::Refused(format!(
                "{attempt}: the broker does not allow a session timeout of {} ms ({error})",
                self.shared.group.session_timeout.as_millis()
            )),
            Some(Code::UnsupportedVersion | Code::UnsupportedFeature) => BrokerError::Refused(format!(
                "{attempt}: the broker does not know this protocol of groups: use the classic one ({error})"
            )),
            _ => BrokerError::sort(&attempt, error, BrokerError::Refused),
        }
    }

    /// Ends a member that has failed: what was ours is taken away.
    fn end(&mut self) {
        let deadline = Instant::now() + LAST_WORD;
        while let Some(consumer) = self.consumer.as_ref().filter(|_| Instant::now() < deadline) {
            if self.shared.owned().is_empty() {
                break;
            }
            let _ = consumer.poll(LOOK);
        }
        if let Some(consumer) = &self.consumer {
            let owned: Vec<i32> = self.shared.owned().iter().copied().collect();
            consumer.context().revoke(&owned, true);
        }
        self.close();
    }

    /// Leaves the group: the client does so when the last of its handles is dropped, which is here, for its callbacks
    /// wait and the others must not.
    fn close(&mut self) {
        *self.shared.slot() = Weak::new();
        while let Some(consumer) = self.consumer.take() {
            if let Err(asked) = Arc::try_unwrap(consumer) {
                self.consumer = Some(asked);
                thread::sleep(LOOK);
            }
        }
    }
}

fn heard(error: &KafkaError, fatal: bool, impatient: bool) -> Heard {
    match error_code(error) {
        Some(Code::UnreleasedInstanceId) if !impatient => Heard::Held,
        Some(Code::FencedInstanceId) => Heard::Fenced,
        Some(
            Code::UnreleasedInstanceId
            | Code::InconsistentGroupProtocol
            | Code::InvalidSessionTimeout
            | Code::InvalidGroupId
            | Code::GroupMaxSizeReached
            | Code::GroupAuthorizationFailed
            | Code::TopicAuthorizationFailed
            | Code::ClusterAuthorizationFailed,
        ) => Heard::Failure,
        _ if fatal => Heard::Failure,
        // A password that is changed while we run is among them: whoever writes says so.
        _ => Heard::Passing,
    }
}

/// Errors of a coordinator that is on its way, and of a transaction that is still open: the client itself asks again,
/// until its time is up.
fn is_passing(error: &KafkaError) -> bool {
    matches!(
        error_code(error),
        Some(
            Code::UnstableOffsetCommit
                | Code::NotCoordinator
                | Code::CoordinatorNotAvailable
                | Code::CoordinatorLoadInProgress
                | Code::WaitingForCoordinator
                | Code::RequestTimedOut
                | Code::OperationTimedOut
        )
    )
}

/// Hears what the group says, on the thread that polls.
struct Member {
    client: Client,
    shared: Arc<Shared>,
    events: mpsc::Sender<GroupEvent>,
}

impl Member {
    fn assign(&self, partitions: Vec<i32>) {
        if partitions.is_empty() {
            return;
        }
        self.shared.owned().extend(&partitions);
        tracing::debug!(?partitions, group = %self.shared.group.group, "partitions are ours");
        // Nobody takes it when the process ends; then the member leaves.
        let _ = self.events.blocking_send(GroupEvent::Assigned(partitions));
    }

    /// Returns when they have been let go of.
    fn revoke(&self, partitions: &[i32], lost: bool) {
        if partitions.is_empty() {
            return;
        }
        self.shared.owned().retain(|partition| !partitions.contains(partition));
        tracing::debug!(?partitions, lost, group = %self.shared.group.group, "partitions are taken away");
        let (done, mut told) = oneshot::channel();
        let deadline = Instant::now() + LETTING_GO;
        if self.events.blocking_send(GroupEvent::Revoked { partitions: partitions.to_vec(), lost, done }).is_err() {
            return;
        }
        while let Err(oneshot::error::TryRecvError::Empty) = told.try_recv() {
            if Instant::now() >= deadline {
                tracing::warn!(?partitions, "partitions were not let go of in time: the group goes on");
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl ClientContext for Member {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.client.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.client.error(error, reason);
    }
}

impl ConsumerContext for Member {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, what: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let partitions: Vec<i32> = list.elements().iter().map(|element| element.partition()).collect();
        let done = if what == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            // With an offset the client need not ask for the committed one, which a transaction may hold.
            let assigned = list
                .set_all_offsets(Offset::End)
                .and_then(|()| consumer.incremental_assign(list))
                .and_then(|()| consumer.pause(list));
            self.assign(partitions);
            assigned
        } else {
            self.revoke(&partitions, consumer.assignment_lost());
            consumer.incremental_unassign(list)
        };
        if let Err(error) = done {
            tracing::warn!(group = %self.shared.group.group, "the client did not follow the group: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_client_cannot_mend_ends_a_membership() {
        let check = |code: Code, fatal: bool, expected: Heard| {
            assert_eq!(heard(&KafkaError::MessageConsumption(code), fatal, false), expected, "{code}");
        };
        check(Code::FencedInstanceId, true, Heard::Fenced);
        check(Code::GroupAuthorizationFailed, false, Heard::Failure);
        check(Code::InconsistentGroupProtocol, false, Heard::Failure);
        check(Code::UnsupportedVersion, true, Heard::Failure);
        check(Code::UnreleasedInstanceId, false, Heard::Held);
        check(Code::PollExceeded, false, Heard::Passing);
        check(Code::AllBrokersDown, false, Heard::Passing);
        check(Code::UnknownTopicOrPartition, false, Heard::Passing);
        let held = KafkaError::Global(Code::UnreleasedInstanceId);
        assert_eq!(heard(&held, true, true), Heard::Failure, "not for ever");
    }
}
