//! The local image follows the state topic.
//!
//! The image is built upon only while it is proved to be of this topic: the record at its anchor must still be there,
//! as it was. Else it is emptied and read anew. What the broker has is the truth, and what it has lost is said loudly;
//! but a topic that knows nothing of our intake any more does not make us publish all over again: the position is
//! carried over, and a person decides.

use super::{EXIT_CONFIG, KafkaSink, blocking, fatal, now, of_store};
use crate::broker::{
    BrokerError,
    producer::Messages,
    state_topic::{Ends, Entry, StateTopic},
    topics::Topics,
};
use crate::faults;
use crate::model::{Hash, Position, StateChange, state_key};
use crate::publish::{KAFKA_IMAGE, PublishError};
use crate::store::image;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};

/// Version of the state topic's form: of its keys and of the values behind them.
const FORMAT: u32 = 1;

/// Where the state topic says in which form it is.
const FORMAT_KEY: &str = "format";

/// What the local image of the state topic reflects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ImageOf {
    pub(super) cluster: String,
    pub(super) topic: String,
    pub(super) transactional_id: String,
    /// One behind the last record of the topic that is in the image.
    pub(super) offset: i64,
    /// When it was last known to be up to date, in seconds since 1970: tombstones go after a while.
    pub(super) at: u64,
    /// Our last record in the image.
    #[serde(default)]
    pub(super) anchor: Option<Anchor>,
    /// Our position before the image was emptied, until a position is in it again.
    #[serde(default)]
    pub(super) carried: Option<u64>,
}

/// A record by which the topic is known again: another topic of the name has another one in its place, or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Anchor {
    offset: i64,
    hash: Hash,
}

impl Anchor {
    pub(super) fn new(offset: i64, key: &str, value: Option<&[u8]>) -> Self {
        let value = Hash::of_bytes(value.unwrap_or_default());
        Self { offset, hash: Hash::of_fields("v1:anchor", [key, value.0.as_str()]) }
    }

    fn is(&self, entry: &Entry) -> bool {
        *self == Self::new(entry.offset, &entry.key, entry.value.as_deref())
    }
}

/// The value of `format`. The name makes the first record of each topic another one.
#[derive(Serialize, Deserialize)]
struct Format {
    v: u32,
    #[serde(default)]
    name: String,
}

/// Why an image is not built upon.
#[derive(Debug, PartialEq, Eq)]
enum Dropped {
    /// It knows of what the broker does not have (C13), or of another broker's.
    Loss(String),
    /// Tombstones that it has not seen may have gone, or an older program wrote it.
    Age,
}

fn why_dropped(image: &ImageOf, fresh: &ImageOf, ends: Ends, retention: Duration) -> Option<Dropped> {
    let ImageOf { cluster, topic, transactional_id, offset, at, anchor, .. } = image;
    if (cluster, topic, transactional_id) != (&fresh.cluster, &fresh.topic, &fresh.transactional_id) {
        let reason =
            format!("the image is of {topic} of {transactional_id} on cluster {cluster:?}, which is not this one");
        return Some(Dropped::Loss(reason));
    }
    if *offset > ends.high {
        let reason =
            format!("the broker lost committed data: topic {topic} ends at {}, the image at {offset}", ends.high);
        return Some(Dropped::Loss(reason));
    }
    let age = Duration::from_secs(fresh.at.saturating_sub(*at));
    (age > retention / 2 || anchor.is_none()).then_some(Dropped::Age)
}

