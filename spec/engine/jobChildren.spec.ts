import { randomUUID } from "node:crypto";
import { expect, test, vi } from "vitest";
import { SYSTEM, type Caller } from "../../src/domain/access/caller.ts";
import { ALL_GRANTS } from "../../src/domain/access/grants.ts";
import { addDisk } from "../../src/domain/disk/add.ts";
import { removeDisk } from "../../src/domain/disk/remove.ts";
import { host } from "../../src/domain/host/noun.ts";
import { addJob, type JobDefinition, type StepContext } from "../../src/domain/job/definition.ts";
import { cancelJob } from "../../src/domain/job/cancel.ts";
import { Job } from "../../src/domain/job/job.ts";
import { describeDatabases, openStore, SPEC_ORIGIN, type Store } from "../support/database.ts";
import { withoutVerbs } from "../support/jobFakes.ts";
import { addSpecJob, jobEnd, jobOf, noting, readJob, startRunner, taken } from "../support/jobs.ts";
import { openWorld } from "../support/nouns.ts";

/** A job that starts a child and waits for its end. */
function family(childRun: () => Promise<void>, notes: string[] = []) {
  const child = jobOf("child", [noting("work", notes, { cancellable: true, run: childRun as never })]);
  const parent = jobOf("parent", [
    noting("delegate", notes, {
      cancellable: true,
      run: async ({ child: start, until }) => {
        const add = (tx: Parameters<typeof addJob>[0]) => ({
          job: addJob(tx, { definition: child, description: "child", subject: { kind: "Vm", id: randomUUID() }, input: {} }),
        });
        const started = await start("one", add);
        await until((now) => !now.get("Job", started!.id), 60_000);
        notes.push(`child ${started!.id}`);
      },
    }),
  ]);
  return { child, parent, definitions: [child, parent] satisfies JobDefinition<object>[] };
}
const childrenOf = ({ database }: Store, parentId: string) => database.reader.findBy(Job, { parentId });
async function childOf(store: Store, parentId: string): Promise<Job> {
  for (;;) {
    const [child] = await childrenOf(store, parentId);
    if (child) return child;
    await new Promise((later) => setTimeout(later, 10));
  }
}
const untilAborted = ({ signal }: { signal: AbortSignal }) =>
  new Promise<void>((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));

describeDatabases("a job that other jobs are a part of", ({ fresh }) => {
  const open = async () => openStore(await fresh());

  test("starts each once, also when its step is run again by the next engine", async () => {
    const store = await open();
    const gate = Promise.withResolvers<void>();
    const notes: string[] = [];
    const { parent, definitions } = family(() => gate.promise, notes);
    const first = startRunner(store, definitions);
    const id = await addSpecJob(store, parent);
    const child = await childOf(store, id);
    await first.stop();
    const second = startRunner(store, definitions);
    await taken(store, child.id);
    await taken(store, id);
    gate.resolve();
    expect((await jobEnd(store, id)).status).toBe("FINISHED");
    await second.stop();
    expect(await childrenOf(store, id)).toHaveLength(1);
    expect(notes).toEqual([`child ${child.id}`]);
  });

  test("takes them with it when it is cancelled, and has begun none after that", async () => {
    const store = await open();
    const { parent, definitions } = family(untilAborted as never);
    const runner = startRunner(store, definitions);
    const id = await addSpecJob(store, parent);
    const child = await childOf(store, id);
    await taken(store, child.id);
    await runner.cancel(id);
    // In the same transaction.
    expect((await readJob(store, child.id)).cancelRequested).toBe(true);
    expect((await jobEnd(store, id)).status).toBe("ABORTED");
    expect((await jobEnd(store, child.id)).status).toBe("ABORTED");
  });

  test("is not joined by one that is being decided while it is cancelled", async () => {
    const store = await open();
    const { parent, definitions } = family(async () => undefined);
    const { unitOfWork } = store;
    const { run } = unitOfWork;
    const cancelled: Promise<unknown>[] = [];
    const cancel = (id: string) => cancelJob(withoutVerbs({ ...store, unitOfWork: { ...unitOfWork, run } }), SYSTEM, { id, mode: "APPLY" });
    unitOfWork.run = (origin, decide) =>
      run(origin, async (tx) => {
        const decided = await decide(tx);
        if (origin.child !== undefined && cancelled.length === 0) await cancelled[cancelled.push(cancel(origin.jobId!)) - 1];
        return decided;
      });
    const id = await addSpecJob(store, parent);
    startRunner(store, definitions);
    expect((await jobEnd(store, id)).status).toBe("ABORTED");
    expect(cancelled).toHaveLength(1);
    expect(await childrenOf(store, id)).toEqual([]);
  });

  test("64 that wait for theirs leave them room, and each of them ends", async () => {
    const store = await open();
    const { parent, definitions } = family(async () => undefined);
    const ids = await Promise.all(Array.from({ length: 64 }, () => addSpecJob(store, parent)));
    startRunner(store, definitions, { parallel: 64 });
    for (const id of ids) expect((await jobEnd(store, id)).status).toBe("FINISHED");
  });
});

const READER: Caller = { userId: null, userName: "reader", grants: { ...ALL_GRANTS, system: new Set(), key: "reader" } };
const removeHost = host.verbs.find(({ name }) => name === "removeHost")!;

