/** How much one host may say. The agent keeps to it, and the engine leaves out the surplus, or ends the link where nothing can be left out. */

/** VMs of one host, in a report of all and in a slot table. */
export const MOST_VMS = 2_000;
/** Entries of the lists in `HostCapabilities`. */
export const MOST_HOST_ENTRIES = {
  features: 1_024,
  machineTypes: 512,
  cpuModels: 512,
  nics: 512,
  /** Of one NIC. */
  addresses: 32,
  bridges: 512,
  numaNodes: 256,
  /** Of one NUMA node. */
  numaCpus: 2_048,
} as const;
/** Entries of the lists in `GuestReport`. */
export const MOST_GUEST_ENTRIES = {
  nics: 64,
  /** Of one NIC. */
  addresses: 16,
  applications: 256,
} as const;

/** Characters of a text that is for people; of one that is a name of hardware, an address, or the like. */
export const MOST_TEXT = 255;
export const MOST_WORD = 64;

/** Bytes of the capabilities of a host, as JSON. */
export const MOST_CAPABILITIES_BYTES = 128 * 1024;
/** Bytes of any text frame once a link is up; a hello may be as large as a frame can be. */
export const MOST_LIVE_FRAME_BYTES = 3 * 1024 * 1024;
/** Bytes of the text frame that carries a request or notification of this name. */
export const MOST_METHOD_BYTES = { renew: 32 * 1024, slots: 128 * 1024, progress: 2 * 1024 } as const;
/** Events in one request, and bytes of them that an agent puts together. */
export const MOST_EVENTS = 1_000;
export const MOST_EVENTS_BYTES = 1024 * 1024;
