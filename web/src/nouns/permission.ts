import { graphql as fragment, type ResultOf } from "../graphql/graphql.ts";
import { request } from "../lib/request.ts";
import { text } from "../noun/columns.ts";
import * as field from "../noun/fields.ts";
import { noun, type Section } from "../noun/noun.ts";
import { linkTo, type Value } from "../noun/value.ts";

/** What is listed has a name; a permission is known by its role and whose it is. */
const ROW = fragment(`
  fragment PermissionRow on Permission {
    id name: id role { id name administrative } user { id name: userName } group { id name }
    object {
      kind: __typename
      ... on DataCenter { id name } ... on Cluster { id name } ... on Host { id name } ... on StorageDomain { id name }
      ... on Network { id name } ... on VnicProfile { id name } ... on Template { id name } ... on Vm { id name } ... on Disk { id name }
      ... on CpuProfile { id name } ... on DiskProfile { id name } ... on MacPool { id name }
    }
  }
`);
type Row = ResultOf<typeof ROW>;
const ROLES = fragment(`query Roles { roles(first: 100, search: "sortby name") { nodes { id name administrative } } }`);

const rolesById = async () => {
  const { data } = await request(ROLES, {});
  const sorted = (data.roles?.nodes ?? []).toSorted((a, b) => a.name.localeCompare(b.name));
  return Object.fromEntries(sorted.map(({ id, name, administrative }) => [id, administrative ? `${name} (for administrators)` : name]));
};
const listOf = (kind: string) => `${kind.charAt(0).toLowerCase()}${kind.slice(1)}s`;
const where = ({ object }: Row): Value => (object && "id" in object ? linkTo(listOf(object.kind), object) : "The system");

export const permission = noun("Permission", ROW, null, {
  list: "permissions",
  one: "permission",
  many: "permissions",
  example: "role = UserRole and user.name = eve",
  called: ({ role, user, group }) => `${role.name} of ${user?.name ?? group?.name ?? "somebody"}`,
  columns: [
    text("Role", 0, (row) => linkTo("permissions", { id: row.id, name: row.role.name }), { sort: "role" }),
    text("User", 1, (row) => linkTo("users", row.user) ?? linkTo("groups", row.group)),
    text("On", 2, where),
  ],
  form: {
    userId: field.reference("User", { list: "users", set: "add" }),
    groupId: field.reference("or group", { list: "groups", set: "add" }),
    roleId: field.select("Role", { options: rolesById, set: "add", required: true, initial: "" }),
  },
  addText: "The role holds for the whole system. On the page of an object a role can be given on it alone.",
  update: null,
  remove: { text: () => "The role is taken. What it showed is seen no more, at once." },
  sections: [
    {
      facts: "General",
      of: (it) => [
        ["Role", `${it.role.name}${it.role.administrative ? ", for administrators" : ""}`],
        ["User", linkTo("users", it.user) ?? undefined],
        ["Group", linkTo("groups", it.group) ?? undefined],
        ["On", where(it)],
        ["ID", it.id],
      ],
    },
  ],
});

/** Who has a role on an object, and one more. */
export const permissionsOn = (objectKind: string): Section<{ id: string }> => ({
  children: "permissions",
  search: ({ id }) => `object = ${id}`,
  without: ["On"],
  empty: "Nobody has a role on this object alone.",
  add: {
    label: "Give a role",
    input: ({ id }) => ({ objectKind, objectId: id }),
    text: "The role holds here, and for what is a part of this.",
  },
});
