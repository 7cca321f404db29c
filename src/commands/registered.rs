//! A cluster's topics with their values in JSON, whatever a schema registry has had them written in.

use super::audit::Failure;
use crate::{
    model::Topic,
    publish::{PublishError, RegistryOptions, wire::ValueReader},
    topics::{Cluster, Log, Placed, ReadError, Topics},
};

/// The cluster's topics, read with the help of the registry where there is one.
pub(super) fn open(cluster: Cluster, options: &RegistryOptions) -> Result<Box<dyn Topics>, Failure> {
    match ValueReader::open(options) {
        Ok(None) => Ok(Box::new(cluster)),
        Ok(Some(values)) => Ok(Box::new(Registered { cluster, values })),
        Err(PublishError::Fatal { message, .. }) => Err(Failure::Configuration(message)),
        Err(error) => Err(ReadError::Unavailable(error.to_string()).into()),
    }
}

struct Registered {
    cluster: Cluster,
    values: ValueReader,
}

impl Topics for Registered {
    fn logs(&self, topic: Topic) -> Vec<Log> {
        self.cluster.logs(topic)
    }

    fn read(&self, topic: Topic, visit: &mut dyn FnMut(Placed)) -> Result<(), ReadError> {
        let mut failed = None;
        self.cluster.read(topic, &mut |mut placed| match self.values.read(&mut placed.record) {
            Ok(()) => visit(placed),
            Err(why) => drop(failed.get_or_insert_with(|| format!("{}: {why}", placed.place))),
        })?;
        failed.map_or(Ok(()), |why| Err(ReadError::Failed(why)))
    }
}
