import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually.ts";

/** Why no real libvirt can be started here; null when it can. */
export const noLibvirtd = (): string | null => {
  if (process.getuid?.() !== 0) return "not root";
  return ["/usr/sbin/libvirtd", "/usr/bin/qemu-system-x86_64"].find((path) => !existsSync(path)) ?? null;
};

/** An unmodified libvirtd with its own /run, /etc/libvirt and /var, in namespaces that end with it. */
export interface Libvirtd {
  /** A folder that is the same inside and outside. */
  folder: string;
  /** Command and arguments that run `command` where the daemon lives. */
  inside(...command: string[]): [string, string[]];
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const START = "/usr/sbin/libvirtd -d";
const init = (folder: string) => `
set -e
mount --make-rprivate /
for place in /run /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do mkdir -p $place; mount -t tmpfs tmpfs $place; done
mkdir -p /run/libvirt /run/lock
printf '%s\\n' 'user = "root"' 'group = "root"' 'security_driver = "none"' 'dynamic_ownership = 0' 'remember_owner = 0' 'namespaces = []' 'cgroup_controllers = []' 'stdio_handler = "file"' >/etc/libvirt/qemu.conf
printf '%s\\n' 'auth_unix_rw = "none"' 'host_uuid = "6e0c8f5a-0000-4000-8000-00000000000a"' >/etc/libvirt/libvirtd.conf
${START}
while [ ! -S /run/libvirt/libvirt-sock ]; do sleep 0.05; done
touch ${folder}/ready
trap 'exit 0' TERM
while :; do sleep 3600 & wait $!; done`;

export async function startLibvirtd(): Promise<Libvirtd> {
  const folder = await mkdtemp(join(tmpdir(), "overt-libvirtd-"));
  await writeFile(join(folder, "init.sh"), init(folder));
  const namespaces = ["--mount", "--pid", "--ipc", "--fork", "--kill-child", "--mount-proc"];
  const outside = spawn("unshare", [...namespaces, "/bin/sh", join(folder, "init.sh")], { stdio: ["ignore", "ignore", "inherit"] });
  await eventually(() => existsSync(join(folder, "ready")), 20_000);
  const pid = readFileSync(`/proc/${outside.pid}/task/${outside.pid}/children`, "utf8").trim().split(" ")[0]!;
  const inside = (...command: string[]): [string, string[]] => ["nsenter", ["-t", pid, "-m", "-p", "-i", ...command]];
  return {
    folder,
    inside,
    async restart() {
      await ended(
        spawn(...inside("/bin/sh", "-c", `kill $(cat /run/libvirtd.pid); while pidof libvirtd >/dev/null; do sleep 0.05; done; ${START}`), {
          stdio: "inherit",
        }),
      );
    },
    async stop() {
      outside.kill("SIGKILL");
      await ended(outside);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
