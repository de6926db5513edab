import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { soon, whyNoBrowser } from "./dashboard.ts";
import { everyPlace, startFurnished, type Furnished } from "./furnished.ts";

describe.skipIf(whyNoBrowser)(`the dashboard's pages${whyNoBrowser ? ` (${whyNoBrowser})` : ""}`, () => {
  let dashboard: Furnished;
  beforeAll(async () => {
    dashboard = await startFurnished();
  });
  afterAll(() => dashboard.stop());
  const to = (page: Page, hash: string) => page.goto(`${dashboard.url}/#/${hash}`);

  it("say that there is no such page, whatever the address is, and show the way back", async () => {
    const page = await dashboard.enter();
    for (const hash of ["nonsense", "quotas", "events/x", "hosts/x/y", "vms/%zz", "/x", "login"]) {
      await to(page, "hosts");
      await page.getByRole("heading", { name: "Hosts" }).waitFor();
      await to(page, hash);
      await page.getByRole("heading", { name: "There is no such page." }).waitFor();
      await soon(() => page.title()).toBe("No such page – Overt");
    }
    await page.getByRole("link", { name: "To the overview" }).click();
    await page.getByRole("region", { name: "Hosts" }).waitFor();
    expect(await page.title()).toBe("Overview – Overt");
  });

  it("say that an object never was, or that it was removed, and show the way to the others", async () => {
    const page = await dashboard.enter();
    for (const [noun, words, back] of [
      ["hosts", "There is no such host.", "To all hosts"],
      ["vms", "There is no such virtual machine.", "To all virtual machines"],
      ["vnicProfiles", "There is no such vNIC profile.", "To all vNIC profiles"],
    ] as const)
      for (const id of ["never", "00000000-0000-4000-8000-000000000000"]) {
        await to(page, `${noun}/${id}`);
        await page.getByRole("heading", { name: words }).waitFor();
        await page.getByRole("link", { name: back }).waitFor();
        expect(await page.title()).toMatch(/^No such /);
      }
    const { addVm } = await dashboard.execute<any>("mutation ($input: AddVmInput!) { addVm(input: $input) { vm { id } } }", {
      input: { name: "short-lived", clusterId: (await dashboard.execute<any>("{ clusters { nodes { id } } }")).clusters.nodes[0].id },
    });
    await to(page, `vms/${addVm.vm.id}`);
    await page.getByRole("heading", { name: "short-lived" }).waitFor();
    await dashboard.execute("mutation ($id: ID!) { removeVm(id: $id) { job { id } } }", { id: addVm.vm.id });
    await page.getByRole("heading", { name: "Virtual machine short-lived was removed." }).waitFor();
    await page.getByRole("link", { name: "To all virtual machines" }).click();
    await page.getByRole("heading", { name: "Virtual machines" }).waitFor();
  });

  it("are called in the tab by what they show and its noun, also when it is renamed meanwhile", async () => {
    const page = await dashboard.enter();
    for (const [hash, title] of [
      ["", "Overview – Overt"],
      ["hosts", "Hosts – Overt"],
      ["vms", "Virtual machines – Overt"],
      ["vnicProfiles", "vNIC profiles – Overt"],
      ["events", "Events – Overt"],
      [`clusters/${dashboard.plain.clusters.id}`, "Default – Cluster – Overt"],
      [`vms/${dashboard.ids.running}`, "vm-1 – Virtual machine – Overt"],
    ] as const) {
      await to(page, hash);
      await soon(() => page.title()).toBe(title);
    }
    const rename = (id: string, name: string, verb: string, type: string) =>
      dashboard.execute(`mutation ($id: ID!, $input: ${type}!) { ${verb}(id: $id, input: $input) { __typename } }`, {
        id,
        input: { name },
      });
    await rename(dashboard.ids.running, "renamed", "updateVm", "UpdateVmInput");
    await soon(() => page.title()).toBe("renamed – Virtual machine – Overt");
    await rename(dashboard.ids.running, "vm-1", "updateVm", "UpdateVmInput");
    await soon(() => page.title()).toBe("vm-1 – Virtual machine – Overt");
    await to(page, `hosts/${dashboard.ids.host}`);
    await soon(() => page.title()).toMatch(/^sim-\d – Host – Overt$/);
    await rename(dashboard.ids.host, "sim-x", "updateHost", "UpdateHostInput");
    await soon(() => page.title()).toBe("sim-x – Host – Overt");
    await rename(dashboard.ids.host, "sim-1", "updateHost", "UpdateHostInput");
    const stranger = await dashboard.open();
    await soon(() => stranger.title()).toBe("Log in – Overt");
  });

  it("count one as one", async () => {
    const page = await dashboard.enter();
    const places = everyPlace(dashboard);
    const wrong = /(^|[^\d.,])1 (VMs|CPUs|virtual machines|disks|hosts|sockets|cores|threads)\b/;
    for (const { visit } of places) {
      await visit(page);
      expect(await page.locator("body").innerText()).not.toMatch(wrong);
      await page.keyboard.press("Escape");
    }
    await places.find(({ name }) => name === "dialog of a migration")!.visit(page);
    await soon(() => page.getByRole("dialog").innerText()).toMatch(/\b(0 VMs|1 VM)\b/);
    await page.keyboard.press("Escape");
    await places.find(({ name }) => name === "dialog to remove a VM")!.visit(page);
    await page.getByRole("dialog").getByText("all that is on its 1 disk are removed").waitFor();
  });

  it("offer to resume what was suspended", async () => {
    const page = await dashboard.enter();
    await to(page, `vms/${dashboard.ids.running}`);
    const button = (name: string) =>
      page.getByRole("toolbar").getByRole("button", { name, exact: true }).and(page.locator('[aria-disabled="false"]'));
    await button("Suspend").click();
    await button("Resume").click();
    await button("Suspend").waitFor();
    expect(await page.getByRole("toolbar").getByRole("button", { name: "Start", exact: true }).count()).toBe(1);
  });

  it.each([1280, 768, 390])("need no scrolling to the side in a window of %i px", async (width) => {
    const page = await dashboard.enter({ viewport: { width, height: 844 } });
    for (const { name, visit } of everyPlace(dashboard)) {
      await visit(page);
      expect(await page.evaluate(tooWide), name).toEqual([]);
      await page.keyboard.press("Escape");
    }
    await page.getByRole("tab", { name: "Events" }).click();
    await page.getByRole("list", { name: "Events", exact: true }).getByRole("listitem").first().waitFor();
    expect(await page.evaluate(tooWide), "events").toEqual([]);
  });
});

