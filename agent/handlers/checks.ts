import type { VmReport } from "../../schema/hostlink.ts";
import { HostError } from "../errors.ts";

export function mustRun(report: VmReport | null, vmId: string): VmReport {
  if (!report) throw new HostError("NOT_FOUND", `VM ${vmId} ended as soon as it was started`);
  return report;
}

export function mustDescribe(xml: string, vmId: string): void {
  const uuid = /<uuid>\s*([0-9a-fA-F-]{36})\s*<\/uuid>/.exec(xml)?.[1];
  if (uuid?.toLowerCase() !== vmId.toLowerCase()) throw new HostError("INVALID", `the domain's uuid is not ${vmId}`);
}
