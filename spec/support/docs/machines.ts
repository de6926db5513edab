import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import type { CommandResult } from "../../../lab/command.ts";
import type { Guest } from "../../../lab/guest.ts";
import type { LabHost } from "../../../lab/host.ts";
import { startLab } from "../../../lab/hosts.ts";

export const MACHINES = ["host1", "host2", "engine"] as const;
export type MachineName = (typeof MACHINES)[number];

/** The machines of the documentation, in network namespaces, as one who follows it finds them. */
export interface Machines {
  host(name: MachineName): LabHost;
  /** Runs a block as root would type it: in one shell per machine, so to speak, whose variables and folder last. */
  type(name: MachineName, block: string): Promise<CommandResult>;
  /** What a variable of the machine's shell was last set to. */
  variable(name: MachineName, variable: string): Promise<string>;
  stop(): Promise<void>;
}

const HERE = fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "");
const PROJECT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");
const BLOCK_MS = 120_000;
/** Kept between blocks: the shell's variables, which all are exported, and its folder. */
const SHELL = `
mkdir -p /run/shell
cd "$(cat /run/shell/folder 2>/dev/null || echo /root)"
if [ -f /run/shell/variables ]; then . /run/shell/variables; fi
trap 'export -p >/run/shell/variables; pwd >/run/shell/folder' EXIT
set -aeuo pipefail
`;

export async function startMachines(guest: Guest): Promise<Machines> {
  const dir = await mkdtemp(join(tmpdir(), "overt-docs-"));
  const lab = await startLab({ dir, hosts: MACHINES.length, name: "docs", temporary: dir });
  const host = (name: MachineName) => lab.hosts[MACHINES.indexOf(name)]!;
  const names = MACHINES.map((name) => `${host(name).address} ${name}.example ${name}`);
  const environment = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: "/root",
    LANG: "C.UTF-8",
    DOCS_LAB: HERE,
    DOCS_PROJECT: PROJECT,
    DOCS_SHARED: lab.sharedDirectory,
    DOCS_HOSTS: ["127.0.0.1 localhost", ...names].join("\n"),
    DOCS_KERNEL: guest.kernel,
    DOCS_INITRD: guest.initrd,
    DOCS_PATH: ownPath(),
  };
  const bash = (name: MachineName, ...args: string[]) => {
    const assignments = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
    return host(name).run(["env", "-i", ...assignments, "bash", ...args], { timeoutMs: BLOCK_MS, cwd: "/" });
  };
  try {
    for (const name of MACHINES) {
      const { code, stdout, stderr } = await bash(name, join(HERE, "prepare.sh"), name);
      if (code !== 0) throw new Error(`${name} cannot be prepared: ${stdout}${stderr}`);
      if (name !== "engine") await listenForCommands(host(name), environment);
    }
  } catch (error) {
    await lab.stop();
    throw error;
  }
  const type = (name: MachineName, block: string) => bash(name, "-c", `${SHELL}${block}\n`);
  const variable = async (name: MachineName, asked: string) => (await type(name, `printf %s "$${asked}"`)).stdout;
  return { host, type, variable, stop: lab.stop };
}

/** Resolves when the machine can be reached by what stands for SSH. */
async function listenForCommands(host: LabHost, env: NodeJS.ProcessEnv): Promise<void> {
  const shell = host.spawn([process.execPath, join(HERE, "remoteShell.mjs"), host.address], { env, stdio: ["ignore", "pipe", "inherit"] });
  await once(createInterface({ input: shell.stdout! }), "line");
}

/** Without the project's own programs: the machine's Node.js and npm. */
const ownPath = () =>
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"))
    .join(delimiter);
