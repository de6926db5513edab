import type { Reason } from "../../errors.ts";
import type { RowOf } from "../kinds.ts";
import { nounOf } from "../noun/noun.ts";
import { SchedulingPolicy } from "./schedulingPolicy.ts";

const fixedRefusal = ({ mutable, name }: RowOf<"SchedulingPolicy">): Reason | null =>
  mutable ? null : { code: "POLICY_IS_PREDEFINED", message: `The policy ${name} is one of oVirt's own, so it cannot be changed.` };

export const schedulingPolicy = nounOf(SchedulingPolicy, {
  says: { update: "Holds from the next decision on.", remove: "Refused while a cluster has it." },
  unless: fixedRefusal,
});
