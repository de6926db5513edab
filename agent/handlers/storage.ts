import { HostError } from "../errors.ts";
import type { Handlers } from "../link/calls.ts";
import { type Ended, shell } from "../process.ts";

/** ms; a directory that does not answer in this time is as good as gone. */
export const STORAGE_DEADLINE_MS = 20_000;
/** Exit codes of the scripts below. */
const Exit = { NOT_FOUND: 3, NOT_WRITABLE: 4, NOT_EMPTY: 5, OTHER: 6 } as const;

const SPACE = `stat -f -c '%S %b %f %a' "$1"`;
/** $1 directory of the domain's data center, $2 domain, $3 metadata of a new domain or empty. */
const CONNECT = `
[ -d "$1" ] || exit ${Exit.NOT_FOUND}
cd "$1" || exit ${Exit.NOT_FOUND}
if [ -n "$3" ] && [ ! -e "$2/dom_md/metadata" ]; then
  mkdir -p "$2/dom_md" "$2/images" || exit ${Exit.NOT_WRITABLE}
  printf '%s\\n' "$3" >"$2/dom_md/metadata.part" && mv "$2/dom_md/metadata.part" "$2/dom_md/metadata" || exit ${Exit.NOT_WRITABLE}
fi
[ -f "$2/dom_md/metadata" ] || exit ${Exit.NOT_FOUND}
: >"$2/dom_md/.probe.$$" && rm "$2/dom_md/.probe.$$" || exit ${Exit.NOT_WRITABLE}
${SPACE} || exit ${Exit.OTHER}
cat "$2/dom_md/metadata"`;
// One without a folder for images was removed in part.
const STAT = `
[ -f "$1/$2/dom_md/metadata" ] && [ -d "$1/$2/images" ] || exit ${Exit.NOT_FOUND}
${SPACE}`;
const REMOVE = `
cd "$1" || exit ${Exit.NOT_FOUND}
[ -e "$2" ] || exit 0
[ ! -d "$2/images" ] || rmdir "$2/images" || exit ${Exit.NOT_EMPTY}
rm -rf "$2"`;

/** A file storage domain is a directory `<path>/<storageDomainId>` with `dom_md/metadata` and `images/`. */
export function storageHandlers(): Pick<Handlers, "storage.connect" | "storage.stat" | "storage.remove"> {
  return {
    async "storage.connect"({ path, storageDomainId, format }) {
      const metadata = format ? JSON.stringify({ id: storageDomainId, version: 1 }) : "";
      const { stdout } = check(await shell(CONNECT, [path, storageDomainId, metadata], STORAGE_DEADLINE_MS), path);
      const [space = "", ...found] = stdout.split("\n");
      if (domainIn(found.join("\n")) !== storageDomainId)
        throw new HostError("STORAGE", `${path}/${storageDomainId} holds the metadata of something else`);
      return parseSpace(space);
    },
    async "storage.stat"({ path, storageDomainId }) {
      return parseSpace(check(await shell(STAT, [path, storageDomainId], STORAGE_DEADLINE_MS), path).stdout);
    },
    async "storage.remove"({ path, storageDomainId }) {
      const ended = await shell(REMOVE, [path, storageDomainId], STORAGE_DEADLINE_MS);
      if (ended.code !== Exit.NOT_FOUND) check(ended, path);
      return {};
    },
  };
}

/** Bytes free for this host on the file system of a directory, and bytes taken on it. */
export async function spaceOf(path: string): Promise<{ available: number; used: number }> {
  return parseSpace(check(await shell(SPACE, [path], STORAGE_DEADLINE_MS), path).stdout);
}

function check(ended: Ended, path: string): Ended {
  if (ended.code === 0) return ended;
  if (ended.code === Exit.NOT_FOUND) throw new HostError("NOT_FOUND", `no storage domain under ${path}`);
  if (ended.code === Exit.NOT_EMPTY) throw new HostError("STORAGE", `images are left under ${path}`);
  throw new HostError("STORAGE", `${path}: ${ended.stderr.trim() || `exit code ${ended.code}`}`);
}

function parseSpace(line: string): { available: number; used: number } {
  const [size = 0, blocks = 0, free = 0, available = 0] = line.trim().split(" ").map(Number);
  return { available: size * available, used: size * (blocks - free) };
}

function domainIn(metadata: string): unknown {
  try {
    return (JSON.parse(metadata) as { id?: unknown }).id;
  } catch {
    return null;
  }
}
