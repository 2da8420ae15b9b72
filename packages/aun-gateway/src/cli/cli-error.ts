/** The user asked for something that cannot be done; the message is one sentence. */
export class CliError extends Error {
  override readonly name = 'CliError';
}
