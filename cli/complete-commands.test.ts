/** Proves that a command which the app names can be copied as it is shown, whatever address the app is at. */
import { expect, test } from "vitest";
import { completeCommands } from "./complete-commands.ts";

const command = (text: string) => `npm run tokens -- ${text} --url http://a.test:4000`;

test.each([
  ["Migrate the 2 tokens: npm run tokens -- migrate.", `Migrate the 2 tokens: ${command("migrate")}.`],
  ["npm run tokens -- dead-letters, or npm run tokens -- seal", `${command("dead-letters")}, or ${command("seal")}`],
  ["Make one: npm run tokens -- make-key", "Make one: npm run tokens -- make-key"],
  [command("status"), command("status")],
  ["Nothing to do.", "Nothing to do."],
])("%s", (words, complete) => {
  expect(completeCommands(words, command)).toBe(complete);
});
