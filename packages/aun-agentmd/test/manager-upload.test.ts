import { utf8Encode } from 'aun-crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { contentEtag, verifyAgentMd } from '../src/index.js';
import { card, createIdentity, createManager, type Identity, start } from './support.js';

const noraAid = 'nora.example.test';
const omarAid = 'omar.example.test';
let nora: Identity;
let omar: Identity;

beforeAll(async () => {
  nora = await createIdentity(noraAid);
  omar = await createIdentity(omarAid);
});

describe('upload', () => {
  const signer = () => ({ certificate: nora.certificate, privateKey: nora.privateKey });

  it('signs, publishes and stores', async () => {
    const { manager, web, storage } = createManager([nora]);
    const result = await manager.upload(noraAid, {
      content: card(nora, 'Hi', false),
      signer: signer(),
      accessToken: 'token',
      traceId: 'ab'.repeat(16),
    });
    const published = web.cards.get(noraAid)?.text ?? '';
    expect(verifyAgentMd(published, nora.certificate, noraAid, { now: start })).toMatchObject({
      data: { status: 'verified' },
    });
    expect(result).toMatchObject({
      ok: true,
      data: {
        aid: noraAid,
        content: published,
        etag: contentEtag(published),
        bytes: utf8Encode(published).length,
        x: 1,
      },
    });
    expect(web.requests[0]?.headers).toEqual({
      authorization: 'Bearer token',
      'content-type': 'text/markdown; charset=utf-8',
      'x-aun-trace': 'ab'.repeat(16),
    });
    expect(web.requests[0]?.redirects).toBe(0);
    expect(storage.entries.get(noraAid)).toMatchObject({
      content: utf8Encode(published),
      record: { remote_status: 'found' },
    });
    expect(await manager.check(noraAid)).toMatchObject({ data: { cached: true, in_sync: true } });
  });

  it('publishes the stored card again when no content is given', async () => {
    const { manager, web } = createManager([nora]);
    await manager.upload(noraAid, { content: card(nora), signer: signer(), accessToken: 'token' });
    expect(await manager.upload(noraAid, { signer: signer(), accessToken: 'token' })).toMatchObject({
      ok: true,
    });
    expect(web.cards.get(noraAid)?.text.split('AUN-SIGNATURE')).toHaveLength(2);
  });

  it('publishes what the storage holds now, not what was read before', async () => {
    const { manager, web, storage } = createManager([nora]);
    await manager.upload(noraAid, { content: card(nora), signer: signer(), accessToken: 'token' });
    const record = storage.entries.get(noraAid)?.record ?? {};
    const edited = card(nora, 'Edited by hand.', false);
    storage.entries.set(noraAid, { content: utf8Encode(edited), record });
    const result = await manager.upload(noraAid, { signer: signer(), accessToken: 'token' });
    const published = web.cards.get(noraAid)?.text ?? '';
    expect(published.startsWith(edited)).toBe(true);
    expect(result).toMatchObject({ ok: true, data: { content: published } });
    expect(storage.entries.get(noraAid)?.content).toEqual(utf8Encode(published));
    storage.entries.set(noraAid, { content: null, record });
    expect(await manager.upload(noraAid, { signer: signer(), accessToken: 'token' })).toMatchObject({
      error: { code: 'AGENTMD_PARSE_ERROR' },
    });
  });

  it('does not overwrite a card that is edited while it is published', async () => {
    const { manager, web, storage } = createManager([nora]);
    storage.entries.set(noraAid, { content: utf8Encode(card(nora)), record: {} });
    let open = () => {};
    web.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const uploading = manager.upload(noraAid, { signer: signer(), accessToken: 'token' });
    while (web.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const edited = utf8Encode(card(nora, 'Edited meanwhile.', false));
    storage.entries.set(noraAid, { content: edited, record: {} });
    open();
    expect(await uploading).toMatchObject({
      ok: true,
      data: { saved_to: null, save_error: expect.stringContaining('changed while') },
    });
    expect(storage.entries.get(noraAid)?.content).toEqual(edited);
    expect(await manager.check(noraAid)).toMatchObject({ data: { in_sync: false, needs_update: true } });
  });

  it.each([
    ['nothing', undefined, 'AGENTMD_PARSE_ERROR'],
    ['blank text', ' \n', 'AGENTMD_PARSE_ERROR'],
    ['no frontmatter', '# Hi\n', 'AGENTMD_PARSE_ERROR'],
    ['the card of someone else', '---\naid: omar.example.test\n---\n', 'AGENTMD_PARSE_ERROR'],
    ['bytes that are no UTF-8', Uint8Array.from([0xff]), 'AGENTMD_PARSE_ERROR'],
  ])('refuses %s', async (_what, content, code) => {
    const { manager, web } = createManager([nora]);
    expect(await manager.upload(noraAid, { content, signer: signer(), accessToken: 'token' })).toMatchObject({
      error: { code },
    });
    expect(web.requests).toHaveLength(0);
  });

  it('refuses a signer who is not the owner, has another key, or an expired certificate', async () => {
    const { manager, clock } = createManager([nora]);
    const content = card(nora, 'x', false);
    const attempt = async (over: object) => {
      const result = await manager.upload(noraAid, {
        content,
        signer: { ...signer(), ...over },
        accessToken: 'token',
      });
      return result.ok ? 'ok' : result.error.code;
    };
    expect(await attempt({ certificate: omar.certificate, privateKey: omar.privateKey })).toBe(
      'PRIVATE_KEY_NOT_VALID',
    );
    expect(await attempt({ privateKey: omar.privateKey })).toBe('PRIVATE_KEY_NOT_VALID');
    expect(await attempt({ certificate: undefined, certPem: 'junk' })).toBe('PRIVATE_KEY_NOT_VALID');
    clock.ms = nora.certificate.notAfter.getTime() + 1;
    expect(await attempt({})).toBe('PRIVATE_KEY_NOT_VALID');
  });

  it.each([
    [401, 'NETWORK_ERROR'],
    [403, 'NETWORK_ERROR'],
    [413, 'NETWORK_ERROR'],
    [404, 'AGENTMD_NOT_FOUND'],
  ])('tells what the server said: %i', async (status, code) => {
    const { manager, web, storage } = createManager([nora]);
    web.scripted.push({ status, text: '{"error":"because"}' });
    const result = await manager.upload(noraAid, {
      content: card(nora),
      signer: signer(),
      accessToken: 'token',
    });
    expect(result).toMatchObject({ error: { code } });
    expect(storage.writes).toBe(0);
    if (result.ok || status === 404) return;
    expect(result.error.message).toContain('because');
    expect(result.error.cause).toMatchObject({ code: status });
  });
});
