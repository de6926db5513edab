import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import proxyaddr from "proxy-addr";

/** Where requests come from: the same answer over HTTP and for a WebSocket. */
export interface Addresses {
  /** For express: whether a proxy is believed what it says of who is behind it. */
  trust(address: string, hop: number): boolean;
  /** Of the client, as the trusted proxies in front of the engine tell it; the peer's own when they tell none. */
  of(request: IncomingMessage): string;
}

/** `proxies` are IP addresses and ranges. */
export function createAddresses(proxies: readonly string[]): Addresses {
  const trust = proxyaddr.compile([...proxies]);
  const of = (request: IncomingMessage): string => {
    const peer = request.socket.remoteAddress;
    // A peer that is gone has none.
    if (peer === undefined) return "";
    const told = proxyaddr(request, trust);
    return plain(isIP(told) === 0 ? peer : told);
  };
  return { trust, of };
}

/** IPv4 as such, also where it came by a socket of IPv6. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "");
