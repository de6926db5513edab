import type { ProjectReport } from "./testReport.ts";

export interface ProjectRun extends ProjectReport {
  name: string;
  /** Wall time. */
  ms: number;
}
export interface SummaryOptions {
  runs: readonly ProjectRun[];
  /** What could not be run at all, one line each: skipped. */
  leftOut: readonly string[];
  /** Skips that are meant, by what their line begins with; null where any skip is taken. */
  expectedSkips: Readonly<Record<string, string>> | null;
  /** Files that the clone holds now and git does not, one line each. */
  changed: readonly string[];
}
const SLOWEST = 10;

/** The end of a test run in words, last `N passed, N failed`; `well` when nothing failed and something passed. */
export function summaryOf({ runs, leftOut, expectedSkips, changed }: SummaryOptions): { lines: string[]; well: boolean } {
  const skipped = [...leftOut, ...runs.flatMap((run) => run.skipped)];
  const unexpected = skipped.filter((test) => expectedSkips && !Object.keys(expectedSkips).some((known) => test.startsWith(known)));
  const failures = [
    ...runs.flatMap(({ name, failures: some }) => some.map((failure) => `${name}: ${failure.split("\n")[0]}`)),
    ...unexpected.map((test) => `skipped, which counts as failed in CI: ${test}`),
    ...changed.map((file) => `changed, where a run leaves the clone as it was: ${file}`),
  ];
  const passed = runs.reduce((sum, run) => sum + run.passed, 0);
  const lines = [
    ...section("Slowest files", slowest(runs)),
    ...section("Failed", failures),
    "",
    ...runs.map((run) => `${run.name.padEnd(8)} ${counts(run.passed, run.failures.length, run.skipped.length)} in ${seconds(run.ms)}`),
    counts(passed, failures.length, skipped.length - unexpected.length),
  ];
  return { lines, well: failures.length === 0 && passed > 0 };
}

export const counts = (passed: number, failed: number, skipped = 0): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length > 0 ? ["", title, ...lines.map((line) => `  ${line}`)] : [];
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

function slowest(runs: readonly ProjectRun[]): string[] {
  const files = runs.flatMap(({ name, files: some }) => some.map((file) => ({ ...file, name })));
  if (files.length < SLOWEST) return [];
  const sorted = files.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST);
  return sorted.map(({ path, ms, name }) => `${seconds(ms).padStart(8)}  ${path} (${name})`);
}
