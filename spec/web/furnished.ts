import type { Page } from "playwright-core";
import { mutate, until, type GraphQLClient } from "../../lab/graphql.ts";
import { soon, startDashboard, type Dashboard } from "./dashboard.ts";

/** A dashboard with something of everything: a VM with disk and NIC that runs, one that is down and has a very long name. */
export interface Furnished extends Dashboard {
  /** `running` is `vm-1`, with a disk and a NIC. */
  ids: { host: string; running: string; stopped: string };
  /** One object of each noun that is nothing but its declaration, by the name of its list. */
  plain: Record<(typeof PLAIN)[number], { id: string; name: string }>;
}
const PLAIN = [
  "templates",
  "clusters",
  "dataCenters",
  "storageDomains",
  "disks",
  "networks",
  "vnicProfiles",
  "users",
  "tags",
  "bookmarks",
  "groups",
  "roles",
  "schedulingPolicies",
  "qoss",
  "cpuProfiles",
  "diskProfiles",
  "instanceTypes",
  "macPools",
  "affinityGroups",
  "affinityLabels",
] as const;
const LONG_NAME = `z-${"long".repeat(60)}`;
const MIB = 2 ** 20;

export async function startFurnished(): Promise<Furnished> {
  const dashboard = await startDashboard({ hosts: 2, vms: 1 });
  const { client, execute } = dashboard;
  const found = await execute<Record<string, { nodes: { id: string }[] }>>(
    "{ clusters { nodes { id } } dataCenters { nodes { id } } vnicProfiles { nodes { id } } hosts { nodes { id } } vms { nodes { id } } }",
  );
  const first = (list: string) => found[list]!.nodes[0]!.id;
  const add = (verb: string, noun: string, input: object) => mutate(client, verb, noun, { input });
  const storage = { type: "POSIXFS", path: "/srv/vms" };
  const storageDomainId = await add("addStorageDomain", "storageDomain", { name: "data1", dataCenterId: first("dataCenters"), storage });
  await add("addTag", "tag", { name: "web", parentId: await add("addTag", "tag", { name: "production" }) });
  await add("addBookmark", "bookmark", { name: "running", value: "Vms: status = up" });
  const qosId = await add("addQos", "qos", { name: "slow", dataCenterId: first("dataCenters"), type: "CPU", cpuLimit: 50 });
  await add("addCpuProfile", "cpuProfile", { name: "half", clusterId: first("clusters"), qosId });
  await add("addDiskProfile", "diskProfile", { name: "all", storageDomainId });
  await add("addGroup", "group", { name: "a-team" });
  const weights = [{ unit: "OPTIMAL_FOR_EVEN_GUEST_DISTRIBUTION", factor: 1 }];
  await add("addSchedulingPolicy", "schedulingPolicy", { name: "a-policy", weights });
  await add("addRole", "role", { name: "a-role", permitNames: ["LOGIN"] });
  const group = { name: "apart", clusterId: first("clusters"), hostIds: [first("hosts")] };
  await add("addAffinityGroup", "affinityGroup", group);
  await add("addAffinityLabel", "affinityLabel", { name: "gpu", hostIds: [first("hosts")] });
  const running = first("vms");
  const settings = { name: LONG_NAME, description: LONG_NAME, clusterId: first("clusters"), memory: 256 * MIB };
  const stopped = await add("addVm", "vm", settings);
  await mutate(client, "stopVm", "vm", { id: running });
  for (const vmId of [running, stopped]) {
    await vmIs(client, vmId, "DOWN");
    await add("addNic", "nic", { vmId, vnicProfileId: first("vnicProfiles") });
    const attachment = { vmId, bootable: true };
    await add("addDisk", "disk", { name: `disk-of-${vmId}`, storageDomainId, provisionedSize: 64 * MIB, attachment });
  }
  await mutate(client, "startVm", "vm", { id: running });
  await vmIs(client, running, "UP");
  const selections = PLAIN.map((list) => `${list} { nodes { id name${list === "users" ? ": userName" : ""} } }`).join(" ");
  const plain = await execute<Record<(typeof PLAIN)[number], { nodes: { id: string; name: string }[] }>>(`{ ${selections} }`);
  const firsts = Object.fromEntries(
    PLAIN.map((list) => [list, plain[list].nodes.find(({ name }) => name.startsWith("a-")) ?? plain[list].nodes[0]!]),
  ) as Furnished["plain"];
  return { ...dashboard, plain: firsts, ids: { host: first("hosts"), running, stopped } };
}

