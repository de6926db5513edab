import { randomBytes, webcrypto, type X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { z } from "zod";
import { invalid } from "../errors.ts";
import type { LinkCertificate, Secrets } from "../domain/host/ports.ts";
import { KEY_ALGORITHM, newKeys, privateKeyFromPem, privateKeyPem, x509 } from "./x509.ts";

const DAY = 86_400_000;
const CA_LIFETIME = 20 * 365 * DAY;
const SERVER_LIFETIME = 90 * DAY;
/** Certificates are valid from a little before now, for hosts whose clock is late. */
const BACKDATE = 5 * 60_000;
const SECRET = "hostlink.authority";
const HOST_URN = "urn:overt:host:";

export interface ServerIdentity extends LinkCertificate {
  /** PEM, PKCS #8. */
  key: string;
}
/** The engine's own certificate authority. */
export interface Authority {
  /** The CA's certificate as PEM. */
  readonly ca: string;
  /** SHA-256 of the CA's certificate: lower-case hex without colons. Agents pin it at enrolment. */
  readonly fingerprint: string;
  /** Signs a host's key under `CN=host:<id>` and our URI, whatever the CSR asked for. Throws OvertError INVALID for a CSR that is not self-signed by a P-256 key. */
  signHost(csrPem: string, hostId: string, lifetimeMs: number): Promise<LinkCertificate>;
  /** A new key and certificate of the engine for these DNS names or IP addresses; the CA follows in the chain. */
  serverIdentity(addresses: readonly string[]): Promise<ServerIdentity>;
}

const Stored = z.object({ certificate: z.string(), key: z.string() });

/** Loads the authority from `secrets`, or makes and keeps one. */
export async function openAuthority(secrets: Secrets): Promise<Authority> {
  const kept = await secrets.get(SECRET);
  const stored = kept === null ? await createCa(secrets) : Stored.parse(JSON.parse(kept));
  const certificate = new x509.X509Certificate(stored.certificate);
  const key = await privateKeyFromPem(stored.key);
  const issuer: Issuer = { certificate, key };
  return {
    ca: stored.certificate,
    fingerprint: Buffer.from(await certificate.getThumbprint("SHA-256")).toString("hex"),
    signHost: async (csrPem, hostId, lifetimeMs) => signHost(issuer, await publicKeyOf(csrPem), hostId, lifetimeMs),
    serverIdentity: (addresses) => serverIdentity(issuer, addresses),
  };
}

/** The host that a certificate of ours names in its URI, or null. `subjectAltName` is Node's rendering: `URI:urn:overt:host:<id>`. */
export function hostIdOf(subjectAltName: string | undefined): string | null {
  const match = /^URI:urn:overt:host:([0-9a-f-]{36})$/.exec(subjectAltName ?? "");
  return match?.[1] ?? null;
}

/** What a certificate of ours says of itself; it does not say when it was made, but `BACKDATE` tells. */
export const describeCertificate = (certificate: X509Certificate): LinkCertificate => ({
  serial: certificate.serialNumber.toLowerCase(),
  subject: certificate.subject.split("\n").toReversed().join(","),
  issuedAt: new Date(certificate.validFromDate.getTime() + BACKDATE),
  expiresAt: certificate.validToDate,
  pem: certificate.toString(),
});

interface Issuer {
  certificate: x509.X509Certificate;
  key: webcrypto.CryptoKey;
}

// The first byte is kept between 0x40 and 0x7f: positive, and no leading zero that one side drops when it prints the number.
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString("hex");
}

async function createCa(secrets: Secrets): Promise<z.infer<typeof Stored>> {
  const keys = await newKeys();
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: "CN=Overt engine CA",
    notBefore: new Date(now - BACKDATE),
    notAfter: new Date(now + CA_LIFETIME),
    signingAlgorithm: KEY_ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const stored = { certificate: certificate.toString("pem"), key: await privateKeyPem(keys) };
  await secrets.put(SECRET, JSON.stringify(stored));
  return stored;
}

/** The public key of a CSR that proves possession of it. */
async function publicKeyOf(csrPem: string): Promise<x509.PublicKey> {
  const csr = parseCsr(csrPem);
  const { name, namedCurve } = csr.publicKey.algorithm as webcrypto.EcKeyAlgorithm;
  if (name !== KEY_ALGORITHM.name || namedCurve !== KEY_ALGORITHM.namedCurve)
    throw invalid("csr", "The key must be ECDSA on P-256.", "CSR_KEY");
  const genuine = await csr.verify().catch(() => false);
  if (!genuine) throw invalid("csr", "The certificate request is not signed by its own key.", "CSR_SIGNATURE");
  return csr.publicKey;
}

function parseCsr(csrPem: string): x509.Pkcs10CertificateRequest {
  try {
    return new x509.Pkcs10CertificateRequest(csrPem);
  } catch {
    throw invalid("csr", "This is not a PEM certificate request.", "CSR_UNREADABLE");
  }
}

const signHost = (issuer: Issuer, publicKey: x509.PublicKey, hostId: string, lifetimeMs: number) =>
  issue(issuer, publicKey, {
    subject: `CN=host:${hostId}`,
    lifetimeMs,
    usage: x509.ExtendedKeyUsage.clientAuth,
    names: [{ type: "url", value: HOST_URN + hostId }],
  });

async function serverIdentity(issuer: Issuer, addresses: readonly string[]): Promise<ServerIdentity> {
  const keys = await newKeys();
  const issued = await issue(issuer, new x509.PublicKey(await webcrypto.subtle.exportKey("spki", keys.publicKey)), {
    subject: "CN=Overt engine",
    lifetimeMs: SERVER_LIFETIME,
    usage: x509.ExtendedKeyUsage.serverAuth,
    names: addresses.map((value) => ({ type: isIP(value) ? "ip" : "dns", value })),
  });
  return { ...issued, pem: issued.pem + "\n" + issuer.certificate.toString("pem"), key: await privateKeyPem(keys) };
}

interface Order {
  subject: string;
  lifetimeMs: number;
  usage: x509.ExtendedKeyUsage;
  names: x509.JsonGeneralNames;
}

async function issue(issuer: Issuer, publicKey: x509.PublicKey, order: Order): Promise<LinkCertificate> {
  const serial = newSerial();
  const now = Date.now();
  const expiresAt = new Date(Math.floor((now + order.lifetimeMs) / 1_000) * 1_000);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: order.subject,
    issuer: issuer.certificate.subject,
    notBefore: new Date(now - BACKDATE),
    notAfter: expiresAt,
    signingAlgorithm: KEY_ALGORITHM,
    publicKey,
    signingKey: issuer.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([order.usage]),
      new x509.SubjectAlternativeNameExtension(order.names),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return { pem: certificate.toString("pem"), serial, subject: order.subject, issuedAt: new Date(now), expiresAt };
}
