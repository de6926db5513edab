import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { needsOf } from "../../scripts/specs.ts";
import type { ProjectReport } from "../../scripts/testReport.ts";
import { summaryOf, type ProjectRun } from "../../scripts/testSummary.ts";

const ROOT = join(import.meta.dirname, "../..");
const PATH = `${join(ROOT, "node_modules/.bin")}:${process.env["PATH"]}`;

/** Runs a program of the project to its end, whatever that is. */
function run(program: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number; output: string }> {
  const options = { cwd: ROOT, env: { PATH, NO_COLOR: "1", ...env } };
  return new Promise((done) =>
    execFile(program, args, options, (error, stdout, stderr) => done({ code: error ? Number(error.code) : 0, output: stdout + stderr })),
  );
}
const npmTest = (args: string[], env: NodeJS.ProcessEnv = {}) => run("node", ["scripts/test.ts", ...args], env);

describe("A project's report", () => {
  test("counts suites that cannot be loaded or set up, and errors outside of tests, beside the tests that fail", async () => {
    const file = join(inject("specFolder"), "report.json");
    await mkdir(inject("specFolder"), { recursive: true });
    const options = ["--config", "spec/scripts/fixtures/vitest.config.ts", "--reporter=./scripts/testReport.ts"];
    const { code, output } = await run("vitest", ["run", ...options], { OVERT_SPEC_REPORT: file });
    const report = JSON.parse(await readFile(file, "utf8")) as ProjectReport;
    const fixture = (name: string) => `spec/scripts/fixtures/${name}.fixture.ts`;
    expect(code).toBe(1);
    expect(report.passed).toBe(2);
    expect(report.failures.toSorted()).toEqual([
      "outside of a test: loose",
      `${fixture("mixed")} > a suite that cannot be set up: no set-up`,
      `${fixture("mixed")} > fails: expected 1 to be 2 // Object.is equality`,
      `${fixture("unloadable")}: it cannot be loaded`,
    ]);
    expect(report.skipped).toEqual([
      `${fixture("mixed")} > is skipped`,
      `${fixture("mixed")} > a suite that cannot be set up > has a test`,
    ]);
    expect(output).toContain(`✗ ${fixture("mixed")}  2 passed, 2 skipped, 2 FAILED`);
  });
});

describe("The summary", () => {
  const projectRun = (more: Partial<ProjectRun>): ProjectRun => ({
    name: "fast",
    passed: 1,
    failures: [],
    skipped: [],
    files: [],
    ms: 1_000,
    ...more,
  });
  const summary = (runs: ProjectRun[], expectedSkips: Record<string, string> | null = null, leftOut: string[] = []) =>
    summaryOf({ runs, leftOut, expectedSkips, changed: [] });

  test("has a line for each project, and all in the last", () => {
    const { lines, well } = summary([projectRun({ passed: 3 }), projectRun({ name: "web", passed: 2, failures: ["a.spec.ts > b: why"] })]);
    expect(lines.slice(-3)).toEqual(["fast     3 passed, 0 failed in 1.0 s", "web      2 passed, 1 failed in 1.0 s", "5 passed, 1 failed"]);
    expect(lines).toContain("  web: a.spec.ts > b: why");
    expect(well).toBe(false);
  });

  test("takes any skip, but in CI only those that are expected", () => {
    const runs = [projectRun({ skipped: ["a.spec.ts > b", "c.spec.ts > d"] })];
    expect(summary(runs)).toMatchObject({ well: true, lines: expect.arrayContaining(["1 passed, 0 failed, 2 skipped"]) });
    const inCi = summary(runs, { "c.spec.ts": "no c here" }, ["e.spec.ts on MariaDB"]);
    expect(inCi.lines).toContain("  skipped, which counts as failed in CI: a.spec.ts > b");
    expect(inCi.lines.at(-1)).toBe("1 passed, 2 failed, 1 skipped");
    expect(inCi.well).toBe(false);
  });

  test("is not well when the clone is not as it was, which it says file by file", () => {
    const { lines, well } = summaryOf({ runs: [projectRun({})], leftOut: [], expectedSkips: {}, changed: [" M package-lock.json"] });
    expect(lines).toContain("  changed, where a run leaves the clone as it was:  M package-lock.json");
    expect(lines.at(-1)).toBe("1 passed, 1 failed");
    expect(well).toBe(false);
  });

  test("is not well when nothing passed", () => {
    expect(summary([projectRun({ passed: 0 })]).well).toBe(false);
  });
});

describe("npm test", () => {
  /** A machine on which no Debian package is installed, as far as one asks. */
  async function bareMachine(): Promise<NodeJS.ProcessEnv> {
    const folder = join(inject("specFolder"), "bare");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "dpkg-query"), "#!/bin/sh\n");
    await chmod(join(folder, "dpkg-query"), 0o755);
    return { PATH: `${folder}:${PATH}` };
  }

  test("wants nothing to be installed that the specs of a pattern do without", async () => {
    const { code, output } = await npmTest(["--list", "spec/engine/journal"], await bareMachine());
    const lines = output.trim().split("\n");
    expect(code).toBe(0);
    expect(lines).toContain("fast     spec/engine/journal.spec.ts");
    expect(lines.filter((line) => line.startsWith("mariadb"))).toEqual([]);
    expect(lines.at(-1)).toBe("needs: nothing");
  });

  test("wants MariaDB for specs that run on nothing else", async () => {
    const { output } = await npmTest(["--list", "spec/engine/jobsReplicas"], await bareMachine());
    expect(output).toBe("mariadb  spec/engine/jobsReplicas.mariadb.spec.ts\nneeds: mariadb\n");
  });

  test("knows by its imports what a spec needs", () => {
    const specs = ["engine/domainXml", "agent/agent", "system/lab", "web/login", "web/units", "engine/vmLife"];
    expect(specs.map((name) => needsOf(`spec/${name}.spec.ts`))).toEqual([["xml"], ["hosts"], ["hosts"], ["chromium"], [], []]);
  });

  test("fails when a pattern matches nothing", async () => {
    const { code, output } = await npmTest(["spec/engine/journal", "no/such/spec"]);
    expect(code).toBe(1);
    expect(output.trim().split("\n")).toEqual(["No spec matches no/such/spec.", "0 passed, 1 failed"]);
  });
});
