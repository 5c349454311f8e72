// The tables of a read model. Times are ms since 1970; a place in a journal is the sequence of a block and the decision's
// place in it.
export const tables = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE partition (
  partition INTEGER PRIMARY KEY, incarnation TEXT NOT NULL, number INTEGER NOT NULL, digest TEXT NOT NULL,
  sequence INTEGER NOT NULL, epoch INTEGER NOT NULL, at_ms INTEGER NOT NULL
);

-- Each way to stand that was ever seen.
CREATE TABLE state (id INTEGER PRIMARY KEY, phase TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (phase, text));

CREATE TABLE saga (
  id INTEGER PRIMARY KEY,
  saga TEXT NOT NULL, key TEXT NOT NULL, partition INTEGER NOT NULL, version INTEGER,
  state INTEGER NOT NULL, started_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL, ended_ms INTEGER, due_ms INTEGER,
  reason TEXT, parked TEXT, stop TEXT,
  -- Of a live one: what it waits for, as JSON and as words to search for.
  detail TEXT, awaits TEXT,
  attributes TEXT,
  -- Where its state stands, and where its last state stands that was not an end.
  sequence INTEGER NOT NULL, place INTEGER NOT NULL, live_sequence INTEGER, live_place INTEGER,
  UNIQUE (saga, key)
);
CREATE INDEX saga_started ON saga (started_ms);
CREATE INDEX saga_changed ON saga (changed_ms);
CREATE INDEX saga_ended ON saga (ended_ms) WHERE ended_ms IS NOT NULL;
CREATE INDEX saga_live ON saga (changed_ms) WHERE ended_ms IS NULL;
CREATE INDEX saga_live_started ON saga (started_ms) WHERE ended_ms IS NULL;
CREATE INDEX saga_due ON saga (due_ms) WHERE due_ms IS NOT NULL;
CREATE INDEX saga_parked ON saga (saga, parked) WHERE parked IS NOT NULL;
CREATE INDEX saga_state ON saga (state, saga, started_ms);
CREATE INDEX saga_reason ON saga (reason, saga, started_ms) WHERE reason IS NOT NULL;

CREATE TABLE attribute (name TEXT NOT NULL, value, saga INTEGER NOT NULL, PRIMARY KEY (name, value, saga)) WITHOUT ROWID;

-- What was decided on sagas: where it stands, and how the saga stood then (0: as before).
CREATE TABLE decision (
  saga INTEGER NOT NULL, sequence INTEGER NOT NULL, place INTEGER NOT NULL, state INTEGER NOT NULL,
  PRIMARY KEY (saga, sequence, place)
) WITHOUT ROWID;

CREATE TABLE parked (
  partition INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, code TEXT NOT NULL, cause TEXT NOT NULL,
  message TEXT NOT NULL, at_ms INTEGER NOT NULL, attempts INTEGER, service TEXT, key TEXT, type TEXT, name TEXT,
  waits INTEGER NOT NULL, sequence INTEGER NOT NULL, place INTEGER NOT NULL,
  PRIMARY KEY (partition, id)
) WITHOUT ROWID;
CREATE INDEX parked_time ON parked (at_ms);

-- What operators ordered. A note that is read again, because compaction wrote it again, is the same.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, action TEXT NOT NULL, author TEXT NOT NULL, why TEXT NOT NULL,
  partition INTEGER NOT NULL, service TEXT NOT NULL, key TEXT NOT NULL, ids TEXT NOT NULL, count INTEGER NOT NULL,
  edited INTEGER NOT NULL,
  UNIQUE (partition, at_ms, action, service, key, ids)
);
CREATE INDEX audit_time ON audit (at_ms);

-- What happened in an interval, by name.
CREATE TABLE rate (at_ms INTEGER NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (at_ms, name)) WITHOUT ROWID;
`
