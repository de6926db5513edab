import { seed } from "../../src/domain/seed.ts";
import { insertWithDefaults } from "../../src/domain/noun/defaults.ts";
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
    hosts.map((host) => insertWithDefaults(tx, "Host", { ...unknown, ...text, clusterId, status: "UP", statusSince: tx.now, ...host })),
  );
}

export function addVms({ engine }: TestEngine, clusterId: string, vms: readonly Partial<RowOf<"Vm">>[]): Promise<RowOf<"Vm">[]> {
  const hardware = {
    memoryPolicy: { guaranteed: 2 ** 30, ballooning: true },
    cpu: { topology: { sockets: 1, cores: 2, threads: 1 } },
    bios: { type: "Q35_SEA_BIOS" },
    console: { enabled: false },
    rngDevice: null,
  } as const;
  return engine.unitOfWork.run(SPEC_ORIGIN, (tx) =>
    vms.map((vm) => insertWithDefaults(tx, "Vm", { ...hardware, name: "vm", clusterId, templateId: BLANK_TEMPLATE.id, ...vm })),
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
