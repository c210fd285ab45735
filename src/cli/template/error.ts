/** A template that cannot be read or carried out. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  constructor(why: string, where?: string) {
    super(`template parsing error: ${why}${where === undefined ? "" : ` in {{${where}}}`}`);
  }
}
