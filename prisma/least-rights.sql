-- The least rights that the app needs, for two roles:
--
--   expand_contract_owner   owns the tables; runs `npm run db:deploy` and this file; no process uses it otherwise
--   expand_contract_app     what DATABASE_URL of the running app (server and worker) names
--
-- Once, as an administrator (choose the passwords yourself):
--
--   CREATE ROLE expand_contract_owner LOGIN PASSWORD '…';
--   CREATE ROLE expand_contract_app   LOGIN PASSWORD '…';
--   ALTER DATABASE <name> OWNER TO expand_contract_owner;
--
-- With each release, as the owner, in this order:
--
--   npm run db:deploy
--   npx pg-boss create  --schema expand_contract_jobs --connection-string "$DATABASE_URL"    # the queue's schema; the first time
--   npx pg-boss migrate --schema expand_contract_jobs --connection-string "$DATABASE_URL"    # later, before a release with another version of pg-boss
--   psql "$DATABASE_URL" -f prisma/least-rights.sql            # may be run again at any time
--
-- `Session` lies in another schema than public with `?schema=` in DATABASE_URL: replace public below.
-- tests/integration/app-least-rights.test.ts runs the app under exactly these rights.

BEGIN;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM expand_contract_app;

GRANT USAGE ON SCHEMA public TO expand_contract_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON "Session" TO expand_contract_app;

GRANT USAGE ON SCHEMA expand_contract TO expand_contract_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA expand_contract TO expand_contract_app;
REVOKE INSERT, UPDATE, DELETE ON expand_contract."SchemaStep" FROM expand_contract_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA expand_contract TO expand_contract_app;

-- The queue of background jobs, where there is one: an app that has adopted the package has none.
DO $$ BEGIN
  IF to_regnamespace('expand_contract_jobs') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA expand_contract_jobs TO expand_contract_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA expand_contract_jobs TO expand_contract_app;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA expand_contract_jobs TO expand_contract_app;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA expand_contract_jobs TO expand_contract_app;
  END IF;
END $$;

COMMIT;
