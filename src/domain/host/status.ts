import type { HostCapabilities } from "../../../schema/hostlink.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import { auditEvent } from "../event/codes.ts";
import type { RowOf } from "../kinds.ts";
import type { Host, HostStatus } from "./host.ts";

type HostRow = RowOf<"Host">;

/** Every change of a host's state goes through here, so that `statusSince` is true. */
export function setHostStatus(tx: Transaction, host: HostRow, status: HostStatus, statusDetail: string | null = null): HostRow {
  return tx.update("Host", host, host.status === status ? { statusDetail } : { status, statusDetail, statusSince: tx.now });
}

/** A connected host serves, unless it lacks a network that its data center requires. */
export function settle(tx: Transaction, host: HostRow): HostRow {
  const missing = missingNetworks(tx, host);
  if (missing.length === 0) {
    if (host.status !== "UP")
      tx.event(auditEvent("VDS_DETECTED", `Host ${host.name} is up.`, { hostId: host.id, clusterId: host.clusterId }));
    return setHostStatus(tx, host, "UP");
  }
  const detail = `NETWORK_UNREACHABLE: ${missing.join(", ")}`.slice(0, 255).toWellFormed();
  if (host.statusDetail !== detail)
    tx.event(
      auditEvent("VDS_SET_NONOPERATIONAL_NETWORK", `Host ${host.name} lacks the required networks ${missing.join(", ")}.`, {
        hostId: host.id,
        clusterId: host.clusterId,
      }),
    );
  return setHostStatus(tx, host, "NON_OPERATIONAL", detail);
}

function missingNetworks(tx: Transaction, host: HostRow): string[] {
  const { dataCenterId } = tx.snapshot.need("Cluster", host.clusterId);
  const bridges = new Set(host.capabilities?.bridges);
  const required = tx.snapshot.by("Network", "dataCenterId", dataCenterId).filter((network) => network.required);
  return required.filter((network) => !bridges.has(network.vdsmName)).map((network) => network.name);
}

/** What the agent reports, as columns of the host. */
export function describedBy(capabilities: HostCapabilities): Partial<Host> {
  const { cpu, versions } = capabilities;
  const architecture = cpu.architecture === "x86_64" ? "X86_64" : cpu.architecture === "aarch64" ? "AARCH64" : "UNDEFINED";
  return {
    cpu: { name: cpu.model, topology: { sockets: cpu.sockets, cores: cpu.cores, threads: cpu.threads }, speed: cpu.speed, architecture },
    memory: capabilities.memory,
    os: { description: versions.os, version: { fullVersion: versions.kernel } },
    libvirtVersion: { fullVersion: versions.libvirt },
    agentVersion: versions.agent,
    hardwareUuid: capabilities.hardwareUuid,
    virtualization: capabilities.virtualization === "kvm" ? "KVM" : "QEMU",
    capabilities,
  };
}
