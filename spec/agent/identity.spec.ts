import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { enroll } from "../../agent/enroll.ts";
import { loadIdentity, renewalTime, saveIdentity } from "../../agent/identity.ts";
import { type FakeEngine, startFakeEngine } from "./support/fakeEngine.ts";
import { enrolled, temporaryFolder } from "./support/identity.ts";

describe("enrolment", () => {
  let engine: FakeEngine;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    [engine, folder] = await Promise.all([startFakeEngine(), temporaryFolder()]);
  });
  afterEach(async () => {
    await engine.close();
    await folder.remove();
  });
  const options = () => ({ engine: engine.url, token: engine.token, fingerprint: engine.authority.fingerprint });

  it("trades the token for a certificate, and keeps it with a key that only its owner reads", async () => {
    const identity = await enroll(options());
    await saveIdentity(folder.path, identity);
    expect(await loadIdentity(folder.path)).toEqual(identity);
    expect(identity).toMatchObject({ hostId: engine.hostId, engine: engine.url });
    expect((await stat(join(folder.path, "key.pem"))).mode & 0o777).toBe(0o600);
  });
  it("takes the fingerprint with colons and capitals", async () => {
    const fingerprint = engine.authority.fingerprint.toUpperCase().match(/../g)!.join(":");
    await expect(enroll({ ...options(), fingerprint })).resolves.toMatchObject({ hostId: engine.hostId });
  });
  it("is refused with the engine's code for a token it does not know", async () => {
    await expect(enroll({ ...options(), token: "another-token-0123456789" })).rejects.toMatchObject({ code: "FORBIDDEN" });
  });
  it("sends nothing to an engine with another fingerprint", async () => {
    await expect(enroll({ ...options(), fingerprint: "00".repeat(32) })).rejects.toMatchObject({ code: "FINGERPRINT" });
  });
  it("does not take the pinned authority's word for another name", async () => {
    const other = await startFakeEngine("0.0.0.0");
    const { token, authority } = other;
    const elsewhere = other.url.replace("0.0.0.0", "127.0.0.1");
    await expect(enroll({ engine: elsewhere, token, fingerprint: authority.fingerprint })).rejects.toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
    await other.close();
  });
  it("survives a crash between the two files of a renewal", async () => {
    const [before, after] = [await enrolled(engine), await enrolled(engine)];
    await saveIdentity(folder.path, after);
    await rename(join(folder.path, "key.pem"), join(folder.path, "key.pem.next"));
    await writeFile(join(folder.path, "key.pem"), before.key);
    expect((await loadIdentity(folder.path)).key).toBe(after.key);
    expect(await readFile(join(folder.path, "key.pem"), "utf8")).toBe(after.key);
    await writeFile(join(folder.path, "key.pem.next"), before.key);
    expect((await loadIdentity(folder.path)).key).toBe(after.key);
  });
  it("renews at two thirds of a certificate's life", async () => {
    const { certificate } = await enrolled(engine, 300_000);
    expect(Math.abs(renewalTime(certificate) - (Date.now() + 200_000))).toBeLessThan(3_000);
  });
});
