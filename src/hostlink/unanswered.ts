import { MAX_FRAME_BYTES } from "../../schema/hostlink.ts";

/** An agent sends few requests at a time; one that never waits for answers must not fill the engine's memory. */
const MOST_REQUESTS = 256;
const MOST_BYTES_OF_HOST = MAX_FRAME_BYTES + 2 * 1024 * 1024;
const MOST_BYTES_OF_ALL = 128 * 1024 * 1024;

/** What all hosts have asked and was not answered yet, over all their links. */
export interface Unanswered {
  link(hostId: string): UnansweredOfLink;
}
export interface UnansweredOfLink {
  /** Notes a request when its frame has arrived; answers why it is one too many, or null. */
  arrived(params: object, bytes: number): string | null;
  /** The request is being worked on until the returned function is called, whatever becomes of its link. */
  started(params: object): () => void;
  /** What was not begun never will be. */
  linkEnded(): void;
}

interface Holder {
  bytes: number;
  /** It was told to go, and what is left of it is on its way out. */
  shed: boolean;
}

/** `shed` ends the links of the host that holds the most, when all together hold too much. */
export function createUnanswered(shed: (hostId: string) => void): Unanswered {
  const holders = new Map<string, Holder>();
  let total = 0;
  const release = (hostId: string, bytes: number) => {
    const holder = holders.get(hostId);
    if (!holder) return;
    total -= bytes;
    holder.bytes -= bytes;
    if (holder.bytes <= 0) holders.delete(hostId);
  };
  const shedLargest = () => {
    let largest: [hostId: string, holder: Holder] | undefined;
    for (const entry of holders) if (!entry[1].shed && entry[1].bytes > (largest?.[1].bytes ?? 0)) largest = entry;
    if (!largest) return;
    largest[1].shed = true;
    shed(largest[0]);
  };
  const take = (hostId: string, bytes: number): string | null => {
    const holder = holders.get(hostId) ?? { bytes: 0, shed: false };
    holders.set(hostId, holder);
    holder.bytes += bytes;
    total += bytes;
    if (holder.bytes > MOST_BYTES_OF_HOST) return "too many bytes in unanswered requests";
    if (total > MOST_BYTES_OF_ALL) shedLargest();
    return null;
  };
  return { link: (hostId) => ofLink(hostId, take, release) };
}

function ofLink(
  hostId: string,
  take: (hostId: string, bytes: number) => string | null,
  release: (hostId: string, bytes: number) => void,
): UnansweredOfLink {
  const waiting = new Map<object, number>();
  let count = 0;
  return {
    arrived(params, bytes) {
      waiting.set(params, bytes);
      count += 1;
      return take(hostId, bytes) ?? (count > MOST_REQUESTS ? "too many unanswered requests" : null);
    },
    started(params) {
      const bytes = waiting.get(params) ?? 0;
      waiting.delete(params);
      return () => {
        count -= 1;
        release(hostId, bytes);
      };
    },
    linkEnded() {
      for (const bytes of waiting.values()) release(hostId, bytes);
      waiting.clear();
    },
  };
}
