import type { PrismaLike } from "../../app/infra/database/prisma-database.ts";
import { openPrisma } from "./open-prisma.ts";

/** What a native engine quotes of a row that it could not write. */
export const QUOTED_TOKEN = "shpat_quoted_from_the_row";

/** Class 23 as Prisma 5.22 passes it on: the detail alone. */
const DETAILS: Record<string, string> = {
  "23502": `Failing row contains (offline_x, ${QUOTED_TOKEN}, null).`,
  "23503": `Key (shop)=(${QUOTED_TOKEN}) is not present in table "tenants".`,
  "23505": `Key ("accessToken")=(${QUOTED_TOKEN}) already exists.`,
};

interface AdapterError extends Error {
  meta?: { driverAdapterError?: { cause?: { originalCode?: string; originalMessage?: string } } };
}

/**
 * A Prisma client whose errors are those of Prisma 5, or of Prisma 6 with the native engine, which npm alone does not bring: the forms were
 * recorded from 5.22.
 */
export function openNativePrisma(url: string): PrismaLike & { $disconnect(): Promise<void> } {
  const client = openPrisma(url);
  const natively = (error: unknown): never => {
    const cause = (error as AdapterError).meta?.driverAdapterError?.cause;
    if (!cause?.originalCode) throw error;
    const { originalCode: code, originalMessage } = cause;
    const message = DETAILS[code] ?? `ERROR: ${originalMessage}\nDETAIL: Failing row contains (${QUOTED_TOKEN}).`;
    throw Object.assign(new Error(`Raw query failed. Code: \`${code}\`. Message: \`${message}\``), {
      name: "PrismaClientKnownRequestError",
      code: "P2010",
      meta: { code, message },
    });
  };
  const wrap = (inner: Pick<typeof client, "$queryRawUnsafe" | "$executeRawUnsafe">) => ({
    $queryRawUnsafe: <T>(text: string, ...values: unknown[]) =>
      inner.$queryRawUnsafe<T>(text, ...values).catch(natively) as Promise<T>,
    $executeRawUnsafe: (text: string, ...values: unknown[]) =>
      inner.$executeRawUnsafe(text, ...values).catch(natively) as Promise<number>,
  });
  return {
    ...wrap(client),
    $transaction: (work, options) => client.$transaction((tx) => work(wrap(tx)), options),
    $disconnect: () => client.$disconnect(),
  };
}
