/** Skips a case, and has the report say why. */
export function skipCase(context: Mocha.Context, reason: string): never {
  if (context.test !== undefined) context.test.title += ` [skipped: ${reason}]`;
  return context.skip();
}
