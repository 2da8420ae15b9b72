export type AgentMdErrorCode = 'CERT_PARSE_ERROR' | 'KEYPAIR_MISMATCH' | 'AGENTMD_PARSE_ERROR';

/** Thrown by functions that return plain values; the `Result` ones use the same codes. */
export class AgentMdError extends Error {
  override readonly name = 'AgentMdError';

  constructor(
    readonly code: AgentMdErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
