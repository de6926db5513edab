import { nounOf } from "../noun/noun.ts";
import { addUser } from "./addUser.ts";
import { removeUser } from "./removeUser.ts";
import { updateUser } from "./updateUser.ts";
import { User } from "./user.ts";

export const user = nounOf(User, { add: addUser, update: updateUser, remove: removeUser });
