import { graphql as fragment } from "../graphql/graphql.ts";
import * as field from "../noun/fields.ts";
import { plain } from "../noun/plain.ts";

const GROUP = fragment(`fragment GroupRow on Group { id version name description users { id name: userName } memberGroups { id name } }`);
export const group = plain("Group", GROUP, {
  form: {
    name: field.NAMED.name,
    description: field.NAMED.description,
    userIds: field.references("Users", { list: "users" }),
    memberGroupIds: field.references("Groups", { list: "groups", hint: "Their members are members too." }),
  },
  sections: [
    {
      children: "permissions",
      search: (it) => `group.id = ${it.id}`,
      without: ["User"],
      empty: "Its members get no role by it.",
      add: { label: "Give a role", input: (it) => ({ groupId: it.id }), text: "The role holds for the whole system, for all members." },
    },
  ],
  remove: "The group is removed. Its members lose the roles that they have by it, at once.",
});
