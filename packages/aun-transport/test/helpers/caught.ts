/** The error a promise rejects with; fails when it fulfils. */
export async function caught(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new TypeError(`rejected with something that is no Error: ${String(error)}`);
  }
  throw new Error('expected a rejection');
}
