import { graphql as fragment } from "../graphql/graphql.ts";
import { absolute, bytes, topology, vcpus } from "../lib/units.ts";
import { name, number, status, text } from "../noun/columns.ts";
import * as field from "../noun/fields.ts";
import { noun } from "../noun/noun.ts";
import { permissionsOn } from "./permission.ts";
import { FIRMWARE, known } from "./shared.ts";

const least = { initial: "1", required: true, least: 1 } as const;

const ROW = fragment(`
  fragment TemplateRow on Template { id name status description memory creationTime cpu { topology { sockets cores threads } } }
`);
const DETAILS = fragment(`fragment TemplateDetails on Template { version comment bios { type } os { type } }`);

export const template = noun("Template", ROW, DETAILS, {
  list: "templates",
  one: "template",
  many: "templates",
  example: "childcount > 0 sortby creationdate desc",
  events: "template",
  columns: [
    name(),
    status(),
    number("vCPUs", 4, (row) => vcpus(row.cpu.topology), { least: 66 }),
    number("Memory", 2, (row) => bytes(row.memory), { sort: "mem" }),
    text("Created", 3, (row) => ({ time: row.creationTime }), { sort: "creationdate" }),
    text("Description", 5, (row) => row.description, { grow: 2, sort: "description" }),
  ],
  form: {
    ...field.NAMED,
    memory: field.mebibytes("Memory", { initial: "1024", required: true, least: 1 }),
    "cpu.topology.sockets": field.number("Sockets", least),
    "cpu.topology.cores": field.number("Cores per socket", least),
    "cpu.topology.threads": field.number("Threads per core", least),
    "bios.type": field.select("Firmware", { options: FIRMWARE, initial: "CLUSTER_DEFAULT", required: true }),
  },
  remove: { text: () => "The template is removed. No virtual machine may be made from it." },
  sections: [
    {
      facts: "General",
      of: (it) => [
        ["Memory", bytes(it.memory)],
        ["vCPUs", topology(it.cpu.topology)],
        ["Firmware", FIRMWARE[it.bios.type] ?? it.bios.type],
        ["Operating system", it.os.type],
        ["Created", absolute(Date.parse(it.creationTime))],
        ...known(it),
      ],
    },
    {
      children: "vms",
      title: "Virtual machines made from it",
      search: (it) => `template.id = ${it.id}`,
      empty: "No virtual machine was made from it.",
    },
    permissionsOn("Template"),
  ],
});
