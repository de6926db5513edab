import type { Transaction } from "../../db/unitOfWork.ts";
import type { Reason } from "../../errors.ts";
import { asOf, type Caller, type Viewer } from "../access/caller.ts";
import type { Permit } from "../access/permits.ts";
import { viewOf } from "../access/view.ts";
import { discreetly, shownReasons } from "../access/discretion.ts";
import { lacksPermit, requirePermit, type Place } from "../access/rights.ts";
import { PREDEFINED_ROLES } from "../access/roles.ts";
import { command, type Decision, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { expectVersion } from "../input.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { InventoryKind, RowOf } from "../kinds.ts";
import type { AnyInput } from "./inputs.ts";
import { declarationOf } from "./declaration.ts";
import { stateRefusal, throwRefusals } from "./states.ts";

/** How much harm a mutation can do. */
export type Risk = "READ" | "REVERSIBLE" | "DISRUPTIVE" | "DESTRUCTIVE";
type StatusOf<K extends InventoryKind> = RowOf<K> extends { status: infer S extends string } ? S : never;

/** What a decision is made from, beside the transaction and the object. */
export interface Given<I = AnyInput> {
  readonly input: I;
  readonly caller: Caller;
  /** What the caller may see at the moment of the decision: what he names is looked up here. */
  readonly seen: Snapshot;
  readonly engine: Engine;
}
/** What every mutation is given, as it comes. */
export interface Asked<I = AnyInput> extends Request {
  id?: string;
  input?: I | null | undefined;
}
/** Who asks for a verb as a part of something else, and for what. */
type Asking<I = AnyInput> = Pick<Given<I>, "engine" | "caller"> & Pick<Asked<I>, "id" | "input">;
/** A field of a payload beside job, plan and the noun. */
export interface PayloadField {
  type: () => unknown;
  description: string;
}

/** A right that is asked for beside the verb's own. */
interface Needed {
  permit: Permit;
  /** The system when null. */
  on: Place | null;
}
interface Said<K extends InventoryKind, I, P> {
  /** Of the mutation: `startVm`. */
  name: string;
  on: K;
  risk: Risk;
  /** For the schema. */
  description: string;
  payload?: Readonly<Record<string, PayloadField>>;
  /** What follows the commit outside the database; not in PLAN mode. Its answer is added to the outcome. */
  after?: (outcome: Outcome<K> & { entity: RowOf<K> }, given: Given<I> & { prepared: P }) => object | void;
}
interface SaidOfActing<K extends InventoryKind, I, P> extends Said<K, I, P> {
  /** Asked for on the object. */
  permit: Permit;
  /** What else is asked for, by what the input names: that is looked up in what the caller sees. Throws NOT_FOUND. */
  needs?: (given: Given<I>, row: RowOf<K>) => readonly Needed[];
  /** In which it is allowed; all when absent. */
  states?: readonly StatusOf<K>[];
  /** The rest of `so it cannot be ...`. */
  done?: string;
  /** What to do instead, by state. */
  hints?: Partial<Record<StatusOf<K>, string>>;
  input?: new () => I;
  /** Whether the input must be given. */
  inputRequired?: boolean;
  /** Another standing reason against it; `can` tells it too. */
  unless?: (row: RowOf<K>, snapshot: Snapshot) => Reason | null;
  /** What must be worked out beforehand, outside the decision: a hash of a password. The caller is known to be allowed by then. */
  prepare?: (given: Given<I>, row: RowOf<K>) => P | Promise<P>;
  decide: (tx: Transaction, row: RowOf<K>, given: Given<I> & { prepared: P }) => Decision<K>;
}
interface SaidOfAdding<K extends InventoryKind, I, P> extends Said<K, I, P> {
  input: new () => I;
  /** Asked for on the object that the new one is to be a part of. */
  permit: Permit;
  /** That object; the system when null. Throws NOT_FOUND. */
  within?: (given: Given<I>) => Place | null;
  /** As of a verb on an object. */
  needs?: (given: Given<I>) => readonly Needed[];
  /** As of a verb on an object. */
  prepare?: (given: Given<I>) => P | Promise<P>;
  decide: (tx: Transaction, given: Given<I> & { prepared: P }) => Decision<K>;
}

/** A mutation, as the product knows it; its GraphQL field, its payload and its place in `can` follow from it. */
export interface Verb<K extends InventoryKind = InventoryKind, I = AnyInput> {
  readonly name: string;
  readonly kind: K;
  /** In `can`: `start` of `startVm`. Null for what makes objects, which is asked for on no object. */
  readonly can: string | null;
  readonly risk: Risk;
  readonly permit: Permit;
  /** In which it is allowed; all when undefined. */
  readonly states: readonly string[] | undefined;
  readonly description: string;
  readonly input: (new () => I) | null;
  readonly inputRequired: boolean;
  readonly payload: Readonly<Record<string, PayloadField>>;
  /** Why somebody may not, or the object's state forbids it; empty when he may. */
  refusals(row: RowOf<K>, snapshot: Snapshot, viewer: Viewer): Reason[];
  /** Throws NOT_FOUND for what the caller cannot see, FORBIDDEN, NOT_ALLOWED_IN_STATE, CONFLICT (version), and what its decision throws. */
  run(engine: Engine, caller: Caller, asked: Asked<I>): Promise<Outcome<K>>;
  /** Its decision in the transaction of something else, such as a job's step: throws as `run`. Not of one that prepares something, or that something follows outside the database. */
  decide(tx: Transaction, asking: Asking<I>): Decision<K>;
}
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each verb has an input of its own
export type AnyVerb = Verb<any, any>;

/** A verb on an object. The order is: is it visible, may he, does its state allow it, is it at the version that he knows, decide. */
export function verb<K extends InventoryKind, I = AnyInput, P = undefined>(said: SaidOfActing<K, I, P>): Verb<K, I> {
  const { name, on: kind, permit, states, hints, unless } = said;
  const can = name.replace(kind, "");
  const rule = { states, done: said.done ?? "changed", hints: hints as Record<string, string> | undefined };
  const standing = (row: RowOf<K>, snapshot: Snapshot) => [stateRefusal(kind, row, rule), unless?.(row, snapshot) ?? null];
  const admit = (snapshot: Snapshot, given: Given<I>, id: string): RowOf<K> => {
    const row = given.seen.need(kind, id);
    requirePermit(given.caller, permit, snapshot, { kind, row });
    requireAll(snapshot, given.caller, said.needs?.(given, row));
    throwRefusals(standing(row, snapshot));
    expectVersion(row, (given.input as { version?: number }).version);
    return row;
  };
  return {
    ...toldOf(said),
    can,
    states,
    inputRequired: said.inputRequired ?? false,
    refusals: (row, snapshot, viewer) =>
      shownReasons(
        viewOf(snapshot, viewer),
        [lacksPermit(viewer, permit, snapshot, { kind, row }), ...standing(row, snapshot)].filter((reason) => reason !== null),
      ),
    run: (engine, caller, { id = "", input, ...request }) =>
      carryOut(engine, caller, {
        said,
        asked: { ...request, input: input ?? ({} as I) },
        told: input === undefined ? id : { id, input },
        admit: (snapshot, given) => admit(snapshot, given, id),
        prepare: said.prepare,
        decide: (tx, given, row) => said.decide(tx, row, given),
      }),
    decide: (tx, asking) => {
      const given = asPart(said, asking, tx.snapshot);
      return said.decide(tx, admit(tx.snapshot, given, asking.id ?? ""), given);
    },
  };
}

/** A verb that makes an object. */
export function addition<K extends InventoryKind, I = AnyInput, P = undefined>(said: SaidOfAdding<K, I, P>): Verb<K, I> {
  const admit = (snapshot: Snapshot, given: Given<I>) => {
    requirePermit(given.caller, said.permit, snapshot, said.within?.(given) ?? null);
    requireAll(snapshot, given.caller, said.needs?.(given));
  };
  const decide = (tx: Transaction, given: Given<I> & { prepared: P }) => {
    const decision = said.decide(tx, given);
    giveOwner(tx, given.caller, { kind: said.on, row: decision.entity });
    return decision;
  };
  return {
    ...toldOf(said),
    can: null,
    states: undefined,
    inputRequired: true,
    refusals: () => [],
    run: (engine, caller, { input, ...request }) =>
      carryOut(engine, caller, {
        said,
        asked: { ...request, input: input! },
        told: input,
        admit,
        prepare: said.prepare,
        decide,
      }),
    decide: (tx, asking) => {
      const given = asPart(said, asking, tx.snapshot);
      admit(tx.snapshot, given);
      return decide(tx, given);
    },
  };
}

function asPart<K extends InventoryKind, I, P>(
  { name, prepare, after }: Said<K, I, P> & { prepare?: unknown },
  { engine, caller, input }: Asking<I>,
  snapshot: Snapshot,
): Given<I> & { prepared: P } {
  if (prepare || after) throw new Error(`${name} cannot be decided as a part of something else.`);
  const now = asOf(snapshot, caller);
  return { engine, caller: now, input: input ?? ({} as I), seen: viewOf(snapshot, now), prepared: undefined as P };
}

function requireAll(snapshot: Snapshot, caller: Viewer, needed: readonly Needed[] = []): void {
  for (const { permit, on } of needed) requirePermit(caller, permit, snapshot, on);
}

/** As in oVirt: whoever makes something may do with it what its owner may, unless he could give himself that anyway. */
function giveOwner(tx: Transaction, { userId, grants }: Caller, { kind, row }: Place): void {
  const { owner } = declarationOf(kind);
  if (!owner || userId === null || grants.system.has("MANIPULATE_PERMISSIONS")) return;
  tx.insert("Permission", { userId, groupId: null, roleId: PREDEFINED_ROLES[owner].id, objectKind: kind, objectId: row.id });
}

interface Errand<K extends InventoryKind, I, P, A> {
  said: Said<K, I, P>;
  asked: Request & { input: I };
  /** What an idempotency key stands for. */
  told: unknown;
  /** What the verb acts on, once it is allowed. */
  admit: (snapshot: Snapshot, given: Given<I>) => A;
  prepare: ((given: Given<I>, admitted: A) => P | Promise<P>) | undefined;
  decide: (tx: Transaction, given: Given<I> & { prepared: P }, admitted: A) => Decision<K>;
}

async function carryOut<K extends InventoryKind, I, P, A>(
  engine: Engine,
  caller: Caller,
  { said, asked: { input, ...request }, told, admit, prepare, decide }: Errand<K, I, P, A>,
): Promise<Outcome<K>> {
  // What he may at the moment of the decision counts, not at that of the request.
  const givenOf = (snapshot: Snapshot): Given<I> => {
    const now = asOf(snapshot, caller);
    return { engine, caller: now, input, seen: viewOf(snapshot, now) };
  };
  const snapshot = engine.journal.snapshot();
  const first = givenOf(snapshot);
  const prepared = (prepare && (await prepare(first, admit(snapshot, first)))) as P;
  const outcome = await command(engine, caller, request, {
    verb: said.name,
    kind: said.on,
    input: told,
    decide: (tx) => {
      const given = givenOf(tx.snapshot);
      return discreetly(given.seen, () => decide(tx, { ...given, prepared }, admit(tx.snapshot, given)));
    },
  });
  const { entity, repeated } = outcome;
  return entity && !repeated && said.after ? { ...outcome, ...said.after({ ...outcome, entity }, { ...first, prepared }) } : outcome;
}

const toldOf = <K extends InventoryKind, I, P>({
  name,
  on: kind,
  permit,
  risk,
  description,
  payload = {},
  input = null,
}: Said<K, I, P> & { permit: Permit; input?: (new () => I) | null }) => ({
  name,
  kind,
  permit,
  risk,
  description,
  payload,
  input,
});
