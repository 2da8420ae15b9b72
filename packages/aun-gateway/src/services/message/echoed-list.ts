import { invalidParams } from '../../rpc/failure.js';

/** Members around the list. */
const AROUND = 200;

/**
 * The texts of a param that the answer names again, each with `around` bytes of JSON, must fit the caller's frame
 * (04 §13.5): nothing may happen whose outcome cannot be told.
 * @throws RpcFailure -32602
 */
export function requireEchoable(
  field: string,
  texts: readonly string[],
  around: number,
  budgetBytes: number,
): void {
  const limit = budgetBytes - AROUND - texts.length * around;
  const bytes = Buffer.byteLength(JSON.stringify(texts));
  if (bytes <= limit) return;
  throw invalidParams(
    field,
    `invalid_params: ${field}: ${bytes} bytes together, limit ${limit}: ask for fewer at once`,
    {
      limit,
    },
  );
}
