import { expect, test } from "vitest";
import type { AllowedSource } from "../plan/inspect.ts";
import { earlyRequest } from "./early-dump.ts";

const limits = { database: null, role: null, server: 100 };

function request(options: { yes?: boolean; inPlace?: boolean }, spareConnections = limits) {
  const source = {
    facts: { spareConnections },
    findings: { skippedExtensions: ["pg_cron"], jobs: 2 },
    tables: [{ bytes: 1e9 }, { bytes: 1e9 }, { bytes: 1e9 }],
  } as unknown as AllowedSource;
  return earlyRequest(source, { jobs: 4, verify: "checksums", ...options } as never, "/tmp/work");
}

test("a dump that nobody has to confirm begins during the plan, as it would begin after it", () => {
  expect(request({ yes: true })).toMatchObject({
    readers: 2,
    skippedExtensions: ["pg_cron"],
    verify: "checksums",
    workDirectory: "/tmp/work",
  });
});

test("a dump waits for the plan if a person is asked, and in place, where the locks of the target come first", () => {
  expect(request({})).toBeUndefined();
  expect(request({ yes: true, inPlace: true })).toBeUndefined();
});

test("a dump waits for the plan if the source accepts too few connections for both", () => {
  expect(request({ yes: true }, { ...limits, server: 10 })).toBeDefined();
  expect(request({ yes: true }, { ...limits, server: 9 })).toBeUndefined();
});
