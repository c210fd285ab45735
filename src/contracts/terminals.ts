/** Both ends of a pseudo-terminal. Whoever opened it closes the descriptors. */
export interface Terminal {
  /** What a user's terminal would hold: reads what programs print, writes what is typed. */
  readonly controller: number;
  /** What a program gets as its standard streams; raw, so that bytes pass as they are. */
  readonly line: number;
  /** Size in characters. The caller signals SIGWINCH: without a controlling terminal the kernel knows nobody to tell. */
  resize(rows: number, columns: number): void;
}

export interface Terminals {
  open(): Terminal;
}
