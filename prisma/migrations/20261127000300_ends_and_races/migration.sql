-- A lost answer outlives the hold of the lease in which it was lost. How often a shop was asked about, and how new
-- its stored scopes are, is written down.
ALTER TABLE "ShopToken"
  ADD COLUMN IF NOT EXISTS "answerLostAt" TIMESTAMPTZ(3),
  ADD COLUMN IF NOT EXISTS "reconcileAt" TIMESTAMPTZ(3),
  ADD COLUMN IF NOT EXISTS "reconcileTries" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS "scopesAt" TIMESTAMPTZ(3);

-- Lost answers whose outcome is unknown: few at any time.
CREATE INDEX IF NOT EXISTS "ShopToken_answerLostAt_idx" ON "ShopToken"("answerLostAt") WHERE "answerLostAt" IS NOT NULL;

-- The hourly refreshes between two other events are one row.
ALTER TABLE "TokenEvent"
  ADD COLUMN IF NOT EXISTS "count" INTEGER NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS "since" TIMESTAMPTZ(3);

-- What is kept of a shop over all runs, and what a redaction deletes.
CREATE INDEX IF NOT EXISTS "MigrationOutcome_shop_idx" ON "MigrationOutcome"("shop");
