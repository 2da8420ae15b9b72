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

  it('knows the rest of the auth, meta and message families', () => {
    const proof = { aid: 'a', request_id: 'r', nonce: 'n', signature: 's' };
    const calls = () => ({
      renew: client.call('auth.renew_cert', proof),
      rekey: client.call('auth.rekey', { ...proof, new_public_key: 'k' }),
      request: client.call('auth.request_cert', { aid: 'a', public_key: 'k', curve: 'P-384' }),
      status: client.call('meta.status'),
      roots: client.call('meta.trust_roots'),
      ack: client.call('message.ack', { up_to_seq: 3 }),
      v2ack: client.call('message.v2.ack', { seq: 3 }),
      v2pull: client.call('message.v2.pull', { limit: 5 }),
      recall: client.message.recall({ message_ids: ['m'] }),
      put: client.message.thought.put({ to: 'a', context: { type: 't', id: 'i' }, payload: { text: 'x' } }),
      get: client.message.thought.get({ sender_aid: 'a', context: { type: 't', id: 'i' } }),
    });
    type Calls = { [K in keyof ReturnType<typeof calls>]: Awaited<ReturnType<typeof calls>[K]> };
    expectTypeOf<Calls['renew']['status']>().toEqualTypeOf<'renewed'>();
    expectTypeOf<Calls['rekey']['status']>().toEqualTypeOf<'rekeyed'>();
    expectTypeOf<Calls['request']['aid']>().toEqualTypeOf<string>();
    expectTypeOf<Calls['status']['protocol_version']>().toEqualTypeOf<string>();
    expectTypeOf<Calls['roots']>().toEqualTypeOf<JsonObject>();
    expectTypeOf<Calls['ack']>().toEqualTypeOf<Calls['v2ack']>();
    expectTypeOf<Calls['v2pull']>().toEqualTypeOf<PullAnswer>();
    expectTypeOf<Calls['recall']['recalled']>().toEqualTypeOf<number>();
    expectTypeOf<Calls['put']['stored_count']>().toEqualTypeOf<number>();
    expectTypeOf<Calls['get']['found']>().toEqualTypeOf<boolean>();
  });

  it('knows the options of a notification', () => {
    const sent = () => client.notify('event/app.typing', { on: true }, { to: 'a', ttl_ms: 500, slotId: 's' });
    expectTypeOf(sent).returns.toEqualTypeOf<Promise<void>>();
    expectTypeOf<AUNClient['notify']>().parameter(0).toEqualTypeOf<string>();
  });

  it('takes the options of connect() in both spellings', () => {
    const both = () => client.connect({ call_timeout: 3, autoReconnect: true, retry: { maxAttempts: 2 } });
    expectTypeOf(both).returns.toEqualTypeOf<Promise<void>>();
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
      // @ts-expect-error: a recipient is required
      void client.message.send({ payload: 'x' });
      // @ts-expect-error: a context is required
      void client.message.thought.get({ sender_aid: 'a' });
      // @ts-expect-error: milliseconds are a number
      void client.notify('event/app.x', {}, { to: 'a', ttl_ms: '5' });
      // @ts-expect-error: there is no such kind
      void client.connect({ connection_kind: 'medium' });
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
