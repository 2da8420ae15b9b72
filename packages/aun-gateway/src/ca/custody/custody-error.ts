/** Keys or certificates on disk cannot be used; the message is a sentence for the operator. */
export class CustodyError extends Error {
  override readonly name = 'CustodyError';
}
