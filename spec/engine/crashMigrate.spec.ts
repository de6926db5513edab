import { describe, expect, test } from "vitest";
import { until } from "../../lab/graphql.ts";
import { engineThatDiesAt } from "../support/crash.ts";

describe.each(["looked", "ending"] as const)("an engine killed when a migrateVm that failed is at %s", (boundary) => {
  test("ends the job after its restart, with the VM as its host says that it is", async () => {
    const engine = await engineThatDiesAt(`migrateVm::${boundary}`);
    const id = await engine.addVm();
    const vmIs = (status: string) =>
      until(`the VM ${status}`, 30_000, async () => {
        const vm = await engine.vm(id);
        return vm.status === status && vm;
      });
    await engine.ask("startVm", id);
    const { host: before } = await vmIs("UP");
    const source = engine.hosts.find(({ hostId }) => hostId === before!.id)!;
    source.pauseVm(id);
    await vmIs("PAUSED");
    source.failNext("vm.migrate", "MIGRATION_FAILED");
    await engine.ask("migrateVm", id);
    await engine.restartAfterDeath();
    expect(await engine.jobsEnded("migrateVm")).toEqual(["FAILED"]);
    expect(await engine.vm(id)).toMatchObject({ status: "PAUSED", host: { id: before!.id }, migratingTo: null });
    expect(engine.effects("vm.migrate")).toBe(1);
  });
});
