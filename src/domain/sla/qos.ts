import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid } from "../../errors.ts";
import { DataCenter } from "../dataCenter/dataCenter.ts";
import { graphqlEnum, Id, Name, OneOf, Reference, Version, Whole } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { Labels } from "../noun/labels.ts";

export const QosType = graphqlEnum("QosType", "What a QoS limits.", {
  STORAGE: "Disks, by their disk profile.",
  CPU: "Virtual processors, by the CPU profile of their VM.",
  NETWORK: "NICs of VMs, by their vNIC profile.",
  HOSTNETWORK: "Logical networks on the hosts.",
});
export type QosType = keyof typeof QosType;

const ANY_TIME = { set: "always", nullable: true } as const;
const MEBIBYTES = { ...ANY_TIME, from: 1, to: 1_000_000 } as const;
const MEGABITS = { ...ANY_TIME, from: 1, to: 1_000_000 } as const;
const OPERATIONS = { ...ANY_TIME, from: 1, to: 100_000_000 } as const;

/** Columns by the kind of QoS that has them. */
const OF_TYPE = {
  STORAGE: ["maxThroughput", "maxReadThroughput", "maxWriteThroughput", "maxIops", "maxReadIops", "maxWriteIops"],
  CPU: ["cpuLimit"],
  NETWORK: ["inboundAverage", "inboundPeak", "inboundBurst", "outboundAverage", "outboundPeak", "outboundBurst"],
  HOSTNETWORK: ["outboundAverageLinkshare", "outboundAverageUpperlimit", "outboundAverageRealtime"],
} as const satisfies Record<QosType, readonly (keyof Qos)[]>;

@Noun<Qos>({
  description: "A limit of a service that VMs or networks get; profiles name it.",
  words: "QoS",
  plural: "qoss",
  unique: [["dataCenterId", "name"]],
  within: "dataCenterId",
  shares: [Labels],
  rights: {
    add: "EDIT_STORAGE_POOL_CONFIGURATION",
    update: "EDIT_STORAGE_POOL_CONFIGURATION",
    remove: "EDIT_STORAGE_POOL_CONFIGURATION",
  },
  events: { add: "USER_ADDED_QOS", update: "USER_UPDATED_QOS", remove: "USER_REMOVED_QOS" },
})
export class Qos {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique in its data center.") name: string;
  @Reference(() => DataCenter, "What it is a part of.", {
    set: "add",
    back: "qoss",
    few: true,
    onRemove: "cascade",
    backDescription: "Its QoS.",
  })
  dataCenterId: string;
  @OneOf(QosType, "What it limits; only fields of its kind can be set.", { set: "add", search: true }) type: QosType;
  @Whole("MiB/s that are read and written together, at most.", MEBIBYTES) maxThroughput: number | null;
  @Whole("MiB/s that are read, at most.", MEBIBYTES) maxReadThroughput: number | null;
  @Whole("MiB/s that are written, at most.", MEBIBYTES) maxWriteThroughput: number | null;
  @Whole("Operations a second, at most.", OPERATIONS) maxIops: number | null;
  @Whole("Reads a second, at most.", OPERATIONS) maxReadIops: number | null;
  @Whole("Writes a second, at most.", OPERATIONS) maxWriteIops: number | null;
  @Whole("Percent of a processor of the host that each virtual one may use, at most.", { ...ANY_TIME, from: 1, to: 100 })
  cpuLimit: number | null;
  @Whole("Mbit/s to the VM in the long run.", MEGABITS) inboundAverage: number | null;
  @Whole("Mbit/s to the VM for a while.", MEGABITS) inboundPeak: number | null;
  @Whole("MiB to the VM at peak speed.", MEBIBYTES) inboundBurst: number | null;
  @Whole("Mbit/s from the VM in the long run.", MEGABITS) outboundAverage: number | null;
  @Whole("Mbit/s from the VM for a while.", MEGABITS) outboundPeak: number | null;
  @Whole("MiB from the VM at peak speed.", MEBIBYTES) outboundBurst: number | null;
  @Whole("Weight of the network beside others on its host.", { ...ANY_TIME, from: 1, to: 100 }) outboundAverageLinkshare: number | null;
  @Whole("Mbit/s of the network on its host, at most.", MEGABITS) outboundAverageUpperlimit: number | null;
  @Whole("Mbit/s of the network on its host, at least.", MEGABITS) outboundAverageRealtime: number | null;
}
export interface Qos extends Labels {}

/** Throws INVALID for limits of another kind, and for limits that contradict each other. */
export function checkQos(row: Readonly<Qos>): void {
  for (const [type, columns] of Object.entries(OF_TYPE))
    for (const column of columns)
      if (type !== row.type && row[column] !== null) throw invalid(`input.${column}`, `A QoS of kind ${row.type} has none.`, "QOS_TYPE");
  if (row.maxThroughput !== null && (row.maxReadThroughput !== null || row.maxWriteThroughput !== null))
    throw invalid("input.maxThroughput", "Both directions together, or each for itself.", "QOS_TOTAL_AND_PARTS");
  if (row.maxIops !== null && (row.maxReadIops !== null || row.maxWriteIops !== null))
    throw invalid("input.maxIops", "Both directions together, or each for itself.", "QOS_TOTAL_AND_PARTS");
  for (const direction of ["inbound", "outbound"] as const) {
    const values = [row[`${direction}Average`], row[`${direction}Peak`], row[`${direction}Burst`]];
    if (values.some((value) => value !== null) && values.includes(null))
      throw invalid(`input.${direction}Average`, "Average, peak and burst go together.", "QOS_INCOMPLETE");
    if (values[1]! < values[0]!) throw invalid(`input.${direction}Peak`, "At least the average.", "RANGE");
  }
  if (row.outboundAverageUpperlimit !== null && (row.outboundAverageRealtime ?? 0) > row.outboundAverageUpperlimit)
    throw invalid("input.outboundAverageRealtime", "At most the upper limit.", "RANGE");
}

/** A QoS that a profile names. Throws INVALID when it is of another kind, or of another data center. */
export function requireQos(
  { snapshot }: Transaction,
  qosId: string | null,
  { type, dataCenterId }: { type: QosType; dataCenterId: string },
): void {
  if (qosId === null) return;
  const qos = snapshot.need("Qos", qosId);
  if (qos.type !== type) throw invalid("input.qosId", `QoS ${qos.name} limits ${qos.type}, not ${type}.`, "QOS_TYPE");
  if (qos.dataCenterId !== dataCenterId) throw invalid("input.qosId", `QoS ${qos.name} is in another data center.`, "OTHER_DATA_CENTER");
}
