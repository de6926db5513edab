import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError, readConfig, SETTING_NAMES, unknownSettings, type Config } from "../../src/config.ts";
import { machineAddresses } from "../../src/machine.ts";
import { startProcess } from "../support/process.ts";

interface Rule {
  good: [given: string, config: Partial<Config>][];
  bad: string[];
}
const HOUR = 3_600_000;
const RULES: Record<string, Rule> = {
  OVERT_DIR: { good: [["data", { directory: resolve("data"), databaseUrl: `sqlite:${resolve("data", "overt.db")}` }]], bad: [] },
  OVERT_DATABASE_URL: {
    good: [
      ["mariadb://u:p@db:3307/overt", { databaseUrl: "mariadb://u:p@db:3307/overt" }],
      ["mysql://u:p@[::1]/overt", { databaseUrl: "mysql://u:p@[::1]/overt" }],
    ],
    bad: ["postgres://u:p@db/overt", "mariadb://u:hush@db", "mariadb://u:hush@db/", "mariadb:///overt", "overt", "mariadb://"],
  },
  OVERT_PORT: {
    good: [
      ["0", { port: 0, hostlinkPort: 0 }],
      ["1234", { port: 1234, hostlinkPort: 1235 }],
    ],
    bad: ["-1", "65536", "65535", "80.5", "0x50", "1e3", "http"],
  },
  OVERT_LISTEN: {
    good: [
      ["0.0.0.0", { listen: "0.0.0.0" }],
      ["::", { listen: "::" }],
      ["localhost", { listen: "localhost" }],
    ],
    bad: ["*", "a b", "1.2.3", "http://x"],
  },
  OVERT_HOSTLINK_PORT: {
    good: [
      ["0", { hostlinkPort: 0 }],
      ["65535", { hostlinkPort: 65_535 }],
    ],
    bad: ["4000", "65536", "-1", "x"],
  },
  OVERT_HOSTLINK_ADDRESSES: {
    good: [["engine.example, 10.0.0.1,fd00::1", { hostlinkAddresses: ["engine.example", "10.0.0.1", "fd00::1"] }]],
    bad: ["a,,b", ",", "a b", "https://engine", "engine:4001", "300.1.1.1", "-x", "x".repeat(64), "10.0.0.0/8"],
  },
  OVERT_TRUSTED_PROXIES: {
    good: [["127.0.0.1, 10.0.0.0/8,fd00::/8", { trustedProxies: ["127.0.0.1", "10.0.0.0/8", "fd00::/8"] }]],
    bad: ["loopback", "proxy.example", "10.0.0.0/33", "::/129", "10.0.0.1,", "10.0.0.0/", "10.0.0.0/8/8"],
  },
  OVERT_SECRET_KEY: { good: [["x".repeat(32), { secretKey: "x".repeat(32) }]], bad: ["hush", "x".repeat(31), "x".repeat(1_025)] },
  OVERT_STATISTICS_INTERVAL: {
    good: [
      ["1", { statisticsIntervalMs: 1_000 }],
      ["60", { statisticsIntervalMs: 60_000 }],
      ["2.5", { statisticsIntervalMs: 2_500 }],
    ],
    bad: ["0", "61", "-2", "2s", "NaN", "Infinity"],
  },
  OVERT_HOST_GRACE: {
    good: [
      ["1", { hostGraceMs: 1_000 }],
      ["600", { hostGraceMs: 600_000 }],
    ],
    bad: ["0", "601", "ten"],
  },
  OVERT_CERTIFICATE_HOURS: {
    good: [
      ["24", { certificateLifetimeMs: 24 * HOUR }],
      ["87600", { certificateLifetimeMs: 87_600 * HOUR }],
    ],
    bad: ["23", "0.05", "87601", "1e9", "year"],
  },
  OVERT_JOBS: {
    good: [
      ["1", { jobs: expect.objectContaining({ parallel: 1 }) as never }],
      ["1000", { jobs: expect.objectContaining({ parallel: 1_000 }) as never }],
    ],
    bad: ["0", "1001", "2.5", "many"],
  },
  OVERT_JOBS_PER_HOST: {
    good: [
      ["1", { jobs: expect.objectContaining({ perHost: 1 }) as never }],
      ["1000", { jobs: expect.objectContaining({ perHost: 1_000 }) as never }],
    ],
    bad: ["0", "1001", "2.5", "many"],
  },
  OVERT_JOB_LIMITS: {
    good: [
      [
        "suspendVm=1",
        {
          jobs: expect.objectContaining({
            perKind: new Map([
              ["migrateVm", 2],
              ["suspendVm", 1],
            ]),
          }) as never,
        },
      ],
      [
        "migrateVm=1000, startVm=8",
        {
          jobs: expect.objectContaining({
            perKind: new Map([
              ["migrateVm", 1_000],
              ["startVm", 8],
            ]),
          }) as never,
        },
      ],
    ],
    bad: ["migrateVm", "migrateVm=0", "migrateVm=1001", "=2", "migrateVm=2,", "migrate vm=2"],
  },
  OVERT_JOURNAL_DAYS: {
    good: [
      ["1", { historyDays: expect.objectContaining({ journal: 1 }) as never }],
      ["3650", { historyDays: expect.objectContaining({ journal: 3_650 }) as never }],
    ],
    bad: ["0", "3651", "0.5", "all"],
  },
  OVERT_EVENT_DAYS: {
    good: [
      ["1", { historyDays: expect.objectContaining({ events: 1 }) as never }],
      ["3650", { historyDays: expect.objectContaining({ events: 3_650 }) as never }],
    ],
    bad: ["0", "3651", "0.5", "all"],
  },
  OVERT_JOB_DAYS: {
    good: [
      ["1", { historyDays: expect.objectContaining({ jobs: 1 }) as never }],
      ["3650", { historyDays: expect.objectContaining({ jobs: 3_650 }) as never }],
    ],
    bad: ["0", "3651", "0.5", "all"],
  },
  OVERT_LOG_LEVEL: {
    good: [
      ["trace", { logLevel: "trace" }],
      ["silent", { logLevel: "silent" }],
    ],
    bad: ["loud", "INFO"],
  },
};

