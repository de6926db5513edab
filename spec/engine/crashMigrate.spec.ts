import { describe, expect, test } from "vitest";
import { until } from "../../lab/graphql.ts";
import { BOUNDARIES, engineThatDiesAt } from "../support/crash.ts";

describe.each(BOUNDARIES)("an engine killed when migrateVm is at %s", (boundary) => {
  test("ends the job after its restart, moves the VM once and leaves no lock", async () => {
    const engine = await engineThatDiesAt("migrateVm", "move", boundary);
    const id = await engine.addVm();
    await engine.ask("startVm", id);
    const { host: before } = await until("the VM up", 30_000, async () => {
      const vm = await engine.vm(id);
      return vm.status === "UP" && vm;
    });
    await engine.ask("migrateVm", id);
    await engine.restartAfterDeath();
    expect(await engine.jobsEnded("migrateVm")).toEqual(["FINISHED"]);
    const { host: after } = await until("the VM up again", 60_000, async () => {
      const vm = await engine.vm(id);
      return vm.status === "UP" && vm.migratingTo === null && vm;
    });
    expect(after!.id).not.toBe(before!.id);
    expect(engine.effects("vm.migrate")).toBe(1);
    expect(engine.hosts.flatMap((host) => host.vms())).toHaveLength(1);
    expect(engine.hosts.find((host) => host.hostId === after!.id)!.vms()).toHaveLength(1);
  });
});