const vmIs = (client: GraphQLClient, id: string, status: string) =>
  until(`the VM ${status}`, 20_000, async () => {
    const { vm } = await client.query<{ vm: { status: string } }>("query ($id: ID!) { vm(id: $id) { status } }", { id });
    return vm.status === status;
  });

interface Place {
  name: string;
  /** Brings a page that is logged in there; resolves when it is drawn. */
  visit: (page: Page) => Promise<unknown>;
}

/** Every page and every dialog there is. */
export function everyPlace({ url, ids, plain }: Furnished): Place[] {
  const heading = (page: Page, name: string | RegExp) => page.getByRole("heading", { level: 1, name }).waitFor({ state: "attached" });
  const at = (hash: string, name: string | RegExp) => async (page: Page) => {
    await page.goto(`${url}/#/${hash}`);
    await heading(page, name);
  };
  const running = async (page: Page) => {
    await at(`vms/${ids.running}`, "vm-1")(page);
    const chart = page.getByRole("figure", { name: "Disk" });
    await soon(async () => Number(await chart.getAttribute("data-points"))).toBeGreaterThan(1);
  };
  const host = async (page: Page) => {
    await at(`hosts/${ids.host}`, /sim-/)(page);
    await page.getByText("libvirt", { exact: true }).waitFor();
  };
  const pressed = (there: (page: Page) => Promise<unknown>, button: string | RegExp) => async (page: Page) => {
    await there(page);
    await page.locator("main").getByRole("button", { name: button, exact: true }).and(page.locator('[aria-disabled="false"]')).click();
    await page.getByRole("dialog").waitFor();
  };
  const stopped = at(`vms/${ids.stopped}`, /^z-/);
  return [
    { name: "overview", visit: at("", "Overview") },
    { name: "hosts", visit: at("hosts", /^Hosts \d/) },
    { name: "VMs", visit: at("vms", /^Virtual machines \d/) },
    { name: "events", visit: at("events", "Events") },
    { name: "host", visit: host },
    { name: "VM that runs", visit: running },
    { name: "VM that is down, of a long name", visit: stopped },
    { name: "no such page", visit: at("nonsense", "There is no such page.") },
    { name: "no such VM", visit: at("vms/never", "There is no such virtual machine.") },
    { name: "dialog to add a host", visit: pressed(at("hosts", /^Hosts \d/), "Add host") },
    { name: "dialog to enrol a host", visit: pressed(host, "Enrol") },
    { name: "dialog of maintenance", visit: pressed(host, "Maintenance") },
    { name: "dialog of a migration", visit: pressed(running, "Migrate") },
    { name: "dialog to power off", visit: pressed(running, "Power off") },
    { name: "dialog to remove a VM", visit: pressed(stopped, "Remove") },
    { name: "dialog to add a VM", visit: pressed(at("vms", /^Virtual machines \d/), "Add virtual machine") },
    { name: "permissions", visit: at("permissions", /^Permissions \d/) },
    { name: "dialog to give a role on the system", visit: pressed(at("permissions", /^Permissions \d/), "Add permission") },
    { name: "dialog to give a role on a VM", visit: pressed(stopped, "Give a role") },
    ...PLAIN.flatMap((list) => {
      const { id, name } = plain[list];
      const there = at(`${list}/${id}`, name);
      return [
        { name: list, visit: at(list, / \d+$/) },
        { name: `one of ${list}`, visit: there },
        { name: `dialog to add to ${list}`, visit: pressed(at(list, / \d+$/), /^Add /) },
        { name: `dialog to edit one of ${list}`, visit: pressed(there, "Edit") },
        { name: `dialog to remove one of ${list}`, visit: pressed(there, "Remove") },
      ];
    }),
  ];
}
