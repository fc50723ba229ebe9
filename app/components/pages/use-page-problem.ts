import { useRouteError } from "@remix-run/react";
import { useTranslation } from "react-i18next";
import { pageProblemOf } from "../../auth/page-problem.ts";

/** What reached an error boundary, in the page's language. A code that this page does not know yet, of a newer release, is `unknown`. */
export function usePageProblem() {
  const { t } = useTranslation();
  const { code, next, reference } = pageProblemOf(useRouteError());
  const words = (part: string) => t([`problem.${code}.${part}`, `problem.unknown.${part}`]);
  return {
    code,
    title: words("title"),
    detail: words("detail"),
    next: next === undefined ? undefined : { href: next, label: words("next") },
    reference,
  };
}
