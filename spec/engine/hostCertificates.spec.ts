import { randomUUID, X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { CloseCode } from "../../schema/hostlink.ts";
import { until } from "../../lab/graphql.ts";
import { enrollSimulated, newCsr } from "../../lab/simulated/enroll.ts";
import type { Identity } from "../../lab/simulated/wire.ts";
import { noticesOfCertificates } from "../../src/domain/host/certificateNotices.ts";
import { openAuthority } from "../../src/hostlink/authority.ts";
import { createRenewals } from "../../src/hostlink/renewals.ts";
import { x509 } from "../../src/hostlink/x509.ts";
import { moveClock } from "../support/clock.ts";
import { startHostileHost, type HostileHost } from "../support/hostileHost.ts";
import { post } from "../support/enrol.ts";
import { refusedDial } from "../support/hostlinkDial.ts";
import { startWholeEngine, type WholeEngine } from "../support/wholeEngine.ts";

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const linkUrl = (whole: WholeEngine) => whole.engine.settings.hostlinkUrl;
const serialOf = ({ certificate }: Identity) => new X509Certificate(certificate).serialNumber.toLowerCase();
const refusal = (whole: WholeEngine, { certificate, key }: Pick<Identity, "certificate" | "key">) =>
  refusedDial(linkUrl(whole), { cert: certificate, key });
const reasons = (whole: WholeEngine) => whole.logged.flatMap(({ reason }) => reason ?? []);

async function addHost(whole: WholeEngine, name: string): Promise<{ token: string; fingerprint: string; url: string; hostId: string }> {
  const document = `mutation ($input: AddHostInput!) { addHost(input: $input) { host { id } enrollment { token fingerprint url } } }`;
  const input = { name, address: `${name}.example`, clusterId: whole.clusterId };
  const { addHost: added } = await whole.client.query<any>(document, { input });
  return { ...added.enrollment, hostId: added.host.id };
}
const enroll = ({ token, fingerprint, url }: { token: string; fingerprint: string; url: string }) =>
  enrollSimulated({ engineUrl: url, token, fingerprint });

/** Asks for a new certificate over the live link. */
async function renew(host: HostileHost): Promise<Identity> {
  const { csr, key } = await newCsr();
  const { result, error } = await host.ask("renew", { csr });
  if (error) throw Object.assign(new Error(error.message), { code: error.data?.code });
  return { ...host.identity, key, certificate: result.certificate };
}

describe("A one-time token", () => {
  test("is good once, for ten minutes, and only for the host it was made for", async () => {
    const whole = await startWholeEngine(0);
    const added = await addHost(whole, "a");
    expect((await enroll(added)).hostId).toBe(added.hostId);
    const refused = (code: string) => ({ status: 403, code: "FORBIDDEN", message: expect.stringContaining(code) });
    await expect(enroll(added)).rejects.toMatchObject(refused("used before"));
    await expect(enroll({ ...added, token: "nobody-ever-made-this-token" })).rejects.toMatchObject(refused("not known"));
    const [inTime, late] = [await addHost(whole, "b"), await addHost(whole, "c")];
    moveClock(9 * MINUTE);
    expect((await enroll(inTime)).hostId).toBe(inTime.hostId);
    moveClock(2 * MINUTE);
    await expect(enroll(late)).rejects.toMatchObject(refused("expired"));
  });

  test("ends with the next that is made for its host, and with the host's certificates", async () => {
    const whole = await startWholeEngine(0);
    const added = await addHost(whole, "a");
    const again = `mutation ($id: ID!) { enrollCertificateHost(id: $id) { enrollment { token } } }`;
    const next = async () => (await whole.client.query<any>(again, { id: added.hostId })).enrollCertificateHost.enrollment.token as string;
    const unknown = { status: 403, message: expect.stringContaining("not known") };
    const second = await next();
    await expect(enroll(added)).rejects.toMatchObject(unknown);
    expect((await enroll({ ...added, token: second })).hostId).toBe(added.hostId);
    const third = await next();
    await whole.client.query(`mutation ($id: ID!) { revokeCertificateHost(id: $id) { host { id } } }`, { id: added.hostId });
    await expect(enroll({ ...added, token: third })).rejects.toMatchObject(unknown);
  });

  test("is told once: the same idempotency key gives the host again, and no token that is good for nothing", async () => {
    const whole = await startWholeEngine(0);
    const document = `mutation ($input: AddHostInput!) { addHost(input: $input, idempotencyKey: "once") { host { id } enrollment { token fingerprint url } } }`;
    const input = { name: "a", address: "a.example", clusterId: whole.clusterId };
    const [first, again] = [await whole.client.query<any>(document, { input }), await whole.client.query<any>(document, { input })];
    expect(again.addHost).toEqual({ host: first.addHost.host, enrollment: null });
    expect((await enroll(first.addHost.enrollment)).hostId).toBe(first.addHost.host.id);
    const more = `mutation ($id: ID!) { enrollCertificateHost(id: $id, idempotencyKey: "twice") { enrollment { token } } }`;
    const enrolments = [];
    for (let n = 0; n < 2; n++) enrolments.push(await whole.client.query<any>(more, { id: first.addHost.host.id }));
    expect(enrolments.map(({ enrollCertificateHost: { enrollment } }) => enrollment && "told")).toEqual(["told", null]);
  });

  test("is used up by a certificate, not by a request that cannot be signed", async () => {
    const whole = await startWholeEngine(0);
    const added = await addHost(whole, "a");
    const forged = new Uint8Array(x509.PemConverter.decodeFirst((await newCsr()).csr));
    forged[forged.length - 1]! ^= 1;
    for (const bad of ["nonsense", x509.PemConverter.encode(forged, "CERTIFICATE REQUEST")])
      expect(await post(added.url, { token: added.token, csr: bad })).toMatchObject({ status: 400, code: "INVALID" });
    expect((await enroll(added)).hostId).toBe(added.hostId);
  });

  test("that two use at the same time gives one certificate", async () => {
    const whole = await startWholeEngine(0);
    const added = await addHost(whole, "a");
    const outcomes = await Promise.allSettled([enroll(added), enroll(added), enroll(added)]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });
});

describe("A host's certificate", () => {
  test("is refused when nobody noted it, or it was made for another host", async () => {
    const whole = await startWholeEngine(0);
    const host = await startHostileHost(whole);
    const authority = await openAuthority(whole.engine.secrets);
    const { csr, key } = await newCsr();
    const { pem } = await authority.signHost(csr, host.hostId, MINUTE);
    expect(await refusal(whole, { certificate: pem, key })).toBe(403);
    const stranger = await authority.signHost(csr, randomUUID(), MINUTE);
    expect(await refusal(whole, { certificate: stranger.pem, key })).toBe(403);
    expect(reasons(whole)).toEqual(["unknown certificate", "unknown host"]);
  });

  test("is shown with the host", async () => {
    const whole = await startWholeEngine(0);
    const host = await startHostileHost(whole);
    const query = `query ($id: ID!) { host(id: $id) { certificate { serialNumber subject issuedAt expiresAt content } } }`;
    const { certificate } = (await whole.client.query<any>(query, { id: host.hostId })).host;
    expect(certificate).toMatchObject({
      serialNumber: serialOf(host.identity),
      subject: `CN=host:${host.hostId}`,
      expiresAt: new X509Certificate(host.identity.certificate).validToDate.toISOString(),
      content: expect.stringContaining("BEGIN CERTIFICATE"),
    });
    expect(Math.abs(Date.parse(certificate.issuedAt) - Date.now())).toBeLessThan(MINUTE);
    await whole.client.query(`mutation ($id: ID!) { revokeCertificateHost(id: $id) { host { id } } }`, { id: host.hostId });
    expect((await whole.client.query<any>(query, { id: host.hostId })).host.certificate).toBeNull();
  });

  test("that was renewed is good for an hour after the new one was dialled with, and then ends", async () => {
    const whole = await startWholeEngine(0);
    const host = await startHostileHost(whole);
    const first = host.identity;
    const second = await renew(host);
    expect((await host.dial({}, second)).result).toBeDefined();
    moveClock(50 * MINUTE);
    expect((await host.dial({}, first)).result).toBeDefined();
    const shown = () => whole.engine.journal.snapshot().need("Host", host.hostId).certificate?.serialNumber;
    expect(shown()).toBe(serialOf(second));
    const closed = host.link.closed;
    moveClock(20 * MINUTE);
    expect(await refusal(whole, first)).toBe(403);
    expect((await host.dial({}, second)).result).toBeDefined();
    expect(await closed).toBe(CloseCode.REPLACED);
    expect(shown()).toBe(serialOf(second));
  });

  test("goes on when another is made by a new token", async () => {
    const whole = await startWholeEngine(0);
    const host = await startHostileHost(whole);
    const before = host.identity;
    const document = `mutation ($id: ID!) { enrollCertificateHost(id: $id) { enrollment { token fingerprint url } } }`;
    const { enrollCertificateHost } = await whole.client.query<any>(document, { id: host.hostId });
    await enroll(enrollCertificateHost.enrollment);
    expect(await host.dial({}, before)).toMatchObject({ result: { protocol: expect.anything() } });
    expect(whole.engine.hosts.connected(host.hostId)).toBe(true);
  });

  test("is one of at most two: a third makes the unused one useless", async () => {
    const whole = await startWholeEngine(0);
    const host = await startHostileHost(whole);
    const unused = await renew(host);
    const third = await renew(host);
    expect(await refusal(whole, unused)).toBe(403);
    const first = host.identity;
    expect((await host.dial({}, third)).result).toBeDefined();
    expect((await host.dial({}, first)).result).toBeDefined();
  });

  test("is renewed four times an hour, and more is refused without harm to the link", async () => {
    const whole = await startWholeEngine(0);
    const host = await startHostileHost(whole);
    for (let n = 0; n < 4; n++) await renew(host);
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => renew(host)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toEqual([]);
    await expect(renew(host)).rejects.toMatchObject({ code: "RATE_LIMITED" });
    expect(whole.engine.hosts.connected(host.hostId)).toBe(true);
  });

  test("is renewed one at a time, and what fails does not count", async () => {
    const renewals = createRenewals(DAY);
    const gate = Promise.withResolvers<string>();
    const first = renewals.run("host", () => gate.promise);
    const second = renewals.run("host", async () => "another");
    await expect(second).rejects.toMatchObject({ code: "RATE_LIMITED" });
    await expect(renewals.run("other host", async () => "its own")).resolves.toBe("its own");
    gate.resolve("done");
    await expect(first).resolves.toBe("done");
    for (let n = 0; n < 9; n++) await expect(renewals.run("host", () => Promise.reject(new Error("bad")))).rejects.toThrow("bad");
    await expect(renewals.run("host", async () => "again")).resolves.toBe("again");
  });

  test("that is about to end is told once a month, a week and at its end, also when the engine is started anew", async () => {
    let whole = await startWholeEngine(0);
    const { hostId } = await startHostileHost(whole, { name: "old" });
    const told = async () => (await whole.events("host.name = old")).filter((name) => /_EXPIRE/.test(name));
    const becomes = (count: number) => until(`${count} events`, 10_000, async () => (await told()).length === count);
    moveClock(335 * DAY - HOUR);
    await noticesOfCertificates(whole.engine);
    expect(await told()).toEqual([]);
    moveClock(2 * HOUR);
    await becomes(1);
    whole = await whole.restart();
    moveClock(23 * DAY - 2 * HOUR);
    await noticesOfCertificates(whole.engine);
    expect(await told()).toHaveLength(1);
    moveClock(2 * HOUR);
    await becomes(2);
    moveClock(7 * DAY);
    await becomes(3);
    whole = await whole.restart();
    await noticesOfCertificates(whole.engine);
    expect(await told()).toEqual([
      "HOST_CERTIFICATION_IS_ABOUT_TO_EXPIRE",
      "HOST_CERTIFICATION_IS_ABOUT_TO_EXPIRE_ALERT",
      "HOST_CERTIFICATION_HAS_EXPIRED",
    ]);
    const { events } = await whole.client.query<any>(`{ events(first: 50) { nodes { name severity } } }`);
    const severities = events.nodes.filter(({ name }: { name: string }) => /_EXPIRE/.test(name)).map(({ severity }: any) => severity);
    expect(severities).toEqual(["ALERT", "ALERT", "WARNING"]);
    expect(whole.engine.journal.snapshot().need("Host", hostId).certificateNotice).toBe("EXPIRED");
  });

  test("that is given anew after its end is told of anew", async () => {
    const whole = await startWholeEngine(0);
    const added = await addHost(whole, "late");
    await enroll(added);
    const notice = () => whole.engine.journal.snapshot().need("Host", added.hostId).certificateNotice;
    moveClock(366 * DAY);
    await noticesOfCertificates(whole.engine);
    expect(notice()).toBe("EXPIRED");
    const again = `mutation ($id: ID!) { enrollCertificateHost(id: $id) { enrollment { token } } }`;
    const { enrollCertificateHost } = await whole.client.query<any>(again, { id: added.hostId });
    await enroll({ ...added, token: enrollCertificateHost.enrollment.token });
    expect(notice()).toBeNull();
    moveClock(340 * DAY);
    await noticesOfCertificates(whole.engine);
    expect(notice()).toBe("SOON");
  });

  test("that is renewed in time is told of no more", async () => {
    // What TLS itself thinks of the two certificates is by the clock of the machine.
    moveClock(-40 * DAY);
    const whole = await startWholeEngine(0, { environment: { OVERT_CERTIFICATE_HOURS: String(50 * 24) } });
    const host = await startHostileHost(whole, { name: "new" });
    moveClock(40 * DAY);
    await until("told", 10_000, async () => (await whole.events("host.name = new")).includes("HOST_CERTIFICATION_IS_ABOUT_TO_EXPIRE"));
    await host.dial({}, await renew(host));
    const { certificateNotice } = whole.engine.journal.snapshot().need("Host", host.hostId);
    expect(certificateNotice).toBeNull();
  });
});

describe("Patience", () => {
  test("with a host that never enrols ends after ten minutes", async () => {
    const whole = await startWholeEngine(0);
    const { hostId: never } = await addHost(whole, "never");
    moveClock(2 * MINUTE);
    const { hostId: notYet } = await addHost(whole, "notyet");
    const status = (id: string) => whole.engine.journal.snapshot().need("Host", id).status;
    moveClock(9 * MINUTE);
    await until("it INSTALL_FAILED", 10_000, async () => status(never) === "INSTALL_FAILED");
    expect(status(notYet)).toBe("INSTALLING");
    expect(await whole.events("host.name = never")).toContain("VDS_INSTALL_FAILED");
  });

  test("with a guest that has no agent ends after a minute: it counts as up", async () => {
    const whole = await startWholeEngine(1, { model: { guestMs: 3_600_000 } });
    const booting = async () => {
      const id = await whole.addVm();
      await whole.act("startVm", id, {});
      await whole.vmIs(id, "POWERING_UP");
      return id;
    };
    const first = await booting();
    moveClock(20_000);
    const second = await booting();
    moveClock(45_000);
    await whole.vmIs(first, "UP");
    expect((await whole.vm(second)).status).toBe("POWERING_UP");
  });
});
