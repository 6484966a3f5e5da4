/**
 * The secrets of a running command are only in its own environment and in files of mode 0600, as docs/security.md states. Every command runs
 * with marked secrets. The tests search arguments, environments, output, logs, manifests and temporary files for them.
 */
import { fileURLToPath } from "node:url";
import { sdk } from "@pilot-light/core/aws/sdk";
import { resourceNames } from "@pilot-light/core/contract";
import { neonHost } from "@pilot-light/sandbox/names";
import { startNeonApi } from "@pilot-light/sandbox/neon-api";
import type { Pair } from "@pilot-light/sandbox/testing";
import { expect, test } from "vitest";
import { fargatePair } from "./fargate.ts";
import {
  awsSecret,
  expectNoSecret,
  showsSecret,
  watched,
  type Seen,
} from "@pilot-light/sandbox/secret-watch";
import { privatePair } from "./ssm.ts";
import { keysOf, leftFiles, objectOf, sync, type SyncCall, type Transcript } from "./support.ts";

const lifecycle = fileURLToPath(new URL("../../lifecycle/dist/bin.js", import.meta.url));
const validate = fileURLToPath(new URL("../../validate/dist/bin.js", import.meta.url));

/** Checks what was seen of a command, and what it printed. */
function expectNone({ seen, transcript: { stdout, stderr } }: { seen: Seen; transcript: Transcript }): void {
  expectNoSecret({ seen, printed: [stdout, stderr] });
}

async function expectNoSecretInBucket(pair: Pair): Promise<void> {
  const manifests = (await keysOf(pair)).filter((key) => key.endsWith(".json"));
  expect(manifests).not.toEqual([]);
  for (const key of manifests) {
    expect(showsSecret(Buffer.from(await objectOf(pair, key)).toString())).toBe(false);
  }
}

test("of commands on this machine, over Systems Manager", async () => {
  await using reached = await privatePair();
  const { pair } = reached;
  await using api = await startNeonApi(neonHost);
  const env = { ...reached.env, ...api.variables, AWS_SECRET_ACCESS_KEY: awsSecret };
  const flags = ["--json", "--verbose"];
  const calls: [args: readonly string[], call: SyncCall][] = [
    [["neon-to-rds", "--dry-run", ...flags], {}],
    [["neon-to-rds", "--yes", ...flags], {}],
    [["undo", "rds", "--yes", ...flags], {}],
    [["rds-to-neon", "--yes", ...flags], {}],
    [["undo", "neon", "--dry-run", ...flags], {}],
    [["rds-to-neon", "--in-place", "--yes", ...flags], {}],
    [["restore", "latest", "--to", "rds", "--yes", ...flags], {}],
    [["compare", ...flags], {}],
    [["dumps", "list", ...flags], {}],
    [["dumps", "verify", "latest", ...flags], {}],
    [["dumps", "show", "latest", ...flags], {}],
    [["dumps", "prune", "--yes", ...flags], {}],
    [["history", ...flags], {}],
    [["--only", "databases", "--via", "ssm", ...flags], { program: validate }],
    [["policy", "sync", ...flags], { program: lifecycle }],
    [["doctor", "--via", "ssm", ...flags], { program: lifecycle }],
    [["status", ...flags], { program: lifecycle }],
    [["snapshots", "list", ...flags], { program: lifecycle }],
    [["tunnel", "rds", "--verbose"], { program: lifecycle, ...untilOpen }],
    // An error about an invalid URL repeats no part of it.
    [
      ["neon-to-rds", "--dry-run", ...flags],
      { env: { NEON_DATABASE_URL: `${pair.env.NEON_DATABASE_URL ?? ""}&x=%` } },
    ],
  ];
  const programs = new Set<string>();
  for (const [args, call] of calls) {
    const result = await watched(pair, () => sync(pair, args, { ...call, env: { ...env, ...call.env } }));
    expectNone(result);
    for (const command of result.seen.environments.keys()) {
      programs.add(/pg_dump|pg_restore|session-manager-plugin|terraform/.exec(command)?.[0] ?? "");
    }
  }
  expect([...programs].sort()).toEqual(["pg_dump", "pg_restore", "session-manager-plugin", "terraform"]);
  expect(api.requests).toContain("POST branches");
  await expectNoSecretInBucket(pair);
  expect(await leftFiles(pair)).toEqual([]);
});

/** Ends the tunnel as soon as its port is open. */
const untilOpen: SyncCall = {
  onStderr: (text, child) => {
    if (text.includes("until Ctrl-C")) child.kill("SIGINT");
  },
};

test("of a sync inside AWS, with the log of its task", async () => {
  await using remote = await fargatePair();
  const { pair, env, neonUrl } = remote;
  const marked = { ...env, AWS_SECRET_ACCESS_KEY: awsSecret };
  const stored = await watched(pair, () =>
    sync(pair, ["store-neon-url", "--verbose"], { env: marked, input: neonUrl }),
  );
  expect(stored.transcript.exitCode, stored.transcript.stderr).toBe(0);
  expectNone(stored);
  const args = ["neon-to-rds", "--on-fargate", "--yes", "--json", "--verbose"];
  const synced = await watched(pair, () => sync(pair, args, { env: marked }));
  expect(synced.transcript.exitCode, synced.transcript.stderr).toBe(0);
  expectNone(synced);
  await expectNoSecretInBucket(pair);
  const { AWS_ENDPOINT_URL: endpoint = "", AWS_REGION: region = "" } = pair.env;
  const { CloudWatchLogsClient, FilterLogEventsCommand } = sdk.logs();
  const logs = new CloudWatchLogsClient({
    endpoint,
    region,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const logGroupName = resourceNames(pair.project).syncLogGroup;
  const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName }));
  expect(events.length).toBeGreaterThan(20);
  expect(events.filter(({ message = "" }) => showsSecret(message))).toEqual([]);
  expect(await leftFiles(pair)).toEqual([]);
});
