import { Field, ID, InputType } from "type-graphql";
import type { VmReport } from "../../../schema/hostlink.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import { OvertError } from "../../errors.ts";
import type { Caller } from "../access/caller.ts";
import type { Decision } from "../command.ts";
import { requireDisksOf } from "../disk/check.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import { addJob, type EndedJob, type JobDefinition, type StepContext } from "../job/definition.ts";
import { afterEarlierJobs, isSuperseded, jobAtWork } from "../job/running.ts";
import type { RowOf } from "../kinds.ts";
import { verb } from "../noun/verb.ts";
import { choose, wishedHost } from "../placement/choose.ts";
import { domainXmlFor } from "./domainXmlFor.ts";
import { arrived, ENDED_DETAIL } from "./observe.ts";
import { resumeVmJob } from "./resume.ts";
import { lookForVm, settleAt, type Sightings } from "./settle.ts";
import { isLaunching } from "./states.ts";
import { hostName, setVmDown, setVmStatus, setVmSuspended, vmEvent } from "./status.ts";

@InputType({ description: "Where a VM is started." })
class StartVmInput {
  @Field(() => ID, { nullable: true, description: "Start here and nowhere else." }) hostId?: string;
}
interface StartInput {
  hostId: string;
  /** Set when the VM comes back from a memory image. */
  memoryPath: string | null;
}
const LAUNCH_DEADLINE_MS = 120_000;

/**
 * Starts a VM that is down, brings back one that is suspended, lets a paused one go on.
 * Throws NOT_FOUND, NOT_ALLOWED_IN_STATE, NO_HOST (with a reason per host).
 */
export const startVm = verb({
  name: "startVm",
  on: "Vm",
  permit: "RUN_VM",
  states: ["DOWN", "SUSPENDED", "PAUSED"],
  done: "started",
  risk: "REVERSIBLE",
  description:
    "Starts a VM, brings a suspended one back, lets a paused one go on. `can.start` says what state and rights say; whether a host can take it is the answer of a plan.",
  input: StartVmInput,
  needs: ({ input, seen }, row) => (wishedHost(seen, input) ? [{ permit: "EDIT_ADMIN_VM_PROPERTIES", on: { kind: "Vm", row } }] : []),
  decide: (tx, vm, { input, caller }) => {
    return vm.status === "PAUSED" ? resume(tx, vm) : launch(tx, caller, vm, input.hostId);
  },
});

/** One job does it however often it is asked for. */
function resume(tx: Transaction, vm: RowOf<"Vm">): Decision<"Vm"> {
  const atWork = jobAtWork(tx, vm.id, "resumeVm");
  if (atWork) return { entity: vm, job: atWork };
  tx.claim("Vm", vm);
  const job = addJob(tx, {
    definition: resumeVmJob,
    description: `Letting VM ${vm.name} go on`,
    subject: { kind: "Vm", id: vm.id },
    input: { hostId: vm.hostId ?? "" },
  });
  return { entity: vm, job };
}

function launch(tx: Transaction, caller: Caller, vm: RowOf<"Vm">, wanted: string | undefined): Decision<"Vm"> {
  requireDisksOf(tx.snapshot, vm, ["OK"]);
  const { hostId, ranked } = choose(tx, vm, { hostId: wanted });
  const host = tx.need("Host", hostId);
  tx.claim("Host", host);
  const { memoryPath } = vm;
  const started = {
    hostId,
    stopReason: null,
    startTime: memoryPath === null ? tx.now : vm.startTime,
    guestOperatingSystem: null,
    guestTimeZone: null,
    // The engine counts its own attempts.
    ...(caller.userId !== null && { restartAttempts: 0, restartAt: null }),
  };
  const entity = setVmStatus(tx, vm, memoryPath === null ? "WAIT_FOR_LAUNCH" : "RESTORING_STATE", started);
  const job = addJob(tx, {
    definition: startVmJob,
    description: `Starting VM ${vm.name} on ${host.name}`,
    subject: { kind: "Vm", id: vm.id },
    input: { hostId, memoryPath },
  });
  vmEvent(tx, "USER_STARTED_VM", entity, `VM ${vm.name} was started by ${caller.userName} (host: ${host.name}).`);
  return { entity, job, placement: ranked };
}

type LaunchContext = StepContext<StartInput>;

export const startVmJob: JobDefinition<StartInput, Sightings> = {
  name: "startVm",
  hostOf: ({ hostId }) => hostId,
  steps: [
    {
      name: "launch",
      description: "Launching the VM on its host",
      cancellable: true,
      run: async (context) => {
        // What an earlier start has yet to take back must not hit this one.
        await afterEarlierJobs(context);
        return launchNow(context);
      },
      undo: async ({ job, snapshot, call, callContext }) => {
        const { hostId, memoryPath } = job.input;
        const vm = snapshot().get("Vm", job.subjectId);
        // A memory that was read is gone from the storage: its VM stays. So does one that turned out to run.
        const stays = memoryPath !== null || (isOurs(vm, hostId) && !isLaunching(vm.status) && !job.cancelRequested);
        if (!stays) await call(hostId, "vm.destroy", { vmId: job.subjectId, call: callContext("undo") });
      },
    },
  ],
  look: lookForVm,
  ended: (tx, job, outcome, seen) => {
    const vm = tx.get("Vm", job.subjectId);
    if (outcome === "FINISHED" || !isOurs(vm, job.input.hostId) || !isLaunching(vm.status) || isSuperseded(tx.snapshot, job)) return;
    vmEvent(tx, "USER_FAILED_RUN_VM", vm, `VM ${vm.name} could not be started on host ${hostName(tx, vm.hostId)}.`);
    settleLaunch(tx, vm, job, seen);
  },
};

