import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AIDStore } from '../../src/index.js';
import { card, codeOf, okAsync, TestNetwork } from '../support/network.js';

const folderOf = (store: AIDStore, aid: string) => join(store.aunPath, 'AIDs', aid);

describe('the card on disk', () => {
  let network: TestNetwork;
  beforeAll(async () => {
    network = await TestNetwork.start();
  });
  afterAll(() => network.stop());

  it('is what gets published, also when somebody edited it while a client was connected', async () => {
    const { store, aid } = await network.identity('nora');
    await okAsync(store.uploadAgentMd(aid.aid, card(aid.aid)));
    const client = network.client(aid);
    await client.connect();
    const path = join(folderOf(store, aid.aid), 'agent.md');
    const edited = card(aid.aid).replace('# Nora', '# Nora, edited by hand');
    writeFileSync(path, edited);
    expect(await okAsync(store.checkAgentMd(aid.aid, 0))).toMatchObject({
      in_sync: false,
      needs_update: true,
    });
    const published = await client.publishAgentMd();
    expect(published.content.startsWith(edited)).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe(published.content);
    expect(await okAsync(store.checkAgentMd(aid.aid))).toMatchObject({ in_sync: true, cached: true });
    rmSync(path);
    expect(await okAsync(store.checkAgentMd(aid.aid))).toMatchObject({ local_found: false, in_sync: false });
    await client.close();
  });

  it('has a record with every member, after an upload, a download and a 404', async () => {
    const { store, aid } = await network.identity('nora');
    const reader = await network.store();
    const members = (of: AIDStore) =>
      Object.keys(JSON.parse(readFileSync(join(folderOf(of, aid.aid), 'agentmd.json'), 'utf8')));
    const all = [
      ...['aid', 'local_etag', 'remote_etag', 'last_modified', 'fetched_at', 'checked_at', 'observed_at'],
      ...['updated_at', 'remote_status', 'verify_status', 'verify_error', 'last_error'],
    ];
    expect(await okAsync(reader.checkAgentMd(aid.aid))).toMatchObject({ status: 404 });
    expect(members(reader)).toEqual(all);
    await okAsync(store.uploadAgentMd(aid.aid, card(aid.aid)));
    expect(members(store)).toEqual(all);
    const other = await network.store();
    await okAsync(other.fetchAgentMd(aid.aid));
    expect(members(other)).toEqual(all);
  });

  it('of an own identity is told to be in sync by the store that has its key', async () => {
    const { store, aid } = await network.identity('nora');
    await okAsync(store.uploadAgentMd(aid.aid, card(aid.aid)));
    expect(await okAsync(store.fetchAgentMd(aid.aid))).toMatchObject({ in_sync: true });
    const { store: other } = await network.identity('omar');
    expect(await okAsync(other.fetchAgentMd(aid.aid))).toMatchObject({ in_sync: null });
    const keyless = await network.store({ aunPath: store.aunPath, encryptionSeed: 'another seed' });
    expect(await okAsync(keyless.fetchAgentMd(aid.aid))).toMatchObject({ in_sync: null });
  });

  it('leaves no folder for an unknown agent whose server is out of reach', async () => {
    const { store, aid } = await network.identity('nora');
    const offline = await network.store({ aunPath: store.aunPath, discoveryPort: 1 });
    expect(codeOf(await offline.checkAgentMd('abcd.aun.localhost'))).toBe('NETWORK_ERROR');
    expect(codeOf(await offline.fetchAgentMd('abcd.aun.localhost'))).toBe('NETWORK_ERROR');
    expect(existsSync(folderOf(store, 'abcd.aun.localhost'))).toBe(false);
    expect(codeOf(await offline.checkAgentMd(aid.aid))).toBe('NETWORK_ERROR');
    const record: unknown = JSON.parse(readFileSync(join(folderOf(store, aid.aid), 'agentmd.json'), 'utf8'));
    expect(record).toMatchObject({ remote_status: 'error', remote_etag: '' });
  });
});
