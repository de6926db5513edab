import { expect, test } from "vitest";
import { refreshStorage } from "../../src/domain/storage/refresh.ts";
import { describeDatabases } from "../support/database.ts";
import { openWorld, type World } from "../support/nouns.ts";

const GIB = 1024 ** 3;
const domainInput = ({ defaults }: World, more: object = {}) => ({
  name: "shared",
  dataCenterId: defaults.dataCenterId,
  storage: { type: "POSIXFS", path: "/srv/shared" },
  ...more,
});
const dataCenterStatus = ({ snapshot, defaults }: World) => snapshot().need("DataCenter", defaults.dataCenterId).status;

describeDatabases("Storage domains", (database) => {
  test("A new domain is made on a host that is up, and then serves its data center", async () => {
    const world = await openWorld(database);
    await world.addHost("asleep", "MAINTENANCE");
    const hostId = await world.addHost("awake");
    const payload = await world.act("addStorageDomain", "storageDomain { id status available storage { type path } }", {
      input: domainInput(world),
    });
    const { id } = payload.storageDomain;
    expect(payload.storageDomain).toEqual({ id, status: "LOCKED", available: null, storage: { type: "POSIXFS", path: "/srv/shared" } });

    expect(await world.ended(payload)).toMatchObject({ status: "FINISHED", progress: 100 });
    const read = `query ($id: ID!) { storageDomain(id: $id) { name type status available used committed dataCenter { name status } disks { totalCount } } }`;
    expect((await world.query(read, { id })).storageDomain).toEqual({
      name: "shared",
      type: "DATA",
      status: "ACTIVE",
      available: 100 * GIB,
      used: GIB,
      committed: 0,
      dataCenter: { name: "Default", status: "UP" },
      disks: { totalCount: 0 },
    });
    expect(world.hosts.calls).toMatchObject([
      { hostId, method: "storage.connect", params: { storageDomainId: id, path: "/srv/shared", format: true } },
    ]);
    expect(await world.events()).toContain("USER_ADD_STORAGE_DOMAIN");
  });

  test("A domain that no host can make leaves nothing behind but the reason", async () => {
    const world = await openWorld(database);
    await world.addHost("h1");
    world.hosts.fail("storage.connect", "STORAGE");
    const payload = await world.act("addStorageDomain", "storageDomain { id }", { input: domainInput(world) });
    expect(await world.ended(payload)).toMatchObject({ status: "FAILED", reasons: [{ code: "STORAGE" }] });
    expect(world.snapshot().count("StorageDomain")).toBe(0);
    expect(dataCenterStatus(world)).toBe("UNINITIALIZED");
    expect(world.hosts.calls.map(({ method }) => method)).toEqual(["storage.connect", "storage.remove"]);
    expect(await world.events()).toContain("USER_ADD_STORAGE_DOMAIN_FAILED");
  });

  test("A domain is refused without a host, with an odd path, or in a taken place", async () => {
    const world = await openWorld(database);
    expect(await world.refusal("addStorageDomain", { input: domainInput(world) })).toBe("NO_HOST NO_HOST_UP");
    await world.addDomain("taken");
    const refusal = (more: object) => world.refusal("addStorageDomain", { input: domainInput(world, more) });
    for (const path of ["srv", "/", "/srv/", "/srv//x", "/srv/../etc", "/srv/./x", `/${"x".repeat(1_000)}`])
      expect([path, await refusal({ storage: { type: "POSIXFS", path } })]).toEqual([path, "INVALID PATH"]);
    expect(await refusal({ storage: { type: "POSIXFS", path: "/srv/taken" } })).toBe("CONFLICT PATH_IN_USE");
    expect(await refusal({ name: "taken" })).toBe("CONFLICT DUPLICATE");
    expect(await refusal({ name: "no spaces" })).toBe("INVALID NAME");
    expect(await refusal({ dataCenterId: "none" })).toBe("NOT_FOUND UNKNOWN_ID");
    expect(await world.refusal("addStorageDomain", { input: domainInput(world) }, "reader")).toBe("FORBIDDEN CREATE_STORAGE_DOMAIN");
    expect(world.snapshot().count("StorageDomain")).toBe(1);
    expect(world.hosts.calls).toEqual([]);
  });

  test("Removing the last domain deletes its folder and leaves its data center uninitialized", async () => {
    const world = await openWorld(database);
    const id = await world.addDomain();
    const payload = await world.act("removeStorageDomain", "storageDomain { status }", { id });
    expect(payload.storageDomain).toEqual({ status: "LOCKED" });
    expect(await world.ended(payload)).toMatchObject({ status: "FINISHED" });
    expect(world.hosts.calls).toMatchObject([{ method: "storage.remove", params: { storageDomainId: id, path: "/srv/data" } }]);
    expect(world.snapshot().get("StorageDomain", id)).toBeUndefined();
    expect(dataCenterStatus(world)).toBe("UNINITIALIZED");
    expect(await world.refusal("removeStorageDomain", { id })).toBe("NOT_FOUND");
  });

  test("A domain that could not be removed is what it was before", async () => {
    const world = await openWorld(database);
    const id = await world.addDomain();
    world.hosts.fail("storage.remove", "STORAGE");
    const payload = await world.act("removeStorageDomain", "storageDomain { id }", { id });
    expect(await world.refusal("removeStorageDomain", { id })).toBe("NOT_ALLOWED_IN_STATE STORAGE_DOMAIN_STATUS_LOCKED");
    expect(await world.ended(payload)).toMatchObject({ status: "FAILED", reasons: [{ code: "STORAGE" }] });
    expect(world.snapshot().need("StorageDomain", id).status).toBe("ACTIVE");
    expect(dataCenterStatus(world)).toBe("UP");
  });

  test("A domain that was removed in part serves no more, and can be removed again", async () => {
    const world = await openWorld(database);
    const id = await world.addDomain();
    world.hosts.fail("storage.remove", "STORAGE");
    world.hosts.fail("storage.stat", "NOT_FOUND");
    expect(await world.ended(await world.act("removeStorageDomain", "storageDomain { id }", { id }))).toMatchObject({ status: "FAILED" });
    expect([world.snapshot().need("StorageDomain", id).status, dataCenterStatus(world)]).toEqual(["INACTIVE", "NOT_OPERATIONAL"]);
    world.hosts.fail("storage.remove", null);
    expect(await world.ended(await world.act("removeStorageDomain", "storageDomain { id }", { id }))).toMatchObject({ status: "FINISHED" });
    expect(world.snapshot().count("StorageDomain")).toBe(0);
  });

  test("A domain whose making could not be taken back is known as long as its folder may be there", async () => {
    const world = await openWorld(database);
    await world.addHost("h1");
    world.hosts.fail("storage.connect", "STORAGE");
    world.hosts.fail("storage.remove", "STORAGE");
    const payload = await world.act("addStorageDomain", "storageDomain { id }", { input: domainInput(world) });
    expect(await world.ended(payload)).toMatchObject({ status: "FAILED" });
    const { id } = payload.storageDomain;
    expect(world.snapshot().need("StorageDomain", id).status).toBe("INACTIVE");
    world.hosts.fail("storage.remove", null);
    expect(await world.ended(await world.act("removeStorageDomain", "storageDomain { id }", { id }))).toMatchObject({ status: "FINISHED" });
    expect(world.snapshot().count("StorageDomain")).toBe(0);
  });

  test("A domain with disks or with the memory of a suspended VM stays", async () => {
    const world = await openWorld(database);
    const id = await world.addDomain();
    const input = { name: "d", storageDomainId: id, provisionedSize: GIB };
    await world.ended(await world.act("addDisk", "disk { id }", { input }));
    expect(await world.refusal("removeStorageDomain", { id })).toBe("CONFLICT IN_USE");

    const other = await world.addDomain("other");
    const vmId = await world.addVm("sleeper", "SUSPENDED");
    await world.unitOfWork.run({ userId: null, correlationId: "spec", jobId: null }, (tx) => {
      tx.update("Vm", tx.need("Vm", vmId), { memoryDomainId: other, memoryPath: "/srv/other/memory" });
    });
    expect(await world.refusal("removeStorageDomain", { id: other })).toBe("CONFLICT IN_USE");
    expect(await world.refusal("removeDataCenter", { id: world.defaults.dataCenterId })).toBe("CONFLICT IN_USE");
  });

  test("Free space is written down when it changed noticeably, and only then", async () => {
    const world = await openWorld(database);
    const id = await world.addDomain("data", 50 * GIB);
    await refreshStorage(world.engine);
    expect(world.snapshot().need("StorageDomain", id)).toMatchObject({ available: 100 * GIB, used: GIB });
    const { cursor } = world.snapshot();
    world.hosts.space = { available: 100 * GIB - 4_096, used: GIB + 4_096 };
    await refreshStorage(world.engine);
    expect(world.snapshot().cursor).toBe(cursor);
  });

  test("A domain is inactive while the hosts cannot reach it, and active again afterwards", async () => {
    const world = await openWorld(database);
    const id = await world.addDomain();
    const status = () => world.snapshot().need("StorageDomain", id).status;
    world.hosts.fail("storage.stat", "UNREACHABLE");
    await refreshStorage(world.engine);
    expect(status()).toBe("ACTIVE");

    world.hosts.fail("storage.stat", "STORAGE");
    await refreshStorage(world.engine);
    await refreshStorage(world.engine);
    expect([status(), dataCenterStatus(world)]).toEqual(["INACTIVE", "NOT_OPERATIONAL"]);
    const disk = { name: "d", storageDomainId: id, provisionedSize: GIB };
    expect(await world.refusal("addDisk", { input: disk })).toBe("NOT_ALLOWED_IN_STATE STORAGE_DOMAIN_STATUS_INACTIVE");

    world.hosts.fail("storage.stat", null);
    await refreshStorage(world.engine);
    expect([status(), dataCenterStatus(world)]).toEqual(["ACTIVE", "UP"]);
    const told = (await world.events()).filter((name) => name.includes("ACTIVATED"));
    expect(told).toEqual(["SYSTEM_DEACTIVATED_STORAGE_DOMAIN", "USER_ACTIVATED_STORAGE_DOMAIN"]);
  });

  test("One host without the storage does not take the domain down", async () => {
    const world = await openWorld(database);
    const id = await world.addDomain();
    await world.addHost("h2");
    const { call } = world.hosts;
    let asked = 0;
    world.hosts.call = (...args) => {
      world.hosts.fail("storage.stat", asked++ === 0 ? "NOT_FOUND" : null);
      return call(...args);
    };
    await refreshStorage(world.engine);
    expect([asked, world.snapshot().need("StorageDomain", id).status]).toEqual([2, "ACTIVE"]);
  });
});
