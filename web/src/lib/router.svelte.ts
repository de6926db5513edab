/** Where the user is: `#/vms/<id>` is `{ list: "vms", id }`, `#/vms?search=...` carries a search. */
export interface Route {
  /** Of a noun, as the address has it; empty on the overview, null where the address is of no page. */
  list: string | null;
  id: string | null;
  search: string;
}
const NOWHERE: Route = { list: null, id: null, search: "" };

function read(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = decoded(path);
  if (!parts || parts.length > 2) return NOWHERE;
  const [list = "", id = ""] = parts;
  const search = new URLSearchParams(query).get("search") ?? "";
  if (list === "") return id === "" ? { list: "", id: null, search: "" } : NOWHERE;
  return { list, id: id || null, search };
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

/** Addresses of the pages; `list` is the name of the noun's list in the schema. */
export const links = {
  overview: "#/",
  list: (list: string, search = "") => `#/${list}${search && `?search=${encodeURIComponent(search)}`}`,
  object: (list: string, id: string) => `#/${list}/${encodeURIComponent(id)}`,
};

export function go(address: string): void {
  location.hash = address;
}

/** Keeps the address in step with what is searched for, without a step in the history. */
export function noteSearch(list: string, search: string): void {
  history.replaceState(null, "", links.list(list, search));
}
