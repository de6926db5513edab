/** Where the user is: `#/vms/<id>` is `{ noun: "vms", id }`, `#/vms?search=...` carries a search. */
export interface Route {
  /** Null when there is no such page. */
  noun: "" | "hosts" | "vms" | null;
  id: string | null;
  search: string;
}
const NOWHERE: Route = { noun: null, id: null, search: "" };
const LISTS = ["hosts", "vms"] as const;

function read(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = decoded(path);
  if (!parts || parts.length > 2) return NOWHERE;
  const [name = "", id = ""] = parts;
  const search = new URLSearchParams(query).get("search") ?? "";
  if (name === "") return id === "" ? { noun: "", id: null, search: "" } : NOWHERE;
  const noun = LISTS.find((list) => list === name);
  return noun ? { noun, id: id || null, search } : NOWHERE;
}

/** Null when it is not of the form an address has. */
function decoded(path: string): string[] | null {
  try {
    return path.split("/").map(decodeURIComponent);
  } catch {
    return null;
  }
}

export const router = $state<{ route: Route }>({ route: read() });
addEventListener("hashchange", () => {
  router.route = read();
});

/** Addresses of the pages. */
export const links = {
  overview: "#/",
  hosts: "#/hosts",
  vms: "#/vms",
  host: (id: string) => `#/hosts/${encodeURIComponent(id)}`,
  vm: (id: string) => `#/vms/${encodeURIComponent(id)}`,
  searched: (noun: "hosts" | "vms", search: string) => `#/${noun}${search && `?search=${encodeURIComponent(search)}`}`,
};

export function go(address: string): void {
  location.hash = address;
}

/** Keeps the address in step with what is searched for, without a step in the history. */
export function noteSearch(noun: "hosts" | "vms", search: string): void {
  history.replaceState(null, "", links.searched(noun, search));
}
