import { randomUUID } from "node:crypto";
import type { CallContext } from "../../schema/hostlink.ts";

/** The context of a call that stands alone. */
export const callContext = (overrides: Partial<CallContext> = {}): CallContext => ({
  key: randomUUID(),
  jobId: randomUUID(),
  step: "step",
  fence: 1,
  ...overrides,
});

/** A small domain. */
export const domainXml = (vmId: string, name = `vm-${vmId.slice(0, 8)}`) => `<domain type='kvm'>
  <name>${name}</name><uuid>${vmId}</uuid>
  <memory unit='MiB'>512</memory><vcpu>2</vcpu>
  <devices><interface type='bridge'><mac address='56:6f:00:01:02:03'/></interface></devices>
</domain>`;
