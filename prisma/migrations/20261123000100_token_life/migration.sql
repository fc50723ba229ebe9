-- CreateTable
CREATE TABLE "ShopToken" (
    "shop" TEXT NOT NULL,
    "generation" INTEGER NOT NULL DEFAULT 0,
    "leaseOwner" TEXT,
    "leaseExpiresAt" TIMESTAMPTZ(3),
    "needsReauthAt" TIMESTAMPTZ(3),
    "needsReauthWhy" TEXT,
    "suspendedAt" TIMESTAMPTZ(3),
    "suspendedWhy" TEXT,
    "uninstalledAt" TIMESTAMPTZ(3),
    "acquiredAt" TIMESTAMPTZ(3),
    "migratedAt" TIMESTAMPTZ(3),
    "refreshedAt" TIMESTAMPTZ(3),

    CONSTRAINT "ShopToken_pkey" PRIMARY KEY ("shop")
);

-- CreateTable
CREATE TABLE "TokenEvent" (
    "id" BIGSERIAL NOT NULL,
    "shop" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "kind" TEXT NOT NULL,
    "generation" INTEGER,
    "code" TEXT,
    "detail" TEXT,

    CONSTRAINT "TokenEvent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Shop" (
    "shop" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    "fetchedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Shop_pkey" PRIMARY KEY ("shop")
);

-- CreateTable
CREATE TABLE "MigrationRun" (
    "id" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "dryRun" BOOLEAN NOT NULL DEFAULT false,
    "options" JSONB NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMPTZ(3),
    "stopRequested" BOOLEAN NOT NULL DEFAULT false,
    "haltReason" TEXT,
    "total" INTEGER,
    "taken" INTEGER NOT NULL DEFAULT 0,
    "cursor" TEXT NOT NULL DEFAULT '',
    "wave" INTEGER NOT NULL DEFAULT 0,
    "drained" BOOLEAN NOT NULL DEFAULT false,
    "leader" TEXT,
    "leaderSeenAt" TIMESTAMPTZ(3),
    "allowedRate" DOUBLE PRECISION,
    "pacing" JSONB,
    "pausedUntil" TIMESTAMPTZ(3),
    "recentRate" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "notice" TEXT,
    "permanentTokens" INTEGER,
    "migratableTokens" INTEGER,
    "legacyPrefixRows" INTEGER,
    "plan" JSONB,

    CONSTRAINT "MigrationRun_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "MigrationWorker" (
    "runId" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "seenAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "stats" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "MigrationWorker_pkey" PRIMARY KEY ("runId","id")
);

-- CreateTable
CREATE TABLE "MigrationOutcome" (
    "runId" TEXT NOT NULL,
    "shop" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "code" TEXT,
    "message" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "retryable" BOOLEAN NOT NULL DEFAULT false,
    "wave" INTEGER NOT NULL DEFAULT 0,
    "claimedBy" TEXT,
    "claimedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retryAt" TIMESTAMPTZ(3),
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "MigrationOutcome_pkey" PRIMARY KEY ("runId","shop")
);

-- CreateTable
CREATE TABLE "MigrationTally" (
    "runId" TEXT NOT NULL,
    "wave" INTEGER NOT NULL,
    "outcome" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "shops" INTEGER NOT NULL,

    CONSTRAINT "MigrationTally_pkey" PRIMARY KEY ("runId","wave","outcome","code")
);

-- CreateIndex
CREATE INDEX "ShopToken_needsReauthAt_idx" ON "ShopToken"("needsReauthAt");

-- CreateIndex
CREATE INDEX "ShopToken_suspendedAt_idx" ON "ShopToken"("suspendedAt");

-- CreateIndex
CREATE INDEX "TokenEvent_shop_id_idx" ON "TokenEvent"("shop", "id");

-- CreateIndex
CREATE INDEX "TokenEvent_at_idx" ON "TokenEvent"("at");

-- CreateIndex
CREATE INDEX "MigrationRun_startedAt_idx" ON "MigrationRun"("startedAt");

-- CreateIndex
CREATE INDEX "MigrationOutcome_runId_outcome_shop_idx" ON "MigrationOutcome"("runId", "outcome", "shop");

-- Never two runs at a time, whoever starts them.
CREATE UNIQUE INDEX "MigrationRun_running_key" ON "MigrationRun"("status") WHERE "status" = 'running';

-- The few shops of a run that are not finished: which are due, and whether there are any.
CREATE INDEX "MigrationOutcome_open_idx" ON "MigrationOutcome"("runId", "outcome", "retryAt")
WHERE "outcome" IN ('claimed', 'waiting');

-- AddForeignKey
ALTER TABLE "MigrationWorker" ADD CONSTRAINT "MigrationWorker_runId_fkey" FOREIGN KEY ("runId") REFERENCES "MigrationRun"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "MigrationOutcome" ADD CONSTRAINT "MigrationOutcome_runId_fkey" FOREIGN KEY ("runId") REFERENCES "MigrationRun"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "MigrationTally" ADD CONSTRAINT "MigrationTally_runId_fkey" FOREIGN KEY ("runId") REFERENCES "MigrationRun"("id") ON DELETE CASCADE ON UPDATE CASCADE;
