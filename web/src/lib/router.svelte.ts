/** Where the user is: `#/vms/<id>` is `{ noun: "vms", id }`, `#/vms?search=...` carries a search. */
export interface Route {
  noun: string;
  id: string | null;
  search: string;
}

function read(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [noun = "", id] = path.split("/").map(decodeURIComponent);
  return { noun, id: id || null, search: new URLSearchParams(query).get("search") ?? "" };
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
