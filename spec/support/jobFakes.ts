import { pino } from "pino";
import type { AgentMethod } from "../../schema/hostlink.ts";
import type { Engine } from "../../src/domain/engine.ts";
import { HostCallError, type HostCallErrorCode, type HostCalls } from "../../src/domain/host/ports.ts";
import type { RunnerSettings } from "../../src/domain/job/parts.ts";

/** Quick enough for a spec. */
export const QUICK: Partial<RunnerSettings> = { backoffMs: 5, backoffLimitMs: 20, lookMs: 200, restMs: 50, stopMs: 300 };
/** Of the runners of specs, ms. */
export const LEASE_MS = 1_500;
export const silent = pino({ level: process.env["OVERT_SPEC_LOG"] ?? "silent" });

/** An engine for jobs whose steps run no verbs. */
export const withoutVerbs = (parts: Partial<Engine>): Engine => ({ jobs: { wake: () => undefined }, ...parts }) as Engine;

interface HostCall {
  hostId: string;
  method: AgentMethod;
  params: unknown;
}
export interface FakeHosts extends HostCalls {
  readonly calls: HostCall[];
  /** The next calls fail with these, in order. */
  readonly failures: HostCallErrorCode[];
}

/** Hosts that do all they are asked, at once, unless told to fail. */
export function fakeHosts(): FakeHosts {
  const calls: HostCall[] = [];
  const failures: HostCallErrorCode[] = [];
  const call = async (hostId: string, method: AgentMethod, params: unknown) => {
    calls.push({ hostId, method, params });
    const failure = failures.shift();
    if (failure) throw new HostCallError(failure, `The host said ${failure}.`);
    return {};
  };
  return { calls, failures, call: call as HostCalls["call"], connected: () => true, cut: () => undefined };
}
