-- Version 3: subscriptions to WebSub hubs.
CREATE TABLE subscription (
  path   TEXT NOT NULL PRIMARY KEY, -- last part of the callback's address; nobody guesses it
  feed   TEXT NOT NULL,
  secret TEXT NOT NULL,             -- what the hub signs with
  facts  TEXT NOT NULL              -- JSON: topic, hub, how it stands
) STRICT;
