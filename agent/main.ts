import { randomUUID } from "node:crypto";
import { Capability, type HostCapabilities, type HostEvent } from "../schema/hostlink.ts";
import { createCapabilities } from "./capabilities.ts";
import { parseCommand, type RunOptions, USAGE } from "./cli.ts";
import { enroll, EnrollmentRefused } from "./enroll.ts";
import { createGuests } from "./guest.ts";
import { diskHandlers } from "./handlers/disk.ts";
import { hostHandlers } from "./handlers/host.ts";
import { storageHandlers } from "./handlers/storage.ts";
import { vmHandlers } from "./handlers/vm.ts";
import { loadIdentity, saveIdentity } from "./identity.ts";
import { createSession, type LibvirtSession } from "./libvirt/session.ts";
import { createDispatch } from "./link/calls.ts";
import { createLink, type Link } from "./link/link.ts";
import { createOutbox } from "./link/outbox.ts";
import { logToStderr as log, reasonOf } from "./log.ts";
import { watchNetwork } from "./nics.ts";
import { createObserver } from "./observer.ts";
import { createStatistics } from "./statistics.ts";
import { AGENT_VERSION } from "./version.ts";

const Exit = { OK: 0, OTHER: 1, USAGE: 2, REFUSED: 3 } as const;

/** Builds the parts and connects them; they know each other by nothing but what is handed to them here. */
function run({ directory, libvirtSocket, libvirtUri, migrationUri }: RunOptions): void {
  const emit = (event: HostEvent) => {
    outbox.push(event);
    notice(event);
  };
  const notice = (event: HostEvent) => {
    guests.observe(event);
    statistics.observe(event);
    // libvirt or qemu may be of another version now
    if (event.type === "host.libvirt" && event.available) void tellCapabilities(capabilities, emit);
  };
  const outbox = createOutbox(() => {
    guests.forget();
    observer.emitTruth();
  });
  const session: LibvirtSession = createSession({
    socketPath: libvirtSocket,
    uri: libvirtUri,
    onEvent: (event) => observer.onEvent(event),
    onUp: () => observer.onUp(),
    onDown: () => observer.onDown(),
    log,
  });
  const observer = createObserver({ session: () => session, emit, log });
  const guests = createGuests({ session, emit });
  const statistics = createStatistics(session, log);
  const capabilities = createCapabilities(session, migrationUri);
  const stopWatching = watchNetwork(() => void tellCapabilities(capabilities, emit));

  const handlers = {
    ...hostHandlers({ session, capabilities, setStatisticsInterval: statistics.setInterval }),
    ...storageHandlers(),
    ...diskHandlers(),
    ...vmHandlers(session),
  };
  const incarnation = randomUUID();
  const link: Link = createLink({
    loadIdentity: () => loadIdentity(directory),
    saveIdentity: (identity) => saveIdentity(directory, identity),
    async describe() {
      await session.tried;
      const about = { incarnation, capabilities: Capability.options, host: await capabilities() };
      return observer.truth((vms) => {
        if (vms) notice({ type: "host.truth", vms });
        return { ...about, unacknowledged: outbox.forHello(), libvirtAvailable: vms !== null, vms };
      });
    },
    dispatch: createDispatch(handlers, (progress) => link.progress(progress)),
    outbox,
    onUp(rpc, welcome) {
      statistics.attach(rpc);
      statistics.setInterval(welcome.statisticsIntervalMs);
    },
    onDown: () => statistics.attach(null),
    log,
  });

  log("info", "agent starts", { version: AGENT_VERSION, incarnation });
  onStop(async () => {
    stopWatching();
    statistics.close();
    guests.close();
    await link.close();
    session.close();
  });
}

/** Virtual machines are not the agent's to stop: they run on. */
function onStop(close: () => Promise<void>): void {
  const stop = async () => {
    log("info", "agent stops");
    await close();
    process.exit(Exit.OK);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop());
}

async function tellCapabilities(capabilities: () => Promise<HostCapabilities>, emit: (event: HostEvent) => void): Promise<void> {
  try {
    emit({ type: "host.capabilities", capabilities: await capabilities() });
  } catch (error) {
    log("warn", "capabilities could not be read", { reason: reasonOf(error) });
  }
}

/** The exit code; null when the agent goes on running. */
async function main(args: readonly string[]): Promise<number | null> {
  const command = parseCommand(args);
  if (command.name === "run") {
    run(command);
    return null;
  }
  if (command.name === "usage") {
    console.error(`${command.error}\n${USAGE}`);
    return Exit.USAGE;
  }
  if (command.name === "enroll") {
    await saveIdentity(command.directory, await enroll(command));
    console.log(`enrolled at ${command.engine}`);
  } else console.log(AGENT_VERSION);
  return Exit.OK;
}

try {
  const code = await main(process.argv.slice(2));
  if (code !== null) process.exit(code);
} catch (error) {
  const refused = error instanceof EnrollmentRefused;
  console.error(refused ? `${error.code}: ${error.message}` : reasonOf(error));
  process.exit(refused ? Exit.REFUSED : Exit.OTHER);
}
