/** The body of the request is not JSON. */
export class NotJsonError extends Error {
  readonly code = "invalid_request";
}

/**
 * The JSON of a request's body, whatever its `Content-Type` says (`curl -d` claims a form); undefined when it is empty.
 * @throws NotJsonError
 */
export async function readJsonBody(request: Request): Promise<unknown> {
  const text = await request.text();
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new NotJsonError("is not JSON");
  }
}
