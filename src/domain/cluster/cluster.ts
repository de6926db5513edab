import { invalid } from "../../errors.ts";
import { DataCenter } from "../dataCenter/dataCenter.ts";
import { SchedulingPolicy } from "../scheduling/schedulingPolicy.ts";
import { checkSerialNumber, SerialNumber } from "../vm/devices.ts";
import { MacPool } from "../macPool/macPool.ts";
import { Flag, Id, Name, OneOf, Reference, Value, Version } from "../noun/columns.ts";
import { state, text } from "../inventory/search/table.ts";
import { Noun } from "../noun/declaration.ts";
import { Labels } from "../noun/labels.ts";
import { nounOf } from "../noun/noun.ts";
import { Architecture, BiosType, checkBandwidth, ClusterCpu, ClusterMemoryPolicy, MigrationOptions } from "../values.ts";
import { checkRange } from "../input.ts";

@Noun<Cluster>({
  description: "Hosts between which VMs move freely: same CPU model, networks and storage.",
  unique: [["name"]],
  within: "dataCenterId",
  seenWith: ["CREATE_VM"],
  shares: [Labels],
  rights: { add: "CREATE_CLUSTER", update: "EDIT_CLUSTER_CONFIGURATION", remove: "DELETE_CLUSTER" },
  events: { add: "USER_ADD_CLUSTER", update: "USER_UPDATE_CLUSTER", remove: "USER_REMOVE_CLUSTER" },
  search: {
    fields: { architecture: state(Architecture, (row) => row.cpu.architecture), cpu_type: text((row) => row.cpu.type) },
  },
  ovirt: {
    "Cluster.version": {
      as: "compatibilityVersion",
      why: "`version` on every object of ours counts its changes, for optimistic locking. oVirt's is the compatibility level, which does not exist here: agents name their capabilities. So it is not declared.",
    },
  },
})
export class Cluster {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique.") name: string;
  @Reference(() => DataCenter, "What it is a part of.", { set: "add", back: "clusters", few: true, backDescription: "Its clusters." })
  dataCenterId: string;
  @Reference(() => MacPool, "Where its VMs' NICs get their addresses; null = the default one.", {
    set: "always",
    nullable: true,
    back: "clusters",
    few: true,
    backDescription: "Clusters that name it.",
    seen: true,
    needs: "CONFIGURE_MAC_POOL",
  })
  macPoolId: string | null;
  @Reference(() => SchedulingPolicy, "How a host is chosen; null = as `none`.", {
    set: "always",
    nullable: true,
    back: "clusters",
    few: true,
    backDescription: "Clusters that name it.",
  })
  schedulingPolicyId: string | null;
  @Flag("Whether each thread of a host's processors counts as one, rather than each core, for what VMs can be given.", {
    set: "always",
    default: true,
  })
  threadsAsCores: boolean;
  @Flag("Whether a reason must be given for sending a host into maintenance.", { set: "always", default: false })
  maintenanceReasonRequired: boolean;
  @Value(() => SerialNumber, "Serial number that guests see, unless their VM says otherwise; null = none.", {
    set: "always",
    nullable: true,
    check: checkSerialNumber,
  })
  serialNumber: SerialNumber | null;
  @Value(() => ClusterCpu, "Processor given to VMs.", { set: "always", default: { architecture: "X86_64", type: null } }) cpu: ClusterCpu;
  @OneOf(BiosType, "Firmware of VMs that say CLUSTER_DEFAULT.", { set: "always", default: "Q35_SEA_BIOS", check: refuseDefault })
  biosType: BiosType;
  @Flag("Whether VMs get a memory balloon.", { set: "always", default: true }) ballooningEnabled: boolean;
  @Value(() => ClusterMemoryPolicy, "Memory rules for placement.", {
    set: "always",
    default: { overCommit: { percent: 100 } },
    check: checkOverCommit,
  })
  memoryPolicy: ClusterMemoryPolicy;
  @Value(() => MigrationOptions, "How VMs are moved unless they say otherwise.", {
    set: "always",
    default: { autoConverge: true, bandwidth: null },
    check: checkBandwidth,
  })
  migration: MigrationOptions;
}
export interface Cluster extends Labels {}

function refuseDefault(biosType: BiosType, path: string): BiosType {
  if (biosType === "CLUSTER_DEFAULT") throw invalid(path, "A cluster must name the firmware itself.");
  return biosType;
}

function checkOverCommit(policy: ClusterMemoryPolicy, path: string): ClusterMemoryPolicy {
  checkRange(policy.overCommit.percent, `${path}.overCommit.percent`, 100, 1_000);
  return policy;
}

export const cluster = nounOf(Cluster, { says: { update: "VMs that run keep what they started with." } });
