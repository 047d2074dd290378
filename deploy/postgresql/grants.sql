-- What the program needs to work on a ledger that another role owns: reading and appending, no more.
--   1. As the role that shall own the tables, once:  LEDGER_URL=postgresql://owner@… fileledger doctor
--   2. As an administrator:  CREATE ROLE fileledger LOGIN PASSWORD '…';
--   3. As the owner:         psql --file deploy/postgresql/grants.sql
--   4. From then on:         LEDGER_URL=postgresql://fileledger:…@…
GRANT USAGE ON SCHEMA public TO fileledger;
GRANT SELECT, INSERT ON stored_events, event_digests TO fileledger;
-- Followers move their positions on; snapshots can be made again, and those of an erased user have to go.
GRANT SELECT, INSERT, UPDATE ON tracking TO fileledger;
GRANT SELECT, INSERT, DELETE ON stored_snapshots TO fileledger;
