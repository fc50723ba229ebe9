// Proves what doctor finds in a situation, and the one next step it names.
import { describe, expect, it } from "vitest";
import { examine, type Situation } from "./doctor.ts";
import { HEALTH, RUN, UNDER_WAY } from "./test-views.ts";

const command = (text: string) => `tokens ${text}`;
const legacyToml = { usesLegacyInstallFlow: true, scopes: ["read_products"] };
const managedToml = { usesLegacyInstallFlow: false, scopes: ["read_products"] };
const done = { verdict: "clean" as const, permanentTokens: 0, migratableTokens: 0 };

function look(change: Partial<Omit<Situation, "health">> & { health?: Partial<Situation["health"]> }) {
  const { health, ...rest } = change;
  const situation = {
    isReady: true,
    latestRun: RUN,
    deadLetters: 0,
    toml: legacyToml,
    leftovers: [],
    scopes: undefined,
    ...rest,
    health: { ...HEALTH, ...health },
  };
  const { findings, nextStep } = examine(situation, command);
  const codes = (level: string) => findings.filter((one) => one.level === level).map(({ code }) => code);
  return { findings, nextStep, problems: codes("problem"), attention: codes("attention") };
}

describe("examine", () => {
  it("finds nothing wrong in the middle of the migration, and passes on the app's next step", () => {
    const { problems, attention, nextStep } = look({});
    expect({ problems, attention, nextStep }).toEqual({
      problems: [],
      attention: ["permanent_tokens"],
      nextStep: "What the app says.",
    });
  });

  it.each([
    ["legacy", legacyToml, {}, "ok toml_fits"],
    ["legacy", managedToml, {}, "problem toml_ahead"],
    ["expand", legacyToml, {}, "ok toml_fits"],
    ["expand", managedToml, {}, "attention toml_early"],
    ["expand", managedToml, done, "ok toml_fits"],
    ["contract", legacyToml, done, "problem toml_behind"],
    ["contract", managedToml, done, "ok toml_fits"],
    ["contract", { unknown: "there is no shopify.app.toml here" }, done, "attention toml_unknown"],
  ] as const)("in %s with %o and %o: %s", (phase, toml, health, expected) => {
    const { findings } = look({ toml, health: { phase, ...health } });
    expect(findings.map(({ level, code }) => `${level} ${code}`)).toContain(expected);
  });

  it.each([
    [39, "ok"],
    [30, "attention"],
    [7, "problem"],
    [0, "problem"],
  ])("%i days before the deadline: %s", (daysLeft, level) => {
    const find = (health: object) =>
      look({ health: { daysLeft, ...health } }).findings.find(({ code }) => code.startsWith("deadline"));
    expect(find({})?.level).toBe(level);
    expect(find(done)?.level, "nothing is left").toBe("ok");
  });

  it("puts the worst first", () => {
    const { findings } = look({ isReady: false, health: { needsReauth: 1 } });
    expect(findings[0]).toMatchObject({ level: "problem", code: "not_ready" });
    expect(findings.at(-1)?.level).toBe("ok");
  });

  it("names the one next step", () => {
    expect(look({ isReady: false, latestRun: UNDER_WAY }).nextStep).toMatch(/^Bring the app's database back/);
    expect(look({ latestRun: UNDER_WAY }).nextStep).toBe("Let the run end: tokens watch");
    expect(look({ latestRun: { ...RUN, status: "halted", haltReason: "wrong client" } })).toMatchObject({
      problems: ["run_halted"],
      nextStep: "Correct what halted the run, then start again: tokens migrate",
    });
    expect(look({ health: { phase: "contract", ...done } }).nextStep).toMatch(
      /use_legacy_install_flow = false.*deploy/,
    );
    expect(look({ toml: managedToml, health: { phase: "legacy" } }).nextStep).toMatch(/use_legacy_install_flow = true/);
    expect(look({ health: { phase: "contract", verdict: "regression" } })).toMatchObject({
      problems: ["regression", "toml_behind"],
      nextStep: "What the app says.",
    });
  });

  it("names what Shopify would not serve, and does not tell to repeat it", () => {
    const leftover = (shop: string, code: string, id = `offline_${shop}`) => ({ id, shop, code, message: "words" });
    const { findings, nextStep } = look({
      health: {
        ...done,
        permanentTokens: 3,
        unservedTokens: { frozen: 12, foreign_session: 1 },
        nextStep: "Contract.",
      },
      leftovers: [leftover("a.myshopify.com", "frozen"), leftover("b.myshopify.com", "foreign_session", "other:b")],
    });
    const texts = findings.map(({ level, text }) => `${level} ${text}`);
    expect(texts).toContain("ok 12 permanent tokens not to be migrated now: frozen (words): a.myshopify.com, 11 more");
    expect(texts).toContain("attention 1 permanent token not to be migrated now: foreign_session (words): row other:b");
    expect(nextStep).toBe("Contract.");
  });

  it("compares scopes, and warns before a deploy that would ask merchants", () => {
    const report = (granted: Record<string, number>) => ({
      scopes: ["read_products"],
      shops: 3,
      granted: Object.entries(granted).map(([scope, shops]) => ({ scope, shops })),
    });
    const found = (granted: Record<string, number>, required = ["read_products"]) =>
      look({
        scopes: report(granted),
        toml: { usesLegacyInstallFlow: true, scopes: required },
      }).findings.flatMap(({ code, text }) => (code.startsWith("scopes") ? [`${code}: ${text}`] : []));
    expect(found({ read_products: 2, write_products: 1 })).toEqual([
      "scopes_fit: every shop has granted read_products",
    ]);
    expect(found({ read_products: 3 }, ["read_products", "write_orders"])).toEqual([
      "scopes_differ: shopify.app.toml requires write_orders, which SCOPES does not name",
      expect.stringMatching(/^scopes_not_granted: .*write_orders \(3 shops\).*optional_scopes/),
    ]);
    expect(found({ "": 1, read_products: 2 })).toEqual([expect.stringMatching(/read_products \(1 shop\)/)]);
  });

  it("mentions background jobs that failed for good", () => {
    const { attention, findings } = look({ deadLetters: 2 });
    expect(attention).toContain("dead_letters");
    expect(findings.map(({ text }) => text).join("\n")).toContain("2 background jobs failed for good");
  });

  it("counts in words", () => {
    const texts = look({ health: { needsReauth: 1, suspended: 2, refreshTokensExpiringIn14Days: 3 } })
      .findings.map(({ text }) => text)
      .join("\n");
    expect(texts).toContain("1 shop waiting");
    expect(texts).toContain("2 shops frozen");
    expect(texts).toContain("3 refresh tokens ending");
  });
});

it("says first of all that the database would not keep a token, and what mends it", () => {
  const storageProblem = 'the column "updatedAt" of "Session" is NOT NULL and has no default. ALTER TABLE …';
  const { problems, findings, nextStep } = look({ isReady: false, health: { storageProblem, nextStep: "Mend it." } });
  expect(problems).toContain("storage_unfit");
  expect(findings.find(({ code }) => code === "storage_unfit")?.text).toContain(storageProblem);
  expect(nextStep).toBe("Mend it.");
  expect(problems).not.toContain("not_ready");
  expect(look({}).findings.map(({ code }) => code)).toContain("storage_fit");
});

it("says what else of the database does not work, and once what could not be answered", () => {
  const databaseProblem = 'the role "app" lacks INSERT on expand_contract."MigrationRun". GRANT …';
  const unanswered = ["the role may not make the schema of background jobs. GRANT …"];
  const known = look({ unanswered, health: { databaseProblem, nextStep: "Mend it." } });
  expect(known).toMatchObject({ problems: ["database_unfit"], nextStep: "Mend it." });
  const unknown = look({ unanswered });
  expect(unknown.problems).toEqual(["unanswered"]);
  expect(unknown.findings[0]?.text).toContain(unanswered[0]);
});