/** In the page: what scrolls sideways, or reaches out of the window. */
function tooWide(): string[] {
  const { document, getComputedStyle } = globalThis as any;
  const root = document.documentElement;
  const wide: string[] = root.scrollWidth > root.clientWidth ? [`the page: ${root.scrollWidth} px`] : [];
  for (const element of document.querySelectorAll("body *")) {
    const scrolls = ["auto", "scroll"].includes(getComputedStyle(element).overflowX) && element.tagName !== "TEXTAREA";
    if (scrolls && element.scrollWidth > element.clientWidth + 1) {
      const out = [...element.querySelectorAll("*")].findLast(
        (inner) => inner.getBoundingClientRect().right > element.getBoundingClientRect().left + element.clientWidth + 1,
      );
      wide.push(`${element.tagName}.${element.className} scrolls because of ${out?.outerHTML.slice(0, 200)}`);
    }
    const { left, right, width } = element.getBoundingClientRect();
    const control = ["BUTTON", "INPUT", "SELECT", "H1", "H2", "DIALOG", "A"].includes(element.tagName);
    if (control && width > 0 && !element.matches(".skip") && (left < -1 || right > root.clientWidth + 1))
      wide.push(`${element.tagName} ${element.textContent.slice(0, 30)} reaches out`);
  }
  return wide;
}
