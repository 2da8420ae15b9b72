import { canonicalJson, stableStringify } from 'aun-core';
import type { Area } from '../lib/types.js';

const aad = {
  from: 'alice.aun.localhost',
  from_device: 'laptop-3f',
  to: 'bobby.aun.localhost',
  message_id: 'm-1c2a36740a48',
  timestamp: 1767225600011,
  suite: 'P256_HKDF_SHA256_AES_256_GCM',
  wrap_protocol: '3DH',
};

const payload = {
  type: 'text',
  text: 'Grüße 漢字 😀 "quoted" \\ and a line\nbreak. '.repeat(20),
  parts: Array.from({ length: 20 }, (_, i) => ({
    index: i,
    score: i / 7,
    tags: ['a', 'b'],
    ok: i % 2 === 0,
  })),
};

/** The bound is what the engine needs to write the same value without sorting: `JSON.stringify`. */
export const core: Area = {
  name: 'core',
  backends: ['node'],
  setup: async () => ({
    primitives: {
      stringifySmall: () => JSON.stringify(aad),
      stringifyLarge: () => JSON.stringify(payload),
    },
    rows: [
      { name: 'canonical JSON, AAD', run: () => canonicalJson(aad), bound: { stringifySmall: 1 } },
      {
        name: 'canonical JSON, 3 KB payload',
        run: () => canonicalJson(payload),
        bound: { stringifyLarge: 1 },
      },
      {
        name: 'stable stringify, 3 KB payload',
        run: () => stableStringify(payload),
        bound: { stringifyLarge: 1 },
      },
    ],
  }),
};
