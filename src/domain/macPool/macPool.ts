import { Field } from "type-graphql";
import { Flag, Id, Name, Value, ValueType, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { Labels } from "../noun/labels.ts";
import { checkRanges } from "./ranges.ts";

@ValueType("Hardware addresses from one to another.")
export class MacRange {
  @Field({ description: "The first." }) from: string;
  @Field({ description: "The last." }) to: string;
}

@Noun<MacPool>({
  description: "Hardware addresses that NICs of a cluster's VMs get by themselves.",
  words: "MAC pool",
  unique: [["name"]],
  shares: [Labels],
  rights: { add: "CREATE_MAC_POOL", update: "EDIT_MAC_POOL", remove: "DELETE_MAC_POOL" },
  events: { add: "MAC_POOL_ADD_SUCCESS", update: "MAC_POOL_EDIT_SUCCESS", remove: "MAC_POOL_REMOVE_SUCCESS" },
  seenWith: ["CONFIGURE_MAC_POOL"],
  ovirt: { Range: { as: "MacRange", why: "A range of what, says the name." } },
})
export class MacPool {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique.") name: string;
  @Value(() => [MacRange], "What is in it; no two of them overlap.", { set: "always", check: checkRanges }) ranges: MacRange[];
  @Flag("Whether clusters that name no pool have this one; of one pool, which cannot be removed.", { default: false }) defaultPool: boolean;
}
export interface MacPool extends Labels {}
