import { nounOf } from "../noun/noun.ts";
import { Tag } from "./tag.ts";

export const tag = nounOf(Tag, { says: { remove: "With all tags below it." } });
