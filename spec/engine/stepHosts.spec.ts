import { expect, test } from "vitest";
import { HostCallError } from "../../src/domain/host/ports.ts";
import { describeDatabases, SPEC_ORIGIN, type DatabaseKind } from "../support/database.ts";
import { readSteps } from "../support/jobs.ts";
import { openWorld, type World } from "../support/nouns.ts";

const GIB = 1024 ** 3;

/** A disk is made; the host that is asked first goes silent in the midst of it, and `then` happens to it. */
async function makeDisk(database: DatabaseKind, then: (world: World, hostId: string) => Promise<unknown>) {
  const world = await openWorld(database);
  const storageDomainId = await world.addDomain();
  await world.addHost("h2");
  await world.addHost("h3");
  const asked: string[] = [];
  const { call } = world.hosts;
  world.hosts.call = async (hostId, method, params, options) => {
    if (method === "disk.create") asked.push(hostId);
    if (asked.length > 1) return call(hostId, method, params, options);
    await then(world, hostId);
    throw new HostCallError("UNREACHABLE", "The link broke before the answer came.");
  };
  const payload = await world.act("addDisk", "disk { id }", { input: { name: "d", provisionedSize: GIB, storageDomainId } });
  const { status } = await world.ended(payload);
  return { asked, status, steps: await readSteps(world, payload.job.id) };
}

describeDatabases("A step that writes to storage", (database) => {
  test("stays with the host that began it while that may still be at it, whatever its state", async () => {
    const { asked, status, steps } = await makeDisk(database, ({ unitOfWork }, hostId) =>
      unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("Host", tx.need("Host", hostId), { status: "NON_OPERATIONAL" })),
    );
    expect(status).toBe("FINISHED");
    expect(asked).toEqual([asked[0], asked[0]]);
    expect(steps).toMatchObject([{ hostId: asked[0], attempts: 2 }]);
  });

  test("is undone by the host that did it", async () => {
    const world = await openWorld(database);
    const storageDomainId = await world.addDomain();
    await world.addHost("h2");
    await world.addHost("h3");
    const asked: string[] = [];
    const { call } = world.hosts;
    world.hosts.call = async (hostId, method, params, options) => {
      asked.push(hostId);
      if (method !== "disk.create") return call(hostId, method, params, options);
      await world.unitOfWork.run(SPEC_ORIGIN, (tx) => tx.update("Host", tx.need("Host", hostId), { status: "NON_OPERATIONAL" }));
      throw new HostCallError("STORAGE", "The image could not be made.");
    };
    const payload = await world.act("addDisk", "disk { id }", { input: { name: "d", provisionedSize: GIB, storageDomainId } });
    expect(await world.ended(payload)).toMatchObject({ status: "FAILED" });
    expect(asked).toEqual([asked[0], asked[0]]);
    expect(world.snapshot().get("Disk", payload.disk.id)).toBeUndefined();
  });

  test("moves to another one once the first was removed", async () => {
    const { asked, status, steps } = await makeDisk(database, ({ unitOfWork }, hostId) =>
      unitOfWork.run(SPEC_ORIGIN, (tx) => tx.remove("Host", tx.need("Host", hostId))),
    );
    expect(status).toBe("FINISHED");
    expect(asked).toHaveLength(2);
    expect(asked[1]).not.toBe(asked[0]);
    expect(steps).toMatchObject([{ hostId: asked[1] }]);
  });
});
