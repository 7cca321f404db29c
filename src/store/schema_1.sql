-- Version 1 of the one file. Times are microseconds since 1970 in UTC; hashes are BLAKE3.

-- Small facts about the file itself: `intake_id`, the offset of the state topic that the image reflects, and so on.
CREATE TABLE meta (
  key   TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- Image of the committed state (cache of the state topic; with the embedded default the truth itself).
CREATE TABLE state (
  key   TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL,
  hash  BLOB NOT NULL            -- over key and value
) STRICT;

-- The intake log: one row per useful fetch. AUTOINCREMENT: numbers are never used again, and rise by one.
CREATE TABLE frame (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  feed     TEXT    NOT NULL,
  poll     INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  contents BLOB    NOT NULL,     -- one version byte, then as that version says
  hash     BLOB    NOT NULL      -- over feed, poll, at and contents
) STRICT;

-- What was learnt at the last polls of a feed; always written with the frame that it belongs to.
CREATE TABLE feed (
  id            TEXT    NOT NULL PRIMARY KEY,
  etag          TEXT,
  last_modified TEXT,
  poll          INTEGER NOT NULL,
  facts         TEXT    NOT NULL -- JSON: what the scheduler and the gap test need
) STRICT;

-- The last content observed of each item. Decides what is new on the doorstep before anything is decided behind it.
CREATE TABLE seen (
  item            TEXT    NOT NULL PRIMARY KEY,
  feed            TEXT    NOT NULL,
  item_hash       TEXT    NOT NULL, -- content of the feed's entry, as last observed
  hash            TEXT,             -- content of the last revision in a frame, page included; null while one waits
  whole           TEXT    NOT NULL, -- over everything the feed's entry says
  earlier         TEXT    NOT NULL, -- JSON list of contents before these, newest last
  candidate       TEXT,             -- an earlier content that is shown again
  candidate_polls INTEGER NOT NULL DEFAULT 0,
  candidate_poll  INTEGER NOT NULL DEFAULT 0,
  candidate_entry BLOB,             -- the item that shows it
  last_poll       INTEGER NOT NULL, -- the last document that it stood in
  last_seen       INTEGER NOT NULL,
  touched         INTEGER NOT NULL  -- when a frame last said that it still stands in its feed
) STRICT;
CREATE INDEX seen_by_feed ON seen (feed, last_poll);

-- Items that wait for their page before they become a frame, each in the order of its polls.
CREATE TABLE waiting (
  item        TEXT    NOT NULL,
  poll        INTEGER NOT NULL,
  feed        TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  first_sight INTEGER,
  entry       BLOB    NOT NULL,  -- the item, as frames hold it
  PRIMARY KEY (item, poll)
) STRICT;

-- Pages that are looked at again for corrections.
CREATE TABLE page_watch (
  item          TEXT    NOT NULL PRIMARY KEY,
  feed          TEXT    NOT NULL,
  first_sight   INTEGER,
  entry         BLOB    NOT NULL, -- the item, as frames hold it
  etag          TEXT,
  last_modified TEXT,
  first_fetch   INTEGER NOT NULL,
  step          INTEGER NOT NULL, -- re-checks done
  due           INTEGER NOT NULL,
  stale_looks   INTEGER NOT NULL DEFAULT 0 -- looks in a row that showed an earlier content
) STRICT;
CREATE INDEX page_watch_by_due ON page_watch (due);

-- The embedded sink: each topic's live file.
CREATE TABLE topic (
  name       TEXT    NOT NULL PRIMARY KEY,
  day        TEXT    NOT NULL,     -- of the live file's first line
  next       INTEGER NOT NULL,     -- number of the next record
  bytes      INTEGER NOT NULL,     -- length of the live file with every committed line
  synced     INTEGER NOT NULL,     -- length that is known to be on the disk
  tail_start INTEGER NOT NULL,     -- the last line within `synced`: where it starts
  tail_hash  BLOB,                 -- and its hash, by which the file is known again
  moving_to  TEXT                  -- a rotation under way: the name it gets
) STRICT;

-- Lines that are committed and perhaps not yet on the disk in their file.
CREATE TABLE journal (
  topic  TEXT    NOT NULL,
  offset INTEGER NOT NULL,         -- number of the record in its topic
  at     INTEGER NOT NULL,         -- where the line starts in the live file
  line   BLOB    NOT NULL,         -- with its line end
  PRIMARY KEY (topic, offset)
) STRICT;
