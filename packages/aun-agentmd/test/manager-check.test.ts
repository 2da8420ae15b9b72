import { utf8Encode } from 'aun-crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentMdUrl, contentEtag } from '../src/index.js';
import { card, createIdentity, createManager, hourMs, type Identity } from './support.js';

const noraAid = 'nora.example.test';
let nora: Identity;

beforeAll(async () => {
  nora = await createIdentity(noraAid);
});

describe('check', () => {
  it('answers from the record for a day, then by HEAD, never by GET', async () => {
    const { manager, web, clock } = createManager([nora]);
    web.publish(noraAid, card(nora));
    await manager.download(noraAid);
    expect(await manager.check(noraAid)).toMatchObject({
      data: {
        cached: true,
        status: 200,
        in_sync: true,
        needs_update: false,
        verify_status: 'verified',
        ttl_days: 1,
      },
    });
    clock.ms += 25 * hourMs;
    web.publish(noraAid, card(nora, 'New.'));
    expect(await manager.check(noraAid)).toMatchObject({
      data: { cached: false, in_sync: false, needs_update: true, local_found: true, remote_found: true },
    });
    expect([web.count('HEAD'), web.count('GET')]).toEqual([1, 1]);
  });

  it('with ttlDays 0 always asks', async () => {
    const { manager, web } = createManager([nora]);
    web.publish(noraAid, card(nora));
    await manager.download(noraAid);
    expect(await manager.check(noraAid, 0)).toMatchObject({ data: { cached: false, in_sync: true } });
    expect(web.count('HEAD')).toBe(1);
  });

  it('remembers that there is none', async () => {
    const { manager, web } = createManager([]);
    const missing = {
      status: 404,
      remote_found: false,
      local_found: false,
      in_sync: false,
      needs_update: false,
    };
    expect(await manager.check(noraAid)).toMatchObject({ data: { ...missing, cached: false } });
    expect(await manager.check(noraAid)).toMatchObject({ data: { ...missing, cached: true } });
    expect(web.requests).toHaveLength(1);
  });

  it('asks again after a clock that went back', async () => {
    const { manager, web, clock } = createManager([nora]);
    web.publish(noraAid, card(nora));
    await manager.download(noraAid);
    clock.ms -= hourMs;
    expect(await manager.check(noraAid)).toMatchObject({ data: { cached: false } });
  });

  it('reports and records a failure', async () => {
    const { manager, web, storage } = createManager([nora]);
    web.scripted.push(new Error('no route'));
    expect(await manager.check(noraAid)).toMatchObject({
      error: { code: 'NETWORK_ERROR', message: 'no route' },
    });
    expect(storage.entries.get(noraAid)?.record).toMatchObject({
      remote_status: 'error',
      last_error: 'no route',
    });
  });

  it('leaves no trace of a failure for an AID that is not known here', async () => {
    const isKnown = async (aid: string) => aid === noraAid;
    const { manager, web, storage } = createManager([nora], { isKnown });
    web.scripted.push(new Error('no route'), new Error('no route'), new Error('no route'));
    await manager.check('omar.example.test');
    await manager.download('omar.example.test');
    expect(storage.writes).toBe(0);
    await manager.check(noraAid);
    expect(storage.entries.get(noraAid)?.record).toMatchObject({ last_error: 'no route' });
  });

  it('sees an edit of the stored card, its removal and what another process published', async () => {
    const { manager, web, storage } = createManager([nora]);
    web.publish(noraAid, card(nora));
    await manager.download(noraAid);
    const record = storage.entries.get(noraAid)?.record ?? {};
    storage.entries.set(noraAid, { content: utf8Encode('edited'), record });
    expect(await manager.check(noraAid)).toMatchObject({
      data: { cached: false, in_sync: false, needs_update: true, local_etag: contentEtag('edited') },
    });
    storage.entries.set(noraAid, { content: null, record });
    expect(await manager.check(noraAid)).toMatchObject({
      data: { local_found: false, local_etag: '', in_sync: false, needs_update: true },
    });
    const other = card(nora, 'From elsewhere.');
    const published = { ...record, remote_etag: contentEtag(other) };
    storage.entries.set(noraAid, { content: utf8Encode(other), record: published });
    expect(await manager.check(noraAid)).toMatchObject({
      data: { cached: true, in_sync: true, local_etag: contentEtag(other) },
    });
  });

  it('downloads in the background what was never stored, when asked to', async () => {
    const { manager, web } = createManager([nora]);
    web.publish(noraAid, card(nora));
    await manager.check(noraAid);
    await manager.idle();
    expect(web.count('GET')).toBe(0);
    await manager.check(noraAid, 0, { downloadIfNeverStored: true });
    await manager.idle();
    expect(web.count('GET')).toBe(1);
  });
});

