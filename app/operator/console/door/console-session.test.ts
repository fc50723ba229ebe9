// Proves how long a console session lasts, whose secret makes it, and that nothing but the very cookie is taken.
import { expect, it } from "vitest";
import { IDLE_MS, isDueForRenewal, issueSession, LONGEST_MS, readSession } from "./console-session.ts";

const [operator, monitor] = ["operator".repeat(4), "monitor-".repeat(4)];
const secrets = { operator: [operator], monitor: [monitor] };
const now = 1_800_000_000_000;

it("is read back as what it was", () => {
  for (const role of ["operator", "monitor"] as const) {
    const session = readSession(secrets, issueSession(secrets[role][0]!, role, now), now);
    expect(session).toMatchObject({ role, signedInAt: now, expiresAt: now + IDLE_MS });
    expect(session?.csrf).toMatch(/^[\w-]{43}$/);
  }
});

it("gives each session a mark of its own", () => {
  const [a, b] = [1, 2].map(() => readSession(secrets, issueSession(operator, "operator", now), now)?.csrf);
  expect(a).not.toBe(b);
});

it("ends without use, and after a day's work whatever its use", () => {
  const value = issueSession(operator, "operator", now);
  expect(readSession(secrets, value, now + IDLE_MS - 1)).toBeDefined();
  expect(readSession(secrets, value, now + IDLE_MS)).toBeUndefined();
  const late = now + LONGEST_MS - 1_000;
  const renewed = readSession(secrets, value, now)!.renew(late);
  expect(readSession(secrets, renewed, late)?.expiresAt).toBe(now + LONGEST_MS);
});

it("is renewed when half of its idle time is over, and not beyond its longest", () => {
  const session = readSession(secrets, issueSession(operator, "operator", now), now)!;
  expect(isDueForRenewal(session, now + 1)).toBe(false);
  expect(isDueForRenewal(session, now + IDLE_MS / 2 + 1)).toBe(true);
  expect(isDueForRenewal({ ...session, expiresAt: now + LONGEST_MS }, now + LONGEST_MS - 1)).toBe(false);
});

it("ends with the secret that opened it, and with no other", () => {
  const next = "another-".repeat(4);
  const byOld = issueSession(operator, "operator", now);
  const byNext = issueSession(next, "operator", now);
  const byMonitor = issueSession(monitor, "monitor", now);
  const [rotating, rotated] = [[next, operator], [next]].map((accepted) => ({ ...secrets, operator: accepted }));
  for (const value of [byOld, byNext, byMonitor]) expect(readSession(rotating!, value, now)).toBeDefined();
  // However often it was renewed meanwhile.
  const renewed = readSession(rotating!, byOld, now)!.renew(now + 1);
  expect(readSession(rotating!, renewed, now + 1)).toMatchObject({ role: "operator", signedInAt: now });
  for (const value of [byOld, renewed]) expect(readSession(rotated!, value, now + 1)).toBeUndefined();
  for (const value of [byNext, byMonitor]) expect(readSession(rotated!, value, now)).toBeDefined();
  expect(readSession({ ...secrets, monitor: [] }, byMonitor, now)).toBeUndefined();
  // The monitor's secret makes no operator.
  expect(readSession(secrets, issueSession(monitor, "operator", now), now)).toBeUndefined();
});

it("takes no change of any character, no other role and no rest", () => {
  const value = issueSession(monitor, "monitor", now);
  for (let at = 0; at < value.length; at++) {
    const changed = value.slice(0, at) + (value[at] === "x" ? "y" : "x") + value.slice(at + 1);
    // The last character of base64url holds two bits that mean nothing; the text is compared, so they count as well.
    expect(readSession(secrets, changed, now), String(at)).toBeUndefined();
  }
  expect(readSession(secrets, value.replace("monitor", "operator"), now)).toBeUndefined();
  for (const odd of [undefined, "", ".", `${value}.x`, `${value} `, "operator....", "x".repeat(10_000)]) {
    expect(readSession(secrets, odd, now)).toBeUndefined();
  }
});
