import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mutate } from "../../lab/graphql.ts";
import { logIn, sharedDashboard, soon, whyNoBrowser, type Dashboard } from "./dashboard.ts";

const PASSWORD = "a long password";
const LISTS = ["hosts", "vms", "templates", "clusters", "dataCenters", "storageDomains", "disks", "networks", "vnicProfiles", "users"];

describe.skipIf(whyNoBrowser)(`permissions in the dashboard${whyNoBrowser ? ` (${whyNoBrowser})` : ""}`, () => {
  let dashboard: Dashboard;
  let vm: string;
  let other: string;
  let users: Record<"eve" | "bob", string>;
  beforeAll(async () => {
    dashboard = await sharedDashboard();
    [vm, other] = [await dashboard.addVm("seen-by-eve"), await dashboard.addVm("hidden-from-eve")];
    const add = (userName: string, roles: string[]) =>
      mutate(dashboard.client, "addUser", "user", { input: { userName, password: PASSWORD, roles } });
    users = { eve: await add("eve-p", ["DiskCreator"]), bob: await add("bob-p", []) };
  });
  afterAll(async () => {
    for (const id of [vm, other]) await dashboard.removeVm(id);
    for (const id of Object.values(users)) await mutate(dashboard.client, "removeUser", "user", { id });
    await dashboard.stop();
  });

  const table = (page: Page) => page.getByRole("region", { name: /^Permissions/ });
  const give = async (page: Page, { user, role }: { user?: string; role: string }) => {
    await table(page).getByRole("button", { name: "Give a role" }).click();
    const dialog = page.getByRole("dialog", { name: "Give a role" });
    if (user !== undefined) {
      await dialog.getByRole("combobox", { name: "User" }).fill(user);
      await dialog.getByRole("option", { name: `${user}@internal`, exact: true }).click();
    }
    await dialog.getByLabel("Role").selectOption({ label: role });
    await dialog.getByRole("button", { name: "Add" }).click();
    await dialog.waitFor({ state: "detached" });
  };
  const enterAsEve = async (options: object = {}) => {
    const page = await dashboard.open(options);
    await page.getByLabel("User").fill("eve-p");
    await logIn(page, PASSWORD);
    return page;
  };

  it("are given on the page of an object, hold at once for who has the dashboard open, and are taken on a page of their own", async () => {
    const eve = await enterAsEve();
    await eve.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Virtual machines", exact: true }).click();
    await eve.getByText("No virtual machines yet").waitFor();

    const admin = await dashboard.enter();
    await admin.goto(`${dashboard.url}/#/vms/${vm}`);
    await give(admin, { user: "eve-p", role: "UserRole" });
    const row = table(admin).getByRole("row").filter({ hasText: "eve-p@internal" });
    await row.waitFor();
    await eve.getByRole("link", { name: "seen-by-eve" }).waitFor();
    expect(await eve.getByRole("link", { name: "hidden-from-eve" }).count()).toBe(0);

    await row.getByRole("link", { name: "UserRole" }).click();
    await admin.getByRole("heading", { level: 1, name: "UserRole of eve-p@internal" }).waitFor();
    await admin.getByRole("link", { name: "seen-by-eve" }).waitFor();
    await admin.getByRole("toolbar").getByRole("button", { name: "Remove" }).click();
    await admin
      .getByRole("dialog", { name: "Remove permission UserRole of eve-p@internal?" })
      .getByRole("button", { name: "Remove" })
      .click();
    await admin.getByText("Permission UserRole of eve-p@internal was removed.").waitFor();
    await eve.getByRole("link", { name: "seen-by-eve" }).waitFor({ state: "detached" });
  });

  it("are given on the system on a user's page, and are listed there and among all", async () => {
    const admin = await dashboard.enter();
    await admin.goto(`${dashboard.url}/#/users/${users.bob}`);
    await admin.getByText("He has no role anywhere, and cannot log in.").waitFor();
    await give(admin, { role: "HostAdmin (for administrators)" });
    await table(admin).getByRole("row").filter({ hasText: "HostAdmin" }).filter({ hasText: "The system" }).waitFor();
    await admin.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Permissions", exact: true }).click();
    await admin.getByRole("searchbox").fill("user.name = bob-p@internal");
    await soon(() => admin.getByRole("row").filter({ hasText: "HostAdmin" }).count()).toBe(1);
  });

  it.each([1280, 400])("that are few leave a dashboard without a fault, %i pixels wide", async (width) => {
    await mutate(dashboard.client, "addPermission", "permission", {
      input: { userId: users.eve, roleId: await roleId("UserRole"), objectKind: "Vm", objectId: vm },
    });
    const eve = await enterAsEve({ viewport: { width, height: 800 } });
    const faults: string[] = [];
    eve.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    const look = async (hash: string) => {
      await eve.goto(`${dashboard.url}/#/${hash}`);
      await eve.getByRole("heading", { level: 1 }).waitFor({ state: "attached" });
      const text = await eve.locator("main").innerText();
      expect(text, hash).not.toMatch(/undefined|\bnull\b|NaN|\[object/);
      expect(await eve.evaluate("document.documentElement.scrollWidth <= innerWidth"), hash).toBe(true);
    };
    for (const list of ["", ...LISTS, "permissions", "events"]) await look(list);
    await look(`vms/${vm}`);
    await eve.getByRole("toolbar").getByRole("button", { name: "Start" }).waitFor();
    await eve.goto(`${dashboard.url}/#/vms/${other}`);
    await eve.getByText("There is no such virtual machine.").first().waitFor();
    expect(faults).toEqual([]);
    const { permissions } = await dashboard.execute<any>(`{ permissions(search: "object = ${vm}") { nodes { id } } }`);
    for (const { id } of permissions.nodes) await mutate(dashboard.client, "removePermission", "permission", { id });
  });

  const roleId = async (wanted: string) => {
    const { roles } = await dashboard.execute<any>("{ roles(first: 100) { nodes { id name } } }");
    return roles.nodes.find(({ name }: { name: string }) => name === wanted).id as string;
  };
});
