import { readFile } from "node:fs/promises";
import { XMLParser } from "fast-xml-parser";
import type { VmReport } from "../schema/hostlink.ts";
import { MOST_TEXT, MOST_VMS } from "../schema/hostlinkLimits.ts";
import { soundText } from "../schema/hostlinkText.ts";
import { within } from "./backoff.ts";
import { isVirError } from "./errors.ts";
import { DISK_ERROR_NO_SPACE, DomainState, PausedReason, StoppedDetail, VirErrorCode } from "./libvirt/constants.ts";
import type { Libvirt } from "./libvirt/procedures.ts";
import type { LibvirtSession } from "./libvirt/session.ts";
import type { Domain } from "./libvirt/xdr.ts";

type PauseReason = NonNullable<VmReport["pauseReason"]>;
const PAUSE_REASONS = new Map<number, PauseReason>([
  [PausedReason.USER, "USER"],
  [PausedReason.MIGRATION, "MIGRATION"],
  [PausedReason.SAVE, "SAVING"],
  [PausedReason.IOERROR, "IO_ERROR"],
  [PausedReason.WATCHDOG, "WATCHDOG"],
  [PausedReason.CRASHED, "CRASHED"],
  [PausedReason.STARTING_UP, "STARTING"],
]);
const GONE_REASONS = new Map<number, GoneReason>([
  [StoppedDetail.SHUTDOWN, "SHUTDOWN"],
  [StoppedDetail.DESTROYED, "DESTROYED"],
  [StoppedDetail.CRASHED, "CRASHED"],
  [StoppedDetail.MIGRATED, "MIGRATED"],
  [StoppedDetail.SAVED, "SAVED"],
  [StoppedDetail.FAILED, "FAILED"],
]);
type GoneReason = "SHUTDOWN" | "DESTROYED" | "CRASHED" | "MIGRATED" | "SAVED" | "FAILED" | "UNKNOWN";
/** What a lifecycle event STOPPED tells by its detail. */
export const goneReason = (detail: number): GoneReason => GONE_REASONS.get(detail) ?? "UNKNOWN";

/** The domain's report, or null when it is not active (any more). */
export async function readReport(session: LibvirtSession, domain: Domain): Promise<VmReport | null> {
  try {
    const libvirt = session.libvirt();
    const { state, reason } = await libvirt.state(domain);
    const run = runState(state, reason);
    if (!run) return null;
    const pauseReason = run === "PAUSED" ? await pausedBecause(session, domain, state, reason) : null;
    const incoming = (pauseReason === "MIGRATION" || pauseReason === "STARTING") && (await isIncoming(session, domain));
    return {
      vmId: domain.uuid,
      name: soundText(domain.name, MOST_TEXT),
      state: run,
      pauseReason,
      incoming,
      ...devices(await libvirt.xml(domain)),
      startedAt: await startedAt(domain.name),
    };
  } catch (error) {
    if (isVirError(error, VirErrorCode.NO_DOMAIN)) return null;
    throw error;
  }
}

/** Null when no such domain is active. */
export async function reportOf(session: LibvirtSession, vmId: string): Promise<VmReport | null> {
  try {
    return await readReport(session, await session.libvirt().lookup(vmId));
  } catch (error) {
    if (isVirError(error, VirErrorCode.NO_DOMAIN)) return null;
    throw error;
  }
}

/** Reports of all active domains, of so many as the engine takes in. */
export async function readReports(session: LibvirtSession): Promise<VmReport[]> {
  const reports: VmReport[] = [];
  for (const domain of (await session.libvirt().activeDomains()).slice(0, MOST_VMS)) {
    const report = await readReport(session, domain);
    if (report) reports.push(report);
  }
  return reports;
}

function runState(state: number, reason: number): VmReport["state"] | null {
  if (state === DomainState.RUNNING || state === DomainState.BLOCKED) return "RUNNING";
  if (state === DomainState.SHUTDOWN || (state === DomainState.PAUSED && reason === PausedReason.SHUTTING_DOWN)) return "SHUTTING_DOWN";
  return state === DomainState.SHUTOFF ? null : "PAUSED";
}

/** `reason` means something else in each state. */
async function pausedBecause(session: LibvirtSession, domain: Domain, state: number, reason: number): Promise<PauseReason> {
  if (state === DomainState.CRASHED) return "CRASHED";
  if (state === DomainState.PMSUSPENDED) return "SLEEPING";
  if (state !== DomainState.PAUSED) return "UNKNOWN";
  if (reason !== PausedReason.IOERROR) return PAUSE_REASONS.get(reason) ?? "UNKNOWN";
  const errors = await patiently(session, (libvirt) => libvirt.diskErrors(domain), []);
  return errors.includes(DISK_ERROR_NO_SPACE) ? "NO_SPACE" : "IO_ERROR";
}

/** Both ends of a migration are paused at some moment; only at the destination libvirt refuses to tell about the job. */
const isIncoming = (session: LibvirtSession, domain: Domain) =>
  patiently(
    session,
    (libvirt) =>
      libvirt.jobStats(domain).then(
        () => false,
        (error: unknown) => isVirError(error, VirErrorCode.OPERATION_UNSUPPORTED),
      ),
    false,
  );

/** ms; a hung qemu answers nothing, and must not hold up the reports of the others. */
const PATIENCE_MS = 2_000;
const patiently = <T>(session: LibvirtSession, ask: (libvirt: Libvirt) => Promise<T>, otherwise: T): Promise<T> =>
  within(
    PATIENCE_MS,
    session.dedicated(ask).catch(() => otherwise),
    otherwise,
  );

interface DomainXml {
  domain?: { devices?: { channel?: { target?: Attributes }[]; graphics?: (Attributes & { listen?: Attributes[] })[] } };
}
type Attributes = Record<`@${string}`, string | undefined>;
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  parseTagValue: false,
  isArray: (name) => name === "channel" || name === "graphics" || name === "listen",
});

function devices(xml: string): Pick<VmReport, "guestAgent" | "display"> {
  const { channel = [], graphics = [] } = (parser.parse(xml) as DomainXml).domain?.devices ?? {};
  const guestAgent = channel.some(({ target }) => target?.["@name"] === "org.qemu.guest_agent.0" && target["@state"] === "connected");
  const vnc = graphics.find((entry) => entry["@type"] === "vnc");
  const port = Number(vnc?.["@port"] ?? -1);
  const address = vnc?.listen?.[0]?.["@address"] ?? vnc?.["@listen"] ?? "";
  return { guestAgent, display: vnc && port > 0 ? { type: "VNC", address, port } : null };
}

const TICKS_PER_SECOND = 100;
/** When the domain's qemu was started, in Unix ms; null when there is no such process to be seen. */
async function startedAt(name: string): Promise<number | null> {
  try {
    const pid = Number((await readFile(`/run/libvirt/qemu/${name}.pid`, "utf8")).trim());
    const [stat, boot] = await Promise.all([readFile(`/proc/${pid}/stat`, "utf8"), readFile("/proc/stat", "utf8")]);
    const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
    const bootSeconds = Number(/^btime (\d+)$/m.exec(boot)?.[1]);
    const started = Math.round(1000 * (bootSeconds + ticks / TICKS_PER_SECOND));
    return Number.isSafeInteger(started) ? started : null;
  } catch {
    return null;
  }
}
