import { Field, ObjectType } from "type-graphql";
import type { Reason } from "../../errors.ts";
import type { Viewer } from "../access/caller.ts";
import type { Permit } from "../access/permits.ts";
import type { RowOf } from "../kinds.ts";
import { vmStateRefusal, type VmVerb } from "./states.ts";
import { lacksPermit, Permitted, permittedUnless } from "../permitted.ts";

const NEEDS = {
  start: "RUN_VM",
  shutdown: "SHUT_DOWN_VM",
  stop: "STOP_VM",
  discardMemory: "STOP_VM",
  reboot: "REBOOT_VM",
  suspend: "HIBERNATE_VM",
  migrate: "MIGRATE_VM",
  cancelMigration: "MIGRATE_VM",
  update: "EDIT_VM_PROPERTIES",
  remove: "DELETE_VM",
} as const satisfies Partial<Record<VmVerb, Permit>>;

@ObjectType({ description: "What the caller may do with this VM now." })
export class VmCan {
  @Field(() => Permitted) start: Permitted;
  @Field(() => Permitted) shutdown: Permitted;
  @Field(() => Permitted) stop: Permitted;
  @Field(() => Permitted) discardMemory: Permitted;
  @Field(() => Permitted) reboot: Permitted;
  @Field(() => Permitted) suspend: Permitted;
  @Field(() => Permitted) migrate: Permitted;
  @Field(() => Permitted) cancelMigration: Permitted;
  @Field(() => Permitted) update: Permitted;
  @Field(() => Permitted) remove: Permitted;
}

/** From the same table that refuses the verb. */
export function vmCan(vm: RowOf<"Vm">, viewer: Viewer): VmCan {
  const protectedFrom: Reason | null = vm.deleteProtected
    ? { code: "DELETE_PROTECTED", message: `${vm.name} is protected from removal.` }
    : null;
  const entries = Object.entries(NEEDS).map(([verb, permit]) => {
    const reasons = [lacksPermit(viewer, permit), vmStateRefusal(vm, verb as VmVerb), verb === "remove" ? protectedFrom : null];
    return [verb, permittedUnless(reasons)];
  });
  return Object.fromEntries(entries) as VmCan;
}
