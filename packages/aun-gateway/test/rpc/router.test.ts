import { noopLogger, RpcCode, systemClock } from 'aun-core';
import { expect, it } from 'vitest';
import { readFrame } from '../../src/rpc/frame.js';
import { createRouter } from '../../src/rpc/router.js';
import { createTracer } from '../../src/rpc/trace.js';

it('counts names that nobody serves as one, also before login', async () => {
  const served: [string, number][] = [];
  const router = createRouter({
    methods: [],
    clock: systemClock,
    log: noopLogger,
    deadlineMs: 1_000,
    tracer: createTracer('off', () => 'trace'),
    meta: { forResponse: () => null },
    limiter: { admit: () => 0, admitAnonymous: () => 0 },
    signatures: { validMs: 1_000, check: () => null },
    onServed: (method, code) => served.push([method, code]),
  });
  for (const method of ['evil.1', 'evil.2']) {
    const frame = readFrame(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: {} }));
    if (frame.kind !== 'request') throw new Error('not a request');
    await router.serve(frame, { id: 'c', nonce: 'n', remoteAddress: '127.0.0.1', session: null }, 0);
  }
  expect(served).toEqual([
    ['unknown', RpcCode.authenticationRequired],
    ['unknown', RpcCode.authenticationRequired],
  ]);
});
