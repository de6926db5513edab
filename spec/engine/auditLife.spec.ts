import { describe, expect, test, vi } from "vitest";
import type { VmReport } from "../../schema/hostlink.ts";
import { Event } from "../../src/domain/event/event.ts";
import { startTestEngine } from "../support/engine.ts";
import { running, startHostileHost } from "../support/hostileHost.ts";
import { startWholeEngine, type WholeEngine } from "../support/wholeEngine.ts";

/** Answers the events that a search finds and that were not answered before, in their order. */
function newsOf(whole: WholeEngine, search: string) {
  let known = 0;
  return async (): Promise<string[]> => {
    const all = await whole.events(search);
    return all.slice(known, (known = all.length));
  };
}
const hostIs = (whole: WholeEngine, name: string, status: string) =>
  vi.waitFor(() => expect([...whole.engine.journal.snapshot().by("Host", "name", name)].map((host) => host.status)).toEqual([status]), {
    timeout: 20_000,
    interval: 20,
  });

describe("The audit trail", () => {
  test("has what became of a VM, also where it failed", async () => {
    const whole = await startWholeEngine(1);
    await whole.addStorage();
    const id = await whole.runningVm();
    const host = whole.hosts.get("host1")!;
    const news = newsOf(whole, "vm.name = vm1");
    expect(await news()).toEqual(["USER_ADD_VM", "USER_STARTED_VM", "USER_RUN_VM"]);
    const failures = [
      ["rebootVm", "vm.reboot", ["USER_REBOOT_VM", "USER_FAILED_REBOOT_VM"]],
      ["resetVm", "vm.reset", ["USER_RESET_VM", "USER_FAILED_RESET_VM"]],
      ["shutdownVm", "vm.shutdown", ["USER_INITIATED_SHUTDOWN_VM", "USER_FAILED_SHUTDOWN_VM"]],
      ["stopVm", "vm.destroy", ["USER_STOP_VM", "USER_FAILED_STOP_VM"]],
      ["suspendVm", "vm.suspend", ["USER_SUSPEND_VM", "USER_FAILED_SUSPEND_VM"]],
    ] as const;
    for (const [verb, method, events] of failures) {
      host.failNext(method, "LIBVIRT");
      expect(await whole.act(verb, id)).toMatchObject({ status: "FAILED" });
      expect(await news()).toEqual(events);
      expect((await whole.vm(id)).status).toBe("UP");
    }
    await whole.act("suspendVm", id);
    expect(await news()).toEqual(["USER_SUSPEND_VM", "USER_SUSPEND_VM_OK"]);
    host.failNext("vm.discardMemory", "STORAGE");
    await whole.act("discardVmMemory", id);
    expect(await news()).toEqual(["USER_STOP_SUSPENDED_VM", "USER_STOP_SUSPENDED_VM_FAILED"]);
    await whole.act("startVm", id);
    await whole.vmIs(id, "UP");
    expect(await news()).toEqual(["USER_STARTED_VM", "USER_RUN_VM"]);
    host.pauseVm(id);
    await whole.vmIs(id, "PAUSED");
    expect(await news()).toEqual(["VM_PAUSED"]);
    host.failNext("vm.resume", "LIBVIRT");
    await whole.act("startVm", id);
    expect(await news()).toEqual(["USER_FAILED_RESUME_VM"]);
    await whole.act("startVm", id);
    await whole.vmIs(id, "UP");
    expect(await news()).toEqual(["VM_RECOVERED_FROM_PAUSE_ERROR", "USER_RESUME_VM"]);
  });

  test("has why a VM paused, and that a host that fell silent tells of it again", async () => {
    const whole = await startWholeEngine(0);
    const host = await startHostileHost(whole, { name: "raw" });
    const vmId = await whole.addVm();
    const news = newsOf(whole, "vm.name = vm1");
    const pause = (pauseReason: VmReport["pauseReason"]) =>
      host.tell({ type: "vm.state", vm: running(vmId, { state: "PAUSED", pauseReason }) });
    const goOn = () => host.tell({ type: "vm.state", vm: running(vmId) });
    await goOn();
    expect(await news()).toEqual(["USER_ADD_VM"]);
    for (const [reason, event] of [
      ["NO_SPACE", "VM_PAUSED_ENOSPC"],
      ["IO_ERROR", "VM_PAUSED_EIO"],
      ["SLEEPING", "VM_PAUSED"],
      ["USER", "VM_PAUSED"],
    ] as const) {
      // prettier-ignore
      await pause(reason);
      await pause(reason);
      await goOn();
      expect([reason, ...(await news())]).toEqual([reason, event, "VM_RECOVERED_FROM_PAUSE_ERROR"]);
    }
    host.link.socket.terminate();
    await whole.vmIs(vmId, "UNKNOWN");
    expect(await news()).toEqual(["VM_SET_TO_UNKNOWN_STATUS"]);
    await host.dial({ vms: [running(vmId)] });
    expect((await whole.vm(vmId)).status).toBe("UP");
    expect(await news()).toEqual(["VM_STATUS_RESTORED"]);
  });

  test("has how a host came, left and failed", async () => {
    const whole = await startWholeEngine(2);
    const host = whole.hosts.get("host1")!;
    await whole.runningVm("host1");
    const news = newsOf(whole, "host.name = host1");
    expect(await news()).toEqual([
      "USER_ADD_VDS",
      "HOST_CERTIFICATION_ENROLLMENT_FINISHED",
      "VDS_DETECTED",
      "USER_STARTED_VM",
      "USER_RUN_VM",
    ]);
    await whole.act("deactivateHost", whole.hostId("host1"), {});
    expect(await news()).toEqual(["USER_VDS_MAINTENANCE_WITHOUT_REASON", "VM_MIGRATION_START_SYSTEM_INITIATED", "VDS_MAINTENANCE"]);
    await whole.client.query(`mutation ($id: ID!) { activateHost(id: $id) { host { status } } }`, { id: whole.hostId("host1") });
    expect(await news()).toEqual(["VDS_ACTIVATE", "VDS_DETECTED"]);
    host.setLibvirt(false);
    await hostIs(whole, "host1", "NON_OPERATIONAL");
    host.setLibvirt(true);
    await hostIs(whole, "host1", "UP");
    expect(await news()).toEqual(["VDS_SET_NONOPERATIONAL", "VDS_DETECTED"]);
    host.powerCut();
    await hostIs(whole, "host1", "NON_RESPONSIVE");
    expect(await news()).toEqual(["VDS_HOST_NOT_RESPONDING_CONNECTING", "VDS_HOST_NOT_RESPONDING"]);
    const { dataCenterId } = whole.engine.journal.snapshot().need("Cluster", whole.clusterId);
    const input = { name: "storage", dataCenterId, required: true };
    await whole.client.query(`mutation ($input: AddNetworkInput!) { addNetwork(input: $input) { network { id } } }`, { input });
    host.powerOn();
    await hostIs(whole, "host1", "NON_OPERATIONAL");
    expect(await news()).toEqual(["VDS_SET_NONOPERATIONAL_NETWORK"]);
  });

  test("has who came, failed to, left, and was given or denied what", async () => {
    const { post, ask, engine } = await startTestEngine();
    let known = 0;
    const news = async () => {
      const events = await engine.database.reader.find(Event, { order: { cursor: "ASC", number: "ASC" } });
      const names = events.map(({ name, severity }) => `${severity} ${name}`);
      return names.slice(known, (known = names.length));
    };
    const eve = { user: "eve", password: "another password" };
    const { addUser } = await ask(
      `mutation { addUser(input: { userName: "eve", password: "another password", roles: ["UserRole"] }) { user { id } } }`,
    );
    expect(await news()).toEqual(["NORMAL USER_VDC_LOGIN", "NORMAL USER_ADD"]);
    const login = `mutation ($user: String!, $password: String!) { login(user: $user, password: $password) { accessToken refreshToken } }`;
    const logIn = async () => (await post(login, eve)).data!["login"];
    await post(login, { ...eve, password: "wrong" });
    expect(await news()).toEqual(["ERROR USER_VDC_LOGIN_FAILED"]);
    const { refreshToken: token } = await logIn();
    await post("mutation ($token: String!) { logout(refreshToken: $token) { loggedOut } }", { token });
    expect(await news()).toEqual(["NORMAL USER_VDC_LOGIN", "NORMAL USER_VDC_LOGOUT"]);
    const stolen = (await logIn()).refreshToken;
    for (let use = 0; use < 2; use++)
      await post("mutation ($stolen: String!) { refreshToken(refreshToken: $stolen) { accessToken } }", { stolen });
    expect(await news()).toEqual(["NORMAL USER_VDC_LOGIN", "NORMAL USER_VDC_SESSION_TERMINATED"]);
    const { accessToken } = await logIn();
    const change = (currentPassword: string) =>
      post(
        "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { user { id } } }",
        { input: { currentPassword, newPassword: "a third password" } },
        accessToken,
      );
    await change("wrong");
    await change(eve.password);
    expect(await news()).toEqual(["NORMAL USER_VDC_LOGIN", "ERROR USER_PASSWORD_CHANGE_FAILED", "NORMAL USER_PASSWORD_CHANGED"]);
    const { id } = addUser.user;
    await ask(`mutation ($id: ID!) { updateUser(id: $id, input: { password: "the fourth one" }) { user { id } } }`, { id });
    await ask(`mutation ($id: ID!) { removeUser(id: $id) { user { id } } }`, { id });
    expect(await news()).toEqual(["NORMAL USER_PASSWORD_CHANGED", "NORMAL USER_REMOVE_ADUSER"]);
  });
});
