import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enrollSimulated } from "../../lab/simulated/enroll.ts";
import { startSimulatedHost } from "../../lab/simulated/host.ts";
import { sharedDashboard, soon, whyNoBrowser, type Dashboard } from "./dashboard.ts";

describe.skipIf(whyNoBrowser)(`the dashboard's pages of hosts${whyNoBrowser ? ` (${whyNoBrowser})` : ""}`, () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await sharedDashboard();
    for (const name of ["host-vm-1", "host-vm-2"]) await dashboard.runVm(name, "sim-1");
    await dashboard.runVm("host-vm-3", "sim-2");
  });
  afterAll(() => dashboard.stop());

  const openHost = async (name: string) => {
    const page = await dashboard.enter();
    await page.getByRole("link", { name: "Hosts", exact: true }).first().click();
    await page.getByRole("link", { name, exact: true }).click();
    await page.getByRole("heading", { level: 1, name }).waitFor();
    return page;
  };
  const statusIs = (page: Page, status: string) => page.locator(`h1 ~ .status [data-status="${status}"]`).waitFor();
  const button = (page: Page, name: string) => page.getByRole("toolbar").getByRole("button", { name, exact: true });

  it("show what the agent told, the VMs there, and the load", async () => {
    const page = await openHost("sim-1");
    await page.getByText("libvirt", { exact: true }).waitFor();
    const vms = page.getByRole("table", { name: "Virtual machines" });
    for (const name of ["host-vm-1", "host-vm-2"]) await vms.getByRole("link", { name, exact: true }).waitFor();
    expect(await vms.getByRole("link", { name: "host-vm-3", exact: true }).count()).toBe(0);
    for (const title of ["CPU", "Memory", "Network", "Load, 1 min"])
      await soon(async () => Number(await page.getByRole("figure", { name: title }).getAttribute("data-points"))).toBeGreaterThan(2);
  });

  it("send it into maintenance with a reason, its VMs leaving, and take it back", async () => {
    const page = await openHost("sim-2");
    expect(await button(page, "Activate").getAttribute("aria-disabled")).toBe("true");
    await button(page, "Maintenance").click();
    const dialog = page.getByRole("dialog", { name: "Send sim-2 into maintenance?" });
    await dialog.getByLabel("Reason").fill("new disks");
    await dialog.getByRole("button", { name: "Maintenance" }).click();
    await statusIs(page, "MAINTENANCE");
    await page.getByText("Reason: new disks", { exact: true }).waitFor();
    await page.getByText("No virtual machine is on this host.").waitFor();
    await button(page, "Activate").click();
    await statusIs(page, "UP");
  });

  it("add one: the command to run is shown, and the host is seen to come", async () => {
    const page = await dashboard.enter({ permissions: ["clipboard-read", "clipboard-write"] });
    await page.getByRole("link", { name: "Hosts", exact: true }).first().click();
    await page.getByRole("button", { name: "Add host" }).click();
    await page.getByLabel("Name", { exact: true }).fill("fresh");
    await page.getByLabel("Address").fill("fresh.example");
    await page.getByRole("dialog").getByRole("button", { name: "Add" }).click();
    const dialog = page.getByRole("dialog", { name: "Enrol host fresh" });
    await dialog.getByRole("alert").getByText("On fresh.example, https://127.0.0.1:").waitFor();
    await dialog.getByText("Installing").waitFor();
    await dialog.getByRole("button", { name: "Copy command" }).click();
    await dialog.getByRole("button", { name: "Copied" }).waitFor();
    const command = await dialog.getByLabel("Run this on the host").inputValue();
    const [, engineUrl = "", token = "", fingerprint = ""] = /--engine (\S+) --token (\S+) --fingerprint (\S+)/.exec(command) ?? [];
    const identity = await enrollSimulated({ engineUrl, token, fingerprint });
    const host = startSimulatedHost({ engineUrl, identity });
    await dialog.getByText("Up", { exact: true }).waitFor();
    await dialog.getByRole("button", { name: "Done" }).click();
    await page.getByRole("row").filter({ hasText: "fresh.example" }).getByText("Up", { exact: true }).waitFor();
    await dashboard.removeHost(identity.hostId);
    host.stop();
  });

  it("say why one cannot be added", async () => {
    const page = await dashboard.enter();
    await page.getByRole("link", { name: "Hosts", exact: true }).first().click();
    await page.getByRole("button", { name: "Add host" }).click();
    await page.getByLabel("Name", { exact: true }).fill("sim-1");
    await page.getByLabel("Address").fill("sim-1.example");
    await page.getByRole("dialog").getByRole("button", { name: "Add" }).click();
    await page.getByRole("dialog").getByRole("alert").getByText("sim-1 is taken by another host.").waitFor();
  });

  it("count states and name what is wrong on the overview", async () => {
    const page = await dashboard.enter();
    const hosts = page.getByRole("region", { name: "Hosts" });
    await hosts.getByText("Up", { exact: true }).waitFor();
    await page.getByText("None: all hosts are up").waitFor();
    dashboard.simulation.hosts[0]?.setLibvirt(false);
    const problems = page.getByRole("region", { name: "Problems" });
    await problems.getByRole("link", { name: "sim-1" }).waitFor();
    dashboard.simulation.hosts[0]?.setLibvirt(true);
    await soon(() => problems.getByRole("link", { name: "sim-1" }).count()).toBe(0);
  });
});
