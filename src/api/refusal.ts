/** A request that the API itself refuses, in Docker's own words: the message is the whole of what the client reads. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** As Fastify's errors have it. */
  readonly statusCode: number;
  constructor(statusCode: 400 | 403 | 404, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}
