import { crowd, plainEntrance, secureEntrance, throwEverything } from "./attacks.ts";

/**
 * Attacks an engine from a process of its own: `attackProcess.ts <HTTP port> <host link port> <seconds> <host's identity as JSON>`,
 * and then writes a line `{ thrown, crowd }`.
 */
const [http, hostlink, seconds, identity] = process.argv.slice(2) as [string, string, string, string];
const AT_ONCE = 40;
const CROWD = 1_000;

const stop = AbortSignal.timeout(Number(seconds) * 1_000);
const ports = [Number(http), Number(hostlink)] as const;
const entrances = [...ports.map(plainEntrance), secureEntrance(ports[1]), secureEntrance(ports[1], JSON.parse(identity))];
const [thrown, ...most] = await Promise.all([throwEverything(entrances, AT_ONCE, stop), ...ports.map((port) => crowd(port, CROWD, stop))]);
process.stdout.write(`${JSON.stringify({ thrown, crowd: most })}\n`);
process.exit(0);
