import { graphql as fragment } from "../graphql/graphql.ts";
import * as field from "../noun/fields.ts";
import { plain } from "../noun/plain.ts";
import { permissionsOn } from "./permission.ts";

interface Range {
  from: string;
  to: string;
}
function rangeOf(typed: string): Range {
  const [from = "", to = from] = typed.split("-");
  return { from, to };
}
const POOL = fragment(`fragment MacPoolRow on MacPool { id version name description comment defaultPool ranges { from to } }`);
export const macPool = plain("MacPool", POOL, {
  one: "MAC pool",
  form: {
    ...field.NAMED,
    ranges: field.text("Ranges", {
      required: true,
      from: (it: { ranges: Range[] }) => it.ranges.map(({ from, to }) => `${from}-${to}`).join(", "),
      as: (typed: string) => typed.split(/[,\s]+/u).map(rangeOf),
      placeholder: "02:00:00:00:00:00-02:00:00:00:ff:ff",
      hint: "First and last address of each, with commas between.",
    }),
  },
  sections: [permissionsOn("MacPool")],
  remove: "The MAC pool is removed. No cluster may have it.",
});
