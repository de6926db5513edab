import { Entity } from "typeorm";
import { Id, Instant, Reference, Version } from "../noun/columns.ts";
import { User } from "./user.ts";

/** A log-in that has not ended: access tokens are good exactly while there is one. No client is told of it as of an entity. */
@Entity({ name: "session" })
export class Session {
  @Id() id: string;
  @Version() version: number;
  @Reference(() => User, "Whose it is.") userId: string;
  @Instant("When he logged in.", { hidden: true }) createdAt: Date;
  @Instant("Later with each use of a refresh token.", { hidden: true }) expiresAt: Date;
}
