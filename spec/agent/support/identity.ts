import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRequest, type Identity } from "../../../agent/identity.ts";
import type { FakeEngine } from "./fakeEngine.ts";

/** The identity of an agent that was enrolled at the engine. */
export async function enrolled(engine: FakeEngine, lifeMs = 3_600_000): Promise<Identity> {
  const { key, csr } = await createRequest();
  return {
    hostId: engine.hostId,
    engine: engine.url,
    key,
    certificate: await engine.authority.sign(csr, engine.hostId, lifeMs),
    ca: engine.authority.pem,
  };
}

/** A folder of its own for one spec; removed by what is returned with it. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "overt-agent-spec-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
