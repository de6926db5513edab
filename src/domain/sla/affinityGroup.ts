import { Field } from "type-graphql";
import { Cluster } from "../cluster/cluster.ts";
import { Host } from "../host/host.ts";
import { Id, Name, Reference, References, Value, ValueType, Version, Whole } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { Labels } from "../noun/labels.ts";
import { Vm } from "../vm/vm.ts";

@ValueType("A rule of an affinity group.")
export class AffinityRule {
  @Field({ description: "Whether there is such a rule." }) enabled: boolean;
  @Field({ description: "Whether a VM rather stays down than breaks it; otherwise it is a wish." }) enforcing: boolean;
  @Field({ description: "Together, or apart." }) positive: boolean;
}
const NO_RULE = { enabled: false, enforcing: true, positive: true };
const MEMBERS = { set: "always", most: 1_000, back: "affinityGroups", few: true, needs: "MANIPULATE_AFFINITY_GROUPS" } as const;

@Noun<AffinityGroup>({
  description: "VMs of a cluster that are to run together, or apart, or on some hosts, or on none of them.",
  unique: [["clusterId", "name"]],
  within: "clusterId",
  shares: [Labels],
  rights: { add: "MANIPULATE_AFFINITY_GROUPS", update: "MANIPULATE_AFFINITY_GROUPS", remove: "MANIPULATE_AFFINITY_GROUPS" },
  events: { add: "USER_ADDED_AFFINITY_GROUP", update: "USER_UPDATED_AFFINITY_GROUP", remove: "USER_REMOVED_AFFINITY_GROUP" },
  ovirt: {
    "AffinityGroup.enforcing": { as: "AffinityRule.enforcing", why: "Deprecated in oVirt: each rule says it." },
    "AffinityGroup.positive": { as: "AffinityRule.positive", why: "Deprecated in oVirt: each rule says it." },
    ...Object.fromEntries(
      [
        "AffinityGroupVmsService.add",
        "AffinityGroupVmService.remove",
        "AffinityGroupHostsService.add",
        "AffinityGroupHostService.remove",
      ].map((operation) => [operation, { as: "updateAffinityGroup", why: "Its VMs and hosts are columns of it." }]),
    ),
  },
})
export class AffinityGroup {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique in its cluster.") name: string;
  @Reference(() => Cluster, "What it is a part of.", {
    set: "add",
    back: "affinityGroups",
    few: true,
    onRemove: "cascade",
    backDescription: "Its affinity groups.",
  })
  clusterId: string;
  @Whole("Weight of its wishes beside those of others.", { set: "always", default: 1, from: 0, to: 1_000 }) priority: number;
  @Value(() => AffinityRule, "VMs on one host (positive), or each on another.", { set: "always", default: NO_RULE }) vmsRule: AffinityRule;
  @Value(() => AffinityRule, "VMs on the group's hosts (positive), or on others.", { set: "always", default: NO_RULE })
  hostsRule: AffinityRule;
  @References(() => Vm, "Its VMs.", { ...MEMBERS, backDescription: "Groups that it is in." }) vmIds: string[];
  @References(() => Host, "Its hosts.", { ...MEMBERS, backDescription: "Groups that it is in." }) hostIds: string[];
}
export interface AffinityGroup extends Labels {}
