import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { logIn, sharedDashboard, whyNoBrowser, type Dashboard } from "./dashboard.ts";

const REFUSED = { errors: [{ message: "Log in first.", extensions: { code: "UNAUTHENTICATED", reasons: [] } }] };
const operationOf = (body: string | null): string => (JSON.parse(body ?? "{}") as { operationName?: string }).operationName ?? "";

describe.skipIf(whyNoBrowser)(`the dashboard's log-in${whyNoBrowser ? ` (${whyNoBrowser})` : ""}`, () => {
  let dashboard: Dashboard;
  beforeAll(async () => {
    dashboard = await sharedDashboard();
  });
  afterAll(() => dashboard.stop());

  const navigation = (page: Page) => page.getByRole("navigation", { name: "Main" });

  it("lets the admin in, and knows him still when the page is loaded again", async () => {
    const page = await dashboard.enter();
    await page.reload();
    await navigation(page).waitFor();
    await page.getByRole("banner").getByText("admin@internal", { exact: true }).waitFor();
  });

  it("says that the password is wrong, and lets him try again", async () => {
    const page = await dashboard.open();
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").getByText("The user name or password is wrong.").waitFor();
    await logIn(page, dashboard.password);
  });

  it("keeps the access token out of reach of anything that outlives the page", async () => {
    const page = await dashboard.enter();
    const { origins } = await page.context().storageState();
    expect(JSON.stringify(origins)).not.toContain("eyJ");
    const [cookie] = await page.context().cookies(`${dashboard.url}/graphql`);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
  });

  it("renews a token that is refused, once, and asks again", async () => {
    const page = await dashboard.enter();
    const operations: string[] = [];
    await page.route("**/graphql", async (route) => {
      const operation = operationOf(route.request().postData());
      operations.push(operation);
      if (operation === "Hosts" && !operations.includes("Refresh")) await route.fulfill({ json: REFUSED });
      else await route.continue();
    });
    await page.getByRole("link", { name: "Hosts", exact: true }).first().click();
    await page.getByRole("link", { name: "sim-1", exact: true }).waitFor();
    expect(operations.filter((operation) => operation === "Refresh")).toHaveLength(1);
  });

  it("asks for the password again when the session was ended elsewhere", async () => {
    const page = await dashboard.enter();
    const other = await page.context().newPage();
    await other.goto(dashboard.url);
    await other.getByRole("button", { name: "Log out" }).click();
    await other.getByLabel("Password").waitFor();
    await page.getByLabel("Password").waitFor();
    await page.reload();
    await page.getByLabel("Password").waitFor();
  });
});
