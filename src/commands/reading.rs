//! The topics that a configuration publishes to, opened for reading: beside the daemon, without its lock.

use super::{
    audit::{Failure, complain},
    load, refuse,
};
use crate::{
    cli::Configuration,
    config::{Config, Flags},
    publish::{Target, unwritten::unwritten},
    store::{StoreError, inspect},
    topics::{Files, Topics},
};

/// Loads the configuration and does something with it; why it could not be done is said.
pub(super) fn with_config(configuration: &Configuration, work: impl FnOnce(&Config) -> Result<u8, Failure>) -> u8 {
    let config = match load(&Flags::from(configuration)) {
        Ok(loaded) => loaded.config,
        Err(problems) => return refuse(&problems),
    };
    work(&config).unwrap_or_else(|failure| {
        complain(&failure.to_string());
        failure.exit()
    })
}

/// Opens them, and fixes their ends.
pub(super) fn topics(config: &Config) -> Result<Box<dyn Topics>, Failure> {
    match config.publish.to {
        Target::Journal => Ok(Box::new(files(config)?)),
        Target::Kafka => cluster(config),
    }
}

/// The topic files, with what the journal has committed and not yet written there.
pub(super) fn files(config: &Config) -> Result<Files, Failure> {
    let mut lines = crate::topics::Pending::new();
    if inspect::file(&config.data_dir).exists() {
        let found = inspect::open(&config.data_dir)?;
        // At 0 a daemon is making it at this moment.
        if found.schema > 0 {
            lines = unwritten(&found.connection).map_err(StoreError::from)?.lines;
        }
    }
    Ok(Files::open(&config.data_dir.join("topics"), &config.publish.topic_prefix, lines)?)
}

#[cfg(feature = "kafka")]
fn cluster(config: &Config) -> Result<Box<dyn Topics>, Failure> {
    let settings = crate::publish::kafka::settings(&config.publish.kafka);
    Ok(Box::new(crate::topics::Cluster::open(&settings, &config.publish.topic_prefix)?))
}

#[cfg(not(feature = "kafka"))]
fn cluster(_: &Config) -> Result<Box<dyn Topics>, Failure> {
    Err(Failure::Configuration("this dateline was built without the `kafka` feature".to_owned()))
}
