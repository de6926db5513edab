import { Field, ID, InputType, Int } from "type-graphql";
import type { Transaction } from "../../db/unitOfWork.ts";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { expectVersion, patchOf } from "../input.ts";
import type { RowOf } from "../kinds.ts";
import { Mac } from "../values.ts";
import { refuseHotPlug } from "../vm/hotPlug.ts";
import { requireVmState } from "../vm/states.ts";
import { checkFreeMac, checkNicName, checkProfile } from "./checkNic.ts";
import { NicInterface } from "./network.ts";

@InputType()
export class UpdateNicInput {
  @Field(() => Int, { nullable: true }) version?: number;
  @Field({ nullable: true }) name?: string;
  @Field(() => ID, { nullable: true, description: "Null takes it off its network." }) vnicProfileId?: string | null;
  @Field(() => NicInterface, { nullable: true }) interface?: NicInterface;
  @Field(() => Mac, { nullable: true }) mac?: Mac;
  @Field({ nullable: true }) linked?: boolean;
  @Field({ nullable: true }) plugged?: boolean;
}

/** Throws NOT_FOUND (NIC, profile), INVALID, CONFLICT (version, name or MAC taken), NOT_ALLOWED_IN_STATE. */
export const updateNic = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input: UpdateNicInput },
): Promise<Outcome<"Nic">> =>
  command(engine, caller, request, {
    verb: "updateNic",
    kind: "Nic",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "CONFIGURE_VM_NETWORK");
      const nic = tx.need("Nic", id);
      const vm = tx.need("Vm", nic.vmId);
      expectVersion(nic, input.version);
      requireVmState(vm, "updateNic");
      refuseHotPlug(vm);
      const entity = tx.update("Nic", nic, checkedPatch(tx, { nic, vm, input }));
      tx.claim("Vm", vm);
      const links = { vmId: vm.id, clusterId: vm.clusterId };
      tx.event(auditEvent("NETWORK_UPDATE_VM_INTERFACE", `NIC ${entity.name} of VM ${vm.name} was updated by ${caller.userName}.`, links));
      return { entity };
    },
  });

function checkedPatch(
  tx: Transaction,
  { nic, vm, input }: { nic: RowOf<"Nic">; vm: RowOf<"Vm">; input: UpdateNicInput },
): Partial<RowOf<"Nic">> {
  const { mac, ...patch } = patchOf(input, ["name", "interface", "mac", "linked", "plugged"]);
  if (patch.name !== undefined) patch.name = checkNicName(patch.name, tx.snapshot.by("Nic", "vmId", vm.id), nic.id);
  return {
    ...patch,
    ...(mac && { macAddress: checkFreeMac(tx, mac.address, nic.id) }),
    ...(input.vnicProfileId !== undefined && { vnicProfileId: checkProfile(tx, vm, input.vnicProfileId) }),
  };
}
