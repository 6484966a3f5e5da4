import pg from "pg";
import { expect, test } from "vitest";
import { connectError } from "./connect-errors.ts";
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
  const error = Object.assign(new pg.DatabaseError("the server says no", 0, "error"), { code });
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
