/** A source table that is rewritten while the sync reads it. */
import { createPair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { contentOf, errorOf, sync } from "./support.ts";

test.concurrent(
  "a table that TRUNCATE reloads while the sync reads it is refused, and the target is unchanged",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const previous = await contentOf(pair, "rds");
    await using writer = await pair.connect("neon", "owner");
    const fill = "insert into public.rates select g from generate_series(1, 1000) g";
    await writer.client.query(`create table public.rates (id int); ${fill}`);
    const stopping = new AbortController();
    const writing = (async () => {
      while (!stopping.signal.aborted) {
        await writer.client.query(`begin; truncate public.rates; ${fill}; select pg_sleep(0.1); commit`);
      }
    })();
    const reloading = await sync(pair, ["neon-to-rds", "--yes", "--json"]);
    stopping.abort();
    await writing;
    expect(reloading.exitCode, reloading.stdout).toBe(5);
    expect(errorOf(reloading)).toMatchObject({
      code: "SOURCE_REWRITTEN",
      state: "target-unchanged",
      details: ["public.rates"],
    });
    expect(await contentOf(pair, "rds")).toBe(previous);

    expect(await sync(pair, ["neon-to-rds", "--yes"])).toMatchObject({ exitCode: 0 });
    expect(await pair.query("rds", "select count(*)::int as n from public.rates")).toEqual([{ n: 1000 }]);
  },
);
