import { volumePath } from "../disk/path.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import { buildDomainXml } from "./domainXml/build.ts";

/** What libvirt is given to run this VM on this host. Throws NOT_FOUND. */
export function domainXmlFor(snapshot: Snapshot, vmId: string, hostId: string, at = new Date()): string {
  const vm = snapshot.need("Vm", vmId);
  const disks = snapshot
    .by("DiskAttachment", "vmId", vmId)
    .filter((attachment) => attachment.active)
    .map((attachment) => {
      const disk = snapshot.need("Disk", attachment.diskId);
      const qos = snapshot.get("Qos", snapshot.get("DiskProfile", disk.diskProfileId)?.qosId ?? null) ?? null;
      return { attachment, disk, path: volumePath(snapshot.need("StorageDomain", disk.storageDomainId), disk), qos };
    });
  const nics = snapshot
    .by("Nic", "vmId", vmId)
    .filter((nic) => nic.plugged)
    .map((nic) => {
      const profile = snapshot.get("VnicProfile", nic.vnicProfileId);
      const network = profile && snapshot.need("Network", profile.networkId);
      const qos = snapshot.get("Qos", profile?.qosId ?? null) ?? null;
      return { nic, bridge: network?.vdsmName ?? null, mtu: network?.mtu ?? null, qos };
    });
  const cpuLimit = snapshot.get("Qos", snapshot.get("CpuProfile", vm.cpuProfileId)?.qosId ?? null)?.cpuLimit ?? null;
  return buildDomainXml({
    vm,
    cluster: snapshot.need("Cluster", vm.clusterId),
    host: snapshot.need("Host", hostId),
    cpuLimit,
    at,
    disks,
    nics,
  });
}
