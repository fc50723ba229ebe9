import { useEffect, useState } from "react";

/**
 * Whether `isTrue` has been true for `ms` milliseconds.
 * @param attempt another number begins the wait again.
 */
export function useLasting(isTrue: boolean, ms: number, attempt = 0): boolean {
  const [lasts, setLasts] = useState(false);
  useEffect(() => {
    if (!isTrue) return;
    const timer = setTimeout(() => setLasts(true), ms);
    return () => {
      clearTimeout(timer);
      setLasts(false);
    };
  }, [isTrue, ms, attempt]);
  return isTrue && lasts;
}
