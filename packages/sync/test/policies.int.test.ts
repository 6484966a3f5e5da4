/** The policies of the commands allow exactly the AWS calls that the commands send. `--verbose` lists the calls. */
import { commandActions, sessionActions } from "@pilot-light/core/aws/command-actions";
import { calledActions } from "@pilot-light/core/testing/called-actions";
import { expect, test } from "vitest";
import { fargatePair } from "./fargate.ts";
import { privatePair } from "./ssm.ts";
import { sync, type Transcript } from "./support.ts";

/** AWS checks these as part of RunTask. */
const implied = ["ecs:TagResource", "iam:PassRole"];

function called(...transcripts: readonly Transcript[]): string[] {
  for (const { exitCode, stderr } of transcripts) expect(exitCode, stderr).toBe(0);
  const actions = transcripts.flatMap(({ stderr }) => calledActions(stderr));
  return [...new Set(actions)].sort();
}

const without = (actions: readonly string[], others: readonly string[]) =>
  [...new Set(actions)].filter((action) => !others.includes(action)).sort();

test("over Systems Manager: a sync, its undo and a comparison", async () => {
  await using reached = await privatePair();
  const { pair, env } = reached;
  const flags = ["--yes", "--json", "--verbose"];
  const synced = await sync(pair, ["neon-to-rds", ...flags], { env });
  const undone = await sync(pair, ["undo", "rds", ...flags], { env });
  const compared = await sync(pair, ["compare", "--json", "--verbose"], { env });
  // Only a sync that fails aborts an upload.
  const ofFailures = ["s3:AbortMultipartUpload"];
  const session = [...sessionActions];
  expect(called(synced)).toEqual(without([...commandActions.sync, ...session], [...implied, ...ofFailures]));
  expect(called(undone)).toEqual(without([...commandActions["sync undo"], ...session], implied));
  const { exitCode, ...rest } = compared;
  expect([0, 1]).toContain(exitCode);
  expect(called({ ...rest, exitCode: 0 })).toEqual(without([...commandActions.compare, ...session], implied));
});

test("about dumps, and a sync inside AWS", async () => {
  await using remote = await fargatePair();
  const { pair, env } = remote;
  const synced = await sync(pair, ["neon-to-rds", "--on-fargate", "--yes", "--json", "--verbose"], { env });
  const both = [...commandActions["sync --on-fargate"], ...commandActions.sync];
  // A task that ends by itself is not stopped.
  const ofFailures = ["s3:AbortMultipartUpload", "ecs:StopTask"];
  expect(called(synced)).toEqual(without(both, [...implied, ...ofFailures]));
  const dumps = await Promise.all(
    [
      ["list", "--json", "--verbose"],
      ["verify", "latest", "--json", "--verbose"],
      ["rm", "latest", "--yes", "--json", "--verbose"],
    ].map((args) => sync(pair, ["dumps", ...args], { env })),
  );
  const allowed: readonly string[] = commandActions.dumps;
  const sent = dumps.flatMap(({ stderr }) => calledActions(stderr));
  expect(sent).not.toEqual([]);
  expect(sent.filter((action) => !allowed.includes(action))).toEqual([]);
});
