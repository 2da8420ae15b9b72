import { signAgentMd } from 'aun-agentmd';
import { afterEach, describe, expect, it } from 'vitest';
import { register } from './support/agent.js';
import { openPlane, type Plane } from './support/plane.js';

let plane: Plane;
afterEach(() => plane.close());

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const card = (aid: string, more = '') => `---\naid: ${aid}\nname: Alice\n${more}---\n\nHello\n`;

const open = async (config = {}) => {
  plane = await openPlane(config);
  return register((method, params) => plane.call(method, params), 'alice.example.test');
};

describe('agent.md storage (09 §6.2)', () => {
  it('keeps every byte, also BOM and CRLF', async () => {
    const alice = await open();
    const content = bytes(`\uFEFF${card(alice.aid).replaceAll('\n', '\r\n')}`);
    const published = await plane.identity.agentMd.publish(alice.aid, content);
    expect(published.ok && published.data.created).toBe(true);
    expect(plane.identity.agentMd.read(alice.aid)?.content).toEqual(content);
  });

  it('leaves Last-Modified alone for the same bytes, and tells of real changes only', async () => {
    const alice = await open();
    await plane.identity.agentMd.publish(alice.aid, bytes(card(alice.aid)));
    const first = plane.identity.agentMd.version(alice.aid);
    plane.clock.advance(100);
    await plane.identity.agentMd.publish(alice.aid, bytes(card(alice.aid)));
    expect(plane.identity.agentMd.version(alice.aid)).toEqual(first);
    expect(plane.changedCards).toEqual([alice.aid]);
    await plane.identity.agentMd.publish(alice.aid, bytes(card(alice.aid, 'version: 2.0.0\n')));
    expect(plane.identity.agentMd.version(alice.aid)?.lastModified).toBe('Mon, 01 Jun 2026 12:01:40 GMT');
    expect(plane.changedCards).toHaveLength(2);
  });

  it('announces no version of a private document: nobody could fetch it', async () => {
    const alice = await open();
    await plane.identity.agentMd.publish(alice.aid, bytes(card(alice.aid)));
    expect(plane.identity.agentMd.version(alice.aid)).not.toBeNull();
    await plane.identity.agentMd.publish(alice.aid, bytes(card(alice.aid, 'visibility: private\n')));
    expect(plane.identity.agentMd.version(alice.aid)).toBeNull();
    expect(plane.identity.agentMd.read(alice.aid)?.visibility).toBe('private');
  });

  it('refuses bytes that are no UTF-8, YAML that is no mapping, and AIDs that are not active', async () => {
    const alice = await open();
    const refused = async (content: Uint8Array, aid = alice.aid) => {
      const published = await plane.identity.agentMd.publish(aid, content);
      return published.ok ? undefined : [published.error.status, published.error.text];
    };
    expect(await refused(Uint8Array.from([0x2d, 0x2d, 0x2d, 0x0a, 0xff]))).toEqual([
      400,
      'invalid frontmatter',
    ]);
    expect(await refused(bytes('---\n- a\n---\n'))).toEqual([400, 'invalid frontmatter']);
    expect(await refused(bytes('---\nname: x\n---\n'))).toEqual([400, 'frontmatter aid mismatch']);
    expect(await refused(bytes(card('bobb.example.test')), 'bobb.example.test')).toEqual([
      403,
      'aid not active',
    ]);
  });

  it('takes unsigned documents unless told otherwise', async () => {
    const alice = await open({ agentMd: { requireSigned: true } });
    const unsigned = await plane.identity.agentMd.publish(alice.aid, bytes(card(alice.aid)));
    expect(unsigned.ok || unsigned.error.text).toContain('signature required');
    const text = signAgentMd(card(alice.aid), {
      privateKey: alice.key,
      certPem: alice.cert,
      now: plane.clock.now(),
    });
    expect((await plane.identity.agentMd.publish(alice.aid, bytes(text))).ok).toBe(true);
    const forged = await plane.identity.agentMd.publish(alice.aid, bytes(text.replace('Hello', 'Hallo')));
    expect(forged.ok).toBe(false);
  });
});
