const CONSOLE_ADDRESS = /^\/admin(?:\/[\w.-]+){0,4}(?:\?[\w.~%&=+-]{0,1000})?$/;

/** Where to go after signing in: an address of the console, whatever was asked for. */
export function consoleAddress(wanted: string | null | undefined): string {
  const isOurs = wanted && CONSOLE_ADDRESS.test(wanted) && !wanted.startsWith("/admin/login") && !wanted.includes("..");
  return isOurs ? wanted : "/admin";
}
