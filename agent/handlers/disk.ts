import { dirname, join } from "node:path";
import { z } from "zod";
import type { AgentResult, VolumeRef } from "../../schema/hostlink.ts";
import { HostError } from "../errors.ts";
import type { Handlers } from "../link/calls.ts";
import { run, shell } from "../process.ts";
import { spaceOf, STORAGE_DEADLINE_MS } from "./storage.ts";

type VolumeInfo = AgentResult<"disk.info">;
/** ms; allocating a preallocated image in full may take this long. */
const ALLOCATE_DEADLINE_MS = 30 * 60_000;
const NOT_THERE = 3;

const FORMATS = { RAW: "raw", COW: "qcow2" } as const;
const ImageInfo = z.object({ format: z.enum(["raw", "qcow2"]), "virtual-size": z.int(), "actual-size": z.int() });

const volumePath = ({ path, storageDomainId, diskId, imageId }: VolumeRef) => join(path, storageDomainId, "images", diskId, imageId);

/** Volumes of file storage domains, by qemu-img. */
export function diskHandlers(): Pick<Handlers, "disk.create" | "disk.info" | "disk.remove" | "disk.resize"> {
  return {
    async "disk.create"(params, { signal }) {
      const existing = await info(params).catch(unlessNotFound);
      if (existing) return sameOrRefused(existing, params);
      const { path, storageDomainId, provisionedSize, format, sparse } = params;
      const file = volumePath(params);
      await mustBe(
        await shell(
          `[ -d "$1" ] || exit ${NOT_THERE}; mkdir -p "$2"`,
          [join(path, storageDomainId, "images"), dirname(file)],
          STORAGE_DEADLINE_MS,
        ),
      );
      if (!sparse && (await spaceOf(path)).available < provisionedSize)
        throw new HostError("NO_SPACE", `${path} has less than ${provisionedSize} bytes free`);
      const part = join(dirname(file), `.${params.imageId}.part`);
      const allocation = sparse ? "off" : "falloc";
      const args = ["create", "-q", "-f", FORMATS[format], "-o", `preallocation=${allocation}`, part, String(provisionedSize)];
      await withUndo(part, async () => {
        await onFullDisk(path, provisionedSize, sparse, run("qemu-img", args, ALLOCATE_DEADLINE_MS, signal).then(mustBe));
        await mustBe(await run("mv", [part, file], STORAGE_DEADLINE_MS));
      });
      return info(params);
    },
    "disk.info": info,
    async "disk.remove"(params) {
      const file = volumePath(params);
      const script = `rm -f "$1" "$2"; [ ! -d "$3" ] || rmdir --ignore-fail-on-non-empty "$3"`;
      await mustBe(await shell(script, [file, join(dirname(file), `.${params.imageId}.part`), dirname(file)], STORAGE_DEADLINE_MS));
      return {};
    },
    async "disk.resize"(params, { signal }) {
      const now = await info(params);
      if (params.provisionedSize < now.provisionedSize)
        throw new HostError("INVALID", `a volume of ${now.provisionedSize} bytes only grows`);
      const args = ["resize", "-q", "-f", FORMATS[now.format], now.path, String(params.provisionedSize)];
      if (params.provisionedSize > now.provisionedSize) await mustBe(await run("qemu-img", args, ALLOCATE_DEADLINE_MS, signal));
      return info(params);
    },
  };
}

async function info(volume: VolumeRef): Promise<VolumeInfo> {
  const path = volumePath(volume);
  // -U: the image may be in use by a running VM
  const script = `[ -e "$1" ] || exit ${NOT_THERE}; exec qemu-img info -U --output=json "$1"`;
  const { stdout } = await mustBe(await shell(script, [path], STORAGE_DEADLINE_MS));
  const image = ImageInfo.parse(JSON.parse(stdout));
  return { path, format: image.format === "raw" ? "RAW" : "COW", provisionedSize: image["virtual-size"], actualSize: image["actual-size"] };
}

/** qemu-img rounds sizes up to whole sectors. */
const sectors = (bytes: number) => Math.ceil(bytes / 512);

function sameOrRefused(existing: VolumeInfo, { format, provisionedSize }: { format: string; provisionedSize: number }): VolumeInfo {
  if (existing.format === format && sectors(existing.provisionedSize) === sectors(provisionedSize)) return existing;
  throw new HostError("ALREADY_EXISTS", `${existing.path} is there already, as ${existing.format} of ${existing.provisionedSize} bytes`);
}

function unlessNotFound(error: unknown): null {
  if (error instanceof HostError && error.code === "NOT_FOUND") return null;
  throw error;
}

async function mustBe(ended: { code: number; stdout: string; stderr: string }) {
  if (ended.code === 0) return ended;
  if (ended.code === NOT_THERE) throw new HostError("NOT_FOUND", "no such volume or storage domain");
  throw new HostError("STORAGE", ended.stderr.trim() || `exit code ${ended.code}`);
}

/** Leaves no half-made file behind. */
async function withUndo(part: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await run("rm", ["-f", part], STORAGE_DEADLINE_MS).catch(() => undefined);
    throw error;
  }
}

/** qemu-img tells a full disk only in words: so it is measured. */
async function onFullDisk(path: string, size: number, sparse: boolean, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== "STORAGE") throw error;
    const { available } = await spaceOf(path);
    throw available < (sparse ? SMALLEST_IMAGE : size) ? new HostError("NO_SPACE", error.message) : error;
  }
}
/** Bytes that even an empty qcow2 takes. */
const SMALLEST_IMAGE = 256 * 1024;
