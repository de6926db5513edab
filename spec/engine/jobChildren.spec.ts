import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { addJob, type JobDefinition } from "../../src/domain/job/definition.ts";
import { Job } from "../../src/domain/job/job.ts";
import { describeDatabases, openStore, type Store } from "../support/database.ts";
import { addSpecJob, jobEnd, jobOf, noting, readJob, startRunner, taken } from "../support/jobs.ts";

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

  test("64 that wait for theirs leave them room, and each of them ends", async () => {
    const store = await open();
    const { parent, definitions } = family(async () => undefined);
    const ids = await Promise.all(Array.from({ length: 64 }, () => addSpecJob(store, parent)));
    startRunner(store, definitions, { parallel: 64 });
    for (const id of ids) expect((await jobEnd(store, id)).status).toBe("FINISHED");
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
    startRunner(store, [moves.definition], { perHost: 3 });
    await Promise.race(ids.map((id) => taken(store, id)));
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
