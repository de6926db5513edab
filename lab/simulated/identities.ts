import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Identity } from "./wire.ts";
import { loadStorage, saveStorage, type World } from "./world.ts";

/** A simulated host as it is kept between runs. */
export interface KeptHost {
  name: string;
  engineUrl: string;
  identity: Identity;
}
/** A folder with the identities of simulated hosts and the contents of their storage. */
export interface Folder {
  hosts(): KeptHost[];
  keep(host: KeptHost): void;
  forget(host: KeptHost): void;
  loadWorld(world: World): void;
  saveWorld(world: World): void;
}

export function openFolder(path: string): Folder {
  const hosts = join(path, "hosts");
  const storage = join(path, "storage.json");
  mkdirSync(hosts, { recursive: true });
  chmodSync(path, 0o700);
  const fileOf = ({ identity }: KeptHost) => join(hosts, `${identity.hostId}.json`);
  const files = () => readdirSync(hosts).filter((name) => name.endsWith(".json"));
  return {
    hosts: () =>
      files()
        .map((name) => JSON.parse(readFileSync(join(hosts, name), "utf8")) as KeptHost)
        .sort((a, b) => a.name.localeCompare(b.name)),
    keep: (host) => replace(fileOf(host), JSON.stringify(host)),
    forget: (host) => rmSync(fileOf(host), { force: true }),
    loadWorld: (world) => existsSync(storage) && loadStorage(world, readFileSync(storage, "utf8")),
    saveWorld: (world) => replace(storage, saveStorage(world)),
  };
}

function replace(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
