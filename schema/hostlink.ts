/**
 * The contract between engine and agent: every message that may cross the host link, and nothing that runs.
 *
 * Transport: WebSocket over TLS 1.3 with client certificate at `/hostlink`. Text frames carry JSON-RPC 2.0, in both
 * directions; binary frames carry one statistics sample each (see `hostlinkStatistics.ts`). How much one host may say is in
 * `hostlinkLimits.ts`.
 * Changes are additive and carry a named capability; the engine speaks to agents two minor versions older.
 */
import { z } from "zod";
import { MOST_EVENTS, MOST_VMS } from "./hostlinkLimits.ts";

/** Version of this contract. `major` must be equal on both sides; the engine accepts `minor` down to two below its own. */
export const PROTOCOL = { major: 1, minor: 1 } as const;
/** Largest text or binary frame either side accepts, in bytes. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;
/** Both sides send a WebSocket ping this often, and cut a link on which nothing arrived for three of them. */
export const HEARTBEAT_MS = 3_000;
/** Deadline of a call that names none, in ms. */
export const DEFAULT_DEADLINE_MS = 30_000;

/** Named abilities of an agent; the engine asks for nothing that was not named in `hello`. */
export const Capability = z.enum(["vm", "vm.migrate", "vm.reset", "vm.suspend", "disk.file", "guest.qga", "statistics.columns"]);
export type Capability = z.infer<typeof Capability>;

/** Why a WebSocket was closed by the engine (RFC 6455 private range). */
export const CloseCode = {
  /** The certificate was revoked or the host removed. */
  REVOKED: 4403,
  /** The life of the certificate in use has ended. */
  EXPIRED: 4401,
  /** A frame could not be parsed, was of no known shape, or too large. */
  MALFORMED: 4400,
  /** Another link of the same host took over. */
  REPLACED: 4409,
  /** `hello` did not arrive in time, or nothing arrived for three heartbeats. */
  TIMEOUT: 4408,
  /** The protocol version is not spoken here. */
  VERSION: 4426,
  /** The engine is going away; dial again. */
  GOING_AWAY: 1001,
} as const;

/** Codes in `error.data.code` of a failed call to the agent. The engine decides by these alone, never by a text. */
export const HostErrorCode = z.enum([
  /** Parameters were refused by the schema or by libvirt as invalid. Not retried. */
  "INVALID",
  /** The VM, disk or path is not here. */
  "NOT_FOUND",
  /** There already is something else under that id. */
  "ALREADY_EXISTS",
  /** A call of the same job with a higher fence was seen. Never retried by the loser. */
  "FENCED",
  /** The call was given up, by the engine or by whoever is at the host. Not remembered: the same call tries anew. */
  "CANCELLED",
  "TIMEOUT",
  /** libvirtd cannot be reached now. Retried. */
  "LIBVIRT_UNAVAILABLE",
  /** libvirt or qemu refused; `libvirt` has its code and domain. */
  "LIBVIRT",
  "MIGRATION_FAILED",
  "GUEST_AGENT",
  "STORAGE",
  "NO_SPACE",
  "UNSUPPORTED",
  "INTERNAL",
]);
export type HostErrorCode = z.infer<typeof HostErrorCode>;
export const HostErrorData = z.object({
  code: HostErrorCode,
  libvirt: z.object({ code: z.int(), domain: z.int() }).optional(),
});
export type HostErrorData = z.infer<typeof HostErrorData>;

const id = z.uuid();
const bytes = z.int().nonnegative();
/** Milliseconds since the epoch by the sender's clock. */
const instant = z.int().nonnegative();
const path = z.string().min(1).max(4096).startsWith("/");

/**
 * Who asks, in every call that changes something. The agent answers a repeated `key` with the first outcome (waiting
 * for it when it is still under way) and refuses a `fence` below the highest one seen for the job.
 */
export const CallContext = z.object({ key: z.string().min(1).max(200), jobId: id, step: z.string(), fence: z.int() });
export type CallContext = z.infer<typeof CallContext>;

// ---- What a host is --------------------------------------------------------------------------------------------

