import { Host } from "../host/host.ts";
import { Id, Name, References, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { Labels } from "../noun/labels.ts";
import { Vm } from "../vm/vm.ts";

const LABELLED = { set: "always", needs: "MANIPULATE_AFFINITY_GROUPS", back: "affinityLabels", few: true } as const;

@Noun<AffinityLabel>({
  description: "A word on VMs and hosts: a VM with it starts on hosts with it alone.",
  unique: [["name"]],
  shares: [Labels],
  rights: { add: "MANIPULATE_AFFINITY_GROUPS", update: "MANIPULATE_AFFINITY_GROUPS", remove: "MANIPULATE_AFFINITY_GROUPS" },
  events: { add: "USER_ADDED_AFFINITY_LABEL", update: "USER_UPDATED_AFFINITY_LABEL", remove: "USER_REMOVED_AFFINITY_LABEL" },
  ovirt: Object.fromEntries(
    [
      "AffinityLabelVmsService.add",
      "AffinityLabelVmService.remove",
      "AffinityLabelHostsService.add",
      "AffinityLabelHostService.remove",
    ].map((operation) => [operation, { as: "updateAffinityLabel", why: "Its VMs and hosts are columns of it." }]),
  ),
})
export class AffinityLabel {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique.") name: string;
  @References(() => Vm, "VMs with it.", { ...LABELLED, most: 1_000, backDescription: "Words on it that decide where it may start." })
  vmIds: string[];
  @References(() => Host, "Hosts with it.", {
    ...LABELLED,
    most: 1_000,
    backDescription: "Words on it that decide which VMs may start here.",
  })
  hostIds: string[];
}
export interface AffinityLabel extends Labels {}
