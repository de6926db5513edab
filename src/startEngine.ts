import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { openDatabase } from "./db/database.ts";
import { lockFolder, privateFolder } from "./db/folder.ts";
import { createUnitOfWork } from "./db/unitOfWork.ts";
import { openAccess } from "./domain/access/access.ts";
import { ensureAdmin } from "./domain/access/ensureAdmin.ts";
import { createSecrets, secretKey } from "./domain/access/secrets.ts";
import type { Engine, EngineSettings } from "./domain/engine.ts";
import { createAdmission } from "./domain/host/admission.ts";
import { createClaims } from "./domain/host/claims.ts";
import { watchClaims } from "./domain/host/claimWatch.ts";
import { fittedCalls } from "./domain/host/fittedCalls.ts";
import { createNotices } from "./domain/host/notices.ts";
import { createHostObserver } from "./domain/host/observe.ts";
import type { HostObserver } from "./domain/host/ports.ts";
import type { JobRunner } from "./domain/job/definition.ts";
import { jobDefinitions } from "./domain/job/definitions.ts";
import { createJobRunner } from "./domain/job/runner.ts";
import { openJournal } from "./domain/journal/journal.ts";
import { startMonitor } from "./domain/monitor.ts";
import { startPresence } from "./domain/presence.ts";
import { seed } from "./domain/seed.ts";
import { createStatistics } from "./domain/statistics/store.ts";
import { startHostlink, type Hostlink } from "./hostlink/index.ts";
import { inUrl, isLoopback } from "./machine.ts";
import { buildAppSchema } from "./resolvers/schema.ts";
import { startServer } from "./resolvers/server/http.ts";
import { ENGINE_VERSION } from "./version.ts";

export interface RunningEngine {
  /** Of the dashboard and of `/graphql`. */
  url: string;
  /** Of `admin@internal`, at the very first start only; afterwards only its hash is known. */
  initialPassword: string | null;
  engine: Engine;
  /** Lets running steps come to a safe point; VMs run on. */
  stop(): Promise<void>;
}

/** The composition root: the only place that builds things and connects them. */
export async function startEngine(config: Config, log: Logger, webDirectory?: string): Promise<RunningEngine> {
  privateFolder(config.directory);
  // Two writers on one embedded database would each trust a memory of their own.
  const unlock = config.embedded ? lockFolder(config.directory) : () => undefined;
  const database = await openDatabase(config.databaseUrl);
  const journal = await openJournal(database);
  const unitOfWork = createUnitOfWork(database, journal);
  const secrets = createSecrets(database, await secretKey(config.directory, config.secretKey));
  const statistics = createStatistics();
  const presence = startPresence({ database, log });

  // Hosts may call as soon as the link listens, and the engine needs the link to be whole: the observer is handed over late.
  const observer = Promise.withResolvers<HostObserver>();
  const hostlink = await startHostlink({
    port: config.hostlinkPort,
    addresses: config.hostlinkAddresses,
    secrets,
    admission: createAdmission({ database, journal, unitOfWork }),
    observer: later(observer.promise),
    log,
    certificateLifetimeMs: config.certificateLifetimeMs,
    engineVersion: ENGINE_VERSION,
  });
  const [address = "localhost"] = config.hostlinkAddresses;
  log.info({ addresses: config.hostlinkAddresses, port: hostlink.port }, "hosts dial here");
  if (isLoopback(address)) log.warn({ address }, "hosts on other machines cannot dial here: set OVERT_HOSTLINK_ADDRESSES");
  const settings = settingsOf(config, hostlink);
  const hosts = fittedCalls(hostlink.calls, (hostId, vmId) => journal.snapshot().get("Vm", vmId)?.hostId === hostId);
  const parts = { database, journal, unitOfWork, hosts, presence, statistics, secrets, log, settings };
  await seed(parts);
  // A job may use a verb, and a verb wakes the runner of jobs.
  const engine: Engine = {
    ...parts,
    get jobs() {
      return jobs;
    },
  };
  const jobs = startJobs(engine, config);
  const claims = createClaims();
  const stopWatching = watchClaims(engine, claims);
  const monitor = startMonitor(engine, claims);
  const observing = createHostObserver(engine, { lost: monitor.lost, claims, notices: createNotices(engine) });
  observer.resolve(observing);
  const server = await startServer({
    engine,
    access: await openAccess(engine),
    schema: await buildAppSchema(),
    port: config.port,
    host: config.listen,
    trustedProxies: config.trustedProxies,
    ...(webDirectory !== undefined && { webDirectory }),
    log,
  });
  // Last of all: whatever may fail has not failed, so that the password, which is told once, will be told.
  const initialPassword = await ensureAdmin(parts);

  const stop = async () => {
    await server.close();
    await jobs.stop();
    await monitor.stop();
    await stopWatching();
    observing.stop();
    await hostlink.close();
    await presence.stop();
    journal.close();
    await database.close();
    unlock();
  };
  return { url: `http://localhost:${server.port}`, initialPassword, engine, stop };
}

function settingsOf(config: Config, { port, fingerprint }: Hostlink): EngineSettings {
  const { statisticsIntervalMs, hostGraceMs, historyDays, hostlinkAddresses } = config;
  const hostlinkUrl = `https://${inUrl(hostlinkAddresses[0] ?? "localhost")}:${port}`;
  return { statisticsIntervalMs, hostGraceMs, historyDays, hostlinkUrl, hostlinkFingerprint: fingerprint };
}

function startJobs(engine: Engine, { jobs }: Config): JobRunner {
  for (const kind of jobs.perKind.keys())
    if (!jobDefinitions.some(({ name }) => name === kind))
      engine.log.warn({ kind }, "OVERT_JOB_LIMITS names a kind of job that there is not");
  return createJobRunner({ engine, definitions: jobDefinitions, settings: jobs });
}

/** What hosts say before the engine is whole waits for it; samples of that moment are dropped. */
function later(observer: Promise<HostObserver>): HostObserver {
  let ready: HostObserver | undefined;
  void observer.then((it) => (ready = it));
  return {
    hello: async (...args) => (await observer).hello(...args),
    events: async (...args) => (await observer).events(...args),
    statistics: (...args) => ready?.statistics(...args),
    lost: (...args) => ready?.lost(...args),
  };
}
