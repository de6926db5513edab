import { describe, expect, test } from "vitest";
import { until } from "../../lab/graphql.ts";
import { startWholeEngine, type WholeEngine } from "../support/wholeEngine.ts";

const hostIs = (whole: WholeEngine, name: string, status: string) =>
  until(`${name} ${status}`, 20_000, async () => (await whole.hostStatus(name)) === status);

describe("A host", () => {
  test("that goes into maintenance moves its VMs away first, and serves again when it is activated", async () => {
    const whole = await startWholeEngine(2);
    const ids = [await whole.runningVm("host1"), await whole.runningVm("host1"), await whole.runningVm("host1")];
    expect(await whole.act("deactivateHost", whole.hostId("host1"), { reason: "new memory" })).toMatchObject({ status: "FINISHED" });
    expect(await whole.hostStatus("host1")).toBe("MAINTENANCE");
    for (const id of ids) expect(await whole.vm(id)).toMatchObject({ status: "UP", host: { name: "host2" } });
    expect(await whole.events("host.name = host1")).toEqual(expect.arrayContaining(["USER_VDS_MAINTENANCE", "VDS_MAINTENANCE"]));
    await whole.client.query(`mutation ($id: ID!) { activateHost(id: $id) { host { status } } }`, { id: whole.hostId("host1") });
    expect(await whole.hostStatus("host1")).toBe("UP");
  });

  test("whose VMs nobody can take stays up", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm();
    expect(await whole.act("deactivateHost", whole.hostId("host1"), {})).toMatchObject({ status: "FAILED" });
    expect(await whole.hostStatus("host1")).toBe("UP");
    expect((await whole.vm(id)).status).toBe("UP");
  });

  test("that loses power is non-responsive and its VM unknown; back again, the VM is found down", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm();
    whole.hosts.get("host1")!.powerCut();
    await hostIs(whole, "host1", "NON_RESPONSIVE");
    expect(await whole.vm(id)).toMatchObject({ status: "UNKNOWN", host: { name: "host1" } });
    whole.hosts.get("host1")!.powerOn();
    await hostIs(whole, "host1", "UP");
    await whole.vmIs(id, "DOWN");
    expect(await whole.events("vm.name = vm1")).toEqual(expect.arrayContaining(["VM_SET_TO_UNKNOWN_STATUS", "VM_DOWN_ERROR"]));
  });

  test("whose link breaks is back with its VMs, and what happened meanwhile is known", async () => {
    const whole = await startWholeEngine(1);
    const [kept, ended] = [await whole.runningVm(), await whole.runningVm()];
    const host = whole.hosts.get("host1")!;
    host.breakLink();
    host.guestShutdown(ended);
    await whole.vmIs(ended, "DOWN");
    await hostIs(whole, "host1", "UP");
    expect((await whole.vm(kept)).status).toBe("UP");
    host.restartAgent();
    await hostIs(whole, "host1", "UP");
    expect((await whole.vm(kept)).status).toBe("UP");
  });

  test("whose libvirtd is away is non-operational until it is back", async () => {
    const whole = await startWholeEngine(1);
    const id = await whole.runningVm();
    whole.hosts.get("host1")!.setLibvirt(false);
    await hostIs(whole, "host1", "NON_OPERATIONAL");
    whole.hosts.get("host1")!.setLibvirt(true);
    await hostIs(whole, "host1", "UP");
    expect((await whole.vm(id)).status).toBe("UP");
  });

  test("without a required network is non-operational", async () => {
    const whole = await startWholeEngine(1);
    const { cluster } = await whole.client.query<any>(`query ($id: ID!) { cluster(id: $id) { dataCenter { id } } }`, {
      id: whole.clusterId,
    });
    const input = { name: "storage", dataCenterId: cluster.dataCenter.id, required: true };
    await whole.client.query(`mutation ($input: AddNetworkInput!) { addNetwork(input: $input) { network { id } } }`, { input });
    whole.hosts.get("host1")!.breakLink();
    await hostIs(whole, "host1", "NON_OPERATIONAL");
  });

  test("that is removed is cut off at once and refused at its next dial", async () => {
    const whole = await startWholeEngine(1);
    const id = whole.hostId("host1");
    const remove = `mutation ($id: ID!) { removeHost(id: $id) { host { id } } }`;
    expect(await whole.refusal(remove, { id })).toMatchObject({ code: "NOT_ALLOWED_IN_STATE" });
    await whole.act("deactivateHost", id, {});
    await whole.client.query(remove, { id });
    const host = whole.hosts.get("host1")!;
    await until("the link cut", 5_000, async () => !host.connected);
    await until("the next dial refused", 20_000, async () => host.lastEnd?.status === 403 || host.lastEnd?.status === 401);
    expect(await whole.client.query<any>(`{ hosts { totalCount } }`)).toMatchObject({ hosts: { totalCount: 0 } });
  });

  test("whose certificate is revoked is cut off, and a new enrolment brings it back", async () => {
    const whole = await startWholeEngine(1);
    const id = whole.hostId("host1");
    await whole.client.query(`mutation ($id: ID!) { revokeCertificateHost(id: $id) { host { id } } }`, { id });
    await hostIs(whole, "host1", "NON_RESPONSIVE");
    const { enrollCertificateHost } = await whole.client.query<any>(
      `mutation ($id: ID!) { enrollCertificateHost(id: $id) { enrollment { token command fingerprint } } }`,
      { id },
    );
    expect(enrollCertificateHost.enrollment.command).toContain(`--token ${enrollCertificateHost.enrollment.token}`);
  });
});
