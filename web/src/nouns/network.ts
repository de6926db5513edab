import { graphql as fragment } from "../graphql/graphql.ts";
import { name, number, text } from "../noun/columns.ts";
import * as field from "../noun/fields.ts";
import { noun } from "../noun/noun.ts";
import { linkTo } from "../noun/value.ts";
import { permissionsOn } from "./permission.ts";
import { known, yesNo } from "./shared.ts";

const ROW = fragment(`fragment NetworkRow on Network { id name description mtu required dataCenter { id name } }`);
const DETAILS = fragment(`fragment NetworkDetails on Network { version comment vdsmName }`);

export const network = noun("Network", ROW, DETAILS, {
  list: "networks",
  one: "network",
  many: "networks",
  example: "datacenter = Default sortby mtu desc",
  columns: [
    name(),
    text("Data center", 1, (row) => linkTo("dataCenters", row.dataCenter)),
    number("MTU", 2, (row) => row.mtu, { sort: "mtu" }),
    text("Required", 3, (row) => yesNo(row.required), { sort: "required" }),
    text("Description", 4, (row) => row.description, { grow: 2, sort: "description" }),
  ],
  form: {
    ...field.NAMED,
    dataCenterId: field.reference("Data center", { list: "dataCenters", set: "add", required: true }),
    mtu: field.number("MTU", { initial: "1500", required: true, least: 68 }),
    vdsmName: field.text("Bridge on the hosts", { set: "add", hint: "The network's name when empty." }),
    required: field.check("Every host must have it"),
  },
  remove: { text: () => "The network and its vNIC profiles are removed." },
  sections: [
    {
      facts: "General",
      of: (it) => [
        ["Data center", linkTo("dataCenters", it.dataCenter)],
        ["MTU", it.mtu],
        ["Required", yesNo(it.required)],
        ["Bridge on the hosts", it.vdsmName],
        ...known(it),
      ],
    },
    { children: "vnicProfiles", search: (it) => `network.id = ${it.id}` },
    permissionsOn("Network"),
  ],
});
