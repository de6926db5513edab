import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the kernel's ephemeral ports (32768 and on): no client's socket takes it while whoever listens on it is restarted. */
const [FIRST, LAST] = [15_000, 31_000];

/** A port that nobody listens on, and the next one neither. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port);
  const free = await once(server, "listening").then(
    () => true,
    () => false,
  );
  await new Promise((closed) => server.close(closed));
  return free;
}
