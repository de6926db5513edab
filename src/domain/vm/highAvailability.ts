import { randomUUID } from "node:crypto";
import type { Transaction } from "../../db/unitOfWork.ts";
import { OvertError } from "../../errors.ts";
import { SYSTEM } from "../access/caller.ts";
import type { Engine } from "../engine.ts";
import type { RowOf } from "../kinds.ts";
import { startVm } from "./start.ts";
import { vmEvent } from "./status.ts";

/**
 * Starts VMs again that ended without anybody's wish. What is to be done is read from the rows alone, so any engine may do it,
 * at any time, and one that died in the middle left nothing behind.
 */

type VmRow = RowOf<"Vm">;
/** What `statusDetail` says of a VM that nobody stopped, and whose guest did not power off. */
const UNASKED: readonly (string | null)[] = ["CRASHED", "FAILED", "NOT_FOUND_ON_HOST"];
const MOST_ATTEMPTS = 10;
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 5 * 60_000;
/** Having run for so long it has its attempts back. */
const STEADY_MS = 10 * 60_000;

const endedUnasked = ({ status, statusDetail, restartAttempts }: VmRow): boolean =>
  status === "DOWN" && (UNASKED.includes(statusDetail) || (statusDetail === "LAUNCH_FAILED" && restartAttempts > 0));
/** Attempts since it ended; those of an earlier end count on, unless it has run steadily in between. */
function attemptsOf({ startTime, stopTime, restartAt, restartAttempts }: VmRow): number {
  if (startTime === null || stopTime === null) return restartAttempts;
  const earlier = restartAt === null || restartAt < stopTime;
  return earlier && stopTime.getTime() - startTime.getTime() > STEADY_MS ? 0 : restartAttempts;
}
function isDue(vm: VmRow, now: Date): boolean {
  return (
    vm.highAvailability.enabled &&
    endedUnasked(vm) &&
    attemptsOf(vm) < MOST_ATTEMPTS &&
    (vm.restartAt === null || vm.restartAt.getTime() <= now.getTime())
  );
}

/** Starts those that are due, the ones with the highest priority first. */
export async function restartVms(engine: Engine): Promise<void> {
  const now = new Date();
  const due = [...engine.journal.snapshot().all("Vm")].filter((vm) => isDue(vm, now));
  due.sort((a, b) => b.highAvailability.priority - a.highAvailability.priority);
  for (const { id } of due) await restart(engine, id);
}

async function restart(engine: Engine, id: string): Promise<void> {
  try {
    await engine.unitOfWork.run(origin(), (tx) => {
      const vm = tx.get("Vm", id);
      if (!vm || !isDue(vm, tx.now)) return;
      const attempts = attemptsOf(vm);
      if (attempts === 0) vmEvent(tx, "HA_VM_FAILED", vm, `Highly available VM ${vm.name} failed. It is restarted.`);
      tx.update("Vm", vm, noted(attempts + 1, tx.now));
      startVm.decide(tx, { engine, caller: SYSTEM, id });
    });
  } catch (error) {
    if (!(error instanceof OvertError)) throw error;
    await engine.unitOfWork.run(origin(), (tx) => couldNot(tx, id, error));
  }
}

function couldNot(tx: Transaction, id: string, { message }: OvertError): void {
  const vm = tx.get("Vm", id);
  if (!vm || !isDue(vm, tx.now)) return;
  const attempts = attemptsOf(vm) + 1;
  tx.update("Vm", vm, noted(attempts, tx.now));
  vmEvent(tx, "HA_VM_RESTART_FAILED", vm, `The restart of highly available VM ${vm.name} failed: ${message}`);
  if (attempts < MOST_ATTEMPTS) return;
  const words = `Highly available VM ${vm.name} could not be restarted in ${MOST_ATTEMPTS} attempts, and stays down.`;
  vmEvent(tx, "EXCEEDED_MAXIMUM_NUM_OF_RESTART_HA_VM_ATTEMPTS", vm, words);
}

const noted = (attempts: number, now: Date) => ({
  restartAttempts: attempts,
  restartAt: new Date(now.getTime() + Math.min(FIRST_PAUSE_MS * 2 ** (attempts - 1), LONGEST_PAUSE_MS)),
});

const origin = () => ({ userId: null, correlationId: randomUUID(), jobId: null });
