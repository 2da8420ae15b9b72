import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHostRoles } from '../src/http/host-role.js';

const roles = createHostRoles(['example.test', 'eu.example.test', 'other.test'], 'example.test');

describe('the Host header picks the role', () => {
  it.each([
    ['example.test', { kind: 'issuer', issuer: 'example.test' }],
    ['gateway.example.test:20001', { kind: 'gateway', issuer: 'example.test' }],
    ['PKI.Other.Test', { kind: 'pki', issuer: 'other.test' }],
    ['alice.example.test', { kind: 'aid', issuer: 'example.test', aid: 'alice.example.test' }],
    ['alice.eu.example.test', { kind: 'aid', issuer: 'eu.example.test', aid: 'alice.eu.example.test' }],
    ['gateway.eu.example.test.', { kind: 'gateway', issuer: 'eu.example.test' }],
    ['a.b.other.test', { kind: 'other', issuer: 'other.test' }],
    ['127.0.0.1:20001', { kind: 'other', issuer: 'example.test' }],
    ['[::1]:20001', { kind: 'other', issuer: 'example.test' }],
    ['notexample.test', { kind: 'other', issuer: 'example.test' }],
    [undefined, { kind: 'other', issuer: 'example.test' }],
  ])('%s', (host, role) => {
    expect(roles(host)).toEqual(role);
  });

  it('whatever the header is, the issuer is a served one', () => {
    fc.assert(
      fc.property(fc.string(), (host) => {
        expect(['example.test', 'eu.example.test', 'other.test']).toContain(roles(host).issuer);
      }),
      { numRuns: process.env.AUN_SOAK === '1' ? 20_000 : 500 },
    );
  });
});
