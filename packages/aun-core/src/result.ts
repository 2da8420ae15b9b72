/** Why an operation failed. `cause` carries the underlying error, never key material (07 §2.1). */
export interface ErrorInfo<C extends string = string> {
  readonly code: C;
  readonly message: string;
  readonly cause?: unknown;
}

/** Outcome of a fallible operation that does not throw (07 §2.1). */
export type Result<T, C extends string = string> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly error: ErrorInfo<C> };

export function resultOk<T>(data: T): { readonly ok: true; readonly data: T } {
  return { ok: true, data };
}

export function resultErr<C extends string>(
  code: C,
  message: string,
  cause?: unknown,
): { readonly ok: false; readonly error: ErrorInfo<C> } {
  return { ok: false, error: cause === undefined ? { code, message } : { code, message, cause } };
}
