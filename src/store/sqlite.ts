import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { EngineError } from "../base/errors.ts";
import type { Durability, RecordKind, Store, StoreChange } from "../contracts/store.ts";
import { applicationId, migrations } from "./migrations.ts";
import { code } from "./result-codes.ts";
import { Room } from "./room.ts";
import { keepLog, takeSpareLog } from "./spare-log.ts";

/**
 * Opens, and if need be makes, the store in one SQLite file. The file stays locked until close() or the end of the
 * process, however it ends: SQLite's exclusive mode holds a record lock (fcntl(2)), which the kernel drops.
 * Throws STORE_LOCKED or STORE_UNUSABLE.
 */
export function openStore(path: string): Store {
  using undo = new DisposableStack();
  const db = explained(path, () => {
    closeSync(openSync(path, "a", 0o600)); // SQLite would make it readable for everybody
    takeSpareLog(path);
    return undo.adopt(new DatabaseSync(path, { timeout: 0 }), (opened) => opened.close());
  });
  explained(path, () => lock(db));
  writePidFile(path);
  explained(path, () => prepareSchema(db, path));
  const room = explained(path, () => new Room(db, path));
  undo.move();
  return new SqliteStore(path, db, room);
}

class SqliteStore implements Store {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #all: StatementSync;
  readonly #get: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #room: Room;
  #durability: Durability = "disk";

  constructor(path: string, db: DatabaseSync, room: Room) {
    this.#path = path;
    this.#db = db;
    this.#room = room;
    this.#all = db.prepare("SELECT value FROM record WHERE kind = ? ORDER BY id");
    this.#get = db.prepare("SELECT value FROM record WHERE kind = ? AND id = ?");
    this.#put = db.prepare("INSERT OR REPLACE INTO record (kind, id, value) VALUES (?, ?, ?)");
    this.#delete = db.prepare("DELETE FROM record WHERE kind = ? AND id = ?");
  }

  all<T>(kind: RecordKind): T[] {
    return explained(this.#path, () => this.#all.all(kind).map((row) => JSON.parse(String(row["value"])) as T));
  }

  get<T>(kind: RecordKind, id: string): T | undefined {
    const row = explained(this.#path, () => this.#get.get(kind, id));
    return row && (JSON.parse(String(row["value"])) as T);
  }

  commit(changes: readonly StoreChange[], durability: Durability = "disk"): void {
    if (changes.length === 0) return;
    explained(this.#path, () => {
      this.#setDurability(durability);
      this.#room.within(() =>
        inTransaction(this.#db, () => {
          for (const change of changes) this.#write(change);
        }),
      );
    });
  }

  /** In WAL mode NORMAL writes a commit without waiting for the disk; the next that waits brings it there as well. */
  #setDurability(durability: Durability): void {
    if (durability === this.#durability) return;
    this.#db.exec(`PRAGMA synchronous = ${durability === "disk" ? "FULL" : "NORMAL"}`);
    this.#durability = durability;
  }

  close(): void {
    if (!this.#db.isOpen) return;
    rmSync(pidFile(this.#path), { force: true });
    keepLog(this.#path);
    this.#db.close();
  }

  #write(change: StoreChange): void {
    if ("delete" in change) this.#delete.run(change.delete, change.id);
    else this.#put.run(change.put, change.id, JSON.stringify(change.value));
  }
}

const pidFile = (path: string): string => `${path}.pid`;

/** Only for the message of whoever finds the store in use: a full disk may leave it empty. */
function writePidFile(path: string): void {
  try {
    writeFileSync(pidFile(path), `${process.pid}\n`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

/** Exclusive mode takes its lock with the first access and keeps it; FULL makes a commit wait for the disk. */
function lock(db: DatabaseSync): void {
  db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  inTransaction(db, () => {});
}

function prepareSchema(db: DatabaseSync, path: string): void {
  const version = pragma(db, "user_version");
  const owner = pragma(db, "application_id");
  const empty = db.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.["n"] === 0;
  if (!empty && owner !== applicationId) {
    throw unusable(path, "it is a database of another program", "give the daemon another --data-root");
  }
  if (version > migrations.length) {
    const why = `a newer Fairlead wrote it (schema ${version}, this one knows up to ${migrations.length})`;
    throw unusable(path, why, "run that version, or give this one another --data-root");
  }
  checkWhole(db, path);
  migrate(db, version);
}

function checkWhole(db: DatabaseSync, path: string): void {
  const found = db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (found !== "ok") throw corrupt(path, String(found));
}

/** All steps or none: a crash on the way leaves the old version, whole. */
function migrate(db: DatabaseSync, version: number): void {
  if (version === migrations.length) return;
  inTransaction(db, () => {
    for (const step of migrations.slice(version)) db.exec(step);
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`);
  });
}

const pragma = (db: DatabaseSync, name: string): number => Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);

function inTransaction(db: DatabaseSync, body: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    body();
    db.exec("COMMIT");
  } catch (error) {
    // A full disk and the like end the transaction by themselves (sqlite.org/lang_transaction.html).
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** Runs `body`; what SQLite or the file system refuses becomes an error that says what to do. */
function explained<T>(path: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw explain(path, error);
  }
}

function explain(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const { errcode, code: errno } = cause as { errcode?: number; code?: string };
  if (errcode === undefined) {
    const fromSystem = errno !== undefined && "syscall" in cause;
    return fromSystem ? unusable(path, cause.message, "check the path and its permissions", cause) : cause;
  }
  switch (errcode & 0xff) {
    case code.busy:
      return new EngineError("STORE_LOCKED", { path, owner: ownerOf(path) }, { cause });
    case code.corrupt:
    case code.notDatabase:
      return corrupt(path, cause.message, cause);
    case code.full:
    case code.ioError:
      return unusable(path, `${cause.message}; nothing was changed`, "check space and health of the disk", cause);
    case code.readOnly:
    case code.cannotOpen:
      return unusable(path, cause.message, "check the path and its permissions", cause);
    default:
      return cause;
  }
}

function ownerOf(path: string): string {
  try {
    const pid = readFileSync(pidFile(path), "utf8").trim();
    if (pid !== "") return `process ${pid}`;
  } catch {
    // it has the lock and has not yet written its number
  }
  return "another process";
}

const corrupt = (path: string, found: string, cause?: unknown): EngineError<"STORE_UNUSABLE"> =>
  unusable(
    path,
    `it is damaged (${found})`,
    `restore it from a backup, or move the directory it is in away to start empty`,
    cause,
  );

const unusable = (path: string, why: string, remedy: string, cause?: unknown): EngineError<"STORE_UNUSABLE"> =>
  new EngineError("STORE_UNUSABLE", { path, why, remedy }, cause === undefined ? {} : { cause });
