import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import { EnrollRequest, type EnrollReply } from "../../schema/hostlink.ts";
import type { Admission } from "../domain/host/ports.ts";
import { invalid, OvertError, type ErrorCode } from "../errors.ts";
import type { Authority } from "./authority.ts";
import { createFailureLimit } from "./failureLimit.ts";

const MAX_BODY_BYTES = 64 * 1024;
/** Attempts of one address that may fail, or be under way, within the window. */
const ATTEMPTS = 30;
const WINDOW_MS = 60_000;

const HTTP_STATUS: Partial<Record<ErrorCode, number>> = { INVALID: 400, FORBIDDEN: 403, NOT_FOUND: 404, RATE_LIMITED: 429 };

export interface EnrolmentServices {
  authority: Authority;
  admission: Admission;
  certificateLifetimeMs: number;
  log: Logger;
}

/** Handles `POST /enroll`: a one-time token and a CSR for a certificate. Everything else is 404. */
export function createEnrolment(services: EnrolmentServices): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const limit = createFailureLimit(ATTEMPTS, WINDOW_MS);
  return async (request, response) => {
    const address = request.socket.remoteAddress ?? "";
    // Whoever hangs up in the middle is nobody's concern.
    for (const side of [request, response]) side.on("error", () => undefined);
    try {
      if (request.method !== "POST" || request.url !== "/enroll") throw new OvertError("NOT_FOUND", "There is nothing here.");
      if (!limit.enter(address)) throw new OvertError("RATE_LIMITED", "Too many failed enrolments from this address; wait a minute.");
      const reply = await enroll(services, await readJson(request));
      limit.succeeded(address);
      services.log.info({ hostId: reply.hostId, address }, "host enrolled");
      answer(response, 200, reply);
    } catch (error) {
      fail(services.log, address, response, error);
    }
  };
}

async function enroll({ authority, admission, certificateLifetimeMs }: EnrolmentServices, body: unknown): Promise<EnrollReply> {
  const request = EnrollRequest.safeParse(body);
  if (!request.success) throw invalid(request.error.issues[0]?.path.join(".") ?? "", "The request has not the form { token, csr }.");
  const { token, csr } = request.data;
  const { hostId, certificate } = await admission.enroll(token, (id) => authority.signHost(csr, id, certificateLifetimeMs));
  return { hostId, certificate: certificate.pem, ca: authority.ca, expiresAt: certificate.expiresAt.getTime() };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request);
  try {
    return JSON.parse(body.toString());
  } catch {
    throw invalid("", "The request is not JSON.");
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) break;
      chunks.push(chunk);
    }
  } catch {
    // Its sender hung up: that is no fault of ours.
    throw invalid("", "The request did not come whole.");
  }
  if (size > MAX_BODY_BYTES) throw invalid("", `The request is larger than ${MAX_BODY_BYTES} bytes.`, "TOO_LARGE");
  return Buffer.concat(chunks);
}

function fail(log: Logger, address: string, response: ServerResponse, error: unknown): void {
  if (error instanceof OvertError) {
    // Of these there may be any number.
    const level = error.code === "RATE_LIMITED" || error.code === "NOT_FOUND" ? "debug" : "warn";
    log[level]({ address, code: error.code, reason: error.message }, "enrolment refused");
    answer(response, HTTP_STATUS[error.code] ?? 400, { error: { code: error.code, message: error.message } });
    return;
  }
  log.error({ address, err: error }, "enrolment failed");
  answer(response, 500, { error: { code: "INTERNAL", message: "Internal error." } });
}

// The connection ends with the answer: a refused caller may still be sending its body.
function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(JSON.stringify(body));
}
