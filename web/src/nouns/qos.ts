import { graphql as fragment } from "../graphql/graphql.ts";
import * as field from "../noun/fields.ts";
import { plain } from "../noun/plain.ts";

const QOS = fragment(`
  fragment QosRow on Qos {
    id version name description comment dataCenter { id name } type
    maxThroughput maxReadThroughput maxWriteThroughput maxIops maxReadIops maxWriteIops cpuLimit
    inboundAverage inboundPeak inboundBurst outboundAverage outboundPeak outboundBurst
    outboundAverageLinkshare outboundAverageUpperlimit outboundAverageRealtime
  }
`);
const TYPES = { STORAGE: "Storage", CPU: "CPU", NETWORK: "Network of VMs", HOSTNETWORK: "Network of hosts" };
const limit = (label: string) => field.number(label, { least: 1 });
export const qos = plain("Qos", QOS, {
  one: "QoS",
  many: "QoS",
  example: "type = storage",
  listed: ["dataCenterId", "type", "description"],
  form: {
    name: field.NAMED.name,
    dataCenterId: field.reference("Data center", { list: "dataCenters", set: "add", required: true }),
    type: field.select("Limits", { options: TYPES, set: "add", required: true, initial: "STORAGE" }),
    cpuLimit: limit("CPU: percent of a processor"),
    maxThroughput: limit("Storage: MiB/s"),
    maxReadThroughput: limit("Storage: MiB/s read"),
    maxWriteThroughput: limit("Storage: MiB/s written"),
    maxIops: limit("Storage: operations/s"),
    maxReadIops: limit("Storage: reads/s"),
    maxWriteIops: limit("Storage: writes/s"),
    inboundAverage: limit("Network in: Mbit/s, average"),
    inboundPeak: limit("Network in: Mbit/s, peak"),
    inboundBurst: limit("Network in: MiB, burst"),
    outboundAverage: limit("Network out: Mbit/s, average"),
    outboundPeak: limit("Network out: Mbit/s, peak"),
    outboundBurst: limit("Network out: MiB, burst"),
    outboundAverageLinkshare: limit("Host network: share"),
    outboundAverageUpperlimit: limit("Host network: Mbit/s at most"),
    outboundAverageRealtime: limit("Host network: Mbit/s at least"),
    description: field.NAMED.description,
    comment: field.NAMED.comment,
  },
  remove: "The QoS is removed. Profiles that name it limit nothing any more.",
});
