import { graphql as fragment } from "../graphql/graphql.ts";
import * as field from "../noun/fields.ts";
import { plain } from "../noun/plain.ts";

const TYPE = fragment(`
  fragment InstanceTypeRow on InstanceType {
    id version name description comment memory
    cpu { topology { sockets cores threads } mode cpuTune { vcpuPins { vcpu cpuSet } } }
    highAvailability { enabled priority } soundcardEnabled
  }
`);
export const instanceType = plain("InstanceType", TYPE, {
  example: "name = Large",
  listed: ["memory", "cpu.topology.sockets", "description"],
  form: {
    name: field.NAMED.name,
    memory: field.mebibytes("Memory", { initial: "1024", required: true, least: 1 }),
    "cpu.topology.sockets": field.number("Sockets", { initial: "1", required: true, least: 1 }),
    "cpu.topology.cores": field.number("Cores per socket", { initial: "1", required: true, least: 1 }),
    "cpu.topology.threads": field.number("Threads per core", { initial: "1", required: true, least: 1 }),
    soundcardEnabled: field.check("Sound card"),
    description: field.NAMED.description,
    comment: field.NAMED.comment,
  },
  remove: "The instance type is removed. Virtual machines that were made with it stay as they are.",
});
