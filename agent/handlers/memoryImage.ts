import { dirname } from "node:path";
import { HostError, toHostError } from "../errors.ts";
import { SAVE_RUNNING } from "../libvirt/constants.ts";
import type { LibvirtSession } from "../libvirt/session.ts";
import type { Handlers } from "../link/calls.ts";
import { run, shell } from "../process.ts";
import { reportOf } from "../report.ts";
import { mustDescribe, mustRun } from "./checks.ts";
import { followJob } from "./followJob.ts";
import { STORAGE_DEADLINE_MS } from "./storage.ts";

/** libvirt writes this at the head of a memory image once it is complete, and "LibvirtQemudPart" before. */
const COMPLETE = "LibvirtQemudSave";
const NOT_THERE = 3;

/** Memory of a VM into a file, and back. */
export function memoryImageHandlers(
  session: LibvirtSession,
): Pick<Handlers, "vm.suspend" | "vm.restore" | "vm.discardMemory" | "vm.memoryImage"> {
  return {
    async "vm.suspend"({ vmId, memoryPath }, context) {
      if (!(await reportOf(session, vmId))) {
        // A call repeated after it was done.
        if (await isComplete(memoryPath)) return {};
        throw new HostError("NOT_FOUND", `VM ${vmId} does not run here`);
      }
      const domain = await session.libvirt().lookup(vmId);
      await makeFolder(dirname(memoryPath));
      try {
        await session.dedicated((libvirt) => followJob(session, domain, libvirt.save(domain, memoryPath, SAVE_RUNNING), context));
      } catch (error) {
        const failure = toHostError(error);
        // With libvirtd gone nobody knows whether the image is all there is of the VM.
        if (failure.code !== "LIBVIRT_UNAVAILABLE") await remove(memoryPath).catch(() => undefined);
        throw context.signal.aborted ? new HostError("CANCELLED", failure.message, failure.libvirt) : failure;
      }
      if (!(await isComplete(memoryPath))) throw new HostError("STORAGE", `${memoryPath} is not a complete memory image`);
      return {};
    },
    async "vm.restore"({ vmId, xml, memoryPath }) {
      mustDescribe(xml, vmId);
      if (!(await reportOf(session, vmId))) {
        if (!(await isComplete(memoryPath))) throw new HostError("NOT_FOUND", `${memoryPath} is not a complete memory image`);
        await session.dedicated(async (libvirt) => {
          const named = withNameOf(await libvirt.savedXml(memoryPath), xml);
          await libvirt.restore(memoryPath, named, SAVE_RUNNING);
        });
      }
      const report = mustRun(await reportOf(session, vmId), vmId);
      await remove(memoryPath);
      return report;
    },
    async "vm.discardMemory"({ memoryPath }) {
      await remove(memoryPath);
      return {};
    },
    "vm.memoryImage": async ({ memoryPath }) => ({ complete: await isComplete(memoryPath) }),
  };
}

const NAME = /<name>([^<]*)<\/name>/;
/** libvirt restores a domain only under the name it was saved with, which in old images is what the VM was called then. */
function withNameOf(saved: string, xml: string): string {
  const name = NAME.exec(saved)?.[0];
  return name === undefined ? xml : xml.replace(NAME, () => name);
}

async function isComplete(path: string): Promise<boolean> {
  const script = `[ -e "$1" ] || exit ${NOT_THERE}; exec head -c ${COMPLETE.length} "$1"`;
  const { code, stdout, stderr } = await shell(script, [path], STORAGE_DEADLINE_MS);
  if (code !== 0 && code !== NOT_THERE) throw new HostError("STORAGE", stderr.trim());
  return stdout === COMPLETE;
}

/** Only the last one: where the storage domain's own folder is missing, its storage is not there. */
async function makeFolder(path: string): Promise<void> {
  const { code, stderr } = await shell('[ -d "$1" ] || mkdir "$1"', [path], STORAGE_DEADLINE_MS);
  if (code !== 0) throw new HostError("STORAGE", stderr.trim());
}

async function remove(path: string): Promise<void> {
  const { code, stderr } = await run("rm", ["-f", path], STORAGE_DEADLINE_MS);
  if (code !== 0) throw new HostError("STORAGE", stderr.trim());
}
