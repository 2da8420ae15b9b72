import { KeyStoreError, type KeyStoreErrorCode } from 'aun-core';

const codes: Readonly<Record<string, KeyStoreErrorCode>> = {
  QuotaExceededError: 'no_space',
  SecurityError: 'unsupported',
  NotAllowedError: 'unsupported',
  NotSupportedError: 'unsupported',
  ReadOnlyError: 'read_only',
  NoModificationAllowedError: 'read_only',
  TimeoutError: 'busy',
  DataCloneError: 'invalid_argument',
};

/** What leaves the store: a `KeyStoreError`, or a programming error as it is. */
export function toKeyStoreError(error: unknown): unknown {
  if (error instanceof KeyStoreError || !isDomException(error)) return error;
  const code = codes[error.name] ?? 'io';
  return new KeyStoreError(code, `IndexedDB: ${error.message || 'no reason given'} (${error.name})`, {
    cause: error,
  });
}

/** By tag: an exception of another realm is one too. */
export function isDomException(error: unknown): error is DOMException {
  return error instanceof DOMException || Object.prototype.toString.call(error) === '[object DOMException]';
}

/** A browser that refuses storage altogether (private mode, blocked site data). */
export function refused(cause?: unknown): KeyStoreError {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return new KeyStoreError('unsupported', `IndexedDB is missing or refused here (private mode?)${reason}`, {
    cause,
  });
}
