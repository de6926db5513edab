import { Column, Entity, PrimaryColumn } from "typeorm";
import { Reference } from "../columns.ts";
import { User } from "./user.ts";

/** A log-in that has not ended: access tokens are good exactly while there is one. No client is told of it as of an entity. */
@Entity({ name: "session" })
export class Session {
  @PrimaryColumn({ type: "varchar", length: 36 }) id: string;
  @Column({ type: "integer" }) version: number;
  @Reference(() => User, "session_userId") userId: string;
  @Column({ type: "datetime", precision: 3 }) createdAt: Date;
  /** Later with each use of a refresh token. */
  @Column({ type: "datetime", precision: 3 }) expiresAt: Date;
}
