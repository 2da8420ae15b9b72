import type { Logger } from 'aun-core';
import { createHttpClient } from 'aun-transport';
import type { FetchText } from './foreign-certificates.js';

const maxBytes = 65_536;
const timeoutMs = 5000;

/** GET over verified TLS; any trouble is logged and gives undefined, because the answer then is "not found". */
export const fetchText = (log: Logger): FetchText => {
  const client = createHttpClient();
  return async (url) => {
    try {
      const answer = await client.request({ method: 'GET', url, timeoutMs, maxBytes });
      return answer.status === 200 ? new TextDecoder().decode(answer.body) : undefined;
    } catch (error) {
      log.debug('foreign gateway did not answer', { url, error });
      return undefined;
    }
  };
};
