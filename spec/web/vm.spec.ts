import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SimulatedHost } from "../../lab/simulated/host.ts";
import { sharedDashboard, soon, whyNoBrowser, type Dashboard } from "./dashboard.ts";

const ADD_VM = "mutation ($input: AddVmInput!) { addVm(input: $input) { vm { id } } }";
const START_VM = "mutation ($id: ID!) { startVm(id: $id) { job { id } } }";
const VM = "query ($id: ID!) { vm(id: $id) { status stopReason host { id name } } }";

describe.skipIf(whyNoBrowser)(`the dashboard's page of a VM${whyNoBrowser ? ` (${whyNoBrowser})` : ""}`, () => {
  let dashboard: Dashboard;
  let number = 0;
  beforeAll(async () => {
    dashboard = await sharedDashboard();
  });
  afterAll(() => dashboard.stop());

  const openVm = async ({ running = false, memory = 256 * 2 ** 20 } = {}) => {
    const name = `page-${++number}`;
    const { clusters } = await dashboard.execute<{ clusters: { nodes: { id: string }[] } }>("{ clusters { nodes { id } } }");
    const input = { name, clusterId: clusters.nodes[0]?.id, memory };
    const { id } = (await dashboard.execute<{ addVm: { vm: { id: string } } }>(ADD_VM, { input })).addVm.vm;
    if (running) await dashboard.execute(START_VM, { id });
    const page = await dashboard.enter();
    await page.goto(`${dashboard.url}/#/vms/${id}`);
    await page.getByRole("heading", { level: 1, name }).waitFor();
    if (running) await statusIs(page, "UP");
    return { page, id, name };
  };
  const statusIs = (page: Page, status: string) => page.locator(`h1 ~ .status [data-status="${status}"]`).waitFor();
  const button = (page: Page, name: string) => page.getByRole("toolbar").getByRole("button", { name, exact: true });
  const press = async (page: Page, name: string) => {
    await soon(() => button(page, name).getAttribute("aria-disabled")).toBe("false");
    await button(page, name).click();
  };
  const vmOf = async (id: string) =>
    (await dashboard.execute<{ vm: { status: string; stopReason: string | null; host: { id: string; name: string } | null } }>(VM, { id }))
      .vm;
  const hostOf = (id: string | undefined): SimulatedHost => {
    const found = dashboard.simulation.hosts.find(({ hostId }) => hostId === id);
    if (!found) throw new Error("The VM is on no simulated host.");
    return found;
  };

  it("starts it by a button, and shows state and job as they change, without a reload", async () => {
    const { page, name } = await openVm();
    const gates = dashboard.simulation.hosts.map((host) => host.holdCalls("vm.start", "before"));
    await press(page, "Start");
    await statusIs(page, "WAIT_FOR_LAUNCH");
    const job = page
      .getByRole("list", { name: "Jobs", exact: true })
      .getByRole("listitem")
      .filter({ hasText: `Starting VM ${name}` });
    await job.getByText("Running").waitFor();
    await job.getByRole("button", { name: "Steps of" }).click();
    await job.getByText("Launching the VM on its host").waitFor();
    for (const gate of gates) gate.release();
    await statusIs(page, "UP");
    await job.getByText("Finished").first().waitFor();
    await page
      .getByRole("list", { name: `Events of ${name}` })
      .getByText(`VM ${name} started on host`)
      .waitFor();
  });

  it("refuses by the button what the engine would refuse, and tells why to everybody", async () => {
    const { page, name } = await openVm();
    const reboot = button(page, "Reboot");
    await soon(() => reboot.getAttribute("aria-disabled")).toBe("true");
    await button(page, "Power off").focus();
    await page.keyboard.press("Tab");
    await page
      .getByRole("tooltip")
      .filter({ hasText: `VM ${name} is down, so it cannot be rebooted.` })
      .waitFor();
    await reboot.press("Enter");
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(await button(page, "Start").getAttribute("aria-disabled")).toBe("false");
  });

  it("draws what is measured", async () => {
    const { page } = await openVm({ running: true });
    for (const title of ["CPU", "Memory", "Network", "Disk"]) {
      const chart = page.getByRole("figure", { name: title });
      await soon(async () => Number(await chart.getAttribute("data-points"))).toBeGreaterThan(2);
      expect(await chart.locator("canvas").count()).toBe(1);
      expect(await chart.getByRole("listitem").first().textContent()).toMatch(/\d/);
    }
  });

  it("shows the plan of a move before it is done, then its progress, then the new host", async () => {
    const { page, id, name } = await openVm({ running: true });
    const from = (await vmOf(id)).host;
    const gate = hostOf(from?.id).holdCalls("vm.migrate", "before");
    await press(page, "Migrate");
    const dialog = page.getByRole("dialog", { name: `Migrate ${name}` });
    await dialog.getByText(`${name} would move from ${from?.name} to`).waitFor();
    expect(await dialog.getByText(/score \d/).count()).toBe(2);
    expect((await vmOf(id)).status).toBe("UP");
    await dialog.getByRole("button", { name: "Migrate" }).click();
    await statusIs(page, "MIGRATING");
    await page.getByText("moving to").waitFor();
    gate.release();
    await statusIs(page, "UP");
    await soon(async () => (await vmOf(id)).host?.name).not.toBe(from?.name);
    const to = (await vmOf(id)).host?.name ?? "";
    await page.locator(".title").getByRole("link", { name: to }).waitFor();
  });

  it("cancels a move", async () => {
    const { page, id } = await openVm({ running: true });
    const from = (await vmOf(id)).host;
    const gate = hostOf(from?.id).holdCalls("vm.migrate", "before");
    await press(page, "Migrate");
    const dialog = page.getByRole("dialog");
    await soon(() => dialog.getByRole("button", { name: "Migrate" }).getAttribute("aria-disabled")).toBe("false");
    await dialog.getByRole("button", { name: "Migrate" }).click();
    await gate.reached();
    await press(page, "Cancel migration");
    gate.release();
    await statusIs(page, "UP");
    expect((await vmOf(id)).host?.name).toBe(from?.name);
  });

  it("shows each host's reason when a move is not possible", async () => {
    const { page, id } = await openVm({ running: true });
    const others = dashboard.simulation.hosts.filter(({ hostId }) => hostId !== undefined);
    const from = (await vmOf(id)).host?.id;
    for (const { hostId } of others.filter((host) => host.hostId !== from))
      await dashboard.execute("mutation ($id: ID!) { deactivateHost(id: $id) { job { id } } }", { id: hostId });
    await press(page, "Migrate");
    const dialog = page.getByRole("dialog");
    await dialog.getByText("This would be refused:").waitFor();
    expect(await dialog.getByRole("region", { name: "Plan" }).getByRole("listitem").count()).toBeGreaterThanOrEqual(2);
    expect(await dialog.getByRole("button", { name: "Migrate" }).getAttribute("aria-disabled")).toBe("true");
    await page.keyboard.press("Escape");
    for (const { hostId } of others) {
      await soon(
        async () =>
          (await dashboard.execute<{ host: { status: string } }>("query ($id: ID!) { host(id: $id) { status } }", { id: hostId })).host
            .status,
      ).toMatch(/^(MAINTENANCE|UP)$/);
      await dashboard.execute("mutation ($id: ID!) { activateHost(id: $id) { job { id } } }", { id: hostId }).catch(() => undefined);
    }
  });

  it("asks before it cuts the power, and keeps the reason", async () => {
    const { page, id, name } = await openVm({ running: true });
    await press(page, "Power off");
    const dialog = page.getByRole("dialog", { name: `Power off ${name}?` });
    await dialog.getByLabel("Reason").fill("stuck");
    await dialog.getByRole("button", { name: "Power off" }).click();
    await statusIs(page, "DOWN");
    expect((await vmOf(id)).stopReason).toBe("stuck");
  });

  it("tells why a job of his has failed", async () => {
    const { page, name } = await openVm();
    const gates = dashboard.simulation.hosts.map((host) => ({ host, gate: host.holdCalls("vm.start", "before") }));
    await press(page, "Start");
    const { host } = await Promise.race(gates.map(({ host: asked, gate }) => gate.reached().then(() => ({ host: asked }))));
    host.failNext("vm.start", "INTERNAL");
    for (const { gate } of gates) gate.release();
    const toast = page.getByRole("alert").filter({ hasText: `Starting VM ${name}` });
    await toast.waitFor();
    await statusIs(page, "DOWN");
  });

  it("removes it after a question, and says that it is gone", async () => {
    const { page, name } = await openVm();
    await press(page, "Remove");
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.getByRole("heading", { name: `Virtual machine ${name} was removed.` }).waitFor();
  });
});
