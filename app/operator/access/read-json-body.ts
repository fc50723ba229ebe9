import type { z } from "zod";

/**
 * The JSON of a request's body, whatever its `Content-Type` says (`curl -d` claims a form); undefined when it is empty.
 * @throws SyntaxError
 */
export async function readJsonBody(request: Request): Promise<unknown> {
  const text = await request.text();
  return text.trim() === "" ? undefined : JSON.parse(text);
}

/** The body as `schema` reads it; undefined when it is no JSON, or does not fit. */
export async function readBodyAs<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  try {
    return schema.safeParse(await readJsonBody(request)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
