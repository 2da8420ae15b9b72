import { ValidationError } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { agentMdUrl, discoveryUrls, gatewayHttpUrl, peerCertUrl, peerGatewayUrl } from '../src/index.js';
import { text, vectorsOf } from './helpers/vectors.js';

describe('the HTTP URL of a gateway', () => {
  it.each(vectorsOf('pki_url'))(
    'has its origin and another path: $inputs.gateway_url',
    ({ inputs, expected }) => {
      expect(gatewayHttpUrl(text(inputs.gateway_url), text(inputs.path))).toBe(expected.url);
    },
  );

  it('keeps a port that is the default of the other scheme only', () => {
    expect(gatewayHttpUrl('ws://gateway.example.test:443/aun', '/health')).toBe(
      'http://gateway.example.test:443/health',
    );
    expect(gatewayHttpUrl('wss://gateway.example.test:443/aun', '/health')).toBe(
      'https://gateway.example.test/health',
    );
    expect(gatewayHttpUrl('wss://[::1]:20001/aun#f', 'health')).toBe('https://[::1]:20001/health');
    expect(gatewayHttpUrl('wss://user:secret@gateway.example.test/aun', '/health')).toBe(
      'https://gateway.example.test/health',
    );
  });

  it.each(['', 'gateway.example.test', 'https://gateway.example.test', 'wss:', 'ftp://x'])(
    'refuses %j',
    (url) => {
      expect(() => gatewayHttpUrl(url, '/health')).toThrow(ValidationError);
    },
  );
});

describe('the gateway of a peer', () => {
  it.each(vectorsOf('peer_gateway_url'))(
    'for $inputs.peer_aid beside $inputs.local_gateway_url',
    ({ inputs, expected }) => {
      expect(peerGatewayUrl(text(inputs.local_gateway_url), text(inputs.peer_aid))).toBe(
        expected.peer_gateway_url,
      );
    },
  );

  it('is our own for an AID without an issuer', () => {
    expect(peerGatewayUrl('wss://gateway.a.test/aun', 'bobby')).toBe('wss://gateway.a.test/aun');
  });
});

describe('the URL of a certificate', () => {
  it.each(vectorsOf('peer_cert_url'))('names the fingerprint if there is one', ({ inputs, expected }) => {
    const url = peerCertUrl(text(inputs.gateway_url), text(inputs.aid), text(inputs.cert_fingerprint));
    expect(url).toBe(expected.url);
  });
});

describe('the URLs of an AID', () => {
  it('are https on the AID itself, plain only beside a ws gateway', () => {
    expect(agentMdUrl('nora.example.test')).toBe('https://nora.example.test/agent.md');
    expect(agentMdUrl('nora.example.test', { port: 443 })).toBe('https://nora.example.test/agent.md');
    expect(agentMdUrl('nora.example.test', { port: 8443 })).toBe('https://nora.example.test:8443/agent.md');
    const gatewayUrl = 'ws://gateway.example.test:20001/aun';
    expect(agentMdUrl('nora.example.test', { port: 8080, gatewayUrl })).toBe(
      'http://nora.example.test:8080/agent.md',
    );
  });

  it('of discovery ask the AID first when TLS is verified and the gateway first when not', () => {
    const own = 'https://nora.example.test/.well-known/aun-gateway';
    const gateway = 'https://gateway.example.test/.well-known/aun-gateway';
    expect(discoveryUrls('nora.example.test')).toEqual([own, gateway]);
    expect(discoveryUrls('nora.example.test', { verifySsl: true, port: null })).toEqual([own, gateway]);
    expect(discoveryUrls('nora.example.test', { verifySsl: false })).toEqual([gateway, own]);
    expect(discoveryUrls('nora.example.test', { port: 18443 })).toEqual([
      'https://nora.example.test:18443/.well-known/aun-gateway',
      'https://gateway.example.test:18443/.well-known/aun-gateway',
    ]);
    expect(() => discoveryUrls('nora')).toThrow(ValidationError);
  });
});
