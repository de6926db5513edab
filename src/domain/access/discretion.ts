import { OvertError, type About, type Reason } from "../../errors.ts";
import type { Refusal } from "../command.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { InventoryKind } from "../kinds.ts";
import { wholeOf } from "./view.ts";

const NOT_SHOWN = "Something that is not shown to you stands against it.";

/** Runs it, and leaves out of a refusal what whoever sees this is not to know. */
export function discreetly<T>(seen: Snapshot, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof OvertError ? shownError(seen, error) : error;
  }
}

function shownError(seen: Snapshot, error: OvertError): OvertError {
  if (seen === wholeOf(seen)) return error;
  const { code, message, reasons, options } = error;
  const told = reasons.filter((reason) => isShown(seen, reason));
  const hidden = told.length < reasons.length || (options.about ?? []).some((about) => !exists(seen, about));
  if (!hidden) return error;
  // A message that is one reason's own words goes with the reason.
  const isReasons = reasons.some((reason) => reason.message === message && !told.includes(reason));
  const words = options.discreet ?? (isReasons ? NOT_SHOWN : message);
  return new OvertError(code, words, told.length > 0 ? told : [{ code: reasons[0]?.code ?? code, message: words }], { cause: error });
}

/** Reasons for somebody who is told them one by one: one that he is not to know becomes one without words. */
export const shownReasons = (seen: Snapshot, reasons: readonly Reason[]): Reason[] =>
  reasons.map((reason) => (seen === wholeOf(seen) || isShown(seen, reason) ? reason : { code: reason.code, message: NOT_SHOWN }));

function isShown(seen: Snapshot, reason: Reason): boolean {
  const { hostId } = reason as Refusal;
  return (!reason.about || exists(seen, reason.about)) && (hostId === undefined || exists(seen, { kind: "Host", id: hostId }));
}
const exists = (seen: Snapshot, { kind, id }: About): boolean => seen.get(kind as InventoryKind, id) !== undefined;
