import { HostError, isVirError } from "../errors.ts";
import { PowerMode, VirErrorCode } from "../libvirt/constants.ts";
import type { Libvirt } from "../libvirt/procedures.ts";
import type { LibvirtSession } from "../libvirt/session.ts";
import type { Domain } from "../libvirt/xdr.ts";
import type { Handlers } from "../link/calls.ts";
import { readReport, reportOf } from "../report.ts";
import { mustDescribe, mustRun } from "./checks.ts";
import { memoryImageHandlers } from "./memoryImage.ts";
import { migrationHandlers } from "./migration.ts";

type VmHandlers = Pick<Handlers, Extract<keyof Handlers, `vm.${string}`>>;

/** Everything an engine may ask about one VM. */
export function vmHandlers(session: LibvirtSession): VmHandlers {
  const domainOf = (vmId: string) => session.libvirt().lookup(vmId);
  return {
    ...memoryImageHandlers(session),
    ...migrationHandlers(session),
    async "vm.start"({ vmId, xml, paused }, { signal }) {
      mustDescribe(xml, vmId);
      const running = await reportOf(session, vmId);
      if (running) return running;
      try {
        await session.dedicated(async (libvirt) => {
          const domain = await libvirt.create(xml, paused);
          // Nobody waits for it any more, and nobody may think of taking it back.
          if (signal.aborted) await libvirt.destroy(domain);
        });
        if (signal.aborted) throw new HostError("CANCELLED", `the start of VM ${vmId} was cancelled`);
      } catch (error) {
        const anyhow = await reportOf(session, vmId).catch(() => null);
        if (!anyhow) throw error;
        return anyhow;
      }
      return mustRun(await reportOf(session, vmId), vmId);
    },
    async "vm.shutdown"({ vmId }) {
      const domain = await domainOf(vmId);
      await byGuest(session, domain, (libvirt, mode) => libvirt.shutdown(domain, mode));
      return {};
    },
    async "vm.reboot"({ vmId }) {
      const domain = await domainOf(vmId);
      await byGuest(session, domain, (libvirt, mode) => libvirt.reboot(domain, mode));
      return {};
    },
    async "vm.reset"({ vmId }) {
      const domain = await domainOf(vmId);
      await session.dedicated((libvirt) => libvirt.reset(domain));
      return {};
    },
    async "vm.destroy"({ vmId }) {
      try {
        const domain = await domainOf(vmId);
        await session.dedicated((libvirt) => libvirt.destroy(domain));
      } catch (error) {
        // A persistent domain that does not run is of no interest here.
        if (!isVirError(error, VirErrorCode.NO_DOMAIN, VirErrorCode.OPERATION_INVALID)) throw error;
      }
      return {};
    },
    async "vm.resume"({ vmId }) {
      const domain = await domainOf(vmId);
      const report = await readReport(session, domain);
      if (report?.state !== "PAUSED") return {};
      await session.dedicated((libvirt) => (report.pauseReason === "SLEEPING" ? libvirt.wakeUp(domain) : libvirt.resume(domain)));
      return {};
    },
  };
}

/** Asks the guest agent where it is connected; where it is not, or does not answer, the ACPI power button. */
async function byGuest(session: LibvirtSession, domain: Domain, ask: (libvirt: Libvirt, mode: number) => Promise<void>): Promise<void> {
  const report = await readReport(session, domain);
  if (!report) throw new HostError("NOT_FOUND", `VM ${domain.uuid} does not run here`);
  await session.dedicated(async (libvirt) => {
    try {
      await ask(libvirt, report.guestAgent ? PowerMode.GUEST_AGENT : PowerMode.ACPI);
    } catch (error) {
      if (!report.guestAgent || !isVirError(error, VirErrorCode.AGENT_UNRESPONSIVE, VirErrorCode.AGENT_UNSYNCED)) throw error;
      await ask(libvirt, PowerMode.ACPI);
    }
  });
}
