import { randomUUID } from "node:crypto";
import type { Hello, HostCapabilities, HostEvent, VmReport } from "../../../schema/hostlink.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { observeAbsent, observeGone, observeGuest, observeReboot, observeTruth, observeVm } from "../vm/observe.ts";
import { isRunningOrPaused } from "../vm/states.ts";
import { setVmStatus, vmEvent } from "../vm/status.ts";
import { noteCertificateInUse } from "./admission.ts";
import { createCapabilityPace } from "./capabilityPace.ts";
import type { Claims, HostNews } from "./claims.ts";
import { fitEvents, fitHello, fitSample, type Measure } from "./fit.ts";
import type { HostStatus } from "./host.ts";
import { ownMigrationUri } from "./migrationAddress.ts";
import type { Notices } from "./notices.ts";
import type { HostObserver, LinkOrigin } from "./ports.ts";
import { describedBy, setHostStatus, settle } from "./status.ts";
import { speakerOf, takePieces, unseen, type Piece } from "./take.ts";
import { createWhereabouts } from "./whereabouts.ts";

/** An administrator took the host out: a link does not bring it back. */
const OUT_OF_SERVICE: readonly HostStatus[] = ["MAINTENANCE", "PREPARING_FOR_MAINTENANCE"];
const LOOK_MS = 2_000;

const NOTHING: readonly HostNews[] = [];
const sightingOf = ({ vmId, name }: VmReport) => ({ vmId, name });

function take(
  tx: Transaction,
  hostId: string,
  event: Exclude<HostEvent, { type: "host.capabilities" | "host.truth" }>,
): readonly HostNews[] {
  switch (event.type) {
    case "vm.state":
      return observeVm(tx, hostId, event.vm)
        ? [{ type: "settled", vmId: event.vm.vmId }]
        : [{ type: "claims", sighting: sightingOf(event.vm) }];
    case "vm.gone":
      observeGone(tx, hostId, event.vmId, event.reason);
      return [{ type: "settled", vmId: event.vmId }];
    case "vm.reboot":
      observeReboot(tx, hostId, event.vmId);
      break;
    case "vm.guest":
      observeGuest(tx, hostId, event.vmId, event.guest);
      break;
    case "host.libvirt":
      observeLibvirt(tx, hostId, event.available);
      break;
  }
  return NOTHING;
}

/** In one go, or VM by VM. */
const truthOf = (hostId: string, vms: readonly VmReport[]): Omit<Piece, "seq"> => ({
  what: "all VMs",
  take: (tx) => [{ type: "all", sightings: observeTruth(tx, hostId, vms).map(sightingOf) }],
  parts: [
    ...vms.map((vm): Omit<Piece, "seq"> => ({ what: `VM ${vm.vmId}`, take: (tx) => take(tx, hostId, { type: "vm.state", vm }) })),
    { what: "VMs that are gone", take: (tx) => (observeAbsent(tx, hostId, vms), NOTHING) },
  ],
});

function describe(tx: Transaction, hostId: string, capabilities: HostCapabilities): readonly HostNews[] {
  const host = tx.update("Host", tx.need("Host", hostId), describedBy(capabilities));
  if (!OUT_OF_SERVICE.includes(host.status)) settle(tx, host);
  return NOTHING;
}

/** VMs run on without libvirtd, but nothing can be done to them. */
function observeLibvirt(tx: Transaction, hostId: string, available: boolean): void {
  const host = tx.need("Host", hostId);
  if (OUT_OF_SERVICE.includes(host.status)) return;
  if (available) return void settle(tx, host);
  tx.event(auditEvent("VDS_SET_NONOPERATIONAL", `Host ${host.name}: libvirtd does not answer.`, { hostId, clusterId: host.clusterId }));
  setHostStatus(tx, host, "NON_OPERATIONAL", "LIBVIRT_UNAVAILABLE");
}

function greet(tx: Transaction, hostId: string, { libvirtAvailable }: Hello, { certificate }: LinkOrigin): void {
  const host = noteCertificateInUse(tx, tx.need("Host", hostId), certificate);
  if (OUT_OF_SERVICE.includes(host.status)) return;
  if (libvirtAvailable) settle(tx, host);
  else setHostStatus(tx, host, "NON_OPERATIONAL", "LIBVIRT_UNAVAILABLE");
}

type Parts = Pick<Engine, "database" | "journal" | "unitOfWork" | "presence" | "statistics" | "log" | "settings">;
export interface Listeners {
  /** A link broke. */
  lost: (hostId: string) => void;
  claims: Claims;
  notices: Notices;
}