const HostNicReport = z.object({
  name: z.string(),
  mac: z.string(),
  up: z.boolean(),
  mtu: z.int(),
  /** Mbit/s; null where the driver tells none (virtual devices). */
  speed: z.int().nullable(),
  addresses: z.array(z.string()),
  /** The bridge this NIC is a port of. */
  bridge: z.string().nullable(),
});
export const HostCapabilities = z.object({
  hostname: z.string(),
  /** SMBIOS / libvirt host UUID. */
  hardwareUuid: z.string(),
  cpu: z.object({
    model: z.string(),
    vendor: z.string(),
    features: z.array(z.string()),
    sockets: z.int(),
    cores: z.int(),
    threads: z.int(),
    /** MHz */
    speed: z.number(),
    architecture: z.string(),
  }),
  memory: bytes,
  numaNodes: z.array(z.object({ index: z.int(), memory: bytes, cpus: z.array(z.int()) })),
  /** `kvm` where /dev/kvm works for qemu, otherwise `qemu` (TCG). */
  virtualization: z.enum(["kvm", "qemu"]),
  machineTypes: z.array(z.string()),
  /** Models that libvirt can run here (domain capabilities, usable = yes). */
  cpuModels: z.array(z.string()),
  uefi: z.boolean(),
  nics: z.array(HostNicReport),
  bridges: z.array(z.string()),
  versions: z.object({ agent: z.string(), libvirt: z.string(), qemu: z.string(), kernel: z.string(), os: z.string() }),
  /** libvirt URI under which the other hosts reach this one for migration, in the form of `migrationUri.ts`. */
  migrationUri: z.string(),
});
export type HostCapabilities = z.infer<typeof HostCapabilities>;

// ---- What a VM is, seen from its host ----------------------------------------------------------------------------

const VmRunState = z.enum(["RUNNING", "PAUSED", "SHUTTING_DOWN"]);
const VmPauseReason = z.enum([
  "USER",
  "IO_ERROR",
  "NO_SPACE",
  "MIGRATION",
  "SAVING",
  "STARTING",
  "WATCHDOG",
  "CRASHED",
  /** The guest suspended itself to memory (ACPI S3) and waits to be woken. */
  "SLEEPING",
  "UNKNOWN",
]);
/** One running domain. A domain that is gone has no report, only a `vm.gone` event. */
export const VmReport = z.object({
  vmId: id,
  name: z.string(),
  state: VmRunState,
  /** Null unless `state` is PAUSED. */
  pauseReason: VmPauseReason.nullable(),
  /** True while the domain is an incoming migration that has not been switched over. */
  incoming: z.boolean(),
  /** True while the guest agent's channel is open in the guest. */
  guestAgent: z.boolean(),
  /** When qemu was started on this host; null when unknown. */
  startedAt: instant.nullable(),
  display: z.object({ type: z.enum(["VNC"]), address: z.string(), port: z.int() }).nullable(),
});
export type VmReport = z.infer<typeof VmReport>;

export const VmGoneReason = z.enum(["SHUTDOWN", "DESTROYED", "CRASHED", "MIGRATED", "SAVED", "FAILED", "UNKNOWN"]);
export const GuestReport = z.object({
  hostname: z.string().nullable(),
  os: z
    .object({
      family: z.string(),
      distribution: z.string(),
      version: z.string(),
      codename: z.string(),
      kernel: z.string(),
      architecture: z.string(),
    })
    .nullable(),
  timeZone: z.object({ name: z.string(), utcOffset: z.string() }).nullable(),
  nics: z.array(
    z.object({
      name: z.string(),
      mac: z.string(),
      addresses: z.array(z.object({ address: z.string(), version: z.enum(["V4", "V6"]), prefix: z.int() })),
    }),
  ),
  /** Names with version, as VDSM reports them: the guest agent itself where nothing more is known. */
  applications: z.array(z.string()),
});
export type GuestReport = z.infer<typeof GuestReport>;

// ---- Agent -> engine ---------------------------------------------------------------------------------------------

