import { Column, Entity, ForeignKey, Index, PrimaryColumn } from "typeorm";
import { Session } from "../domain/access/session.ts";

/** Rows that are nobody's entity: the journal itself, link bookkeeping, credentials. Not journaled, not in the inventory. */

const toNumber = { to: (value: number) => value, from: (value: string | number) => Number(value) };
const cursorColumn = { type: "bigint", transformer: toNumber } as const;

@Entity({ name: "journal_head" })
export class JournalHead {
  @PrimaryColumn({ type: "integer" }) id: number;
  @Column(cursorColumn) cursor: number;
  /** Entries up to this one were pruned. */
  @Column(cursorColumn) prunedTo: number;
}

@Entity({ name: "journal" })
@Index("ix_journal_at", ["at"])
export class JournalRow {
  @PrimaryColumn(cursorColumn) cursor: number;
  @Column({ type: "datetime", precision: 3 }) at: Date;
  @Column({ type: "varchar", length: 64 }) correlationId: string;
  @Column({ type: "varchar", length: 36, nullable: true }) userId: string | null;
  @Column({ type: "varchar", length: 36, nullable: true }) jobId: string | null;
}

@Entity({ name: "journal_change" })
@Index("ix_journal_change_entity", ["entityId", "cursor"])
@Index("ix_journal_change_kind", ["kind", "cursor"])
export class ChangeRow {
  @PrimaryColumn(cursorColumn) cursor: number;
  @PrimaryColumn({ type: "integer" }) number: number;
  @Column({ type: "varchar", length: 40 }) kind: string;
  @Column({ type: "varchar", length: 36 }) entityId: string;
  @Column({ type: "varchar", length: 10 }) operation: string;
  @Column({ type: "simple-json" }) fields: string[];
  @Column({ type: "simple-json" }) row: Record<string, unknown>;
  /** Whether `row` is what hosts tell alone; null = the whole row. */
  @Column({ type: "boolean", nullable: true }) part: boolean | null;
}

/** Which commit was the last that rested on an object staying as it was, such as on the room that a host has left. */
@Entity({ name: "claim" })
export class ClaimRow {
  @PrimaryColumn({ type: "varchar", length: 36 }) objectId: string;
  @Column(cursorColumn) cursor: number;
  @Column({ type: "varchar", length: 36 }) holder: string;
}

/** An engine that works on this database. Times are the database's, in ms since 1970. */
@Entity({ name: "engine" })
export class EngineRow {
  @PrimaryColumn({ type: "varchar", length: 36 }) id: string;
  @Column(cursorColumn) seenAt: number;
  /** Until then its jobs are its own, and hosts that are linked to it are present. */
  @Column(cursorColumn) leaseUntil: number;
}

/** Which engine has, or last had, the link of a host. */
@Entity({ name: "host_presence" })
@Index("ix_host_presence_engineId", ["engineId"])
export class HostPresence {
  @PrimaryColumn({ type: "varchar", length: 36 }) hostId: string;
  @Column({ type: "varchar", length: 36 }) engineId: string;
  /** While it is, the engine's own sign of life is the host's. */
  @Column({ type: "boolean" }) linked: boolean;
  /** When the link came up, or ended; database time in ms. */
  @Column(cursorColumn) seenAt: number;
}

/** What passes of a job while it runs: gone when it has ended. */
@Entity({ name: "job_run" })
@Index("ix_job_run_runner", ["runner"])
export class JobRun {
  @PrimaryColumn({ type: "varchar", length: 36 }) jobId: string;
  /** The engine that runs it, as long as that lives. */
  @Column({ type: "varchar", length: 36, nullable: true }) runner: string | null;
  /** Grows with every claim. */
  @Column({ type: "integer" }) fence: number;
  /** The engine that is to go on with it, because it has the link of the host that is needed. */
  @Column({ type: "varchar", length: 36, nullable: true }) wanted: string | null;
  /** Percent. */
  @Column({ type: "double" }) progress: number;
  @Column({ type: "boolean" }) cancellable: boolean;
  @Column({ type: "datetime", precision: 3 }) lastUpdated: Date;
}

