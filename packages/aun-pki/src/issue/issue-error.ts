export type IssueErrorCode = 'invalid_request' | 'issuer_unsuitable' | 'issued_badly';

/** A certificate, CRL or OCSP answer cannot be issued as asked; nothing was produced. */
export class IssueError extends Error {
  override readonly name = 'IssueError';

  constructor(
    readonly code: IssueErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
