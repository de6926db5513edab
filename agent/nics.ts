import { access, readdir, readFile, readlink } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { basename, join } from "node:path";
import type { HostCapabilities } from "../schema/hostlink.ts";

export type Network = Pick<HostCapabilities, "nics" | "bridges">;
const ROOT = "/sys/class/net";

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
const read = async (path: string) => (await readFile(path, "utf8").catch(() => "")).trim();

/**
 * The host's network: bridges, and NICs without loopback, bridges and what virtual machines bring (taps). The addresses of
 * a bridge count as those of its ports, which is where a user looks for them.
 */
export async function readNetwork(root = ROOT): Promise<Network> {
  const addresses = networkInterfaces();
  const of = (name: string) => (addresses[name] ?? []).map(({ address }) => address);
  const nics: Network["nics"] = [];
  const bridges: string[] = [];
  for (const name of (await readdir(root)).sort()) {
    const folder = join(root, name);
    if (name === "lo" || !(await exists(join(folder, "address"))) || (await exists(join(folder, "tun_flags")))) continue;
    if (await exists(join(folder, "bridge"))) {
      bridges.push(name);
      continue;
    }
    const bridge = await readlink(join(folder, "brport", "bridge")).then(
      (target) => basename(target),
      () => null,
    );
    const speed = Number((await read(join(folder, "speed"))) || -1);
    nics.push({
      name,
      mac: await read(join(folder, "address")),
      up: (await read(join(folder, "operstate"))) !== "down",
      mtu: Number(await read(join(folder, "mtu"))),
      speed: speed > 0 ? speed : null,
      addresses: [...new Set([...of(name), ...(bridge ? of(bridge) : [])])],
      bridge,
    });
  }
  return { nics, bridges };
}

/** Names of the interfaces whose traffic is the host's: no loopback, bridge, bond, VLAN or tap, which would count twice. */
export async function uplinks(root = ROOT): Promise<Set<string>> {
  const names = await readdir(root);
  const counted = await Promise.all(
    names.map(async (name) => {
      const folder = join(root, name);
      const derived = ["bridge", "bonding", "tun_flags"].map((mark) => exists(join(folder, mark)));
      return (
        name !== "lo" && !(await Promise.all(derived)).includes(true) && !(await read(join(folder, "uevent"))).includes("DEVTYPE=vlan")
      );
    }),
  );
  return new Set(names.filter((_, index) => counted[index]));
}

const WATCH_MS = 10_000;
/** Calls `onChange` when NICs, bridges or addresses are not what they were. Returns how to stop. */
export function watchNetwork(onChange: () => void): () => void {
  let before: string | null = null;
  const look = async () => {
    // An interface may go away between two reads of it.
    const network = await readNetwork().catch(() => null);
    if (!network) return;
    const now = JSON.stringify(network);
    if (before !== null && before !== now) onChange();
    before = now;
  };
  const timer = setInterval(() => void look(), WATCH_MS);
  return () => clearInterval(timer);
}
