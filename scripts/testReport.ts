import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { SerializedError, UserConsoleLog } from "vitest";
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from "vitest/node";

/** What became of one project, as JSON in the file that `OVERT_SPEC_REPORT` names. */
export interface ProjectReport {
  passed: number;
  /** One line for each test that failed or never ran, each suite that could not be loaded or set up, each error outside of a test. */
  failures: string[];
  /** Each skipped test, as `file > suite > test`. */
  skipped: string[];
  files: { path: string; ms: number }[];
}
interface Failure {
  name: string;
  errors: readonly SerializedError[];
}

/**
 * A line for each file as it ends, what failed in full at the end, and the report. Beside a failed test vitest's own reports do not
 * count a suite that could not be loaded; this one counts it always.
 */
export default class TestReport implements Reporter {
  #vitest!: Vitest;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onUserConsoleLog({ content }: UserConsoleLog): void {
    process.stdout.write(content);
  }

  onTestModuleEnd(module: TestModule): void {
    const { passed, failures, skipped, files } = reportOf([module]);
    const counts = [`${passed} passed`, ...(skipped.length > 0 ? [`${skipped.length} skipped`] : [])];
    if (failures.length > 0) counts.push(`${failures.length} FAILED`);
    console.log(`${failures.length > 0 ? "✗" : "✓"} ${files[0]!.path}  ${counts.join(", ")}  ${(files[0]!.ms / 1_000).toFixed(1)} s`);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    for (const module of modules)
      for (const { name, errors } of failuresOf(module)) {
        console.error(`\n✗ ${name}`);
        for (const error of errors) this.#vitest.logger.printError(error, { project: module.project });
      }
    for (const error of unhandled) this.#vitest.logger.printError(error, { fullStack: true, type: "Outside of a test" });
    const report = reportOf(modules);
    report.failures.push(...unhandled.map(({ message }) => `outside of a test: ${message}`));
    writeFileSync(process.env["OVERT_SPEC_REPORT"]!, JSON.stringify(report));
  }
}

function reportOf(modules: readonly TestModule[]): ProjectReport {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const inState = (state: string) => tests.filter((test) => test.result().state === state);
  return {
    passed: inState("passed").length,
    failures: modules.flatMap(failuresOf).map(({ name, errors }) => `${name}: ${errors[0]?.message ?? "it did not run"}`),
    skipped: inState("skipped").map(nameOf),
    files: modules.map((module) => ({ path: pathOf(module), ms: msOf(module) })),
  };
}

function failuresOf(module: TestModule): Failure[] {
  const suites = [module, ...module.children.allSuites()].map((suite) => ({ name: nameOf(suite), errors: suite.errors() }));
  const tests = [...module.children.allTests()].map((test) => ({ test, name: nameOf(test), errors: test.result().errors ?? [] }));
  const failures: Failure[] = [
    ...suites.filter(({ errors }) => errors.length > 0),
    ...tests.filter(({ test }) => test.result().state === "failed" || test.result().state === "pending"),
  ];
  const ran = ["passed", "skipped"].includes(module.state()) || failures.length > 0;
  return ran ? failures : [{ name: nameOf(module), errors: [] }];
}

const pathOf = (module: TestModule): string => relative(process.cwd(), module.moduleId);
const nameOf = (task: TestModule | TestSuite | TestCase): string =>
  task.type === "module" ? pathOf(task) : `${pathOf(task.module)} > ${task.fullName}`;

function msOf(module: TestModule): number {
  const { duration, collectDuration, environmentSetupDuration, prepareDuration, setupDuration } = module.diagnostic();
  return duration + collectDuration + environmentSetupDuration + prepareDuration + setupDuration;
}
