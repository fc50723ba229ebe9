-- A mark names the credential that it is about: one that is stored later, by any release, is tried.
ALTER TABLE "ShopToken"
  ADD COLUMN IF NOT EXISTS "needsReauthToken" TEXT,
  ADD COLUMN IF NOT EXISTS "notExchangeableAt" TIMESTAMPTZ(3),
  ADD COLUMN IF NOT EXISTS "notExchangeableToken" TEXT;

-- Pairs that Shopify issued and `Session` would not take, sealed. Needs no right but insert to be written, and depends on no table.
CREATE TABLE IF NOT EXISTS "UnstoredPair" (
    "id" TEXT NOT NULL,
    "shop" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sealed" TEXT NOT NULL,

    CONSTRAINT "UnstoredPair_pkey" PRIMARY KEY ("id")
);
CREATE INDEX IF NOT EXISTS "UnstoredPair_shop_idx" ON "UnstoredPair"("shop");
