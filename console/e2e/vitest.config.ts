import { defineConfig } from "vitest/config";

/** Runs in Node; the browser is a process of its own. One file after the other: they share one system. */
export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  resolve: { alias: { "~": new URL("../src", import.meta.url).pathname } },
  test: {
    environment: "node",
    setupFiles: ["e2e/stage/setup.ts"],
    include: ["e2e/*.e2e.ts"],
    fileParallelism: false,
    // Each step begins where the one before ended.
    bail: 1,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ["verbose"],
  },
});