impl KafkaSink {
    /// To be called when every earlier transaction of this id is decided: the end that is asked for is beyond them all.
    pub(super) async fn bring_image_up_to_date(&mut self, topics: &Topics) -> Result<(), PublishError> {
        let (name, partition) = (self.post.state.clone(), self.post.partition);
        let (settings, topic) = (self.settings.clone(), name.clone());
        let (reader, ends) = blocking(move || {
            let reader = StateTopic::new(&settings, &topic, partition)?;
            let ends = reader.ends()?;
            Ok((Arc::new(reader), ends))
        })
        .await
        .map_err(|error| self.sort(error))?;
        self.reader = Some(Arc::clone(&reader));
        let retention = topics.found.get(&name).map_or(Duration::ZERO, |topic| topic.delete_retention);
        let fresh = ImageOf {
            cluster: topics.cluster.clone(),
            topic: name,
            transactional_id: self.settings.transactional_id.clone(),
            offset: ends.low,
            at: now(),
            anchor: None,
            carried: None,
        };
        let mut image = self.image_to_build_upon(fresh.clone(), ends, retention).await?;
        if !self.read_tail(&reader, ends, &mut image).await? {
            tracing::warn!(
                "topic {} does not hold the last record of the local image where it was: it is read anew",
                image.topic
            );
            image = self.emptied(fresh).await?;
            self.read_tail(&reader, ends, &mut image).await?;
        }
        // Says when the image was last known to be current, also when there was nothing to read.
        image.offset = ends.high.max(image.offset);
        image.at = now();
        self.write_image(Vec::new(), image.clone()).await?;
        self.refuse_a_lost_memory(topics, ends.high == 0 || image.carried.is_some()).await?;
        self.settle(image).await
    }

    /// The image as it is, or as it is once it has been emptied.
    async fn image_to_build_upon(
        &self,
        fresh: ImageOf,
        ends: Ends,
        retention: Duration,
    ) -> Result<ImageOf, PublishError> {
        let (known, occupied) = self
            .store
            .read(|db| {
                let known = image::meta(db, KAFKA_IMAGE)?;
                let occupied = db.query_row("SELECT EXISTS (SELECT 1 FROM state)", [], |row| row.get::<_, bool>(0))?;
                Ok((known, occupied))
            })
            .await
            .map_err(of_store)?;
        if known.is_none() && occupied {
            return Err(fatal(
                EXIT_CONFIG,
                format!(
                    "{} holds what the embedded journal published: move it over with `dateline migrate`, or give \
                     publish.to = \"kafka\" a data_dir of its own",
                    self.store.data_dir().display()
                ),
            ));
        }
        let known: Option<ImageOf> = known.and_then(|text| serde_json::from_str(&text).ok());
        let why = known.as_ref().and_then(|image| why_dropped(image, &fresh, ends, retention));
        match (known, why) {
            (Some(image), None) => return Ok(image),
            (_, Some(Dropped::Loss(reason))) => {
                tracing::error!("{reason}: the local image is dropped and read anew from what the broker still has");
            }
            (_, Some(Dropped::Age)) => tracing::info!("the local image is old: it is read anew"),
            (None, None) => {}
        }
        self.emptied(fresh).await
    }

    /// Empties the image; the position that it had is carried over until there is one again.
    async fn emptied(&self, fresh: ImageOf) -> Result<ImageOf, PublishError> {
        let intake = self.post.log.clone();
        let (position, carried) = self
            .store
            .read(move |db| {
                let known = image::meta(db, KAFKA_IMAGE)?.and_then(|text| serde_json::from_str::<ImageOf>(&text).ok());
                Ok((image::position(db, &intake)?, known.and_then(|image| image.carried)))
            })
            .await
            .map_err(of_store)?;
        let carried = carried.max((position > 0).then_some(position));
        let empty = ImageOf { carried, ..fresh };
        let written = empty.clone();
        self.store
            .write(move |tx| {
                image::clear(tx)?;
                image::set_meta(tx, KAFKA_IMAGE, &describe(&written))
            })
            .await
            .map_err(of_store)?;
        Ok(empty)
    }

