-- For `prisma migrate dev` alone; `npm run db:deploy` does not need it. The table of @shopify/shopify-app-session-storage-prisma. An app that adopts this code has one already, often from before
-- refresh tokens existed: then only what is missing is added, and no row is touched.
CREATE TABLE IF NOT EXISTS "Session" (
    "id" TEXT NOT NULL,
    "shop" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "isOnline" BOOLEAN NOT NULL DEFAULT false,
    "scope" TEXT,
    "expires" TIMESTAMP(3),
    "accessToken" TEXT NOT NULL,
    "userId" BIGINT,
    "firstName" TEXT,
    "lastName" TEXT,
    "email" TEXT,
    "accountOwner" BOOLEAN,
    "locale" TEXT,
    "collaborator" BOOLEAN,
    "emailVerified" BOOLEAN,
    "refreshToken" TEXT,
    "refreshTokenExpires" TIMESTAMP(3),

    CONSTRAINT "Session_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "Session" ADD COLUMN IF NOT EXISTS "firstName" TEXT;
ALTER TABLE "Session" ADD COLUMN IF NOT EXISTS "lastName" TEXT;
ALTER TABLE "Session" ADD COLUMN IF NOT EXISTS "email" TEXT;
ALTER TABLE "Session" ADD COLUMN IF NOT EXISTS "accountOwner" BOOLEAN;
ALTER TABLE "Session" ADD COLUMN IF NOT EXISTS "locale" TEXT;
ALTER TABLE "Session" ADD COLUMN IF NOT EXISTS "collaborator" BOOLEAN;
ALTER TABLE "Session" ADD COLUMN IF NOT EXISTS "emailVerified" BOOLEAN;
ALTER TABLE "Session" ADD COLUMN IF NOT EXISTS "refreshToken" TEXT;
ALTER TABLE "Session" ADD COLUMN IF NOT EXISTS "refreshTokenExpires" TIMESTAMP(3);

CREATE INDEX IF NOT EXISTS "Session_shop_idx" ON "Session"("shop");
