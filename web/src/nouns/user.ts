import { graphql as fragment } from "../graphql/graphql.ts";
import { name, text } from "../noun/columns.ts";
import * as field from "../noun/fields.ts";
import { noun } from "../noun/noun.ts";
import { known } from "./shared.ts";

const ROLES = {
  SuperUser: "SuperUser: everything",
  ReadOnlyAdmin: "ReadOnlyAdmin: sees everything",
  UserRole: "UserRole: runs virtual machines",
};
const wholeName = ({ givenName, lastName }: { givenName: string; lastName: string }) => `${givenName} ${lastName}`.trim();

const ROW = fragment(`fragment UserRow on User { id name: userName givenName: name lastName email roles }`);
const DETAILS = fragment(`fragment UserDetails on User { version }`);

/** People know a user by what he logs in with, so that is the name of his page. */
export const user = noun("User", ROW, DETAILS, {
  list: "users",
  one: "user",
  many: "users",
  example: "role = SuperUser and directory = internal",
  events: "user",
  columns: [
    name({ label: "User name", sort: "usrname" }),
    text("Name", 1, wholeName, { sort: "lastname" }),
    text("Mail", 2, (row) => row.email, { sort: "email" }),
    text("Roles", 3, (row) => row.roles.join(", "), { sort: "role" }),
  ],
  form: {
    userName: field.text("User name", { set: "add", required: true }),
    password: field.password("Password", { set: "add", required: true, hint: "At least 8 characters." }),
    name: field.text("Given name", { from: (it) => it.givenName }),
    lastName: field.text("Family name"),
    email: field.text("Mail"),
    roles: field.choices("Roles", { options: ROLES }),
  },
  remove: { text: () => "The user is removed, and his sessions end." },
  sections: [
    {
      facts: "General",
      of: (it) => [["Name", wholeName(it)], ["Mail", it.email], ["Roles", it.roles.join(", ")], ...known(it)],
    },
    {
      children: "permissions",
      search: (it) => `user.id = ${it.id}`,
      without: ["User"],
      empty: "He has no role anywhere, and cannot log in.",
      add: { label: "Give a role", input: (it) => ({ userId: it.id }), text: "The role holds for the whole system." },
    },
  ],
});