describe('head', () => {
  it('tells what is published, and AGENTMD_NOT_FOUND', async () => {
    const { manager, web } = createManager([nora]);
    expect(await manager.head(noraAid)).toMatchObject({ error: { code: 'AGENTMD_NOT_FOUND' } });
    const text = card(nora);
    web.publish(noraAid, text);
    const etag = contentEtag(text);
    expect(await manager.head(noraAid)).toMatchObject({
      data: { found: true, etag, content_length: 9, status: 200 },
    });
    expect(web.requests[1]).toMatchObject({ method: 'HEAD', timeoutMs: 15_000, redirects: 3 });
  });

  it('strips the weak mark that a proxy may add', async () => {
    const { manager, web } = createManager([]);
    web.scripted.push({ status: 200, headers: { etag: 'W/"abc"' } });
    expect(await manager.head(noraAid)).toMatchObject({ data: { etag: '"abc"' } });
  });
});

describe('records', () => {
  it('recompute the local etag: the content wins', async () => {
    const { manager, storage } = createManager([nora]);
    storage.entries.set(noraAid, {
      content: utf8Encode('abc'),
      record: {
        aid: noraAid,
        local_etag: '"stale"',
        remote_etag: 7,
        fetched_at: 'x',
        remote_status: 'odd',
        extra: true,
      },
    });
    expect(await manager.loadRecord(noraAid)).toMatchObject({
      localEtag: contentEtag('abc'),
      remoteEtag: '',
      fetchedAt: 0,
      remoteStatus: 'unknown',
    });
    await manager.saveRecord(noraAid, { remoteEtag: '"r"' });
    expect(storage.entries.get(noraAid)?.record).toMatchObject({ extra: true, remote_etag: '"r"' });
  });

  it('are written only when something changes', async () => {
    const { manager, storage } = createManager([nora]);
    await manager.saveRecord(noraAid, { remoteEtag: '"r"', lastModified: undefined });
    await manager.saveRecord(noraAid, { remoteEtag: '"r"' });
    expect(storage.writes).toBe(1);
  });

  it('are read from the storage each time: what another process wrote counts', async () => {
    const { manager, storage } = createManager([nora]);
    await manager.saveRecord(noraAid, { remoteEtag: '"r"' });
    storage.entries.set(noraAid, { content: utf8Encode('abc'), record: { remote_etag: '"other"' } });
    expect(await manager.loadRecord(noraAid)).toMatchObject({
      remoteEtag: '"other"',
      localEtag: contentEtag('abc'),
    });
    storage.entries.delete(noraAid);
    expect(await manager.loadRecord(noraAid)).toMatchObject({ remoteEtag: '', content: null });
  });

  it('are written with all their members, the ones nobody set with their defaults', async () => {
    const { manager, storage, clock } = createManager([nora]);
    expect(await manager.check(noraAid)).toMatchObject({ data: { status: 404 } });
    expect(storage.entries.get(noraAid)?.record).toEqual({
      aid: noraAid,
      local_etag: '',
      remote_etag: '',
      last_modified: '',
      fetched_at: 0,
      checked_at: clock.ms,
      observed_at: 0,
      updated_at: clock.ms,
      remote_status: 'missing',
      verify_status: '',
      verify_error: '',
      last_error: '',
    });
  });

  it('get the members that an older file lacks, and keep those another process set', async () => {
    const { manager, storage } = createManager([nora]);
    await manager.loadRecord(noraAid);
    storage.entries.set(noraAid, {
      content: null,
      record: { aid: noraAid, verify_status: 'verified', x: 1 },
    });
    await manager.saveRecord(noraAid, { remoteEtag: '"r"' });
    expect(storage.entries.get(noraAid)?.record).toMatchObject({
      verify_status: 'verified',
      verify_error: '',
      observed_at: 0,
      x: 1,
    });
  });

  it('that cannot be read are not overwritten with defaults', async () => {
    const { manager, storage } = createManager([nora]);
    await manager.saveRecord(noraAid, { remoteEtag: '"r"', verifyStatus: 'verified' });
    const { loadAgentMd } = storage;
    storage.loadAgentMd = () => Promise.reject(new Error('too many open files'));
    await manager.saveRecord(noraAid, { lastError: 'offline' });
    storage.loadAgentMd = loadAgentMd;
    expect(await manager.loadRecord(noraAid)).toMatchObject({
      remoteEtag: '"r"',
      verifyStatus: 'verified',
      lastError: 'offline',
    });
  });

  it('take changes made at one time one after the other', async () => {
    const { manager, storage } = createManager([nora]);
    await Promise.all([
      manager.saveRecord(noraAid, { remoteEtag: '"r"' }),
      manager.saveRecord(noraAid, { lastModified: 'then' }),
      manager.saveRecord(noraAid, { content: utf8Encode('abc') }),
    ]);
    expect(storage.entries.get(noraAid)).toMatchObject({
      content: utf8Encode('abc'),
      record: { remote_etag: '"r"', last_modified: 'then', local_etag: contentEtag('abc') },
    });
    expect(manager.eventSnapshot()).toBeNull();
  });
});

it.each([
  [{}, 'https://nora.example.test/agent.md'],
  [{ gatewayUrl: 'ws://gateway.example.test:8080/aun' }, 'http://nora.example.test/agent.md'],
  [
    { gatewayUrl: 'wss://gateway.example.test', discoveryPort: 8443 },
    'https://nora.example.test:8443/agent.md',
  ],
])('the card of an AID lives on its own host: %j', (options, url) => {
  expect(agentMdUrl(noraAid, options)).toBe(url);
});
