import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

interface Locked {
  resolved?: string;
  integrity?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}
const read = (name: string) => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));
const packages: Record<string, Locked> = read("package-lock.json").packages;

/** Where Node finds `name` for the package in `folder`: beside it, or in a folder above. */
function locked(folder: string, name: string): Locked | undefined {
  const beside = `${folder}${folder && "/"}node_modules/${name}`;
  if (packages[beside] ?? folder === "") return packages[beside];
  const above = folder.lastIndexOf("/node_modules/");
  return locked(above < 0 ? "" : folder.slice(0, above), name);
}

describe("The lock file", () => {
  test("holds what package.json asks for", () => {
    const { dependencies, devDependencies } = read("package.json");
    expect(packages[""]).toMatchObject({ dependencies, devDependencies });
  });

  test("is whole: all that a package needs is in it, also what other platforms than this one need", () => {
    const missing = Object.entries(packages).flatMap(([folder, { dependencies, devDependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...(folder === "" && devDependencies), ...optionalDependencies })
        .filter((name) => !locked(folder, name))
        .map((name) => `${folder || "package.json"} > ${name}`),
    );
    expect(missing).toEqual([]);
  });

  test("names no registry, and the content of each package", () => {
    const [, ...others] = Object.entries(packages);
    expect(others.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(others.filter(([, { integrity }]) => !integrity).map(([folder]) => folder)).toEqual([]);
  });
});
