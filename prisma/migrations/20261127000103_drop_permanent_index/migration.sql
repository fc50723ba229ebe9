-- Superseded by Session_unrefreshable_idx: it went by prefix and expiry, and neither tells what is permanent.
DROP INDEX CONCURRENTLY IF EXISTS "Session_permanent_idx";
