import type { Hypervisor, SimulatedVm } from "./hypervisor.ts";

export interface Volume {
  format: "RAW" | "COW";
  /** Bytes. */
  provisionedSize: number;
  /** Bytes. */
  actualSize: number;
}

/** What simulated hosts have in common: the wire between them and the storage under them. */
export interface World {
  /** By migration URI. */
  readonly hosts: Map<string, Hypervisor>;
  /** Storage domains by directory; in each, volumes by their path. */
  readonly domains: Map<string, Map<string, Volume>>;
  /** Memory images by path. */
  readonly memoryImages: Map<string, { vm: SimulatedVm; savedAt: number }>;
  /** The port at which one more host takes migrations: they may all have one address. */
  newPort(): number;
}

const FIRST_PORT = 16_509;
const PORTS = 65_536 - FIRST_PORT;

export function createWorld(): World {
  let hosts = 0;
  return { hosts: new Map(), domains: new Map(), memoryImages: new Map(), newPort: () => FIRST_PORT + (hosts++ % PORTS) };
}

/** The storage part of a world as JSON, for a process that is started again. */
export function saveStorage({ domains, memoryImages }: World): string {
  return JSON.stringify({ domains: [...domains].map(([path, volumes]) => [path, [...volumes]]), memoryImages: [...memoryImages] });
}

/** Takes over what `saveStorage` wrote. */
export function loadStorage(world: World, json: string): void {
  const saved = JSON.parse(json) as {
    domains: [string, [string, Volume][]][];
    memoryImages: [string, { vm: SimulatedVm; savedAt: number }][];
  };
  for (const [path, volumes] of saved.domains) world.domains.set(path, new Map(volumes));
  for (const [path, image] of saved.memoryImages) world.memoryImages.set(path, image);
}
