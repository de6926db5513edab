import { randomUUID } from "node:crypto";
import type { VmReport } from "../../../schema/hostlink.ts";
import type { Engine } from "../engine.ts";
import { auditEvent, type AuditLogName } from "../event/codes.ts";
import type { RowOf } from "../kinds.ts";
import { createPaces, type Pace } from "../../pace.ts";
import { arrived, isInAJob, isPassing, runsNowhere } from "../vm/observe.ts";
import { hostName, vmEvent } from "../vm/status.ts";
import type { Claim, Claims } from "./claims.ts";

const LOOK_MS = 1_000;
const ASK_DEADLINE_MS = 10_000;
/** Between two looks into a claim that stands. */
const AGAIN_MS = 5_000;
/** So often at most people are told of a host's new VMs that are not its own. */
const TELL_AGAIN_MS = 60_000;
/** Other hosts that are asked in one look into the claims of one. */
const MOST_ASKED = 16;
const MOST_NAMED = 5;
/** Of a host that claims what others run: one event for each VM, so many at once, and then so many a second. */
const ALARMS = 10;
const ALARMS_PER_SECOND = 0.1;
const MOST_HOSTS = 10_000;

type Parts = Pick<Engine, "journal" | "unitOfWork" | "hosts" | "log">;
type HostRow = RowOf<"Host">;
type Answers = (hostId: string) => Promise<ReadonlyMap<string, VmReport> | null>;

/** Tells people of what hosts run beside the record, and finds out which of the claims are true. Stops when the returned function has resolved. */
export function watchClaims(parts: Parts, claims: Claims): () => Promise<void> {
  const busy = new Map<string, Promise<void>>();
  const told = createTold();
  const alarms = createPaces(ALARMS, ALARMS_PER_SECOND, MOST_HOSTS);
  const look = () => {
    const answers = createAnswers(parts);
    for (const hostId of claims.hosts()) {
      const host = parts.journal.snapshot().get("Host", hostId);
      if (!host) forget(hostId);
      else if (!busy.has(hostId)) {
        const work = lookAt({ ...parts, claims, told, alarms: alarms(hostId), answers }, host)
          .catch((error: unknown) => parts.log.error({ hostId, err: error }, "claims of a host could not be looked into"))
          .finally(() => busy.delete(hostId));
        busy.set(hostId, work);
      }
    }
  };
  const forget = (hostId: string) => {
    claims.forget(hostId);
    told.forget(hostId);
  };
  const timer = setInterval(look, LOOK_MS);
  return async () => {
    clearInterval(timer);
    await Promise.all(busy.values());
  };
}

interface Look extends Parts {
  claims: Claims;
  told: Told;
  /** Of events that two hosts run a VM. */
  alarms: Pace;
  answers: Answers;
}

async function lookAt(look: Look, host: HostRow): Promise<void> {
  const snapshot = look.journal.snapshot();
  const [unmanaged, foreign, own]: [Claim[], Claim[], Claim[]] = [[], [], []];
  for (const claim of look.claims.of(host.id).values()) {
    const vm = snapshot.get("Vm", claim.vmId);
    if (!vm) unmanaged.push(claim);
    else if (vm.clusterId !== host.clusterId) foreign.push(claim);
    else own.push(claim);
  }
  await tell(look, host, { name: "UNMANAGED_VM_DETECTED", claims: unmanaged, words: unmanagedWords });
  await tell(look, host, { name: "VM_CLAIMED_BY_FOREIGN_HOST", claims: foreign, words: foreignWords });
  const due = own.filter(({ dueAt }) => dueAt <= performance.now());
  if (due.length > 0) await check(look, host, due);
}

const unmanagedWords = (host: string, vms: string, one: boolean) =>
  `Host ${host} runs ${vms}, which ${one ? "is" : "are"} not managed here.`;
const foreignWords = (host: string, vms: string, one: boolean) =>
  `Host ${host} says that it runs ${vms} of another cluster. It is not believed: ${one ? "the VM stays" : "the VMs stay"} where the record has ${one ? "it" : "them"}.`;

interface Telling {
  name: AuditLogName;
  claims: readonly Claim[];
  words: (host: string, vms: string, one: boolean) => string;
}
/** One event for all that are new, and none when nothing is. */
async function tell({ unitOfWork, told }: Look, host: HostRow, { name, claims, words }: Telling): Promise<void> {
  if (!told.isNews(host.id, name, claims)) return;
  const [first] = claims;
  const one = claims.length === 1;
  const vmId = one && name !== "UNMANAGED_VM_DETECTED" ? first!.vmId : null;
  await unitOfWork.run(origin(), (tx) =>
    tx.event(auditEvent(name, words(host.name, namesOf(claims), one), { vmId, hostId: host.id, clusterId: host.clusterId })),
  );
}

