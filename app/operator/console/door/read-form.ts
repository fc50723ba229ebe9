const FORM = /^application\/x-www-form-urlencoded(?:;|$)/i;

/** The fields of a submitted form; undefined when the request is not one. Control characters are left out of the values. */
export async function readForm(request: Request): Promise<URLSearchParams | undefined> {
  if (!FORM.test(request.headers.get("Content-Type") ?? "")) return undefined;
  const fields = new URLSearchParams(await request.text());
  return new URLSearchParams([...fields].map(([name, value]) => [name, value.replace(/[\u0000-\u001f\u007f]/g, "")]));
}
