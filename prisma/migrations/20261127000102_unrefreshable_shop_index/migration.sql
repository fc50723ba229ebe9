-- The same by the one form in which names of shops are compared.
CREATE INDEX CONCURRENTLY IF NOT EXISTS "Session_unrefreshable_shop_idx" ON "Session"(lower("shop"))
WHERE NOT "isOnline" AND "accessToken" <> '' AND coalesce("refreshToken", '') = '';