export const HostEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("vm.state"), vm: VmReport }),
  z.object({ type: z.literal("vm.gone"), vmId: id, reason: VmGoneReason }),
  /** The guest rebooted without its domain going away. */
  z.object({ type: z.literal("vm.reboot"), vmId: id }),
  z.object({ type: z.literal("vm.guest"), vmId: id, guest: GuestReport }),
  z.object({ type: z.literal("host.capabilities"), capabilities: HostCapabilities }),
  /** libvirtd went away (VMs run on) or came back; coming back is followed by `host.truth`. */
  z.object({ type: z.literal("host.libvirt"), available: z.boolean() }),
  /** Every domain there is, taken after all earlier events. What is not in it does not run here. */
  z.object({ type: z.literal("host.truth"), vms: z.array(VmReport) }),
]);
export type HostEvent = z.infer<typeof HostEvent>;
/** Numbered by the agent, from 1 without a gap within one `incarnation`. */
export const NumberedEvent = z.object({ seq: z.int().positive(), at: instant, event: HostEvent });
export type NumberedEvent = z.infer<typeof NumberedEvent>;

/** First request on every link. `unacknowledged` precede `vms` in time: the engine takes them in that order. */
export const Hello = z.object({
  protocol: z.object({ major: z.int(), minor: z.int() }),
  hostId: id,
  /** New at each start of the agent process. */
  incarnation: id,
  capabilities: z.array(z.string()),
  host: HostCapabilities,
  unacknowledged: z.array(NumberedEvent),
  libvirtAvailable: z.boolean(),
  /** The whole truth; null while libvirt is not reachable (then nothing may be concluded). */
  vms: z.array(VmReport).nullable(),
});
export type Hello = z.infer<typeof Hello>;
export const Welcome = z.object({
  protocol: z.object({ major: z.int(), minor: z.int() }),
  engineVersion: z.string(),
  statisticsIntervalMs: z.int().min(1_000).max(60_000),
  /** Highest `seq` of this incarnation that is committed. */
  acknowledged: z.int().nonnegative(),
  /** Unix ms at which the certificate in use ends; the agent renews at two thirds of its life. */
  certificateExpiresAt: instant,
});
export type Welcome = z.infer<typeof Welcome>;

/** Requests the agent makes of the engine. */
export const EngineMethods = {
  hello: { params: Hello, result: Welcome },
  /** Answered after the events are committed. */
  events: { params: z.object({ events: z.array(NumberedEvent).min(1).max(MOST_EVENTS) }), result: z.object({ acknowledged: z.int() }) },
  renew: {
    params: z.object({ csr: z.string().max(16_384) }),
    result: z.object({ certificate: z.string(), ca: z.string(), expiresAt: instant }),
  },
} as const;
/** Notifications of the agent. */
export const AgentNotifications = {
  /** Progress of the call with this key, 0-100. */
  progress: z.object({
    key: z.string().max(200),
    percent: z.number().min(0).max(100),
    /** Migration only: bytes still to send, and sent so far. */
    remaining: bytes.optional(),
    processed: bytes.optional(),
  }),
  /** Order of the VMs in the columns of the binary frames that carry the same generation. */
  slots: z.object({ generation: z.int().nonnegative(), vmIds: z.array(id).max(MOST_VMS) }),
} as const;

// ---- Engine -> agent ---------------------------------------------------------------------------------------------

const call = CallContext;
const vmId = id;
/** A file storage domain: `path` is a directory that every host of the data center has under the same path. */
const StorageRef = z.object({ storageDomainId: id, path });
/** A volume: the file `<path>/<storageDomainId>/images/<diskId>/<imageId>`. */
export const VolumeRef = StorageRef.extend({ diskId: id, imageId: id });
export type VolumeRef = z.infer<typeof VolumeRef>;
const StorageSpace = z.object({ available: bytes, used: bytes });
const VolumeInfo = z.object({ path, format: z.enum(["RAW", "COW"]), provisionedSize: bytes, actualSize: bytes });
const done = z.object({});

