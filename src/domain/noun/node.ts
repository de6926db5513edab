import { Field, ID, InterfaceType } from "type-graphql";

/** What Relay needs of every object that a client may keep: its id, under which `node` finds it again. */
@InterfaceType({ description: "Anything that has an id of its own and is found by it with `node`." })
export abstract class Node {
  @Field(() => ID, { description: "Opaque, never reused." }) id: string;
}
