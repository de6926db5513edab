import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildGuest } from "./guest.ts";
import type { LabHost } from "./host.ts";
import { runningLabs, startLab, whyNoLab } from "./hosts.ts";
import { ensurePackages } from "./install.ts";
import { claimSlot } from "./slot.ts";

const USAGE = `Real hypervisor hosts on this machine, for developers.

  node lab/main.ts start [--hosts 2] [--dir DIR]   runs them until Ctrl-C; without --dir nothing is kept
  node lab/main.ts status
  node lab/main.ts stop
  node lab/main.ts power-cut|power-on|restart-libvirtd|stop-libvirtd|start-libvirtd HOST
  node lab/main.ts sh HOST [COMMAND...]            a shell, or a command, inside a host

HOST is a number from 1. --lab SLOT chooses among several labs (see status).
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  args: ownArguments(process.argv.slice(2)),
  options: { hosts: { type: "string", default: "2" }, dir: { type: "string" }, lab: { type: "string" } },
});
const verbs: Record<string, () => Promise<unknown>> = {
  start,
  status,
  stop,
  sh,
  "power-cut": async () => (await chosenHost()).powerCut(),
  "power-on": async () => (await chosenHost()).powerOn(),
  "restart-libvirtd": async () => (await chosenHost()).restartLibvirtd(),
  "stop-libvirtd": async () => (await chosenHost()).stopLibvirtd(),
  "start-libvirtd": async () => (await chosenHost()).startLibvirtd(),
};
const verb = verbs[positionals[0] ?? ""];
if (verb) await verb();
else fail(USAGE);

/** What follows `sh HOST` belongs to the command inside, options too. */
function ownArguments(args: string[]): string[] {
  const shell = args.indexOf("sh");
  return shell < 0 ? args : [...args.slice(0, shell + 2), "--", ...args.slice(shell + 2)];
}

function fail(text: string): never {
  console.error(text);
  process.exit(1);
}

async function start(): Promise<void> {
  const installed = await ensurePackages(["hosts"], console.log);
  if (!installed.ok) fail(`No lab here: ${installed.reason}.`);
  const obstacle = await whyNoLab();
  if (obstacle !== null) fail(`No lab here: ${obstacle}.`);
  const guest = await buildGuest(console.log);
  const dir = values.dir === undefined ? await mkdtemp(join(tmpdir(), "overt-lab-")) : resolve(values.dir);
  const lab = await startLab({ dir, hosts: Number(values.hosts), ...(values.dir === undefined && { temporary: dir }) });
  const hosts = lab.hosts.map(({ number, name, address }) => ({ number, name, address }));
  console.log(JSON.stringify({ slot: lab.slot, engineAddress: lab.engineAddress, sharedDirectory: lab.sharedDirectory, hosts, guest }));
  const awake = setInterval(() => undefined, 60_000);
  const end = () => {
    clearInterval(awake);
    void lab.stop();
  };
  process.once("SIGINT", end).once("SIGTERM", end);
}

async function status(): Promise<void> {
  for (const lab of await runningLabs()) {
    const hosts = lab.hosts.map((host) => `${host.name} ${host.address} ${host.isUp() ? "up" : "off"}`);
    console.log(`lab ${lab.slot} of process ${lab.owner}: ${hosts.join(", ")}`);
  }
}

async function stop(): Promise<void> {
  const lab = await chosenLab();
  try {
    process.kill(lab.owner, "SIGTERM");
  } catch {
    await (await claimSlot(lab.slot)).release(); // owner and keeper were both killed
  }
}

async function sh(): Promise<void> {
  const host = await chosenHost();
  const command = positionals.slice(2);
  const child = host.spawn(command.length > 0 ? command : ["bash"], { stdio: "inherit" });
  child.on("exit", (code) => (process.exitCode = code ?? 1));
}

async function chosenLab() {
  const labs = await runningLabs();
  const lab = values.lab === undefined ? labs[0] : labs.find(({ slot }) => slot === Number(values.lab));
  return lab ?? fail("There is no such lab.");
}

async function chosenHost(): Promise<LabHost> {
  const lab = await chosenLab();
  return lab.hosts.find(({ number }) => number === Number(positionals[1])) ?? fail("There is no such host.");
}
