import type { JsonObject } from 'aun-core';
import { describe, expectTypeOf, it } from 'vitest';
import type { AUNClient, PullAnswer, ReceivedMessage, SendResult, StateChange } from '../../src/index.js';

declare const client: AUNClient;

describe('types that an editor shows', () => {
  it('knows params and results of message and meta methods', () => {
    const calls = () => ({
      send: client.call('message.send', { to: 'a', payload: { text: 'x' } }),
      pull: client.call('message.pull', { after_seq: 1 }),
      ping: client.call('meta.ping'),
      online: client.call('message.query_online', { aids: [] }),
      facade: client.message.send({ to: 'a', payload: 'x', encrypt: false }, { durable: true }),
    });
    expectTypeOf(calls).returns.toHaveProperty('send').toEqualTypeOf<Promise<SendResult>>();
    expectTypeOf(calls).returns.toHaveProperty('pull').toEqualTypeOf<Promise<PullAnswer>>();
    expectTypeOf(calls)
      .returns.toHaveProperty('ping')
      .toEqualTypeOf<Promise<{ pong: true; timestamp: number }>>();
    expectTypeOf(calls)
      .returns.toHaveProperty('online')
      .toEqualTypeOf<Promise<{ online: Record<string, boolean> }>>();
    expectTypeOf(calls).returns.toHaveProperty('facade').toEqualTypeOf<Promise<SendResult>>();
  });

  it('knows the auth family', () => {
    const calls = () => ({
      create: client.call('auth.create_aid', { aid: 'a', public_key: 'b', curve: 'P-256' }),
      download: client.call('auth.download_cert', { cert_sn: 'root' }),
    });
    expectTypeOf(calls)
      .returns.toHaveProperty('create')
      .resolves.toHaveProperty('cert')
      .toEqualTypeOf<string>();
    expectTypeOf(calls)
      .returns.toHaveProperty('download')
      .resolves.toHaveProperty('cert_chain')
      .toEqualTypeOf<string[]>();
  });

  it('knows the options of a notification', () => {
    const sent = () => client.notify('event/app.typing', { on: true }, { to: 'a', ttl_ms: 500 });
    expectTypeOf(sent).returns.toEqualTypeOf<Promise<void>>();
    expectTypeOf<AUNClient['notify']>().parameter(0).toEqualTypeOf<string>();
  });

  it('lets unknown methods through as JSON, or as what the caller says', () => {
    const calls = () => ({
      any: client.call('task.run', { a: 1 }),
      said: client.call<{ n: number }>('task.run'),
    });
    expectTypeOf(calls).returns.toHaveProperty('any').toEqualTypeOf<Promise<JsonObject>>();
    expectTypeOf(calls).returns.toHaveProperty('said').toEqualTypeOf<Promise<{ n: number }>>();
  });

  it('refuses wrong params of known methods', () => {
    const wrong = () => {
      // @ts-expect-error: aids is a list
      void client.message.queryOnline({ aids: 'x' });
    };
    expectTypeOf(wrong).toBeFunction();
  });

  it('knows event payloads', () => {
    const listen = () => {
      client.on('message.received', (message) => expectTypeOf(message).toEqualTypeOf<ReceivedMessage>());
      client.on('state_change', (change) => expectTypeOf(change).toEqualTypeOf<StateChange>());
      client.on('app.typing', (params) => expectTypeOf(params).toEqualTypeOf<JsonObject>());
      client.on('*', (name, payload) => {
        expectTypeOf(name).toEqualTypeOf<string>();
        expectTypeOf(payload).toEqualTypeOf<unknown>();
      });
    };
    expectTypeOf(listen).toBeFunction();
  });
});
