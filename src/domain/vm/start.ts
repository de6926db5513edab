import { Field, ID, InputType } from "type-graphql";
import { OvertError } from "../../errors.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Decision, type Outcome, type Request } from "../command.ts";
import { requireDisksOf } from "../disk/check.ts";
import type { Engine } from "../engine.ts";
import { addJob, type JobDefinition } from "../job/definition.ts";
import type { RowOf } from "../kinds.ts";
import { choose } from "../placement/choose.ts";
import { domainXmlFor } from "./domainXmlFor.ts";
import { arrived } from "./observe.ts";
import { requireVmState } from "./states.ts";
import { hostName, setVmDown, setVmStatus, setVmSuspended, vmEvent } from "./status.ts";
import { resumeVmJob } from "./resume.ts";

@InputType()
export class StartVmInput {
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
export const startVm = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input?: StartVmInput | null },
): Promise<Outcome<"Vm">> =>
  command(engine, caller, request, {
    verb: "startVm",
    kind: "Vm",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "RUN_VM");
      const vm = tx.need("Vm", id);
      requireVmState(vm, "start");
      return vm.status === "PAUSED" ? resume(tx, vm) : launch(tx, caller, vm, input?.hostId);
    },
  });

function resume(tx: Transaction, vm: RowOf<"Vm">): Decision<"Vm"> {
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
    startTime: memoryPath ? vm.startTime : tx.now,
    guestOperatingSystem: null,
    guestTimeZone: null,
  };
  const entity = setVmStatus(tx, vm, memoryPath ? "RESTORING_STATE" : "WAIT_FOR_LAUNCH", started);
  const job = addJob(tx, {
    definition: startVmJob,
    description: `Starting VM ${vm.name} on ${host.name}`,
    subject: { kind: "Vm", id: vm.id },
    input: { hostId, memoryPath },
  });
  vmEvent(tx, "USER_STARTED_VM", entity, `VM ${vm.name} was started by ${caller.userName} (host: ${host.name}).`);
  return { entity, job, placement: ranked };
}

export const startVmJob: JobDefinition<StartInput> = {
  name: "startVm",
  steps: [
    {
      name: "launch",
      description: "Launching the VM on its host",
      cancellable: true,
      run: async ({ job, snapshot, signal, call, callContext }) => {
        const { hostId, memoryPath } = job.input;
        const vmId = job.subjectId;
        const wanted = () => !signal.aborted && isOurs(snapshot().get("Vm", vmId), hostId);
        if (!wanted()) throw stopped();
        const xml = domainXmlFor(snapshot(), vmId, hostId);
        const report = memoryPath
          ? await call(hostId, "vm.restore", { vmId, xml, memoryPath, call: callContext() }, { deadlineMs: LAUNCH_DEADLINE_MS })
          : await call(hostId, "vm.start", { vmId, xml, call: callContext() }, { deadlineMs: LAUNCH_DEADLINE_MS });
        if (!wanted()) throw stopped();
        return (tx) => {
          const vm = tx.get("Vm", vmId);
          if (!vm) return;
          const launched = memoryPath ? tx.update("Vm", vm, { memoryPath: null, memoryDomainId: null }) : vm;
          arrived(tx, launched, hostId, report);
          vmEvent(tx, "USER_RUN_VM", launched, `VM ${vm.name} started on host ${hostName(tx, hostId)}.`);
        };
      },
      undo: async ({ job, call, callContext }) => {
        await call(job.input.hostId, "vm.destroy", { vmId: job.subjectId, call: callContext("undo") });
      },
    },
  ],
  ended: (tx, job, outcome) => {
    const vm = tx.get("Vm", job.subjectId);
    if (!vm || outcome === "FINISHED" || !isOurs(vm, job.input.hostId)) return;
    if (!["WAIT_FOR_LAUNCH", "RESTORING_STATE"].includes(vm.status)) return;
    vmEvent(tx, "USER_FAILED_RUN_VM", vm, `VM ${vm.name} could not be started on host ${hostName(tx, vm.hostId)}.`);
    if (tx.get("Host", job.input.hostId)?.status !== "UP") setVmStatus(tx, vm, "UNKNOWN");
    else if (job.input.memoryPath) setVmSuspended(tx, vm);
    else setVmDown(tx, vm, "LAUNCH_FAILED");
  },
};

/** False once the VM was stopped or taken elsewhere while it was being launched. */
const isOurs = (vm: RowOf<"Vm"> | undefined, hostId: string) => vm?.hostId === hostId;
/** Fails the step, so that its undo takes back what was launched for nobody. */
const stopped = () =>
  new OvertError("CONFLICT", "The VM was stopped while it was being launched.", [{ code: "STOPPED", message: "stopVm was faster." }]);
