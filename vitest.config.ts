import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";

// Tests run the sources of the workspace packages, not their builds.
const resolve = { conditions: ["development"] };
const ssr = { resolve: { conditions: ["development", "node"] } };

/** Files that deploy an environment, the longest first: begun last, each of them would be waited for alone. */
const deploying = [
  "lifecycle/test/cycle",
  "lifecycle/test/database-comes-and-goes",
  "infra/test/deploy",
  "lifecycle/test/nothing-written",
  "lifecycle/test/plain-cycle",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = deploying.findIndex((name) => moduleId.includes(`/${name}.`));
      return found < 0 ? deploying.length : found;
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
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "test/*.test.ts"],
          restoreMocks: true,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: "integration",
          include: ["packages/*/test/**/*.int.test.ts"],
          globalSetup: ["packages/sandbox/test-support/global-setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Deployments wait most of their time.
          maxWorkers: 3,
        },
      },
    ],
  },
});
