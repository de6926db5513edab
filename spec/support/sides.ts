import { randomUUID } from "node:crypto";
import { hashPassword, keepPassword } from "../../src/domain/access/passwords.ts";
import { EVERYONE_ID } from "../../src/domain/access/everyone.ts";
import { PREDEFINED_ROLES, ROLES, type RoleName } from "../../src/domain/access/roles.ts";
import type { InventoryKind, RowOf } from "../../src/domain/kinds.ts";
import { insertWithDefaults } from "../../src/domain/noun/defaults.ts";
import type { Transaction } from "../../src/db/unitOfWork.ts";
import { BLANK_TEMPLATE } from "../../src/domain/template/blank.ts";
import { SPEC_ORIGIN } from "./database.ts";
import { startTestEngine, type TestEngine } from "./engine.ts";
import { sample } from "./engineRows.ts";

const PASSWORD = "a long password";
export const CALLERS = ["nobody", "eve", "carol", "admin"] as const;
export type CallerName = (typeof CALLERS)[number];

/** The same twice, `a` and `b`, with nothing in common. What is in a side goes by its kind and letter: `VmA`. */
export interface Sides extends TestEngine {
  /** By name: `VmA`, `OtherVmA`, `JobB`, `eve`, `eve's permission`. */
  readonly ids: Readonly<Record<string, string>>;
  /** Names by id. */
  readonly names: ReadonlyMap<string, string>;
  /** Null for nobody. */
  readonly tokens: Readonly<Record<CallerName | "bob", string | null>>;
}

/**
 * Two sides; eve has UserRole on VmA, bob on VmB, carol is ClusterAdmin of ClusterA. VmA and OtherVmA run on HostA, which has
 * been sampled; there is an event and a job about each VM, host, storage domain, cluster and data center.
 */
export async function openSides(): Promise<Sides> {
  const engine = await startTestEngine();
  const ids: Record<string, string> = { Blank: "", Everyone: EVERYONE_ID, ...Object.fromEntries(ROLES.map(({ name, id }) => [name, id])) };
  const passwordHash = await hashPassword(PASSWORD);
  await engine.engine.unitOfWork.run(SPEC_ORIGIN, (tx) => {
    const put: Put = (name, kind, row) => (ids[name] = insertWithDefaults(tx, kind, { ...row } as never).id);
    put("Blank", "Template", BLANK_TEMPLATE);
    for (const side of ["A", "B"]) addSide(tx, side, put, ids);
    for (const name of ["eve", "bob", "carol"]) {
      put(name, "User", { userName: `${name}@internal`, nameKey: name });
      tx.also(keepPassword(ids[name]!, passwordHash));
    }
    const give = (name: string, role: RoleName, objectKind: InventoryKind, object: string) =>
      put(`${name}'s permission`, "Permission", {
        userId: ids[name]!,
        roleId: PREDEFINED_ROLES[role].id,
        objectKind,
        objectId: ids[object]!,
      });
    give("eve", "UserRole", "Vm", "VmA");
    give("bob", "UserRole", "Vm", "VmB");
    give("carol", "ClusterAdmin", "Cluster", "ClusterA");
  });
  const snapshot = engine.engine.journal.snapshot();
  ids["admin"] = [...snapshot.all("User")].find(({ userName }) => userName === "admin@internal")!.id;
  ids["admin's permission"] = snapshot.by("Permission", "userId", ids["admin"])[0]!.id;
  for (const side of ["A", "B"]) {
    const vms = [ids[`Vm${side}`]!, ids[`OtherVm${side}`]!];
    engine.engine.statistics.record(ids[`Host${side}`]!, sample(vms.map(() => [1, 2, 3])), vms);
  }
  const login = (name: string) => engine.login(name, PASSWORD);
  const tokens = {
    nobody: null,
    eve: await login("eve"),
    bob: await login("bob"),
    carol: await login("carol"),
    admin: await engine.login(),
  };
  return { ...engine, ids, names: new Map(Object.entries(ids).map(([name, id]) => [id, name])), tokens };
}

type Put = <K extends InventoryKind>(name: string, kind: K, row: Partial<RowOf<K>>) => string;

