import { randomUUID, X509Certificate } from "node:crypto";
import https from "node:https";
import tls, { type DetailedPeerCertificate } from "node:tls";
import { EnrollReply } from "../../schema/hostlink.ts";
import { KEY_ALGORITHM, newKeys, privateKeyPem, x509 } from "../../src/hostlink/x509.ts";
import type { Identity } from "./wire.ts";

const TIMEOUT_MS = 30_000;

/** A refused enrolment: the engine's HTTP status (0 when it was not asked) and its code. */
const enrolmentError = (status: number, code: string, message: string) => Object.assign(new Error(message), { status, code });

/** A new key, and a request to certify it; both PEM. The subject is of no account. */
export async function newCsr(): Promise<{ csr: string; key: string }> {
  const keys = await newKeys();
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({ name: `CN=${randomUUID()}`, keys, signingAlgorithm: KEY_ALGORITHM });
  return { csr: csr.toString("pem"), key: await privateKeyPem(keys) };
}

/** Turns a one-time token into an identity. The token leaves only over a connection whose CA has this SHA-256 fingerprint. Rejects with the engine's `status` and `code`, or code FINGERPRINT. */
export async function enrollSimulated(options: { engineUrl: string; token: string; fingerprint: string }): Promise<Identity> {
  const { engineUrl, token, fingerprint } = options;
  const url = new URL("/enroll", engineUrl);
  const pinned = await fetchCa(url, fingerprint);
  const { csr, key } = await newCsr();
  const { hostId, certificate, ca } = EnrollReply.parse(await post(url, pinned, { token, csr }));
  return { hostId, certificate, ca, key };
}

/** The certificate in the engine's chain that has the fingerprint, as PEM. */
function fetchCa(url: URL, fingerprint: string): Promise<string> {
  const wanted = fingerprint.replaceAll(":", "").toUpperCase();
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port || 443),
      rejectUnauthorized: false,
      timeout: TIMEOUT_MS,
    });
    socket.once("secureConnect", () => {
      const ca = chainOf(socket.getPeerCertificate(true)).find((link) => link.fingerprint256.replaceAll(":", "") === wanted);
      socket.end();
      if (ca === undefined) reject(enrolmentError(0, "FINGERPRINT", "The engine's CA is not the one with this fingerprint."));
      else resolve(new X509Certificate(ca.raw).toString());
    });
    socket.once("timeout", () => socket.destroy(new Error("The engine does not answer.")));
    socket.once("error", reject);
  });
}

function chainOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain = [leaf];
  for (let link = leaf; link.issuerCertificate !== undefined && link.issuerCertificate !== link; link = link.issuerCertificate)
    chain.push(link.issuerCertificate);
  return chain;
}

function post(url: URL, ca: string, body: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = https.request(url, {
      method: "POST",
      ca,
      minVersion: "TLSv1.3",
      agent: false,
      timeout: TIMEOUT_MS,
      headers: { "content-type": "application/json" },
    });
    request.on("response", async (response) => {
      try {
        const answer: unknown = JSON.parse(Buffer.concat(await response.toArray()).toString());
        if (response.statusCode === 200) return resolve(answer);
        const { code, message } = (answer as { error: { code: string; message: string } }).error;
        reject(enrolmentError(response.statusCode ?? 0, code, message));
      } catch (error) {
        reject(error);
      }
    });
    request.on("timeout", () => request.destroy(new Error("The engine does not answer.")));
    request.on("error", reject);
    request.end(JSON.stringify(body));
  });
}
