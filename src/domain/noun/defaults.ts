import type { NewRow, Transaction } from "../../db/unitOfWork.ts";
import { lineage, type Place } from "../access/rights.ts";
import type { Reason } from "../../errors.ts";
import type { Decision } from "../command.ts";
import { auditEvent, type AuditLogName, type EventLinks } from "../event/codes.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { InventoryKind, RowOf } from "../kinds.ts";
import { capital, declarationOf } from "./declaration.ts";
import { addInputOf, updateInputOf, type AnyInput } from "./inputs.ts";
import { removeWithParts } from "./removal.ts";
import { heldForNextRun, isAtRest, withNextRun } from "./nextRun.ts";
import { changedValues, defaultsOf, newValues, placeOfNew, refuseTaken, type Values } from "./rows.ts";
import { protectedRefusal } from "./states.ts";
import { refuseLoop } from "./tree.ts";
import { addition, verb, type Given, type Verb } from "./verb.ts";

/** What a noun does beside what follows from its declaration. */
export interface Ways<K extends InventoryKind> {
  /**
   * Looks at a row as it is to be stored, and answers what follows from other columns. `before` is null for a new one, which
   * has no id yet. Throws INVALID and the like.
   */
  check?: (tx: Transaction, row: RowOf<K>, given: Given<AnyInput> & { before: RowOf<K> | null }) => Partial<RowOf<K>> | void;
  /** A standing reason against changing and removing one. */
  unless?: (row: RowOf<K>) => Reason | null;
  /** A class with fields that both inputs have beside the columns. */
  extra?: new () => object;
  /** What is done in the same transaction. */
  added?: (tx: Transaction, row: RowOf<K>, given: Given<AnyInput>) => Partial<Decision<K>> | void;
  updated?: (tx: Transaction, row: RowOf<K>, given: Given<AnyInput> & { before: RowOf<K> }) => void;
  removing?: (tx: Transaction, row: RowOf<K>, given: Given<AnyInput>) => void;
  /** What follows the commit outside the database. */
  removed?: (row: RowOf<K>, given: Given<AnyInput>) => void;
  /** Descriptions for the schema. */
  says?: { add?: string; update?: string; remove?: string };
}

export function defaultAdd<K extends InventoryKind>(kind: K, { check, added, extra, says }: Ways<K>): Verb<K> | null {
  const declaration = declarationOf(kind);
  const { words, events, rights } = declaration;
  if (!rights?.add) return null;
  return addition<K, AnyInput>({
    name: `add${kind}`,
    on: kind,
    permit: rights.add,
    risk: "REVERSIBLE",
    description: says?.add ?? `Adds a ${words}.`,
    input: addInputOf(declaration, extra),
    within: placeIn(kind),
    decide: (tx, given) => {
      const entity = tx.insert(kind, newRow(tx, kind, { given, check }));
      tell(tx, events?.add, { kind, row: entity, done: `was added by ${given.caller.userName}` });
      return { entity, ...added?.(tx, entity, given) };
    },
  });
}

export function defaultUpdate<K extends InventoryKind>(kind: K, { check, updated, unless, extra, says }: Ways<K>): Verb<K> | null {
  const declaration = declarationOf(kind);
  const { words, events, states, rights } = declaration;
  if (!rights?.update) return null;
  return verb<K, AnyInput>({
    name: `update${kind}`,
    on: kind,
    permit: rights.update,
    risk: "REVERSIBLE",
    description: says?.update ?? `Changes a ${words}.`,
    states: states?.update as never,
    done: "updated",
    ...(unless && { unless }),
    input: updateInputOf(declaration, extra),
    inputRequired: true,
    decide: (tx, before, given) => {
      const entity = tx.update(kind, before, changedRow(tx, kind, { before, given, check }));
      tell(tx, events?.update, { kind, row: entity, done: `was updated by ${given.caller.userName}` });
      updated?.(tx, entity, { ...given, before });
      return { entity };
    },
  });
}

