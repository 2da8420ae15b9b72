import { type Aid, parseAid } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { clientAddress } from '../src/http/client-address.js';
import { createForeignCertificates } from '../src/http/foreign-certificates.js';

const aid = (text: string): Aid => {
  const parsed = parseAid(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.data;
};

describe('certificates of other issuers (01 §14)', () => {
  it('come from their gateway, are asked for once and kept', async () => {
    const asked: string[] = [];
    const foreign = createForeignCertificates(async (url) => {
      asked.push(url);
      return '-----BEGIN CERTIFICATE-----\n';
    });
    const nora = aid('nora.other.test');
    await Promise.all([foreign.certificate(nora, undefined), foreign.certificate(nora, undefined)]);
    expect(await foreign.certificate(nora, undefined)).toContain('BEGIN CERTIFICATE');
    await foreign.certificate(nora, 'sha256:12');
    expect(asked).toEqual([
      'https://gateway.other.test/pki/cert/nora.other.test',
      'https://gateway.other.test/pki/cert/nora.other.test?cert_fingerprint=sha256%3A12',
    ]);
  });

  it('are not there when the other gateway fails or answers something else', async () => {
    const foreign = createForeignCertificates(async (url) => (url.includes('html') ? '<html>' : undefined));
    expect(await foreign.certificate(aid('html.other.test'), undefined)).toBeUndefined();
    expect(await foreign.certificate(aid('nora.other.test'), undefined)).toBeUndefined();
  });
});

describe('client address', () => {
  const request = (forwarded?: string) =>
    ({
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
      socket: { remoteAddress: '192.0.2.7' },
    }) as Parameters<typeof clientAddress>[0];

  it('is the socket unless our own proxy is trusted; then the last hop it saw', () => {
    expect(clientAddress(request('203.0.113.9'), false)).toBe('192.0.2.7');
    expect(clientAddress(request('198.51.100.1, 203.0.113.9'), true)).toBe('203.0.113.9');
    expect(clientAddress(request(), true)).toBe('192.0.2.7');
  });
});
