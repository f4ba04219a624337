-- What sync between strangers needs: branches, clock sessions, classes, invitations and grants. Never edited once released.

-- A fork: two histories that one identity signed. The second to come is a row of its own that goes on from a number of its trunk.
-- Its `stream` is SHA-256("satchel branch 1" 00, stream 16, base_number 8, hash of the head after the first own record 32),
-- first 16 bytes; replica, learner and nonce are the trunk's.
ALTER TABLE stream ADD COLUMN trunk INTEGER REFERENCES stream (id);   -- NULL: from the first record on
ALTER TABLE stream ADD COLUMN base_number INTEGER NOT NULL DEFAULT 0; -- the last number that it shares with its trunk
ALTER TABLE stream ADD COLUMN base_hash BLOB;                         -- 32 bytes: the trunk's hash there
CREATE INDEX stream_by_trunk ON stream (trunk) WHERE trunk IS NOT NULL;

-- How many clock anchors are among a learner's records: without any, records fold one by one as they come.
ALTER TABLE learner ADD COLUMN anchors INTEGER NOT NULL DEFAULT 0;

-- Boot sessions in which this replica recorded, so that a later meeting with a hub can correct their clocks.
CREATE TABLE session (
  id INTEGER PRIMARY KEY,               -- the session's number in records
  first INTEGER NOT NULL,               -- hybrid time of its first record, as bits
  last INTEGER NOT NULL,                -- of its last
  offset INTEGER                        -- milliseconds by which its clock is wrong since a hub said so; NULL: not met yet
) STRICT;

-- What a replica knows of its peers.
ALTER TABLE peer ADD COLUMN scope BLOB; -- the granted learners, 16 bytes each, sorted; NULL: everyone

-- A client's hubs.
ALTER TABLE hub ADD COLUMN pin TEXT;    -- sha256// and base64 of the hub's TLS key; NULL: by certificate authority
ALTER TABLE hub ADD COLUMN certificate BLOB;  -- the grant that the hub signed at enrolment; NULL: not enrolled
ALTER TABLE hub ADD COLUMN known_as BLOB;     -- 32 bytes: the key under which this replica last synced there

-- A hub's roster. Names of learners are in the vault.
CREATE TABLE class (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  made INTEGER NOT NULL
) STRICT;
CREATE TABLE class_learner (
  class INTEGER NOT NULL REFERENCES class (id),
  learner INTEGER NOT NULL REFERENCES learner (id),
  PRIMARY KEY (class, learner)
) STRICT, WITHOUT ROWID;
CREATE INDEX class_of_learner ON class_learner (learner);

-- One-time codes. The code itself is not kept, only what is stretched from it.
CREATE TABLE invitation (
  id INTEGER PRIMARY KEY,
  begins TEXT NOT NULL,                 -- the code's first two characters: which invitation a guess counts against
  key BLOB NOT NULL,                    -- 32 bytes, scrypt of the code
  role TEXT NOT NULL CHECK (role IN ('device', 'teacher', 'hub')),
  class INTEGER REFERENCES class (id),  -- NULL: the whole school
  made INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'used', 'dead')),
  device BLOB                           -- 32 bytes: who used it, and may ask again when the reply was lost
) STRICT;
-- Wrong codes in a row, whichever invitation they were meant for; a right one sets it back.
ALTER TABLE ledger ADD COLUMN wrong_codes INTEGER NOT NULL DEFAULT 0;

-- What each device was granted. A device of an open hub has the whole school.
ALTER TABLE device ADD COLUMN role TEXT NOT NULL DEFAULT 'device' CHECK (role IN ('device', 'teacher', 'hub'));
ALTER TABLE device ADD COLUMN class INTEGER REFERENCES class (id); -- NULL: the whole school
ALTER TABLE device ADD COLUMN succeeded INTEGER;  -- when a copy of it last took a new key; one not seen since is no device any more
ALTER TABLE device ADD COLUMN predecessor BLOB;   -- 32 bytes: the device that vouched for it; NULL: it came by itself
