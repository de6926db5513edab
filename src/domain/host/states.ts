import { OvertError, type Reason } from "../../errors.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { RowOf } from "../kinds.ts";
import type { Host, HostStatus } from "./host.ts";

const ALWAYS = [
  "INSTALLING",
  "INSTALL_FAILED",
  "INITIALIZING",
  "UP",
  "CONNECTING",
  "NON_RESPONSIVE",
  "NON_OPERATIONAL",
  "PREPARING_FOR_MAINTENANCE",
  "MAINTENANCE",
  "UNASSIGNED",
] as const satisfies readonly HostStatus[];

/** In which states a verb is allowed, from oVirt's matrix of refused actions. A verb may refuse more, for other reasons. */
const ALLOWED = {
  activate: ["INSTALL_FAILED", "NON_OPERATIONAL", "PREPARING_FOR_MAINTENANCE", "MAINTENANCE"],
  deactivate: ["INSTALL_FAILED", "UP", "NON_RESPONSIVE", "NON_OPERATIONAL"],
  // oVirt refuses removal while INSTALLING, which ends by itself there. Here it lasts until somebody runs the agent: a
  // host that nobody ever enrols must be removable, as oVirt's PENDING_APPROVAL is.
  remove: ["INSTALLING", "INSTALL_FAILED", "MAINTENANCE"],
  /** A one-time token for the agent changes nothing by itself, and a host with an expired certificate still runs VMs. */
  enrollCertificate: ALWAYS,
  update: ALWAYS,
} as const satisfies Record<string, readonly HostStatus[]>;

/** What can be asked of a host. */
export type HostVerb = keyof typeof ALLOWED;
export const HOST_VERBS = Object.keys(ALLOWED) as HostVerb[];

const PHRASES: Record<HostStatus, string> = {
  INSTALLING: "waits for its agent to enrol",
  INSTALL_FAILED: "could not be installed",
  INITIALIZING: "is being initialized",
  UP: "is up",
  CONNECTING: "has lost its link and may come back",
  NON_RESPONSIVE: "does not respond",
  NON_OPERATIONAL: "is not operational",
  PREPARING_FOR_MAINTENANCE: "is preparing for maintenance",
  MAINTENANCE: "is in maintenance",
  UNASSIGNED: "has no state yet",
};
const WORDS: Record<HostVerb, string> = {
  activate: "activated",
  deactivate: "sent into maintenance",
  remove: "removed",
  enrollCertificate: "given a certificate",
  update: "updated",
};

export const hostVerbAllowed = (status: HostStatus, verb: HostVerb): boolean => (ALLOWED[verb] as readonly HostStatus[]).includes(status);

/** Why the host's state forbids the verb (code `HOST_STATUS_<status>`), or null when it does not. */
export function hostStateRefusal(host: Pick<Host, "name" | "status">, verb: HostVerb): Reason | null {
  if (hostVerbAllowed(host.status, verb)) return null;
  return { code: `HOST_STATUS_${host.status}`, message: `Host ${host.name} ${hostPhrase(host.status)}, so it cannot be ${WORDS[verb]}.` };
}

/** Throws NOT_ALLOWED_IN_STATE with the refusal as its reason. */
export function requireHostState(host: Pick<Host, "name" | "status">, verb: HostVerb): void {
  const refusal = hostStateRefusal(host, verb);
  if (refusal) throw new OvertError("NOT_ALLOWED_IN_STATE", refusal.message, [refusal]);
}

/** VMs on record as being on the host, or on their way to it. */
export const hostVms = (snapshot: Snapshot, hostId: string): RowOf<"Vm">[] => [
  ...snapshot.by("Vm", "hostId", hostId),
  ...snapshot.by("Vm", "migratingToId", hostId),
];

/** Nothing can be moved away from a host that does not answer, and nobody knows whether its VMs run: as in oVirt. */
export function deactivationRefusal(snapshot: Snapshot, host: Pick<RowOf<"Host">, "id" | "name" | "status">): Reason | null {
  const count = host.status === "NON_RESPONSIVE" ? hostVms(snapshot, host.id).length : 0;
  if (count === 0) return null;
  const message = `Host ${host.name} does not respond and has ${count} VM${count === 1 ? "" : "s"} on record, so it cannot be sent into maintenance.`;
  return { code: "VDS_CANNOT_MAINTENANCE_VDS_IS_NOT_RESPONDING_WITH_VMS", message };
}

/** The state as the rest of a sentence that begins with the host's name. */
export const hostPhrase = (status: HostStatus): string => PHRASES[status];
