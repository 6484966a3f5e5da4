import fc from "fast-check";
import { expect, test } from "vitest";
import { Redactor } from "./redact.ts";

test("a secret is hidden as it is, in a URL, a pass file, SQL and JSON", () => {
  const secret = String.raw`it's: 50% "off" @ C:\new/$HOME`;
  const redactor = new Redactor();
  redactor.add(secret);
  for (const form of [
    secret,
    encodeURIComponent(secret),
    secret.replaceAll(/[\\:]/g, "\\$&"),
    secret.replaceAll("'", "''"),
    JSON.stringify(secret),
  ]) {
    const text = redactor.apply(`password=${form} and more`);
    expect(text).toMatch(/^password="?\*\*\*\*"? and more$/);
  }
});

test("no secret of four characters or more remains in any text", () => {
  const secrets = fc.array(
    fc.string({ unit: "grapheme", minLength: 4 }).filter((text) => !text.includes("*")),
    { minLength: 1, maxLength: 3 },
  );
  fc.assert(
    fc.property(secrets, fc.string(), (all, around) => {
      const redactor = new Redactor();
      for (const secret of all) redactor.add(secret);
      const text = redactor.apply(
        all.map((secret) => `${around}${secret}${encodeURIComponent(secret)}`).join(around),
      );
      for (const secret of all) expect(text).not.toContain(secret);
    }),
  );
});

test("short strings are left alone: they would hide ordinary words", () => {
  const redactor = new Redactor();
  redactor.add("app");
  expect(redactor.apply("the app database")).toBe("the app database");
});
