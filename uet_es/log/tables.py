"""What a store file holds besides the rows: its identity, its guards, a view for people."""

FORMAT = 1  #: of the store; a higher one was written by a newer uet

#: The table is the one that the ``eventsourcing`` library writes to; a test compares the two.
EVENTS_TABLE = (
    "CREATE TABLE IF NOT EXISTS stored_events (originator_id TEXT, originator_version INTEGER, "
    "topic TEXT, state BLOB, PRIMARY KEY (originator_id, originator_version))"
)

STORE_TABLE = (
    "CREATE TABLE store (id TEXT NOT NULL, format INTEGER NOT NULL, created_at_us INTEGER NOT NULL)"
)

REFUSE_UPDATE = """
CREATE TRIGGER entries_are_never_changed BEFORE UPDATE ON stored_events
BEGIN SELECT RAISE(ABORT, 'the log is immutable: an entry is never changed'); END
"""
DROP_REFUSE_UPDATE = "DROP TRIGGER entries_are_never_changed"

REFUSE_DELETE = """
CREATE TRIGGER entries_are_never_removed BEFORE DELETE ON stored_events
BEGIN SELECT RAISE(ABORT, 'the log is immutable: an entry is never removed'); END
"""

# INSERT OR REPLACE removes the row it collides with without asking the trigger above.
REFUSE_REPLACEMENT = """
CREATE TRIGGER entries_are_never_replaced BEFORE INSERT ON stored_events
WHEN EXISTS (SELECT 1 FROM stored_events WHERE originator_id = NEW.originator_id
             AND originator_version = NEW.originator_version)
  OR EXISTS (SELECT 1 FROM stored_events WHERE rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'the log is immutable: this entry is already there'); END
"""

ENTRIES_VIEW = """
CREATE VIEW entries AS
SELECT substr(originator_id, 1, instr(originator_id || '/', '/') - 1)       AS run,
       json_extract(CAST(state AS TEXT), '$.seq')                            AS seq,
       json_extract(CAST(state AS TEXT), '$.turn')                           AS turn,
       strftime('%Y-%m-%dT%H:%M:%fZ',
                json_extract(CAST(state AS TEXT), '$.at_us') / 1e6, 'unixepoch') AS at,
       originator_id                                                         AS stream,
       originator_version                                                    AS version,
       topic                                                                 AS type,
       json_extract(CAST(state AS TEXT), '$.cause')                          AS cause,
       json_extract(CAST(state AS TEXT), '$.event')                          AS event
FROM stored_events
WHERE NOT (originator_id GLOB '*/inbox' AND originator_id NOT GLOB '*/*/inbox')
"""

REQUESTS_VIEW = """
CREATE VIEW requests AS
SELECT substr(originator_id, 1, instr(originator_id, '/') - 1)               AS run,
       originator_version                                                    AS version,
       strftime('%Y-%m-%dT%H:%M:%fZ',
                json_extract(CAST(state AS TEXT), '$.at_us') / 1e6, 'unixepoch') AS at,
       topic                                                                 AS type,
       json_extract(CAST(state AS TEXT), '$.event')                          AS event
FROM stored_events
WHERE originator_id GLOB '*/inbox' AND originator_id NOT GLOB '*/*/inbox'
"""

CREATION = (
    EVENTS_TABLE,
    STORE_TABLE,
    REFUSE_UPDATE,
    REFUSE_DELETE,
    REFUSE_REPLACEMENT,
    ENTRIES_VIEW,
    REQUESTS_VIEW,
)
