/** Numbers of libvirt's wire protocol (remote_protocol.x, qemu_protocol.x) and of its public headers, as of libvirt 9.0. */

export const Program = { REMOTE: 0x20008086, QEMU: 0x20008087, KEEPALIVE: 0x6b656570 } as const;
/** All three programs the agent speaks have this version. */
export const PROGRAM_VERSION = 1;
/** VIR_NET_MESSAGE_MAX, with its length word. */
export const MESSAGE_MAX = 33_554_432 + 4;

export const MessageType = { CALL: 0, REPLY: 1, MESSAGE: 2 } as const;
export const Status = { OK: 0, ERROR: 1 } as const;
export const Keepalive = { PING: 1, PONG: 2 } as const;

/** REMOTE_PROC_* */
export const Procedure = {
  CONNECT_OPEN: 1,
  CONNECT_GET_VERSION: 4,
  CONNECT_GET_CAPABILITIES: 7,
  DOMAIN_CREATE_XML: 10,
  DOMAIN_GET_XML_DESC: 14,
  DOMAIN_LOOKUP_BY_UUID: 24,
  DOMAIN_REBOOT: 27,
  DOMAIN_RESUME: 28,
  CONNECT_SUPPORTS_FEATURE: 60,
  AUTH_LIST: 66,
  CONNECT_GET_LIB_VERSION: 157,
  DOMAIN_ABORT_JOB: 164,
  DOMAIN_MIGRATE_SET_MAX_DOWNTIME: 166,
  DOMAIN_GET_STATE: 212,
  DOMAIN_SAVE_FLAGS: 232,
  DOMAIN_RESTORE_FLAGS: 233,
  DOMAIN_DESTROY_FLAGS: 234,
  DOMAIN_SAVE_IMAGE_GET_XML_DESC: 235,
  DOMAIN_RESET: 245,
  DOMAIN_SHUTDOWN_FLAGS: 258,
  DOMAIN_GET_DISK_ERRORS: 263,
  DOMAIN_PM_WAKEUP: 267,
  CONNECT_LIST_ALL_DOMAINS: 273,
  DOMAIN_GET_JOB_STATS: 298,
  DOMAIN_MIGRATE_PERFORM3_PARAMS: 305,
  CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY: 316,
  CONNECT_GET_DOMAIN_CAPABILITIES: 342,
  CONNECT_GET_ALL_DOMAIN_STATS: 344,
} as const;
/** REMOTE_PROC_DOMAIN_EVENT_CALLBACK_*: messages the daemon sends by itself. */
export const EventProcedure = {
  LIFECYCLE: 318,
  REBOOT: 319,
  IO_ERROR_REASON: 324,
  AGENT_LIFECYCLE: 348,
  JOB_COMPLETED: 363,
} as const;
/** VIR_DOMAIN_EVENT_ID_* */
export const EventId = {
  LIFECYCLE: 0,
  REBOOT: 1,
  IO_ERROR_REASON: 6,
  AGENT_LIFECYCLE: 18,
  JOB_COMPLETED: 21,
} as const;
/** QEMU_PROC_* */
export const QEMU_DOMAIN_AGENT_COMMAND = 3;
/** VIR_DRV_FEATURE_PROGRAM_KEEPALIVE: asking for it makes the daemon send pings. */
export const FEATURE_KEEPALIVE = 11;

/** VIR_ERR_* */
export const VirErrorCode = {
  NO_SUPPORT: 3,
  INVALID_ARG: 8,
  OS_TYPE: 16,
  NO_NAME: 21,
  NO_OS: 22,
  XML_ERROR: 27,
  DOM_EXIST: 28,
  XML_DETAIL: 35,
  NO_DOMAIN: 42,
  OPERATION_INVALID: 55,
  CONFIG_UNSUPPORTED: 67,
  OPERATION_TIMEOUT: 68,
  ARGUMENT_UNSUPPORTED: 74,
  OPERATION_ABORTED: 78,
  OPERATION_UNSUPPORTED: 84,
  AGENT_UNRESPONSIVE: 86,
  XML_INVALID_SCHEMA: 92,
  AGENT_UNSYNCED: 97,
} as const;

/** virDomainState */
export const DomainState = { RUNNING: 1, BLOCKED: 2, PAUSED: 3, SHUTDOWN: 4, SHUTOFF: 5, CRASHED: 6, PMSUSPENDED: 7 } as const;
/** virDomainPausedReason */
export const PausedReason = {
  USER: 1,
  MIGRATION: 2,
  SAVE: 3,
  IOERROR: 5,
  WATCHDOG: 6,
  SHUTTING_DOWN: 8,
  CRASHED: 10,
  STARTING_UP: 11,
} as const;
/** virDomainEventType */
export const Lifecycle = {
  DEFINED: 0,
  UNDEFINED: 1,
  STARTED: 2,
  SUSPENDED: 3,
  RESUMED: 4,
  STOPPED: 5,
  SHUTDOWN: 6,
  PMSUSPENDED: 7,
  CRASHED: 8,
} as const;
/** virDomainEventStoppedDetailType */
export const StoppedDetail = { SHUTDOWN: 0, DESTROYED: 1, CRASHED: 2, MIGRATED: 3, SAVED: 4, FAILED: 5 } as const;
/** virDomainDiskErrorCode */
export const DISK_ERROR_NO_SPACE = 2;

/** VIR_CONNECT_LIST_DOMAINS_ACTIVE, also of the bulk statistics. */
export const LIST_ACTIVE = 1;
/** VIR_DOMAIN_STATS_* */
export const DomainStats = { STATE: 1 << 0, CPU_TOTAL: 1 << 1, BALLOON: 1 << 2, VCPU: 1 << 3, INTERFACE: 1 << 4, BLOCK: 1 << 5 } as const;
/** VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT: a domain that is busy gives what needs no wait. */
export const STATS_NOWAIT = 1 << 29;
/** VIR_MIGRATE_* */
export const Migrate = {
  LIVE: 1 << 0,
  PEER2PEER: 1 << 1,
  UNSAFE: 1 << 9,
  COMPRESSED: 1 << 11,
  ABORT_ON_ERROR: 1 << 12,
  AUTO_CONVERGE: 1 << 13,
} as const;
/** virDomainJobOperation */
export const JobOperation = { MIGRATION_OUT: 5 } as const;
/** virDomainShutdownFlagValues and virDomainRebootFlagValues, which agree here. */
export const PowerMode = { ACPI: 1 << 0, GUEST_AGENT: 1 << 1 } as const;
/** VIR_DOMAIN_START_PAUSED */
export const START_PAUSED = 1 << 0;
/** VIR_DOMAIN_SAVE_RUNNING: the guest runs after the restore, whatever it did when it was saved. */
export const SAVE_RUNNING = 1 << 1;
