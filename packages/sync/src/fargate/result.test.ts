import { OpsError } from "@pilot-light/core/ops-error";
import { expect, test } from "vitest";
import { taskResult } from "./result.ts";

test.each([
  [true, "unknown", /may have replaced the target/],
  [false, "nothing-written", /cannot be read/],
])(
  "the error for an unreadable result states whether the task may have synced (it writes: %s)",
  (writes, state, message) => {
    const task = { id: "t", document: '{"version": 1}', writes, reason: "" };
    const read = () => taskResult(task, "sync:old", new AbortController().signal);
    expect(read).toThrow(expect.objectContaining({ code: "SYNC_IMAGE_DIFFERS", state }));
    expect(read).toThrow(OpsError);
    expect(read).toThrow(message);
    if (!writes) expect(read).not.toThrow(/may have replaced the target/);
  },
);
