/**
 * Every pair of server majors, with every given major of the client programs: the copy is equal, or the sync is refused before it writes
 * anything. Not part of `npm test`, because it takes long: `MATRIX_CLIENTS=<bin>:<bin> pnpm test:matrix`.
 */
import { processEnvironment } from "@pilot-light/core/config/env";
import { findClientPrograms, type ClientPrograms } from "@pilot-light/core/postgres/programs";
import { createPair, databaseText, startSandbox, type Pair, type Side } from "@pilot-light/sandbox/testing";
import { extraSandboxDirectory } from "@pilot-light/sandbox/vitest";
import { describe, expect, test } from "vitest";
import { databasesOf, errorOf, keysOf, sync } from "./support.ts";

const majors = [14, 15, 16, 17, 18];
const seeds = ["app", "awkward"] as const;
const pairs = majors.flatMap((neon) => majors.map((rds) => ({ neon, rds })));

/** The installations that MATRIX_CLIENTS names, and the one that the tool finds by itself. */
async function allClients(): Promise<ClientPrograms[]> {
  const given = (processEnvironment()["MATRIX_CLIENTS"] ?? "").split(":").filter(Boolean);
  const found = await Promise.all(
    given.map((directory) => findClientPrograms({ PATH: "/usr/bin:/bin", PILOT_LIGHT_PG_BIN: directory })),
  );
  return [...found.flat(), ...(await findClientPrograms({ PATH: "" })).slice(0, 1)];
}

describe.each(pairs)("neon $neon, rds $rds", ({ neon, rds }) => {
  test("each client, each seed: equal, or refused with nothing written", async () => {
    const clients = await allClients();
    const newest = clients.reduce((a, b) => (a.major >= b.major ? a : b));
    const text = async (pair: Pair, side: Side) =>
      comparable(await databaseText(pair[side].adminUrl, newest.pgDump), neon === rds);
    await using sandbox = await startSandbox({
      directory: extraSandboxDirectory(`matrix-${neon}-${rds}`),
      environment: processEnvironment(),
      majors: { neon, rds },
    });
    const results: string[] = [];
    for (const seed of seeds) {
      for (const client of clients) {
        await using pair = await createPair(sandbox, { neon: seed, rds: "stale", rdsBypassRls: true });
        const before = { neon: await text(pair, "neon"), rds: await text(pair, "rds") };
        const env = { PILOT_LIGHT_PG_BIN: client.directory };
        const name = `${neon} -> ${rds}, pg_dump ${client.major}, ${seed}`;
        const dry = await sync(pair, ["neon-to-rds", "--dry-run", "--json"], { env });
        const real = await sync(pair, ["neon-to-rds", "--yes", "--json"], { env });
        expect(real.exitCode, `${name}: ${real.stderr}`).toBe(dry.exitCode);
        if (real.exitCode === 0) {
          expect(await text(pair, "rds"), name).toBe(before.neon);
          results.push(`${name}: equal`);
        } else {
          const { code, state } = errorOf(real);
          expect(state, `${name}: ${real.stderr}`).toBe("nothing-written");
          expect(await text(pair, "rds"), name).toBe(before.rds);
          expect(await keysOf(pair), name).toEqual([]);
          expect(await databasesOf(pair, "rds"), name).toEqual([pair.rds.database]);
          results.push(`${name}: ${code}`);
        }
      }
    }
    process.stdout.write(`${results.join("\n")}\n`);
  });
});

/**
 * The lines of a dump that are compared, sorted. From 17 on, pg_dump groups large objects by their owner and privileges, and a sync takes those
 * from the target. Majors print definitions in different words, and 18 has names for NOT NULL. So between two majors, only rows, positions,
 * large objects and the names of created objects are compared.
 */
function comparable(text: string, sameMajor: boolean): string {
  const lines = text.split("\n").filter((line) => line !== "BEGIN;" && line !== "COMMIT;");
  if (sameMajor) return lines.sort().join("\n");
  let isRow = false;
  const kept = lines.flatMap((line) => {
    const wasRow = isRow;
    isRow = isRow ? line !== String.raw`\.` : /^COPY .* FROM stdin;$/.test(line);
    if (wasRow || isRow || /^ *SELECT pg_catalog\./.test(line)) return [line];
    const created = /^CREATE (?:OR REPLACE )?(?:UNIQUE )?[A-Z]+(?: [A-Z]+)* \S+/.exec(line);
    return created === null ? [] : [created[0]];
  });
  return kept.sort().join("\n");
}
