import { defineConfig } from "vitest/config";

// Tests run the sources of the workspace packages, not their builds.
const resolve = { conditions: ["development"] };
const ssr = { resolve: { conditions: ["development", "node"] } };

export default defineConfig({
  test: {
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
