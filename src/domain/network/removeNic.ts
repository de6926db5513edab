import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { refuseHotPlug } from "../vm/hotPlug.ts";
import { requireVmState } from "../vm/states.ts";

/** Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
export const removeNic = (engine: Engine, caller: Caller, { id, ...request }: Request & { id: string }): Promise<Outcome<"Nic">> =>
  command(engine, caller, request, {
    verb: "removeNic",
    kind: "Nic",
    input: id,
    decide: (tx) => {
      permit(caller, "CONFIGURE_VM_NETWORK");
      const nic = tx.need("Nic", id);
      const vm = tx.need("Vm", nic.vmId);
      requireVmState(vm, "removeNic");
      refuseHotPlug(vm);
      tx.remove("Nic", nic);
      tx.claim("Vm", vm);
      const links = { vmId: vm.id, clusterId: vm.clusterId };
      tx.event(auditEvent("NETWORK_REMOVE_VM_INTERFACE", `NIC ${nic.name} was removed from VM ${vm.name} by ${caller.userName}.`, links));
      return { entity: nic };
    },
  });
