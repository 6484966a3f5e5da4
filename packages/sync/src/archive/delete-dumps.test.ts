import type { AwsClients } from "@pilot-light/core/aws/clients";
import type { sdk } from "@pilot-light/core/aws/sdk";
import { expect, test } from "vitest";
import { deleteDumps } from "./delete-dumps.ts";
import { DumpBucket } from "./dump-bucket.ts";

const key = "neon-dumps/2026-11-22T09-30-00.dump";

/** A bucket that answers its first request with `answer(1)`, its second with `answer(2)`, and so on. */
function bucketThat(answer: (request: number) => Promise<object>): DumpBucket {
  let requests = 0;
  const client = { send: () => answer((requests += 1)) };
  return new DumpBucket({ s3: () => Promise.resolve(client) } as unknown as AwsClients, "b", "1");
}

test("without an interruption, the manifests and then the dumps are deleted", async () => {
  const sent: string[] = [];
  const client = {
    send: ({ input }: InstanceType<ReturnType<typeof sdk.s3>["DeleteObjectsCommand"]>) => {
      sent.push(...(input.Delete?.Objects ?? []).map(({ Key = "" }) => Key));
      return Promise.resolve({});
    },
  };
  const bucket = new DumpBucket({ s3: () => Promise.resolve(client) } as unknown as AwsClients, "b", "1");
  await deleteDumps(bucket, [key], new AbortController().signal);
  expect(sent).toEqual([key.replace(".dump", ".manifest.json"), key.replace(".dump", ".draft.json"), key]);
});

test("an interruption after the manifests were deleted does not state that nothing was written", async () => {
  const stop = new AbortController();
  const bucket = bucketThat(() => {
    stop.abort(new Error("Interrupted by SIGINT."));
    return Promise.resolve({});
  });
  await expect(deleteDumps(bucket, [key], stop.signal)).rejects.toMatchObject({
    code: "DUMPS_NOT_DELETED",
    state: "changed",
    details: ["Interrupted by SIGINT."],
  });
});

test("a first request without an answer does not state that nothing was written", async () => {
  const bucket = bucketThat(() => Promise.reject(new Error("socket hang up")));
  await expect(deleteDumps(bucket, [key], new AbortController().signal)).rejects.toMatchObject({
    code: "DUMPS_NOT_DELETED",
    state: "changed",
  });
});

test("a first request that S3 refuses has changed nothing", async () => {
  const denied = Object.assign(new Error("Access Denied"), {
    name: "AccessDenied",
    $metadata: { httpStatusCode: 403 },
  });
  const bucket = bucketThat(() => Promise.reject(denied));
  await expect(deleteDumps(bucket, [key], new AbortController().signal)).rejects.toMatchObject({
    code: "AWS_ACCESS_DENIED",
    state: "nothing-written",
  });
});

test("an interruption before the first request changes nothing", async () => {
  const bucket = bucketThat(() => Promise.reject(new Error("must not be sent")));
  const stopped = AbortSignal.abort(new Error("Interrupted by SIGINT."));
  await expect(deleteDumps(bucket, [key], stopped)).rejects.toThrow("Interrupted by SIGINT.");
});
