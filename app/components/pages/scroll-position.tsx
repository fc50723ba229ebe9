import { useLocation, useNavigationType } from "@remix-run/react";
import { useEffect, useLayoutEffect } from "react";

const useBrowserLayoutEffect = typeof document === "undefined" ? useEffect : useLayoutEffect;

/** Positions of the pages that this document has shown, by history entry. */
const positions = new Map<string, number>();

/**
 * Starts a new page at the top and returns to where the merchant was on Back. Remix's `ScrollRestoration` keeps positions in
 * `sessionStorage`, which browsers deny to the Admin's frame when a merchant blocks site data: this one keeps them in memory.
 */
export function ScrollPosition(): null {
  const { key, hash } = useLocation();
  const isReturn = useNavigationType() === "POP";
  useBrowserLayoutEffect(() => {
    const target = hash && document.getElementById(hash.slice(1));
    if (isReturn) window.scrollTo(0, positions.get(key) ?? window.scrollY);
    else if (target) target.scrollIntoView();
    else window.scrollTo(0, 0);
    const remember = () => positions.set(key, window.scrollY);
    window.addEventListener("scroll", remember, { passive: true });
    return () => window.removeEventListener("scroll", remember);
  }, [key, hash, isReturn]);
  return null;
}
