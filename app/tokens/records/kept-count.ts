/** A result above this is large: then it may be a little old. */
const LARGE = 20_000;
/** Counting takes at most one part in this many of the time, however often a monitor asks. */
const SHARE = 20;
const SHORTEST_MS = 1_000;

interface Kept {
  value: unknown;
  at: number;
  tookMs: number;
  next?: Promise<void>;
}

const kept = new WeakMap<object, Map<string, Kept>>();

/**
 * A count that reads many rows where there are many, for those who only look: while the last result was large it is given again, and
 * counted anew beside the look once twenty times as long has passed as the count took. A small result is always counted anew.
 * @param owner what the count belongs to; it is forgotten with it.
 * @throws what `count` throws, unless there is a result to give.
 */
export async function keptCount<T>(
  owner: object,
  name: string,
  count: () => Promise<T>,
  sizeOf: (value: T) => number,
): Promise<T> {
  const ofOwner = kept.get(owner) ?? new Map<string, Kept>();
  kept.set(owner, ofOwner);
  const countAnew = async (): Promise<T> => {
    const started = performance.now();
    const value = await count();
    ofOwner.set(name, { value, at: performance.now(), tookMs: performance.now() - started });
    return value;
  };
  const last = ofOwner.get(name);
  if (!last || sizeOf(last.value as T) < LARGE) return countAnew();
  if (performance.now() - last.at > Math.max(SHORTEST_MS, SHARE * last.tookMs)) {
    last.next ??= countAnew().then(
      () => {},
      () => (last.next = undefined),
    );
  }
  return last.value as T;
}
