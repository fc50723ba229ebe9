import { postgresError } from "../../infra/database/postgres-error.ts";

/**
 * Codes that pass by themselves: connections (08, 28, 3D), sessions that were ended (25P03), conflicts (40), an operator at work (57), the server's own trouble (58, XX),
 * a lack of connections or memory, a lock. With every other code the same statement fails again.
 */
const PASSING = /^(08|25P03|25P04|28|3D|40|57|58|XX|53200|53300|53400|55006|55P03)/;

/** Whether the database refused a statement for a reason that does not pass by itself. */
export function isLastingRefusal(error: unknown): boolean {
  const code = postgresError(error)?.originalCode;
  return code !== undefined && !PASSING.test(code);
}
