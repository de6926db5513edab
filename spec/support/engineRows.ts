import { seed } from "../../src/domain/seed.ts";
import { BLANK_TEMPLATE } from "../../src/domain/template/blank.ts";
import type { RowOf } from "../../src/domain/kinds.ts";
import type { StatisticsSample } from "../../schema/hostlinkStatistics.ts";
import { HOST_METRICS, VM_METRICS } from "../../schema/hostlinkStatistics.ts";
import { SPEC_ORIGIN } from "./database.ts";
import type { TestEngine } from "./engine.ts";

/** What the first start makes: data center and cluster `Default`, template `Blank`. Answers the cluster. */
export async function seeded({ engine }: TestEngine): Promise<RowOf<"Cluster">> {
  await seed(engine);
  return engine.journal.snapshot().by("Cluster", "name", "Default")[0]!;
}

export function addHosts({ engine }: TestEngine, clusterId: string, hosts: readonly Partial<RowOf<"Host">>[]): Promise<RowOf<"Host">[]> {
  const unknown = {
    cpu: null,
    memory: null,
    os: null,
    libvirtVersion: null,
    agentVersion: null,
    hardwareUuid: null,
    virtualization: null,
    capabilities: null,
    certificate: null,
    certificateNotice: null,
  };
  const text = { name: "host", description: "", comment: "", address: "10.0.0.1", statusDetail: null, maintenanceReason: null };
  return engine.unitOfWork.run(SPEC_ORIGIN, (tx) =>
    hosts.map((host) => tx.insert("Host", { ...unknown, ...text, clusterId, status: "UP", statusSince: tx.now, ...host })),
  );
}

export function addVms({ engine }: TestEngine, clusterId: string, vms: readonly Partial<RowOf<"Vm">>[]): Promise<RowOf<"Vm">[]> {
  const hardware = {
    type: "SERVER",
    memory: 2 ** 30,
    memoryPolicy: { guaranteed: 2 ** 30, ballooning: true },
    cpu: { topology: { sockets: 1, cores: 2, threads: 1 } },
    bios: { type: "Q35_SEA_BIOS" },
    os: { ...BLANK_TEMPLATE.os },
    display: { type: "VNC", address: null, port: null },
    console: { enabled: false },
    rngDevice: null,
    migration: null,
    migrationDowntime: null,
    customEmulatedMachine: null,
    customCpuModel: null,
    deleteProtected: false,
  } as const;
  const life = {
    hostId: null,
    migratingToId: null,
    startTime: null,
    stopTime: null,
    fqdn: null,
    guestOperatingSystem: null,
    guestTimeZone: null,
    reportedDevices: [],
    applicationNames: [],
    memoryDomainId: null,
    memoryPath: null,
    statusDetail: null,
    stopReason: null,
    status: "DOWN",
  } as const;
  const text = { name: "vm", description: "", comment: "" };
  return engine.unitOfWork.run(SPEC_ORIGIN, (tx) =>
    vms.map((vm) =>
      tx.insert("Vm", {
        ...hardware,
        ...life,
        ...text,
        clusterId,
        templateId: BLANK_TEMPLATE.id,
        statusSince: tx.now,
        creationTime: tx.now,
        ...vm,
      } as RowOf<"Vm">),
    ),
  );
}

/** One sample of a host and its VMs; each VM's values are given in the order of the metrics. */
export const sample = (
  vms: readonly (readonly number[])[],
  at = Date.now(),
  host: (index: number) => number = (index) => index,
): StatisticsSample => ({
  generation: 1,
  at,
  host: Float32Array.from(HOST_METRICS, (_, index) => host(index)),
  vms: Float32Array.from(VM_METRICS.flatMap((_, metric) => vms.map((values) => values[metric] ?? NaN))),
  vmCount: vms.length,
});
