/** The command line of `pnpm bench sync`. */
import { parseArgs } from "node:util";
import { ScriptError } from "../run.mjs";
import { sizes } from "./data.mjs";
import { parseLine } from "./line.mjs";
import { waysToSync } from "./ways-to-sync.mjs";

/** @typedef {import("./data.mjs").Size} Size */
/** @typedef {import("./ways-to-sync.mjs").Name} Name */
/** @typedef {import("./line.mjs").Line} Line */

/**
 * @typedef {object} SyncOptions
 * @property {Size} size
 * @property {Line | undefined} line undefined: without a slow line
 * @property {number} runs
 * @property {readonly Name[]} only
 * @property {boolean} write
 * @property {string | undefined} label
 */

const names = /** @type {Name[]} */ (Object.keys(waysToSync));

export const help = `Usage: pnpm bench sync ${Object.keys(sizes).join("|")} [options]

Compares \`pnpm sync neon-to-rds\` with other ways to copy a database. All of them take turns.

Options:
  --line <rtt,rate>  put a slow line between this machine and the databases and S3, such as 30ms,20MB/s (each way)
  --runs <n>         runs of each way; the table shows medians                                       [default: 3]
  --only <names>     some of the ways, separated by commas (below)                             [default: all]
  --write            write the table to docs/benchmarks.md
  --label <text>     with --write: write another table for this size and line, with this label
  -h, --help         show this help

Sizes:
${Object.entries(sizes)
  .map(([size, { about }]) => `  ${size.padEnd(12)}${about}`)
  .join("\n")}

Ways:
${names.map((name) => `  ${name.padEnd(12)}${waysToSync[name].title}`).join("\n")}
`;

/**
 * The options; undefined when `--help` was given.
 * @param {readonly string[]} args
 * @returns {SyncOptions | undefined}
 * @throws {ScriptError} when an option is not valid
 */
export function parseSyncOptions(args) {
  const { values, positionals } = parse(args);
  if (values.help === true) return undefined;
  const [size = "small", ...others] = positionals;
  if (others.length > 0 || !isSize(size)) throw usage(`Unknown size: ${positionals.join(" ")}`);
  const runs = Number(values.runs ?? "3");
  if (!Number.isInteger(runs) || runs < 1) throw usage("--runs must be a whole number, 1 or more.");
  return {
    size,
    line: values.line === undefined ? undefined : parseLine(values.line),
    runs,
    only: values.only === undefined ? names : values.only.split(",").map(wayName),
    write: values.write === true,
    label: values.label,
  };
}

/** @param {readonly string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        line: { type: "string" },
        runs: { type: "string" },
        only: { type: "string" },
        write: { type: "boolean" },
        label: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {string} text
 * @returns {text is Size}
 */
function isSize(text) {
  return Object.hasOwn(sizes, text);
}

/**
 * @param {string} text
 * @returns {Name}
 */
function wayName(text) {
  const found = names.find((name) => name === text);
  if (found === undefined) throw usage(`Unknown way: ${text}`);
  return found;
}

/** @param {string} message */
function usage(message) {
  return new ScriptError(message, "pnpm bench sync --help");
}
