import { fileURLToPath } from "node:url";
import swc from "unplugin-swc";
import { defineConfig } from "vitest/config";

const SYSTEM = ["spec/system/**/*.spec.ts", "spec/web/**/*.spec.ts"];
/** Specs of the whole engine: run on the embedded database by `fast`, and again on MariaDB. */
const ENGINE = [
  "audit",
  "crash",
  "hostCertificates",
  "hostLife",
  "hostReports",
  "hostTrust",
  "limits",
  "login",
  "search",
  "server",
  "subscriptions*",
  "vmLife",
].map((name) => `spec/engine/${name}.spec.ts`);
const shared = {
  setupFiles: ["reflect-metadata"],
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
    projects: [
      {
        extends: true,
        test: { ...shared, name: "fast", include: ["spec/**/*.spec.ts"], exclude: SYSTEM, globalSetup: ["spec/support/globalSetup.ts"] },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: "mariadb",
          include: ENGINE,
          globalSetup: ["spec/support/globalSetup.ts"],
          env: { OVERT_SPEC_DATABASE: "MariaDB" },
        },
      },
      {
        // One after another: they share the lab, the browser and two cores.
        extends: true,
        test: { ...shared, name: "system", include: SYSTEM, fileParallelism: false, testTimeout: 300_000, hookTimeout: 600_000 },
      },
    ],
  },
});
