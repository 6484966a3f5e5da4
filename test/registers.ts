/** The registers of all packages: errors, and `--json` documents. */
import type { DocumentEntry } from "@pilot-light/core/cli/documents";
import * as core from "@pilot-light/core/errors";

export const registers: readonly Readonly<Record<string, unknown>>[] = [core];

export const documents: readonly DocumentEntry[] = [];
