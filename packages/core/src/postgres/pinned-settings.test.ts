import { expect, test } from "vitest";
import { programOptions, sessionSettings } from "./pinned-settings.ts";

test("programs get the settings of sessions, except those that older servers do not know", () => {
  expect(sessionSettings).toMatchObject({ transaction_timeout: "0", default_transaction_read_only: "off" });
  expect(programOptions).toContain("-c default_transaction_read_only=off");
  expect(
    programOptions.split(" -c ").map((option) => option.replace(/^-c /, "").replace(/=.*/s, "")),
  ).toEqual(Object.keys(sessionSettings).filter((name) => name !== "transaction_timeout"));
});

test("spaces are escaped, as PGOPTIONS separates options by spaces", () => {
  expect(programOptions).toContain(String.raw`-c DateStyle=ISO,\ YMD`);
});
