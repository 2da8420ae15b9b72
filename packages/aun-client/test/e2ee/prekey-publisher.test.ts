import {
  type JsonObject,
  type JsonValue,
  noopLogger,
  PermissionError,
  RpcError,
  TimeoutError,
  ValidationError,
} from 'aun-core';
import type { PrekeyRegistration } from 'aun-e2ee';
import { describe, expect, it } from 'vitest';
import { PREKEY_PATIENCE_MS, PREKEY_PAUSE_MS, PrekeyPublisher } from '../../src/e2ee/prekey-publisher.js';
import { FakeClock, settle } from '../support/fake-clock.js';

/** A session whose prekeys are called k1, k2 …, and a server that answers when a test says so. */
const world = () => {
  const clock = new FakeClock();
  const uploads: string[] = [];
  const marked: string[] = [];
  const answers: { accept: () => void; refuse: (error: Error) => void }[] = [];
  let current = 1;
  const publisher = new PrekeyPublisher({
    session: {
      registration: async ({ mode } = {}) => {
        if (mode === 'rotate') current += 1;
        const spkId = `k${current}`;
        const registration = {
          method: 'message.v2.put_peer_pk',
          params: { spk_id: spkId },
          groupId: '',
          spkId,
        };
        return registration as unknown as PrekeyRegistration;
      },
      markUploaded: async ({ spkId }) => void marked.push(spkId),
    },
    call: (_method: string, params: JsonObject) =>
      new Promise<JsonValue>((resolve, reject) => {
        uploads.push(String(params.spk_id));
        answers.push({ accept: () => resolve({}), refuse: reject });
      }),
    clock,
    logger: noopLogger,
  });
  const isDone = async (work: Promise<void>): Promise<boolean> => {
    let done = false;
    void work.then(() => {
      done = true;
    });
    await settle();
    return done;
  };
  const answer = async (error?: Error): Promise<void> => {
    await settle();
    const next = answers.shift();
    if (error === undefined) next?.accept();
    else next?.refuse(error);
    await settle();
  };
  return { clock, uploads, marked, publisher, isDone, answer };
};

describe('publishing the prekey', () => {
  it('lasts until the server has it', async () => {
    const { publisher, isDone, answer, clock, marked } = world();
    const published = publisher.republish();
    expect(await isDone(published)).toBe(false);
    await answer();
    expect(await isDone(published)).toBe(true);
    expect([marked, clock.timers]).toEqual([['k1'], 0]);
  });

  it('is not waited for longer than is reasonable, and goes on behind', async () => {
    const { publisher, isDone, answer, clock, marked, uploads } = world();
    const published = publisher.republish();
    await clock.advance(PREKEY_PATIENCE_MS - 1);
    expect(await isDone(published)).toBe(false);
    await clock.advance(1);
    expect(await isDone(published)).toBe(true);
    expect(await isDone(publisher.ensure())).toBe(true);
    expect([uploads, marked]).toEqual([['k1'], []]);
    await answer();
    expect(marked).toEqual(['k1']);
  });

  it('is done once for all who need it', async () => {
    const { publisher, isDone, answer, uploads } = world();
    const waiting = [publisher.republish(), publisher.ensure(), publisher.ensure()];
    await answer();
    for (const one of waiting) expect(await isDone(one)).toBe(true);
    await publisher.ensure();
    expect(uploads).toEqual(['k1']);
    publisher.newConnection();
    await publisher.ensure();
    expect(uploads).toEqual(['k1']);
    void publisher.republish();
    await settle();
    expect(uploads).toEqual(['k1', 'k1']);
  });

  it.each([new TimeoutError('rpc timeout'), new RpcError('internal error', { code: -32603 })])(
    'is left alone for a minute after %s',
    async (error) => {
      const { publisher, answer, clock, uploads } = world();
      void publisher.republish();
      await answer(error);
      await publisher.ensure();
      await clock.advance(PREKEY_PAUSE_MS - 1);
      await publisher.ensure();
      expect(uploads).toHaveLength(1);
      await clock.advance(1);
      void publisher.ensure();
      await answer();
      expect(uploads).toHaveLength(2);
      await publisher.ensure();
      expect(uploads).toHaveLength(2);
    },
  );

  it.each([new ValidationError('method not found'), new PermissionError('no')])(
    'is not tried again on a connection that refused it: %s',
    async (error) => {
      const { publisher, answer, clock, uploads } = world();
      void publisher.republish();
      await answer(error);
      await clock.advance(100 * PREKEY_PAUSE_MS);
      await publisher.ensure();
      await publisher.rotate(publisher.rotations);
      expect(uploads).toEqual(['k1']);
      publisher.newConnection();
      void publisher.ensure();
      await settle();
      expect(uploads).toEqual(['k1', 'k1']);
    },
  );

  it('of a new connection does not wait for the one before', async () => {
    const { publisher, isDone, answer, uploads } = world();
    void publisher.republish();
    await settle();
    publisher.newConnection();
    const second = publisher.republish();
    await settle();
    expect(uploads).toHaveLength(2);
    await answer(new ValidationError('the old one'));
    expect(await isDone(second)).toBe(false);
    await answer();
    expect(await isDone(second)).toBe(true);
    expect(await isDone(publisher.ensure())).toBe(true);
    expect(uploads).toHaveLength(2);
  });
});

describe('rotating the prekey (03 §10)', () => {
  it('happens once for all the messages that wait', async () => {
    const { publisher, answer, uploads, marked } = world();
    const asOf = publisher.rotations;
    for (let message = 0; message < 30; message += 1) void publisher.rotate(asOf);
    await answer();
    expect(marked).toEqual(['k2']);
    // Opened before the new prekey was there.
    void publisher.rotate(asOf);
    await settle();
    expect(uploads).toEqual(['k2']);
    void publisher.rotate(publisher.rotations);
    await answer();
    expect(marked).toEqual(['k2', 'k3']);
  });

  it('comes after an upload that is under way', async () => {
    const { publisher, answer, uploads, marked } = world();
    void publisher.republish();
    await settle();
    void publisher.rotate(publisher.rotations);
    await settle();
    expect(uploads).toEqual(['k1']);
    await answer();
    expect(uploads).toEqual(['k1', 'k2']);
    await answer();
    expect(marked).toEqual(['k1', 'k2']);
  });

  it('that failed is not tried with every message', async () => {
    const { publisher, answer, clock, uploads } = world();
    void publisher.rotate(publisher.rotations);
    await answer(new TimeoutError('rpc timeout'));
    await publisher.rotate(publisher.rotations);
    expect(uploads).toEqual(['k2']);
    await clock.advance(PREKEY_PAUSE_MS);
    void publisher.rotate(publisher.rotations);
    await settle();
    expect(uploads).toEqual(['k2', 'k3']);
  });

  it('holds up no message', async () => {
    const { publisher, answer, isDone } = world();
    void publisher.republish();
    await answer();
    void publisher.rotate(publisher.rotations);
    await settle();
    expect(await isDone(publisher.ensure())).toBe(true);
  });
});
