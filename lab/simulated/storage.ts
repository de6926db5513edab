import type { VolumeRef } from "../../schema/hostlink.ts";
import { hostError } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import type { Volume, World } from "./world.ts";

const CAPACITY = 10 * 2 ** 40;
/** What an empty qcow2 file takes, in bytes. */
const EMPTY_COW = 196_624;

type StorageMethod = Extract<keyof Handlers, `storage.${string}` | `disk.${string}`>;

/** File storage domains in memory, the same for all hosts of a world. */
export function storageHandlers(world: World): Pick<Handlers, StorageMethod> {
  const volumesOf = (ref: { path: string; storageDomainId: string }) => {
    const volumes = world.domains.get(domainPath(ref));
    if (volumes === undefined) throw hostError("STORAGE", `There is no storage domain in ${domainPath(ref)}.`);
    return volumes;
  };
  const volumeOf = (ref: VolumeRef) => {
    const volume = volumesOf(ref).get(volumePath(ref));
    if (volume === undefined) throw hostError("NOT_FOUND", `There is no volume ${volumePath(ref)}.`);
    return volume;
  };
  return {
    "storage.connect"(params) {
      const path = domainPath(params);
      if (params.format && !world.domains.has(path)) world.domains.set(path, new Map());
      return space(volumesOf(params));
    },
    "storage.stat": (params) => space(volumesOf(params)),
    "storage.remove"(params) {
      const path = domainPath(params);
      if ((world.domains.get(path)?.size ?? 0) > 0) throw hostError("STORAGE", `${path} still has images.`);
      world.domains.delete(path);
      return {};
    },
    "disk.create"(params) {
      const volumes = volumesOf(params);
      const path = volumePath(params);
      const { format, provisionedSize, sparse } = params;
      const existing = volumes.get(path);
      if (existing !== undefined && (existing.format !== format || existing.provisionedSize !== provisionedSize))
        throw hostError("ALREADY_EXISTS", `${path} is there and is another.`);
      if (provisionedSize > space(volumes).available) throw hostError("NO_SPACE", `${path} does not fit.`);
      const actualSize = format === "COW" ? EMPTY_COW : sparse ? 0 : provisionedSize;
      const volume = existing ?? { format, provisionedSize, actualSize };
      volumes.set(path, volume);
      return { path, ...volume };
    },
    "disk.info": (params) => ({ path: volumePath(params), ...volumeOf(params) }),
    "disk.remove"(params) {
      volumesOf(params).delete(volumePath(params));
      return {};
    },
    "disk.resize"(params) {
      const volume = volumeOf(params);
      if (params.provisionedSize < volume.provisionedSize) throw hostError("INVALID", "A volume cannot shrink.");
      volume.provisionedSize = params.provisionedSize;
      return { path: volumePath(params), ...volume };
    },
  };
}

/** Whether a file may be a VM's disk: it is there, or it is in no storage domain that this world knows. */
export function diskIsThere(world: World, path: string): boolean {
  for (const [domain, volumes] of world.domains) if (path.startsWith(`${domain}/images/`)) return volumes.has(path);
  return true;
}

const domainPath = ({ path, storageDomainId }: { path: string; storageDomainId: string }) => `${path}/${storageDomainId}`;
const volumePath = (ref: VolumeRef) => `${domainPath(ref)}/images/${ref.diskId}/${ref.imageId}`;

function space(volumes: Map<string, Volume>): { available: number; used: number } {
  let used = 0;
  for (const volume of volumes.values()) used += volume.actualSize;
  return { used, available: CAPACITY - used };
}
