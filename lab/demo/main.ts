import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { startLab, whyNoLab } from "../hosts.ts";
import { ensurePackages } from "../install.ts";
import { demoCredentials } from "./credentials.ts";
import { ensureDashboard } from "./dashboard.ts";
import { startEngine, type RunningEngine } from "./engine.ts";
import { graphqlClient, type Credentials } from "../graphql.ts";
import { keepRunning, type Launch } from "./keep.ts";
import { startSimulation } from "./simulatedHosts.ts";
import { bringUpHosts, bringUpVms } from "./realHosts.ts";

const USAGE = `Overt with real hypervisor hosts on this machine.

  npm run demo -- [--port 4000] [--dir DIR] [--hosts 2] [--vms 2] [--simulated]

--port       of the API and the dashboard; the next one is the agents'.
--dir        keeps everything for the next start; without it, nothing is kept.
--vms        VMs to start, in all; with --simulated, on each host.
--simulated  hosts that only pretend, up to 1,000; also what happens where real ones cannot be had.

Its standard output ends with one line of JSON when everything is up; what happens later is told on standard error. An
engine or agent that dies is started again, and VMs run on meanwhile.
`;

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "4000" },
    dir: { type: "string" },
    hosts: { type: "string", default: "2" },
    vms: { type: "string", default: "2" },
    simulated: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const [port, hosts, vms] = [values.port, values.hosts, values.vms].map(Number) as [number, number, number];
if (values.help || ![port, hosts, vms].every((number) => Number.isInteger(number) && number >= 0)) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 1);
}

let ready = false;
/** The ready line is the last one of standard output. */
const say = (line: string) => (ready ? console.error(line) : console.log(line));
/** What takes down again what has been put up, in the order of putting up. */
const undo: (() => Promise<unknown>)[] = [];
let ending = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end(0));
try {
  await demo();
} catch (error) {
  if (!ending) await end(1, inWords(error));
}

/** `fetch` says no more than "fetch failed": why is in its cause. */
function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${inWords(error.cause)}`;
}

async function end(code: number, why?: string): Promise<void> {
  if (ending) return;
  ending = true;
  if (why !== undefined) console.error(why);
  say("Taking everything down ...");
  for (const step of undo.toReversed()) await step().catch((error: unknown) => console.error(error));
  process.exit(code);
}

/** What is put up by `launch` is kept up until everything is taken down. */
async function keep(launch: Launch): Promise<void> {
  const { started, stop } = keepRunning(launch, { say, wanted: () => !ending, gaveUp: (why) => void end(1, why) });
  undo.push(stop);
  await started;
}

async function demo(): Promise<void> {
  const dir = values.dir === undefined ? await mkdtemp(join(tmpdir(), "overt-demo-")) : resolve(values.dir);
  await mkdir(dir, { recursive: true });
  if (values.dir === undefined) undo.push(() => rm(dir, { recursive: true, force: true }));
  await ensureDashboard(say);
  const obstacle = values.simulated ? null : await whyNoRealHosts();
  if (obstacle !== null) say(`Real hosts cannot be had here: ${obstacle}. Simulated ones instead.`);
  const told = await chosenDemo(dir, obstacle);
  console.log(JSON.stringify({ ready: true, ...told }));
  ready = true;
}

async function chosenDemo(dir: string, obstacle: string | null): Promise<Credentials & { url: string }> {
  if (values.simulated) return simulatedDemo(dir, vms);
  return obstacle === null ? realDemo(dir) : simulatedDemo(dir, Math.ceil(vms / Math.max(1, hosts)));
}

async function whyNoRealHosts(): Promise<string | null> {
  const installed = await ensurePackages(["hosts"], say);
  return installed.ok ? whyNoLab() : installed.reason;
}

async function realDemo(dir: string): Promise<Credentials & { url: string }> {
  say(`Starting ${hosts} hosts ...`);
  const starting = startLab({ dir: join(dir, "lab"), hosts, ...(values.dir === undefined && { temporary: dir }) });
  undo.push(() =>
    starting.then(
      (lab) => lab.stop(),
      () => undefined,
    ),
  );
  const lab = await starting;
  const { client, told } = await engine(dir, lab.engineAddress);
  await bringUpHosts(client, lab, { hostlinkUrl: `https://${lab.engineAddress}:${port + 1}`, say, keep });
  await bringUpVms(client, lab, vms, say);
  return told;
}

async function simulatedDemo(dir: string, vmsPerHost: number): Promise<Credentials & { url: string }> {
  const { client, told } = await engine(dir);
  say(`Starting ${hosts} simulated hosts with ${vmsPerHost} VMs each ...`);
  const options = { url: client.url, credentials: told, dir: join(dir, "simulated"), hosts, vmsPerHost };
  await keep((onStart) => startSimulation({ ...options, onStart }));
  return told;
}

async function engine(dir: string, ...addresses: string[]) {
  if (ending) await new Promise(() => undefined); // nothing new is begun any more; `end` will exit
  say("Starting the engine ...");
  const options = { port, hostlinkPort: port + 1, dir: join(dir, "engine"), addresses: [...addresses, "127.0.0.1", "localhost"] };
  let first: RunningEngine | undefined;
  await keep(async (onStart) => {
    const running = await startEngine({ ...options, onStart });
    first ??= running;
  });
  const { url, ...account } = first!;
  const credentials = await demoCredentials(dir, account);
  // By address: what `localhost` means is for the machine to say, and the engine listens on IPv4.
  return { client: graphqlClient(`http://127.0.0.1:${port}`, credentials), told: { url, ...credentials } };
}
