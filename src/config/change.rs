//! A configuration that is read while the daemon runs: which of it takes effect, and which waits for a restart.
//!
//! Feeds and what concerns their polling change at once. What the store, the sink, the memory or an open port were begun
//! with stays as it is until the next start, and is named by its keys; values are never shown.

use super::Config;
use crate::publish;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// The configuration that holds from now on, and the keys that are written otherwise and wait for a restart.
pub fn settle(running: &Config, read: Config) -> (Config, Vec<String>) {
    let mut waiting = Vec::new();
    if read.data_dir != running.data_dir {
        waiting.push("data_dir".to_owned());
    }
    differences("intake", &running.intake, &read.intake, &mut waiting);
    differences("extract", &running.extract, &read.extract, &mut waiting);
    differences("dedup", &running.dedup, &read.dedup, &mut waiting);
    publish(&running.publish, &read.publish, &mut waiting);
    differences("roles", &running.roles, &read.roles, &mut waiting);
    differences("status", &running.status, &read.status, &mut waiting);
    differences("log", &running.log, &read.log, &mut waiting);
    differences("traces", &running.traces, &read.traces, &mut waiting);
    differences("fetch.page_recheck", &running.fetch.page_recheck, &read.fetch.page_recheck, &mut waiting);
    differences("fetch.websub", &running.fetch.websub, &read.fetch.websub, &mut waiting);
    let Config { feeds, mut fetch, .. } = read;
    fetch.websub.clone_from(&running.fetch.websub);
    fetch.page_recheck.clone_from(&running.fetch.page_recheck);
    (Config { feeds, fetch, ..running.clone() }, waiting)
}

/// The client's own settings are compared one by one, for they hold secrets and are not written out with their values.
fn publish(running: &publish::Options, read: &publish::Options, keys: &mut Vec<String>) {
    let without = |options: &publish::Options| {
        let mut options = options.clone();
        options.kafka.librdkafka.clear();
        options
    };
    differences("publish", &without(running), &without(read), keys);
    let (running, read) = (&running.kafka.librdkafka, &read.kafka.librdkafka);
    let names: BTreeSet<&String> = running.keys().chain(read.keys()).collect();
    let differ = names.into_iter().filter(|name| running.get(*name) != read.get(*name));
    keys.extend(differ.map(|name| format!("publish.kafka.librdkafka.{name}")));
}

/// Adds the keys whose values differ.
fn differences(key: &str, running: &impl Serialize, read: &impl Serialize, keys: &mut Vec<String>) {
    let value = |options: Result<Value, serde_json::Error>| options.unwrap_or(Value::Null);
    compare(key, &value(serde_json::to_value(running)), &value(serde_json::to_value(read)), keys);
}

fn compare(key: &str, running: &Value, read: &Value, keys: &mut Vec<String>) {
    let (Value::Object(running), Value::Object(read)) = (running, read) else {
        if running != read {
            keys.push(key.to_owned());
        }
        return;
    };
    for (name, value) in running {
        compare(&format!("{key}.{name}"), value, read.get(name).unwrap_or(&Value::Null), keys);
    }
    let added = read.keys().filter(|name| !running.contains_key(*name));
    keys.extend(added.map(|name| format!("{key}.{name}")));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Feed;
    use std::time::Duration;

    #[test]
    fn feeds_and_limits_change_at_once_and_the_rest_is_named_without_values() {
        let running = Config::new("/state".into());
        let mut read = running.clone();
        read.feeds.push(Feed::new("a", "https://wire.example/rss.xml"));
        read.fetch.default_interval = Duration::from_secs(7);
        assert_eq!(settle(&running, read.clone()), (read.clone(), vec![]));

        let live = read.clone();
        read.data_dir = "/elsewhere".into();
        read.fetch.page_recheck.clear();
        read.publish.topic_prefix = "other".to_owned();
        read.publish.kafka.librdkafka.insert("sasl.password".to_owned(), "hunter2".to_owned());
        read.status.listen = "off".to_owned();
        let (settled, waiting) = settle(&running, read);
        assert_eq!(settled, live);
        let expected = [
            "data_dir",
            "publish.topic_prefix",
            "publish.kafka.librdkafka.sasl.password",
            "status.listen",
            "fetch.page_recheck",
        ];
        assert_eq!(waiting, expected);
    }
}
