import { beforeAll, describe, expect, it } from 'vitest';
import { contentEtag, MAX_PARALLEL_DOWNLOADS, MAX_QUEUED_DOWNLOADS } from '../src/index.js';
import { card, createIdentity, createManager, type Identity } from './support.js';

const noraAid = 'nora.example.test';
const omarAid = 'omar.example.test';
let nora: Identity;

beforeAll(async () => {
  nora = await createIdentity(noraAid);
});

describe('hints in traffic', () => {
  const hint = (aid: string, etag = '"e"', last_modified = 'then') => ({ aid, etag, last_modified });

  it('about an unknown AID cause exactly one GET', async () => {
    const { manager, web } = createManager([nora]);
    const text = card(nora);
    web.publish(noraAid, text);
    const peer = hint(noraAid, contentEtag(text));
    manager.observeRpcMeta({ agent_md_etags: { peer, sender: peer, from: peer, to: peer } });
    manager.observeRpcMeta({ agent_md_etags: { peer } });
    await manager.idle();
    expect(web.requests).toHaveLength(1);
    expect((await manager.loadRecord(noraAid)).content).not.toBeNull();
  });

  it('about a known AID only change the record, once', async () => {
    const { manager, web, storage } = createManager([nora]);
    web.publish(noraAid, card(nora));
    await manager.download(noraAid);
    const before = storage.writes;
    for (let round = 0; round < 3; round += 1) manager.observeMeta(hint(noraAid, '"newer"'));
    await manager.idle();
    expect(storage.writes).toBe(before + 1);
    expect(web.count('GET')).toBe(1);
    expect(await manager.check(noraAid)).toMatchObject({ data: { cached: false } });
  });

  it('that say nothing new are answered from memory', async () => {
    const { manager, web, storage } = createManager([nora], { ownAid: () => noraAid });
    const text = card(nora);
    web.publish(noraAid, text);
    await manager.download(noraAid);
    storage.loadAgentMd = () => Promise.reject(new Error('not now'));
    const before = storage.writes;
    manager.observeMeta(hint(noraAid, contentEtag(text), ''));
    await manager.idle();
    expect(manager.eventSnapshot()).toEqual({
      local_etag: contentEtag(text),
      remote_etag: contentEtag(text),
    });
    expect([storage.writes, web.requests.length]).toEqual([before, 1]);
  });

  it('are tried again after ten minutes when the download failed', async () => {
    const { manager, web, clock } = createManager([nora]);
    const observe = async () => {
      manager.observeMeta(hint(noraAid));
      await manager.idle();
    };
    web.scripted.push(new Error('offline'));
    await observe();
    await observe();
    expect(web.count('GET')).toBe(1);
    expect(await manager.loadRecord(noraAid)).toMatchObject({ remoteStatus: 'found', lastError: 'offline' });
    clock.ms += 600_000;
    web.publish(noraAid, card(nora));
    await observe();
    expect(web.count('GET')).toBe(2);
    expect((await manager.loadRecord(noraAid)).verifyStatus).toBe('verified');
  });

  it('are read from every key, and from the own etag', async () => {
    const { manager, web } = createManager([], { ownAid: () => noraAid });
    web.scripted.push(new Error('offline'), new Error('offline'));
    await manager.loadRecord(noraAid);
    expect(manager.eventSnapshot()).toBeNull();
    manager.observeRpcMeta({
      agent_md_etag: '"own"',
      agent_md_etags: { group: { aid: '10042.example.test', lastModified: 'then' } },
    });
    await manager.idle();
    expect(manager.eventSnapshot()).toEqual({ local_etag: '', remote_etag: '"own"' });
    expect(await manager.loadRecord('10042.example.test')).toMatchObject({
      remoteEtag: '',
      lastModified: 'then',
    });
  });

  it('of an envelope take the AID from the envelope when the entry has none', async () => {
    const { manager, web } = createManager([]);
    web.scripted.push(new Error('offline'), new Error('offline'));
    manager.observeEnvelope({
      aad: { from: omarAid },
      group_id: '10042.example.test',
      agent_md: { sender: { etag: '"s"' }, group: { etag: '"g"' } },
    });
    await manager.idle();
    expect((await manager.loadRecord(omarAid)).remoteEtag).toBe('"s"');
    expect((await manager.loadRecord('10042.example.test')).remoteEtag).toBe('"g"');
  });

  it('that are no hints are ignored', async () => {
    const { manager, web, storage } = createManager([], { ownAid: () => null });
    for (const junk of [
      null,
      1,
      'x',
      [],
      {},
      { aid: noraAid },
      { aid: '../x', etag: 'e' },
      hint(noraAid, 'x'.repeat(999), ''),
    ]) {
      manager.observeMeta(junk);
      manager.observeRpcMeta(junk);
      manager.observeRpcMeta({ agent_md_etags: junk, agent_md_etag: junk });
      manager.observeRpcMeta({ agent_md_etags: { peer: junk } });
      manager.observeEnvelope(junk);
      manager.observeEnvelope({ agent_md: junk });
      manager.observeEnvelope({ agent_md: { sender: junk, group: junk } });
    }
    await manager.idle();
    expect([web.requests.length, storage.writes]).toEqual([0, 0]);
  });

  it('cannot queue more than 64 downloads', async () => {
    const { manager, web } = createManager([]);
    let open = () => {};
    web.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    for (let i = 0; i < 500; i += 1) manager.observeMeta(hint(`agent${i}.example.test`));
    for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
    open();
    await manager.idle();
    expect(web.requests.length).toBe(MAX_PARALLEL_DOWNLOADS + MAX_QUEUED_DOWNLOADS);
  });

  it('cause nothing after close', async () => {
    const { manager, web } = createManager([nora]);
    await manager.close();
    manager.observeMeta(hint(noraAid));
    await manager.idle();
    expect(web.requests).toHaveLength(0);
  });
});
