/** What a spec file is and needs, told by what it imports: where it runs (vitest.config.ts) and what is installed for it (test.ts). */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { PackageGroup } from "../lab/install.ts";

const ROOT = join(import.meta.dirname, "..");
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"/g;

/** A support that cannot work without the packages, by the group of `lab/install.ts`. */
const NEEDS: Record<string, PackageGroup> = {
  "spec/support/lab.ts": "hosts",
  "spec/agent/support/libvirtd.ts": "hosts",
  "spec/web/dashboard.ts": "chromium",
  "spec/support/xmllint.ts": "xml",
};

const imports = new Map<string, string[]>();
function importsOf(file: string): string[] {
  let found = imports.get(file);
  if (found === undefined) {
    const paths = [...readFileSync(join(ROOT, file), "utf8").matchAll(IMPORT)].map(([, path]) => join(dirname(file), path!));
    imports.set(file, (found = paths.filter((path) => existsSync(join(ROOT, path)))));
  }
  return found;
}

/** The file and all of this project that it imports, directly or not; paths from the project's folder. */
function closureOf(file: string): Set<string> {
  const closure = new Set([file]);
  for (const one of closure) for (const path of importsOf(one)) closure.add(path);
  return closure;
}

const specs = (pattern: string): string[] => globSync(pattern, { cwd: ROOT }).toSorted();

/** Spec files that match the pattern and import the module, directly or not. */
export const specsThatImport = (pattern: string, module: string): string[] => specs(pattern).filter((file) => closureOf(file).has(module));

/** Package groups without which some tests of the file would be skipped; MariaDB is the business of its project. */
export function needsOf(file: string): PackageGroup[] {
  const closure = closureOf(relative(ROOT, join(ROOT, file)));
  return [...new Set(Object.entries(NEEDS).flatMap(([module, group]) => (closure.has(module) ? [group] : [])))];
}
