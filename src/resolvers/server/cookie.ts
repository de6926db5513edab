import type { Request, Response } from "express";
import type { RefreshCookie } from "../context.ts";

const NAME = "overt_refresh";

/** The refresh token where no script can read it, sent to our own pages only. */
export function refreshCookie(request: Request, response: Response): RefreshCookie {
  const options = { httpOnly: true, sameSite: "strict", secure: request.secure, path: "/graphql" } as const;
  return {
    get: () => read(request.headers.cookie),
    set: (token, expires) => void response.cookie(NAME, token, { ...options, expires }),
    clear: () => void response.clearCookie(NAME, options),
  };
}

function read(header: string | undefined): string | null {
  const pair = header?.split(";").find((part) => part.trim().startsWith(`${NAME}=`));
  return pair ? pair.trim().slice(NAME.length + 1) : null;
}
