/**
 * `npm test [-- pattern ...]`: installs what the specs need where that is possible, builds the dashboard, runs every spec,
 * and ends with `N passed, N failed`. Specs whose surroundings cannot be had are skipped with the reason; in CI that fails.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensurePackages } from "../lab/install.ts";

const patterns = process.argv.slice(2);
const say = (line: string) => console.log(line);
const reports = mkdtempSync(join(tmpdir(), "overt-test-"));

interface Report {
  success: boolean;
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numFailedTestSuites: number;
  testResults: { status: string; assertionResults: { status: string; fullName: string }[] }[];
}

const run = (command: string, args: string[]): Promise<number> =>
  new Promise((done) => spawn(command, args, { stdio: "inherit" }).on("close", (code) => done(code ?? 1)));

/** One vitest run; a run that broke before it could report counts as one failure. */
async function project(name: string): Promise<Report> {
  const file = join(reports, `${name}.json`);
  const code = await run("vitest", [
    "run",
    "--project",
    name,
    "--passWithNoTests",
    "--reporter=default",
    "--reporter=json",
    `--outputFile=${file}`,
    ...patterns,
  ]);
  try {
    const report = JSON.parse(readFileSync(file, "utf8")) as Report;
    if (code !== 0 && report.numFailedTests === 0) report.numFailedTests = Math.max(1, report.numFailedTestSuites);
    return report;
  } catch {
    return { success: false, numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, numFailedTestSuites: 1, testResults: [] };
  }
}

for (const group of ["hosts", "mariadb", "chromium", "xml"] as const) {
  const installed = await ensurePackages([group], say);
  if (!installed.ok) say(`${group} cannot be had: ${installed.reason}. Its specs are skipped.`);
}
if ((await run("vite", ["build", "--config", "web/vite.config.ts", "--logLevel", "warn"])) !== 0) {
  say("The dashboard does not build.");
  say("0 passed, 1 failed");
  process.exit(1);
}

let [passed, failed, skipped] = [0, 0, 0];
// The fast specs side by side; those that share the lab, the browser or the machine's cores one after another.
for (const name of ["fast", "mariadb", "system"]) {
  const report = await project(name);
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests;
}
rmSync(reports, { recursive: true, force: true });
const unexpected = process.env["CI"] === "true" && patterns.length === 0 ? skipped : 0;
if (unexpected > 0) say(`${unexpected} skipped in CI: each counts as failed.`);
say(`${passed} passed, ${failed + unexpected} failed${skipped - unexpected > 0 ? `, ${skipped - unexpected} skipped` : ""}`);
process.exit(failed + unexpected > 0 || passed === 0 ? 1 : 0);
