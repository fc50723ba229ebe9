-- "Which sessions are permanent", in the order in which a migration takes them up. One statement, outside any transaction: an index
-- that is built beside the traffic. The predicate is repeated word for word by the queries that use it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS "Session_unrefreshable_idx" ON "Session"("id")
WHERE NOT "isOnline" AND "accessToken" <> '' AND coalesce("refreshToken", '') = '';
