import { expect, test } from "vitest";
import { planned, type JobDefinition, type StepDefinition } from "../../src/domain/job/definition.ts";
import { OvertError } from "../../src/errors.ts";
import { describeDatabases, openStore } from "../support/database.ts";
import { addSpecJob, jobEnd, jobOf, noting, readSteps, startRunner, taken } from "../support/jobs.ts";

interface CopyInput {
  diskIds: string[];
}
interface Copied {
  path: string;
}
const refuse = async () => {
  throw new OvertError("STORAGE", "It is broken.");
};

/** Copies disks, whose paths its last step needs; `notes` tells what was done. */
function copying(notes: string[], more: Partial<StepDefinition<CopyInput>> = {}): JobDefinition<any> {
  const copyDisk: StepDefinition<CopyInput, { diskId: string }, Copied> = {
    name: "copyDisk",
    description: "Copying a disk",
    run: async ({ step }) => ({ result: { path: `/${step.args.diskId}` }, commit: () => void notes.push(`copied ${step.key}`) }),
    undo: async (context) => void notes.push(`undo ${context.resultOf(copyDisk, context.step.key ?? undefined)?.path}`),
  };
  const attach: StepDefinition<CopyInput> = {
    name: "attach",
    description: "Attaching the copies",
    run: async ({ job, resultOf }) =>
      void notes.push(`attached ${job.input.diskIds.map((diskId) => resultOf(copyDisk, diskId)?.path).join(" ")}`),
    ...more,
  };
  return {
    name: "copying",
    steps: [copyDisk, attach],
    plan: ({ diskIds }: CopyInput) => [
      ...diskIds.map((diskId) => planned(copyDisk, { key: diskId, args: { diskId }, description: `Copying ${diskId}` })),
      planned(attach, { key: "all", args: null }),
    ],
  };
}

describeDatabases("a job whose steps follow from its input", ({ fresh }) => {
  const open = async () => openStore(await fresh());

  test("has one step for each part, with arguments and words of its own, and each reads what those before it found out", async () => {
    const store = await open();
    const notes: string[] = [];
    const job = copying(notes);
    startRunner(store, [job]);
    const id = await addSpecJob(store, job, { diskIds: ["a", "b"] });
    expect((await jobEnd(store, id)).status).toBe("FINISHED");
    expect(notes).toEqual(["copied a", "copied b", "attached /a /b"]);
    expect((await readSteps(store, id)).map(({ description, result }) => [description, result])).toEqual([
      ["Copying a", { path: "/a" }],
      ["Copying b", { path: "/b" }],
      ["Attaching the copies", null],
    ]);
  });

  test("undoes each part with what that one found out", async () => {
    const store = await open();
    const notes: string[] = [];
    const job = copying(notes, { run: refuse });
    startRunner(store, [job]);
    expect((await jobEnd(store, await addSpecJob(store, job, { diskIds: ["a", "b"] }))).status).toBe("FAILED");
    expect(notes).toEqual(["copied a", "copied b", "undo /b", "undo /a"]);
  });

  test("is gone on with by the next engine, which reads what was found out and does no part twice", async () => {
    const store = await open();
    const notes: string[] = [];
    const gate = Promise.withResolvers<void>();
    const slow = copying(notes, { run: () => gate.promise });
    const first = startRunner(store, [slow]);
    const id = await addSpecJob(store, slow, { diskIds: ["a"] });
    await taken(store, id);
    while (notes.length === 0) await new Promise((later) => setTimeout(later, 5));
    await first.stop();
    startRunner(store, [copying(notes)]);
    expect((await jobEnd(store, id)).status).toBe("FINISHED");
    expect(notes).toEqual(["copied a", "attached /a"]);
  });

  test("is refused when it would have more steps than anybody reads", async () => {
    const store = await open();
    const diskIds = Array.from({ length: 1_001 }, (_, number) => String(number));
    await expect(addSpecJob(store, copying([]), { diskIds })).rejects.toMatchObject({
      code: "INVALID",
      reasons: [{ code: "TOO_MANY_STEPS" }],
    });
  });

  test("fails at a result that is longer than what is kept", async () => {
    const store = await open();
    const long = { ...jobOf("long", []), steps: [{ ...noting("a", []), run: async () => ({ result: "x".repeat(70_000) }) }] };
    startRunner(store, [long]);
    expect(await jobEnd(store, await addSpecJob(store, long))).toMatchObject({ status: "FAILED", reasons: [{ code: "RESULT_TOO_LONG" }] });
  });
});

describeDatabases("a job that outlives an upgrade", ({ fresh }) => {
  test("goes on with the plan that it began with", async () => {
    const store = await openStore(await fresh());
    const notes: string[] = [];
    const before = jobOf("upgraded", [noting("a", notes), noting("b", notes)]);
    const after = jobOf("upgraded", [noting("b", notes), noting("c", notes), noting("a", notes)]);
    const id = await addSpecJob(store, before);
    startRunner(store, [after]);
    expect((await jobEnd(store, id)).status).toBe("FINISHED");
    expect(notes).toEqual(["a", "b"]);
  });

  test("is undone as far as the new engine knows how, and says which steps ended it", async () => {
    const store = await openStore(await fresh());
    const notes: string[] = [];
    const gate = Promise.withResolvers<void>();
    const before = jobOf("upgraded", [
      noting("a", notes),
      noting("gone", notes),
      noting("b", notes, { run: () => gate.promise }),
      noting("lost", notes),
    ]);
    const first = startRunner(store, [before]);
    const id = await addSpecJob(store, before);
    while ((await readSteps(store, id))[1]!.status !== "FINISHED") await new Promise((later) => setTimeout(later, 5));
    await first.stop();
    startRunner(store, [
      jobOf("upgraded", [noting("a", notes), noting("b", notes)], (_tx, { undone }, outcome) => notes.push(`${outcome} ${undone}`)),
    ]);
    const { status, reasons } = await jobEnd(store, id);
    expect(status).toBe("FAILED");
    expect(reasons.map(({ code }) => code)).toEqual(["UNKNOWN_STEP", "UNKNOWN_STEP"]);
    expect(reasons[0]!.message).toContain("lost");
    expect(reasons[1]!.message).toContain("gone");
    expect(notes).toEqual(["a", "gone", "undo b", "undo a", "FAILED false"]);
  });
});

describeDatabases("the journal", ({ fresh }) => {
  test.each([
    ["one step", ["a"], 2],
    ["three steps", ["a", "b", "c"], 4],
  ])("has of a job with %s its beginning and what ended, and nothing that passes", async (_title, names, entries) => {
    const store = await openStore(await fresh());
    const telling = names.map((name) =>
      noting(name, [], {
        run: async ({ call, callContext, progress }) => {
          progress(50);
          await call("h", "vm.destroy", { vmId: "v", call: callContext() });
        },
      }),
    );
    const job = jobOf("counted", telling);
    const runner = startRunner(store, [job]);
    runner.hosts.failures.push("UNREACHABLE");
    const before = store.journal.snapshot().cursor;
    const id = await addSpecJob(store, job);
    await jobEnd(store, id);
    await runner.stop();
    expect(store.journal.snapshot().cursor - before).toBe(entries);
  });
});
