import { randomUUID } from "node:crypto";
import type { NumberedEvent } from "../../../schema/hostlink.ts";
import { HostSession } from "../../db/tables.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid, OvertError } from "../../errors.ts";
import type { Engine } from "../engine.ts";
import type { HostNews } from "./claims.ts";
import type { Notices } from "./notices.ts";

/** Something a host told that is taken into the record on its own or together with others. */
export interface Piece {
  /** For the log. */
  what: string;
  /** Number of the event that it is; null for what only a hello says. */
  seq: number | null;
  take(tx: Transaction): readonly HostNews[];
  /** The same in smaller pieces, for when the whole cannot be stored. */
  parts?: readonly Omit<Piece, "seq">[];
}
export interface Speaker {
  hostId: string;
  incarnation: string;
  /** Highest committed number of this incarnation. */
  acknowledged: number;
  /** Whether any incarnation of the host has spoken before. */
  known: boolean;
}

export async function speakerOf({ database }: Pick<Engine, "database">, hostId: string, incarnation: string): Promise<Speaker> {
  const session = await database.reader.findOneBy(HostSession, { hostId });
  const acknowledged = session?.incarnation === incarnation ? session.acknowledged : 0;
  return { hostId, incarnation, acknowledged, known: session !== null };
}

/** Those that are not committed yet. Throws INVALID when one is missing, unless `gaps` are of no account because the truth follows. */
export function unseen(events: readonly NumberedEvent[], known: number, { gaps }: { gaps: boolean }): NumberedEvent[] {
  const fresh: NumberedEvent[] = [];
  let last = known;
  for (const event of events) {
    if (event.seq <= last) continue;
    if (event.seq > last + 1 && !gaps) throw invalid("events", `Event ${event.seq} follows ${last}.`, "EVENTS_MISSING");
    fresh.push(event);
    last = event.seq;
  }
  return fresh;
}

/**
 * Takes all pieces in one transaction; when that fails, each in one of its own, so that one that cannot be stored does not hold
 * up the others: it is logged, told, and counts as taken. Throws when nothing can be stored now, or the host is gone.
 */
export async function takePieces(
  engine: Pick<Engine, "journal" | "unitOfWork" | "log">,
  notices: Notices,
  speaker: Speaker,
  pieces: readonly Piece[],
): Promise<HostNews[]> {
  const now = { ...speaker };
  const commit = async (part: readonly Piece[]) => {
    const news = await engine.unitOfWork.run({ userId: null, correlationId: randomUUID(), jobId: null }, (tx) => {
      tx.need("Host", speaker.hostId);
      const said = part.flatMap((piece) => piece.take(tx));
      rememberTaken(tx, now, part);
      return said;
    });
    Object.assign(now, { known: true, acknowledged: part.findLast(({ seq }) => seq !== null)?.seq ?? now.acknowledged });
    return news;
  };
  try {
    return await commit(pieces);
  } catch (error) {
    if (!engine.journal.snapshot().get("Host", speaker.hostId)) throw error;
    engine.log.warn({ hostId: speaker.hostId, err: error }, "what a host told is taken piece by piece");
  }
  const news: HostNews[] = [];
  const takeOne = async (piece: Piece): Promise<void> => {
    try {
      news.push(...(await commit([piece])));
    } catch (error) {
      if (isOfTheMoment(error)) throw error;
      for (const part of piece.parts ?? []) await takeOne({ ...part, seq: null });
      // Throws when the database is at fault, not the piece.
      await commit([{ ...piece, take: () => [] }]);
      if (piece.parts) return;
      engine.log.error({ hostId: speaker.hostId, what: piece.what, seq: piece.seq, err: error }, "what a host told cannot be stored");
      notices.tell(speaker.hostId, "unstorable", `reported something that cannot be stored (${piece.what}); it is left out.`);
    }
  };
  for (const piece of pieces) await takeOne(piece);
  return news;
}

const isOfTheMoment = (error: unknown) => error instanceof OvertError && error.reasons.some(({ code }) => code === "STALE");

/** Written even when nothing else is: a commit that does not reach the database would not say whether it is there. */
function rememberTaken(tx: Transaction, speaker: Speaker, pieces: readonly Piece[]): void {
  const { hostId, incarnation } = speaker;
  const acknowledged = pieces.findLast(({ seq }) => seq !== null)?.seq ?? speaker.acknowledged;
  tx.also(async (manager) => {
    if (speaker.known) await manager.update(HostSession, { hostId }, { incarnation, acknowledged });
    else await manager.insert(HostSession, { hostId, incarnation, acknowledged });
  });
}