    /// Reads on from the image's anchor to the end; false when the anchor is not where it was. Nothing has been written
    /// then.
    async fn read_tail(
        &mut self,
        reader: &Arc<StateTopic>,
        ends: Ends,
        image: &mut ImageOf,
    ) -> Result<bool, PublishError> {
        let mut anchor = image.anchor.clone();
        let start = anchor.as_ref().map_or(image.offset, |anchor| anchor.offset).max(ends.low);
        let (chunks, mut inbox) = tokio::sync::mpsc::channel::<(Vec<Entry>, i64)>(1);
        let reader = Arc::clone(reader);
        let reading = tokio::spawn(blocking(move || {
            reader.read(start, ends.high, |entries, end| chunks.blocking_send((entries, end)).is_ok())
        }));
        while let Some((entries, end)) = inbox.recv().await {
            if let Some(anchor) = anchor.take()
                && !entries.first().is_some_and(|first| anchor.is(first))
            {
                return Ok(false);
            }
            let changes = self.own(entries, image)?;
            image.offset = end.max(image.offset);
            self.write_image(changes, image.clone()).await?;
        }
        let read = reading.await.unwrap_or_else(|failure| Err(BrokerError::Stuck(failure.to_string())));
        read.map_err(|error| self.sort(error))?;
        Ok(anchor.is_none())
    }

    /// What of the topic is ours, as changes of the image; the last of it is the image's anchor.
    fn own(&self, entries: Vec<Entry>, image: &mut ImageOf) -> Result<Vec<StateChange>, PublishError> {
        let prefix = self.key_prefix();
        let mut changes = Vec::with_capacity(entries.len());
        for entry in entries {
            let Some(key) = entry.key.strip_prefix(&prefix) else { continue };
            image.anchor = Some(Anchor::new(entry.offset, &entry.key, entry.value.as_deref()));
            if key == FORMAT_KEY {
                self.check_format(entry.value.as_deref())?;
            }
            changes.push(StateChange { key: key.to_owned(), value: entry.value });
        }
        Ok(changes)
    }