/** Takes what the hosts tell into the record, once it is made to fit. */
export function createHostObserver(engine: Parts, { lost, claims, notices }: Listeners): HostObserver & { stop(): void } {
  const { own, stop } = createDescriptions(engine, notices);
  const isHere = createWhereabouts(engine.journal);
  const measureFor = (hostId: string): Measure => ({ now: Date.now(), isHere: isHere(hostId), cuts: new Set() });
  const pieceOf =
    (hostId: string, origin: LinkOrigin) =>
    ({ seq, event }: { seq: number; event: HostEvent }): Piece => {
      if (event.type === "host.truth") return { seq, ...truthOf(hostId, event.vms) };
      if (event.type !== "host.capabilities") return { what: event.type, seq, take: (tx) => take(tx, hostId, event) };
      const told = own(hostId, event.capabilities, origin);
      return { what: event.type, seq, take: (tx) => (told ? describe(tx, hostId, told) : NOTHING) };
    };
  const tellCuts = (hostId: string, cuts: ReadonlySet<string>) => {
    for (const cut of cuts) notices.tell(hostId, cut, `reports more (${cut}) than is taken in; the surplus is left out.`);
  };
  return {
    stop,
    async hello(hostId, reported, origin) {
      const measure = measureFor(hostId);
      const hello = fitHello(reported, measure);
      const speaker = await speakerOf(engine, hostId, hello.incarnation);
      const events = unseen(hello.unacknowledged, speaker.acknowledged, { gaps: true });
      const told = own(hostId, hello.host, origin);
      const truth = hello.vms;
      const pieces: Piece[] = events.map(pieceOf(hostId, origin));
      const add = (what: string, work: Piece["take"]) => pieces.push({ what, seq: null, take: work });
      if (told) add("capabilities", (tx) => (tx.update("Host", tx.need("Host", hostId), describedBy(told)), NOTHING));
      if (truth) pieces.push({ seq: null, ...truthOf(hostId, truth) });
      add("hello", (tx) => (greet(tx, hostId, hello, origin), NOTHING));
      claims.note(hostId, await takePieces(engine, notices, speaker, pieces));
      tellCuts(hostId, measure.cuts);
      await engine.presence.linked(hostId);
      const acknowledged = events.at(-1)?.seq ?? speaker.acknowledged;
      return { acknowledged, statisticsIntervalMs: engine.settings.statisticsIntervalMs };
    },
    async events(hostId, incarnation, reported, origin) {
      const measure = measureFor(hostId);
      const speaker = await speakerOf(engine, hostId, incarnation);
      const events = fitEvents(unseen(reported, speaker.acknowledged, { gaps: false }), measure);
      if (events.length === 0) return speaker.acknowledged;
      claims.note(hostId, await takePieces(engine, notices, speaker, events.map(pieceOf(hostId, origin))));
      tellCuts(hostId, measure.cuts);
      return events.at(-1)!.seq;
    },
    statistics: (hostId, sample, vmIds) => engine.statistics.record(hostId, fitSample(sample, Date.now()), vmIds, isHere(hostId)),
    lost: (hostId, reason) => {
      engine.log.warn({ hostId, reason }, "host link lost");
      lost(hostId);
    },
  };
}

/** What hosts are, as far as it differs from the record and may be written now. */
function createDescriptions({ journal, unitOfWork, log }: Parts, notices: Notices) {
  const pace = createCapabilityPace();
  const own = (hostId: string, reported: HostCapabilities, { address }: LinkOrigin): HostCapabilities | null => {
    const host = journal.snapshot().get("Host", hostId);
    if (!host) return reported;
    const migrationUri = ownMigrationUri(reported.migrationUri, { recorded: host.address, linked: address });
    if (migrationUri !== reported.migrationUri)
      notices.tell(
        hostId,
        "migrationUri",
        `gives ${reported.migrationUri || "nothing"} as its address for migrations, which is not its own: ${migrationUri || "none"} is used.`,
      );
    const capabilities = { ...reported, migrationUri };
    const known = host.capabilities;
    const same = known !== null && JSON.stringify(known) === JSON.stringify(capabilities);
    return known === null || pace.admit(hostId, same ? null : capabilities) ? capabilities : null;
  };
  const writeDue = async () => {
    for (const [hostId, capabilities] of pace.due())
      await unitOfWork
        .run({ userId: null, correlationId: randomUUID(), jobId: null }, (tx) => describe(tx, hostId, capabilities))
        .catch((error: unknown) => log.error({ hostId, err: error }, "what a host is was not written"));
  };
  const timer = setInterval(() => void writeDue(), LOOK_MS);
  return { own, stop: () => clearInterval(timer) };
}

/** The link broke; it may be back in a moment. */
export function observeConnecting(tx: Transaction, hostId: string): void {
  const host = tx.get("Host", hostId);
  if (!host || OUT_OF_SERVICE.includes(host.status) || host.status === "CONNECTING" || host.status === "NON_RESPONSIVE") return;
  tx.event(
    auditEvent("VDS_HOST_NOT_RESPONDING_CONNECTING", `Host ${host.name} does not answer; connecting again.`, {
      hostId,
      clusterId: host.clusterId,
    }),
  );
  setHostStatus(tx, host, "CONNECTING", "NO_LINK");
}

/** The link did not come back in time: nothing is known of the host's VMs any more. */
export function observeNonResponsive(tx: Transaction, hostId: string): void {
  const host = tx.get("Host", hostId);
  if (!host || host.status === "MAINTENANCE" || host.status === "NON_RESPONSIVE") return;
  tx.event(auditEvent("VDS_HOST_NOT_RESPONDING", `Host ${host.name} is non-responsive.`, { hostId, clusterId: host.clusterId }));
  setHostStatus(tx, host, "NON_RESPONSIVE", "NO_LINK");
  for (const { id } of tx.snapshot.by("Vm", "hostId", hostId)) {
    const vm = tx.need("Vm", id);
    if (!isRunningOrPaused(vm.status) || vm.status === "MIGRATING" || vm.status === "WAIT_FOR_LAUNCH") continue;
    setVmStatus(tx, vm, "UNKNOWN");
    vmEvent(tx, "VM_SET_TO_UNKNOWN_STATUS", vm, `VM ${vm.name} was set to unknown: its host ${host.name} does not answer.`);
  }
}
