import { Field, InputType } from "type-graphql";
import { OvertError } from "../../errors.ts";
import { permit, SYSTEM, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import { addJob, type JobDefinition, type StepContext } from "../job/definition.ts";
import type { RowOf } from "../kinds.ts";
import { migrateVm } from "../vm/migrate.ts";
import { isMigratable } from "../vm/states.ts";
import { requireHostState } from "./states.ts";
import { setHostStatus } from "./status.ts";

@InputType()
export class DeactivateHostInput {
  @Field({ nullable: true, description: "Kept as `maintenanceReason`." }) reason?: string;
}
/** Moves under way at once from one host, as in oVirt. */
const AT_ONCE = 2;
const EVACUATION_MS = 6 * 3_600_000;

/** Sends a host into maintenance; its VMs are moved away first. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
export const deactivateHost = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input?: DeactivateHostInput | null },
): Promise<Outcome<"Host">> =>
  command(engine, caller, request, {
    verb: "deactivateHost",
    kind: "Host",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "MANIPULATE_HOST");
      const host = tx.need("Host", id);
      requireHostState(host, "deactivate");
      const reason = input?.reason ?? null;
      const entity = setHostStatus(tx, tx.update("Host", host, { maintenanceReason: reason }), "PREPARING_FOR_MAINTENANCE");
      const job = addJob(tx, {
        definition: deactivateHostJob(engine),
        description: `Moving host ${host.name} to maintenance`,
        subject: { kind: "Host", id },
        input: {},
      });
      const words = `Host ${host.name} was switched to maintenance by ${caller.userName}${reason ? ` (reason: ${reason})` : ""}.`;
      tx.event(
        auditEvent(reason ? "USER_VDS_MAINTENANCE" : "USER_VDS_MAINTENANCE_WITHOUT_REASON", words, {
          hostId: id,
          clusterId: host.clusterId,
        }),
      );
      return { entity, job };
    },
  });

const vmsOn = (snapshot: Snapshot, hostId: string) => [
  ...snapshot.by("Vm", "hostId", hostId),
  ...snapshot.by("Vm", "migratingToId", hostId),
];
const moving = (vm: RowOf<"Vm">) => vm.status === "MIGRATING";

/** The job moves VMs by the verb itself, so it needs the engine. */
export function deactivateHostJob(engine: Engine): JobDefinition<object> {
  const evacuate = async ({ job, snapshot, until, signal }: StepContext<object>): Promise<void> => {
    const hostId = job.subjectId;
    const failedOnce = new Set<string>();
    while (vmsOn(snapshot(), hostId).length > 0) {
      signal.throwIfAborted();
      const here = snapshot().by("Vm", "hostId", hostId);
      const free = AT_ONCE - here.filter(moving).length;
      const next = here.filter((vm) => isMigratable(vm.status)).slice(0, Math.max(0, free));
      for (const vm of next) {
        if (failedOnce.has(vm.id))
          throw new OvertError("NO_HOST", `VM ${vm.name} could not be moved away.`, [{ code: "VM_MIGRATION_FAILED", message: vm.name }]);
        failedOnce.add(vm.id);
        await migrateVm(engine, SYSTEM, { id: vm.id, mode: "APPLY" });
      }
      const stillHere = vmsOn(snapshot(), hostId).length;
      if (stillHere > 0) await until((now) => canGoOn(now, hostId, stillHere), EVACUATION_MS);
    }
  };
  return {
    name: "deactivateHost",
    steps: [
      { name: "evacuate", description: "Moving its VMs away", cancellable: true, run: evacuate },
      {
        name: "enter",
        description: "Entering maintenance",
        run: ({ job }) =>
          Promise.resolve((tx) => {
            const host = tx.get("Host", job.subjectId);
            if (!host) return;
            tx.event(auditEvent("VDS_MAINTENANCE", `Host ${host.name} is in maintenance.`, { hostId: host.id, clusterId: host.clusterId }));
            setHostStatus(tx, host, "MAINTENANCE");
          }),
      },
    ],
    ended: (tx, job, outcome) => {
      const host = tx.get("Host", job.subjectId);
      if (!host || outcome === "FINISHED" || host.status !== "PREPARING_FOR_MAINTENANCE") return;
      tx.event(
        auditEvent("VDS_MAINTENANCE_FAILED", `Host ${host.name} could not enter maintenance.`, {
          hostId: host.id,
          clusterId: host.clusterId,
        }),
      );
      setHostStatus(tx, tx.update("Host", host, { maintenanceReason: null }), engine.hosts.connected(host.id) ? "UP" : "CONNECTING");
    },
  };
}

/** A VM left, or there is room for the next move. */
function canGoOn(now: Snapshot, hostId: string, count: number): boolean {
  const here = now.by("Vm", "hostId", hostId);
  const waiting = here.some((vm) => isMigratable(vm.status));
  return vmsOn(now, hostId).length < count || (waiting && here.filter(moving).length < AT_ONCE);
}
