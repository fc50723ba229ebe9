import { requireNamedFault } from "./named-faults.ts";
import type { Random } from "./random.ts";
import type { Effect, Endpoint, Fault, Grant } from "./types.ts";

export interface FaultBook {
  add(fault: Fault): string;
  remove(id: string): void;
  clear(): void;
  list(): Fault[];
  /** The effects to play on this call, in the order the faults were added. Counts and draws as a side effect. */
  match(call: { shop: string; endpoint: Endpoint; grant?: Grant }): Effect[];
}

interface Entry {
  fault: Fault & { id: string };
  matchesShop: (shop: string) => boolean;
  /** Matching calls so far, over all or by shop. */
  counts: Map<string, number>;
}

export function createFaultBook(random: Random): FaultBook {
  let entries: Entry[] = [];
  let serial = 0;
  return {
    add({ play, ...given }) {
      const fault: Fault = play === undefined ? given : { ...given, effect: requireNamedFault(play) };
      if (!fault.effect && !fault.script) throw new TypeError("A fault needs an effect, a name to play, or a script.");
      const id = fault.id ?? `fault-${++serial}`;
      entries = entries.filter((entry) => entry.fault.id !== id);
      entries.push({ fault: { ...fault, id }, matchesShop: shopMatcher(fault.shop), counts: new Map() });
      return id;
    },
    remove(id) {
      entries = entries.filter((entry) => entry.fault.id !== id);
    },
    clear() {
      entries = [];
    },
    list: () => entries.map((entry) => entry.fault),
    match(call) {
      if (entries.length === 0) return [];
      const effects: Effect[] = [];
      for (const entry of entries) {
        const effect = effectOf(entry, call, random);
        if (effect) effects.push(effect);
      }
      return effects;
    },
  };
}

function effectOf(
  entry: Entry,
  call: { shop: string; endpoint: Endpoint; grant?: Grant },
  random: Random,
): Effect | undefined {
  const { fault } = entry;
  if (!entry.matchesShop(call.shop)) return undefined;
  if (fault.endpoint && ![fault.endpoint].flat().includes(call.endpoint)) return undefined;
  if (fault.grant && (!call.grant || ![fault.grant].flat().includes(call.grant))) return undefined;
  if (fault.probability !== undefined && random.next() >= fault.probability) return undefined;
  const key = fault.perShop ? call.shop : "";
  const count = entry.counts.get(key) ?? 0;
  entry.counts.set(key, count + 1);
  const turn = count - (fault.after ?? 0);
  if (turn < 0) return undefined;
  if (fault.script) {
    const step = fault.script[turn];
    return step === "pass" ? undefined : step;
  }
  if (fault.times !== undefined && turn >= fault.times) return undefined;
  return fault.effect;
}

function shopMatcher(shop: string | string[] | undefined): (shop: string) => boolean {
  if (shop === undefined) return () => true;
  const exact = new Set<string>();
  const patterns: RegExp[] = [];
  for (const name of [shop].flat()) {
    if (name.includes("*")) {
      patterns.push(new RegExp(`^${name.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`));
    } else exact.add(name);
  }
  return (candidate) => exact.has(candidate) || patterns.some((pattern) => pattern.test(candidate));
}
