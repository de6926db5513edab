/** oVirt's permits (action groups) that verbs here ask for, and the predefined roles that carry them. */
const PERMITS = [
  "LOGIN",
  "CREATE_STORAGE_POOL",
  "EDIT_STORAGE_POOL_CONFIGURATION",
  "DELETE_STORAGE_POOL",
  "CREATE_CLUSTER",
  "EDIT_CLUSTER_CONFIGURATION",
  "DELETE_CLUSTER",
  "CREATE_HOST",
  "EDIT_HOST_CONFIGURATION",
  "DELETE_HOST",
  "MANIPULATE_HOST",
  "CREATE_STORAGE_DOMAIN",
  "EDIT_STORAGE_DOMAIN_CONFIGURATION",
  "DELETE_STORAGE_DOMAIN",
  "CREATE_STORAGE_POOL_NETWORK",
  "CONFIGURE_STORAGE_POOL_NETWORK",
  "DELETE_STORAGE_POOL_NETWORK",
  "CREATE_NETWORK_VNIC_PROFILE",
  "CONFIGURE_NETWORK_VNIC_PROFILE",
  "DELETE_NETWORK_VNIC_PROFILE",
  "CREATE_VM",
  "EDIT_VM_PROPERTIES",
  "DELETE_VM",
  "RUN_VM",
  "STOP_VM",
  "SHUT_DOWN_VM",
  "REBOOT_VM",
  "HIBERNATE_VM",
  "MIGRATE_VM",
  "CONFIGURE_VM_NETWORK",
  "CONFIGURE_VM_STORAGE",
  "CREATE_DISK",
  "EDIT_DISK_PROPERTIES",
  "DELETE_DISK",
  "ATTACH_DISK",
  "CREATE_TEMPLATE",
  "EDIT_TEMPLATE_PROPERTIES",
  "DELETE_TEMPLATE",
  "MANIPULATE_USERS",
  "AUDIT_LOG_MANAGEMENT",
  "TAG_MANAGEMENT",
  "BOOKMARK_MANAGEMENT",
] as const;
export type Permit = (typeof PERMITS)[number];

/**
 * oVirt's predefined roles, as far as they carry permits that exist here. A role is given on the whole system; whoever
 * has one sees everything, the permits say what else he may.
 */
export const ROLES: Readonly<Record<string, readonly Permit[]>> = {
  SuperUser: PERMITS,
  ReadOnlyAdmin: ["LOGIN"],
  UserRole: ["LOGIN", "RUN_VM", "STOP_VM", "SHUT_DOWN_VM", "REBOOT_VM", "HIBERNATE_VM"],
};
