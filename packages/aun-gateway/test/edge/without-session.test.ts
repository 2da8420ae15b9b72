import { afterEach, describe, expect, it } from 'vitest';
import type { TestClient } from './support/client.js';
import { startEdge, type TestEdge } from './support/edge.js';

const nora = 'nora.demo.example';
const running: TestEdge[] = [];
afterEach(async () => {
  for (const edge of running.splice(0)) {
    expect(edge.errors).toEqual([]);
    await edge.stop();
  }
});

const start = async (admitAnonymous?: (address: string) => number): Promise<TestEdge> => {
  const edge = await startEdge(admitAnonymous ? { admitAnonymous } : {});
  edge.register('nora');
  running.push(edge);
  return edge;
};

/** Admits so many frames, whoever sends them. */
const bucketOf = (frames: number) => {
  let left = frames;
  const admit = (): number => {
    left -= 1;
    return left >= 0 ? 0 : 1;
  };
  return { admit, taken: () => frames - left };
};

const answersOf = (client: TestClient) => client.frames.slice(1).map((text) => JSON.parse(text));

const badFrames = [
  '[]',
  '7',
  '{"id":{},"method":"meta.ping"}',
  '{"id":"x"}',
  '{"id":"x","method":"meta.ping","params":[]}',
];

describe('a socket without session (02 §3.1, §4.1)', () => {
  it.each([...badFrames, '{"nope'])('is closed with 1002 after five frames like %s', async (text) => {
    const client = await (await start()).open();
    for (let n = 0; n < 300; n += 1) client.raw(text);
    expect((await client.closed).code).toBe(1002);
    expect(answersOf(client)).toHaveLength(5);
    for (const { error } of answersOf(client)) expect(error.code).toBeLessThan(-32599);
  });

  it('counts bad frames without id, which nobody answers', async () => {
    const client = await (await start()).open();
    for (let n = 0; n < 5; n += 1) client.raw('{"method":"event/app.x","params":[]}');
    expect((await client.closed).code).toBe(1002);
    expect(answersOf(client)).toEqual([]);
  });

  it('with a session goes on after frames of a wrong shape', async () => {
    const client = await (await start()).connect(nora);
    for (const text of [...badFrames, ...badFrames]) client.raw(text);
    for (let n = 0; n < 5; n += 1) client.raw('{"method":"event/app.x","params":[]}');
    expect(await client.call('meta.ping')).toMatchObject({ pong: true });
  });

  it('pays for every frame, and only before its session begins', async () => {
    const bucket = bucketOf(1_000);
    const edge = await start(bucket.admit);
    const client = await edge.open();
    const texts = ['[]', '{"nope', '{"method":"notification/x"}', '{"method":"event/app.x","params":[]}'];
    for (const text of texts) client.raw(text);
    await client.refused('message.send');
    await client.refused('federation.relay');
    expect(bucket.taken()).toBe(6);
    const session = await edge.connect(nora);
    expect(bucket.taken()).toBe(7);
    for (const text of texts) session.raw(text);
    await session.settle();
    expect(bucket.taken()).toBe(7);
  });

  it('is refused requests, federation.* too, and closed for notifications when its address sends too much', async () => {
    const edge = await start(bucketOf(0).admit);
    const client = await edge.open();
    for (const method of ['message.send', 'federation.hello', 'federation.relay']) {
      expect(await client.refused(method)).toMatchObject({ code: -32029, data: { retry_after: 1 } });
    }
    client.notify('notification/x', {});
    expect((await client.closed).code).toBe(4008);
  });

  it('has its pings answered all the same, if they are not a flood (02 §14)', async () => {
    const edge = await start(bucketOf(0).admit);
    const client = await edge.open();
    expect((await client.refused('message.send')).code).toBe(-32029);
    expect(await client.call('meta.ping')).toMatchObject({ pong: true });
    const answers = await Promise.all(Array.from({ length: 300 }, () => client.request('meta.ping')));
    expect(answers.at(0)).toHaveProperty('result');
    expect(answers.at(-1)).toMatchObject({ error: { code: -32029 } });
  });
});

describe('federation.* from a socket that is neither session nor peer (02 §4.2)', () => {
  it('asks for authentication', async () => {
    const client = await (await start()).open();
    for (const method of ['federation.relay', 'federation.relay_batch', 'federation.event', 'federation.x']) {
      expect(await client.refused(method)).toMatchObject({
        code: -32001,
        message: expect.stringMatching(/^authentication required/),
      });
    }
  });
});
