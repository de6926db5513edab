import { graphql as fragment } from "../graphql/graphql.ts";
import { name, text } from "../noun/columns.ts";
import * as field from "../noun/fields.ts";
import { noun } from "../noun/noun.ts";
import { linkTo } from "../noun/value.ts";
import { known } from "./shared.ts";

const ROW = fragment(`fragment VnicProfileRow on VnicProfile { id name description network { id name } }`);
const DETAILS = fragment(`fragment VnicProfileDetails on VnicProfile { version comment }`);

export const vnicProfile = noun("VnicProfile", ROW, DETAILS, {
  list: "vnicProfiles",
  one: "vNIC profile",
  many: "vNIC profiles",
  example: "network = ovirtmgmt",
  columns: [
    name(),
    text("Network", 1, (row) => linkTo("networks", row.network)),
    text("Description", 2, (row) => row.description, { grow: 2, sort: "description" }),
  ],
  form: { ...field.NAMED, networkId: field.reference("Network", { list: "networks", set: "add", required: true }) },
  remove: { text: () => "The vNIC profile is removed. No network interface may use it." },
  sections: [{ facts: "General", of: (it) => [["Network", linkTo("networks", it.network)], ...known(it)] }],
});
