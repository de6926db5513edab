import { randomBytes } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import type { Secrets } from "../host/ports.ts";

const ACCESS_TOKEN_MS = 15 * 60_000;
const KEY_NAME = "access-token.key";
const ISSUER = "overt";
const MAX_KNOWN = 10_000;

/** What an access token says. */
interface Claims {
  userId: string;
  /** The log-in it came from: the family of its refresh tokens. */
  sessionId: string;
  /** Unix ms. */
  expiresAt: number;
}
export interface AccessTokens {
  issue(userId: string, sessionId: string): Promise<{ token: string; expiresAt: Date }>;
  /** Null for one that is not ours, is damaged, or has expired. */
  read(token: string): Promise<Claims | null>;
}

/** Signed with a key that all engines on one database share; made at the first start. */
export async function createAccessTokens(secrets: Secrets, lifetimeMs = ACCESS_TOKEN_MS): Promise<AccessTokens> {
  if ((await secrets.get(KEY_NAME)) === null) await secrets.put(KEY_NAME, randomBytes(32).toString("base64"));
  const key = Buffer.from((await secrets.get(KEY_NAME))!, "base64");
  const known = new Map<string, Claims>();

  const issue = async (userId: string, sessionId: string) => {
    const expiresAt = new Date(Math.floor((Date.now() + lifetimeMs) / 1000) * 1000);
    const jwt = new SignJWT({ sid: sessionId }).setProtectedHeader({ alg: "HS256" }).setSubject(userId).setIssuer(ISSUER);
    const token = await jwt.setIssuedAt().setExpirationTime(expiresAt).sign(key);
    return { token, expiresAt };
  };
  const verify = async (token: string): Promise<Claims | null> => {
    try {
      const { payload } = await jwtVerify(token, key, { issuer: ISSUER, algorithms: ["HS256"], requiredClaims: ["sub", "exp", "sid"] });
      return { userId: payload.sub!, sessionId: String(payload["sid"]), expiresAt: payload.exp! * 1000 };
    } catch {
      return null;
    }
  };
  const read = async (token: string): Promise<Claims | null> => {
    const seen = known.get(token);
    if (seen) return seen.expiresAt > Date.now() ? seen : null;
    const claims = await verify(token);
    if (!claims) return null;
    if (known.size >= MAX_KNOWN) known.delete(known.keys().next().value!);
    known.set(token, claims);
    return claims;
  };
  return { issue, read };
}
