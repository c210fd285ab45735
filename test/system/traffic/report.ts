/** What became of the pings of one kind. */
export interface PingReport {
  readonly ping: string;
  readonly sent: number;
  /** Sequence number and time of those that were never answered. */
  readonly lost: readonly (readonly [sequence: number, at: string])[];
  readonly errors: readonly string[];
}
