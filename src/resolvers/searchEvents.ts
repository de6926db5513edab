import { LogSeverity, type Event } from "../domain/event/event.ts";
import { roleOf } from "../domain/access/roles.ts";
import { systemRolesOf } from "../domain/access/systemRoles.ts";
import type { RowOf } from "../domain/kinds.ts";
import { both, count, opaque, text, time, to, type Get, type SearchTable } from "./searchTable.ts";

const userName: Get<RowOf<"User">> = (row) => row.userName;
export const User: SearchTable<RowOf<"User">> = {
  prefixes: ["user", "users"],
  name: userName,
  fields: {
    id: opaque((row) => row.id),
    name: text((row) => row.name),
    lastname: text((row) => row.lastName),
    email: text((row) => row.email),
    usrname: text(userName),
    user_and_domain: text(userName),
    login: text((row) => row.userName.split("@")[0]),
    directory: text((row) => row.profile),
    role: text((row, snapshot) => systemRolesOf(snapshot, row.id)),
  },
  references: {},
};

export const Permission: SearchTable<RowOf<"Permission">> = {
  prefixes: ["permission", "permissions"],
  name: (row) => row.id,
  fields: { id: opaque((row) => row.id), role: text((row) => roleOf(row.roleId).name), kind: text((row) => row.objectKind) },
  references: both(
    "user",
    to("User", (row) => [row.userId]),
  ),
};

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
