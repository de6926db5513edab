import type { OvertError } from "../../errors.ts";
import { LIMITS, tooExpensive } from "./limits.ts";

/** What an operation may still do: its price is an estimate, this is what it really takes. All its fields share it. */
export interface Budget {
  /** Fields that will be answered. Throws TOO_EXPENSIVE when they are more than an operation may. */
  answer(fields: number): void;
  /** Conditions asked about rows. Throws TOO_EXPENSIVE. */
  compare(conditions: number): void;
  /** Rows of the history looked at. */
  scan(rows: number): void;
  /** Whether some may still be looked at. */
  readonly scannable: boolean;
  /** Why nothing more is answered; null while it may go on. */
  readonly exceeded: OvertError | null;
}

export function createBudget(): Budget {
  let [answered, compared, scanned] = [0, 0, 0];
  let exceeded: OvertError | null = null;
  const check = () => {
    if (answered > LIMITS.answers || answered + compared > LIMITS.cost)
      exceeded ??= tooExpensive("a cost that turned out to be higher", answered > LIMITS.answers ? LIMITS.answers : LIMITS.cost, "COST");
    if (exceeded) throw exceeded;
  };
  return {
    answer(fields) {
      answered += fields;
      check();
    },
    compare(conditions) {
      compared += conditions;
      check();
    },
    scan: (rows) => void (scanned += rows),
    get scannable() {
      return scanned < LIMITS.scan;
    },
    get exceeded() {
      return exceeded;
    },
  };
}

const nothing = () => undefined;
/** For what many share: whoever subscribes has paid for his share, and a large inventory is no mistake of theirs. */
export const UNLIMITED: Budget = { answer: nothing, compare: nothing, scan: nothing, scannable: true, exceeded: null };
