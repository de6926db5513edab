import { Field, Int } from "type-graphql";
import { Flag, graphqlEnum, Id, Name, Value, ValueType, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { Labels } from "../noun/labels.ts";
import { checkWeights } from "./weights.ts";

export const SchedulingUnit = graphqlEnum(
  "SchedulingUnit",
  "What makes one host better than another: oVirt's weight modules that the engine has.",
  {
    OPTIMAL_FOR_CPU_EVEN_DISTRIBUTION: "The fewer virtual processors are promised for each of its own, the better.",
    OPTIMAL_FOR_MEMORY_EVEN_DISTRIBUTION: "The more memory is left to promise, the better.",
    OPTIMAL_FOR_CPU_POWER_SAVING: "The more virtual processors are promised for each of its own, the better: others can be switched off.",
    OPTIMAL_FOR_MEMORY_POWER_SAVING: "The less memory is left to promise, the better.",
    OPTIMAL_FOR_EVEN_GUEST_DISTRIBUTION: "The fewer VMs it has, the better.",
  },
);
export type SchedulingUnit = keyof typeof SchedulingUnit;

@ValueType("How much one thing counts beside the others.")
export class Weight {
  @Field(() => SchedulingUnit, { description: "What counts." }) unit: SchedulingUnit;
  @Field(() => Int, { description: "How much, 1 to 1000." }) factor: number;
}

@Noun<SchedulingPolicy>({
  description: "How the engine chooses among the hosts that can take a VM. Filters, which say what a host must have, are the same in all.",
  plural: "schedulingPolicies",
  unique: [["name"]],
  open: () => true,
  shares: [Labels],
  rights: {
    add: "EDIT_STORAGE_POOL_CONFIGURATION",
    update: "EDIT_STORAGE_POOL_CONFIGURATION",
    remove: "EDIT_STORAGE_POOL_CONFIGURATION",
  },
  events: { add: "USER_ADD_CLUSTER_POLICY", update: "USER_UPDATE_CLUSTER_POLICY", remove: "USER_REMOVE_CLUSTER_POLICY" },
  ovirt: {
    "SchedulingPolicy.locked": { as: "mutable", why: "The same, said the other way round, as of roles." },
    "Weight.schedulingPolicyUnit": { as: "unit", why: "The units are values, not objects: nobody adds one." },
    ...Object.fromEntries(
      ["WeightsService.add", "WeightService.remove"].map((operation) => [
        operation,
        { as: "updateSchedulingPolicy", why: "The weights are a column of the policy." },
      ]),
    ),
  },
})
export class SchedulingPolicy {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique.") name: string;
  @Value(() => [Weight], "What counts, and how much.", { set: "always", check: checkWeights }) weights: Weight[];
  @Flag("Whether clusters that name none have this one.", { default: false }) defaultPolicy: boolean;
  @Flag("Whether it can be changed and removed; oVirt's own cannot.", { default: true }) mutable: boolean;
}
export interface SchedulingPolicy extends Labels {}
