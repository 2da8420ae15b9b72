import type { JsonObject } from 'aun-core';
import { z } from 'zod';
import { defineMethod } from '../../rpc/method.js';

/** `meta.trust_roots`: the same object as `/pki/trust-roots.json` (01 §5.3, 02 §19.2). */
export const trustRootsMethod = (trustList: JsonObject) =>
  defineMethod({ name: 'meta.trust_roots', session: false, params: z.object({}), handler: () => trustList });
