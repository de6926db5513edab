import type { NewEvent } from "../../db/unitOfWork.ts";

/** oVirt's audit log: the numbers and severities of the events that happen here. */
export const AUDIT_LOG = {
  // Engine and sessions
  VDC_START: { code: 1, severity: "NORMAL" },
  USER_VDC_LOGIN: { code: 30, severity: "NORMAL" },
  USER_VDC_LOGIN_FAILED: { code: 114, severity: "ERROR" },
  USER_VDC_LOGOUT: { code: 31, severity: "NORMAL" },
  USER_VDC_SESSION_TERMINATED: { code: 831, severity: "NORMAL" },
  USER_PASSWORD_CHANGED: { code: 346, severity: "NORMAL" },
  USER_PASSWORD_CHANGE_FAILED: { code: 347, severity: "ERROR" },
  USER_ADD_PERMISSION: { code: 850, severity: "NORMAL" },
  USER_REMOVE_PERMISSION: { code: 852, severity: "NORMAL" },
  USER_ADD_SYSTEM_PERMISSION: { code: 866, severity: "NORMAL" },
  USER_REMOVE_SYSTEM_PERMISSION: { code: 868, severity: "NORMAL" },
  USER_ADD: { code: 149, severity: "NORMAL" },
  USER_REMOVE_ADUSER: { code: 325, severity: "NORMAL" },

  // VMs: configuration
  USER_ADD_VM: { code: 34, severity: "NORMAL" },
  USER_UPDATE_VM: { code: 35, severity: "NORMAL" },
  USER_REMOVE_VM_FINISHED: { code: 113, severity: "NORMAL" },
  USER_FAILED_REMOVE_VM: { code: 59, severity: "ERROR" },

  // VMs: life
  USER_STARTED_VM: { code: 153, severity: "NORMAL" },
  USER_RUN_VM: { code: 32, severity: "NORMAL" },
  USER_FAILED_RUN_VM: { code: 54, severity: "ERROR" },
  USER_INITIATED_SHUTDOWN_VM: { code: 73, severity: "NORMAL" },
  USER_FAILED_SHUTDOWN_VM: { code: 74, severity: "ERROR" },
  USER_STOPPED_VM_INSTEAD_OF_SHUTDOWN: { code: 76, severity: "NORMAL" },
  USER_STOP_VM: { code: 33, severity: "NORMAL" },
  USER_FAILED_STOP_VM: { code: 56, severity: "ERROR" },
  USER_STOP_SUSPENDED_VM: { code: 111, severity: "NORMAL" },
  USER_STOP_SUSPENDED_VM_FAILED: { code: 112, severity: "ERROR" },
  USER_REBOOT_VM: { code: 157, severity: "NORMAL" },
  USER_FAILED_REBOOT_VM: { code: 158, severity: "ERROR" },
  USER_RESET_VM: { code: 221, severity: "NORMAL" },
  USER_FAILED_RESET_VM: { code: 222, severity: "ERROR" },
  USER_SUSPEND_VM: { code: 501, severity: "NORMAL" },
  USER_SUSPEND_VM_OK: { code: 503, severity: "NORMAL" },
  USER_FAILED_SUSPEND_VM: { code: 502, severity: "ERROR" },
  USER_RESUME_VM: { code: 40, severity: "NORMAL" },
  USER_FAILED_RESUME_VM: { code: 103, severity: "ERROR" },
  VM_DOWN: { code: 61, severity: "NORMAL" },
  VM_DOWN_ERROR: { code: 119, severity: "ERROR" },
  USER_ADDED_QOS: { code: 10110, severity: "NORMAL" },
  USER_REMOVED_QOS: { code: 10112, severity: "NORMAL" },
  USER_UPDATED_QOS: { code: 10114, severity: "NORMAL" },
  USER_ADDED_CPU_PROFILE: { code: 10130, severity: "NORMAL" },
  USER_REMOVED_CPU_PROFILE: { code: 10132, severity: "NORMAL" },
  USER_UPDATED_CPU_PROFILE: { code: 10134, severity: "NORMAL" },
  USER_ADDED_DISK_PROFILE: { code: 10120, severity: "NORMAL" },
  USER_REMOVED_DISK_PROFILE: { code: 10122, severity: "NORMAL" },
  USER_UPDATED_DISK_PROFILE: { code: 10124, severity: "NORMAL" },
  MAC_POOL_ADD_SUCCESS: { code: 10700, severity: "NORMAL" },
  MAC_POOL_EDIT_SUCCESS: { code: 10702, severity: "NORMAL" },
  MAC_POOL_REMOVE_SUCCESS: { code: 10704, severity: "NORMAL" },
  USER_ADDED_AFFINITY_GROUP: { code: 10350, severity: "NORMAL" },
  USER_UPDATED_AFFINITY_GROUP: { code: 10352, severity: "NORMAL" },
  USER_REMOVED_AFFINITY_GROUP: { code: 10354, severity: "NORMAL" },
  USER_ADDED_AFFINITY_LABEL: { code: 10380, severity: "NORMAL" },
  USER_UPDATED_AFFINITY_LABEL: { code: 10382, severity: "NORMAL" },
  USER_REMOVED_AFFINITY_LABEL: { code: 10384, severity: "NORMAL" },
  HA_VM_FAILED: { code: 9602, severity: "ERROR" },
  HA_VM_RESTART_FAILED: { code: 9603, severity: "ERROR" },
  EXCEEDED_MAXIMUM_NUM_OF_RESTART_HA_VM_ATTEMPTS: { code: 9605, severity: "ERROR" },
  VM_PAUSED: { code: 1025, severity: "NORMAL" },
  VM_PAUSED_EIO: { code: 145, severity: "ERROR" },
  VM_PAUSED_ENOSPC: { code: 138, severity: "ERROR" },
  VM_RECOVERED_FROM_PAUSE_ERROR: { code: 196, severity: "NORMAL" },
  VM_STATUS_RESTORED: { code: 163, severity: "NORMAL" },
  VM_SET_TO_UNKNOWN_STATUS: { code: 142, severity: "WARNING" },

  // VMs: migration
  VM_MIGRATION_START: { code: 62, severity: "NORMAL" },
  VM_MIGRATION_START_SYSTEM_INITIATED: { code: 67, severity: "NORMAL" },
  VM_MIGRATION_DONE: { code: 63, severity: "NORMAL" },
  VM_MIGRATION_FAILED: { code: 65, severity: "ERROR" },
  VM_MIGRATION_ABORT: { code: 64, severity: "ERROR" },
  VM_CANCEL_MIGRATION: { code: 161, severity: "NORMAL" },

  // Hosts
  USER_ADD_VDS: { code: 42, severity: "NORMAL" },
  USER_UPDATE_VDS: { code: 43, severity: "NORMAL" },
  USER_REMOVE_VDS: { code: 44, severity: "NORMAL" },
  VDS_INSTALL_FAILED: { code: 505, severity: "ERROR" },
  VDS_DETECTED: { code: 13, severity: "NORMAL" },
  VDS_HOST_NOT_RESPONDING: { code: 9027, severity: "WARNING" },
  VDS_HOST_NOT_RESPONDING_CONNECTING: { code: 9008, severity: "WARNING" },
  VDS_ACTIVATE: { code: 16, severity: "NORMAL" },
  VDS_MAINTENANCE: { code: 15, severity: "NORMAL" },
  VDS_MAINTENANCE_FAILED: { code: 17, severity: "ERROR" },
  USER_VDS_MAINTENANCE: { code: 600, severity: "NORMAL" },
  USER_VDS_MAINTENANCE_WITHOUT_REASON: { code: 620, severity: "NORMAL" },
  VDS_SET_NONOPERATIONAL: { code: 517, severity: "NORMAL" },
  VDS_SET_NONOPERATIONAL_NETWORK: { code: 519, severity: "WARNING" },
  HOST_CERTIFICATION_ENROLLMENT_STARTED: { code: 880, severity: "NORMAL" },
  HOST_CERTIFICATION_ENROLLMENT_FINISHED: { code: 881, severity: "NORMAL" },
  HOST_CERTIFICATION_IS_ABOUT_TO_EXPIRE: { code: 845, severity: "WARNING" },
  HOST_CERTIFICATION_IS_ABOUT_TO_EXPIRE_ALERT: { code: 879, severity: "ALERT" },
  HOST_CERTIFICATION_HAS_EXPIRED: { code: 877, severity: "ALERT" },
  HOST_CERTIFICATION_IS_INVALID: { code: 876, severity: "ERROR" },

  // Clusters and data centers
  USER_ADD_CLUSTER: { code: 809, severity: "NORMAL" },
  USER_UPDATE_CLUSTER: { code: 811, severity: "NORMAL" },
  USER_REMOVE_CLUSTER: { code: 813, severity: "NORMAL" },
  USER_ADD_STORAGE_POOL: { code: 950, severity: "NORMAL" },
  USER_UPDATE_STORAGE_POOL: { code: 952, severity: "NORMAL" },
  USER_REMOVE_STORAGE_POOL: { code: 954, severity: "NORMAL" },

  // Networks
  NETWORK_ADD_NETWORK: { code: 942, severity: "NORMAL" },
  NETWORK_UPDATE_NETWORK: { code: 1114, severity: "NORMAL" },
  NETWORK_REMOVE_NETWORK: { code: 944, severity: "NORMAL" },
  ADD_VNIC_PROFILE: { code: 1122, severity: "NORMAL" },
  UPDATE_VNIC_PROFILE: { code: 1124, severity: "NORMAL" },
  REMOVE_VNIC_PROFILE: { code: 1126, severity: "NORMAL" },
  NETWORK_ADD_VM_INTERFACE: { code: 932, severity: "NORMAL" },
  NETWORK_UPDATE_VM_INTERFACE: { code: 934, severity: "NORMAL" },
  NETWORK_REMOVE_VM_INTERFACE: { code: 930, severity: "NORMAL" },

  // Storage and disks
  USER_ADD_STORAGE_DOMAIN: { code: 956, severity: "NORMAL" },
  USER_ADD_STORAGE_DOMAIN_FAILED: { code: 957, severity: "ERROR" },
  USER_UPDATE_STORAGE_DOMAIN: { code: 958, severity: "NORMAL" },
  USER_REMOVE_STORAGE_DOMAIN: { code: 960, severity: "NORMAL" },
  USER_REMOVE_STORAGE_DOMAIN_FAILED: { code: 961, severity: "ERROR" },
  USER_ACTIVATED_STORAGE_DOMAIN: { code: 966, severity: "NORMAL" },
  SYSTEM_DEACTIVATED_STORAGE_DOMAIN: { code: 970, severity: "WARNING" },
  USER_ADD_DISK: { code: 2020, severity: "NORMAL" },
  USER_ADD_DISK_FINISHED_SUCCESS: { code: 2021, severity: "NORMAL" },
  USER_ADD_DISK_FINISHED_FAILURE: { code: 2022, severity: "ERROR" },
  USER_ADD_DISK_TO_VM: { code: 78, severity: "NORMAL" },
  USER_ADD_DISK_TO_VM_FINISHED_SUCCESS: { code: 97, severity: "NORMAL" },
  USER_ADD_DISK_TO_VM_FINISHED_FAILURE: { code: 98, severity: "ERROR" },
  USER_UPDATE_DISK: { code: 86, severity: "NORMAL" },
  USER_UPDATE_VM_DISK: { code: 88, severity: "NORMAL" },
  USER_EXTENDED_DISK_SIZE: { code: 377, severity: "NORMAL" },
  USER_EXTEND_DISK_SIZE_SUCCESS: { code: 371, severity: "NORMAL" },
  USER_EXTEND_DISK_SIZE_FAILURE: { code: 370, severity: "ERROR" },
  USER_ATTACH_DISK_TO_VM: { code: 2016, severity: "NORMAL" },
  USER_DETACH_DISK_FROM_VM: { code: 2018, severity: "NORMAL" },
  USER_REMOVE_DISK_INITIATED: { code: 2038, severity: "NORMAL" },
  USER_FINISHED_REMOVE_DISK: { code: 2014, severity: "NORMAL" },
  USER_FINISHED_FAILED_REMOVE_DISK: { code: 2015, severity: "WARNING" },

  // Templates
  USER_ADD_VM_TEMPLATE_SUCCESS: { code: 29, severity: "NORMAL" },
  USER_UPDATE_VM_TEMPLATE: { code: 49, severity: "NORMAL" },
  USER_REMOVE_VM_TEMPLATE_FINISHED: { code: 251, severity: "NORMAL" },

  // Tags and bookmarks
  USER_ADD_TAG: { code: 432, severity: "NORMAL" },
  USER_UPDATE_TAG: { code: 430, severity: "NORMAL" },
  USER_REMOVE_TAG: { code: 434, severity: "NORMAL" },
  USER_ADD_BOOKMARK: { code: 350, severity: "NORMAL" },
  USER_UPDATE_BOOKMARK: { code: 352, severity: "NORMAL" },
  USER_REMOVE_BOOKMARK: { code: 354, severity: "NORMAL" },

  // Ours, above oVirt's highest number: oVirt takes such VMs up silently as external ones.
  UNMANAGED_VM_DETECTED: { code: 20_001, severity: "WARNING" },
  // Ours: VDSM is believed whatever it says.
  VM_CLAIMED_BY_FOREIGN_HOST: { code: 20_011, severity: "ERROR" },
  VM_RUNS_ON_TWO_HOSTS: { code: 20_012, severity: "ALERT" },
  VM_FOUND_ON_ANOTHER_HOST: { code: 20_013, severity: "WARNING" },
  HOST_REPORT_REFUSED: { code: 20_014, severity: "WARNING" },
} as const satisfies Record<string, Pick<NewEvent, "code" | "severity">>;
export type AuditLogName = keyof typeof AUDIT_LOG;
/** The objects an event is about; it is shown with each of them. */
export type EventLinks = Omit<NewEvent, "code" | "name" | "severity" | "description">;

const MAX_DESCRIPTION = 1024;

/** An event for `Transaction.event`. `description` is what people read: a sentence with the names of what it is about; it is cut at 1024 characters. */
export const auditEvent = (name: AuditLogName, description: string, links: EventLinks = {}): NewEvent => ({
  ...AUDIT_LOG[name],
  name,
  description: description.length > MAX_DESCRIPTION ? `${description.slice(0, MAX_DESCRIPTION - 1)}…` : description,
  ...links,
});
