-- run_entries: one row per entry in the history of a run, a fork's joined to its parent's.
-- For state, time and paths. Never add up money or tokens from it: a fork would be billed twice.
-- from: entries, lineage
--
--   run         run whose history it is
--   owner       run that wrote the entry
--   inherited   whether that was another run, before the fork
--   seq         place in the history
--   stream      aggregate it is about
--   version     place in the stream
--   turn        version of the run's entry that began its turn
--   at_us       instant, in microseconds since 1970 UTC
--   type        what happened
--   workstream  workstream it names; NULL if none
--   attempt     attempt it names, from 1; NULL if none
--   worker      worker it names; NULL if none
--   cause       seq of the entry that led to it; 0 if none
--   followed    whether another observation of that moment was already waiting
--   ignored     why it changed nothing; '' if it did
--   payload     the event itself, in its newest version
--   position    place in the store, in order of arrival over all runs
CREATE VIEW run_entries AS
SELECT lineage.run, owner, owner <> lineage.run AS inherited, entries.* EXCLUDE (run)
FROM lineage JOIN entries
  ON entries.run = owner AND seq >= from_seq AND seq <= coalesce(to_seq, 9223372036854775807);
