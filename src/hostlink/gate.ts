import type { Socket } from "node:net";

/** Of a TLS record, and of the handshake message in it (RFC 8446, 5.1 and 4). */
const RECORD_HEAD = 5;
const MESSAGE_HEAD = 4;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const MOST_RECORD = 16_384;
/** Handshakes that are begun in one turn of the event loop: each takes a good part of a millisecond. */
const A_TURN = 16;

/**
 * Lets a connection `enter` TLS when its first message is there as a whole, a few in each turn: who says nothing costs no more
 * than a socket, and a thousand who speak, or hang up, at the same moment keep nobody else waiting.
 */
export function createGate(enter: (socket: Socket) => void): (socket: Socket) => void {
  const ready: Socket[] = [];
  const letIn = () => {
    for (const socket of ready.splice(0, A_TURN)) if (!socket.destroyed) enter(socket);
    if (ready.length > 0) setImmediate(letIn);
  };
  return (socket) => {
    let said = Buffer.alloc(0);
    const listen = () => {
      const more = socket.read() as Buffer | null;
      if (more === null) return;
      said = Buffer.concat([said, more]);
      const verdict = judge(said);
      if (verdict === "incomplete") return;
      socket.off("readable", listen);
      if (verdict === "foreign") {
        socket.destroy();
        return;
      }
      socket.unshift(said);
      if (ready.push(socket) === 1) setImmediate(letIn);
    };
    socket.on("error", () => socket.destroy());
    socket.on("readable", listen);
    socket.once("end", () => socket.destroy());
  };
}

function judge(said: Buffer): "whole" | "incomplete" | "foreign" {
  if (said[0] !== HANDSHAKE) return "foreign";
  if (said.length < RECORD_HEAD + MESSAGE_HEAD) return "incomplete";
  const record = said.readUInt16BE(3);
  const message = said.readUIntBE(RECORD_HEAD + 1, 3);
  // One in pieces is allowed, and nobody sends it: what is yet to come would be taken in the turn in which it comes.
  if (said[RECORD_HEAD] !== CLIENT_HELLO || record > MOST_RECORD || MESSAGE_HEAD + message > record) return "foreign";
  return said.length < RECORD_HEAD + record ? "incomplete" : "whole";
}
