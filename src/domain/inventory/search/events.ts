import { LogSeverity, type Event } from "../../event/event.ts";
import { both, count, opaque, text, time, to, type SearchTable } from "./table.ts";

export const EventTable: SearchTable<Readonly<Event>> = {
  prefixes: ["event", "events"],
  name: (row) => row.description,
  fields: {
    type: count((row) => row.code),
    code: count((row) => row.code),
    name: text((row) => row.name),
    severity: { type: "state", states: Object.keys(LogSeverity), ordered: true, get: (row) => row.severity },
    message: text((row) => row.description),
    description: text((row) => row.description),
    time: time((row) => row.time),
    correlation_id: opaque((row) => row.correlationId),
    usrname: text((row, snapshot) => snapshot.get("User", row.userId)?.userName),
    event_vm: text((row, snapshot) => snapshot.get("Vm", row.vmId)?.name),
    event_host: text((row, snapshot) => snapshot.get("Host", row.hostId)?.name),
    event_template: text((row, snapshot) => snapshot.get("Template", row.templateId)?.name),
    event_storage: text((row, snapshot) => snapshot.get("StorageDomain", row.storageDomainId)?.name),
    event_datacenter: text((row, snapshot) => snapshot.get("DataCenter", row.dataCenterId)?.name),
    job: opaque((row) => row.jobId),
  },
  references: {
    ...both(
      "vm",
      to("Vm", (row) => [row.vmId]),
    ),
    ...both(
      "host",
      to("Host", (row) => [row.hostId]),
    ),
    ...both(
      "cluster",
      to("Cluster", (row) => [row.clusterId]),
    ),
    ...both(
      "datacenter",
      to("DataCenter", (row) => [row.dataCenterId]),
    ),
    ...both(
      "template",
      to("Template", (row) => [row.templateId]),
    ),
    ...both(
      "user",
      to("User", (row) => [row.userId]),
    ),
    storage: to("StorageDomain", (row) => [row.storageDomainId]),
  },
};
