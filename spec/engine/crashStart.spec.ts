import { describe, expect, test } from "vitest";
import { until } from "../../lab/graphql.ts";
import { BOUNDARIES, engineThatDiesAt } from "../support/crash.ts";

describe.each(BOUNDARIES)("an engine killed when startVm is at %s", (boundary) => {
  test("ends the job after its restart, starts the VM once and leaves no lock", async () => {
    const engine = await engineThatDiesAt("startVm", "launch", boundary);
    const id = await engine.addVm();
    await engine.ask("startVm", id);
    await engine.restartAfterDeath();
    expect(await engine.jobsEnded("startVm")).toEqual(["FINISHED"]);
    await until("the VM up", 60_000, async () => (await engine.vm(id)).status === "UP");
    expect(engine.effects("vm.start")).toBe(1);
    expect(engine.hosts.flatMap((host) => host.vms())).toHaveLength(1);
  });
});
