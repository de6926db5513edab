import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { must, run } from "./command.ts";

/** Debian 12 packages by the part of the project that needs them. */
const PACKAGES = {
  hosts: [
    "libvirt-daemon",
    "libvirt-daemon-driver-qemu",
    "libvirt-clients",
    "qemu-system-x86",
    "qemu-utils",
    "iproute2",
    "kmod",
    "cpio",
    "lz4",
  ],
  mariadb: ["mariadb-server"],
  chromium: ["chromium"],
  /** What the commands in the documentation use, beside the groups above. */
  docs: ["curl", "jq", "openssl", "mariadb-server"],
  /** Checks domain XML against libvirt's own schema, which comes with its library. */
  xml: ["libxml2-utils", "libvirt0"],
  /** Builds the launcher of the one-file agent. */
  compiler: ["gcc", "libc6-dev"],
} as const;
export type PackageGroup = keyof typeof PACKAGES;
export type Installed = { ok: true } | { ok: false; reason: string };
/** Tells the user what is going on, one line of plain words at a time. */
export type Say = (line: string) => void;

const ATTEMPTS = 5;
const LOCK_TIMEOUT_S = 300;
/** Programs by which Debian's maintainer scripts start daemons; replaced by `true` in apt's own view of the file system. */
const STARTERS = ["/usr/sbin/invoke-rc.d", "/usr/bin/deb-systemd-invoke"];

/**
 * Installs what the groups need and is missing, from the machine's own Debian mirror. Starts no service.
 * Answers why not where that is not possible: no Linux, no apt, not root, or apt failed.
 */
export async function ensurePackages(groups: readonly PackageGroup[], say: Say): Promise<Installed> {
  if (process.platform !== "linux") return { ok: false, reason: "this is not Linux" };
  if (!existsSync("/usr/bin/apt-get")) return { ok: false, reason: "there is no apt-get: only Debian and its kin are supported" };
  const missing = await packagesMissing(groups);
  if (missing.length > 0) {
    if (process.getuid?.() !== 0) return { ok: false, reason: `not root, and these packages are missing: ${missing.join(" ")}` };
    const failure = await install(missing, say);
    if (failure !== null) return { ok: false, reason: failure };
  }
  if (groups.includes("hosts") && process.getuid?.() === 0) await ensureLibvirtAccounts();
  return { ok: true };
}

/** The Debian packages of the groups that are not installed. */
export async function packagesMissing(groups: readonly PackageGroup[]): Promise<string[]> {
  const names = groups.flatMap((group) => PACKAGES[group]);
  const { stdout } = await run(["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", ...names]);
  const installed = new Set(stdout.split("\n").flatMap((line) => (line.endsWith(" installed") ? [line.split(" ")[0]] : [])));
  return names.filter((name) => !installed.has(name));
}

async function install(names: readonly string[], say: Say): Promise<string | null> {
  let failure = "";
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    say(`Installing ${names.join(" ")} ...`);
    const update = await apt(["update"]);
    const { code, stderr } = update.code === 0 ? await apt(["install", "--yes", "--no-install-recommends", ...names]) : update;
    if (code === 0) return null;
    failure = `apt-get failed: ${stderr.trim().slice(-500)}`;
    if (attempt < ATTEMPTS) await delay(attempt * 3_000);
  }
  return failure;
}

/**
 * Runs apt-get so that no installed daemon is started. The starters are hidden in a mount namespace of apt's own, which
 * ends with it: unlike a policy-rc.d file, nothing stays behind when this is killed. RUNLEVEL=1 does the same on
 * machines without systemd where namespaces are forbidden.
 */
async function apt(args: readonly string[]) {
  const script = `for f in ${STARTERS.join(" ")}; do [ -e $f ] && mount --bind /bin/true $f; done; exec apt-get "$@"`;
  const isolated = (await run(["unshare", "--mount", "true"])).code === 0;
  const command = ["-q", "-o", `DPkg::Lock::Timeout=${LOCK_TIMEOUT_S}`, "-o", "Acquire::Retries=3", ...args];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  return run(isolated ? ["unshare", "--mount", "sh", "-c", script, "apt-get", ...command] : ["apt-get", ...command], { env });
}

/**
 * libvirtd refuses to start its qemu driver without these accounts. Debian makes them in libvirt-daemon-system, which is
 * not installed because it would bring systemd units for a host of the machine's own.
 */
async function ensureLibvirtAccounts(): Promise<void> {
  const exists = async (database: string, name: string) => (await run(["getent", database, name])).code === 0;
  if (!(await exists("group", "kvm"))) await must(["groupadd", "--system", "kvm"]);
  if (!(await exists("group", "libvirt"))) await must(["groupadd", "--system", "libvirt"]);
  if (!(await exists("group", "libvirt-qemu"))) await must(["groupadd", "--gid", "64055", "libvirt-qemu"]);
  if (await exists("passwd", "libvirt-qemu")) return;
  const home = ["--home-dir", "/var/lib/libvirt", "--no-create-home", "--shell", "/usr/sbin/nologin"];
  await must(["useradd", "--uid", "64055", "--gid", "libvirt-qemu", "--groups", "kvm", ...home, "libvirt-qemu"]);
}
