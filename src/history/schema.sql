-- What the status page remembers, version 1. Derived and disposable: a file that is gone or damaged begins anew.

-- Traffic of the rooms by minute (Unix time / 60).
CREATE TABLE traffic (
  minute    INTEGER NOT NULL,
  stage     TEXT NOT NULL,
  received  INTEGER NOT NULL,
  sent      INTEGER NOT NULL,
  discarded INTEGER NOT NULL,
  errors    INTEGER NOT NULL,
  PRIMARY KEY (minute, stage)
) STRICT, WITHOUT ROWID;

-- Revisions observed by feed and hour (Unix time / 3600).
CREATE TABLE feed_hour (
  hour     INTEGER NOT NULL,
  feed     TEXT NOT NULL,
  observed INTEGER NOT NULL,
  PRIMARY KEY (hour, feed)
) STRICT, WITHOUT ROWID;

-- How long items took, as a histogram by hour: the buckets are those of `freshness.rs`.
CREATE TABLE freshness (
  hour   INTEGER NOT NULL,
  step   TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  items  INTEGER NOT NULL,
  PRIMARY KEY (hour, step, bucket)
) STRICT, WITHOUT ROWID;

-- Published revisions, the newest last; `whole` (zstd of JSON) has the observed item and its records.
CREATE TABLE article (
  number    INTEGER PRIMARY KEY,
  item      TEXT NOT NULL,
  revision  INTEGER NOT NULL,
  summary   TEXT NOT NULL,
  whole     BLOB,
  claims    INTEGER NOT NULL, -- whether it makes claims: such revisions are kept for longer
  UNIQUE (item, revision)
) STRICT;

-- Claims; one that no longer stands names the revision that ended it.
CREATE TABLE claim (
  id       TEXT NOT NULL,
  revision INTEGER NOT NULL,
  day      TEXT NOT NULL,    -- the day it holds for, or that of its publication
  iso2     TEXT NOT NULL,    -- empty where there is none
  metric   TEXT NOT NULL,
  series   TEXT NOT NULL,    -- what is counted where: claims of one series may be compared
  reported INTEGER NOT NULL, -- whether the text reports it as a fact
  ended    INTEGER,
  seen     INTEGER NOT NULL, -- Unix seconds
  point    TEXT NOT NULL,    -- JSON
  PRIMARY KEY (id, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_series ON claim (iso2, metric, series);
CREATE INDEX claim_day ON claim (day);
CREATE INDEX claim_seen ON claim (seen);

-- How many originals of a day name somebody or something.
CREATE TABLE entity_day (
  day      TEXT NOT NULL,
  kind     TEXT NOT NULL,
  name     TEXT NOT NULL,
  articles INTEGER NOT NULL,
  PRIMARY KEY (day, kind, name)
) STRICT, WITHOUT ROWID;

-- When each item joined its story.
CREATE TABLE joined (
  story    TEXT NOT NULL,
  item     TEXT NOT NULL,
  feed     TEXT NOT NULL,
  agency   TEXT,
  headline TEXT,
  seen     INTEGER NOT NULL, -- Unix seconds
  PRIMARY KEY (story, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX joined_item ON joined (item);
CREATE INDEX joined_seen ON joined (seen);
