import { statfsSync, statSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isFull } from "./result-codes.ts";

/** Free room in the file, in bytes: what some hundred containers are recorded in. */
const reserve = 512 * 1024;
/** No page beyond those that there are (sqlite.org/pragma.html#pragma_max_page_count: never below the file's size). */
const asItIs = 1;
const noLimit = 0xfffffffe;

/**
 * Room for what has to be written on a full disk, where containers must still be stopped and removed, or nothing would ever
 * empty it. Commits only take free pages of the file. It grows here alone, while the disk has room, by pages that are on
 * the disk at once: a page that is in the log (-wal) only and finds no room in the file would keep all others there.
 */
export class Room {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #freePages: StatementSync;
  readonly #pageBytes: number;

  constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.#path = path;
    this.#freePages = db.prepare("PRAGMA freelist_count");
    this.#pageBytes = Number(db.prepare("PRAGMA page_size").get()?.["page_size"]);
    db.exec(`PRAGMA max_page_count = ${asItIs}`);
    if (this.#free < reserve || logBytes(path) < reserve) this.#grow(reserve);
  }

  /** Runs a transaction; again, where there was no room, with the log at its beginning and, if it can be had, more room. */
  within(transaction: () => void): void {
    // Before it: what fails here is no failure of a transaction that is done.
    if (this.#free < reserve / 2) this.#grow(reserve);
    for (let bytes = reserve; ; bytes *= 4) {
      try {
        transaction();
        break;
      } catch (error) {
        if (!isFull(error)) throw error;
        this.#db.exec("PRAGMA wal_checkpoint(RESTART)");
        if (this.#grow(bytes)) continue;
        transaction();
        break;
      }
    }
  }

  get #free(): number {
    return Number(this.#freePages.get()?.["freelist_count"]) * this.#pageBytes;
  }

  /** Makes so many bytes of the file free. False when the disk has no room to spare. */
  #grow(bytes: number): boolean {
    // The log takes them first, then the file.
    if (freeOnDisk(this.#path) < 4 * bytes) return false;
    this.#db.exec(`PRAGMA max_page_count = ${noLimit}`);
    try {
      this.#db.exec(`INSERT OR REPLACE INTO record (kind, id, value) VALUES ('room', '', hex(zeroblob(${bytes / 2})))`);
      this.#db.exec("PRAGMA wal_checkpoint(RESTART)");
      this.#db.exec("DELETE FROM record WHERE kind = 'room'");
      return true;
    } catch (error) {
      if (!isFull(error)) throw error;
      return false; // somebody was quicker; the record is replaced the next time
    } finally {
      this.#db.exec(`PRAGMA max_page_count = ${asItIs}`);
    }
  }
}

const logBytes = (path: string): number => statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;

/** That for root, who has some more than others (ext4(5), reserved blocks). */
function freeOnDisk(path: string): number {
  const { bfree, bsize } = statfsSync(path);
  return bfree * bsize;
}
