import { X509Certificate } from "node:crypto";
import https from "node:https";
import tls from "node:tls";
import { z } from "zod";
import { EnrollReply, type EnrollRequest } from "../schema/hostlink.ts";
import { createRequest, type Identity } from "./identity.ts";

export interface EnrollOptions {
  /** `https://host:port` */
  engine: string;
  token: string;
  /** SHA-256 of the engine's CA certificate, hex, colons optional. */
  fingerprint: string;
}
/** The engine does not take this host, or is not the engine that was pinned. */
export class EnrollmentRefused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "EnrollmentRefused";
  }
}

interface Answer {
  status: number;
  text: string;
}
const DEADLINE_MS = 20_000;
const MOST_CERTIFICATES = 8;
const MOST_ANSWER = 64 * 1024;
const ErrorAnswer = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Trades the one-time token for a certificate. Nothing but the TLS handshake happens before the engine is verified. */
export async function enroll({ engine, token, fingerprint }: EnrollOptions): Promise<Identity> {
  const url = new URL("/enroll", engine);
  const ca = await fetchPinnedCa(url, normalize(fingerprint));
  const { key, csr } = await createRequest();
  const reply = EnrollReply.parse(judge(await post(url, ca, { token, csr })));
  return { hostId: reply.hostId, engine: url.origin, key, certificate: reply.certificate, ca: reply.ca };
}

const normalize = (fingerprint: string) => fingerprint.replaceAll(":", "").toLowerCase();

/** The certificate with that fingerprint from the engine's chain, as PEM. The chain itself is not trusted for anything. */
function fetchPinnedCa(url: URL, fingerprint: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const socket = tls.connect({ host, port: portOf(url), rejectUnauthorized: false, minVersion: "TLSv1.3", ...serverName(host) });
    const timer = setTimeout(() => socket.destroy(new Error(`${url.host} did not answer`)), DEADLINE_MS);
    socket.once("error", (error) => (clearTimeout(timer), reject(error)));
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      const found = chainOf(socket).find((certificate) => normalize(certificate.fingerprint256) === fingerprint);
      socket.destroy();
      if (found) resolve(found.toString());
      else reject(new EnrollmentRefused("FINGERPRINT", `${url.host} shows no certificate with that fingerprint`));
    });
  });
}

function chainOf(socket: tls.TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let certificate: tls.DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (certificate?.raw && chain.length < MOST_CERTIFICATES) {
    chain.push(new X509Certificate(certificate.raw));
    certificate = certificate.issuerCertificate === certificate ? undefined : certificate.issuerCertificate;
  }
  return chain;
}

function post(url: URL, ca: string, body: EnrollRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      method: "POST",
      ca,
      minVersion: "TLSv1.3",
      timeout: DEADLINE_MS,
      headers: { "content-type": "application/json" },
    } as const;
    const request = https.request(url, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        if ((text += chunk).length > MOST_ANSWER) request.destroy(new Error("the answer is too long"));
      });
      response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.once("timeout", () => request.destroy(new Error(`${url.host} did not answer`)));
    request.once("error", reject);
    request.end(JSON.stringify(body));
  });
}

function judge({ status, text }: Answer): unknown {
  if (status === 200) return JSON.parse(text);
  const answer = ErrorAnswer.safeParse(parseOrNull(text)).data;
  if (status >= 400 && status < 500)
    throw new EnrollmentRefused(answer?.error.code ?? `HTTP_${status}`, answer?.error.message ?? "refused");
  throw new Error(`the engine answered HTTP ${status}`);
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const portOf = (url: URL) => Number(url.port || 443);
/** TLS allows no IP address as server name. */
const serverName = (host: string) => (/^[\d.]+$|:/.test(host) ? {} : { servername: host });
