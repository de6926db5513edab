import { graphql as fragment } from "../graphql/graphql.ts";
import { name, status, text } from "../noun/columns.ts";
import * as field from "../noun/fields.ts";
import { noun } from "../noun/noun.ts";
import { permissionsOn } from "./permission.ts";
import { known } from "./shared.ts";

const inside = ({ id }: { id: string }) => `datacenter.id = ${id}`;

const ROW = fragment(`fragment DataCenterRow on DataCenter { id name status description }`);
const DETAILS = fragment(`fragment DataCenterDetails on DataCenter { version comment }`);

export const dataCenter = noun("DataCenter", ROW, DETAILS, {
  list: "dataCenters",
  one: "data center",
  many: "data centers",
  example: "status = up",
  events: "datacenter",
  columns: [name(), status(), text("Description", 1, (row) => row.description, { grow: 2, sort: "description" })],
  form: field.NAMED,
  remove: { text: () => "The data center is removed. It must be empty." },
  sections: [
    { facts: "General", of: known },
    { children: "clusters", search: inside },
    { children: "storageDomains", search: inside },
    { children: "networks", search: inside },
    permissionsOn("DataCenter"),
  ],
});
