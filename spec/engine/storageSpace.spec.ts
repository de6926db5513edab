import { expect, test } from "vitest";
import { refreshStorage } from "../../src/domain/storage/refresh.ts";
import { projectDatabase, SPEC_ORIGIN } from "../support/database.ts";
import { openWorld } from "../support/nouns.ts";

const GIB = 2 ** 30;

/** A domain of 100 GiB, and what its host says is left of it. */
async function domain() {
  const world = await openWorld(projectDatabase());
  const id = await world.addDomain();
  const left = async (available: number) => {
    world.hosts.space = { available, used: 100 * GIB - available };
    await refreshStorage(world.engine);
  };
  const update = (input: object) => world.refusal("updateStorageDomain", { id, input });
  const addDisk = (name: string) => world.refusal("addDisk", { input: { name, storageDomainId: id, provisionedSize: GIB } });
  const warnings = async () =>
    (await world.query(`{ events(first: 100, search: "Events: name = IRS_DISK_SPACE_LOW") { nodes { description } } }`)).events.nodes
      .length;
  return { world, id, left, update, addDisk, warnings };
}

test("A storage domain warns once when little is left of it, and again after there was more", async () => {
  const { left, update, warnings } = await domain();
  await update({ warningLowSpaceIndicator: 20 });
  await left(21 * GIB);
  expect(await warnings()).toBe(0);
  await left(19 * GIB);
  await left(18 * GIB);
  expect(await warnings()).toBe(1);
  await left(50 * GIB);
  await left(10 * GIB);
  expect(await warnings()).toBe(2);
});

test("It takes no new disks, and lets none grow, when less is left than it must keep", async () => {
  const { world, left, update, addDisk } = await domain();
  expect(await addDisk("one")).toBe("done");
  await left(5 * GIB - 1);
  expect(await addDisk("two")).toBe("STORAGE ACTION_TYPE_FAILED_DISK_SPACE_LOW_ON_STORAGE_DOMAIN");
  const [disk] = [...world.snapshot().all("Disk")];
  await world.unitOfWork.run(SPEC_ORIGIN, (tx) => void tx.update("Disk", tx.need("Disk", disk!.id), { status: "OK" }));
  const grow = { id: disk!.id, input: { provisionedSize: 2 * GIB } };
  expect(await world.refusal("updateDisk", grow)).toBe("STORAGE ACTION_TYPE_FAILED_DISK_SPACE_LOW_ON_STORAGE_DOMAIN");
  expect(await world.refusal("updateDisk", { id: disk!.id, input: { name: "renamed" } })).toBe("done");
  expect(await update({ criticalSpaceActionBlocker: 4 })).toBe("done");
  expect(await addDisk("two")).toBe("done");
});

test("A VM tells of its broken disks, and an object of who has a role on it", async () => {
  const { world, id } = await domain();
  const vmId = await world.addVm("web1");
  const disk = { name: "d", storageDomainId: id, provisionedSize: GIB, attachment: { vmId } };
  const payload = await world.act("addDisk", "disk { id }", { input: disk });
  await world.ended(payload);
  const shown = async () => (await world.query("query ($id: ID!) { vm(id: $id) { hasIllegalImages permissions { role { name } user { userName } } } }", { id: vmId })).vm; // prettier-ignore
  expect(await shown()).toEqual({ hasIllegalImages: false, permissions: [] });
  await world.unitOfWork.run(SPEC_ORIGIN, (tx) => void tx.update("Disk", tx.need("Disk", payload.disk.id), { status: "ILLEGAL" }));
  const { id: roleId } = [...world.snapshot().all("Role")].find(({ name }) => name === "UserRole")!;
  const [reader] = world.snapshot().by("User", "userName", "reader@internal");
  await world.act("addPermission", "__typename", { input: { userId: reader!.id, roleId, objectKind: "Vm", objectId: vmId } });
  expect(await shown()).toEqual({
    hasIllegalImages: true,
    permissions: [{ role: { name: "UserRole" }, user: { userName: "reader@internal" } }],
  });
});
