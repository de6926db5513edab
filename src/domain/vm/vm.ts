import { Cluster } from "../cluster/cluster.ts";
import { Host } from "../host/host.ts";
import {
  atOnce,
  graphqlEnum,
  Id,
  Instant,
  Name,
  OneOf,
  Reference,
  References,
  sentences,
  Text,
  Value,
  Version,
  Whole,
} from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { Labels } from "../noun/labels.ts";
import { Planned } from "../noun/nextRun.ts";
import { InstanceType } from "../instanceType/instanceType.ts";
import { CpuProfile } from "../sla/cpuProfile.ts";
import { StorageDomain } from "../storage/storageDomain.ts";
import { Tagged } from "../tag/tagged.ts";
import { BLANK_TEMPLATE_ID } from "../template/blank.ts";
import { Template } from "../template/template.ts";
import { GuestOperatingSystem, ReportedDevice, TimeZone } from "../values.ts";
import { VM_SEARCH } from "./search.ts";
import { Hardware, Machine } from "./machine.ts";

/** Each state as the rest of a sentence that begins with the object's name. */
const PHRASES = {
  UNASSIGNED: "has no state yet",
  DOWN: "is down",
  UP: "is up",
  POWERING_UP: "is powering up",
  PAUSED: "is paused",
  MIGRATING: "is migrating",
  UNKNOWN: "is in an unknown state, because its host does not answer",
  NOT_RESPONDING: "does not respond",
  WAIT_FOR_LAUNCH: "is being started",
  REBOOT_IN_PROGRESS: "is rebooting",
  SAVING_STATE: "is being suspended",
  RESTORING_STATE: "is being restored from memory",
  SUSPENDED: "is suspended",
  IMAGE_LOCKED: "is locked by a job",
  POWERING_DOWN: "is powering down",
} as const;
export const VmStatus = graphqlEnum("VmStatus", "Life of a VM, in oVirt's words.", sentences(PHRASES));
export type VmStatus = keyof typeof VmStatus;
const none = (): never[] => [];
const TOLD = { nullable: true, observed: true } as const;

@Noun<Vm>({
  description: "A virtual machine.",
  words: "VM",
  unique: [["name"]],
  within: "clusterId",
  shares: [Labels, Tagged, Hardware, Machine, Planned],
  rights: { add: "CREATE_VM", update: "EDIT_VM_PROPERTIES", remove: "DELETE_VM" },
  events: { add: "USER_ADD_VM", update: "USER_UPDATE_VM" },
  owner: "UserVmManager",
  phrases: PHRASES,
  search: VM_SEARCH,
  ovirt: {
    VmBase: { as: "Vm", why: "What VMs and templates share is declared on both: there are no base classes." },
    "VmPlacementPolicy.hosts": {
      as: "Vm.placementHosts",
      why: "They are objects, and their rights are those of objects: a reference beside the policy.",
    },
    "Vm.watchdogs": { as: "watchdog", why: "There is one at most." },
    "Template.watchdogs": { as: "watchdog", why: "There is one at most." },
    "VmWatchdogsService.add": { as: "updateVm", why: "The watchdog is a column of the VM." },
    "VmWatchdogService.update": { as: "updateVm" },
    "VmWatchdogService.remove": { as: "updateVm" },
    "TemplateWatchdogsService.add": { as: "updateTemplate", why: "The watchdog is a column of the template." },
    "TemplateWatchdogService.update": { as: "updateTemplate" },
    "TemplateWatchdogService.remove": { as: "updateTemplate" },
    "Vm.nextRunConfigurationExists": { as: "nextRun", why: "It is null while nothing waits." },
    "Vm.graphicsConsoles": { as: "display", why: "There is one console, and the display is it." },
    "GraphicsConsole.protocol": { as: "Display.type", why: "There is one console, and the display is it." },
    "GraphicsConsole.address": { as: "Display.address" },
    "GraphicsConsole.port": { as: "Display.port" },
    "Vm.originalTemplate": { as: "template", why: "What a VM was made from does not change." },
    "VmService.cancelMigration": { as: "cancelVmMigration", why: "It cancels the migration of a VM, not a VM." },
    "VmService.stop": {
      why: "A suspended VM is refused: oVirt throws its memory away here and in shutdown, which is `discardVmMemory`, so that a loss is never a side effect.",
    },
  },
})
export class Vm {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique.") name: string;
  @Reference(() => Cluster, "Where it may run.", { set: "add", back: "vms", backDescription: "Its VMs." }) clusterId: string;
  @Reference(() => Template, "What it was made from.", {
    set: "add",
    default: BLANK_TEMPLATE_ID,
    otherwise: "Blank",
    back: "vms",
    backDescription: "VMs that were made from it.",
    seen: true,
    needs: "CREATE_VM",
  })
  templateId: string;
  @Reference(() => InstanceType, "What its size was taken from; null = from its template.", {
    set: "add",
    nullable: true,
    back: "vms",
    onRemove: "release",
    backDescription: "VMs that were made with it.",
    seen: true,
  })
  instanceTypeId: string | null;
  @Reference(() => CpuProfile, "How much of the hosts' processors it may use, from its next start; null = as much as there is.", {
    set: "always",
    nullable: true,
    back: "vms",
    backDescription: "VMs that have it.",
    seen: true,
    needs: "ASSIGN_CPU_PROFILE",
  })
  cpuProfileId: string | null;
  @OneOf(VmStatus, "State.", { default: "DOWN", search: true, observed: true }) status: VmStatus;
  @Text("Why it is in this state, as a code; null when there is nothing to say.", TOLD) statusDetail: string | null;
  @Text("Reason given by whoever stopped it last.", TOLD) stopReason: string | null;
  @Instant("Since when it is in this state.", { hidden: true, default: atOnce, observed: true }) statusSince: Date;

