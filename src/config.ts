import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { z } from "zod";
import { machineAddresses } from "./machine.ts";

const port = z.coerce.number().int().min(0).max(65_535);
const seconds = (from: number, to: number) => z.coerce.number().min(from).max(to);

const isAddress = (text: string) => isIP(text) > 0 || /^[A-Za-z0-9]([A-Za-z0-9._-]{0,252}[A-Za-z0-9])?$/.test(text);

/** Everything the engine can be told, by environment variable; one that is empty counts as absent. */
const Environment = z.object({
  /** Folder of the embedded database and of the key that seals secrets. */
  OVERT_DIR: z.string().default(".overt"),
  /** `mariadb://user:password@host:port/name`, or `mysql://…`; the embedded database in OVERT_DIR when absent. */
  OVERT_DATABASE_URL: z
    .string()
    .refine((url) => /^(mysql|mariadb):\/\/./.test(url) && URL.canParse(url), "mariadb://user:password@host:port/name, or mysql://…")
    .optional(),
  /** HTTP: GraphQL and the dashboard. 0 = any free port. */
  OVERT_PORT: port.default(4000),
  /** Address the HTTP server listens on. */
  OVERT_LISTEN: z.string().default("127.0.0.1"),
  /** TLS: agents. OVERT_PORT + 1 when absent. */
  OVERT_HOSTLINK_PORT: port.optional(),
  /** Names and addresses agents may dial, comma between; the first is given out at enrolment. This machine's own when absent. */
  OVERT_HOSTLINK_ADDRESSES: z
    .string()
    .transform((list) => list.split(",").map((address) => address.trim().replace(/^\[(.*)\]$/, "$1")))
    .refine((list) => list.every(isAddress), "names and IP addresses, comma between, without port")
    .optional(),
  /** 32 bytes, base64; a key file in OVERT_DIR when absent. */
  OVERT_SECRET_KEY: z.string().optional(),
  /** Seconds between two statistics samples of a host. */
  OVERT_STATISTICS_INTERVAL: seconds(1, 60).default(2),
  /** Seconds of silence after which a host is NON_RESPONSIVE. */
  OVERT_HOST_GRACE: seconds(1, 600).default(10),
  /** Hours a host's certificate lives. */
  OVERT_CERTIFICATE_HOURS: seconds(0.001, 24 * 3650).default(24 * 365),
  OVERT_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
});

export interface Config {
  directory: string;
  databaseUrl: string;
  /** Whether the database is the one in `directory`. */
  embedded: boolean;
  port: number;
  listen: string;
  hostlinkPort: number;
  hostlinkAddresses: string[];
  secretKey: string | undefined;
  statisticsIntervalMs: number;
  hostGraceMs: number;
  certificateLifetimeMs: number;
  logLevel: string;
}

/** Names every variable that is wrong. */
export class ConfigurationError extends Error {}

/** Throws ConfigurationError. Options given on the command line win: `--port N`, `--dir DIR`. */
export function readConfig(environment: NodeJS.ProcessEnv, options: { port?: string | undefined; dir?: string | undefined } = {}): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const given = { ...set, ...(options.port && { OVERT_PORT: options.port }), ...(options.dir && { OVERT_DIR: options.dir }) };
  const parsed = Environment.safeParse(given);
  if (!parsed.success)
    throw new ConfigurationError(
      `Configuration: ${parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ")}`,
    );
  const env = parsed.data;
  const directory = resolve(env.OVERT_DIR);
  return {
    directory,
    embedded: env.OVERT_DATABASE_URL === undefined,
    databaseUrl: env.OVERT_DATABASE_URL ?? `sqlite:${join(directory, "overt.db")}`,
    port: env.OVERT_PORT,
    listen: env.OVERT_LISTEN,
    hostlinkPort: env.OVERT_HOSTLINK_PORT ?? (env.OVERT_PORT === 0 ? 0 : env.OVERT_PORT + 1),
    hostlinkAddresses: env.OVERT_HOSTLINK_ADDRESSES ?? [...machineAddresses(), "127.0.0.1", "localhost"],
    secretKey: env.OVERT_SECRET_KEY,
    statisticsIntervalMs: env.OVERT_STATISTICS_INTERVAL * 1_000,
    hostGraceMs: env.OVERT_HOST_GRACE * 1_000,
    certificateLifetimeMs: env.OVERT_CERTIFICATE_HOURS * 3_600_000,
    logLevel: env.OVERT_LOG_LEVEL,
  };
}
