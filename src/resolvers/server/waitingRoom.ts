import { addressBlock } from "../../domain/access/addressBlock.ts";

/** Of WebSockets whose clients have not logged in: there may be so many at a time, and so many of one address. */
const SEATS = 2_000;
const SEATS_OF_ADDRESS = 200;

/** Counts who is not logged in yet, so that those who are not known cannot take the place of those who are. */
export interface WaitingRoom {
  /** Null when it is full; else what gives the place back, once. */
  enter(address: string): (() => void) | null;
}

export function createWaitingRoom(): WaitingRoom {
  const taken = new Map<string, number>();
  let total = 0;
  return {
    enter(address) {
      const block = addressBlock(address);
      const mine = taken.get(block) ?? 0;
      if (total >= SEATS || mine >= SEATS_OF_ADDRESS) return null;
      total += 1;
      taken.set(block, mine + 1);
      let inside = true;
      return () => {
        if (!inside) return;
        inside = false;
        total -= 1;
        const left = taken.get(block)! - 1;
        if (left > 0) taken.set(block, left);
        else taken.delete(block);
      };
    },
  };
}
