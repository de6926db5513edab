import { randomUUID } from "node:crypto";
import { FieldResolver, Int, Resolver } from "type-graphql";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Client } from "graphql-ws";
import { DataCenter } from "../../src/domain/dataCenter/dataCenter.ts";
import { auditEvent } from "../../src/domain/event/codes.ts";
import { openJournal } from "../../src/domain/journal/journal.ts";
import { addJob, type JobDefinition, type StepDefinition } from "../../src/domain/job/definition.ts";
import type { RowOf } from "../../src/domain/kinds.ts";
import { insertWithDefaults } from "../../src/domain/noun/defaults.ts";
import { RESOLVERS } from "../../src/resolvers/schema.ts";
import { moveClock } from "../support/clock.ts";
import { SPEC_ORIGIN } from "../support/database.ts";
import { startTestEngine, type TestEngine } from "../support/engine.ts";

let executions = 0;
@Resolver(() => DataCenter)
class Spy {
  @FieldResolver(() => Int)
  executions() {
    return ++executions;
  }
}
const start = (options: Parameters<typeof startTestEngine>[0] = {}) => startTestEngine({ resolvers: [...RESOLVERS, Spy], ...options });

type DataCenterRow = RowOf<"DataCenter">;
const add = ({ engine }: TestEngine, ...names: string[]): Promise<DataCenterRow[]> =>
  engine.unitOfWork.run(SPEC_ORIGIN, (tx) =>
    names.map((name) => insertWithDefaults(tx, "DataCenter", { name, description: "", comment: "", status: "UNINITIALIZED" })),
  );
const update = ({ engine }: TestEngine, id: string, patch: Partial<DataCenterRow>) =>
  engine.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("DataCenter", tx.need("DataCenter", id), patch));
const remove = ({ engine }: TestEngine, id: string) =>
  engine.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.remove("DataCenter", tx.need("DataCenter", id)));

/** Subscribes; messages come in `received`. */
function follow(client: Client, query: string, variables: Record<string, unknown> = {}) {
  const followed = { received: [] as any[], errors: null as any, completed: false, stop: () => undefined as void };
  followed.stop = client.subscribe(
    { query, variables },
    {
      next: ({ data, errors }) => {
        if (errors) followed.errors = errors;
        if (data) followed.received.push(Object.values(data)[0]);
      },
      error: (error) => (followed.errors = error),
      complete: () => (followed.completed = true),
    },
  );
  return followed;
}
const CHANGES = `subscription ($kinds: [EntityKind!], $ids: [ID!], $search: String, $after: Cursor) {
  changes(kinds: $kinds, ids: $ids, search: $search, after: $after) {
    cursor at operation kind id entity { __typename ... on DataCenter { name executions } } gap { from to }
  }
}`;
const names = (messages: any[]) => messages.map(({ operation, entity }) => `${operation} ${entity?.name}`);
/** Subscriptions are in place once all have told of something written after they were asked for. */
async function live(engine: TestEngine, ...followed: { received: any[] }[]): Promise<void> {
  await vi.waitFor(async () => {
    const [marker] = await add(engine, `marker-${randomUUID()}`);
    const seen = () => followed.every(({ received }) => received.some(({ id }) => id === marker!.id));
    await vi.waitFor(() => expect(seen()).toBe(true), { timeout: 200 });
  });
  for (const { received } of followed) received.length = 0;
}

