import { randomUUID, X509Certificate } from "node:crypto";
import https from "node:https";
import { expect, test } from "vitest";
import { CloseCode } from "../../schema/hostlink.ts";
import { openAuthority } from "../../src/hostlink/authority.ts";
import { KEY_ALGORITHM, newKeys, privateKeyPem, x509 } from "../../src/hostlink/x509.ts";
import { enrollSimulated, newCsr } from "../../lab/simulated/enroll.ts";
import { memorySecrets, startEngine, type TestEngine } from "../support/hostlink.ts";
import { hello, rawLink, refusedDial, request } from "../support/hostlinkDial.ts";

const reasons = (engine: TestEngine) => engine.logged.flatMap(({ reason }) => reason ?? []);

test("a token and a CSR give a certificate with our subject and URI, signed by the engine's CA", async () => {
  const engine = await startEngine();
  const hostId = randomUUID();
  const identity = await engine.enroll(hostId);
  const certificate = new X509Certificate(identity.certificate);
  expect(identity.hostId).toBe(hostId);
  expect(certificate.subject).toBe(`CN=host:${hostId}`);
  expect(certificate.subjectAltName).toBe(`URI:urn:overt:host:${hostId}`);
  expect(certificate.verify(new X509Certificate(engine.authority.ca).publicKey)).toBe(true);
  expect(engine.admission.serials.get(certificate.serialNumber.toLowerCase())).toBe(hostId);
});

test("the CA is the same after a restart with the same secrets", async () => {
  const secrets = memorySecrets();
  const first = await openAuthority(secrets);
  const second = await openAuthority(secrets);
  expect(second.ca).toBe(first.ca);
  expect(second.fingerprint).toBe(new X509Certificate(first.ca).fingerprint256.replaceAll(":", "").toLowerCase());
});

test("an enroller that pins another CA keeps its token to itself", async () => {
  const engine = await startEngine();
  const token = engine.admission.token();
  const enrolment = enrollSimulated({ engineUrl: engine.url, token, fingerprint: "00".repeat(32) });
  await expect(enrolment).rejects.toMatchObject({ code: "FINGERPRINT" });
  expect(engine.admission.isUsable(token)).toBe(true);
});

test("a token is good once, and not after it expired", async () => {
  const engine = await startEngine();
  const { url: engineUrl, fingerprint } = engine;
  const token = engine.admission.token();
  await enrollSimulated({ engineUrl, token, fingerprint });
  await expect(enrollSimulated({ engineUrl, token, fingerprint })).rejects.toMatchObject({ status: 403, code: "FORBIDDEN" });
  const old = engine.admission.token();
  engine.admission.expire(old);
  await expect(enrollSimulated({ engineUrl, token: old, fingerprint })).rejects.toMatchObject({ status: 403, code: "FORBIDDEN" });
  expect(engine.logged.filter(({ msg }) => msg === "enrolment refused")).toHaveLength(2);
});

test("a CSR signed by another key, or with another kind of key, is refused", async () => {
  const authority = await openAuthority(memorySecrets());
  const { csr } = await newCsr();
  const der = x509.PemConverter.decodeFirst(csr);
  const forged = new Uint8Array(der);
  forged[forged.length - 1]! ^= 1;
  const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  const keys = await crypto.subtle.generateKey(rsa, true, ["sign", "verify"]);
  const foreign = await x509.Pkcs10CertificateRequestGenerator.create({ name: "CN=x", keys, signingAlgorithm: rsa });
  const refusal = async (pem: string) => (await authority.signHost(pem, randomUUID(), 1_000).catch((error) => error)).reasons[0].code;
  expect(await refusal(x509.PemConverter.encode(forged, "CERTIFICATE REQUEST"))).toBe("CSR_SIGNATURE");
  expect(await refusal(foreign.toString("pem"))).toBe("CSR_KEY");
  expect(await refusal("nonsense")).toBe("CSR_UNREADABLE");
});

test("what is not an enrolment is answered with a coded error: other paths, broken JSON, bodies over 64 KiB", async () => {
  const engine = await startEngine();
  expect(await post(engine, "/elsewhere", "{}")).toMatchObject({ status: 404, code: "NOT_FOUND" });
  expect(await post(engine, "/enroll", "{")).toMatchObject({ status: 400, code: "INVALID" });
  expect(await post(engine, "/enroll", JSON.stringify({ token: 7 }))).toMatchObject({ status: 400, code: "INVALID" });
  expect(await post(engine, "/enroll", `"${"x".repeat(70_000)}"`)).toMatchObject({ status: 400, code: "INVALID" });
});

test("an address that keeps failing has to wait", async () => {
  const engine = await startEngine();
  const statuses = await Promise.all(Array.from({ length: 35 }, () => post(engine, "/enroll", "{}").then(({ status }) => status)));
  expect(statuses.filter((status) => status === 400)).toHaveLength(30);
  expect(statuses.filter((status) => status === 429)).toHaveLength(5);
});

test("a dial without certificate, with one of another CA, or with the server's own kind is refused", async () => {
  const engine = await startEngine();
  const { ca } = engine.authority;
  expect(await refusedDial(engine.url, { ca })).toBe(401);
  const stranger = await openAuthority(memorySecrets());
  const { csr, key } = await newCsr();
  const foreign = await stranger.signHost(csr, randomUUID(), 60_000);
  expect(await refusedDial(engine.url, { ca, cert: foreign.pem, key })).toBe(401);
  const server = await engine.authority.serverIdentity(["localhost"]);
  expect(await refusedDial(engine.url, { ca, cert: server.pem, key: server.key })).toBe(401);
  expect(reasons(engine)).toEqual([
    "no client certificate",
    expect.stringContaining("not accepted"),
    expect.stringContaining("not accepted"),
  ]);
});

