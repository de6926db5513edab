import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { checkName, refuseTaken, withoutNulls } from "../input.ts";
import { BLANK_TEMPLATE_ID } from "../template/blank.ts";
import { checkMachine, checkMemory, NULLABLE, type AddVmInput } from "./inputs.ts";
import { vmEvent } from "./status.ts";
import type { Vm } from "./vm.ts";

const DEFAULTS = {
  description: "",
  comment: "",
  type: "SERVER",
  console: { enabled: true },
  rngDevice: { source: "URANDOM" },
  migration: null,
  migrationDowntime: null,
  customEmulatedMachine: null,
  customCpuModel: null,
  deleteProtected: false,
} satisfies Partial<Vm>;

const NEVER_STARTED = {
  status: "DOWN",
  statusDetail: null,
  stopReason: null,
  hostId: null,
  migratingToId: null,
  startTime: null,
  stopTime: null,
  fqdn: null,
  guestOperatingSystem: null,
  guestTimeZone: null,
  reportedDevices: [],
  applicationNames: [],
  memoryDomainId: null,
  memoryPath: null,
} satisfies Partial<Vm>;

/** A VM without disks and NICs. Throws NOT_FOUND (cluster, template), INVALID, CONFLICT (name taken). */
export const addVm = (engine: Engine, caller: Caller, { input, ...request }: Request & { input: AddVmInput }): Promise<Outcome<"Vm">> =>
  command(engine, caller, request, {
    verb: "addVm",
    kind: "Vm",
    input,
    decide: (tx) => {
      permit(caller, "CREATE_VM");
      tx.need("Cluster", input.clusterId);
      // Null is a value where the column has one: no random number generator, no limit.
      const nulls = Object.fromEntries(NULLABLE.filter((name) => input[name] === null).map((name) => [name, null]));
      const { templateId = BLANK_TEMPLATE_ID, display, ...given } = withoutNulls(input);
      const template = tx.need("Template", templateId);
      const name = checkName(input.name);
      refuseTaken(tx.snapshot.by("Vm", "name", name), "input.name");
      checkMachine(given);
      const { memory, cpu, bios, os } = template;
      const inherited = { memory, cpu, bios, os, ...DEFAULTS };
      const settings = { ...inherited, ...given, ...nulls };
      const memoryPolicy = given.memoryPolicy ?? { guaranteed: settings.memory, ballooning: true };
      checkMemory(settings.memory, memoryPolicy);
      const entity = tx.insert("Vm", {
        ...settings,
        ...NEVER_STARTED,
        name,
        clusterId: input.clusterId,
        templateId,
        memoryPolicy,
        display: { type: display?.type ?? "VNC", address: null, port: null },
        statusSince: tx.now,
        creationTime: tx.now,
      });
      vmEvent(tx, "USER_ADD_VM", entity, `VM ${entity.name} was added by ${caller.userName}.`);
      return { entity };
    },
  });