describe("changes", () => {
  test("tells of every change after a cursor exactly once, through a cut in the middle of a commit", async () => {
    const engine = await start();
    const [one] = await add(engine, "one");
    const after = String(engine.engine.journal.snapshot().cursor);
    await add(engine, "two", "three", "four");
    await update(engine, one!.id, { name: "first" });
    const read = follow(await engine.connect(), CHANGES, { kinds: ["DataCenter"], after });
    await vi.waitFor(() => expect(read.received).toHaveLength(4));
    expect(names(read.received.slice(0, 3)).toSorted()).toEqual(["CREATED four", "CREATED three", "CREATED two"]);
    expect(names(read.received.slice(3))).toEqual(["UPDATED first"]);
    for (const [index, { cursor }] of read.received.entries()) {
      const resumed = follow(await engine.connect(), CHANGES, { kinds: ["DataCenter"], after: cursor });
      await vi.waitFor(() => expect(resumed.received).toHaveLength(3 - index));
      expect(resumed.received).toEqual(
        read.received.slice(index + 1).map((message) => ({ ...message, entity: expect.objectContaining({ name: message.entity.name }) })),
      );
    }
    await remove(engine, one!.id);
    await vi.waitFor(() => expect(read.received).toHaveLength(5));
    expect(read.received[4]).toMatchObject({
      operation: "DELETED",
      kind: "DataCenter",
      id: one!.id,
      entity: { __typename: "DataCenter", name: "first" },
      gap: null,
    });
    expect(engine.defects).toEqual([]);
  });

  test("is executed once for all who ask the same, wherever they resumed from", async () => {
    const engine = await start();
    const after = String(engine.engine.journal.snapshot().cursor);
    await add(engine, "one");
    const readers = await Promise.all(
      Array.from({ length: 8 }, async (_, index) =>
        follow(await engine.connect(), CHANGES, { kinds: ["DataCenter"], after: index % 2 ? after : undefined }),
      ),
    );
    await live(engine, ...readers);
    const before = executions;
    await add(engine, "two");
    await vi.waitFor(() => readers.forEach(({ received }) => expect(names(received)).toEqual(["CREATED two"])));
    expect(executions).toBe(before + 1);
    await add(engine, "three", "four");
    await vi.waitFor(() => readers.forEach(({ received }) => expect(received).toHaveLength(3)));
    expect(executions).toBe(before + 3);
  });

  test("does nothing when nobody listens any more", async () => {
    const engine = await start();
    const reader = follow(await engine.connect(), CHANGES, { kinds: ["DataCenter"] });
    await live(engine, reader);
    reader.stop();
    const plain = follow(await engine.connect(), "subscription { changes(kinds: [DataCenter]) { id } }");
    await live(engine, plain);
    await vi.waitFor(async () => {
      const before = executions;
      const [added] = await add(engine, randomUUID());
      await vi.waitFor(() => expect(plain.received).toContainEqual({ id: added!.id }));
      expect(executions).toBe(before);
    });
  });

  test("can be narrowed to kinds, ids, and to what a search finds or found", async () => {
    const engine = await start();
    const after = String(engine.engine.journal.snapshot().cursor);
    const [one, two] = await add(engine, "one", "two");
    const client = await engine.connect();
    const byId = follow(client, CHANGES, { ids: [one!.id], after });
    const searched = follow(client, CHANGES, { search: "Datacenters: status = up" });
    const others = follow(client, CHANGES, { kinds: ["Vm", "Host"], after });
    const probe = follow(client, CHANGES, { kinds: ["DataCenter"] });
    await live(engine, probe);
    await update(engine, two!.id, { status: "UP" });
    await update(engine, two!.id, { status: "MAINTENANCE" });
    await update(engine, two!.id, { comment: "not told" });
    await update(engine, one!.id, { comment: "told" });
    await vi.waitFor(() => expect(byId.received).toHaveLength(2));
    await vi.waitFor(() => expect(searched.received.map(({ id }) => id)).toEqual([two!.id, two!.id]));
    expect(others.received).toEqual([]);
  });

  test("tells of a gap when the history was pruned, and goes on", async () => {
    const engine = await start();
    await add(engine, "one");
    moveClock(1_000);
    const now = new Date();
    await add(engine, "two");
    expect(await engine.engine.journal.prune(now)).toBeGreaterThan(0);
    const restarted = await openJournal(engine.engine.database);
    onTestFinished(() => restarted.close());
    Object.assign(engine.engine, { journal: restarted });
    const reader = follow(await engine.connect(), CHANGES, { kinds: ["DataCenter"], after: "0" });
    await vi.waitFor(() => expect(reader.received).toHaveLength(2));
    const [gap, next] = reader.received;
    expect(gap).toMatchObject({ at: null, operation: null, kind: null, id: null, entity: null, gap: { from: "0", to: gap.cursor } });
    expect(names([next])).toEqual(["CREATED two"]);
    expect(Number(next.cursor)).toBe(Number(gap.cursor) + 1);
  });

  test("refuses a cursor of another database, and what is none", async () => {
    const engine = await start();
    for (const after of ["999999", "x", "-1", "1.5"]) {
      const reader = follow(await engine.connect(), CHANGES, { after });
      await vi.waitFor(() => expect(reader.errors?.[0]?.extensions.code, after).toBe("INVALID"));
    }
  });
});

