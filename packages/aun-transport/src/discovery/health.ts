import type { HttpClient } from '../http/types.js';
import { gatewayHttpUrl } from '../url/gateway-url.js';

/**
 * Whether a gateway takes connections: `GET /health` beside its RPC URL answers 200 (02 §2). Any failure is "no"; only
 * the signal's reason is thrown.
 *
 * @param gatewayUrl WebSocket URL
 */
export async function checkGatewayHealth(
  http: HttpClient,
  gatewayUrl: string,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<boolean> {
  const { signal, timeoutMs = 5_000 } = options;
  try {
    const url = gatewayHttpUrl(gatewayUrl, '/health');
    const response = await http.request({ url, timeoutMs, ...(signal === undefined ? {} : { signal }) });
    return response.status === 200;
  } catch {
    // The question is answered: a gateway that cannot be asked is not healthy.
    signal?.throwIfAborted();
    return false;
  }
}
