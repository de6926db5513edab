import { graphql as fragment } from "../graphql/graphql.ts";
import * as field from "../noun/fields.ts";
import { plain } from "../noun/plain.ts";

const BOOKMARK = fragment(`fragment BookmarkRow on Bookmark { id version name value }`);
export const bookmark = plain("Bookmark", BOOKMARK, {
  form: { name: field.NAMED.name, value: field.text("Search", { required: true, placeholder: "Vms: status = up" }) },
  remove: "The bookmark is removed for everybody.",
});
