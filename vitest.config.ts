/** The test runner's settings: which folders hold tests and what a project may take. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "fast",
          include: ["test/{unit,property,scenarios,contract,simulation,counts,tidy}/**/*.test.ts"],
          // No test changes what another one imports, and many wait for files or timers.
          isolate: false,
          maxWorkers: 4,
          // What waits for the slow look at a folder needs some seconds, and more on a busy machine.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "lab",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: "test/setup/vitest-lab.mjs",
          testTimeout: 600_000,
          hookTimeout: 1_800_000,
          // Each suite boots a lab, which has one processor and waits for a third of its time.
          maxWorkers: 2,
        },
      },
    ],
  },
});