async function launchNow({ job, snapshot, signal, call, callContext }: LaunchContext): Promise<((tx: Transaction) => void) | void> {
  const { hostId, memoryPath } = job.input;
  const vmId = job.subjectId;
  const before = snapshot().get("Vm", vmId);
  if (signal.aborted || !isOurs(before, hostId) || isAnothers(snapshot(), before, job)) throw stopped();
  // An earlier attempt did it: its host has told of the VM since.
  if (!isLaunching(before.status)) return (tx) => launched(tx, job, null);
  const xml = domainXmlFor(snapshot(), vmId, hostId);
  const report =
    memoryPath === null
      ? await call(hostId, "vm.start", { vmId, xml, paused: before.startPaused, call: callContext() }, { deadlineMs: LAUNCH_DEADLINE_MS })
      : await call(hostId, "vm.restore", { vmId, xml, memoryPath, call: callContext() }, { deadlineMs: LAUNCH_DEADLINE_MS });
  const after = snapshot().get("Vm", vmId);
  if (signal.aborted || !isOurs(after, hostId) || isAnothers(snapshot(), after, job)) throw stopped();
  const doubted = hasEnded(after);
  if (doubted && (await call(hostId, "host.vms", {})).vms.every((vm) => vm.vmId !== vmId)) throw endedAtOnce();
  return (tx) => {
    const vm = tx.get("Vm", vmId);
    // News of this very moment: the step is done again, and asks.
    if (!doubted && vm && hasEnded(vm)) throw new OvertError("HOST_UNREACHABLE", "The VM may have ended.");
    launched(tx, job, report);
  };
}

const hasEnded = (vm: RowOf<"Vm">) => isLaunching(vm.status) && vm.statusDetail === ENDED_DETAIL;
const endedAtOnce = () =>
  new OvertError("NOT_ALLOWED_IN_STATE", "The VM ended as soon as it was started.", [
    { code: "VM_ENDED", message: "The VM ended as soon as it was started." },
  ]);

/** `report` counts only while nothing newer is known of the VM. */
function launched(tx: Transaction, job: LaunchContext["job"], report: VmReport | null): void {
  const { hostId, memoryPath } = job.input;
  const vm = tx.get("Vm", job.subjectId);
  if (!vm) return;
  // A suspend that followed at once keeps its memory under the same path.
  const isKept = vm.status === "SAVING_STATE" || vm.status === "SUSPENDED";
  const now = memoryPath === null || isKept ? vm : tx.update("Vm", vm, { memoryPath: null, memoryDomainId: null });
  if (report && isOurs(now, hostId) && isLaunching(now.status) && !isAnothers(tx.snapshot, now, job)) arrived(tx, now, hostId, report);
  vmEvent(tx, "USER_RUN_VM", { ...vm, hostId }, `VM ${vm.name} started on host ${hostName(tx, hostId)}.`);
}

/** Down, or suspended as before, where that is certain: a VM that may run must not be started elsewhere. */
function settleLaunch(tx: Transaction, vm: RowOf<"Vm">, { input, undone, reasons }: EndedJob<StartInput>, seen: Sightings | null): void {
  const { hostId } = input;
  const report = seen?.get(hostId);
  // Once it ran, its memory was read and removed.
  const memoryPath = report || reasons.some(({ code }) => code === "VM_ENDED") ? null : input.memoryPath;
  const row = memoryPath === null ? tx.update("Vm", vm, { memoryPath: null, memoryDomainId: null }) : vm;
  if (report) return void settleAt(tx, row, { hostId, report, before: "WAIT_FOR_LAUNCH" });
  const destroyed = input.memoryPath === null && undone && tx.get("Host", hostId)?.status === "UP";
  if (report === undefined && !destroyed) setVmStatus(tx, row, "UNKNOWN");
  else if (memoryPath === null) setVmDown(tx, row, "LAUNCH_FAILED");
  else setVmSuspended(tx, row);
}

/** False once the VM was stopped or taken elsewhere while it was being launched. */
const isOurs = (vm: RowOf<"Vm"> | undefined, hostId: string): vm is RowOf<"Vm"> => vm?.hostId === hostId;
/** It came up, ended, and is being launched again: by a later start, which waits for this one. */
const isAnothers = (snapshot: Snapshot, vm: RowOf<"Vm">, job: LaunchContext["job"]) =>
  isLaunching(vm.status) && isSuperseded(snapshot, job);
/** Fails the step, so that its undo takes back what was launched for nobody. */
const stopped = () =>
  new OvertError("CONFLICT", "The VM was stopped while it was being launched.", [{ code: "STOPPED", message: "stopVm was faster." }]);
