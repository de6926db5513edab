import { graphql as fragment } from "../graphql/graphql.ts";
import { bytes, words } from "../lib/units.ts";
import { name, number, status, text } from "../noun/columns.ts";
import * as field from "../noun/fields.ts";
import { noun } from "../noun/noun.ts";
import { linkTo } from "../noun/value.ts";
import { permissionsOn } from "./permission.ts";
import { known } from "./shared.ts";

const TYPES = { POSIXFS: "Shared directory (POSIX)" };

const ROW = fragment(`
  fragment StorageDomainRow on StorageDomain { id name status type available used dataCenter { id name } storage { type path } }
`);
const DETAILS = fragment(`fragment StorageDomainDetails on StorageDomain { version description comment committed }`);

export const storageDomain = noun("StorageDomain", ROW, DETAILS, {
  list: "storageDomains",
  one: "storage domain",
  many: "storage domains",
  example: "status = active and free_size > 100 GiB",
  events: "storage",
  columns: [
    name(),
    status(),
    text("Data center", 3, (row) => linkTo("dataCenters", row.dataCenter)),
    text("Type", 5, (row) => TYPES[row.storage.type], { least: 140, sort: "type" }),
    text("Path", 4, (row) => row.storage.path),
    number("Free", 1, (row) => bytes(row.available), { sort: "free_size" }),
    number("Used", 2, (row) => bytes(row.used), { sort: "used_size" }),
  ],
  form: {
    ...field.NAMED,
    dataCenterId: field.reference("Data center", { list: "dataCenters", set: "add", required: true }),
    "storage.type": field.select("Storage", { options: TYPES, set: "add", required: true, initial: "POSIXFS" }),
    "storage.path": field.text("Path", {
      set: "add",
      required: true,
      placeholder: "/srv/vms",
      hint: "A directory that is there on every host.",
    }),
    warningLowSpaceIndicator: field.number("Warn below (% free)", { initial: "10", required: true }),
    criticalSpaceActionBlocker: field.number("Refuse new disks below (GiB free)", { initial: "5", required: true }),
  },
  remove: { text: () => "The storage domain and all that it keeps of its own are removed. It must hold no disks." },
  sections: [
    {
      facts: "General",
      of: (it) => [
        ["Data center", linkTo("dataCenters", it.dataCenter)],
        ["Content", words(it.type)],
        ["Storage", `${TYPES[it.storage.type]}, ${it.storage.path}`],
        ["Free", bytes(it.available)],
        ["Used", bytes(it.used)],
        ["Promised to disks", bytes(it.committed)],
        ...known(it),
      ],
    },
    { children: "disks", search: (it) => `storage.id = ${it.id}` },
    permissionsOn("StorageDomain"),
  ],
});
