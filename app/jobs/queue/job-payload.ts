import { z } from "zod";
import { type ShopDomain, shopDomainSchema } from "../../infra/shop-domain.ts";

/**
 * What a job is about: a shop, and nothing else. There is no field that a token fits into; the handler asks the front door for its
 * Admin client when it runs, hours or days later.
 */
export interface JobTarget {
  readonly shop: ShopDomain;
}

/** `Given` without any field that `Shape` does not have: a session, which has a `shop` too, is not a target. */
export type Exactly<Shape, Given extends Shape> = Given & {
  readonly [Extra in Exclude<keyof Given, keyof Shape>]: never;
};

/** A job that carries something it must not. Does not repeat what: it may be a token. */
export class InvalidJobPayloadError extends Error {
  readonly code = "invalid_job_payload";
  constructor(fields: readonly string[]) {
    super(`A job names a shop and carries nothing else (look at: ${fields.join(", ")})`);
    this.name = "InvalidJobPayloadError";
  }
}

/** What is stored in the queue: the target, and how often the job was put off since it was enqueued. */
export const jobPayloadSchema = z.strictObject({
  shop: shopDomainSchema,
  postponed: z.number().int().min(0).default(0),
});
export type JobPayload = Readonly<z.output<typeof jobPayloadSchema>>;

/**
 * The same rule at run time, for what types cannot see: callers in JavaScript, casts, and rows that something else wrote.
 * @throws InvalidJobPayloadError
 */
export function parseJobPayload(value: unknown): JobPayload {
  const parsed = jobPayloadSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? ["unknown fields"] : [issue.path.join(".") || "the payload itself"],
  );
  throw new InvalidJobPayloadError([...new Set(fields)]);
}
