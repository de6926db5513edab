import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const keyPem = async (key: webcrypto.CryptoKey) => x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
const serial = () => `40${randomBytes(15).toString("hex")}`;

export interface Authority {
  pem: string;
  /** SHA-256, hex */
  fingerprint: string;
  /** Certificate and key of a TLS server; the certificate is followed by the authority's own. */
  server(names: string[]): Promise<{ cert: string; key: string }>;
  /** A client certificate for a PEM request; `lifeMs` from now, rounded down to seconds. */
  sign(csr: string, hostId: string, lifeMs: number): Promise<string>;
}

/** A certificate authority for one spec. */
export async function createAuthority(): Promise<Authority> {
  x509.cryptoProvider.set(crypto);
  const keys = await newKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: "CN=Spec CA",
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)],
  });
  const issue = async (subject: string, publicKey: webcrypto.CryptoKey, lifeMs: number, extensions: x509.Extension[]) => {
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject,
      issuer: root.subject,
      notBefore: new Date(),
      notAfter: new Date(Date.now() + lifeMs),
      signingAlgorithm: ALGORITHM,
      publicKey,
      signingKey: keys.privateKey,
      extensions: [new x509.BasicConstraintsExtension(false, undefined, true), ...extensions],
    });
    return certificate.toString("pem");
  };
  const pem = root.toString("pem");
  return {
    pem,
    fingerprint: Buffer.from(await root.getThumbprint("SHA-256")).toString("hex"),
    async server(names) {
      const own = await newKeys();
      const san = names.map((value) => ({ type: /^[\d.]+$/.test(value) ? ("ip" as const) : ("dns" as const), value }));
      const cert = await issue("CN=engine", own.publicKey, 86_400_000, [new x509.SubjectAlternativeNameExtension(san)]);
      return { cert: `${cert}\n${pem}`, key: await keyPem(own.privateKey) };
    },
    async sign(csr, hostId, lifeMs) {
      const request = new x509.Pkcs10CertificateRequest(csr);
      if (!(await request.verify())) throw new Error("the request is not signed with its own key");
      const san = new x509.SubjectAlternativeNameExtension([{ type: "url", value: `urn:overt:host:${hostId}` }]);
      return issue(`CN=${hostId}`, await request.publicKey.export(), lifeMs, [
        san,
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      ]);
    },
  };
}
