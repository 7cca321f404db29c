//! One guarded GET at a time, for commands that are no daemon.

use crate::{
    PROGRAM, fetch,
    model::{Feed, Fetched, Issue, Stage, Validators},
};

/// Gets what an address holds, under the daemon's guard and limits.
pub(super) struct Getter {
    client: fetch::Client,
    runtime: tokio::runtime::Runtime,
}

impl Getter {
    /// Sets up the client and a small runtime for it.
    pub(super) fn new(options: &fetch::Options) -> anyhow::Result<Self> {
        let version = PROGRAM.split_once('/').map_or("", |(_, version)| version);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let client = runtime.block_on(async { fetch::Client::new(options, version) })?;
        Ok(Self { client, runtime })
    }

    /// Gets one document for a feed: its `allow` holds.
    pub(super) fn get(&self, feed: &Feed, url: &str, wants: fetch::Wants) -> Result<Fetched, Issue> {
        let nothing = Validators::default();
        let request = fetch::Request { feed, url, validators: &nothing, wants };
        match self.runtime.block_on(self.client.get(request)) {
            Ok(fetch::Response::Document(document)) => match document.cut {
                Some(cut) => Err(cut),
                None => Ok(document.fetched),
            },
            Ok(fetch::Response::NotModified { .. }) => {
                Err(Issue::new(Stage::Fetch, "unasked_response", "304 without a condition"))
            }
            Err(error) => Err(error.into_issue()),
        }
    }
}
