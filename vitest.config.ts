import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import swc from "unplugin-swc";
import { defineConfig } from "vitest/config";
import { specsThatImport } from "./scripts/specs.ts";

const SYSTEM = "spec/system/**/*.spec.ts";
const WEB = specsThatImport("spec/web/**/*.spec.ts", "spec/web/dashboard.ts");
/** Specs that measure time, memory or the event loop: one after another, with the machine to themselves. */
const SERIAL = "spec/**/*.serial.spec.ts";
/** Specs of several engines on one database server, which the embedded database has not. */
const MARIADB_ONLY = "spec/**/*.mariadb.spec.ts";
/** Specs that open a database: `fast` runs them on the embedded one, `mariadb` again on MariaDB. */
const DATABASE = specsThatImport("spec/engine/**/*.spec.ts", "spec/support/database.ts");
/** Most of them wait most of the time: more than the cores of a small machine. */
const WORKERS = Math.max(3, availableParallelism());
const shared = {
  setupFiles: ["reflect-metadata", "spec/support/clock.ts", "spec/support/patience.ts"],
  // As spec/support/patience.ts does for `vi.waitFor`.
  expect: { poll: { timeout: 20_000 } },
  pool: "forks" as const,
  testTimeout: 60_000,
  hookTimeout: 120_000,
  deps: { interopDefault: false },
};

// vite would strip the types with oxc; swc must own it so that decorator metadata is emitted.
// interopDefault: as Node does it, the default import of a CommonJS package is its module.exports.
// graphql comes as ES module and as CommonJS: vite would take the one and everybody else the other, and each refuses the other's types.
export default defineConfig({
  resolve: { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve("graphql")) }] },
  oxc: false,
  plugins: [
    swc.vite({
      tsconfigFile: false,
      jsc: {
        target: "es2023",
        parser: { syntax: "typescript", decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        keepClassNames: true,
      },
      module: { type: "es6" },
    }),
  ],
  test: {
    // A hook at the end of a project may have to wait for a whole lab to go down.
    teardownTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: "fast",
          include: ["spec/**/*.spec.ts"],
          exclude: [SYSTEM, ...WEB, SERIAL, MARIADB_ONLY],
          maxWorkers: WORKERS,
          globalSetup: ["spec/support/globalSetup.ts"],
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: "mariadb",
          include: DATABASE,
          exclude: [SERIAL],
          maxWorkers: WORKERS,
          globalSetup: ["spec/support/globalSetup.ts"],
          env: { OVERT_SPEC_DATABASE: "MariaDB" },
        },
      },
      {
        extends: true,
        test: { ...shared, name: "serial", include: [SERIAL], maxWorkers: 1, globalSetup: ["spec/support/globalSetup.ts"] },
      },
      {
        extends: true,
        // One process for all files: they share the engine (spec/web/dashboard.ts) and, as all projects do their set-up, the browser.
        test: {
          ...shared,
          name: "web",
          include: WEB,
          maxWorkers: 1,
          isolate: false,
          sequence: { groupOrder: 1 },
          globalSetup: ["spec/support/globalSetup.ts", "spec/support/webSetup.ts"],
        },
      },
      {
        // One process for all files: they share the engine and its hosts (spec/support/system.ts).
        extends: true,
        test: {
          ...shared,
          name: "system",
          include: [SYSTEM],
          maxWorkers: 1,
          isolate: false,
          sequence: { groupOrder: 2 },
          testTimeout: 300_000,
          hookTimeout: 600_000,
          globalSetup: ["spec/support/globalSetup.ts", "spec/support/systemSetup.ts"],
        },
      },
    ],
  },
});
