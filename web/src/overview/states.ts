/** States of VMs as the overview counts them; short ones are told with what they lead to. */
export const VM_STATES = [
  { status: "UP", label: "Up", search: "status = up" },
  {
    status: "POWERING_UP",
    label: "Starting",
    search: "status = powering_up or status = wait_for_launch or status = restoring_state",
  },
  { status: "MIGRATING", label: "Migrating", search: "status = migrating" },
  {
    status: "POWERING_DOWN",
    label: "Stopping",
    search: "status = powering_down or status = saving_state or status = reboot_in_progress",
  },
  { status: "IMAGE_LOCKED", label: "Locked", search: "status = image_locked" },
  { status: "DOWN", label: "Down", search: "status = down" },
  { status: "SUSPENDED", label: "Suspended", search: "status = suspended" },
  { status: "PAUSED", label: "Paused", search: "status = paused" },
  { status: "NOT_RESPONDING", label: "Not responding", search: "status = not_responding" },
  { status: "UNKNOWN", label: "Unknown", search: "status = unknown" },
] as const;
