/** Synthesizes the Terraform JSON as text, and leaves no file behind. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resourceNames } from "@pilot-light/core/contract";
import { type AppConfig, synthesize } from "./app.ts";

/** The content of `cdk.tf.json`. */
export function synthesizedText(config: Omit<AppConfig, "outdir">): string {
  const outdir = mkdtempSync(join(tmpdir(), "infra-synth-"));
  try {
    synthesize({ ...config, outdir });
    return readFileSync(join(outdir, "stacks", resourceNames(config.project).stack, "cdk.tf.json"), "utf8");
  } finally {
    rmSync(outdir, { recursive: true });
  }
}
