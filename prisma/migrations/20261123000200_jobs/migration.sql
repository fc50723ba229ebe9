-- CreateTable
CREATE TABLE "ParkedJob" (
    "shop" TEXT NOT NULL,
    "job" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "generation" INTEGER NOT NULL,
    "parkedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retryAt" TIMESTAMPTZ(3),

    CONSTRAINT "ParkedJob_pkey" PRIMARY KEY ("shop","job")
);

-- CreateIndex
CREATE INDEX "ParkedJob_retryAt_idx" ON "ParkedJob"("retryAt");