/** Requests the engine makes of the agent. Calls that change something carry `call` and are safe to repeat. */
export const AgentMethods = {
  "host.capabilities": { params: z.object({}), result: HostCapabilities },
  /** Every domain there is now. */
  "host.vms": { params: z.object({}), result: z.object({ vms: z.array(VmReport) }) },
  "host.configure": { params: z.object({ statisticsIntervalMs: z.int().min(1_000).max(60_000) }), result: done },

  /** Checks that the directory is there, writable, and the same one everywhere; `format` makes a new domain in it. */
  "storage.connect": { params: StorageRef.extend({ format: z.boolean(), call }), result: StorageSpace },
  "storage.stat": { params: StorageRef, result: StorageSpace },
  /** Removes an empty domain's folder. STORAGE when images are left. */
  "storage.remove": { params: StorageRef.extend({ call }), result: done },
  "disk.create": {
    params: VolumeRef.extend({ format: z.enum(["RAW", "COW"]), provisionedSize: bytes, sparse: z.boolean(), call }),
    result: VolumeInfo,
  },
  "disk.info": { params: VolumeRef, result: VolumeInfo },
  /** Done also when it is not there. */
  "disk.remove": { params: VolumeRef.extend({ call }), result: done },
  /** Grows an unused volume. */
  "disk.resize": { params: VolumeRef.extend({ provisionedSize: bytes, call }), result: VolumeInfo },

  /** Starts a transient domain. A domain of that id that already runs is the outcome, not an error. */
  "vm.start": { params: z.object({ vmId, xml: z.string(), paused: z.boolean().optional(), call }), result: VmReport },
  /** Starts from a memory image written by `vm.suspend`, under the name kept in the image, and removes the image once it runs. */
  "vm.restore": { params: z.object({ vmId, xml: z.string(), memoryPath: path, call }), result: VmReport },
  /** Asks the guest to power off (guest agent, else ACPI). Answers when asked; the end is an event. */
  "vm.shutdown": { params: z.object({ vmId, call }), result: done },
  "vm.reboot": { params: z.object({ vmId, call }), result: done },
  /** As the reset button: the machine starts anew, and its guest is not asked. */
  "vm.reset": { params: z.object({ vmId, call }), result: done },
  /** Cuts the power. Done also when it does not run. */
  "vm.destroy": { params: z.object({ vmId, call }), result: done },
  /** Lets a paused VM go on, and wakes one that sleeps. */
  "vm.resume": { params: z.object({ vmId, call }), result: done },
  /** Removes the memory image of a suspended VM that will not come back. Done also when it is not there. */
  "vm.discardMemory": { params: z.object({ vmId, memoryPath: path, call }), result: done },
  /** Writes memory to the file and ends the domain; on failure the VM goes on and no file is left. */
  "vm.suspend": { params: z.object({ vmId, memoryPath: path, call }), result: done },
  /** Whether the file is a memory image that `vm.restore` can start from: also that of a save whose end nobody told. */
  "vm.memoryImage": { params: z.object({ vmId, memoryPath: path }), result: z.object({ complete: z.boolean() }) },
  /** Live migration, peer to peer; answered when the VM runs there (or MIGRATION_FAILED / CANCELLED, and it runs here). Sends `progress`. */
  "vm.migrate": {
    params: z.object({
      vmId,
      /** In the form of `migrationUri.ts`; the agent refuses any other as INVALID. */
      destinationUri: z.string(),
      /** MiB/s; null = no limit. */
      bandwidth: z.int().positive().nullable(),
      autoConverge: z.boolean(),
      compressed: z.boolean().optional(),
      /** ms the guest may stand still at the switch. */
      maximumDowntime: z.int().positive(),
      call,
    }),
    result: done,
  },
  "vm.cancelMigration": { params: z.object({ vmId, call }), result: done },
} as const;

export type AgentMethod = keyof typeof AgentMethods;
export type AgentParams<M extends AgentMethod> = z.infer<(typeof AgentMethods)[M]["params"]>;
export type AgentResult<M extends AgentMethod> = z.infer<(typeof AgentMethods)[M]["result"]>;
export type EngineMethod = keyof typeof EngineMethods;
export type EngineParams<M extends EngineMethod> = z.infer<(typeof EngineMethods)[M]["params"]>;
export type EngineResult<M extends EngineMethod> = z.infer<(typeof EngineMethods)[M]["result"]>;
export type AgentNotification = keyof typeof AgentNotifications;
export type NotificationParams<N extends AgentNotification> = z.infer<(typeof AgentNotifications)[N]>;

// ---- Enrolment: HTTPS POST /enroll on the same port, without client certificate -----------------------------------

/** The caller pins the engine's CA by the SHA-256 fingerprint of its certificate (hex, colons optional). */
export const EnrollRequest = z.object({ token: z.string().min(16).max(200), csr: z.string().max(16_384) });
export const EnrollReply = z.object({ hostId: id, certificate: z.string(), ca: z.string(), expiresAt: instant });
export type EnrollRequest = z.infer<typeof EnrollRequest>;
export type EnrollReply = z.infer<typeof EnrollReply>;
