import swc from "unplugin-swc";
import { defineConfig } from "vitest/config";

// vite would strip the types with oxc; swc must own it so that decorator metadata is emitted.
export default defineConfig({
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
    include: ["spec/**/*.spec.ts"],
    globalSetup: ["spec/support/globalSetup.ts"],
    setupFiles: ["reflect-metadata"],
    pool: "forks",
    // As Node does it: the default import of a CommonJS package is its module.exports.
    deps: { interopDefault: false },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