export function defaultRemove<K extends InventoryKind>(kind: K, { removing, removed, unless, says }: Ways<K>): Verb<K> | null {
  const { words, events, states, rights } = declarationOf(kind);
  if (!rights?.remove) return null;
  return verb<K, AnyInput>({
    name: `remove${kind}`,
    on: kind,
    permit: rights.remove,
    risk: "DESTRUCTIVE",
    description: says?.remove ?? `Removes a ${words}.`,
    states: states?.remove as never,
    done: "removed",
    unless: (row) => unless?.(row) ?? protectedRefusal(row),
    decide: (tx, entity, given) => {
      removing?.(tx, entity, given);
      tell(tx, events?.remove, { kind, row: entity, done: `was removed by ${given.caller.userName}` });
      removeWithParts(tx, kind, entity);
      return { entity };
    },
    ...(removed && { after: ({ entity }, given) => removed(entity, given) }),
  });
}

interface Made<K extends InventoryKind> {
  given: Given<AnyInput>;
  check?: Ways<K>["check"] | undefined;
}
/** What a client asked for, whole and checked. Throws INVALID, NOT_FOUND, CONFLICT (taken), and what `check` throws. */
export function newRow<K extends InventoryKind>(tx: Transaction, kind: K, { given, check }: Made<K>): NewRow<K> {
  const declaration = declarationOf(kind);
  const values = newValues(tx, declaration, given);
  refuseTaken(tx, declaration, values);
  const row = { ...values, ...check?.(tx, values as unknown as RowOf<K>, { ...given, before: null }) };
  refuseLoop(tx, declaration, row);
  refuseTaken(tx, declaration, row);
  return row as unknown as NewRow<K>;
}

/** An object that the engine makes itself: what is not given is as its columns have it. */
export function insertWithDefaults<K extends InventoryKind>(tx: Transaction, kind: K, given: Partial<RowOf<K>>): RowOf<K> {
  return tx.insert(kind, { ...defaultsOf(declarationOf(kind), tx), ...given } as unknown as NewRow<K>);
}

/** As `newRow`, of an object that there is; what cannot change while it runs is put aside for its next run. */
export function changedRow<K extends InventoryKind>(
  tx: Transaction,
  kind: K,
  { before, given, check }: Made<K> & { before: RowOf<K> },
): RowOf<K> {
  const declaration = declarationOf(kind);
  const planned = withNextRun(before);
  const wanted = { ...planned, ...changedValues(tx, declaration, { ...given, before: planned }) };
  refuseTaken(tx, declaration, wanted as unknown as Values);
  const row = { ...wanted, ...check?.(tx, wanted, { ...given, before: planned }) };
  refuseLoop(tx, declaration, row, before);
  refuseTaken(tx, declaration, row as unknown as Values);
  return isAtRest(declaration, before as { status?: string }) ? row : heldForNextRun(declaration, row, before);
}

/** What a new object is to be a part of. Throws NOT_FOUND. */
export function placeIn(kind: InventoryKind) {
  return (given: Given<AnyInput>): Place | null => placeOfNew(declarationOf(kind), given);
}

const LINKS: Partial<Record<InventoryKind, keyof EventLinks>> = {
  Vm: "vmId",
  Host: "hostId",
  Cluster: "clusterId",
  DataCenter: "dataCenterId",
  StorageDomain: "storageDomainId",
  Template: "templateId",
};
/** What an event about an object is shown with: the object, what it names, and what it is a part of. */
export function linksOf(snapshot: Snapshot, place: Place): EventLinks {
  const links: Record<string, unknown> = {};
  for (const { kind, row } of lineage(snapshot, place)) if (LINKS[kind]) links[LINKS[kind]] ??= row.id;
  for (const name of Object.values(LINKS)) links[name] ??= (place.row as unknown as Values)[name];
  return links;
}

interface Deed extends Place {
  /** The rest of a sentence that begins with the object's name. */
  done: string;
}
/** An object in words; one whose name is unique in its container only, with that: `NIC nic1 of VM web1`. */
function calledOf(snapshot: Snapshot, place: Place): string {
  const { words, unique } = declarationOf(place.kind);
  const called = `${words} ${(place.row as { name?: string }).name ?? place.row.id}`;
  const [, container] = unique?.[0]?.length === 2 ? [...lineage(snapshot, place)] : [];
  return container ? `${called} of ${calledOf(snapshot, container)}` : called;
}
/** Puts an event about an object into the transaction; `name` is absent where oVirt has none for it. */
export function tell(tx: Transaction, name: AuditLogName | undefined, { kind, row, done }: Deed): void {
  if (!name) return;
  tx.event(auditEvent(name, `${capital(calledOf(tx.snapshot, { kind, row }))} ${done}.`, linksOf(tx.snapshot, { kind, row })));
}