const problemsOf = (environment: NodeJS.ProcessEnv): readonly string[] => {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
};

describe("Settings", () => {
  test("are all in the table of this spec, and in the documentation", async () => {
    const documented = [...(await readFile("docs/running.md", "utf8")).matchAll(/`(OVERT_[A-Z_]+)`/g)].map(([, name]) => name!);
    expect(Object.keys(RULES).toSorted()).toEqual(SETTING_NAMES.toSorted());
    expect([...new Set(documented)].toSorted()).toEqual(SETTING_NAMES.toSorted());
  });

  test("have defaults", () => {
    expect(readConfig({})).toEqual({
      directory: resolve(".overt"),
      databaseUrl: `sqlite:${resolve(".overt", "overt.db")}`,
      port: 4_000,
      listen: "127.0.0.1",
      hostlinkPort: 4_001,
      embedded: true,
      hostlinkAddresses: [...machineAddresses(), "127.0.0.1", "localhost"],
      trustedProxies: [],
      secretKey: undefined,
      statisticsIntervalMs: 2_000,
      hostGraceMs: 10_000,
      certificateLifetimeMs: 8_760 * HOUR,
      jobs: { parallel: 64, perHost: 16, perKind: new Map([["migrateVm", 2]]) },
      historyDays: { journal: 30, events: 90, jobs: 30 },
      logLevel: "info",
    });
  });

  test.each(Object.entries(RULES))("%s is taken where it makes sense, and refused by name where it does not", (name, { good, bad }) => {
    for (const [given, config] of good) expect(readConfig({ [name]: given }), given).toMatchObject(config);
    for (const given of [...bad, "", " ", "\t"]) {
      const problems = problemsOf({ [name]: given });
      expect(problems, given).not.toEqual([]);
      for (const problem of problems) {
        expect(problem, given).toMatch(/^OVERT_(PORT|HOSTLINK_PORT)?/);
        expect(problem.startsWith(`${name}: `) || name === "OVERT_PORT", given).toBe(true);
        expect(problem, given).not.toMatch(/\n|hush/);
      }
    }
  });

  test("are told about all at once, and the command line wins", () => {
    expect(
      problemsOf({ OVERT_PORT: "x", OVERT_DIR: "", OVERT_LOG_LEVEL: "loud" })
        .map((line) => line.slice(0, line.indexOf(":")))
        .toSorted(),
    ).toEqual(["OVERT_DIR", "OVERT_LOG_LEVEL", "OVERT_PORT"]);
    expect(readConfig({ OVERT_PORT: "1" }, { port: "7000", dir: "here" })).toMatchObject({ port: 7_000, directory: resolve("here") });
    expect(() => readConfig({}, { port: "" })).toThrow(ConfigError);
  });

  test("that there are not are named", () => {
    expect(unknownSettings({ OVERT_PROT: "4000", OVERT_PORT: "1", HOME: "/" })).toEqual(["OVERT_PROT"]);
  });
});

describe("The process", () => {
  test.each([
    ["a setting that is wrong", [], { OVERT_PORT: "80.5", OVERT_LOG_LEVEL: "loud" }, ["OVERT_PORT", "OVERT_LOG_LEVEL"]],
    ["an option that there is not", ["--prot", "1"], {}, ["Unknown option '--prot'"]],
  ])("says a line about %s, without a stack, and ends with 2", async (_what, args, env, lines) => {
    const engine = startProcess("../../src/main.ts", args, { env });
    expect(await engine.ended()).toBe(2);
    const said = engine.errors().trim().split("\n");
    expect(said).toHaveLength(lines.length);
    for (const [index, line] of lines.entries()) expect(said[index]).toContain(line);
    expect(engine.output()).toBe("");
  });
});
