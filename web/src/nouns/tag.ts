import { graphql as fragment } from "../graphql/graphql.ts";
import * as field from "../noun/fields.ts";
import { plain } from "../noun/plain.ts";

const TAG = fragment(`fragment TagRow on Tag { id version name description parent { id name } }`);
export const tag = plain("Tag", TAG, {
  form: { name: field.NAMED.name, parentId: field.reference("Below", { list: "tags" }), description: field.NAMED.description },
  remove: "The tag and all tags below it are removed.",
  sections: [{ children: "tags", title: "Tags below it", search: (it) => `parent.id = ${it.id}` }],
});
