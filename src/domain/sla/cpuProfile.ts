import { Cluster } from "../cluster/cluster.ts";
import { Id, Name, Reference, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { Labels } from "../noun/labels.ts";
import { Qos } from "./qos.ts";

@Noun<CpuProfile>({
  description: "How much of the hosts' processors VMs of a cluster may use.",
  words: "CPU profile",
  unique: [["clusterId", "name"]],
  within: "clusterId",
  seenWith: ["ASSIGN_CPU_PROFILE"],
  shares: [Labels],
  rights: { add: "CREATE_CPU_PROFILE", update: "UPDATE_CPU_PROFILE", remove: "DELETE_CPU_PROFILE" },
  events: { add: "USER_ADDED_CPU_PROFILE", update: "USER_UPDATED_CPU_PROFILE", remove: "USER_REMOVED_CPU_PROFILE" },
  ovirt: {
    AssignedCpuProfilesService: { why: "The input names the cluster." },
    "AssignedCpuProfilesService.add": { as: "addCpuProfile" },
    "AssignedCpuProfileService.remove": { as: "removeCpuProfile" },
  },
})
export class CpuProfile {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique in its cluster.") name: string;
  @Reference(() => Cluster, "What it is a part of.", {
    set: "add",
    back: "cpuProfiles",
    few: true,
    onRemove: "cascade",
    backDescription: "Its CPU profiles.",
  })
  clusterId: string;
  @Reference(() => Qos, "What it limits to, of kind CPU; null = nothing.", {
    set: "always",
    nullable: true,
    onRemove: "release",
    back: "cpuProfiles",
    few: true,
    backDescription: "CPU profiles that name it.",
  })
  qosId: string | null;
}
export interface CpuProfile extends Labels {}
