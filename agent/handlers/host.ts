import type { HostCapabilities } from "../../schema/hostlink.ts";
import type { LibvirtSession } from "../libvirt/session.ts";
import type { Handlers } from "../link/calls.ts";
import { readReports } from "../report.ts";

export interface HostHandlerOptions {
  session: LibvirtSession;
  capabilities(): Promise<HostCapabilities>;
  /** ms between samples */
  setStatisticsInterval(ms: number): void;
}

export function hostHandlers(options: HostHandlerOptions): Pick<Handlers, "host.capabilities" | "host.vms" | "host.configure"> {
  return {
    "host.capabilities": () => options.capabilities(),
    "host.vms": async () => ({ vms: await readReports(options.session) }),
    async "host.configure"({ statisticsIntervalMs }) {
      options.setStatisticsInterval(statisticsIntervalMs);
      return {};
    },
  };
}
