import { Field, ID, InputType } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { Mac } from "../values.ts";
import { refuseHotPlug } from "../vm/hotPlug.ts";
import { requireVmState } from "../vm/states.ts";
import { checkFreeMac, checkNicName, checkProfile, nextNicName } from "./checkNic.ts";
import { freeMac } from "./macPool.ts";
import { NicInterface } from "./network.ts";

@InputType()
export class AddNicInput {
  @Field(() => ID) vmId: string;
  @Field({ nullable: true, description: "The next free of nic1, nic2 ... when absent." }) name?: string;
  @Field(() => ID, { nullable: true, description: "How it connects; to nothing when absent or null." }) vnicProfileId?: string;
  @Field(() => NicInterface, { nullable: true, description: "VIRTIO when absent." }) interface?: NicInterface;
  @Field(() => Mac, { nullable: true, description: "A free one of 56:6f:... when absent." }) mac?: Mac;
  @Field({ nullable: true, description: "True when absent." }) linked?: boolean;
  @Field({ nullable: true, description: "True when absent." }) plugged?: boolean;
}

/** Throws NOT_FOUND (VM, profile), INVALID, CONFLICT (name or MAC taken), NOT_ALLOWED_IN_STATE. */
export const addNic = (engine: Engine, caller: Caller, { input, ...request }: Request & { input: AddNicInput }): Promise<Outcome<"Nic">> =>
  command(engine, caller, request, {
    verb: "addNic",
    kind: "Nic",
    input,
    decide: (tx) => {
      permit(caller, "CONFIGURE_VM_NETWORK");
      const vm = tx.need("Vm", input.vmId);
      requireVmState(vm, "addNic");
      refuseHotPlug(vm);
      const siblings = tx.snapshot.by("Nic", "vmId", vm.id);
      const entity = tx.insert("Nic", {
        vmId: vm.id,
        name: checkNicName(input.name ?? nextNicName(siblings), siblings),
        vnicProfileId: checkProfile(tx, vm, input.vnicProfileId ?? null),
        interface: input.interface ?? "VIRTIO",
        macAddress: input.mac ? checkFreeMac(tx, input.mac.address) : freeMac(tx.snapshot),
        linked: input.linked ?? true,
        plugged: input.plugged ?? true,
      });
      tx.claim("Vm", vm);
      const links = { vmId: vm.id, clusterId: vm.clusterId };
      tx.event(auditEvent("NETWORK_ADD_VM_INTERFACE", `NIC ${entity.name} was added to VM ${vm.name} by ${caller.userName}.`, links));
      return { entity };
    },
  });
