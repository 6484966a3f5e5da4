/** The synthesized Terraform as text, without a trace on the disk. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resourceNames } from "@pilot-light/core/contract";
import { type AppConfig, synthesize } from "./app.ts";

/** What `cdk.tf.json` would hold. */
export function synthesizedText(config: Omit<AppConfig, "outdir">): string {
  const outdir = mkdtempSync(join(tmpdir(), "infra-synth-"));
  try {
    synthesize({ ...config, outdir });
    return readFileSync(join(outdir, "stacks", resourceNames(config.project).stack, "cdk.tf.json"), "utf8");
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
