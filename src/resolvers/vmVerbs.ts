import { Arg, Args, Ctx, ID, Mutation, Resolver } from "type-graphql";
import { addVm } from "../domain/vm/add.ts";
import { cancelVmMigration } from "../domain/vm/cancelMigration.ts";
import { discardVmMemory } from "../domain/vm/discardMemory.ts";
import { AddVmInput, UpdateVmInput } from "../domain/vm/inputs.ts";
import { migrateVm, MigrateVmInput } from "../domain/vm/migrate.ts";
import { rebootVm } from "../domain/vm/reboot.ts";
import { removeVm, RemoveVmInput } from "../domain/vm/remove.ts";
import { shutdownVm, ShutdownVmInput } from "../domain/vm/shutdown.ts";
import { startVm, StartVmInput } from "../domain/vm/start.ts";
import { stopVm, StopVmInput } from "../domain/vm/stop.ts";
import { suspendVm } from "../domain/vm/suspend.ts";
import { updateVm } from "../domain/vm/update.ts";
import { Vm } from "../domain/vm/vm.ts";
import type { Context } from "./context.ts";
import { act, payloadType, RequestArgs, Risk } from "./payload.ts";

const AddVmPayload = payloadType("AddVmPayload", "vm", Vm);
const UpdateVmPayload = payloadType("UpdateVmPayload", "vm", Vm);
const RemoveVmPayload = payloadType("RemoveVmPayload", "vm", Vm);
const StartVmPayload = payloadType("StartVmPayload", "vm", Vm);
const ShutdownVmPayload = payloadType("ShutdownVmPayload", "vm", Vm);
const StopVmPayload = payloadType("StopVmPayload", "vm", Vm);
const DiscardVmMemoryPayload = payloadType("DiscardVmMemoryPayload", "vm", Vm);
const RebootVmPayload = payloadType("RebootVmPayload", "vm", Vm);
const SuspendVmPayload = payloadType("SuspendVmPayload", "vm", Vm);
const MigrateVmPayload = payloadType("MigrateVmPayload", "vm", Vm);
const CancelVmMigrationPayload = payloadType("CancelVmMigrationPayload", "vm", Vm);

@Resolver(() => Vm)
export class VmVerbs {
  @Risk("REVERSIBLE")
  @Mutation(() => AddVmPayload)
  addVm(@Arg("input") input: AddVmInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "vm", addVm, { input, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => UpdateVmPayload)
  updateVm(@Arg("id", () => ID) id: string, @Arg("input") input: UpdateVmInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "vm", updateVm, { id, input, ...request });
  }

  @Risk("DESTRUCTIVE")
  @Mutation(() => RemoveVmPayload)
  removeVm(
    @Arg("id", () => ID) id: string,
    @Arg("input", { nullable: true }) input: RemoveVmInput,
    @Args() request: RequestArgs,
    @Ctx() context: Context,
  ) {
    return act(context, "vm", removeVm, { id, input, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => StartVmPayload, { description: "Starts a VM, brings a suspended one back, lets a paused one go on." })
  startVm(
    @Arg("id", () => ID) id: string,
    @Arg("input", { nullable: true }) input: StartVmInput,
    @Args() request: RequestArgs,
    @Ctx() context: Context,
  ) {
    return act(context, "vm", startVm, { id, input, ...request });
  }

  @Risk("DISRUPTIVE")
  @Mutation(() => ShutdownVmPayload, { description: "Asks the guest to power itself off." })
  shutdownVm(
    @Arg("id", () => ID) id: string,
    @Arg("input", { nullable: true }) input: ShutdownVmInput,
    @Args() request: RequestArgs,
    @Ctx() context: Context,
  ) {
    return act(context, "vm", shutdownVm, { id, input, ...request });
  }

  @Risk("DISRUPTIVE")
  @Mutation(() => StopVmPayload, { description: "Cuts the power." })
  stopVm(
    @Arg("id", () => ID) id: string,
    @Arg("input", { nullable: true }) input: StopVmInput,
    @Args() request: RequestArgs,
    @Ctx() context: Context,
  ) {
    return act(context, "vm", stopVm, { id, input, ...request });
  }

  @Risk("DESTRUCTIVE")
  @Mutation(() => DiscardVmMemoryPayload, { description: "Throws the memory of a suspended VM away; it starts from its disks then." })
  discardVmMemory(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "vm", discardVmMemory, { id, ...request });
  }

  @Risk("DISRUPTIVE")
  @Mutation(() => RebootVmPayload, { description: "Asks the guest to restart." })
  rebootVm(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "vm", rebootVm, { id, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => SuspendVmPayload, { description: "Writes the memory to storage and ends the VM; startVm brings it back." })
  suspendVm(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "vm", suspendVm, { id, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => MigrateVmPayload, { description: "Moves a running VM to another host of its cluster." })
  migrateVm(
    @Arg("id", () => ID) id: string,
    @Arg("input", { nullable: true }) input: MigrateVmInput,
    @Args() request: RequestArgs,
    @Ctx() context: Context,
  ) {
    return act(context, "vm", migrateVm, { id, input, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => CancelVmMigrationPayload, { description: "Stops a migration; the VM stays where it was." })
  cancelVmMigration(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "vm", cancelVmMigration, { id, ...request });
  }
}
