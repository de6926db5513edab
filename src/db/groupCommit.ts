import type { EntityManager } from "typeorm";

type Work = (manager: EntityManager) => Promise<unknown>;
interface Waiting {
  work: Work;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}
type Outcome = { value: unknown } | { error: unknown };

/** Transactions committed together at most: so many that the disk is not waited for often, so few that nobody waits long. */
const GROUP = 64;

export interface GroupCommit {
  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>;
  /** Resolves when nothing is waiting. */
  idle(): Promise<void>;
}

/**
 * For a database with one connection: transactions run one after another, and those that wait at the same time share one
 * commit, so one flush of the disk. Each is rolled back alone when it fails; none is answered before the commit. `isOpen`
 * tells whether the common transaction still is: a failure that ended it is everybody's.
 */
export function createGroupCommit(begin: (work: Work) => Promise<unknown>, isOpen: () => boolean): GroupCommit {
  const waiting: Waiting[] = [];
  let draining: Promise<void> | null = null;

  const runGroup = async (group: readonly Waiting[]): Promise<void> => {
    const outcomes: Outcome[] = [];
    try {
      if (group.length === 1) outcomes.push({ value: await begin(group[0]!.work) });
      else await begin(async (manager) => void outcomes.push(...(await runEach(manager, group, isOpen))));
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const [index, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[index]!;
      if ("error" in outcome) reject(outcome.error);
      else resolve(outcome.value);
    }
  };
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) await runGroup(waiting.splice(0, GROUP));
    draining = null;
  };

  return {
    transaction: <T>(work: (manager: EntityManager) => Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
        draining ??= Promise.resolve().then(drain);
      }),
    idle: () => draining ?? Promise.resolve(),
  };
}

/** A transaction within a transaction is a savepoint. */
async function runEach(manager: EntityManager, group: readonly Waiting[], isOpen: () => boolean): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { work } of group) {
    const outcome = await manager.transaction(work).then(
      (value): Outcome => ({ value }),
      (error: unknown): Outcome => ({ error }),
    );
    if ("error" in outcome && !isOpen()) throw outcome.error;
    outcomes.push(outcome);
  }
  return outcomes;
}
