import { graphql as fragment } from "../graphql/graphql.ts";
import * as field from "../noun/fields.ts";
import { plain } from "../noun/plain.ts";

const POLICY = fragment(`
  fragment SchedulingPolicyRow on SchedulingPolicy { id version name description comment defaultPolicy mutable weights { unit factor } }
`);
type Weight = { unit: string; factor: number };
export const schedulingPolicy = plain("SchedulingPolicy", POLICY, {
  list: "schedulingPolicies",
  many: "scheduling policies",
  form: {
    ...field.NAMED,
    weights: field.text("What counts", {
      required: true,
      placeholder: "OPTIMAL_FOR_CPU_EVEN_DISTRIBUTION 2",
      hint: "Units and their factors, with commas between.",
      from: (it: { weights: readonly Weight[] }) => it.weights.map(({ unit, factor }) => `${unit} ${factor}`).join(", "),
      as: (typed: string) => typed.split(",").map(weightOf),
    }),
  },
  remove: "The scheduling policy is removed. No cluster may have it.",
});

function weightOf(typed: string): Weight {
  const [unit = "", factor = "1"] = typed.trim().split(/\s+/u);
  return { unit, factor: Number(factor) };
}
