import { invalid, OvertError } from "../../errors.ts";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { checkName, expectVersion, patchOf, refuseTaken } from "../input.ts";
import { ALWAYS_SETTABLE, checkMachine, checkMemory, NULLABLE, SETTABLE_WHEN_DOWN, type UpdateVmInput } from "./inputs.ts";
import { vmEvent } from "./status.ts";

/**
 * What describes the machine itself can change only while it is down.
 * Throws NOT_FOUND, INVALID, CONFLICT (version, name taken), NOT_ALLOWED_IN_STATE.
 */
export const updateVm = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input: UpdateVmInput },
): Promise<Outcome<"Vm">> =>
  command(engine, caller, request, {
    verb: "updateVm",
    kind: "Vm",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "EDIT_VM_PROPERTIES");
      const vm = tx.need("Vm", id);
      expectVersion(vm, input.version);
      const plain = patchOf(input, ALWAYS_SETTABLE, ["migration", "migrationDowntime"]);
      if (plain.name !== undefined) {
        plain.name = checkName(plain.name);
        refuseTaken(tx.snapshot.by("Vm", "name", plain.name), "input.name", id);
      }
      const machine = patchOf(input, SETTABLE_WHEN_DOWN, ["rngDevice", "customEmulatedMachine", "customCpuModel"]);
      if (input.display === null) throw invalid("input.display", "It cannot be null.", "NULL");
      const changesMachine = Object.keys(machine).length > 0 || input.display !== undefined;
      if (changesMachine && vm.status !== "DOWN")
        throw new OvertError("NOT_ALLOWED_IN_STATE", `${vm.name} must be down for this.`, [
          { code: "VM_NOT_DOWN", message: `It is ${vm.status}.` },
        ]);
      checkMachine(patchOf(input, [...SETTABLE_WHEN_DOWN, "migration", "migrationDowntime"], NULLABLE));
      checkMemory(
        input.memory ?? vm.memory,
        input.memoryPolicy ?? { ...vm.memoryPolicy, guaranteed: Math.min(vm.memoryPolicy.guaranteed, input.memory ?? vm.memory) },
      );
      const display = input.display ? { display: { ...vm.display, type: input.display.type } } : {};
      const guarantee =
        input.memory !== undefined && !input.memoryPolicy
          ? { memoryPolicy: { ...vm.memoryPolicy, guaranteed: Math.min(vm.memoryPolicy.guaranteed, input.memory) } }
          : {};
      const entity = tx.update("Vm", vm, {
        ...plain,
        ...machine,
        ...display,
        ...guarantee,
      });
      vmEvent(tx, "USER_UPDATE_VM", entity, `VM ${entity.name} was updated by ${caller.userName}.`);
      return { entity };
    },
  });