const GIB = 2 ** 30;
function addSide(tx: Transaction, side: string, put: Put, ids: Record<string, string>): void {
  const name = side.toLowerCase();
  const dataCenterId = put(`DataCenter${side}`, "DataCenter", { name: `dc-${name}` });
  const clusterId = put(`Cluster${side}`, "Cluster", { name: `cluster-${name}`, dataCenterId });
  const hostId = put(`Host${side}`, "Host", { name: `host-${name}`, address: `10.0.0.${side.charCodeAt(0)}`, clusterId, status: "UP" });
  const storage = { type: "POSIXFS", path: `/${name}` } as never;
  const more = { status: "ACTIVE", available: 100 * GIB, used: GIB } as const;
  const storageDomainId = put(`StorageDomain${side}`, "StorageDomain", { name: `storage-${name}`, dataCenterId, storage, ...more });
  const networkId = put(`Network${side}`, "Network", { name: `network-${name}`, dataCenterId, vdsmName: `br-${name}` });
  const vnicProfileId = put(`VnicProfile${side}`, "VnicProfile", { name: `profile-${name}`, networkId });
  put(`Tag${side}`, "Tag", { name: `tag-${name}` });
  put(`Bookmark${side}`, "Bookmark", { name: `bookmark-${name}`, value: "Vms:" });
  const qosId = put(`Qos${side}`, "Qos", { name: `qos-${name}`, dataCenterId, type: "CPU", cpuLimit: 50 });
  put(`CpuProfile${side}`, "CpuProfile", { name: `cpu-${name}`, clusterId, qosId });
  put(`DiskProfile${side}`, "DiskProfile", { name: `disk-${name}`, storageDomainId });
  put(`Group${side}`, "Group", { name: `group-${name}` });
  put(`Role${side}`, "Role", { name: `role-${name}`, permitNames: ["LOGIN"] });
  put(`SchedulingPolicy${side}`, "SchedulingPolicy", { name: `policy-${name}`, weights: [] });
  put(`InstanceType${side}`, "InstanceType", { name: `size-${name}` });
  const ranges = [{ from: `02:00:00:00:0${name}:00`, to: `02:00:00:00:0${name}:ff` }];
  put(`MacPool${side}`, "MacPool", { name: `pool-${name}`, ranges });
  const templateId = put(`Template${side}`, "Template", { name: `template-${name}` });
  const runs = { clusterId, hostId, status: "UP", memoryPolicy: { guaranteed: GIB, ballooning: true } } as const;
  const vmId = put(`Vm${side}`, "Vm", { ...runs, name: `vm-${name}`, templateId, memoryDomainId: storageDomainId, startTime: tx.now });
  const blank = { templateId: ids["Blank"]! };
  const otherId = put(`OtherVm${side}`, "Vm", { ...runs, ...blank, name: `other-${name}`, startTime: tx.now });
  put(`AffinityGroup${side}`, "AffinityGroup", { name: `group-${name}`, clusterId, vmIds: [vmId, otherId], hostIds: [hostId] });
  put(`AffinityLabel${side}`, "AffinityLabel", { name: `label-${name}`, vmIds: [vmId], hostIds: [hostId] });
  const disk = { storageDomainId, status: "OK", format: "COW", sparse: true, provisionedSize: GIB } as const;
  const diskId = put(`Disk${side}`, "Disk", { ...disk, name: `disk-${name}` });
  put(`LooseDisk${side}`, "Disk", { ...disk, name: `loose-${name}` });
  put(`DiskAttachment${side}`, "DiskAttachment", { vmId, diskId, bootable: true });
  put(`OtherAttachment${side}`, "DiskAttachment", { vmId: otherId, diskId });
  const macAddress = `56:6f:00:00:00:${side === "A" ? "0a" : "0b"}`;
  put(`Nic${side}`, "Nic", { vmId, vnicProfileId, name: "nic1", macAddress });
  const event = (about: object) =>
    tx.event({ code: 1, name: "SPEC", severity: "NORMAL", description: `It was ${JSON.stringify(about)}.`, ...about });
  for (const about of [
    { vmId, hostId, clusterId },
    { hostId, clusterId },
    { storageDomainId, dataCenterId },
    { clusterId },
    { dataCenterId },
  ])
    event(about);
  if (side === "A") event({});
  addJob(tx, side, vmId, ids);
  // JobA has a part that is about the other side, and this one is a part of such a job.
  if (side === "B") addJob(tx, "APart", ids["VmA"]!, ids);
}

const PARENTS: Readonly<Record<string, string>> = { B: "JobA", APart: "JobB" };
function addJob(tx: Transaction, name: string, vmId: string, ids: Record<string, string>): void {
  const [jobId, stepId] = [(ids[`Job${name}`] = randomUUID()), (ids[`Step${name}`] = randomUUID())];
  const at = tx.now;
  const run = { progress: 0, startTime: at, endTime: null, correlationId: "spec", description: `Work on ${name}` };
  tx.insert("Job", {
    ...run,
    subjectKind: "Vm",
    subjectId: vmId,
    id: jobId,
    name: "spec",
    status: "STARTED",
    reasons: [],
    cancellable: true,
    lastUpdated: at,
    ownerId: null,
    input: {},
    cancelRequested: false,
    undoing: false,
    parentId: PARENTS[name] ? ids[PARENTS[name]]! : null,
    parentKey: PARENTS[name] ? "one" : null,
  });
  const step = { jobId, number: 0, name: "work", description: "Working", status: "STARTED", progress: 0, attempts: 0 } as const;
  tx.insert("Step", {
    id: stepId,
    ...step,
    startTime: at,
    endTime: null,
    undone: false,
    key: null,
    args: null,
    result: null,
    hostId: null,
  });
}
