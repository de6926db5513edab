import type { Logger } from "pino";
import { HostCallError, type HostCalls, type HostObserver } from "../domain/host/ports.ts";
import { CloseCode } from "../../schema/hostlink.ts";
import type { Calls } from "./calls.ts";
import type { Refusal } from "./frames.ts";

/** A link whose hello succeeded, as the directory sees it. */
export interface LiveLink {
  readonly hostId: string;
  readonly calls: Calls;
  readonly ended: boolean;
  end(refusal: Refusal): void;
}

/** Who is connected to this engine. */
export interface Directory extends HostCalls {
  /** Notes a dial of a host before it is judged, so that a `cut` in the meantime reaches it; the signal's reason is a Refusal. */
  open(hostId: string): { readonly signal: AbortSignal; close(): void };
  /** Runs what concerns one host one after another, over all its links. */
  inOrder<T>(hostId: string, task: () => Promise<T> | T): Promise<T>;
  /** The link is the host's from now on; an older one is closed as REPLACED. */
  enter(link: LiveLink): void;
  /** The link ended; tells the observer unless a newer one took over. */
  leave(link: LiveLink, reason: string): void;
  /** Ends the links and dials of a host for this reason. */
  end(hostId: string, refusal: Refusal): void;
  /** Ends all links as GOING_AWAY without telling the observer: it is this engine that leaves, not the hosts. */
  close(): void;
}

const GOING_AWAY: Refusal = { code: CloseCode.GOING_AWAY, reason: "the engine is going away" };

export function createDirectory(observer: HostObserver, log: Logger): Directory {
  const links = new Map<string, LiveLink>();
  const dials = new Map<string, Set<AbortController>>();
  const inOrder = createQueues();
  let closing = false;

  const find = (hostId: string): LiveLink | undefined => {
    const link = links.get(hostId);
    return link?.ended === false ? link : undefined;
  };

  return {
    inOrder,
    open(hostId) {
      const dial = new AbortController();
      if (closing) dial.abort(GOING_AWAY);
      const ofHost = dials.get(hostId) ?? new Set();
      dials.set(hostId, ofHost.add(dial));
      const close = () => {
        ofHost.delete(dial);
        if (ofHost.size === 0 && dials.get(hostId) === ofHost) dials.delete(hostId);
      };
      return { signal: dial.signal, close };
    },
    enter(link) {
      const older = find(link.hostId);
      links.set(link.hostId, link);
      older?.end({ code: CloseCode.REPLACED, reason: "another link of this host took over" });
    },
    leave(link, reason) {
      inOrder(link.hostId, () => {
        // Whoever said hello last speaks for the host: if that is another link by now, this one's end means nothing.
        if (links.get(link.hostId) !== link) return;
        links.delete(link.hostId);
        if (!closing) observer.lost(link.hostId, reason);
      }).catch((error: unknown) => log.error({ hostId: link.hostId, err: error }, "nobody heard that a link ended"));
    },
    connected: (hostId) => find(hostId) !== undefined,
    async call(hostId, method, params, options) {
      const link = find(hostId);
      if (link === undefined) throw new HostCallError("UNREACHABLE", "The host is not connected.");
      return link.calls.call(method, params, options);
    },
    cut: (hostId, reason) => endDials(dials.get(hostId), { code: CloseCode.REVOKED, reason }),
    end: (hostId, refusal) => endDials(dials.get(hostId), refusal),
    close() {
      closing = true;
      for (const ofHost of dials.values()) endDials(ofHost, GOING_AWAY);
    },
  };
}

function endDials(dials: Iterable<AbortController> | undefined, refusal: Refusal): void {
  for (const dial of dials ?? []) dial.abort(refusal);
}

function createQueues(): Directory["inOrder"] {
  const tails = new Map<string, Promise<unknown>>();
  return (hostId, task) => {
    const result = (tails.get(hostId) ?? Promise.resolve()).then(task);
    const tail = Promise.allSettled([result]);
    tails.set(hostId, tail);
    void tail.finally(() => tails.get(hostId) === tail && tails.delete(hostId));
    return result;
  };
}
