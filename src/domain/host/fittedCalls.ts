import { MOST_TEXT } from "../../../schema/hostlinkLimits.ts";
import { soundText } from "../../../schema/hostlinkText.ts";
import type { AgentMethod, AgentResult, VmReport } from "../../../schema/hostlink.ts";
import { fitCapabilities, fitVm, fitVms } from "./fit.ts";
import { HostCallError, type HostCalls } from "./ports.ts";

/** Characters of the words with which a host refuses a call: they reach people in a job. */
const MOST_REFUSAL = 2 * MOST_TEXT;

/** Calls whose answers are made to fit, as everything else that hosts tell. */
export function fittedCalls(calls: HostCalls, isOn: (hostId: string, vmId: string) => boolean): HostCalls {
  return {
    connected: (hostId) => calls.connected(hostId),
    cut: (hostId, reason) => calls.cut(hostId, reason),
    async call(hostId, method, params, options) {
      try {
        const answer = await calls.call(hostId, method, params, options);
        return fitAnswer(method, answer, (vmId) => isOn(hostId, vmId)) as typeof answer;
      } catch (error) {
        if (!(error instanceof HostCallError)) throw error;
        throw new HostCallError(error.code, soundText(error.message, MOST_REFUSAL), error.libvirt);
      }
    },
  };
}

function fitAnswer(method: AgentMethod, answer: AgentResult<AgentMethod>, isHere: (vmId: string) => boolean): AgentResult<AgentMethod> {
  const now = Date.now();
  if (method === "vm.start" || method === "vm.restore") return fitVm(answer as VmReport, now);
  if (method === "host.capabilities") return fitCapabilities(answer as AgentResult<"host.capabilities">, new Set());
  if (method === "host.vms") return { vms: fitVms((answer as AgentResult<"host.vms">).vms, isHere, { now, cuts: new Set() }) };
  return answer;
}
