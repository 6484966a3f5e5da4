import { expect, test } from "vitest";
import { parsePattern } from "./patterns.ts";

test.each([
  ["audit", { name: "^(audit)$" }],
  ["Audit*", { name: "^(audit.*)$" }],
  ['"Audit*"', { name: "^(Audit\\*)$" }],
  ["log.event_?", { schema: "^(log)$", name: "^(event_.)$" }],
  ['"a.b"."c""d"', { schema: "^(a\\.b)$", name: '^(c"d)$' }],
  ["t[0-9]|u", { name: "^(t[0-9]|u)$" }],
  ["a$b[]", { name: "^(a\\$b\\[])$" }],
  ["app.public.t", undefined],
])("%s", (pattern, expected) => {
  expect(parsePattern(pattern)).toEqual(expected);
});
