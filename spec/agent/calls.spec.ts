import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { HostError } from "../../agent/errors.ts";
import { createDispatch, type Dispatch, type HandlerContext, type Handlers } from "../../agent/link/calls.ts";
import { ConnectionLost, VirError } from "../../agent/libvirt/connection.ts";

const vmId = randomUUID();
const never = new AbortController().signal;
const call = (rest: { key?: string; jobId?: string; fence?: number } = {}) => ({
  key: randomUUID(),
  jobId: randomUUID(),
  step: "step",
  fence: 1,
  ...rest,
});

describe("calls of the engine", () => {
  let now: number;
  let runs: number;
  let body: (context: HandlerContext) => Promise<unknown>;
  let dispatch: Dispatch;
  const progress: unknown[] = [];
  const destroy = (context: ReturnType<typeof call>, signal = never) => dispatch("vm.destroy", { vmId, call: context }, signal);

  beforeEach(() => {
    now = 0;
    runs = 0;
    body = async () => ({ run: runs });
    const handlers = {
      "vm.destroy": (_params: unknown, context: HandlerContext) => (runs++, body(context)),
      "host.vms": () => (runs++, body({ signal: never, progress: () => undefined })),
    };
    dispatch = createDispatch(handlers as unknown as Handlers, (message) => progress.push(message), {
      rememberMs: 600_000,
      most: 100,
      now: () => now,
    });
  });

  it("are refused as INVALID when they do not fit the contract, and as UNSUPPORTED when it has no such method", async () => {
    await expect(dispatch("vm.destroy", { vmId: "x", call: call() }, never)).rejects.toMatchObject({ code: "INVALID" });
    await expect(dispatch("vm.destroy", { vmId }, never)).rejects.toMatchObject({ code: "INVALID" });
    await expect(dispatch("vm.fly", {}, never)).rejects.toMatchObject({ code: "UNSUPPORTED" });
    await expect(dispatch("toString", {}, never)).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(runs).toBe(0);
  });
  it("with one key run once, and a repeat has the first outcome", async () => {
    const context = call();
    expect(await destroy(context)).toEqual(await destroy(context));
    expect(runs).toBe(1);
    await destroy(call());
    expect(runs).toBe(2);
  });
  it("with one key at the same time wait for the first", async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    body = () => promise;
    const context = call();
    const both = Promise.all([destroy(context), destroy(context)]);
    resolve({ done: 1 });
    expect(await both).toEqual([{ done: 1 }, { done: 1 }]);
    expect(runs).toBe(1);
  });
  it("that failed fail the same way when repeated", async () => {
    body = () => Promise.reject(new VirError(55, 10, "no"));
    const context = call();
    for (let i = 0; i < 2; i++)
      await expect(destroy(context)).rejects.toMatchObject({ code: "LIBVIRT", libvirt: { code: 55, domain: 10 } });
    expect(runs).toBe(1);
  });
  it.each([
    ["LIBVIRT_UNAVAILABLE", new ConnectionLost("away")],
    ["TIMEOUT", new HostError("TIMEOUT", "too slow")],
  ])("that failed for the moment (%s) are tried anew when repeated", async (code, failure) => {
    body = () => Promise.reject(failure);
    const context = call();
    await expect(destroy(context)).rejects.toMatchObject({ code });
    body = async () => ({});
    await expect(destroy(context)).resolves.toEqual({});
  });
  it("are remembered for ten minutes after they ended, and no longer", async () => {
    const context = call();
    await destroy(context);
    now = 599_999;
    await destroy(context);
    expect(runs).toBe(1);
    now = 600_001;
    await destroy(context);
    expect(runs).toBe(2);
  });
  it("are forgotten from the oldest when there are too many, but never while under way", async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const [slow, first] = [call(), call()];
    body = () => promise;
    const underWay = destroy(slow);
    body = async () => ({});
    await destroy(first);
    for (let i = 0; i < 200; i++) await destroy(call());
    const before = runs;
    await destroy(first);
    expect(runs).toBe(before + 1);
    const joined = destroy(slow);
    resolve({ slow: true });
    expect(await Promise.all([underWay, joined])).toEqual([{ slow: true }, { slow: true }]);
    expect(runs).toBe(before + 1);
  });
  it("of a job are refused when a higher fence was seen for it", async () => {
    const jobId = randomUUID();
    await destroy(call({ jobId, fence: 2 }));
    await expect(destroy(call({ jobId, fence: 1 }))).rejects.toMatchObject({ code: "FENCED" });
    await destroy(call({ jobId, fence: 2 }));
    await destroy(call({ jobId, fence: 3 }));
    await expect(destroy(call({ jobId, fence: 2 }))).rejects.toMatchObject({ code: "FENCED" });
    await destroy(call({ fence: 1 }));
    expect(runs).toBe(4);
  });
  it("can be cancelled by whoever waits for them", async () => {
    const underWay = Promise.withResolvers<void>();
    body = ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new VirError(78, 10, "aborted")));
        underWay.resolve();
      });
    const context = call();
    const cancel = new AbortController();
    const first = destroy(context);
    const repeat = destroy(context, cancel.signal);
    void underWay.promise.then(() => cancel.abort());
    await expect(first).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(repeat).rejects.toMatchObject({ code: "CANCELLED" });
  });
  it("that were cancelled are not remembered: the same call joins one that is still ending, and then runs anew", async () => {
    const ending = Promise.withResolvers<void>();
    body = async ({ signal }) => {
      await new Promise((aborted) => signal.addEventListener("abort", aborted));
      await ending.promise;
      throw new VirError(78, 10, "aborted");
    };
    const context = call();
    const cancel = new AbortController();
    const first = destroy(context, cancel.signal);
    cancel.abort();
    const joined = destroy(context);
    ending.resolve();
    await expect(first).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(joined).rejects.toMatchObject({ code: "CANCELLED" });
    expect(runs).toBe(1);
    body = async () => ({});
    await expect(destroy(context)).resolves.toEqual({});
    expect(runs).toBe(2);
  });
  it("tell their progress under their key", async () => {
    body = async (context) => (context.progress({ percent: 40 }), {});
    const context = call();
    await destroy(context);
    expect(progress.at(-1)).toEqual({ key: context.key, percent: 40 });
  });
  it("that only ask are neither remembered nor fenced", async () => {
    await dispatch("host.vms", {}, never);
    await dispatch("host.vms", {}, never);
    expect(runs).toBe(2);
  });
});
