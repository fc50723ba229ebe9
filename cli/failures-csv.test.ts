// Proves that the CSV is well-formed and no cell of it is a formula.
import { expect, it } from "vitest";
import { failuresCsv } from "./failures-csv.ts";

const failure = { shop: "a.myshopify.com", outcome: "failed", code: "x", message: "", attempts: 2, retryable: true };
const rowOf = (message: string) => [...failuresCsv([{ ...failure, message }])][1];

it("writes a header and one record per shop, each ended by CRLF, quoted where needed", () => {
  expect([...failuresCsv([{ ...failure, message: 'said "no",\nthen left' }])]).toEqual([
    "shop,outcome,code,message,attempts,retryable\r\n",
    'a.myshopify.com,failed,x,"said ""no"",\nthen left",2,true\r\n',
  ]);
});

it.each(["=1+1", "+1", "-1", "@SUM(A1)", "  =1+1", "\t=1", "＝1+1"])("makes text of the formula %j", (message) => {
  expect(rowOf(message)).toBe(`a.myshopify.com,failed,x,'${message},2,true\r\n`);
});

it("leaves other text as it is", () => {
  expect(rowOf("refused: invalid_grant = final")).toContain(",refused: invalid_grant = final,");
});

it.each([
  ["\u001b]0;title\u0007", "␛]0;title␇"],
  ["\u009b2J", "\\u009b2J"],
  ["\u0000=1+1", "␀=1+1"],
])("shows the control characters of %j", (message, cell) => {
  expect(rowOf(message)?.replaceAll('"', "")).toBe(`a.myshopify.com,failed,x,${cell},2,true\r\n`);
});
