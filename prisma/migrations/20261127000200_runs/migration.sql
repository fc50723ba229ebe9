-- How a run that stops itself ends, once the calls in flight have (halted or failed), and when its next wave begins.
ALTER TABLE "MigrationRun"
  ADD COLUMN IF NOT EXISTS "endsAs" TEXT,
  ADD COLUMN IF NOT EXISTS "waveBeginsAt" TIMESTAMPTZ(3);

-- When contract was reached (one row), and which permanent tokens were there then, by row and fingerprint of the token.
CREATE TABLE IF NOT EXISTS "ContractStart" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ContractStart_pkey" PRIMARY KEY ("id")
);
CREATE TABLE IF NOT EXISTS "ContractLeftover" (
    "sessionId" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,

    CONSTRAINT "ContractLeftover_pkey" PRIMARY KEY ("sessionId")
);
