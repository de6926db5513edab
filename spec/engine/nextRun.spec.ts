import { expect, test } from "vitest";
import { setVmDown } from "../../src/domain/vm/status.ts";
import { declarationOf } from "../../src/domain/noun/declaration.ts";
import { waitingColumns } from "../../src/domain/noun/nextRun.ts";
import { describeDatabases, SPEC_ORIGIN } from "../support/database.ts";
import { openWorld, type World } from "../support/nouns.ts";

const GIB = 2 ** 30;
const update = (world: World, id: string, input: object) => world.refusal("updateVm", { id, input });
const waits = async (world: World, id: string) =>
  (await world.query("query ($id: ID!) { vm(id: $id) { memory nextRun { fields memory cpuShares memoryPolicy { guaranteed } } } }", { id }))
    .vm;
const goDown = (world: World, id: string) => world.unitOfWork.run(SPEC_ORIGIN, (tx) => void setVmDown(tx, tx.need("Vm", id), null));

describeDatabases("What is changed of a VM that runs", (database) => {
  test("waits for its next run, is shown until then, and holds once it is down", async () => {
    const world = await openWorld(database);
    const id = await world.addVm("web1", "UP");
    expect(await update(world, id, { memory: 2 * GIB, comment: "at once" })).toBe("done");
    expect(world.snapshot().need("Vm", id)).toMatchObject({ memory: GIB, comment: "at once" });
    expect(await waits(world, id)).toEqual({
      memory: GIB,
      nextRun: { fields: ["memory"], memory: 2 * GIB, cpuShares: null, memoryPolicy: null },
    });
    expect(await update(world, id, { cpuShares: 512 })).toBe("done");
    expect((await waits(world, id)).nextRun).toMatchObject({ fields: ["cpuShares", "memory"], memory: 2 * GIB, cpuShares: 512 });
    await goDown(world, id);
    expect(world.snapshot().need("Vm", id)).toMatchObject({ memory: 2 * GIB, cpuShares: 512, nextRunValues: null });
    expect(await waits(world, id)).toEqual({ memory: 2 * GIB, nextRun: null });
    expect(await update(world, id, { memory: GIB })).toBe("done");
    expect(await waits(world, id)).toEqual({ memory: GIB, nextRun: null });
  });

  test("waits no more when it is taken back", async () => {
    const world = await openWorld(database);
    const id = await world.addVm("web1", "UP");
    await update(world, id, { memory: 2 * GIB });
    await update(world, id, { memory: GIB, cpuShares: null });
    expect(await waits(world, id)).toEqual({ memory: GIB, nextRun: null });
  });

  test("is checked against what waits already, and refused as if the VM was down", async () => {
    const world = await openWorld(database);
    const id = await world.addVm("web1", "UP");
    expect(await update(world, id, { memoryPolicy: { guaranteed: 2 * GIB, ballooning: true } })).toBe("INVALID RANGE");
    expect(await update(world, id, { memory: 2 * GIB })).toBe("done");
    expect(await update(world, id, { memoryPolicy: { guaranteed: 2 * GIB, ballooning: true } })).toBe("done");
    expect((await waits(world, id)).nextRun.memoryPolicy).toEqual({ guaranteed: 2 * GIB });
    expect(await update(world, id, { memory: 0 })).toBe("INVALID RANGE");
    expect((await waits(world, id)).nextRun.memory).toBe(2 * GIB);
  });

  test("is told by the plan as what waits, not as what holds", async () => {
    const world = await openWorld(database);
    const id = await world.addVm("web1", "UP");
    const planned = async (input: object) => (await world.act("updateVm", "vm { id }", { id, input, mode: "PLAN" })).plan.changes;
    expect(await planned({ memory: 2 * GIB })).toMatchObject([{ kind: "Vm", fields: ["nextRunValues"] }]);
    expect(await planned({ memory: 2 * GIB, comment: "now" })).toMatchObject([{ fields: ["comment", "nextRunValues"] }]);
  });

  test.for(["PAUSED", "SUSPENDED", "UNKNOWN", "MIGRATING"] as const)("waits in %s too", async (status) => {
    const world = await openWorld(database);
    const id = await world.addVm("web1", status);
    expect(await update(world, id, { memory: 2 * GIB })).toBe("done");
    expect(world.snapshot().need("Vm", id).memory).toBe(GIB);
  });

  test("waits whatever of the machine it is; what people write on it holds at once", async () => {
    const waiting = waitingColumns(declarationOf("Vm")).map(({ name }) => name);
    expect(waiting).toEqual(expect.arrayContaining(["memory", "cpu", "bios", "os", "display", "console", "rngDevice", "type"]));
    for (const name of ["name", "comment", "deleteProtected", "migration", "tagIds"]) expect(waiting).not.toContain(name);
    expect(waitingColumns(declarationOf("Template")).length).toBeGreaterThan(0);
    const world = await openWorld(database);
    const { template } = await world.act("addTemplate", "template { id }", { input: { name: "t" } });
    await world.act("updateTemplate", "template { id }", { id: template.id, input: { memory: 2 * GIB } });
    expect(world.snapshot().need("Template", template.id).memory).toBe(2 * GIB);
  });
});
