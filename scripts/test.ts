/**
 * `npm test [-- [--project NAME] [--list] PATTERN ...]`: runs the specs whose path has one of the patterns in it, all without one.
 * Installs before, where that is possible, what these specs need; specs whose surroundings cannot be had are skipped with the
 * reason, and in CI that fails. Ends with `N passed, N failed`. `--list` only tells what would run, and what it needs.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { ensurePackages, packagesMissing, type PackageGroup } from "../lab/install.ts";
import { EXPECTED_SKIPS } from "../spec/expectedSkips.ts";
import { specSeed } from "../spec/support/sample.ts";
import { needsOf } from "./specs.ts";
import { runProject } from "./testProject.ts";
import { counts, summaryOf, type ProjectRun } from "./testSummary.ts";

/**
 * Stages one after another; in a stage lanes side by side, each with its projects one after another. Specs of the dashboard and of
 * the system mostly wait, for a browser and for guests; the serial ones want the machine for themselves.
 */
const STAGES = [[["fast", "mariadb"], ["web"], ["system"]], [["serial"]]];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { project: { type: "string", multiple: true, default: [] }, list: { type: "boolean", default: false } },
});
const patterns = positionals.map((pattern) => pattern.replace(/^\.\//, ""));
const say = (line: string) => console.log(line);
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stopping.abort());

/** Spec files by project. */
type Plan = Map<string, string[]>;

function matching(): Plan {
  const projects = values.project.flatMap((name) => ["--project", name]);
  const listed = execFileSync("vitest", ["list", ...patterns, ...projects, "--filesOnly", "--json"], { encoding: "utf8" });
  const plan: Plan = new Map(STAGES.flat(2).map((name) => [name, []]));
  for (const { file, projectName } of JSON.parse(listed) as { file: string; projectName: string }[])
    plan.get(projectName)!.push(relative(process.cwd(), file));
  const all = [...plan.values()].flat();
  const unknown = patterns.filter((pattern) => !all.some((file) => file.includes(pattern)));
  if (unknown.length > 0) fail(`No spec matches ${unknown.join(", ")}.`);
  return plan;
}

/** Specs that a pattern names have run on the embedded database already: for their second run nothing is installed. */
async function withoutMereRepeats(plan: Plan): Promise<Plan> {
  const again = plan.get("mariadb")!;
  const repeats = patterns.length > 0 && again.every((file) => plan.get("fast")!.includes(file));
  if (again.length === 0 || !repeats || (await packagesMissing(["mariadb"])).length === 0) return plan;
  say("Not on MariaDB, which is not installed: `--project mariadb` installs it.");
  return new Map([...plan, ["mariadb", []]]);
}

/** Answers the groups that cannot be had. */
async function install(plan: Plan): Promise<Set<PackageGroup>> {
  const missing = new Set<PackageGroup>();
  for (const group of groupsOf(plan)) {
    const installed = await ensurePackages([group], say);
    if (installed.ok) continue;
    say(`${group} cannot be had: ${installed.reason}. Its specs are skipped.`);
    missing.add(group);
  }
  return missing;
}

function groupsOf(plan: Plan): PackageGroup[] {
  const groups = new Set([...plan.values()].flat().flatMap(needsOf));
  return plan.get("mariadb")!.length > 0 ? ["mariadb", ...groups] : [...groups];
}

async function runAll(plan: Plan): Promise<ProjectRun[]> {
  const folder = mkdtempSync(join(tmpdir(), "overt-test-"));
  // Removes the folder when its pipe closes: with this process too, however that ends.
  const keeper = spawn("sh", ["-c", 'cat >/dev/null; rm -rf -- "$0"', folder], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  const alone = [...plan.values()].filter((files) => files.length > 0).length === 1;
  const runs: ProjectRun[] = [];
  const runLane = async (lane: readonly string[]) => {
    for (const name of lane)
      if (plan.get(name)!.length > 0 && !stopping.signal.aborted)
        runs.push(await runProject({ name, patterns, folder, alone, stop: stopping.signal }));
  };
  for (const stage of STAGES) await Promise.all(stage.map(runLane));
  keeper.stdin.end();
  await once(keeper, "exit");
  return runs;
}

/** CI begins with a clean clone: what differs now, installing, checking, the demo or a spec has changed. */
function changedFiles(): string[] {
  const { status, stdout, stderr } = spawnSync("git", ["status", "--porcelain", "--untracked-files=all"], { encoding: "utf8" });
  if (status !== 0) say(`Nobody knows whether the clone is as it was: ${stderr}`);
  return status === 0 ? stdout.split("\n").filter(Boolean) : [];
}

function fail(why: string): never {
  say(`${why}\n${counts(0, 1)}`);
  process.exit(1);
}

const plan = await withoutMereRepeats(matching());
if (values.list) {
  for (const [name, files] of plan) for (const file of files) say(`${name.padEnd(8)} ${file}`);
  say(`needs: ${groupsOf(plan).join(" ") || "nothing"}`);
} else {
  const missing = await install(plan);
  if (plan.get("mariadb")!.length > 0) say(`Samples are those of OVERT_SPEC_SEED=${specSeed}.`);
  process.env["OVERT_SPEC_SEED"] = String(specSeed);
  const leftOut = missing.has("mariadb")
    ? plan
        .get("mariadb")!
        .splice(0)
        .map((file) => `${file} on MariaDB`)
    : [];
  const runs = await runAll(plan);
  const inCi = process.env["CI"] === "true";
  const { lines, well } = summaryOf({ runs, leftOut, expectedSkips: inCi ? EXPECTED_SKIPS : null, changed: inCi ? changedFiles() : [] });
  say(lines.join("\n"));
  process.exit(well && !stopping.signal.aborted ? 0 : 1);
}
