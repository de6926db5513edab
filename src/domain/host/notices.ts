import { randomUUID } from "node:crypto";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";

/** As oVirt does with what keeps coming. */
const AGAIN_MS = 86_400_000;

/** Tells people what a host should not do: each kind once a day and host, however often it happens. */
export interface Notices {
  /** `kind` is one of few fixed texts; `words` make the rest of a sentence that begins with the host's name. */
  tell(hostId: string, kind: string, words: string): void;
}

export function createNotices({ journal, unitOfWork, log }: Pick<Engine, "journal" | "unitOfWork" | "log">): Notices {
  const toldAt = new Map<string, number>();
  const write = async (hostId: string, words: string) =>
    unitOfWork.run({ userId: null, correlationId: randomUUID(), jobId: null }, (tx) => {
      const host = tx.get("Host", hostId);
      if (host) tx.event(auditEvent("HOST_REPORT_REFUSED", `Host ${host.name} ${words}`, { hostId, clusterId: host.clusterId }));
    });
  return {
    tell(hostId, kind, words) {
      const key = `${hostId} ${kind}`;
      const before = toldAt.get(key);
      if (before !== undefined && Date.now() - before < AGAIN_MS) return;
      for (const [known] of toldAt) if (!journal.snapshot().get("Host", known.slice(0, 36))) toldAt.delete(known);
      toldAt.set(key, Date.now());
      log.warn({ hostId, kind }, `a host ${words}`);
      write(hostId, words).catch((error: unknown) => log.error({ hostId, err: error }, "a notice was not written"));
    },
  };
}
