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

/** The built dashboard. Its pages are made in the browser: any path that asks for a page gets the one there is. */
export function dashboard(directory: string): Router {
  const router = express.Router();
  // Built files carry their hash in their name.
  router.use("/assets", express.static(join(directory, "assets"), { index: false, immutable: true, maxAge: YEAR_MS }));
  router.use(express.static(directory, { index: false }));
  router.get("/{*path}", (request, response, next) => {
    if (!request.headers.accept?.includes("text/html")) return next();
    response.setHeader("Cache-Control", "no-cache");
    response.sendFile("index.html", { root: directory }, (error) => error && next());
  });
  return router;
}
