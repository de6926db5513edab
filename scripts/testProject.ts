import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ProjectReport } from "./testReport.ts";
import type { ProjectRun } from "./testSummary.ts";

export interface ProjectOptions {
  name: string;
  patterns: readonly string[];
  /** Takes whatever the run leaves in temporary files. */
  folder: string;
  /** True when no other project runs at the same time: its output needs no name in front. */
  alone: boolean;
  /** Asks it to end, leaving nothing behind. */
  stop: AbortSignal;
}

/** One vitest run. One that broke before it could report counts as one failure. */
export async function runProject({ name, patterns, folder, alone, stop }: ProjectOptions): Promise<ProjectRun> {
  const file = join(folder, `${name}.json`);
  const started = Date.now();
  const options = ["--project", name, "--reporter=./scripts/testReport.ts"];
  const colours = process.stdout.isTTY ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" };
  // Specs start many processes: what V8 has compiled once is kept for the next.
  const own = { OVERT_SPEC_REPORT: file, TMPDIR: folder, NODE_COMPILE_CACHE: join(process.cwd(), "node_modules/.cache/node") };
  const child = spawn("vitest", ["run", ...options, ...patterns], {
    env: { ...process.env, ...colours, ...own },
    stdio: alone ? "inherit" : ["ignore", "pipe", "pipe"],
  });
  if (!alone)
    for (const stream of [child.stdout!, child.stderr!]) createInterface({ input: stream }).on("line", (line) => print(name, line));
  const stopChild = () => child.kill("SIGTERM");
  stop.addEventListener("abort", stopChild);
  const how = await new Promise<string>((ended) => {
    child.on("error", ({ message }) => ended(message));
    child.on("close", (code, signal) => ended(signal ?? `exit code ${code}`));
  });
  stop.removeEventListener("abort", stopChild);
  return { ...reportOf(file, how), name, ms: Date.now() - started };
}

function print(name: string, line: string): void {
  if (line.trim() !== "") process.stdout.write(`${name.padEnd(8)}${line}\n`);
}

function reportOf(file: string, how: string): ProjectReport {
  try {
    const report = JSON.parse(readFileSync(file, "utf8")) as ProjectReport;
    if (how !== "exit code 0" && report.failures.length === 0) report.failures.push(`vitest ended with ${how}`);
    return report;
  } catch {
    return { passed: 0, failures: [`vitest ended without a report: ${how}`], skipped: [], files: [] };
  }
}
