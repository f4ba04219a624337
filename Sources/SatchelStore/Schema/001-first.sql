-- The first schema. Times are milliseconds since 1970 unless the column says otherwise. Never edited once released.

-- One row: what the whole file is.
CREATE TABLE ledger (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  epoch INTEGER NOT NULL,               -- random; new after a restore
  clock INTEGER NOT NULL DEFAULT 0,     -- last hybrid time given out, as bits
  fingerprint BLOB NOT NULL,            -- 32 bytes: sum over all streams
  streams INTEGER NOT NULL DEFAULT 0,   -- with at least one record
  records INTEGER NOT NULL DEFAULT 0,
  projection INTEGER NOT NULL DEFAULT 0, -- version that the folded rows belong to; 0: not folded
  content INTEGER NOT NULL DEFAULT 0    -- rises with each change of what can be recommended
) STRICT;

-- Who this file is, newest last. The key is made at the first record, so a master image has none.
CREATE TABLE identity (
  id INTEGER PRIMARY KEY,
  seed BLOB NOT NULL,                   -- 32 bytes, the Ed25519 private key
  made INTEGER NOT NULL,
  beacon TEXT NOT NULL                  -- file identity, machine and cookie when last written
) STRICT;

-- Content -----------------------------------------------------------------------------------------------------------

