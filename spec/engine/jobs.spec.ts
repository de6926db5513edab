import { expect, onTestFinished, test, vi } from "vitest";
import type { AnyJobDefinition } from "../../src/domain/job/parts.ts";
import { openJournal } from "../../src/domain/journal/journal.ts";
import { OvertError } from "../../src/errors.ts";
import { describeDatabases, openStore, SPEC_ORIGIN } from "../support/database.ts";
import { dataCenter } from "../support/entities.ts";
import { addSpecJob, jobEnd, jobOf, jobUntil, noting, readJob, readSteps, startRunner } from "../support/jobs.ts";

describeDatabases("the job runner", ({ fresh }) => {
  const open = async () => openStore(await fresh());

  test("runs the steps in their order and ends the job once", async () => {
    const store = await open();
    const notes: string[] = [];
    const job = jobOf("three", [noting("a", notes), noting("b", notes), noting("c", notes)], (_tx, { name }, outcome) =>
      notes.push(`${name} ${outcome}`),
    );
    const runner = startRunner(store, [job]);
    const id = await addSpecJob(store, job);
    runner.wake();
    const ended = await jobEnd(store, id);
    expect(notes).toEqual(["a", "b", "c", "three FINISHED"]);
    expect(ended).toMatchObject({ status: "FINISHED", progress: 100, reasons: [], runner: null, leaseUntil: null, cancellable: false });
    expect(ended.endTime).toBeInstanceOf(Date);
    expect((await readSteps(store, id)).map(({ status, progress, attempts }) => [status, progress, attempts])).toEqual(
      [1, 2, 3].map(() => ["FINISHED", 100, 1]),
    );
  });

  test("takes up a job that nobody woke it for", async () => {
    const store = await open();
    const notes: string[] = [];
    const job = jobOf("one", [noting("a", notes)]);
    startRunner(store, [job]);
    expect((await jobEnd(store, await addSpecJob(store, job))).status).toBe("FINISHED");
  });

  test("commits what a step decided together with the step", async () => {
    const store = await open();
    const job = jobOf("one", [noting("a", [], { run: async () => (tx) => void tx.insert("DataCenter", dataCenter("made")) })]);
    startRunner(store, [job]).wake();
    const id = await addSpecJob(store, job);
    await jobEnd(store, id);
    const [made] = store.journal.snapshot().by("DataCenter", "name", "made");
    const abort = new AbortController();
    for await (const followed of store.journal.follow(0, abort.signal)) {
      if ("gap" in followed) throw new Error("gap");
      const ids = followed.entry.changes.map((change) => change.id);
      if (!ids.includes(made!.id)) continue;
      const step = followed.entry.changes.find(({ kind }) => kind === "Step");
      expect(step).toMatchObject({ operation: "UPDATED", row: { jobId: id, status: "FINISHED" } });
      expect(followed.entry.jobId).toBe(id);
      abort.abort();
    }
  });

  test("tries a step again when a host cannot be reached", async () => {
    const store = await open();
    const job = jobOf("calling", [noting("call", [], { run: async ({ call }) => void (await call("h", "host.vms", {})) })]);
    const runner = startRunner(store, [job]);
    // CANCELLED: the call that this one joined was given up at its deadline, by nobody's wish.
    runner.hosts.failures.push("UNREACHABLE", "TIMEOUT", "CANCELLED", "LIBVIRT_UNAVAILABLE");
    const id = await addSpecJob(store, job);
    runner.wake();
    expect((await jobEnd(store, id)).status).toBe("FINISHED");
    expect(runner.hosts.calls).toHaveLength(5);
    expect((await readSteps(store, id))[0]!.attempts).toBe(5);
  });

  test("gives up after as many attempts as the step allows", async () => {
    const store = await open();
    const job = jobOf("calling", [noting("call", [], { attempts: 2, run: async ({ call }) => void (await call("h", "host.vms", {})) })]);
    const runner = startRunner(store, [job]);
    runner.hosts.failures.push("UNREACHABLE", "UNREACHABLE", "UNREACHABLE");
    const id = await addSpecJob(store, job);
    runner.wake();
    expect(await jobEnd(store, id)).toMatchObject({ status: "FAILED", reasons: [{ code: "UNREACHABLE" }] });
    expect(runner.hosts.calls).toHaveLength(2);
  });

  test("fails at once on any other failure, and undoes in reverse what was begun", async () => {
    const store = await open();
    const notes: string[] = [];
    const refuse = async () => {
      throw new OvertError("STORAGE", "The disk is broken.", [{ code: "BROKEN", message: "The disk is broken." }]);
    };
    const steps = [
      noting("a", notes),
      noting("b", notes, { undo: undefined as never }),
      noting("c", notes, { run: refuse }),
      noting("d", notes),
    ];
    const job = jobOf("failing", steps, (_tx, _job, outcome) => notes.push(outcome));
    startRunner(store, [job]).wake();
    const id = await addSpecJob(store, job);
    const ended = await jobEnd(store, id);
    expect(ended).toMatchObject({ status: "FAILED", reasons: [{ code: "BROKEN", message: "The disk is broken." }] });
    expect(notes).toEqual(["a", "b", "undo c", "undo a", "FAILED"]);
    const rows = await readSteps(store, id);
    expect(rows.map(({ status }) => status)).toEqual(["FINISHED", "FINISHED", "FAILED", "UNKNOWN"]);
    expect(rows.map(({ undone }) => undone)).toEqual([true, false, true, false]);
  });

  test("fails a step whose decision is refused, and tells nothing of a defect but that there is one", async () => {
    const store = await open();
    await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter("taken")));
    const twice = jobOf("twice", [noting("a", [], { run: async () => (tx) => void tx.insert("DataCenter", dataCenter("taken")) })]);
    const broken = jobOf("broken", [noting("a", [], { run: () => { throw new TypeError("secret"); } })]); // prettier-ignore
    startRunner(store, [twice, broken]);
    expect((await jobEnd(store, await addSpecJob(store, twice))).reasons).toMatchObject([{ code: "DUPLICATE" }]);
    expect((await jobEnd(store, await addSpecJob(store, broken))).reasons).toEqual([{ code: "INTERNAL", message: "Internal error." }]);
  });

  test("goes on undoing when an undo fails, and tells both reasons", async () => {
    const store = await open();
    const notes: string[] = [];
    const fail = (code: string) => async () => {
      throw new OvertError("STORAGE", code, [{ code, message: code }]);
    };
    const job = jobOf("failing", [noting("a", notes), noting("b", notes, { undo: fail("UNDO") }), noting("c", notes, { run: fail("DO") })]);
    startRunner(store, [job]).wake();
    const id = await addSpecJob(store, job);
    const ended = await jobEnd(store, id);
    expect(ended).toMatchObject({ status: "FAILED", reasons: [{ code: "DO" }, { code: "UNDO" }] });
    expect(notes).toEqual(["a", "b", "undo c", "undo a"]);
    expect((await readSteps(store, id)).map(({ undone }) => undone)).toEqual([true, false, true]);
  });

  test("a cancelled step that can be cancelled is aborted and undone", async () => {
    const store = await open();
    const notes: string[] = [];
    const wait = ({ signal }: { signal: AbortSignal }) =>
      new Promise<void>((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
    const job = jobOf("waiting", [noting("a", notes), noting("b", notes, { cancellable: true, run: wait }), noting("c", notes)]);
    const runner = startRunner(store, [job]);
    const id = await addSpecJob(store, job);
    runner.wake();
    await jobUntil(store, id, ({ cancellable }) => cancellable);
    await runner.cancel(id);
    expect(await jobEnd(store, id)).toMatchObject({ status: "ABORTED", reasons: [{ code: "CANCELLED" }], cancelRequested: true });
    expect(notes).toEqual(["a", "undo b", "undo a"]);
    expect((await readSteps(store, id)).map(({ status }) => status)).toEqual(["FINISHED", "ABORTED", "UNKNOWN"]);
    await expect(runner.cancel(id)).rejects.toMatchObject({ code: "NOT_ALLOWED_IN_STATE" });
    await expect(runner.cancel("nobody")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("a cancel during a step that cannot be cancelled is heard after it", async () => {
    const store = await open();
    const notes: string[] = [];
    const gate = Promise.withResolvers<void>();
    const job = jobOf("waiting", [noting("a", notes, { run: async ({ signal }) => (await gate.promise, void notes.push(`a ${signal.aborted}`)) }), noting("b", notes)]); // prettier-ignore
    const runner = startRunner(store, [job]);
    const id = await addSpecJob(store, job);
    runner.wake();
    await jobUntil(store, id, ({ runner: by }) => by !== null);
    await runner.cancel(id);
    gate.resolve();
    expect((await jobEnd(store, id)).status).toBe("ABORTED");
    expect(notes).toEqual(["a false", "undo a"]);
  });

  test("a cancel ends the wait for a retry", async () => {
    const store = await open();
    const job = jobOf("calling", [noting("call", [], { run: async ({ call }) => void (await call("h", "host.vms", {})) })]);
    const runner = startRunner(store, [job], { backoffMs: 60_000, backoffLimitMs: 60_000 });
    runner.hosts.failures.push("UNREACHABLE");
    const id = await addSpecJob(store, job);
    runner.wake();
    await vi.waitFor(async () => expect((await readSteps(store, id))[0]!.retryAt).not.toBeNull());
    await runner.cancel(id);
    expect(await jobEnd(store, id)).toMatchObject({ status: "ABORTED" });
  });

  test("progress counts the steps and the running one, and is written at most twice a second", async () => {
    const store = await open();
    const gate = Promise.withResolvers<void>();
    const tell = noting("b", [], {
      run: async ({ progress }) => {
        for (let percent = 0; percent <= 50; percent++) {
          progress(percent);
          await new Promise((later) => setTimeout(later, 10));
        }
        await gate.promise;
      },
    });
    const job = jobOf("slow", [noting("a", []), tell]);
    startRunner(store, [job]).wake();
    const since = performance.now();
    const id = await addSpecJob(store, job);
    const half = await jobUntil(store, id, ({ progress }) => progress === 75);
    expect(half.status).toBe("STARTED");
    expect((await readSteps(store, id))[1]!.progress).toBe(50);
    const written = half.version;
    const halves = Math.ceil((performance.now() - since) / 500);
    gate.resolve();
    await jobEnd(store, id);
    // Claim, two steps begun, one committed, and of progress at once and then as said; it was told fifty times.
    expect(written).toBeLessThanOrEqual(1 + 1 + 2 + 1 + Math.min(1 + halves, 40));
  });

  test("a step can wait for the inventory and write in its middle", async () => {
    const store = await open();
    const run = noting("a", [], {
      run: async ({ until, write, snapshot }) => {
        await write((tx) => void tx.insert("DataCenter", dataCenter("asked")));
        const seen = await until((now) => now.by("DataCenter", "name", "answered").length > 0, 5_000);
        expect(seen.cursor).toBeLessThanOrEqual(snapshot().cursor);
        await until(() => false, 20);
      },
    });
    const job = jobOf("asking", [run]);
    startRunner(store, [job]).wake();
    const id = await addSpecJob(store, job);
    await vi.waitFor(() => expect(store.journal.snapshot().by("DataCenter", "name", "asked")).toHaveLength(1));
    await store.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.insert("DataCenter", dataCenter("answered")));
    expect(await jobEnd(store, id)).toMatchObject({ status: "FAILED", reasons: [{ code: "TIMEOUT" }] });
  });

  test("host calls of a step keep their key over retries, and the undo has one of its own", async () => {
    const store = await open();
    const run: Parameters<typeof noting>[2] = {
      run: async ({ call, callContext }) => void (await call("h", "vm.destroy", { vmId: "v", call: callContext() })),
      undo: async ({ call, callContext }) => void (await call("h", "vm.destroy", { vmId: "v", call: callContext() })),
    };
    const job = jobOf("calling", [noting("call", [], run)]);
    const runner = startRunner(store, [job]);
    runner.hosts.failures.push("UNREACHABLE", "LIBVIRT");
    const id = await addSpecJob(store, job);
    runner.wake();
    await jobEnd(store, id);
    const contexts = runner.hosts.calls.map(({ params }) => (params as { call: { key: string; fence: number } }).call);
    expect(contexts).toHaveLength(3);
    expect(contexts[0]).toEqual(contexts[1]);
    expect(contexts[2]!.key).not.toBe(contexts[0]!.key);
    expect(contexts[0]).toMatchObject({ jobId: id, step: "call", fence: 1 });
  });

  test("a job that did not finish looks at its object after the undo, and its end is told what was seen and what was undone", async () => {
    const store = await open();
    const notes: string[] = [];
    const refuse = async () => {
      throw new OvertError("STORAGE", "It is broken.");
    };
    const look: AnyJobDefinition["look"] = async ({ job }) => (notes.push(`look ${job.reasons[0]!.code}`), "seen");
    const ended: AnyJobDefinition["ended"] = (_tx, { undone }, outcome, seen) => notes.push(`${outcome} ${seen} ${undone}`);
    const failing = { ...jobOf("failing", [noting("a", notes), noting("b", notes, { run: refuse })], ended), look };
    const stuck = { ...jobOf("stuck", [noting("a", notes, { run: refuse, undo: refuse })], ended), look };
    const well = { ...jobOf("well", [noting("a", notes)], ended), look };
    startRunner(store, [failing, stuck, well]);
    for (const definition of [failing, stuck, well]) {
      await jobEnd(store, await addSpecJob(store, definition));
      notes.push("");
    }
    expect(notes.join(" ")).toBe("a undo b undo a look STORAGE FAILED seen true  look STORAGE FAILED seen false  a FINISHED null false ");
  });

  test("a look that fails, or that never ends, does not keep the job from its end", async () => {
    const store = await open();
    const notes: unknown[] = [];
    const refuse = async () => {
      throw new OvertError("STORAGE", "It is broken.");
    };
    const ended: AnyJobDefinition["ended"] = (_tx, _job, outcome, seen) => notes.push(outcome, seen);
    const blind = { ...jobOf("blind", [noting("a", [], { run: refuse })], ended), look: refuse };
    const endless = { ...jobOf("endless", [noting("a", [], { run: refuse })], ended), look: () => new Promise(() => undefined) };
    startRunner(store, [blind, endless], { askMs: 20 });
    for (const definition of [blind, endless]) expect((await jobEnd(store, await addSpecJob(store, definition))).status).toBe("FAILED");
    expect(notes).toEqual(["FAILED", null, "FAILED", null]);
  });

  test("running jobs are in the inventory of whoever opens it, and those that have ended are not", async () => {
    const store = await open();
    const gate = Promise.withResolvers<void>();
    const job = jobOf("slow", [noting("a", [], { run: () => gate.promise })]);
    startRunner(store, [job]);
    const id = await addSpecJob(store, job);
    const seen = (journal = store.journal) =>
      journal
        .snapshot()
        .by("Job", "subjectId", "x")
        .map((row) => row.id);
    expect(seen()).toEqual([id]);
    const other = await openJournal(store.database);
    onTestFinished(() => other.close());
    expect(seen(other)).toEqual([id]);
    gate.resolve();
    await jobEnd(store, id);
    await vi.waitFor(() => expect(seen()).toEqual([]));
    const later = await openJournal(store.database);
    onTestFinished(() => later.close());
    expect(seen(later)).toEqual([]);
  });

  test("a job of a kind that is not known any more fails, and so does one whose steps have changed", async () => {
    const store = await open();
    const notes: string[] = [];
    const gone = jobOf("gone", [noting("a", notes)]);
    const before = jobOf("changed", [noting("a", notes)]);
    const after = jobOf("changed", [noting("b", notes)], (_tx, _job, outcome) => notes.push(`ended ${outcome}`));
    startRunner(store, [after]);
    for (const definition of [gone, before]) {
      const ended = await jobEnd(store, await addSpecJob(store, definition));
      expect(ended).toMatchObject({ status: "FAILED", reasons: [{ code: "UNKNOWN_JOB" }] });
    }
    expect(notes).toEqual(["ended FAILED"]);
  });

  test("a job whose end cannot be committed fails instead of never ending", async () => {
    const store = await open();
    const job = jobOf("endless", [noting("a", [])], () => {
      throw new Error("defect");
    });
    startRunner(store, [job]);
    expect(await jobEnd(store, await addSpecJob(store, job))).toMatchObject({ status: "FAILED", reasons: [{ code: "INTERNAL" }] });
  });

  test("many jobs run at once, but no more than allowed", async () => {
    const store = await open();
    let now = 0;
    let most = 0;
    const job = jobOf("one", [
      noting("a", [], {
        run: async () => {
          most = Math.max(most, ++now);
          await new Promise((later) => setTimeout(later, 30));
          now--;
        },
      }),
    ]);
    const ids = await Promise.all(Array.from({ length: 12 }, () => addSpecJob(store, job)));
    startRunner(store, [job], { parallel: 4 });
    for (const id of ids) expect((await jobEnd(store, id)).status).toBe("FINISHED");
    expect(most).toBe(4);
  });

  test("a runner that stops finishes its step, gives the job back, and the next goes on from there", async () => {
    const store = await open();
    const notes: string[] = [];
    const gate = Promise.withResolvers<void>();
    const job = jobOf("two", [noting("a", notes, { run: () => gate.promise.then(() => void notes.push("a")) }), noting("b", notes)]);
    const first = startRunner(store, [job]);
    const id = await addSpecJob(store, job);
    first.wake();
    await jobUntil(store, id, ({ runner }) => runner !== null);
    const stopped = first.stop();
    gate.resolve();
    await stopped;
    expect(notes).toEqual(["a"]);
    expect(await readJob(store, id)).toMatchObject({ status: "STARTED", runner: null, leaseUntil: null, fence: 1 });
    startRunner(store, [job]);
    expect(await jobEnd(store, id)).toMatchObject({ status: "FINISHED", fence: 2 });
    expect(notes).toEqual(["a", "b"]);
  });
});
