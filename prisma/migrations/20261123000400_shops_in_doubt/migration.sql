-- Leases that nobody gave back: the record of a call to Shopify whose outcome is unknown. Few rows hold a lease at any time.
CREATE INDEX "ShopToken_lease_idx" ON "ShopToken"("leaseExpiresAt") WHERE "leaseOwner" IS NOT NULL;