function namesOf(claims: readonly Claim[]): string {
  const named = claims.slice(0, MOST_NAMED).map(({ name, vmId }) => name || vmId);
  const others = claims.length - named.length;
  return others === 0 ? named.join(", ") : `${named.join(", ")} and ${others.toLocaleString("en-US")} other VMs`;
}

/** What was told of each host and kind of event. */
interface Told {
  /** Whether there is one that was not told, and it is time to tell; then they count as told. */
  isNews(hostId: string, name: string, claims: readonly Claim[]): boolean;
  forget(hostId: string): void;
}

function createTold(): Told {
  const known = new Map<string, { vmIds: ReadonlySet<string>; nextAt: number }>();
  return {
    isNews(hostId, name, claims) {
      const key = `${hostId} ${name}`;
      const before = known.get(key) ?? { vmIds: new Set(), nextAt: -Infinity };
      if (claims.every(({ vmId }) => before.vmIds.has(vmId)) || performance.now() < before.nextAt) return false;
      known.set(key, { vmIds: new Set(claims.map(({ vmId }) => vmId)), nextAt: performance.now() + TELL_AGAIN_MS });
      return true;
    },
    forget(hostId) {
      for (const key of known.keys()) if (key.startsWith(hostId)) known.delete(key);
    },
  };
}

/** Asks each host once, however many claims concern it; null when it does not answer. */
function createAnswers({ hosts }: Parts): Answers {
  const asked = new Map<string, ReturnType<Answers>>();
  const ask: Answers = async (hostId) => {
    if (!hosts.connected(hostId)) return null;
    try {
      const { vms } = await hosts.call(hostId, "host.vms", {}, { deadlineMs: ASK_DEADLINE_MS });
      return new Map(vms.filter((report) => !isPassing(report)).map((report) => [report.vmId, report]));
    } catch {
      return null;
    }
  };
  return (hostId) => {
    const answer = asked.get(hostId) ?? ask(hostId);
    asked.set(hostId, answer);
    return answer;
  };
}

/** The claimant and the host of the record are both asked; while one of them does not answer, nothing is concluded. */
async function check(look: Look, host: HostRow, due: readonly Claim[]): Promise<void> {
  for (const claim of due) claim.dueAt = performance.now() + AGAIN_MS;
  const mine = await look.answers(host.id);
  if (!mine) return;
  const asked = new Set<string>();
  for (const claim of due) {
    const report = mine.get(claim.vmId);
    const vm = look.journal.snapshot().get("Vm", claim.vmId);
    if (!report || !vm || vm.hostId === host.id) look.claims.settle(host.id, claim.vmId);
    else if (vm.hostId === null) await take(look, host, { vm, report });
    else if (!isInAJob(vm.status) && (asked.has(vm.hostId) || asked.size < MOST_ASKED)) {
      asked.add(vm.hostId);
      const theirs = await look.answers(vm.hostId);
      if (theirs?.has(vm.id)) await tellOfTwo(look, host, { vm, claim });
      else if (theirs) await take(look, host, { vm, report });
    }
  }
}

/** Nobody else runs it: it is taken up, unless the record has changed in the meantime. */
async function take({ unitOfWork, claims }: Look, host: HostRow, { vm, report }: { vm: RowOf<"Vm">; report: VmReport }): Promise<void> {
  const taken = await unitOfWork.run(origin(), (tx) => {
    const now = tx.get("Vm", vm.id);
    if (!now || now.hostId !== vm.hostId || now.status !== vm.status || now.clusterId !== host.clusterId) return false;
    if (now.hostId === null && !runsNowhere(now)) return false;
    const words = now.hostId === null ? "" : `, not on host ${hostName(tx, now.hostId)}`;
    vmEvent(tx, "VM_FOUND_ON_ANOTHER_HOST", { ...now, hostId: host.id }, `VM ${now.name} runs on host ${host.name}${words}.`);
    arrived(tx, now, host.id, report);
    return true;
  });
  if (taken) claims.settle(host.id, vm.id);
}

async function tellOfTwo({ unitOfWork, alarms }: Look, host: HostRow, { vm, claim }: { vm: RowOf<"Vm">; claim: Claim }): Promise<void> {
  if (claim.told || !alarms.tryTake(1)) return;
  claim.told = true;
  await unitOfWork.run(origin(), (tx) => {
    const words = `Hosts ${hostName(tx, vm.hostId)} and ${host.name} both say that they run VM ${vm.name}. Two that write to the same disks destroy them.`;
    vmEvent(tx, "VM_RUNS_ON_TWO_HOSTS", vm, words);
  });
}

const origin = () => ({ userId: null, correlationId: randomUUID(), jobId: null });
