import { describe, expect, test } from "vitest";
import { volumePath } from "../../src/domain/disk/path.ts";
import { describeDatabases } from "../support/database.ts";
import { openWorld, type World } from "../support/nouns.ts";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

async function worldWithDomain(database: Parameters<typeof openWorld>[0]) {
  const world = await openWorld(database);
  return { world, storageDomainId: await world.addDomain() };
}
/** A disk that is ready; answers its id. */
async function addDisk(world: World, input: object): Promise<string> {
  const payload = await world.act("addDisk", "disk { id }", { input: { name: "d", provisionedSize: GIB, ...input } });
  expect(await world.ended(payload)).toMatchObject({ status: "FINISHED" });
  return payload.disk.id;
}
const methods = ({ hosts }: World) => hosts.calls.map(({ method }) => method);

describeDatabases("Disks", (database) => {
  test("A new disk is locked until its image is made, and then knows what it takes", async () => {
    const { world, storageDomainId } = await worldWithDomain(database);
    const input = { name: "web1-disk1", storageDomainId, provisionedSize: 4 * GIB };
    const payload = await world.act("addDisk", "disk { id status format sparse actualSize }", { input });
    const { id } = payload.disk;
    expect(payload.disk).toEqual({ id, status: "LOCKED", format: "COW", sparse: true, actualSize: 0 });
    expect(await world.ended(payload)).toMatchObject({ status: "FINISHED" });

    const read = `query ($id: ID!) { disk(id: $id) { name alias status provisionedSize actualSize storageDomain { name committed disks { nodes { id } } } vms { id } } }`;
    expect((await world.query(read, { id })).disk).toEqual({
      name: "web1-disk1",
      alias: "web1-disk1",
      status: "OK",
      provisionedSize: 4 * GIB,
      actualSize: 200_704,
      storageDomain: { name: "data", committed: 4 * GIB, disks: { nodes: [{ id }] } },
      vms: [],
    });
    const disk = world.snapshot().need("Disk", id);
    const where = { storageDomainId, path: "/srv/data", diskId: id, imageId: disk.imageId };
    expect(world.hosts.calls).toMatchObject([{ method: "disk.create", params: { ...where, format: "COW", provisionedSize: 4 * GIB } }]);
    const domain = world.snapshot().need("StorageDomain", storageDomainId);
    expect(volumePath(domain, disk)).toBe(`/srv/data/${storageDomainId}/images/${id}/${disk.imageId}`);
    expect(await world.events()).toEqual(expect.arrayContaining(["USER_ADD_DISK", "USER_ADD_DISK_FINISHED_SUCCESS"]));
  });

  test("A raw disk takes its space at once unless it is sparse, and a COW disk never does", async () => {
    const { world, storageDomainId } = await worldWithDomain(database);
    await addDisk(world, { storageDomainId, format: "RAW" });
    await addDisk(world, { storageDomainId, format: "RAW", sparse: true });
    expect(world.hosts.calls.map(({ params }) => [params["format"], params["sparse"]])).toEqual([
      ["RAW", false],
      ["RAW", true],
    ]);
    const cow = { name: "d", storageDomainId, provisionedSize: GIB, format: "COW", sparse: false };
    expect(await world.refusal("addDisk", { input: cow })).toBe("INVALID COW_PREALLOCATED");
  });

  test("Space that a disk takes at once must be there, less what is being made already", async () => {
    const world = await openWorld(database);
    const storageDomainId = await world.addDomain("small", 3 * GIB);
    await world.act("updateStorageDomain", "__typename", { id: storageDomainId, input: { criticalSpaceActionBlocker: 0 } });
    const input = { name: "d", storageDomainId, format: "RAW" };
    expect(await world.refusal("addDisk", { input: { ...input, provisionedSize: 4 * GIB } })).toBe("STORAGE NO_SPACE");
    expect(await world.refusal("addDisk", { input: { ...input, provisionedSize: 4 * GIB, sparse: true } })).toBe("done");
    const gate = Promise.withResolvers<void>();
    const { call } = world.hosts;
    world.hosts.call = async (...args) => {
      await gate.promise;
      return call(...args);
    };
    const first = await world.act("addDisk", "disk { id }", { input: { ...input, provisionedSize: 2 * GIB } });
    expect(await world.refusal("addDisk", { input: { ...input, provisionedSize: 2 * GIB } })).toBe("STORAGE NO_SPACE");
    gate.resolve();
    expect(await world.ended(first)).toMatchObject({ status: "FINISHED" });
  });

  test("A disk that could not be made leaves nothing behind but the reason", async () => {
    const { world, storageDomainId } = await worldWithDomain(database);
    const vmId = await world.addVm("web1");
    world.hosts.fail("disk.create", "NO_SPACE");
    const input = { name: "d", storageDomainId, provisionedSize: GIB, attachment: { vmId, bootable: true } };
    const payload = await world.act("addDisk", "disk { id }", { input });
    expect(await world.ended(payload)).toMatchObject({ status: "FAILED", reasons: [{ code: "NO_SPACE" }] });
    expect([world.snapshot().count("Disk"), world.snapshot().count("DiskAttachment")]).toEqual([0, 0]);
    expect(methods(world)).toEqual(["disk.create", "disk.remove"]);
    expect(await world.events()).toContain("USER_ADD_DISK_TO_VM_FINISHED_FAILURE");
  });

  test("A host that fails for a moment is asked again, and its images are not doubled", async () => {
    const { world, storageDomainId } = await worldWithDomain(database);
    world.hosts.fail("disk.create", "UNREACHABLE");
    const payload = await world.act("addDisk", "disk { id }", { input: { name: "d", storageDomainId, provisionedSize: GIB } });
    await expect.poll(() => world.hosts.calls.length).toBeGreaterThan(0);
    world.hosts.fail("disk.create", null);
    expect(await world.ended(payload)).toMatchObject({ status: "FINISHED" });
    const calls = world.hosts.calls.map(({ params }) => JSON.stringify(params["call"]));
    expect(new Set(calls).size).toBe(1);
    expect(world.hosts.images.size).toBe(1);
  });

  test("A size, a name, a domain or a VM that cannot be is refused", async () => {
    const { world, storageDomainId } = await worldWithDomain(database);
    const refusal = (more: object) => world.refusal("addDisk", { input: { name: "d", storageDomainId, provisionedSize: GIB, ...more } });
    for (const provisionedSize of [MIB + 1, MIB - 512, 8 * 1024 * GIB + 512])
      expect([provisionedSize, await refusal({ provisionedSize })]).toEqual([provisionedSize, "INVALID RANGE"]);
    expect(await refusal({ name: "a b" })).toBe("INVALID NAME");
    expect(await refusal({ storageDomainId: "none" })).toBe("NOT_FOUND UNKNOWN_ID");
    expect(await refusal({ attachment: { vmId: "none" } })).toBe("NOT_FOUND UNKNOWN_ID");
    expect(world.hosts.calls).toEqual([]);
  });

  test("Without a host that is up, and without the permit, disks are refused", async () => {
    const { world, storageDomainId } = await worldWithDomain(database);
    const input = { name: "d", storageDomainId, provisionedSize: GIB };
    expect(await world.refusal("addDisk", { input }, "reader")).toBe("FORBIDDEN CREATE_DISK");
    await world.unitOfWork.run({ userId: null, correlationId: "spec", jobId: null }, (tx) => {
      for (const host of tx.snapshot.all("Host")) tx.update("Host", host, { status: "NON_RESPONSIVE" });
    });
    expect(await world.refusal("addDisk", { input })).toBe("NO_HOST NO_HOST_UP");
  });

  test("A disk grows while its VM is down, and never shrinks", async () => {
    const { world, storageDomainId } = await worldWithDomain(database);
    const vmId = await world.addVm("web1");
    const id = await addDisk(world, { storageDomainId, attachment: { vmId } });
    expect(await world.refusal("updateDisk", { id, input: { provisionedSize: GIB - 512 } })).toBe("INVALID SHRINK");
    expect(await world.refusal("updateDisk", { id, input: { provisionedSize: GIB + 1 } })).toBe("INVALID RANGE");
    await world.setVmStatus(vmId, "UP");
    expect(await world.refusal("updateDisk", { id, input: { provisionedSize: 2 * GIB } })).toBe("NOT_ALLOWED_IN_STATE VM_STATUS_UP");
    await world.setVmStatus(vmId, "DOWN");

    const payload = await world.act("updateDisk", "disk { name status provisionedSize }", {
      id,
      input: { name: "big", provisionedSize: 2 * GIB },
    });
    expect(payload.disk).toEqual({ name: "big", status: "LOCKED", provisionedSize: GIB });
    expect(await world.refusal("updateDisk", { id, input: { name: "x" } })).toBe("NOT_ALLOWED_IN_STATE DISK_STATUS_LOCKED");
    expect(await world.ended(payload)).toMatchObject({ status: "FINISHED" });
    expect(world.snapshot().need("Disk", id)).toMatchObject({ status: "OK", provisionedSize: 2 * GIB });
    expect(world.hosts.images.get(id)).toBe(2 * GIB);
  });

  test("A disk that could not grow says how large it really is", async () => {
    const { world, storageDomainId } = await worldWithDomain(database);
    const id = await addDisk(world, { storageDomainId });
    world.hosts.fail("disk.resize", "STORAGE");
    world.hosts.images.set(id, 2 * GIB);
    const payload = await world.act("updateDisk", "disk { id }", { id, input: { provisionedSize: 2 * GIB } });
    expect(await world.ended(payload)).toMatchObject({ status: "FAILED", reasons: [{ code: "STORAGE" }] });
    expect(world.snapshot().need("Disk", id)).toMatchObject({ status: "OK", provisionedSize: 2 * GIB });
    expect(await world.events()).toContain("USER_EXTEND_DISK_SIZE_FAILURE");
  });

  test("Removing a disk deletes its image and takes it out of its VM", async () => {
    const { world, storageDomainId } = await worldWithDomain(database);
    const vmId = await world.addVm("web1");
    const id = await addDisk(world, { storageDomainId, attachment: { vmId } });
    for (const status of ["UP", "PAUSED", "SUSPENDED", "UNKNOWN"] as const) {
      await world.setVmStatus(vmId, status);
      expect(await world.refusal("removeDisk", { id })).toBe(`NOT_ALLOWED_IN_STATE VM_STATUS_${status}`);
    }
    await world.setVmStatus(vmId, "DOWN");
    const payload = await world.act("removeDisk", "disk { status vms { name } }", { id });
    expect(payload.disk).toEqual({ status: "LOCKED", vms: [{ name: "web1" }] });
    expect(await world.refusal("removeDisk", { id })).toBe("NOT_ALLOWED_IN_STATE DISK_STATUS_LOCKED");
    expect(await world.ended(payload)).toMatchObject({ status: "FINISHED" });
    expect([world.snapshot().count("Disk"), world.snapshot().count("DiskAttachment"), world.hosts.images.size]).toEqual([0, 0, 0]);
    expect(await world.events()).toContain("USER_FINISHED_REMOVE_DISK");
  });

  test("A disk that could not be removed is ILLEGAL, where it was, and can be removed again", async () => {
    const { world, storageDomainId } = await worldWithDomain(database);
    const vmId = await world.addVm("web1");
    const id = await addDisk(world, { storageDomainId, attachment: { vmId } });
    world.hosts.fail("disk.remove", "STORAGE");
    const payload = await world.act("removeDisk", "disk { id }", { id });
    expect(await world.ended(payload)).toMatchObject({ status: "FAILED", reasons: [{ code: "STORAGE" }] });
    expect(world.snapshot().need("Disk", id).status).toBe("ILLEGAL");
    expect(world.snapshot().by("DiskAttachment", "vmId", vmId)).toHaveLength(1);
    expect(await world.events()).toContain("USER_FINISHED_FAILED_REMOVE_DISK");
    expect(await world.refusal("startVm", { id: vmId })).toBe("NOT_ALLOWED_IN_STATE DISK_STATUS_ILLEGAL");
    world.hosts.fail("disk.remove", null);
    expect(await world.ended(await world.act("removeDisk", "disk { id }", { id }))).toMatchObject({ status: "FINISHED" });
    expect(world.snapshot().count("Disk")).toBe(0);
  });

  test("A disk whose making could not be taken back is known as long as its image may be there, in no VM, and can be removed", async () => {
    const { world, storageDomainId } = await worldWithDomain(database);
    const vmId = await world.addVm("web1");
    world.hosts.fail("disk.create", "STORAGE");
    world.hosts.fail("disk.remove", "STORAGE");
    const input = { name: "d", storageDomainId, provisionedSize: GIB, attachment: { vmId, bootable: true } };
    const payload = await world.act("addDisk", "disk { id }", { input });
    expect(await world.ended(payload)).toMatchObject({ status: "FAILED" });
    const { id } = payload.disk;
    expect(world.snapshot().need("Disk", id).status).toBe("ILLEGAL");
    expect(world.snapshot().count("DiskAttachment")).toBe(0);
    world.hosts.fail("disk.remove", null);
    expect(await world.ended(await world.act("removeDisk", "disk { id }", { id }))).toMatchObject({ status: "FINISHED" });
    expect(world.snapshot().count("Disk")).toBe(0);
  });

  describe("in VMs", () => {
    test("A disk is attached, changed and detached while the VM is down", async () => {
      const { world, storageDomainId } = await worldWithDomain(database);
      const vmId = await world.addVm("web1");
      const diskId = await addDisk(world, { storageDomainId });
      const added = await world.act(
        "addDiskAttachment",
        "diskAttachment { id bootable interface active readOnly disk { id } vm { name } }",
        {
          input: { vmId, diskId, bootable: true },
        },
      );
      const { id } = added.diskAttachment;
      const expected = {
        id,
        bootable: true,
        interface: "VIRTIO",
        active: true,
        readOnly: false,
        disk: { id: diskId },
        vm: { name: "web1" },
      };
      expect(added.diskAttachment).toEqual(expected);
      const { diskAttachment } = await world.act("updateDiskAttachment", "diskAttachment { interface readOnly active }", {
        id,
        input: { interface: "VIRTIO_SCSI", readOnly: true, active: false },
      });
      expect(diskAttachment).toEqual({ interface: "VIRTIO_SCSI", readOnly: true, active: false });
      await world.act("removeDiskAttachment", "diskAttachment { id }", { id });
      expect(world.snapshot().count("DiskAttachment")).toBe(0);
      expect(world.snapshot().need("Disk", diskId).status).toBe("OK");
      const told = (await world.events()).filter((name) => /_VM_DISK$|TO_VM$|FROM_VM$/.test(name));
      expect(told).toEqual(["USER_ATTACH_DISK_TO_VM", "USER_UPDATE_VM_DISK", "USER_DETACH_DISK_FROM_VM"]);
    });

    test("A disk is in one VM at most, and a VM boots from one disk at most", async () => {
      const { world, storageDomainId } = await worldWithDomain(database);
      const [one, two] = [await world.addVm("one"), await world.addVm("two")];
      const diskId = await addDisk(world, { storageDomainId, attachment: { vmId: one, bootable: true } });
      expect(await world.refusal("addDiskAttachment", { input: { vmId: two, diskId } })).toBe("CONFLICT ATTACHED");
      expect(await world.refusal("addDiskAttachment", { input: { vmId: one, diskId } })).toBe("CONFLICT ATTACHED");
      const more = { name: "more", storageDomainId, provisionedSize: GIB, attachment: { vmId: one, bootable: true } };
      expect(await world.refusal("addDisk", { input: more })).toBe("CONFLICT BOOTABLE");
      await addDisk(world, { name: "more", storageDomainId, attachment: { vmId: one } });
      const second = world
        .snapshot()
        .by("DiskAttachment", "vmId", one)
        .find(({ bootable }) => !bootable)!;
      expect(await world.refusal("updateDiskAttachment", { id: second.id, input: { bootable: true } })).toBe("CONFLICT BOOTABLE");
      expect(await world.refusal("updateDiskAttachment", { id: second.id, input: { interface: "SATA", readOnly: true } })).toBe(
        "INVALID READ_ONLY_SATA",
      );
    });

    test("Nothing is attached or detached while the VM runs, is suspended, or the disk is locked", async () => {
      const { world, storageDomainId } = await worldWithDomain(database);
      const vmId = await world.addVm("web1");
      await addDisk(world, { name: "in", storageDomainId, attachment: { vmId } });
      const out = await addDisk(world, { name: "out", storageDomainId });
      const { id } = world.snapshot().by("DiskAttachment", "vmId", vmId)[0]!;
      const refusals = async () => [
        await world.refusal("addDiskAttachment", { input: { vmId, diskId: out } }),
        await world.refusal("updateDiskAttachment", { id, input: { active: false } }),
        await world.refusal("removeDiskAttachment", { id }),
      ];
      await world.setVmStatus(vmId, "UP");
      expect(await refusals()).toEqual(Array(3).fill("NOT_ALLOWED_IN_STATE HOT_PLUG_UNSUPPORTED"));
      await world.setVmStatus(vmId, "SUSPENDED");
      expect(await refusals()).toEqual(Array(3).fill("NOT_ALLOWED_IN_STATE VM_STATUS_SUSPENDED"));
      await world.setVmStatus(vmId, "DOWN");
      world.hosts.fail("disk.remove", "STORAGE");
      const removal = await world.act("removeDisk", "disk { id }", { id: out });
      expect(await world.refusal("addDiskAttachment", { input: { vmId, diskId: out } })).toBe("NOT_ALLOWED_IN_STATE DISK_STATUS_LOCKED");
      await world.ended(removal);
    });

    test("A VM neither starts nor goes while a job works on one of its disks", async () => {
      const { world, storageDomainId } = await worldWithDomain(database);
      const vmId = await world.addVm("web1");
      const diskId = await addDisk(world, { storageDomainId, attachment: { vmId } });
      const gate = Promise.withResolvers<void>();
      const { call } = world.hosts;
      world.hosts.call = async (...args) => {
        await gate.promise;
        return call(...args);
      };
      const removal = await world.act("removeDisk", "disk { id }", { id: diskId });
      expect(await world.refusal("startVm", { id: vmId })).toBe("NOT_ALLOWED_IN_STATE DISK_STATUS_LOCKED");
      expect(await world.refusal("removeVm", { id: vmId })).toBe("NOT_ALLOWED_IN_STATE DISK_STATUS_LOCKED");
      gate.resolve();
      expect(await world.ended(removal)).toMatchObject({ status: "FINISHED" });
      expect(await world.refusal("removeVm", { id: vmId })).toBe("done");
    });

    test("Removing a VM deletes its disks, unless they are to be kept", async () => {
      const { world, storageDomainId } = await worldWithDomain(database);
      const [gone, kept] = [await world.addVm("gone"), await world.addVm("kept")];
      await addDisk(world, { storageDomainId, attachment: { vmId: gone } });
      await addDisk(world, { name: "two", storageDomainId, attachment: { vmId: gone } });
      const diskId = await addDisk(world, { storageDomainId, attachment: { vmId: kept } });
      expect(await world.ended(await world.act("removeVm", "vm { id }", { id: gone }))).toMatchObject({ status: "FINISHED" });
      expect([...world.hosts.images.keys()]).toEqual([diskId]);
      await world.act("removeVm", "vm { id }", { id: kept, input: { detachOnly: true } });
      expect([...world.snapshot().all("Disk")].map(({ id }) => id)).toEqual([diskId]);
      expect([world.snapshot().count("Vm"), world.snapshot().count("DiskAttachment")]).toEqual([0, 0]);
    });

    test("A removal of a VM that fails half-way leaves of its disks what there is of them, and can be repeated", async () => {
      const { world, storageDomainId } = await worldWithDomain(database);
      const vmId = await world.addVm("web1");
      for (const name of ["one", "two", "three", "four"]) await addDisk(world, { name, storageDomainId, attachment: { vmId } });
      const [gone, failing, untouched, broken] = world
        .snapshot()
        .by("DiskAttachment", "vmId", vmId)
        .map(({ diskId }) => diskId);
      await world.unitOfWork.run({ userId: null, correlationId: "spec", jobId: null }, (tx) => {
        tx.update("Disk", tx.need("Disk", broken!), { status: "ILLEGAL" });
      });
      world.hosts.fail("disk.remove", "STORAGE", failing);
      const payload = await world.act("removeVm", "vm { id }", { id: vmId });
      expect(await world.ended(payload)).toMatchObject({ status: "FAILED", reasons: [{ code: "STORAGE" }] });
      const states = [gone, failing, untouched, broken].map((id) => world.snapshot().get("Disk", id!)?.status);
      expect(states).toEqual([undefined, "ILLEGAL", "OK", "ILLEGAL"]);
      expect(world.snapshot().by("DiskAttachment", "vmId", vmId)).toHaveLength(3);
      expect(world.snapshot().need("Vm", vmId).status).toBe("DOWN");
      world.hosts.fail("disk.remove", null, failing);
      expect(await world.ended(await world.act("removeVm", "vm { id }", { id: vmId }))).toMatchObject({ status: "FINISHED" });
      expect([world.snapshot().count("Vm"), world.snapshot().count("Disk"), world.hosts.images.size]).toEqual([0, 0, 0]);
    });

    test("A VM takes disks of its own data center only", async () => {
      const { world, storageDomainId } = await worldWithDomain(database);
      const { dataCenter } = await world.act("addDataCenter", "dataCenter { id }", { input: { name: "elsewhere" } });
      const { cluster } = await world.act("addCluster", "cluster { id }", { input: { name: "far", dataCenterId: dataCenter.id } });
      const vmId = await world.addVm("stranger", "DOWN", cluster.id);
      const diskId = await addDisk(world, { storageDomainId });
      expect(await world.refusal("addDiskAttachment", { input: { vmId, diskId } })).toBe("INVALID OTHER_DATA_CENTER");
      const input = { name: "d", storageDomainId, provisionedSize: GIB, attachment: { vmId } };
      expect(await world.refusal("addDisk", { input })).toBe("INVALID OTHER_DATA_CENTER");
    });
  });
});
