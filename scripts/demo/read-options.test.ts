// Proves that the demo refuses a wrong option in words, before it starts anything.
import { expect, it } from "vitest";
import { DemoOptionError, HELP, readOptions } from "./read-options.ts";

it("has defaults, and takes the flags of the phase or of the environment", () => {
  expect(readOptions([], { TOKEN_EXCHANGE_ENABLED: "false" })).toMatchObject({
    shops: 200,
    ports: { admin: 4000, app: 3000, sandbox: 4100 },
    flags: { TOKEN_EXCHANGE_ENABLED: "false" },
  });
  expect(readOptions(["--phase", "contract"], {}).flags).toMatchObject({ LEGACY_INSTALL_FLOW_ENABLED: "false" });
});

it.each([
  [["--bogus"], /--bogus/],
  [["--shops"], /--shops/],
  [["--shops", "0"], /--shops is a whole number from 1/],
  [["--shops", "many"], /--shops is a whole number/],
  [["--app-port", "99999"], /--app-port is a whole number from 0 to 65535, not 99999/],
  [["--phase", "later"], /--phase is legacy, expand or contract/],
  [["tour"], /tour/],
])("%o: what is wrong, and what there is", (args, words) => {
  const refuse = () => readOptions(args, {});
  expect(refuse).toThrow(DemoOptionError);
  expect(refuse).toThrow(words);
  expect(refuse).toThrow(HELP);
});
