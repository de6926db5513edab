import type { Transaction } from "../db/unitOfWork.ts";
import { EVERYONE, EVERYONE_ID } from "./access/everyone.ts";
import { ROLES } from "./access/roles.ts";
import type { Engine } from "./engine.ts";
import { auditEvent } from "./event/codes.ts";
import { PREDEFINED_INSTANCE_TYPES } from "./instanceType/predefined.ts";
import { DEFAULT_POOL } from "./macPool/free.ts";
import { insertWithDefaults } from "./noun/defaults.ts";
import { PREDEFINED_POLICIES } from "./scheduling/weights.ts";
import { BLANK_TEMPLATE } from "./template/blank.ts";

/** What oVirt finds at its first start too: data center and cluster `Default`, network `ovirtmgmt`, template `Blank`. */
export async function seed({ unitOfWork, journal }: Pick<Engine, "unitOfWork" | "journal">): Promise<void> {
  await unitOfWork.run({ userId: null, correlationId: "start", jobId: null }, (tx) => {
    tx.event(auditEvent("VDC_START", "The engine started."));
    seedRoles(tx);
    seedPolicies(tx);
    seedPools(tx);
    if (journal.snapshot().get("Template", BLANK_TEMPLATE.id)) return;
    const { id: dataCenterId } = insertWithDefaults(tx, "DataCenter", { name: "Default", description: "The default data center" });
    insertWithDefaults(tx, "Cluster", { name: "Default", description: "The default cluster", dataCenterId });
    const management = { name: "ovirtmgmt", description: "Management network", vdsmName: "ovirtmgmt", required: true };
    const { id: networkId } = insertWithDefaults(tx, "Network", { ...management, dataCenterId });
    insertWithDefaults(tx, "VnicProfile", { name: "ovirtmgmt", networkId });
    insertWithDefaults(tx, "Template", BLANK_TEMPLATE);
  });
}

/** Also into a database of a release that did not have them. */
function seedPools(tx: Transaction): void {
  if (tx.snapshot.count("MacPool") > 0) return;
  insertWithDefaults(tx, "MacPool", DEFAULT_POOL);
  for (const size of PREDEFINED_INSTANCE_TYPES) insertWithDefaults(tx, "InstanceType", size);
}

/** oVirt's own, as this release has them; code decides what they allow, rows show it. */
export function seedRoles(tx: Transaction): void {
  for (const { id, name, administrative, allowsViewingChildren, permits } of ROLES) {
    const facts = { name, administrative, allowsViewingChildren, permitNames: [...permits], mutable: false };
    const known = tx.get("Role", id);
    if (known) tx.update("Role", known, facts);
    else insertWithDefaults(tx, "Role", { id, ...facts });
  }
  if (!tx.get("Group", EVERYONE_ID)) insertWithDefaults(tx, "Group", EVERYONE);
}

function seedPolicies(tx: Transaction): void {
  for (const { id, name, weights, defaultPolicy } of PREDEFINED_POLICIES)
    if (!tx.get("SchedulingPolicy", id))
      insertWithDefaults(tx, "SchedulingPolicy", { id, name, weights: [...weights], defaultPolicy, mutable: false });
}