describeDatabases("a verb that a step runs", (database) => {
  /** A job whose step runs `ask`, waits for its child, and notes what became of it. */
  function asking(ask: Parameters<StepContext<object>["child"]>[1]): JobDefinition<any> {
    const run = async ({ child, until }: StepContext<object>) => {
      const started = await child("one", ask);
      await until((now) => !now.get("Job", started!.id), 60_000);
    };
    return jobOf("asking", [{ name: "ask", description: "Asking", run }]);
  }

  test("is done by a child, of which all follows that follows when a client asks for it", async () => {
    const input = { name: "d", provisionedSize: 1024 ** 3, storageDomainId: "" };
    const job = asking((tx, engine) => addDisk.decide(tx, { engine, caller: SYSTEM, input }));
    const world = await openWorld(database, [job]);
    input.storageDomainId = await world.addDomain();
    const id = await addSpecJob(world, job);
    expect((await jobEnd(world, id)).status).toBe("FINISHED");
    expect(world.snapshot().by("Disk", "name", "d")).toMatchObject([{ status: "OK" }]);
    expect(await childrenOf(world, id)).toMatchObject([{ name: "addDisk", status: "FINISHED", parentKey: "one" }]);
    expect(await world.events()).toEqual(expect.arrayContaining(["USER_ADD_DISK", "USER_ADD_DISK_FINISHED_SUCCESS"]));
  });

  test.each([
    ["the right", READER, "OK", "DELETE_DISK"],
    ["the state", SYSTEM, "LOCKED", "DISK_STATUS_LOCKED"],
  ] as const)("is refused for want of %s, as to a client, and nothing is begun", async (_title, caller, status, code) => {
    let diskId = "";
    const job = asking((tx, engine) => removeDisk.decide(tx, { engine, caller, id: diskId }));
    const world = await openWorld(database, [job]);
    const payload = await world.act("addDisk", "disk { id }", {
      input: { name: "d", provisionedSize: 1024 ** 3, storageDomainId: await world.addDomain() },
    });
    await world.ended(payload);
    diskId = payload.disk.id;
    await world.unitOfWork.run(SPEC_ORIGIN, (tx) => void tx.update("Disk", tx.need("Disk", diskId), { status }));
    const id = await addSpecJob(world, job);
    expect(await jobEnd(world, id)).toMatchObject({ status: "FAILED", reasons: [{ code }] });
    expect(await childrenOf(world, id)).toEqual([]);
    expect(world.snapshot().get("Disk", diskId)).toMatchObject({ status });
  });

  test("is not one that something follows outside the database, which would be left out", async () => {
    const job = asking((tx, engine) => removeHost.decide(tx, { engine, caller: SYSTEM, id: "h" }) as object);
    const world = await openWorld(database, [job]);
    expect(await jobEnd(world, await addSpecJob(world, job))).toMatchObject({ status: "FAILED", reasons: [{ code: "INTERNAL" }] });
  });
});

describeDatabases("limits of jobs", ({ fresh }) => {
  /** Jobs on hosts that tell how many were at work at once, and wait for the gate. */
  function counting(name: string, gate: Promise<void>) {
    const now = new Map<string, number>();
    const most = new Map<string, number>();
    const run = async ({ job }: { job: { input: object } }) => {
      const { hostId } = job.input as { hostId: string };
      now.set(hostId, (now.get(hostId) ?? 0) + 1);
      most.set(hostId, Math.max(most.get(hostId) ?? 0, now.get(hostId)!));
      await gate;
      now.set(hostId, now.get(hostId)! - 1);
    };
    const definition = { ...jobOf(name, [noting("work", [], { run })]), hostOf: (input: object) => (input as { hostId: string }).hostId };
    return { definition, most };
  }

  test("hold per host and kind, and those that must wait are in nobody's way", async () => {
    const store = await openStore(await fresh());
    const gate = Promise.withResolvers<void>();
    const moves = counting("move", gate.promise);
    const others = counting("other", Promise.resolve());
    const ids: string[] = [];
    for (let number = 0; number < 10; number++) ids.push(await addSpecJob(store, moves.definition, { hostId: number % 2 ? "a" : "b" }));
    const later = await addSpecJob(store, others.definition, { hostId: "a" });
    startRunner(store, [moves.definition, others.definition], { parallel: 6, perKind: new Map([["move", 2]]) });
    expect((await jobEnd(store, later)).status).toBe("FINISHED");
    gate.resolve();
    for (const id of ids) await jobEnd(store, id);
    expect(Object.fromEntries(moves.most)).toEqual({ a: 2, b: 2 });
  });

  test("hold per host for all kinds together", async () => {
    const store = await openStore(await fresh());
    const gate = Promise.withResolvers<void>();
    const moves = counting("move", gate.promise);
    const ids = await Promise.all(Array.from({ length: 6 }, () => addSpecJob(store, moves.definition, { hostId: "a" })));
    const free = jobOf("free", [noting("a", [])]);
    startRunner(store, [moves.definition, free], { perHost: 3 });
    await vi.waitFor(() => expect(moves.most.get("a")).toBe(3));
    // Whoever could be taken up beside them has been by then.
    await jobEnd(store, await addSpecJob(store, free));
    gate.resolve();
    for (const id of ids) await jobEnd(store, id);
    expect(moves.most.get("a")).toBe(3);
  });

  test("a job that waited takes its place again only when there is one", async () => {
    const store = await openStore(await fresh());
    let now = 0;
    let most = 0;
    const step = noting("work", [], {
      run: async ({ until }) => {
        await until(() => false, 20).catch(() => undefined);
        most = Math.max(most, ++now);
        await new Promise((later) => setTimeout(later, 20));
        now--;
      },
    });
    const job = jobOf("waiting", [step]);
    const ids = await Promise.all(Array.from({ length: 8 }, () => addSpecJob(store, job)));
    startRunner(store, [job], { parallel: 2 });
    for (const id of ids) expect((await jobEnd(store, id)).status).toBe("FINISHED");
    expect(most).toBe(2);
  });
});
