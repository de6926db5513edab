import { graphql as fragment } from "../graphql/graphql.ts";
import { bytes } from "../lib/units.ts";
import { name, number, status, text } from "../noun/columns.ts";
import * as field from "../noun/fields.ts";
import { noun } from "../noun/noun.ts";
import { linkTo } from "../noun/value.ts";
import { permissionsOn } from "./permission.ts";
import { known } from "./shared.ts";

const FORMATS: Record<string, string> = { COW: "qcow2", RAW: "raw" };

const ROW = fragment(`
  fragment DiskRow on Disk {
    id name status description format sparse provisionedSize actualSize storageDomain { id name } vms { id name }
  }
`);
const DETAILS = fragment(`fragment DiskDetails on Disk { version imageId }`);

export const disk = noun("Disk", ROW, DETAILS, {
  list: "disks",
  one: "disk",
  many: "disks",
  example: "storage = data1 and provisioned_size > 10 GiB",
  columns: [
    name(),
    status(),
    text("Virtual machines", 1, (row) => (row.vms.length === 1 ? linkTo("vms", row.vms[0]) : row.vms.map((vm) => vm.name).join(", ")), {
      sort: "vm_names",
    }),
    number("Size", 2, (row) => bytes(row.provisionedSize), { sort: "provisioned_size" }),
    number("Used", 3, (row) => bytes(row.actualSize), { sort: "actual_size" }),
    text("Format", 5, (row) => `${FORMATS[row.format] ?? row.format}${row.sparse ? ", thin" : ""}`, { sort: "format" }),
    text("Storage domain", 4, (row) => linkTo("storageDomains", row.storageDomain)),
  ],
  form: {
    name: field.text("Name", { required: true }),
    description: field.text("Description"),
    storageDomainId: field.reference("Storage domain", { list: "storageDomains", set: "add", required: true }),
    provisionedSize: field.gibibytes("Size", { required: true }),
    format: field.select("Format", { options: FORMATS, set: "add", initial: "COW", required: true }),
  },
  remove: { text: () => "The disk and all that is on it are removed. This cannot be undone." },
  sections: [
    {
      facts: "General",
      of: (it) => [
        ["Size", bytes(it.provisionedSize)],
        ["Used", bytes(it.actualSize)],
        ["Format", `${FORMATS[it.format] ?? it.format}${it.sparse ? ", thin" : ""}`],
        ["Storage domain", linkTo("storageDomains", it.storageDomain)],
        ["Image", it.imageId],
        ...known(it),
      ],
    },
    { children: "vms", search: (it) => `disk.id = ${it.id}`, empty: "It is attached to no virtual machine." },
    permissionsOn("Disk"),
  ],
});
