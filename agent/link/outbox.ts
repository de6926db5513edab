import type { HostEvent, NumberedEvent } from "../../schema/hostlink.ts";
import { MOST_EVENTS, MOST_EVENTS_BYTES } from "../../schema/hostlinkLimits.ts";
import { pause } from "../backoff.ts";

/** Events kept while the engine is away; one more and the truth stands in for all that were never sent. */
const MOST_KEPT = 10_000;
/** What a hello may carry beside the truth, which must fit in the same frame. */
const HELLO_BYTES = 1024 * 1024;
const RETRY_MS = 1_000;

/** Delivers a batch and resolves with the highest event number the engine has committed. */
type SendEvents = (events: NumberedEvent[]) => Promise<number>;
export interface Outbox {
  push(event: HostEvent): void;
  /** What the hello must carry: numbers all that waits. */
  forHello(): NumberedEvent[];
  acknowledge(seq: number): void;
  /** Where to send from now on, again and again until acknowledged; null while there is no link. */
  attach(send: SendEvents | null): void;
  readonly size: number;
}

/**
 * Events on their way to the engine. An event gets its number when it is first put into a message, not when it happens: so
 * those that were never sent can be dropped (the engine away for long) and the numbers still have no gap. `onDropped` must
 * then push what makes up for them: the truth.
 */
export function createOutbox(onDropped: () => void, now: () => number = Date.now): Outbox {
  let unacknowledged: NumberedEvent[] = [];
  let waiting: Omit<NumberedEvent, "seq">[] = [];
  let lastSeq = 0;
  let send: SendEvents | null = null;
  let sending = false;

  const number = (count: number) => {
    for (const event of waiting.splice(0, count)) unacknowledged.push({ seq: ++lastSeq, ...event });
  };
  const drop = () => {
    waiting = [];
    onDropped();
  };
  const acknowledge = (seq: number) => {
    unacknowledged = unacknowledged.filter((event) => event.seq > seq);
  };
  const flush = async () => {
    if (sending) return;
    sending = true;
    await Promise.resolve(); // lets events that happen together travel together
    for (let to = send; to; to = send) {
      if (unacknowledged.length === 0) number(fitting(waiting, MOST_EVENTS, MOST_EVENTS_BYTES));
      if (unacknowledged.length === 0) break;
      try {
        acknowledge(await to(unacknowledged.slice(0, fitting(unacknowledged, MOST_EVENTS, MOST_EVENTS_BYTES))));
      } catch {
        if (send === to) await pause(RETRY_MS);
      }
    }
    sending = false;
  };

  return {
    push(event) {
      waiting.push({ at: now(), event });
      if (unacknowledged.length + waiting.length > MOST_KEPT) drop();
      void flush();
    },
    forHello() {
      if (fitting([...unacknowledged, ...waiting], MOST_KEPT, HELLO_BYTES) < unacknowledged.length + waiting.length) drop();
      number(waiting.length);
      return [...unacknowledged];
    },
    acknowledge,
    attach(to) {
      send = to;
      void flush();
    },
    get size() {
      return unacknowledged.length + waiting.length;
    },
  };
}

/** How many of the first events fit; one at least, when there is one. */
function fitting(events: readonly object[], most: number, bytes: number): number {
  let [count, size] = [0, 0];
  for (const event of events.slice(0, most)) {
    size += Buffer.byteLength(JSON.stringify(event)) + 32;
    if (count > 0 && size > bytes) break;
    count++;
  }
  return count;
}
