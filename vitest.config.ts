import { readFileSync } from "node:fs";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";

// Tests import the sources of the workspace packages, not their builds.
const resolve = { conditions: ["development"] };
const ssr = { resolve: { conditions: ["development", "node"] } };

/** The settings of a developer must not reach a test. */
const env = { PILOT_LIGHT_ENV_FILE: "none" };

/**
 * Milliseconds. Both limits end a test that hangs; they say nothing about speed. On a machine with a load of 8, a deployment that
 * usually takes one minute has taken ten.
 */
const hangs = { unit: 2 * 60_000, integration: 20 * 60_000 };

/** No test replaces a module, so that the files of a worker can share the modules that it has loaded. */
const isolate = false;

/** Files that take minutes, the longest first: a file that starts last runs alone at the end. */
const longest = [
  "lifecycle/test/cycle",
  "lifecycle/test/existing-environment",
  "lifecycle/test/nothing-written",
  "lifecycle/test/plain-cycle",
  "infra/test/deploy",
  "lifecycle/test/temporary-database",
  "sync/test/cases",
  "sync/test/dead-lines",
];

/** The parser of GitHub's workflows names source maps that its package does not contain; Vite would print a line for each. */
const withoutSourceMaps = {
  name: "without-source-maps",
  load: (id: string) =>
    id.includes("/@actions/") && id.endsWith(".js")
      ? readFileSync(id, "utf8").replace(/^\/\/# sourceMappingURL=.*$/m, "")
      : undefined,
};

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = longest.findIndex((name) => moduleId.includes(`/${name}.`));
      return found < 0 ? longest.length : found;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        ssr,
        plugins: [withoutSourceMaps],
        test: {
          name: "unit",
          env,
          isolate,
          include: ["packages/*/src/**/*.test.ts", "test/*.test.ts"],
          testTimeout: hangs.unit,
          hookTimeout: hangs.unit,
          restoreMocks: true,
          // It imports JSON without the attribute that Node.js requires; Vite does not require it.
          server: { deps: { inline: [/@actions/] } },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: "integration",
          env,
          isolate,
          include: ["packages/*/test/**/*.int.test.ts"],
          globalSetup: ["packages/sandbox/test-support/global-setup.ts"],
          testTimeout: hangs.integration,
          hookTimeout: hangs.integration,
          // A deployment spends most of its time waiting for fixed pauses of the AWS provider.
          maxWorkers: 6,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: "matrix",
          env,
          include: ["packages/*/test/**/*.matrix.test.ts"],
          globalSetup: ["packages/sandbox/test-support/global-setup.ts"],
          testTimeout: hangs.integration,
          hookTimeout: hangs.integration,
        },
      },
    ],
  },
});