/** What passes of a step that has begun, until its job has ended. */
@Entity({ name: "step_run" })
export class StepRun {
  @PrimaryColumn({ type: "varchar", length: 36 }) jobId: string;
  @PrimaryColumn({ type: "integer" }) number: number;
  @Column({ type: "integer" }) attempts: number;
  @Column({ type: "datetime", precision: 3 }) startTime: Date;
  @Column({ type: "datetime", precision: 3, nullable: true }) retryAt: Date | null;
  /** Percent. */
  @Column({ type: "double" }) progress: number;
  /** The host that does it. */
  @Column({ type: "varchar", length: 36, nullable: true }) hostId: string | null;
  /** By key of the call: what hosts answered before another engine went on. */
  @Column({ type: "simple-json", nullable: true }) answers: Record<string, unknown> | null;
}

/** What of a host's numbered events is committed. */
@Entity({ name: "host_session" })
export class HostSession {
  @PrimaryColumn({ type: "varchar", length: 36 }) hostId: string;
  @Column({ type: "varchar", length: 36 }) incarnation: string;
  @Column(cursorColumn) acknowledged: number;
}

@Entity({ name: "host_certificate" })
@Index("ix_host_certificate_hostId", ["hostId"])
export class HostCertificate {
  @PrimaryColumn({ type: "varchar", length: 64 }) serial: string;
  @Column({ type: "varchar", length: 36 }) hostId: string;
  @Column({ type: "datetime", precision: 3 }) expiresAt: Date;
  /** From then on the host is refused with it: at once when it was revoked, a little later when a newer one took its place. */
  @Column({ type: "datetime", precision: 3, nullable: true }) revokedAt: Date | null;
  /** Null: before this was noted. */
  @Column({ type: "datetime", precision: 3, nullable: true }) issuedAt: Date | null;
}

@Entity({ name: "enrollment_token" })
@Index("ix_enrollment_token_hostId", ["hostId"])
export class EnrollmentToken {
  /** SHA-256 of the token, hex. */
  @PrimaryColumn({ type: "varchar", length: 64 }) hash: string;
  @Column({ type: "varchar", length: 36 }) hostId: string;
  @Column({ type: "datetime", precision: 3 }) expiresAt: Date;
  @Column({ type: "datetime", precision: 3, nullable: true }) usedAt: Date | null;
}

/** Passwords of the internal directory: apart from the user, because what is in a user's row is in the journal too. */
@Entity({ name: "credential" })
export class Credential {
  @PrimaryColumn({ type: "varchar", length: 36 }) userId: string;
  /** argon2id, in PHC form. */
  @Column({ type: "varchar", length: 255 }) passwordHash: string;
}

@Entity({ name: "refresh_token" })
@Index("ix_refresh_token_expiresAt", ["expiresAt"])
export class RefreshToken {
  /** SHA-256 of the token, hex. */
  @PrimaryColumn({ type: "varchar", length: 64 }) hash: string;
  /** All tokens that came from one log-in; a second use of one ends it. They go with it. */
  @Column({ type: "varchar", length: 36 })
  @Index("ix_refresh_token_sessionId")
  @ForeignKey(() => Session, { name: "fk_refresh_token_sessionId", onDelete: "CASCADE", onUpdate: "NO ACTION" })
  sessionId: string;
  @Column({ type: "datetime", precision: 3 }) expiresAt: Date;
  @Column({ type: "datetime", precision: 3, nullable: true }) usedAt: Date | null;
}

@Entity({ name: "secret" })
export class Secret {
  @PrimaryColumn({ type: "varchar", length: 80 }) name: string;
  /** AES-256-GCM: base64 of nonce, tag and text. */
  @Column({ type: "text" }) sealed: string;
}

/** Outcome of a mutation that carried an idempotency key. */
@Entity({ name: "idempotent_request" })
@Index("ix_idempotent_request_at", ["at"])
export class IdempotentRequest {
  /** SHA-256 of user and key, hex. */
  @PrimaryColumn({ type: "varchar", length: 64 }) hash: string;
  /** HMAC-SHA-256 of verb and input, hex: the same key with another input is a mistake. */
  @Column({ type: "varchar", length: 64 }) request: string;
  @Column({ type: "varchar", length: 36, nullable: true }) jobId: string | null;
  @Column({ type: "varchar", length: 36, nullable: true }) entityId: string | null;
  @Column({ type: "datetime", precision: 3 }) at: Date;
}

export const TABLES = [
  JournalHead,
  JournalRow,
  ChangeRow,
  ClaimRow,
  EngineRow,
  HostPresence,
  JobRun,
  StepRun,
  HostSession,
  HostCertificate,
  EnrollmentToken,
  Credential,
  RefreshToken,
  Secret,
  IdempotentRequest,
];
