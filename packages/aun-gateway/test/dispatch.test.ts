import { noopLogger } from 'aun-core';
import { expect, it } from 'vitest';
import { createSessionIndex } from '../src/session/session-index.js';
import { createDispatch } from '../src/ws/dispatch.js';
import type { WireConnection } from '../src/ws/wire-connection.js';

const never = new Promise<never>(() => {});

/** A dispatcher whose requests never end but for pings, and a socket without session. */
const opened = () => {
  const sent: { id: unknown; error?: { code: number } }[] = [];
  const connection = {
    id: 'c-1',
    nonce: 'n',
    remoteAddress: '192.0.2.1',
    lastActivityAt: 0,
    inFlight: 0,
    requests: 0,
    malformedFrames: 0,
    send: (text: string) => sent.push(JSON.parse(text)),
    closeAfter: () => {},
  } as unknown as WireConnection;
  const dispatch = createDispatch({
    router: {
      serve: ({ id, method }) =>
        method === 'meta.ping' ? { text: JSON.stringify({ id }), afterReply: [] } : never,
    },
    index: createSessionIndex(),
    log: noopLogger,
    notification: () => {},
    admitAnonymous: () => 0,
  });
  return { connection, dispatch, sent };
};

it('a full connection still has its pings answered (02 §14)', () => {
  const { connection, dispatch, sent } = opened();
  for (let n = 0; n < 70; n += 1) dispatch(connection, `{"id":${n},"method":"message.send"}`, 0);
  dispatch(connection, '{"id":"ping","method":"meta.ping"}', 0);
  expect(sent.at(0)).toMatchObject({ id: 48, error: { code: -32029 } });
  expect(sent.at(-1)).toEqual({ id: 'ping' });
});

it('without session only a request restarts the timer (02 §4.1)', () => {
  const { connection, dispatch } = opened();
  const others = ['{"method":"notification/x"}', '{"method":"event/app.x","params":[]}', '[]', '{"nope'];
  for (const text of others) dispatch(connection, text, 7);
  expect(connection.lastActivityAt).toBe(0);
  dispatch(connection, '{"id":1,"method":"meta.ping"}', 8);
  expect(connection.lastActivityAt).toBe(8);
});
