/**
 * Bundles the programs that people use: each into one file, `packages/<name>/dist/bundle.cjs`, and into `bundle.code`, the code that V8
 * compiles when the program runs. Without a bundle, or after a build of the packages, the programs load their modules instead. With
 * `--if-older`, the script keeps a bundle that is newer than the builds of the packages.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { bundleIn, isCurrent } from "../packages/core/dist/cli/bundle.js";
import { mustRun, root } from "./run.mjs";

/**
 * The packages, each with the module that exports its program, and with a command that loads most of its modules. The command then fails,
 * because nothing answers; the CDKTF app writes its JSON.
 */
const programs = {
  sync: { module: "commands/program.js", args: ["neon-to-rds", "--dry-run"], usesAws: true },
  validate: { module: "commands/program.js", args: [], usesAws: true },
  lifecycle: { module: "commands/program.js", args: ["status"], usesAws: true },
  infra: { module: "program.js", args: [], usesAws: false },
};

/** Nothing listens on port 9 of this machine. */
const nowhere = {
  PATH: process.env["PATH"] ?? "",
  AWS_ENDPOINT_URL: "http://127.0.0.1:9",
  AWS_ACCESS_KEY_ID: "none",
  AWS_SECRET_ACCESS_KEY: "none",
  AWS_MAX_ATTEMPTS: "1",
  AWS_REGION: "us-east-1",
  NEON_DATABASE_URL: "postgresql://nobody:none@127.0.0.1:9/none?sslmode=disable",
  PILOT_LIGHT_OUTPUTS_FILE: join(root, "packages/none.json"),
};

/**
 * core/aws/sdk.ts makes its own `require`, behind which the bundler does not see the modules of the SDK. The CDKTF app sends no
 * request: its bundle would become four times as large, and leaves the modules in the dependencies of core.
 * @param {boolean} usesAws
 */
const requireSdk = (usesAws) => ({
  name: "require-sdk",
  transform: {
    filter: { id: /core\/dist\/aws\/sdk\.js$/ },
    /** @param {string} code */
    handler: (code) =>
      code.replace(
        "const require = createRequire(import.meta.url);",
        usesAws
          ? ""
          : 'const require = createRequire(new URL("../../core/dist/aws/sdk.js", import.meta.url));',
      ),
  },
});

const stringWidth = createRequire(join(root, "packages/core/package.json")).resolve("string-width");

/**
 * Work that libraries do at every start, and that a command does not need: texts of their modules, each with its replacement.
 * @type {readonly { module: RegExp, text: string, by: string }[]}
 */
const shortcuts = [
  {
    // Asks whether this is a Cloudflare worker. To answer, Node 20 loads all of its `fetch`.
    module: /\/pg\/lib\/stream\.js$/,
    text: "typeof Response === 'function'",
    by: "false",
  },
  {
    module: /\/wrap-ansi@10[^/]*\/node_modules\/wrap-ansi\/index\.js$/,
    text: "const segmenter = new Intl.Segmenter();",
    by: "let own; const segmenter = { segment: (text) => (own ??= new Intl.Segmenter()).segment(text) };",
  },
];

const takeShortcuts = shortcuts.map(({ module, text, by }) => ({
  name: "take-shortcuts",
  transform: {
    filter: { id: module },
    /** @param {string} code @param {string} id */
    handler: (code, id) => {
      if (!code.includes(text)) throw new Error(`${id} does not contain: ${text}`);
      return code.replace(text, by);
    },
  },
}));

/**
 * Two versions of string-width are installed. Both read tables of Unicode when they load, and that of yargs looks up each character of a
 * help. This module answers for ASCII, which is nearly every text, and loads the newer version for any other.
 */
const widthOfAscii = {
  name: "width-of-ascii",
  resolveId: {
    filter: { id: /^string-width$/ },
    handler: () => "\0width-of-ascii",
  },
  load: {
    filter: { id: /^\0width-of-ascii$/ },
    handler: () => `
      export default (text, options) =>
        typeof text === "string" && /^[ -~]*$/.test(text) ? text.length : require(${JSON.stringify(stringWidth)}).default(text, options);`,
  },
};

const ifOlder = process.argv.includes("--if-older");

for (const [name, { module, args, usesAws }] of Object.entries(programs)) {
  const dist = join(root, "packages", name, "dist");
  if (ifOlder && isCurrent(dist)) continue;
  await bundle(join(dist, module), bundleIn(dist).file, usesAws);
  const compile = join(root, "scripts/compile-bundle.mjs");
  const written = mkdtempSync(join(tmpdir(), "pilot-light-bundle-"));
  try {
    await mustRun(process.execPath, [compile, dist, ...args], { env: { ...nowhere, CDKTF_OUTDIR: written } });
  } finally {
    rmSync(written, { recursive: true, force: true });
  }
}

/**
 * @param {string} input
 * @param {string} file
 * @param {boolean} usesAws
 */
async function bundle(input, file, usesAws) {
  const bundling = await rolldown({
    input,
    platform: "node",
    external: ["pg-native"],
    plugins: [requireSdk(usesAws), widthOfAscii, ...takeShortcuts],
    // Of yargs, for a feature that the programs do not use.
    transform: { define: { "import.meta.resolve": "undefined" } },
  });
  const minify = { compress: false, mangle: false, codegen: { removeWhitespace: true } };
  const { output } = await bundling.generate({ format: "cjs", codeSplitting: false, minify });
  await bundling.close();
  // Node reads the bundle as Latin-1, which is faster than UTF-8.
  await writeFile(`${file}.new`, output[0].code.replaceAll(/[^\0-\x7f]/g, escaped));
  // A program that starts meanwhile reads the whole of one bundle.
  await rename(`${file}.new`, file);
}

/** @param {string} unit one unit of UTF-16 */
function escaped(unit) {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
