import { join } from "node:path";
import express, { type RequestHandler, type Router } from "express";

const YEAR_MS = 365 * 86_400_000;
const POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join("; ");

export const securityHeaders: RequestHandler = (_request, response, next) => {
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("Content-Security-Policy", POLICY);
  next();
};

/** The built dashboard: its one page at `/` (its own routes are in the hash), and the files that the page asks for. */
export function dashboard(directory: string): Router {
  const router = express.Router({ strict: true, caseSensitive: true });
  // Built files carry their hash in their name.
  router.use("/assets", express.static(join(directory, "assets"), { index: false, redirect: false, immutable: true, maxAge: YEAR_MS }));
  router.get("/", (_request, response, next) => {
    response.setHeader("Cache-Control", "no-cache");
    response.sendFile("index.html", { root: directory }, (error) => error && next());
  });
  router.use(express.static(directory, { index: false, redirect: false }));
  return router;
}
