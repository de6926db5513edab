/** How many jobs may be at work at once; one that waits is not. */
export interface SlotLimits {
  /** In all. */
  parallel: number;
  /** Of those whose work is on one host. */
  perHost: number;
  /** By kind of job, of those whose work is on one host. */
  perKind: ReadonlyMap<string, number>;
}
/** Of one kind of job, of those whose work is on one host. */
export const mostAtOnce = ({ parallel, perHost, perKind }: SlotLimits, kind: string): number =>
  Math.min(parallel, perHost, perKind.get(kind) ?? perHost);

/** What a job takes of them. */
export interface Place {
  kind: string;
  /** Null: its work is on no host, or on any. */
  hostId: string | null;
}
export interface Slots {
  /** False when there is no room. */
  tryTake(place: Place): boolean;
  /** In turn; rejects with the signal's reason when that aborts. */
  take(place: Place, signal: AbortSignal): Promise<void>;
  give(place: Place): void;
  /** Room for any. */
  readonly free: number;
}

interface Waiting {
  place: Place;
  grant(): void;
}

/** `freed` is told when there may be room for more than those who wait. */
export function createSlots({ parallel, perHost, perKind }: SlotLimits, freed: () => void): Slots {
  const taken = new Map<string, number>();
  const waiting = new Set<Waiting>();
  const limitsOf = ({ kind, hostId }: Place): [key: string, most: number][] => {
    const ofKind = perKind.get(kind);
    return [
      ["", parallel],
      ...(hostId === null ? [] : [[`host ${hostId}`, perHost] as [string, number]]),
      ...(ofKind === undefined ? [] : [[`${kind} ${hostId ?? ""}`, ofKind] as [string, number]]),
    ];
  };
  const fits = (place: Place) => limitsOf(place).every(([key, most]) => (taken.get(key) ?? 0) < most);
  const count = (place: Place, by: number) => {
    for (const [key] of limitsOf(place)) {
      const now = (taken.get(key) ?? 0) + by;
      if (now === 0) taken.delete(key);
      else taken.set(key, now);
    }
  };
  const tryTake = (place: Place): boolean => {
    if (!fits(place)) return false;
    count(place, 1);
    return true;
  };
  const take = (place: Place, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      if (tryTake(place)) return resolve();
      const leave = () => {
        waiting.delete(entry);
        reject(signal.reason as Error);
      };
      const grant = () => {
        signal.removeEventListener("abort", leave);
        waiting.delete(entry);
        resolve();
      };
      const entry: Waiting = { place, grant };
      waiting.add(entry);
      signal.addEventListener("abort", leave, { once: true });
    });
  const give = (place: Place): void => {
    count(place, -1);
    for (const { place: wanted, grant } of waiting) if (tryTake(wanted)) grant();
    freed();
  };
  return {
    tryTake,
    take,
    give,
    get free() {
      return Math.max(0, parallel - (taken.get("") ?? 0));
    },
  };
}
