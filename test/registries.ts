/** The registries of all packages: errors, `--json` documents, and the flags that allow a refusal. */
import type { DocumentEntry } from "@pilot-light/core/cli/documents";
import * as core from "@pilot-light/core/errors";
import type { ErrorEntry } from "@pilot-light/core/ops-error";
import * as infra from "@pilot-light/infra/errors";
import { documents as sandboxDocuments } from "@pilot-light/sandbox/documents";
import * as sandbox from "@pilot-light/sandbox/errors";
import { documents as lifecycleDocuments } from "@pilot-light/lifecycle/documents";
import * as lifecycle from "@pilot-light/lifecycle/errors";
import { guards } from "@pilot-light/lifecycle/guards";
import { documents as syncDocuments } from "@pilot-light/sync/documents";
import { needed } from "@pilot-light/sync/allow-needed";
import { unverified } from "@pilot-light/sync/allow-unverified";
import * as dumps from "@pilot-light/sync/dump-errors";
import * as scripts from "@pilot-light/sync/script-errors";
import * as fargate from "@pilot-light/sync/fargate-errors";
import * as sync from "@pilot-light/sync/errors";
import { allowances, rules, type Rule } from "@pilot-light/sync/rules";
import { documents as validateDocuments } from "@pilot-light/validate/documents";
import * as validate from "@pilot-light/validate/errors";

const syncRules: readonly Rule[] = rules;

const registries: readonly Readonly<Record<string, unknown>>[] = [
  core,
  infra,
  lifecycle,
  sandbox,
  sync,
  dumps,
  scripts,
  fargate,
  validate,
  ...syncRules.map(({ errors = {} }) => errors),
];

export type AnyEntry = ErrorEntry<never>;

/** Every entry of every registry, by code. */
export function entries(): AnyEntry[] {
  const all = registries.flatMap((registry) => Object.values(registry)).filter(isRegistered);
  // A rule may refuse with an error of its package's registry.
  return [...new Set(all)].map(({ entry }) => entry).sort((a, b) => (a.code < b.code ? -1 : 1));
}

function isRegistered(value: unknown): value is { entry: AnyEntry } {
  return typeof value === "function" && "entry" in value;
}

export const documents: readonly DocumentEntry[] = [
  ...syncDocuments,
  ...lifecycleDocuments,
  ...validateDocuments,
  ...sandboxDocuments,
];

/** A flag that allows what a command refuses without it. */
export interface FlagEntry {
  /** Without dashes: "allow-shrink". */
  option: string;
  commands: readonly string[];
  /** The errors that it prevents. */
  codes: readonly string[];
  /** The text of `--help`. */
  describe: string;
  /** When it is right to give the flag. */
  meaning: string;
}

const syncFlags: readonly string[] = allowances.map(({ option }) => option);

export const flags: readonly FlagEntry[] = [
  // A mode change has the flags of its sync.
  ...allowances.map((allowance) => ({
    ...allowance,
    commands: [
      "pnpm sync neon-to-rds",
      "pnpm sync rds-to-neon",
      "pnpm sync restore",
      "pnpm activate",
      "pnpm deactivate",
    ],
  })),
  { ...needed, commands: ["pnpm dumps rm"] },
  { ...unverified, commands: ["pnpm sync restore"] },
  ...guards.flatMap(({ id, commands, codes, allow }) =>
    allow === undefined || syncFlags.includes(`allow-${id}`)
      ? []
      : [
          {
            option: `allow-${id}`,
            commands: commands.map((command) => `pnpm ${command}`),
            codes,
            describe: allow.summary,
            meaning: allow.meaning,
          },
        ],
  ),
];
