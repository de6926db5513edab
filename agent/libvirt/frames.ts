import { MESSAGE_MAX } from "./constants.ts";

const LENGTH_WORD = 4;
const HEADER = 28;

/**
 * Cuts a byte stream into libvirt's messages, each preceded by its length (which counts itself). Every byte is copied
 * at most once, however small the chunks are. Hands over the message without the length word; throws on an absurd length.
 */
export function createFramer(onMessage: (message: Uint8Array) => void): (chunk: Uint8Array) => void {
  const word = new Uint8Array(LENGTH_WORD);
  let message: Uint8Array | null = null;
  let filled = 0;
  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      const target: Uint8Array = message ?? word;
      const count = Math.min(target.length - filled, chunk.length - at);
      target.set(chunk.subarray(at, at + count), filled);
      at += count;
      filled += count;
      if (filled < target.length) continue;
      filled = 0;
      if (message) {
        message = null;
        onMessage(target);
      } else {
        const length = new DataView(word.buffer).getUint32(0);
        if (length < HEADER || length > MESSAGE_MAX) throw new RangeError(`libvirt message of ${length} bytes`);
        message = new Uint8Array(length - LENGTH_WORD);
      }
    }
  };
}

export interface MessageHeader {
  program: number;
  version: number;
  procedure: number;
  type: number;
  serial: number;
  status: number;
}

/** A whole message with its length word. */
export function frame(header: MessageHeader, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER + body.length);
  const view = new DataView(bytes.buffer);
  const words = [bytes.length, header.program, header.version, header.procedure, header.type, header.serial, header.status];
  words.forEach((word, index) => view.setUint32(4 * index, word));
  bytes.set(body, HEADER);
  return bytes;
}
