import { utf8Encode } from 'aun-crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { AgentMdHttpError, contentEtag, MAX_PARALLEL_DOWNLOADS } from '../src/index.js';
import { card, createIdentity, createManager, type Identity, start } from './support.js';

const noraAid = 'nora.example.test';
const omarAid = 'omar.example.test';
let nora: Identity;
let omar: Identity;

beforeAll(async () => {
  nora = await createIdentity(noraAid);
  omar = await createIdentity(omarAid);
});

describe('download', () => {
  it('fetches without conditions, verifies, stores and reports', async () => {
    const { manager, web, storage } = createManager([nora]);
    const text = card(nora);
    web.publish(noraAid, text);
    const result = await manager.download('  NORA.example.test ');
    expect(result).toMatchObject({
      ok: true,
      data: {
        aid: noraAid,
        content: text,
        verification: { status: 'verified' },
        signature: { status: 'verified', cert_fingerprint: nora.certificate.fingerprint },
        cert_pem: nora.certificate.pem,
        etag: contentEtag(text),
        last_modified: 'Mon, 15 Jun 2026 12:00:00 GMT',
        status: 200,
        in_sync: null,
        saved_to: `/store/${noraAid}/agent.md`,
        save_error: null,
      },
    });
    expect(web.requests[0]).toMatchObject({
      method: 'GET',
      url: 'https://nora.example.test/agent.md',
      headers: { accept: 'text/markdown' },
      redirects: 3,
      timeoutMs: 30_000,
      maxBytes: 1024 * 1024,
    });
    expect(Object.keys(web.requests[0]?.headers ?? {})).toEqual(['accept']);
    expect(storage.entries.get(noraAid)).toMatchObject({
      content: utf8Encode(text),
      record: {
        aid: noraAid,
        local_etag: contentEtag(text),
        remote_etag: contentEtag(text),
        fetched_at: start,
        checked_at: start,
        remote_status: 'found',
        verify_status: 'verified',
      },
    });
  });

  it('keeps BOM and CRLF byte for byte', async () => {
    const { manager, web, storage } = createManager([nora]);
    const text = `\ufeff${card(nora, 'a', false).replaceAll('\n', '\r\n')}`;
    web.publish(noraAid, text);
    const result = await manager.download(noraAid);
    expect(result.ok && result.data.content).toBe(text);
    expect(storage.entries.get(noraAid)?.content).toEqual(utf8Encode(text));
  });

  it('asks for the certificate that the block names, not for the active one', async () => {
    const { manager, web, known, asked } = createManager([nora]);
    web.publish(noraAid, card(nora));
    known.unshift(await nora.renew());
    const result = await manager.download(noraAid);
    expect(result.ok && result.data.verification.status).toBe('verified');
    expect(asked).toEqual([nora.certificate.fingerprint]);
  });

  it.each([
    ['a changed body', () => card(nora).replace('Ask me.', 'Ask you.'), 'signature verification failed'],
    ['a broken block', () => card(nora).replace('\n-->', ''), 'malformed signature block'],
    ['a card of someone else', () => card({ ...nora, aid: omarAid }), 'aid mismatch'],
    ['a certificate the PKI does not know', () => card(omar), 'certificate not found'],
  ])('reports %s as invalid, and stores it', async (_what, text, reason) => {
    const { manager, web, storage } = createManager([nora]);
    const document = text();
    web.publish(noraAid, document);
    const result = await manager.download(noraAid);
    expect(result).toMatchObject({ ok: true, data: { verification: { status: 'invalid', reason } } });
    expect(storage.entries.get(noraAid)).toMatchObject({
      content: utf8Encode(document),
      record: { verify_status: 'invalid', verify_error: reason },
    });
  });

  it('reports an expired certificate as invalid', async () => {
    const { manager, web, clock } = createManager([nora]);
    web.publish(noraAid, card(nora));
    clock.ms = nora.certificate.notAfter.getTime() + 1;
    const result = await manager.download(noraAid);
    expect(result).toMatchObject({
      data: { verification: { status: 'invalid', reason: 'certificate expired' } },
    });
  });

  it('reports a card without signature as unsigned, even when no certificate can be found', async () => {
    const failing = () => Promise.reject(new Error('offline'));
    const { manager, web } = createManager([], { findCertificate: failing });
    web.publish(noraAid, card(nora, 'x', false));
    const result = await manager.download(noraAid);
    expect(result).toMatchObject({ ok: true, data: { verification: { status: 'unsigned' }, cert_pem: '' } });
  });

  it('says for the own card whether the stored copy is the published one', async () => {
    const { manager, web } = createManager([nora], { ownAid: () => noraAid });
    web.publish(noraAid, card(nora));
    expect(await manager.download(noraAid)).toMatchObject({ data: { in_sync: true } });
    const several = createManager([nora, omar], { isOwn: async (aid) => aid === noraAid });
    several.web.publish(noraAid, card(nora));
    several.web.publish(omarAid, card(omar));
    expect(await several.manager.download(noraAid)).toMatchObject({ data: { in_sync: true } });
    expect(await several.manager.download(omarAid)).toMatchObject({ data: { in_sync: null } });
  });

  it.each([
    ['SIGNATURE_NOT_FOUND', () => card(nora, 'x', false)],
    ['SIGNATURE_INVALID', () => card(nora).replace('Ask', 'Tell')],
    [
      'CERT_FINGERPRINT_MISMATCH',
      () => card(nora).replace(nora.certificate.spkiFingerprint, omar.certificate.spkiFingerprint),
    ],
  ])('with requireVerified answers %s', async (code, text) => {
    const { manager, web, storage } = createManager([nora]);
    web.publish(noraAid, text());
    expect(await manager.download(noraAid, { requireVerified: true })).toMatchObject({
      ok: false,
      error: { code },
    });
    expect(storage.entries.get(noraAid)?.content).not.toBeNull();
  });

  it('keeps the content when the card is gone', async () => {
    const { manager, web, storage } = createManager([nora]);
    web.publish(noraAid, card(nora));
    await manager.download(noraAid);
    web.cards.clear();
    expect(await manager.download(noraAid)).toMatchObject({ error: { code: 'AGENTMD_NOT_FOUND' } });
    expect(storage.entries.get(noraAid)).toMatchObject({
      content: expect.any(Uint8Array),
      record: { remote_status: 'missing', remote_etag: '' },
    });
  });

  it.each([
    ['an error status', { status: 503, text: 'later\u001b[31m' }, 503],
    ['no answer', new Error('socket hang up'), undefined],
    ['no UTF-8', { status: 200, body: Uint8Array.from([0xff, 0xfe]) }, undefined],
    ['a redirect too many', { status: 302 }, 302],
  ])('answers NETWORK_ERROR to %s and stores nothing', async (_what, answer, status) => {
    const { manager, web, storage } = createManager([nora]);
    web.scripted.push(answer);
    const result = await manager.download(noraAid);
    expect(result).toMatchObject({ ok: false, error: { code: 'NETWORK_ERROR' } });
    expect(storage.entries.get(noraAid)).toMatchObject({ content: null, record: { remote_status: 'error' } });
    if (result.ok || status === undefined) return;
    expect(result.error.cause).toBeInstanceOf(AgentMdHttpError);
    expect(result.error.message).toContain(String(status));
    expect(result.error.message).not.toContain('\u001b');
  });

  it('takes a 304 for the stored copy, and asks once more without one', async () => {
    const { manager, web } = createManager([nora]);
    web.publish(noraAid, card(nora));
    web.scripted.push({ status: 304 });
    expect(await manager.download(noraAid)).toMatchObject({ ok: true });
    expect(web.count('GET')).toBe(2);
    web.scripted.push({ status: 304 });
    expect(await manager.download(noraAid)).toMatchObject({
      ok: true,
      data: { verification: { status: 'verified' } },
    });
    expect(web.count('GET')).toBe(3);
  });

  it('refuses names that are none, before any request', async () => {
    const { manager, web } = createManager([]);
    for (const name of ['', 'nora', '../etc', 'a/b.c', 'nora.example.test/x', 'nora.example.test:80']) {
      expect(await manager.download(name)).toMatchObject({ error: { code: 'INVALID_AID_FORMAT' } });
    }
    expect(web.requests).toHaveLength(0);
  });

  it('is one request for callers at the same time, and eight at a time at most', async () => {
    const { manager, web } = createManager([nora]);
    let open = () => {};
    web.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const aids = Array.from({ length: 20 }, (_, index) => `agent${index}.example.test`);
    const all = [...aids, ...aids].map((aid) => manager.download(aid));
    open();
    await Promise.all(all);
    expect(web.requests).toHaveLength(20);
    expect(web.mostRunning).toBe(MAX_PARALLEL_DOWNLOADS);
  });

  it('works on when the storage does not', async () => {
    const { manager, web, storage } = createManager([nora]);
    storage.broken = true;
    web.publish(noraAid, card(nora));
    expect(await manager.download(noraAid)).toMatchObject({
      ok: true,
      data: { saved_to: null, save_error: 'disk full', verification: { status: 'verified' } },
    });
  });
});
