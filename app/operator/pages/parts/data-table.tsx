import type { ReactNode } from "react";
import { reasonWords } from "../words/reason-words.ts";

interface DataTableProps {
  /** What the region that can be scrolled is called. */
  label: string;
  columns: readonly string[];
  /** The last column holds numbers. */
  endsInNumbers?: boolean;
  /** Its rows. */
  children: ReactNode;
}

/** A table in a region of its own, which is scrolled where the window is narrow. */
export function DataTable({ label, columns, endsInNumbers = false, children }: DataTableProps) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map((column, i) => (
              <th key={column} scope="col" className={endsInNumbers && i === columns.length - 1 ? "number" : undefined}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** A shop's name, leading to its page. */
export function ShopLink({ shop }: { shop: string }) {
  // A second row of a shop is named with the row: `a.myshopify.com (row …)`.
  return <a href={`/admin/shops/${encodeURIComponent(shop.split(" ")[0]!)}`}>{shop}</a>;
}

/** A code with its meaning before it. */
export function Reason({ code }: { code: string }) {
  return (
    <>
      {reasonWords(code)} <code className="hint">{code}</code>
    </>
  );
}
