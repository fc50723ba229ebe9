/** A count with its noun, for people: `1 shop`, `2,000 shops`. */
export function many(count: number, what: string): string {
  return `${count.toLocaleString("en-US")} ${what}${count === 1 ? "" : "s"}`;
}
