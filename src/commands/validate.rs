//! `dateline validate`: reads the configuration, opens nothing, and prints every problem at once.

use crate::{cli::Validate, config::Flags};

/// Runs the verb.
pub(super) fn run(given: &Validate) -> u8 {
    match super::load(&Flags::from(&given.configuration)) {
        Ok(loaded) if !loaded.unread.0.is_empty() => super::refuse(&loaded.unread),
        Ok(loaded) => {
            let enabled = loaded.config.feeds.iter().filter(|feed| feed.enabled).count();
            let file = loaded.file.map_or_else(|| "no file".to_owned(), |path| path.display().to_string());
            let to = match loaded.config.publish.to {
                crate::publish::Target::Journal => format!("the journal in {}", loaded.config.data_dir.display()),
                crate::publish::Target::Kafka => format!("Kafka at {}", loaded.config.publish.kafka.bootstrap_servers),
            };
            super::put(format_args!("{file}: no problems; {enabled} feeds to {to}"));
            super::exit::DONE
        }
        Err(problems) => {
            super::problems::print(&problems, given.format);
            super::exit::CONFIGURATION
        }
    }
}
