import type { HostEvent, NumberedEvent } from "../../schema/hostlink.ts";

const MAX_BATCH = 1_000;

/** An agent's events: numbered, kept until the engine has committed them, sent one batch after another. */
export interface Outbox {
  readonly unacknowledged: readonly NumberedEvent[];
  emit(event: HostEvent): void;
  /** Events up to `seq` are committed. */
  acknowledged(seq: number): void;
  /** A link is up: what is left goes over it. Null: there is none. */
  sendBy(send: ((events: NumberedEvent[]) => Promise<{ acknowledged: number }>) | null): void;
  /** Starts a new incarnation: everything is forgotten and numbers begin at 1. */
  reset(): void;
}

export function createOutbox(): Outbox {
  let events: NumberedEvent[] = [];
  let seq = 0;
  let send: Parameters<Outbox["sendBy"]>[0] = null;
  let busy = false;

  const acknowledged = (upTo: number) => {
    events = events.filter((event) => event.seq > upTo);
  };
  const isSending = (link: typeof send) => send === link;
  const flush = async (): Promise<void> => {
    if (busy || send === null) return;
    busy = true;
    const link = send;
    try {
      while (events.length > 0 && isSending(link)) acknowledged((await link(events.slice(0, MAX_BATCH))).acknowledged);
    } catch {
      // The link is broken: the next hello brings these events.
      if (isSending(link)) send = null;
    }
    busy = false;
    if (send !== null && send !== link) void flush();
  };

  return {
    get unacknowledged() {
      return events;
    },
    emit(event) {
      seq += 1;
      events.push({ seq, at: Date.now(), event });
      // What happens at once goes in one batch.
      queueMicrotask(() => void flush());
    },
    acknowledged,
    sendBy(next) {
      send = next;
      void flush();
    },
    reset() {
      events = [];
      seq = 0;
      send = null;
    },
  };
}
