/** The report, the history and PILOT_LIGHT_ON_END, from the built commands to a real browser. */
import { mkdtemp, readFile, writeFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { createPair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { sync } from "./support.ts";

test("first", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "app", rdsBypassRls: true });
  await pair.query("neon", 'create table "<script>alert(1)</script>" (id int primary key)');
  await pair.query("neon", `alter table "<script>alert(1)</script>" owner to "${pair.neon.role}"`);
  await pair.query("rds", "create table old_leads (id int)");
  await pair.query("rds", `alter table old_leads owner to "${pair.rds.role}"`);
  const report = "/tmp/report/sync.html";
  const hook = `cat > /tmp/report/hook.json; env | grep PILOT_LIGHT > /tmp/report/hook.env`;
  const done = await sync(pair, ["neon-to-rds", "--yes", "--json", "--report", report], { env: { PILOT_LIGHT_ON_END: hook } });
  console.log(done.stderr, done.stdout);
  const c = await sync(pair, ["compare", "--report", "/tmp/report/compare.html"]);
  console.log(c.stderr);
  const failed = await sync(pair, ["neon-to-rds", "--yes", "--report", "/tmp/report/failed.html"], { env: { PGCONNECT_TIMEOUT: "1", RDS_HOSTADDR: "127.0.0.1:1", PILOT_LIGHT_VIA: "address" } });
  console.log(failed.stderr);
});
