import type { RowOf } from "../../kinds.ts";

/** Everything the domain XML says, as plain rows. */
export interface DomainXmlInput {
  vm: RowOf<"Vm">;
  cluster: RowOf<"Cluster">;
  /** The host it starts on. */
  host: RowOf<"Host">;
  /** Percent of a host's processor that each of its own may use; null = all of it. */
  cpuLimit: number | null;
  /** When it starts: summer time is a matter of that. */
  at: Date;
  /** Plugged ones; the bootable one, then the rest as given, get vda, vdb, ... or sda, sdb, ... */
  disks: readonly DomainDisk[];
  /** Plugged ones. */
  nics: readonly DomainNic[];
}
export interface DomainDisk {
  attachment: RowOf<"DiskAttachment">;
  disk: RowOf<"Disk">;
  /** Of the image, on the host. */
  path: string;
  /** What it is limited to; null = nothing. */
  qos: RowOf<"Qos"> | null;
}
export interface DomainNic {
  nic: RowOf<"Nic">;
  /** Null = hangs on nothing. */
  bridge: string | null;
  /** Bytes; null = the default. */
  mtu: number | null;
  /** What it is limited to; null = nothing. */
  qos: RowOf<"Qos"> | null;
}

/** An element as xmlbuilder2 takes it: `@name` = attribute, `#` = text, a list = the element repeated, undefined = nothing. */
export interface Element {
  [name: string]: Content | readonly Content[];
}
type Content = string | number | Element | undefined;

/** Whether the host has hardware virtualization; what was never seen is emulated. */
export const isKvm = ({ host }: Pick<DomainXmlInput, "host">): boolean => host.capabilities?.virtualization === "kvm";
