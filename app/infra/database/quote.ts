/** A name as it is written in SQL. Our own: the versions of `pg` that an adopter may have do not all export theirs. */
export function quoteIdent(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as it is written in SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
