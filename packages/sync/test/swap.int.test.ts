/** The swap under load: applications that reconnect at once, sessions that cannot be ended, a busy source. */
import { createPair, type Side } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { until } from "./processes.ts";
import { contentOf, databasesOf, documentOf, errorOf, leftFiles, restorePlainly, sync } from "./support.ts";
import { isOpen, superuserOnRds } from "./untouched.ts";

const opposite = { neon: "rds", rds: "neon" } as const satisfies Record<Side, Side>;

/** Repeats `work`. The returned function ends the repetition and returns the number of calls. */
function repeat(work: () => Promise<void>): () => Promise<number> {
  const stopping = new AbortController();
  const running = (async () => {
    let times = 0;
    for (; !stopping.signal.aborted; times += 1) await work();
    return times;
  })();
  return async () => {
    stopping.abort();
    return await running;
  };
}

for (const source of ["neon", "rds"] as const) {
  test.concurrent(
    `a ${source} with constant writes: the target is equal to the dump's snapshot`,
    async () => {
      await using pair = await createPair(testSandbox(), { neon: "app", rds: "app" });
      const target = opposite[source];
      await using writer = await pair.connect(source, "owner");
      const stop = repeat(async () => {
        await writer.client.query(
          "insert into public.contacts (name, email, message) values ('Busy', 'busy@example.com', 'again')",
        );
        await writer.client.query("select nextval('public.tags_id_seq'), nextval('public.projects_id_seq')");
      });
      const transcript = await sync(pair, [`${source}-to-${target}`, "--yes", "--json"]);
      expect(await stop()).toBeGreaterThan(50);
      expect(transcript.exitCode, transcript.stdout).toBe(0);
      const key = documentOf(transcript).plan.archive.replace(`s3://${pair.bucket}/`, "");
      const content = await contentOf(pair, target);
      expect(content).toContain("Busy");
      expect(content).toBe(await restorePlainly(pair, target, key));
      expect(content).not.toBe(await contentOf(pair, source));
    },
  );
}

test.concurrent(
  "sessions idle in a transaction and an application that reconnects at once do not prevent the swap",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await using idle = await pair.connect("rds", "application");
    await idle.client.query("begin");
    await idle.client.query("select count(*) from public.projects");
    const seen = new Set<number>();
    const outages: number[] = [];
    let since: number | undefined;
    const stop = repeat(async () => {
      try {
        await using session = await pair.connect("rds", "application");
        const { rows } = await session.client.query<{ n: number }>(
          "select count(*)::int as n from public.projects",
        );
        seen.add(rows[0]?.n ?? -1);
        if (since !== undefined) outages.push(performance.now() - since);
        since = undefined;
      } catch {
        since ??= performance.now();
      }
    });
    const transcript = await sync(pair, ["neon-to-rds", "--yes", "--json"]);
    const attempts = await stop();
    expect(transcript.exitCode, transcript.stdout).toBe(0);
    expect(attempts).toBeGreaterThan(20);
    await expect(idle.client.query("select 1")).rejects.toThrow();
    // 9 projects before the swap, 12 after it, and never another number.
    expect([...seen].sort((a, b) => a - b)).toEqual([9, 12]);
    for (const outage of outages) expect(outage).toBeLessThan(5000);
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  },
);

test.concurrent(
  "the swap waits for a session of the platform's superuser, which the role may not end",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const monitor = await superuserOnRds(pair.rds.database);
    const syncing = sync(pair, ["neon-to-rds", "--yes"]);
    await until(async () => !(await isOpen(pair.rds.database)));
    await monitor[Symbol.asyncDispose]();
    const transcript = await syncing;
    expect(transcript.exitCode, transcript.stderr).toBe(0);
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  },
);

test.concurrent("if the second rename fails, the target has its name again and is open", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const previous = await contentOf(pair, "rds");
  const syncing = sync(pair, ["neon-to-rds", "--yes", "--json"]);
  const staging = async () => (await databasesOf(pair, "rds")).find((name) => name.includes("__pl_staging_"));
  await until(async () => (await staging()) !== undefined);
  // The sync may not end this session, so the new database cannot be renamed.
  const stubborn = await superuserOnRds((await staging()) ?? "");
  const transcript = await syncing;
  expect(transcript.exitCode).toBe(6);
  const { code, message, state } = errorOf(transcript);
  expect({ code, state }).toEqual({ code: "SWAP_FAILED", state: "target-unchanged" });
  expect(message).toContain(`Cannot swap the target ${pair.rds.database}`);
  expect(transcript.stderr).toContain("could not remove the staging database");
  expect(await isOpen(pair.rds.database)).toBe(true);
  expect(await contentOf(pair, "rds")).toBe(previous);
  expect(await leftFiles(pair)).toEqual([]);

  await stubborn[Symbol.asyncDispose]();
  const next = await sync(pair, ["neon-to-rds", "--yes"]);
  expect(next.exitCode, next.stderr).toBe(0);
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  expect(await databasesOf(pair, "rds")).toHaveLength(2);
});
