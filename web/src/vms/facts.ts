import type { VmRow } from "../nouns/vm.ts";

const NOT_RUNNING = ["DOWN", "SUSPENDED", "IMAGE_LOCKED", "UNASSIGNED"];

/** Whether there is a running guest. */
export const hasStarted = ({ status }: Pick<VmRow, "status">): boolean => !NOT_RUNNING.includes(status);

/** Whether its host tells of it now: old values of a VM that nobody sees are not shown. */
export const isMeasured = ({ status }: Pick<VmRow, "status">): boolean => hasStarted({ status }) && status !== "UNKNOWN";

const isLocal = (address: string) => address.startsWith("127.") || address === "::1" || address.toLowerCase().startsWith("fe80:");

/** What others can reach the guest by: IPv4 first. */
export function addressesOf({ reportedDevices }: Pick<VmRow, "reportedDevices">): string[] {
  const ips = reportedDevices.flatMap((device) => device.ips).filter(({ address }) => !isLocal(address));
  return ips.toSorted((a, b) => a.version.localeCompare(b.version)).map(({ address }) => address);
}