  @References(() => Host, "The only hosts where it may run; any of its cluster when there are none.", {
    set: "always",
    permit: "EDIT_ADMIN_VM_PROPERTIES",
    most: 32,
    back: "pinnedVms",
    backDescription: "VMs that may run here and on few others.",
  })
  placementHostIds: string[];
  @Reference(() => Host, "Where it runs; null while it does not.", {
    ...TOLD,
    back: "vms",
    backDescription: "VMs that run here.",
  })
  hostId: string | null;
  @Reference(() => Host, "Where it is being moved; null while it is not.", TOLD) migratingToId: string | null;
  @Text("Where its console listens.", { ...TOLD, hidden: true }) displayAddress: string | null;
  @Whole("TCP port of its console.", { ...TOLD, hidden: true }) displayPort: number | null;
  @Instant("When it was made.", { default: atOnce, search: "creationdate" }) creationTime: Date;
  @Instant("When it was last started.", TOLD) startTime: Date | null;
  @Instant("When it last went down.", TOLD) stopTime: Date | null;
  @Whole("Starts that the engine has tried since it ended unasked.", { hidden: true, default: 0 }) restartAttempts: number;
  @Instant("When the engine tries the next one, at the earliest; null when it has tried none.", { hidden: true, nullable: true })
  restartAt: Date | null;
  @Text("Host name the guest agent reports.", { ...TOLD, search: true }) fqdn: string | null;
  @Value(() => GuestOperatingSystem, "As the guest agent reports it.", TOLD)
  guestOperatingSystem: GuestOperatingSystem | null;
  @Value(() => TimeZone, "As the guest agent reports it.", TOLD) guestTimeZone: TimeZone | null;
  @Value(() => [ReportedDevice], "Network devices the guest agent reports; empty while it does not run.", { default: none, observed: true })
  reportedDevices: ReportedDevice[];
  @Value(() => [String], "Software the guest agent reports.", { hidden: true, default: none, observed: true }) applicationNames: string[];
  @Reference(() => StorageDomain, "Where the memory of a suspended VM is.", TOLD) memoryDomainId: string | null;
  @Text("File with the memory of a suspended VM.", { ...TOLD, hidden: true, length: 1024 }) memoryPath: string | null;
}
export interface Vm extends Labels, Tagged, Machine, Planned {}
