import { expect, test } from "vitest";
import { SYSTEM } from "../../src/domain/access/caller.ts";
import { placeVm } from "../../src/domain/placement/placeVm.ts";
import { migrateVm } from "../../src/domain/vm/migrate.ts";
import { projectDatabase, SPEC_ORIGIN } from "../support/database.ts";
import { openWorld, type World } from "../support/nouns.ts";
import { capabilities } from "../placement/rows.ts";

/** Two hosts that can take a VM, and one VM that runs on the first. */
async function twoHosts() {
  const world = await openWorld(projectDatabase());
  const hosts = [await world.addHost("h1"), await world.addHost("h2")] as const;
  const vmId = await world.addVm("web1");
  await world.unitOfWork.run(SPEC_ORIGIN, (tx) => {
    for (const id of hosts) tx.update("Host", tx.need("Host", id), { capabilities: capabilities() });
  });
  return { world, hosts, vmId };
}
const runsOn = (world: World, vmId: string, hostId: string) =>
  world.unitOfWork.run(SPEC_ORIGIN, (tx) => void tx.update("Vm", tx.need("Vm", vmId), { hostId, status: "UP" }));
const update = (world: World, id: string, input: object, as?: string) => world.refusal("updateVm", { id, input }, as);

test("A VM starts on no host but those that it is pinned to, and each other says why not", async () => {
  const { world, hosts, vmId } = await twoHosts();
  for (const [at, hostId] of hosts.entries()) {
    expect(await update(world, vmId, { placementHostIds: [hostId] })).toBe("done");
    const { choice, ranked, refusals } = placeVm(world.snapshot(), world.snapshot().need("Vm", vmId));
    expect([choice?.hostId, ranked.map((each) => each.hostId)]).toEqual([hostId, [hostId]]);
    expect(refusals.map(({ hostId: other, code }) => [other, code])).toEqual([[hosts[1 - at], "PINNED_TO_HOST"]]);
  }
  expect(await update(world, vmId, { placementHostIds: [...hosts] })).toBe("done");
  expect(placeVm(world.snapshot(), world.snapshot().need("Vm", vmId)).ranked).toHaveLength(2);
  expect(await update(world, vmId, { placementHostIds: ["nothing"] })).toBe("NOT_FOUND UNKNOWN_ID");
  const { host } = await world.query("query ($id: ID!) { host(id: $id) { pinnedVms { nodes { name } } } }", { id: hosts[0] });
  expect(host.pinnedVms.nodes).toEqual([{ name: "web1" }]);
});

test("Nobody moves a VM that is pinned, and the engine none that only users move", async () => {
  const { world, hosts, vmId } = await twoHosts();
  await runsOn(world, vmId, hosts[0]);
  const byUser = () => world.refusal("migrateVm", { id: vmId, mode: "PLAN" });
  const byEngine = () => {
    const asking = { engine: world.engine, caller: SYSTEM, id: vmId };
    return world.unitOfWork
      .rehearse(SPEC_ORIGIN, (tx) => migrateVm.decide(tx, asking))
      .then(
        () => "done",
        (error: { reasons: { code: string }[] }) => error.reasons[0]!.code,
      );
  };
  const maintenance = async () =>
    (await world.query("query ($id: ID!) { host(id: $id) { can { deactivate { allowed reasons { code } } } } }", { id: hosts[0] })).host.can
      .deactivate;
  const refused = { allowed: false, reasons: [{ code: "VDS_CANNOT_MAINTENANCE_IT_INCLUDES_NON_MIGRATABLE_VM" }] };
  expect([await byUser(), await byEngine(), await maintenance()]).toEqual(["done", "done", { allowed: true, reasons: [] }]);
  expect(await update(world, vmId, { placementPolicy: { affinity: "USER_MIGRATABLE" } })).toBe("done");
  expect([await byUser(), await byEngine(), await maintenance()]).toEqual(["done", "VM_IS_PINNED_TO_HOST", refused]);
  expect(await update(world, vmId, { placementPolicy: { affinity: "PINNED" } })).toBe("done");
  const plan = (await world.act("migrateVm", "vm { id }", { id: vmId, mode: "PLAN" })).plan;
  expect(plan.refusals).toMatchObject([{ code: "VM_IS_NON_MIGRATABLE" }]);
  expect([await byEngine(), await maintenance()]).toEqual(["VM_IS_NON_MIGRATABLE", refused]);
});
