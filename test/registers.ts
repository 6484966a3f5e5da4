/** The registers of all packages: errors, and `--json` documents. */
import type { DocumentEntry } from "@pilot-light/core/cli/documents";
import * as core from "@pilot-light/core/errors";
import * as infra from "@pilot-light/infra/errors";
import * as sandbox from "@pilot-light/sandbox/errors";

export const registers: readonly Readonly<Record<string, unknown>>[] = [core, infra, sandbox];

export const documents: readonly DocumentEntry[] = [];
