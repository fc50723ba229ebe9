-- CreateTable
CREATE TABLE IF NOT EXISTS "operator_failed_attempts" (
    "key" VARCHAR(255) NOT NULL,
    "points" INTEGER NOT NULL DEFAULT 0,
    "expire" BIGINT,

    CONSTRAINT "operator_failed_attempts_pkey" PRIMARY KEY ("key")
);
