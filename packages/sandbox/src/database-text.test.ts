import { expect, test } from "vitest";
import { normalizeDump } from "./database-text.ts";

const dump = String.raw`--
-- PostgreSQL database dump
--

\restrict aaa

SET statement_timeout = 0;

COPY public.t (a) FROM stdin;
2
-- no comment

1
\.

\unrestrict aaa
`;

test("rows are sorted, comments and the key of the dump are removed", () => {
  expect(normalizeDump(dump)).toBe(String.raw`SET statement_timeout = 0;
COPY public.t (a) FROM stdin;

-- no comment
1
2
\.
`);
});

test("equal content in another order is equal, another value is not", () => {
  const reordered = dump.replace("2\n-- no comment\n\n1", "1\n\n-- no comment\n2").replaceAll("aaa", "bbb");
  expect(normalizeDump(reordered)).toBe(normalizeDump(dump));
  expect(normalizeDump(dump.replace("\n2\n", "\n3\n"))).not.toBe(normalizeDump(dump));
  expect(normalizeDump(dump.replace("\n2\n", "\n2\n2\n"))).not.toBe(normalizeDump(dump));
});