describe("events", () => {
  const EVENTS =
    "subscription ($search: String, $after: Cursor) { events(search: $search, after: $after) { cursor event { code severity description user { userName } } gap { from to } } }";

  test("are told in order from a cursor, narrowed by a search", async () => {
    const engine = await start();
    const after = String(engine.engine.journal.snapshot().cursor);
    const write = (name: "VDC_START" | "USER_VDC_LOGIN_FAILED", text: string) =>
      engine.engine.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.event(auditEvent(name, text)));
    const client = await engine.connect();
    await write("VDC_START", "started");
    await write("USER_VDC_LOGIN_FAILED", "refused");
    const all = follow(client, EVENTS, { after });
    const errors = follow(client, EVENTS, { after, search: "Events: severity >= error" });
    await vi.waitFor(() => expect(errors.received.map(({ event }) => event.description)).toEqual(["refused"]));
    await vi.waitFor(() => expect(all.received.map(({ event }) => event.code)).toEqual([30, 1, 114]));
    expect(all.received[0]).toMatchObject({ event: { user: { userName: "admin@internal" } }, gap: null });
  });
});

describe("job", () => {
  const JOB = "subscription ($id: ID!) { job(id: $id) { id status progress cancellable steps { description status } } }";

  test("is told as it is, as it changes and as it passes, and completes at its end", async () => {
    const [begin, half, end] = [1, 2, 3].map(() => Promise.withResolvers<void>());
    const step: StepDefinition<object> = {
      name: "one",
      description: "One",
      cancellable: true,
      run: async ({ progress }) => {
        await half!.promise;
        progress(50);
        await end!.promise;
      },
    };
    const before: StepDefinition<object> = { name: "zero", description: "Zero", run: () => begin!.promise };
    const definition: JobDefinition<object> = { name: "specJob", steps: [before, step] };
    const engine = await start({ definitions: [definition] });
    const { unitOfWork, jobs } = engine.engine;
    const job = await unitOfWork.run(SPEC_ORIGIN, (tx) =>
      addJob(tx, { definition, description: "A job", subject: { kind: "Vm", id: "none" }, input: {} }),
    );
    const reader = follow(await engine.connect(), JOB, { id: job.id });
    await vi.waitFor(() => expect(reader.received).toHaveLength(1));
    const steps = (...statuses: string[]) => statuses.map((status, number) => ({ description: ["Zero", "One"][number], status }));
    expect(reader.received[0]).toMatchObject({ id: job.id, status: "STARTED", progress: 0, cancellable: false });
    jobs.wake();
    await vi.waitFor(() => expect(reader.received.at(-1).steps).toEqual(steps("STARTED", "UNKNOWN")));
    begin!.resolve();
    await vi.waitFor(() =>
      expect(reader.received.at(-1)).toMatchObject({ progress: 50, cancellable: true, steps: steps("FINISHED", "STARTED") }),
    );
    half!.resolve();
    await vi.waitFor(() => expect(reader.received.at(-1).progress).toBe(75));
    end!.resolve();
    await vi.waitFor(() => expect(reader.completed).toBe(true));
    expect(reader.received.at(-1)).toMatchObject({ status: "FINISHED", progress: 100, steps: steps("FINISHED", "FINISHED") });
    const told = reader.received.map(({ progress }) => progress as number);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    const late = follow(await engine.connect(), JOB, { id: job.id });
    await vi.waitFor(() => expect(late.completed).toBe(true));
    expect(late.received).toMatchObject([{ status: "FINISHED" }]);
  });

  test("that does not exist is NOT_FOUND", async () => {
    const engine = await start();
    const reader = follow(await engine.connect(), JOB, { id: "none" });
    await vi.waitFor(() => expect(reader.errors?.[0]?.extensions.code).toBe("NOT_FOUND"));
  });
});