CREATE TABLE pack (
  name TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  publisher BLOB NOT NULL,              -- 32 bytes: the key that later versions must be signed with
  manifest BLOB NOT NULL,               -- signed, as it came
  imported INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE course (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  pack TEXT REFERENCES pack (name),
  title TEXT NOT NULL                   -- JSON: language -> text
) STRICT;

CREATE TABLE topic (
  id INTEGER PRIMARY KEY,
  course INTEGER NOT NULL REFERENCES course (id),
  key TEXT NOT NULL,
  position INTEGER NOT NULL,
  title TEXT NOT NULL,                  -- JSON: language -> text
  UNIQUE (course, key)
) STRICT;

-- A skill or item that is known only from records has no title or body.
CREATE TABLE skill (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  title TEXT                            -- JSON: language -> text
) STRICT;

CREATE TABLE prerequisite (
  skill INTEGER NOT NULL REFERENCES skill (id),
  requires INTEGER NOT NULL REFERENCES skill (id),
  PRIMARY KEY (skill, requires)
) STRICT, WITHOUT ROWID;

CREATE TABLE item (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  topic INTEGER REFERENCES topic (id),
  position INTEGER,                     -- in the course
  kind TEXT,                            -- choice, answer, lesson
  difficulty REAL,                      -- 0...1, the author's guess
  body TEXT                             -- JSON: question, choices, answers, explanation, media
) STRICT;
CREATE INDEX item_by_topic ON item (topic) WHERE topic IS NOT NULL;

CREATE TABLE item_skill (
  item INTEGER NOT NULL REFERENCES item (id),
  position INTEGER NOT NULL,
  skill INTEGER NOT NULL REFERENCES skill (id),
  PRIMARY KEY (item, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE media (
  sha256 BLOB PRIMARY KEY,
  type TEXT NOT NULL,
  bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- All that can be found by searching, one row an item; the index holds no text of its own.
CREATE TABLE item_text (
  item INTEGER PRIMARY KEY REFERENCES item (id),
  text TEXT NOT NULL                    -- all languages, lower case
) STRICT;
CREATE VIRTUAL TABLE item_search USING fts5 (
  text, content = 'item_text', content_rowid = 'item', tokenize = 'trigram'
);

-- Journal -----------------------------------------------------------------------------------------------------------

CREATE TABLE replica (
  id INTEGER PRIMARY KEY,
  public_key BLOB NOT NULL UNIQUE       -- 32 bytes
) STRICT;

CREATE TABLE learner (
  id INTEGER PRIMARY KEY,
  learner BLOB NOT NULL UNIQUE,         -- 16 bytes, the pseudonym
  fingerprint BLOB NOT NULL,            -- 32 bytes: sum over her streams
  streams INTEGER NOT NULL DEFAULT 0,
  records INTEGER NOT NULL DEFAULT 0,
  folded INTEGER NOT NULL DEFAULT 0,    -- hybrid time of the last folded record, as bits
  state BLOB                            -- folded
) STRICT;

CREATE TABLE stream (
  id INTEGER PRIMARY KEY,
  stream BLOB NOT NULL UNIQUE,          -- 16 bytes
  replica INTEGER NOT NULL REFERENCES replica (id),
  learner INTEGER NOT NULL REFERENCES learner (id),
  nonce INTEGER NOT NULL,
  head_number INTEGER NOT NULL,
  head_hash BLOB NOT NULL,              -- 32 bytes
  signature BLOB                        -- 64 bytes over the head while there is a tail; sealed records carry their own
) STRICT;
CREATE INDEX stream_by_learner ON stream (learner);

-- What was just recorded here, one durable row each, until it is sealed into a segment.
CREATE TABLE tail (
  stream INTEGER NOT NULL REFERENCES stream (id),
  number INTEGER NOT NULL,
  bytes BLOB NOT NULL,                  -- a segment of one record
  PRIMARY KEY (stream, number)
) STRICT, WITHOUT ROWID;

-- Sealed records. The row id is the arrival number: dense, rising, never used twice.
CREATE TABLE segment (
  arrival INTEGER PRIMARY KEY AUTOINCREMENT,
  stream INTEGER NOT NULL REFERENCES stream (id),
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  peer INTEGER REFERENCES peer (id),    -- who brought it; NULL: recorded here
  signature BLOB NOT NULL,              -- 64 bytes over the head at its last record
  bytes BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX segment_by_stream ON segment (stream, first);

-- Projections -------------------------------------------------------------------------------------------------------

-- Without foreign keys: these rows are derived, the doctor compares them with a fold from nothing, and two look-ups for
-- each of them would cost bulk recording a sixth of its speed.
CREATE TABLE mastery (
  learner INTEGER NOT NULL,
  skill INTEGER NOT NULL,
  state BLOB NOT NULL,
  PRIMARY KEY (learner, skill)
) STRICT, WITHOUT ROWID;

CREATE TABLE item_progress (
  learner INTEGER NOT NULL,
  item INTEGER NOT NULL,
  state BLOB NOT NULL,
  PRIMARY KEY (learner, item)
) STRICT, WITHOUT ROWID;

-- Models, peers, vault ----------------------------------------------------------------------------------------------

CREATE TABLE model (
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  version INTEGER NOT NULL,
  manifest BLOB,                        -- signed, as it came; NULL: a local file
  sha256 BLOB NOT NULL,
  bytes BLOB NOT NULL,
  installed INTEGER NOT NULL,
  trial TEXT,                           -- JSON: what the trial on the learners' own records said
  UNIQUE (channel, version)
) STRICT;

-- One row: which model serves, and which one did before.
CREATE TABLE model_choice (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  active INTEGER REFERENCES model (id),
  previous INTEGER REFERENCES model (id)
) STRICT;

CREATE TABLE peer (
  id INTEGER PRIMARY KEY,
  peer BLOB NOT NULL UNIQUE,            -- 16 bytes: its replica id
  epoch INTEGER NOT NULL DEFAULT 0,
  pulled INTEGER NOT NULL DEFAULT 0,
  pushed INTEGER NOT NULL DEFAULT 0,
  fingerprint BLOB,                     -- 32 bytes, at the end of the last round
  success INTEGER
) STRICT;

-- Hubs that this replica syncs with, and the key that each was first met with.
CREATE TABLE hub (
  url TEXT PRIMARY KEY,
  public_key BLOB NOT NULL,             -- 32 bytes: who signs its models
  met INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The version of each pack channel that was taken last.
CREATE TABLE pack_channel (
  channel TEXT PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Names, sealed with AES-256-GCM; the learner's pseudonym is the additional data.
CREATE TABLE vault (
  learner INTEGER PRIMARY KEY REFERENCES learner (id),
  sealed BLOB NOT NULL
) STRICT;

-- What a hub publishes: the newest version of each channel.
CREATE TABLE publication (
  kind TEXT NOT NULL,
  channel TEXT NOT NULL,
  version INTEGER NOT NULL,
  manifest BLOB NOT NULL,               -- signed
  published INTEGER NOT NULL,
  PRIMARY KEY (kind, channel, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE blob (
  sha256 BLOB PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;

-- Devices that a hub has met, and whether they still may come.
CREATE TABLE device (
  public_key BLOB PRIMARY KEY,          -- 32 bytes
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,           -- to the minute, unless the fingerprint moved
  last_fingerprint BLOB NOT NULL,       -- 32 bytes: what the device said that it holds
  state TEXT NOT NULL CHECK (state IN ('active', 'revoked'))
) STRICT, WITHOUT ROWID;
