import { randomBytes } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import { LRUCache } from "lru-cache";
import type { Secrets } from "../host/ports.ts";

const ACCESS_TOKEN_MS = 15 * 60_000;
const KEY_NAME = "access-token.key";
const ISSUER = "overt";
/** Of tokens that were found good, and what they say. */
const KNOWN_BYTES = 8 * 1024 * 1024;
/** Ours are shorter; nothing longer is looked at. */
const MAX_LENGTH = 1_024;

/** What an access token says. */
interface Claims {
  userId: string;
  /** The log-in it came from. */
  sessionId: string;
  /** Unix ms. */
  issuedAt: number;
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
  const key = Buffer.from(await secrets.once(KEY_NAME, () => randomBytes(32).toString("base64")), "base64");
  const known = new LRUCache<string, Claims>({ maxSize: KNOWN_BYTES, sizeCalculation: (_claims, token) => 2 * token.length + 300 });

  const issue = async (userId: string, sessionId: string) => {
    const expiresAt = new Date(Math.floor((Date.now() + lifetimeMs) / 1000) * 1000);
    const jwt = new SignJWT({ sid: sessionId }).setProtectedHeader({ alg: "HS256" }).setSubject(userId).setIssuer(ISSUER);
    const token = await jwt.setIssuedAt().setExpirationTime(expiresAt).sign(key);
    return { token, expiresAt };
  };
  const verify = async (token: string): Promise<Claims | null> => {
    try {
      const { payload } = await jwtVerify(token, key, {
        issuer: ISSUER,
        algorithms: ["HS256"],
        requiredClaims: ["sub", "exp", "iat", "sid"],
      });
      const { sub, exp, iat, sid } = payload as { sub: string; exp: number; iat: number; sid: string };
      return { userId: sub, sessionId: sid, issuedAt: iat * 1000, expiresAt: exp * 1000 };
    } catch {
      return null;
    }
  };
  const read = async (token: string): Promise<Claims | null> => {
    const seen = known.get(token);
    if (seen) return seen.expiresAt > Date.now() ? seen : null;
    const claims = token.length <= MAX_LENGTH ? await verify(token) : null;
    if (claims) known.set(token, claims);
    return claims;
  };
  return { issue, read };
}
