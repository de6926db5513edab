import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** A port that nobody listens on, and the next one neither. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const next = createServer().listen(port + 1);
    const free = await once(next, "listening").then(
      () => true,
      () => false,
    );
    await Promise.all([server, next].map((each) => new Promise((closed) => each.close(closed))));
    if (free) return port;
  }
}