    fn check_format(&self, value: Option<&[u8]>) -> Result<(), PublishError> {
        let format = value.and_then(|value| serde_json::from_slice::<Format>(value).ok());
        match format {
            Some(Format { v, .. }) if v > FORMAT => Err(fatal(
                EXIT_CONFIG,
                format!(
                    "topic {} holds the state of \"{}\" in form {v}, written by a newer dateline; this one reads forms up \
                     to {FORMAT}: install the newer program again",
                    self.post.state, self.settings.transactional_id
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Says what was lost, and makes the topic say in which form it is and where our intake stands.
    async fn settle(&mut self, image: ImageOf) -> Result<(), PublishError> {
        let intake = self.post.log.clone();
        let read_intake = intake.clone();
        let (position, format) = self
            .store
            .read(move |db| Ok((image::position(db, &read_intake)?, image::get(db, FORMAT_KEY)?)))
            .await
            .map_err(of_store)?;
        let format = format.and_then(|value| serde_json::from_slice::<Format>(&value).ok());
        let mut changes = Vec::new();
        if format.is_none_or(|format| format.v < FORMAT) {
            let name = uuid::Uuid::new_v4().simple().to_string();
            changes.push(StateChange::set(FORMAT_KEY.to_owned(), &Format { v: FORMAT, name }));
        }
        let carried = image.carried;
        match carried {
            Some(last) if position == 0 => {
                tracing::error!(
                    "topic {} knows nothing of this intake any more: going on behind frame {last}, which was the last \
                     published. What the topics still hold is learnt with `dateline rebuild-state`; what they lost is \
                     published again with `dateline replay --since`",
                    image.topic
                );
                changes.push(StateChange::set(
                    state_key::position(&intake),
                    &Position { intake: intake.clone(), seq: last, index: 0 },
                ));
            }
            Some(last) if position < last => tracing::error!(
                "the broker lost committed data: frame {last} of the intake was published, topic {} now ends with frame \
                 {position}. The frames behind it are published again; what was lost before it is published again with \
                 `dateline replay --since`",
                image.topic
            ),
            _ => {}
        }
        let image = ImageOf { carried: None, ..image };
        if changes.is_empty() {
            if carried.is_some() {
                self.write_image(Vec::new(), image.clone()).await?;
            }
            self.image = Some(image);
            return Ok(());
        }
        let state = changes.iter().map(|it| self.state_message(it)).collect();
        let messages = Messages { state, ..Messages::default() };
        self.commit_messages(messages, changes, image).await
    }

    /// After the producer was replaced without a recovery: whoever had the id in between would have left something.
    pub(super) async fn check_that_nothing_came_between(&mut self) -> Result<(), PublishError> {
        let (Some(reader), Some(image)) = (self.reader.clone(), self.image.clone()) else {
            return Err(PublishError::Doubt("the sink has not been recovered".to_owned()));
        };
        let prefix = self.key_prefix();
        let checked = blocking(move || {
            let high = reader.ends()?.high;
            let mut foreign = false;
            // Behind our last record there is at least the mark of its commit, which is no record.
            if high > image.offset + 1 {
                reader.read(image.offset, high, |entries, _| {
                    foreign |=
                        entries.iter().any(|entry| entry.offset >= image.offset && entry.key.starts_with(&prefix));
                    !foreign
                })?;
            }
            Ok((high, foreign))
        });
        let (high, foreign) = checked.await.map_err(|error| self.sort(error))?;
        if foreign {
            let message = "another producer with this transactional id has committed since".to_owned();
            return Err(self.sort(BrokerError::Fenced(message)));
        }
        if let Some(image) = &mut self.image {
            image.offset = image.offset.max(high);
        }
        Ok(())
    }

    pub(super) async fn write_image(&self, changes: Vec<StateChange>, image: ImageOf) -> Result<(), PublishError> {
        self.store
            .write(move |tx| {
                image::apply(tx, &changes)?;
                faults::point("C8");
                image::set_meta(tx, KAFKA_IMAGE, &describe(&image))
            })
            .await
            .map_err(of_store)
    }
}

fn describe(image: &ImageOf) -> String {
    serde_json::to_string(image).expect("an image's description has string keys and integers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_built_upon_only_while_it_can_be_true() {
        let image = ImageOf {
            cluster: "c".to_owned(),
            topic: "wire.state.v1".to_owned(),
            transactional_id: "t".to_owned(),
            offset: 10,
            at: 1_000,
            anchor: Some(Anchor::new(9, "t/pos/i", None)),
            carried: None,
        };
        let check = |image: &ImageOf, high: i64, now: u64| {
            let fresh = ImageOf { cluster: "c".to_owned(), at: now, ..image.clone() };
            why_dropped(image, &fresh, Ends { low: 0, high }, Duration::from_secs(100))
        };
        assert_eq!(check(&image, 10, 1_010), None);
        assert_eq!(check(&image, 99, 900), None, "a clock that was set back is no age");
        assert_eq!(check(&image, 10, 1_051), Some(Dropped::Age));
        assert!(
            matches!(check(&image, 9, 1_010), Some(Dropped::Loss(reason)) if reason.contains("lost committed data"))
        );
        let elsewhere = ImageOf { cluster: "d".to_owned(), ..image.clone() };
        assert!(matches!(check(&elsewhere, 10, 1_010), Some(Dropped::Loss(_))));
        let older = r#"{"cluster":"c","topic":"wire.state.v1","transactional_id":"t","offset":10,"at":1000}"#;
        assert_eq!(check(&serde_json::from_str(older).unwrap(), 10, 1_010), Some(Dropped::Age), "an older program's");
    }

    #[test]
    fn an_anchor_is_one_record_in_one_place() {
        let anchor = Anchor::new(7, "t/pos/i", Some(b"1"));
        let entry = |offset, value: &[u8]| Entry { offset, key: "t/pos/i".to_owned(), value: Some(value.to_vec()) };
        assert!(anchor.is(&entry(7, b"1")));
        assert!(!anchor.is(&entry(8, b"1")));
        assert!(!anchor.is(&entry(7, b"2")));
    }
}
