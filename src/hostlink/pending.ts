import type { Socket } from "node:net";

const MOST = 4_096;
const MOST_OF_ADDRESS = 1_024;
/** One that has not become a link, or had its answer, by then is not going to, in ms. */
export const PATIENCE_MS = 30_000;
/** Where there are too many, one that took longer than this makes room; otherwise the newcomer has to go, in ms. */
const HONEST_MS = 5_000;

/** Connections that nobody is known on the other end of yet: handshakes, requests, dials that are being judged. */
export interface Pending {
  add(socket: Socket): void;
  /** The connection from that address and port is a link now. */
  settled(end: { remoteAddress?: string | undefined; remotePort?: number | undefined }): void;
}

interface Entry {
  socket: Socket;
  since: number;
  leave(): void;
}
type Entries = Map<string, Entry>;

export function createPending(patienceMs: number): Pending {
  const all: Entries = new Map();
  const addresses = new Map<string, Entries>();

  const makeRoom = (entries: Entries | undefined, most: number): boolean => {
    if (!entries || entries.size < most) return true;
    const [oldest] = entries.values();
    if (!oldest || performance.now() - oldest.since < HONEST_MS) return false;
    oldest.socket.destroy();
    oldest.leave();
    return true;
  };
  return {
    add(socket) {
      const { remoteAddress: address = "", remotePort = 0 } = socket;
      if (!makeRoom(addresses.get(address), MOST_OF_ADDRESS) || !makeRoom(all, MOST)) {
        socket.destroy();
        return;
      }
      const key = keyOf(address, remotePort);
      const ofAddress: Entries = addresses.get(address) ?? new Map();
      const leave = () => {
        clearTimeout(timer);
        if (all.get(key) === entry) all.delete(key);
        if (ofAddress.get(key) === entry) ofAddress.delete(key);
        if (ofAddress.size === 0 && addresses.get(address) === ofAddress) addresses.delete(address);
      };
      const entry: Entry = { socket, since: performance.now(), leave };
      const timer = setTimeout(() => socket.destroy(), patienceMs).unref();
      all.set(key, entry);
      addresses.set(address, ofAddress.set(key, entry));
      socket.once("close", leave);
    },
    settled: ({ remoteAddress = "", remotePort = 0 }) => all.get(keyOf(remoteAddress, remotePort))?.leave(),
  };
}

const keyOf = (address: string, port: number) => `${address} ${port}`;
