import { createHash, createHmac, randomBytes, randomUUID } from "node:crypto";
import { isDuplicate } from "../db/errors.ts";
import { IdempotentRequest } from "../db/tables.ts";
import type { Transaction } from "../db/unitOfWork.ts";
import { invalid, OvertError, type Reason } from "../errors.ts";
import { asOf, type Caller } from "./access/caller.ts";
import { viewOf } from "./access/view.ts";
import { graphqlEnum } from "./noun/columns.ts";
import type { Engine } from "./engine.ts";
import type { Change } from "./journal/entry.ts";
import { Job } from "./job/job.ts";
import type { RowOf, SnapshotKind } from "./kinds.ts";

export const CommandMode = graphqlEnum("CommandMode", "Whether a mutation does something.", {
  APPLY: "Does it.",
  PLAN: "Changes nothing and tells what APPLY would do now.",
});
export type CommandMode = keyof typeof CommandMode;

const SECRET_NAME = "idempotency.key";

/** What every mutation is given beside its id and input. */
export interface Request {
  mode: CommandMode;
  /** The same key of the same user within a day (or a little longer: see `pruneHistory`) gives the first answer again. */
  idempotencyKey?: string | null | undefined;
}
/** What a verb's decision answers. */
export interface Decision<K extends SnapshotKind> {
  entity: RowOf<K>;
  job?: RowOf<"Job">;
  placement?: readonly PlacementChoice[];
  /** Longest stand-still of a guest that this would cause, in ms. */
  downtime?: number;
}
export interface PlacementChoice {
  hostId: string;
  /** Higher is better. */
  score: number;
}
export interface Refusal extends Reason {
  hostId?: string | undefined;
}
interface Plan {
  changes: readonly Change[];
  refusals: readonly Refusal[];
  placement: readonly PlacementChoice[];
  downtime: number | null;
}
/** One of them is null: `plan` in APPLY mode, the rest in PLAN mode. */
export interface Outcome<K extends SnapshotKind> {
  entity: RowOf<K> | null;
  job: RowOf<"Job"> | null;
  plan: Plan | null;
  /** It is the answer that was given before, under the same idempotency key. */
  repeated?: true;
}
export interface Command<K extends SnapshotKind> {
  verb: string;
  kind: K;
  /** All that was asked, secrets too, for idempotency: of it only a digest under a key of the engine's is kept. */
  input: unknown;
  decide: (transaction: Transaction) => Decision<K> | Promise<Decision<K>>;
}

/**
 * The one way from a verb's decision to the database. APPLY commits what `decide` collected, with its journal entry, and
 * wakes the job runner; PLAN runs the same code and commits nothing.
 */
export async function command<K extends SnapshotKind>(
  engine: Engine,
  caller: Caller,
  request: Request,
  { verb, kind, input, decide }: Command<K>,
): Promise<Outcome<K>> {
  const origin = { userId: caller.userId, correlationId: randomUUID(), jobId: null };
  if (request.mode === "PLAN") return { entity: null, job: null, plan: await planOf(engine, origin, decide) };
  const key = await idempotency(engine, caller, { verb, input }, request.idempotencyKey);
  const earlier = key && (await findEarlier(engine, caller, { kind, key }));
  if (earlier) return earlier;
  try {
    const { entity, job } = await engine.unitOfWork.run(origin, async (transaction) => {
      const decision = await decide(transaction);
      if (key) remember(transaction, key, decision);
      return decision;
    });
    if (job) engine.jobs.wake();
    return { entity: engine.journal.snapshot().get(kind, entity.id) ?? entity, job: job ?? null, plan: null };
  } catch (error) {
    const won = key && error instanceof OvertError && isDuplicate(error.cause) && (await findEarlier(engine, caller, { kind, key }));
    if (won) return won;
    throw error;
  }
}

async function planOf<K extends SnapshotKind>(
  engine: Engine,
  origin: Parameters<Engine["unitOfWork"]["rehearse"]>[0],
  decide: Command<K>["decide"],
): Promise<Plan> {
  try {
    const { result, changes } = await engine.unitOfWork.rehearse(origin, decide);
    return { changes, refusals: [], placement: result.placement ?? [], downtime: result.downtime ?? null };
  } catch (error) {
    if (!(error instanceof OvertError) || error.code === "FORBIDDEN" || error.code === "NOT_FOUND") throw error;
    const refusals = error.reasons.length > 0 ? error.reasons : [{ code: error.code, message: error.message }];
    return { changes: [], refusals, placement: [], downtime: null };
  }
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
interface IdempotencyKey {
  hash: string;
  request: string;
}

/** A plain digest of a password could be guessed at by whoever has the database. */
async function idempotency(
  { secrets }: Engine,
  caller: Caller,
  { verb, input }: Pick<Command<SnapshotKind>, "verb" | "input">,
  given: string | null | undefined,
): Promise<IdempotencyKey | null> {
  if (given === null || given === undefined) return null;
  if (given.length === 0 || given.length > 200) throw invalid("idempotencyKey", "1 to 200 characters.");
  const secret = await secrets.once(SECRET_NAME, () => randomBytes(32).toString("base64"));
  const request = createHmac("sha256", secret)
    .update(`${verb}\n${JSON.stringify(input)}`)
    .digest("hex");
  return { hash: sha256(`${caller.userId}\n${given}`), request };
}

function remember(transaction: Transaction, key: IdempotencyKey, decision: Decision<SnapshotKind>): void {
  const { now } = transaction;
  const row = { ...key, jobId: decision.job?.id ?? null, entityId: decision.entity.id, at: now };
  transaction.also(async (manager) => void (await manager.insert(IdempotentRequest, row)));
}

async function findEarlier<K extends SnapshotKind>(
  engine: Engine,
  caller: Caller,
  { kind, key }: { kind: K; key: IdempotencyKey },
): Promise<Outcome<K> | null> {
  const { reader } = engine.database;
  const row = await reader.findOneBy(IdempotentRequest, { hash: key.hash });
  if (!row) return null;
  if (row.request !== key.request)
    throw new OvertError("CONFLICT", "This idempotency key was used for another request.", [
      { code: "KEY_REUSED", message: "idempotencyKey" },
    ]);
  const job = row.jobId ? await reader.findOneBy(Job, { id: row.jobId }) : null;
  const snapshot = engine.journal.snapshot();
  const seen = viewOf(snapshot, asOf(snapshot, caller));
  return { entity: seen.get(kind, row.entityId) ?? null, job, plan: null, repeated: true };
}
