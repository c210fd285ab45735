/** Every call into a contract passes here; the chosen one fails. */
export class Steps {
  readonly taken: string[] = [];
  failAt = -1;
  /** Called before each step takes effect: a daemon that is killed there leaves what is to be seen then. */
  onStep: (name: string) => void = () => {};

  take(name: string): void {
    this.pass(name);
    if (this.taken.length - 1 === this.failAt) throw new Error(`injected at ${name}`);
  }
  /** A step after the commit point: it is seen, and not made to fail. */
  pass(name: string): void {
    this.taken.push(name);
    this.onStep(name);
  }
  reset(failAt = -1): void {
    this.taken.length = 0;
    this.failAt = failAt;
  }
}
