import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mutate } from "../../lab/graphql.ts";
import { sharedDashboard, soon, whyNoBrowser, type Dashboard } from "./dashboard.ts";

const NETWORK = "query ($id: ID!) { network(id: $id) { name mtu required description dataCenter { name } } }";

describe.skipIf(whyNoBrowser)(`the dashboard's pages that are data${whyNoBrowser ? ` (${whyNoBrowser})` : ""}`, () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await sharedDashboard();
    // More than a list to choose from shows at once.
    const others = Array.from({ length: 21 }, (_, number) => `plain-${String(number).padStart(2, "0")}`);
    for (const name of [...others, "plain-a", "plain-b"])
      await mutate(dashboard.client, "addDataCenter", "dataCenter", { input: { name } });
  });
  afterAll(async () => {
    const { dataCenters } = await dashboard.execute<any>('{ dataCenters(search: "name = plain-*") { nodes { id networks { id } } } }');
    for (const { id, networks } of dataCenters.nodes) {
      for (const network of networks) await mutate(dashboard.client, "removeNetwork", "network", { id: network.id });
      await mutate(dashboard.client, "removeDataCenter", "dataCenter", { id });
    }
    await dashboard.stop();
  });

  const idOf = async (name: string) =>
    (
      await dashboard.execute<any>("query ($search: String) { dataCenters(search: $search) { nodes { id } } }", {
        search: `name = ${name}`,
      })
    ).dataCenters.nodes[0].id as string;
  const addNetwork = async (name: string, more: object = {}) =>
    mutate(dashboard.client, "addNetwork", "network", { input: { name, dataCenterId: await idOf("plain-a"), ...more } });
  const openNetworks = async () => {
    const page = await dashboard.enter();
    await page.getByRole("link", { name: "Networks", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Networks" }).waitFor();
    return page;
  };
  const openNetwork = async (id: string) => {
    const page = await dashboard.enter();
    await page.goto(`${dashboard.url}/#/networks/${id}`);
    await page.getByRole("toolbar").waitFor();
    return page;
  };
  const row = (page: Page, name: string) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
  const names = (page: Page) => page.locator("[data-index] [role=cell]:first-child a").allTextContents();
  const button = (page: Page, name: string) => page.getByRole("toolbar").getByRole("button", { name, exact: true });
  const startAdding = async (page: Page, name: string) => {
    await page.getByRole("button", { name: "Add network" }).click();
    const dialog = page.getByRole("dialog", { name: "Add network" });
    await dialog.getByLabel("Name", { exact: true }).fill(name);
    return dialog;
  };
  const choose = async (page: Page, label: string, typed: string, name: string) => {
    await page.getByRole("combobox", { name: label }).fill(typed);
    await page.getByRole("option", { name, exact: true }).click();
  };

  it("list, search and sort what there is, and tell of what comes, changes and goes, without a reload", async () => {
    for (const [name, mtu] of [
      ["list-a", 9000],
      ["list-b", 1400],
    ] as const)
      await addNetwork(name, { mtu });
    const page = await openNetworks();
    await page.getByRole("searchbox").fill("name = list-*");
    await soon(() => names(page)).toEqual(["list-a", "list-b"]);
    await page.getByRole("columnheader", { name: "MTU" }).getByRole("button").click();
    await soon(() => names(page)).toEqual(["list-b", "list-a"]);
    const added = await addNetwork("list-c", { mtu: 1450 });
    await soon(() => names(page)).toEqual(["list-b", "list-c", "list-a"]);
    await mutate(dashboard.client, "updateNetwork", "network", { id: added, input: { mtu: 1200 } });
    await soon(() => names(page)).toEqual(["list-c", "list-b", "list-a"]);
    await row(page, "list-c").getByText("1200", { exact: true }).waitFor();
    await mutate(dashboard.client, "removeNetwork", "network", { id: added });
    await soon(() => names(page)).toEqual(["list-b", "list-a"]);
  });

  it("add one by a form that says before what will happen, and show its page", async () => {
    const page = await openNetworks();
    const dialog = await startAdding(page, "form-added");
    await choose(page, "Data center", "plain-b", "plain-b");
    await dialog.getByLabel("MTU").fill("9000");
    const plan = dialog.getByRole("region", { name: "Plan" });
    await plan.getByText("Network form-added is added").waitFor();
    await plan.getByText("vNIC profile form-added is added").waitFor();
    const { networks } = await dashboard.execute<any>('{ networks(search: "name = form-added") { totalCount } }');
    expect(networks.totalCount, "a plan changes nothing").toBe(0);
    await dialog.getByLabel("MTU").press("Enter");
    await page.getByRole("heading", { level: 1, name: "form-added" }).waitFor();
    const id = new URL(page.url()).hash.split("/").at(-1)!;
    const { network } = await dashboard.execute<any>(NETWORK, { id });
    expect(network).toEqual({ name: "form-added", mtu: 9000, required: false, description: "", dataCenter: { name: "plain-b" } });
    await page.getByRole("link", { name: "plain-b", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "plain-b" }).waitFor();
    await page.getByRole("table", { name: "Networks" }).getByRole("link", { name: "form-added" }).waitFor();
  });

  it("find another object by a part of its name, by keyboard, and ask for one that is on the list", async () => {
    const page = await openNetworks();
    const dialog = await startAdding(page, "by-keyboard");
    const box = dialog.getByRole("combobox", { name: "Data center" });
    await box.fill("lain-a");
    await soon(() =>
      dialog
        .getByRole("option")
        .allTextContents()
        .then((all) => all.map((name) => name.trim())),
    ).toEqual(["plain-a"]);
    await box.press("Escape");
    await dialog.getByRole("option").first().waitFor({ state: "hidden" });
    await box.press("Enter");
    expect(await page.getByRole("dialog").count(), "nothing was chosen, so nothing is added").toBe(1);
    await box.fill("plain-0");
    await dialog.getByRole("option", { name: "plain-09" }).waitFor();
    await box.press("ArrowDown");
    await soon(() =>
      box
        .getAttribute("aria-activedescendant")
        .then((id) => page.locator(`[id="${id}"]`).textContent())
        .then((text) => text?.trim()),
    ).toBe("plain-01");
    await box.press("Enter");
    expect(await box.inputValue()).toBe("plain-01");
    await box.press("Enter");
    await page.getByRole("heading", { level: 1, name: "by-keyboard" }).waitFor();
  });

  it("say a refusal at the field it is about, and go on when that is mended", async () => {
    await addNetwork("taken");
    const page = await openNetworks();
    const dialog = await startAdding(page, "taken");
    await choose(page, "Data center", "plain-a", "plain-a");
    const name = dialog.getByLabel("Name", { exact: true });
    await soon(() => name.getAttribute("aria-invalid")).toBe("true");
    const why = await name.getAttribute("aria-describedby");
    expect(await dialog.locator(`[id="${why}"]`).textContent()).toMatch(/unique|taken/);
    await dialog.getByRole("button", { name: "Add" }).click();
    await soon(() => name.evaluate("document.activeElement.labels?.[0]?.textContent")).toBe("Name");
    await name.fill("taken-not");
    await soon(() => name.getAttribute("aria-invalid")).toBe("false");
    await dialog.getByRole("button", { name: "Add" }).click();
    await page.getByRole("heading", { level: 1, name: "taken-not" }).waitFor();
  });

  it("change only what was changed, and refuse when somebody was faster", async () => {
    const id = await addNetwork("edited", { description: "before" });
    const page = await openNetwork(id);
    await button(page, "Edit").click();
    const dialog = page.getByRole("dialog", { name: "Edit edited" });
    expect(await dialog.getByLabel("Description").inputValue()).toBe("before");
    expect(await dialog.getByRole("combobox").count(), "what cannot be changed is not asked for").toBe(0);
    await dialog.getByLabel("Description").fill("after");
    await dialog.getByText("Network edited is changed: description").waitFor();
    await mutate(dashboard.client, "updateNetwork", "network", { id, input: { mtu: 1400 } });
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("It was changed by somebody else meanwhile.").first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("1400", { exact: true }).waitFor();
    await button(page, "Edit").click();
    await dialog.getByLabel("Description").fill("after");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("after", { exact: true }).waitFor();
    expect((await dashboard.execute<any>(NETWORK, { id })).network).toMatchObject({ description: "after", mtu: 1400 });
  });

  it("send a value that has several parts whole when one of them was changed", async () => {
    const input = { name: "parts", dataCenterId: await idOf("plain-a"), migration: { autoConverge: false, bandwidth: 77 } };
    const id = await mutate(dashboard.client, "addCluster", "cluster", { input });
    const page = await dashboard.enter();
    await page.goto(`${dashboard.url}/#/clusters/${id}`);
    await button(page, "Edit").click();
    await page.getByLabel("Migration bandwidth").fill("78");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByText("78 MiB/s", { exact: true }).waitFor();
    const { cluster } = await dashboard.execute<any>("query ($id: ID!) { cluster(id: $id) { migration { autoConverge bandwidth } } }", {
      id,
    });
    expect(cluster.migration).toEqual({ autoConverge: false, bandwidth: 78 });
    await mutate(dashboard.client, "removeCluster", "cluster", { id });
  });

  it("remove it after a question that tells what goes with it, and say that it is gone", async () => {
    const page = await openNetwork(await addNetwork("removed"));
    await button(page, "Remove").click();
    const dialog = page.getByRole("dialog", { name: "Remove network removed?" });
    await dialog.getByText("vNIC profile removed is removed").waitFor();
    await dialog.getByRole("button", { name: "Remove" }).click();
    await page.getByRole("heading", { name: "Network removed was removed." }).waitFor();
    await page.getByRole("link", { name: "To all networks" }).click();
    await page.getByRole("heading", { level: 1, name: "Networks" }).waitFor();
  });

  it("say by the button why one cannot be removed, before it is pressed", async () => {
    const page = await dashboard.enter();
    await page.goto(`${dashboard.url}/#/clusters`);
    await page.getByRole("link", { name: "Default", exact: true }).first().click();
    await page.getByRole("heading", { level: 1, name: "Default" }).waitFor();
    await button(page, "Remove").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("This would be refused:").waitFor();
    await dialog.getByText("host sim-1").first().waitFor();
    expect(await dialog.getByRole("button", { name: "Remove" }).getAttribute("aria-disabled")).toBe("true");
  });

  it("search the events, and say what the search does not understand", async () => {
    await addNetwork("told");
    const page = await dashboard.enter();
    await page.getByRole("link", { name: "Events", exact: true }).click();
    const events = page.getByRole("region", { name: "Events" }).getByRole("listitem");
    await page.getByRole("searchbox").fill("name = NETWORK_ADD_NETWORK");
    await events
      .filter({ hasText: /Logical network told of data center .* was added/ })
      .first()
      .waitFor();
    await soon(async () => new Set(await events.evaluateAll((all) => all.map((each: any) => each.dataset.event))).size).toBe(1);
    await page.getByRole("searchbox").fill("colour = blue");
    await page.getByRole("alert").getByText('there is no field "colour"').waitFor();
  });
});
