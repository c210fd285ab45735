/** "FLED": marks the file as ours for file(1) and for the check at opening (PRAGMA application_id). */
export const applicationId = 0x464c4544;

/**
 * SQL that brings a store from one schema version to the next: entry N makes version N+1 (PRAGMA user_version). Entries
 * are only ever added: stores of every earlier release pass through them.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE record (
     kind TEXT NOT NULL,
     id TEXT NOT NULL,
     value TEXT NOT NULL,
     PRIMARY KEY (kind, id)
   ) STRICT, WITHOUT ROWID`,
];
