import pg from "pg";
import { expect, test } from "vitest";
import { connectError, isRetryable } from "./connect-errors.ts";
import type { Endpoint } from "./endpoint.ts";
import { sqlState } from "./sql-state.ts";

const endpoint = (system: Endpoint["system"]): Endpoint => ({
  system,
  host: "db.example.com",
  port: 5432,
  database: 'shop "dev"',
  user: "owner",
  password: "",
  tls: { mode: "disable" },
  notes: [],
});

function hintFor(code: string, system: Endpoint["system"]): string {
  const error = Object.assign(new pg.DatabaseError("the server refuses", 0, "error"), { code });
  return connectError(error, endpoint(system), "target", 1).hint ?? "";
}

test.each(["neon", "rds"] as const)(
  "a missing %s database: the hint does not suggest to create one",
  (system) => {
    const hint = hintFor(sqlState.databaseMissing, system);
    expect(hint).toContain(`pnpm sync undo ${system}`);
    expect(hint).toContain("do not create");
    expect(hint).not.toContain("or create");
  },
);

test.each(["neon", "rds"] as const)(
  "a closed %s database: the hint considers an interrupted sync",
  (system) => {
    const hint = hintFor(sqlState.notAcceptingConnections, system);
    expect(hint).toContain(`pnpm sync undo ${system} --dry-run`);
    expect(hint).toContain('alter database "shop ""dev""" allow_connections true;');
  },
);

/** An error of Neon's proxy. */
const ofProxy = (message: string) =>
  Object.assign(new pg.DatabaseError(message, 0, "error"), { code: sqlState.internalError });

test.each([
  "Couldn't connect to compute node",
  "Control plane request failed",
  "Control plane request failed: endpoint is temporarily unavailable. Check your quotas and/or contact our support.",
  "Failed to acquire permit to connect to the database. Too many database connection attempts are currently ongoing.",
])("another attempt may succeed after: %s", (message) => {
  expect(isRetryable(ofProxy(message))).toBe(true);
});

test.each([
  "password authentication failed for user 'owner'",
  "Control plane request failed: endpoint is disabled",
  "Control plane request failed: endpoint cannot be found",
  "Endpoint ID is not specified. Either please upgrade the postgres client library (libpq) for SNI support",
  "Your account or project has exceeded the compute time quota. Upgrade your plan to increase limits.",
])("no other attempt succeeds after: %s", (message) => {
  expect(isRetryable(ofProxy(message))).toBe(false);
});

test("a password that Neon's proxy rejects is a wrong password, although the proxy gives no code for it", () => {
  const rejected = ofProxy("password authentication failed for user 'owner'");
  expect(connectError(rejected, endpoint("neon"), "source", 1).code).toBe("WRONG_PASSWORD");
  const other = connectError(ofProxy("endpoint is disabled"), endpoint("neon"), "source", 1);
  expect(other.code).toBe("CONNECT_FAILED");
  expect(other.message).toContain("disabled");
});
