import { graphql as fragment } from "../graphql/graphql.ts";
import * as field from "../noun/fields.ts";
import { plain } from "../noun/plain.ts";

const ROLE = fragment(`fragment RoleRow on Role { id version name description administrative allowsViewingChildren permitNames mutable }`);
export const role = plain("Role", ROLE, {
  example: "administrative = false",
  listed: ["administrative", "permitNames", "description"],
  form: {
    name: field.NAMED.name,
    description: field.NAMED.description,
    administrative: field.check("For administrators", { set: "add" }),
    allowsViewingChildren: field.check("Shows what is a part of an object too", { initial: true }),
    permitNames: field.text("Permits", {
      required: true,
      placeholder: "LOGIN, RUN_VM",
      hint: "oVirt's names, with commas between.",
      from: (it: { permitNames: readonly string[] }) => it.permitNames.join(", "),
      as: (typed: string) => typed.split(/[,\s]+/u).filter((name) => name !== ""),
    }),
  },
  remove: "The role is removed. Nobody may have it.",
});
