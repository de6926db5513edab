import "reflect-metadata";
import { X509Certificate, createPrivateKey } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { z } from "zod";

/** What the host is to the engine: the only state an agent keeps. */
export interface Identity {
  hostId: string;
  /** `https://host:port` */
  engine: string;
  /** PEM */
  key: string;
  certificate: string;
  ca: string;
}
const AgentFile = z.object({ hostId: z.uuid(), engine: z.url() });
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A new P-256 key and a request for a certificate on it; whose it will be is for the engine to say. */
export async function createRequest(): Promise<{ key: string; csr: string }> {
  x509.cryptoProvider.set(crypto);
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({ name: "CN=overt-agent", keys, signingAlgorithm: ALGORITHM });
  return {
    key: x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY"),
    csr: csr.toString("pem"),
  };
}

/** Throws when the host was never enrolled, or its files do not belong together. */
export async function loadIdentity(directory: string): Promise<Identity> {
  const read = (name: string) => readFile(join(directory, name), "utf8");
  const [agent, certificate, ca] = await Promise.all([read("agent.json"), read("cert.pem"), read("ca.pem")]);
  const key = await loadKey(directory, new X509Certificate(certificate));
  return { ...AgentFile.parse(JSON.parse(agent)), key, certificate, ca };
}

/** The key of the certificate; puts in place the next key when saving was cut short between the two files. */
async function loadKey(directory: string, certificate: X509Certificate): Promise<string> {
  for (const name of ["key.pem", "key.pem.next"]) {
    const key = await readFile(join(directory, name), "utf8").catch(() => null);
    if (!key || !certificate.checkPrivateKey(createPrivateKey(key))) continue;
    if (name !== "key.pem") await rename(join(directory, name), join(directory, "key.pem"));
    return key;
  }
  throw new Error(`${directory} has no key for its certificate`);
}

/** Each file is replaced whole, the certificate last but for its key, so that a crash leaves the old identity or the new. */
export async function saveIdentity(directory: string, { hostId, engine, key, certificate, ca }: Identity): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const nextKey = join(directory, "key.pem.next");
  await writeWhole(nextKey, key, 0o600);
  await writeWhole(join(directory, "ca.pem"), ca, 0o644);
  await writeWhole(join(directory, "agent.json"), JSON.stringify({ hostId, engine }, null, 2) + "\n", 0o644);
  await writeWhole(join(directory, "cert.pem"), certificate, 0o644);
  await rename(nextKey, join(directory, "key.pem"));
}

async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const part = `${path}.part`;
  await rm(part, { force: true });
  const file = await open(part, "wx", mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}

/** Unix ms at two thirds of the certificate's life. */
export function renewalTime(certificate: string): number {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return from + ((to - from) * 2) / 3;
}