test("a certificate of our CA that nobody noted, or that has expired, is refused", async () => {
  const engine = await startEngine();
  const { ca } = engine.authority;
  const { csr, key } = await newCsr();
  const unnoted = await engine.authority.signHost(csr, randomUUID(), 60_000);
  expect(await refusedDial(engine.url, { ca, cert: unnoted.pem, key })).toBe(403);
  const expired = await engine.authority.signHost(csr, randomUUID(), -60_000);
  expect(await refusedDial(engine.url, { ca, cert: expired.pem, key })).toBe(401);
  expect(reasons(engine)[0]).toBe("serial not known");
});

test("TLS 1.2 is not spoken", async () => {
  const engine = await startEngine();
  await expect(refusedDial(engine.url, { maxVersion: "TLSv1.2" })).rejects.toThrow(/alert|version|protocol/i);
});

test("a hello in the name of another host ends the link", async () => {
  const engine = await startEngine();
  const link = await rawLink(engine.url, await engine.enroll());
  link.send(request(1, "hello", hello(randomUUID())));
  expect(await link.closed).toBe(CloseCode.MALFORMED);
  expect(engine.observer.hellos).toHaveLength(0);
  expect(reasons(engine)).toContainEqual(expect.stringContaining("hello names host"));
});

test("a revoked host is cut at once and refused at its next dial", async () => {
  const engine = await startEngine();
  const host = await engine.host();
  engine.admission.revoke(host.hostId);
  engine.calls.cut(host.hostId, "removed by an administrator");
  expect(engine.calls.connected(host.hostId)).toBe(false);
  await expect.poll(() => host.lastEnd?.code ?? host.lastEnd?.status).toBe(CloseCode.REVOKED);
  await expect.poll(() => host.lastEnd?.status).toBe(403);
  expect(engine.observer.lostHosts).toEqual([{ hostId: host.hostId, reason: "removed by an administrator" }]);
  expect(reasons(engine)).toContain("host removed");
});

test("a host that is cut while its dial is being judged does not get in", async () => {
  const engine = await startEngine();
  const identity = await engine.enroll();
  engine.admission.judge = async (hostId) => {
    engine.calls.cut(hostId, "revoked meanwhile");
    return { until: new Date(Date.now() + 60_000), issuedAt: null };
  };
  expect(await refusedDial(engine.url, { cert: identity.certificate, key: identity.key })).toBe(403);
});

test("a dial that cannot be judged is put off, and the engine goes on", async () => {
  const engine = await startEngine();
  const identity = await engine.enroll();
  const { judge } = engine.admission;
  engine.admission.judge = () => Promise.reject(new Error("database away"));
  expect(await refusedDial(engine.url, { cert: identity.certificate, key: identity.key })).toBe(503);
  engine.admission.judge = judge;
  await engine.host({ identity });
});

test("a certificate is renewed over the live link and the host dials anew with it, without being lost", async () => {
  const identities: string[] = [];
  const engine = await startEngine();
  const host = await engine.host({ onIdentity: ({ certificate }) => identities.push(certificate) });
  await host.renewCertificate();
  await expect.poll(() => engine.observer.hellos.length).toBe(2);
  await expect.poll(() => host.connected).toBe(true);
  const serial = new X509Certificate(identities[0]!).serialNumber.toLowerCase();
  expect(engine.admission.serials.get(serial)).toBe(host.hostId);
  expect(engine.admission.serials.size).toBe(2);
  expect(engine.observer.lostHosts).toEqual([]);
  await expect(engine.calls.call(host.hostId, "host.vms", {})).resolves.toEqual({ vms: [] });
});

test("an agent renews by itself at two thirds of the life of its certificate", async () => {
  const engine = await startEngine({ certificateLifetimeMs: 3_000 });
  await engine.host();
  await expect.poll(() => engine.admission.serials.size, { timeout: 4_000 }).toBeGreaterThanOrEqual(2);
});

test("a renewal that cannot be signed is an error of that call and leaves the link up", async () => {
  const engine = await startEngine();
  const identity = await engine.enroll();
  const link = await rawLink(engine.url, identity);
  link.send(request(1, "hello", hello(identity.hostId)));
  await link.next();
  link.send(request(2, "renew", { csr: "nonsense" }));
  expect(await link.next()).toMatchObject({ id: 2, error: { data: { code: "INVALID" } } });
  expect(engine.calls.connected(identity.hostId)).toBe(true);
});

test("a self-made certificate with our URI is of no use", async () => {
  const engine = await startEngine();
  const keys = await newKeys();
  const extensions = [new x509.SubjectAlternativeNameExtension([{ type: "url", value: `urn:overt:host:${randomUUID()}` }])];
  const forged = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=Overt engine CA",
    keys,
    signingAlgorithm: KEY_ALGORITHM,
    extensions,
  });
  expect(await refusedDial(engine.url, { cert: forged.toString("pem"), key: await privateKeyPem(keys) })).toBe(401);
});

function post(engine: TestEngine, path: string, body: string): Promise<{ status: number | undefined; code: string }> {
  return new Promise((resolve, reject) => {
    const sent = https.request(engine.url + path, { method: "POST", ca: engine.authority.ca, agent: false }, async (response) => {
      const { error } = JSON.parse(Buffer.concat(await response.toArray()).toString());
      resolve({ status: response.statusCode, code: error.code });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
