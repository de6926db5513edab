import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { z } from "zod";
import { machineAddresses } from "./machine.ts";

const text = (longest = 4_096) => z.string().max(longest, `At most ${longest} characters.`);
/** A number written as people write it: no exponent, no hexadecimal, no blank. */
function number(from: number, to: number, whole: boolean) {
  const message = `${whole ? "A whole number" : "A number"} from ${from} to ${to}.`;
  return z
    .string()
    .regex(whole ? /^\d{1,6}$/ : /^\d{1,6}(\.\d{1,6})?$/, message)
    .transform(Number)
    .refine((value) => value >= from && value <= to, message);
}
const port = number(0, 65_535, true);

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;
/** RFC 1123; a last label of digits only would be read as an address. */
const isHostName = (name: string) =>
  name.length <= 253 && name.split(".").every((label) => LABEL.test(label)) && !/^\d+$/.test(name.split(".").at(-1)!);
const isAddressOrName = (given: string) => isIP(given) !== 0 || isHostName(given);

/** `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`. */
function isAddressOrRange(given: string): boolean {
  const [, address, bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(given) ?? [];
  const family = isIP(address ?? "");
  return family !== 0 && (bits === undefined || Number(bits) <= (family === 4 ? 32 : 128));
}

/** `<kind of job>=<1 to 1000>`. */
const isJobLimit = (given: string) => /^[a-z][A-Za-z]{0,39}=([1-9]\d{0,2}|1000)$/.test(given);

function listOf(fits: (part: string) => boolean, what: string) {
  const parts = (given: string) => given.split(",").map((part) => part.trim().replace(/^\[(.*)\]$/, "$1"));
  return text()
    .transform(parts)
    .superRefine((given, context) => {
      for (const part of given) if (!fits(part)) context.addIssue({ code: "custom", message: `"${part}" is not ${what}.` });
    });
}

function isDatabaseUrl(given: string): boolean {
  const url = URL.canParse(given) ? new URL(given) : null;
  return url !== null && /^(mysql|mariadb):$/.test(url.protocol) && url.hostname !== "" && /^\/[^/]+$/.test(url.pathname);
}

/** Everything the engine can be told, by environment variable. */
const SETTINGS = {
  /** Folder of the embedded database and of the key that seals secrets. */
  OVERT_DIR: text().default(".overt"),
  /** `mariadb://user:password@host:port/name`, or `mysql://…`; the embedded database in OVERT_DIR when absent. */
  OVERT_DATABASE_URL: text().refine(isDatabaseUrl, "Of the form mariadb://user:password@host:port/name.").optional(),
  /** HTTP: GraphQL and the dashboard. 0 = any free port. */
  OVERT_PORT: port.default(4000),
  /** Address the HTTP server listens on. */
  OVERT_LISTEN: text().refine(isAddressOrName, "An IP address, or the name of one.").default("127.0.0.1"),
  /** TLS: agents. OVERT_PORT + 1 when absent. */
  OVERT_HOSTLINK_PORT: port.optional(),
  /** Names and addresses agents may dial, comma between; the first is given out at enrolment. This machine's own when absent. */
  OVERT_HOSTLINK_ADDRESSES: listOf(isAddressOrName, "a name or an IP address").optional(),
  /** Proxies whose X-Forwarded-For is believed, comma between. */
  OVERT_TRUSTED_PROXIES: listOf(isAddressOrRange, "an IP address or a range such as 10.0.0.0/8").default([]),
  /** 32 bytes, base64, or a pass phrase; a key file in OVERT_DIR when absent. */
  OVERT_SECRET_KEY: text(1_024).min(32, "32 bytes in base64, or at least 32 characters.").optional(),
  /** Seconds between two statistics samples of a host. */
  OVERT_STATISTICS_INTERVAL: number(1, 60, false).default(2),
  /** Seconds of silence after which a host is NON_RESPONSIVE. */
  OVERT_HOST_GRACE: number(1, 600, false).default(10),
  /** Hours a host's certificate lives: agents renew at two thirds, and must have time to. */
  OVERT_CERTIFICATE_HOURS: number(24, 87_600, false).default(8_760),
  /** Jobs at work at once in this engine; those that wait do not count. */
  OVERT_JOBS: number(1, 1_000, true).default(64),
  /** Of these, on one host. */
  OVERT_JOBS_PER_HOST: number(1, 1_000, true).default(16),
  /** Of these, of one kind on one host: `migrateVm=2,suspendVm=1`. Two migrations as in oVirt unless said. */
  OVERT_JOB_LIMITS: listOf(isJobLimit, "a limit such as migrateVm=2").default([]),
  /** Days for which changes are kept: what a subscriber can go on from. */
  OVERT_JOURNAL_DAYS: number(1, 3_650, true).default(30),
  /** Days for which events are kept; at least as long as the changes. */
  OVERT_EVENT_DAYS: number(1, 3_650, true).default(90),
  /** Days for which jobs are kept that have ended. */
  OVERT_JOB_DAYS: number(1, 3_650, true).default(30),
  OVERT_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"], "One of trace, debug, info, warn, error, silent.")
    .default("info"),
};
type Settings = z.infer<z.ZodObject<typeof SETTINGS>>;
export const SETTING_NAMES = Object.keys(SETTINGS);

export interface Config {
  directory: string;
  databaseUrl: string;
  /** Whether the database is the one in `directory`. */
  embedded: boolean;
  port: number;
  listen: string;
  hostlinkPort: number;
  hostlinkAddresses: string[];
  trustedProxies: string[];
  secretKey: string | undefined;
  statisticsIntervalMs: number;
  hostGraceMs: number;
  certificateLifetimeMs: number;
  /** How many may be at work at once: in all, on a host, and of a kind on a host. */
  jobs: { parallel: number; perHost: number; perKind: ReadonlyMap<string, number> };
  historyDays: { journal: number; events: number; jobs: number };
  logLevel: string;
}

/** What is wrong with the settings: a line each, `<variable>: <why>`, without the value where that is a secret. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "ConfigError";
  }
}

/** Throws ConfigError with every variable that is wrong. Options given on the command line win: `--port N`, `--dir DIR`. */
export function readConfig(environment: NodeJS.ProcessEnv, options: { port?: string | undefined; dir?: string | undefined } = {}): Config {
  const given: NodeJS.ProcessEnv = { ...environment };
  if (options.port !== undefined) given["OVERT_PORT"] = options.port;
  if (options.dir !== undefined) given["OVERT_DIR"] = options.dir;
  const blank = SETTING_NAMES.filter((name) => given[name]?.trim() === "");
  const parsed = z.object(SETTINGS).safeParse(Object.fromEntries(Object.entries(given).filter(([name]) => !blank.includes(name))));
  const problems = blank.map((name) => `${name}: It is empty. Leave it out for the default.`);
  if (!parsed.success) problems.push(...parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`));
  else problems.push(...portProblems(parsed.data));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return configOf(parsed.data);
}

const hostlinkPortOf = ({ OVERT_PORT: http, OVERT_HOSTLINK_PORT: given }: Settings) => given ?? (http === 0 ? 0 : http + 1);

function portProblems(settings: Settings): string[] {
  const hostlink = hostlinkPortOf(settings);
  if (hostlink > 65_535) return ["OVERT_HOSTLINK_PORT: It must be given where OVERT_PORT is 65535."];
  return hostlink !== 0 && hostlink === settings.OVERT_PORT ? ["OVERT_HOSTLINK_PORT: It must be another port than OVERT_PORT."] : [];
}

/** As in oVirt: max_outgoing_migrations of VDSM. */
const USUAL_LIMITS = [["migrateVm", 2]] as const;
const jobLimits = (given: readonly string[]): Map<string, number> =>
  new Map([...USUAL_LIMITS, ...given.map((limit) => [limit.split("=")[0]!, Number(limit.split("=")[1])] as const)]);

function configOf(settings: Settings): Config {
  const directory = resolve(settings.OVERT_DIR);
  return {
    directory,
    embedded: settings.OVERT_DATABASE_URL === undefined,
    databaseUrl: settings.OVERT_DATABASE_URL ?? `sqlite:${join(directory, "overt.db")}`,
    port: settings.OVERT_PORT,
    listen: settings.OVERT_LISTEN,
    hostlinkPort: hostlinkPortOf(settings),
    hostlinkAddresses: settings.OVERT_HOSTLINK_ADDRESSES ?? [...machineAddresses(), "127.0.0.1", "localhost"],
    trustedProxies: settings.OVERT_TRUSTED_PROXIES,
    secretKey: settings.OVERT_SECRET_KEY,
    statisticsIntervalMs: settings.OVERT_STATISTICS_INTERVAL * 1_000,
    hostGraceMs: settings.OVERT_HOST_GRACE * 1_000,
    certificateLifetimeMs: settings.OVERT_CERTIFICATE_HOURS * 3_600_000,
    jobs: { parallel: settings.OVERT_JOBS, perHost: settings.OVERT_JOBS_PER_HOST, perKind: jobLimits(settings.OVERT_JOB_LIMITS) },
    historyDays: { journal: settings.OVERT_JOURNAL_DAYS, events: settings.OVERT_EVENT_DAYS, jobs: settings.OVERT_JOB_DAYS },
    logLevel: settings.OVERT_LOG_LEVEL,
  };
}

/** Names that look like settings and are none: mistyped, or of another version. */
export const unknownSettings = (environment: NodeJS.ProcessEnv): string[] =>
  Object.keys(environment).filter((name) => name.startsWith("OVERT_") && !Object.hasOwn(SETTINGS, name));
