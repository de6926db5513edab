import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { checkName } from "../input.ts";
import { BLANK_TEMPLATE_ID } from "../template/blank.ts";
import { checkMachine, checkMemory, type AddVmInput } from "./inputs.ts";
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
      const { templateId = BLANK_TEMPLATE_ID, display, ...given } = input;
      const template = tx.need("Template", templateId);
      checkName(input.name);
      checkMachine(input);
      const { memory, cpu, bios, os } = template;
      const inherited = { memory, cpu, bios, os, ...DEFAULTS };
      const settings = { ...inherited, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
      const memoryPolicy = input.memoryPolicy ?? { guaranteed: settings.memory, ballooning: true };
      checkMemory(settings.memory, memoryPolicy);
      const entity = tx.insert("Vm", {
        ...settings,
        ...NEVER_STARTED,
        name: input.name,
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
