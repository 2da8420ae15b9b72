import type { AgentMdEntry, AgentMdStore, JsonObject } from 'aun-core';
import { PrivateKey, utf8Encode } from 'aun-crypto';
import type { Certificate } from 'aun-pki';
import { certificateMatchesFingerprint } from 'aun-pki';
import { createRootCa, issueCertificate } from 'aun-pki/issue';
import {
  type AgentMdHttpRequest,
  type AgentMdHttpResponse,
  AgentMdManager,
  type AgentMdPorts,
  agentMdUrl,
  contentEtag,
  signAgentMd,
} from '../src/index.js';

export const start = Date.UTC(2026, 5, 15, 12, 0, 0);
export const hourMs = 3_600_000;

/** Runs of property tests; `AUN_SOAK=1` multiplies them. */
export const runs = (count: number) => (process.env.AUN_SOAK === '1' ? count * 20 : count);

export class TestClock {
  ms = start;
  now = () => this.ms;
}

export async function createIdentity(aid: string, validityDays = 730) {
  const ca = await createRootCa({ commonName: 'Test Root', curve: 'P-256', clock: { now: () => start } });
  const privateKey = PrivateKey.generate();
  const renew = (days = validityDays) =>
    issueCertificate(ca, {
      profile: 'agent',
      commonName: aid,
      publicKey: privateKey.publicKey,
      validityDays: days,
      clock: { now: () => start },
    });
  return { aid, privateKey, certificate: await renew(), renew };
}

export type Identity = Awaited<ReturnType<typeof createIdentity>>;

/** A card of the identity, signed unless `sign` is false. */
export function card(identity: Identity, text = 'Ask me.', sign = true): string {
  const document = `---\naid: "${identity.aid}"\nname: "N"\ntype: assistant\n---\n\n${text}\n`;
  const { certificate, privateKey } = identity;
  return sign ? signAgentMd(document, { certificate, privateKey, now: start }) : document;
}

export class MemoryStore implements AgentMdStore {
  readonly entries = new Map<string, { content: Uint8Array | null; record: JsonObject }>();
  writes = 0;
  broken = false;

  async loadAgentMd(aid: string): Promise<AgentMdEntry> {
    return this.entries.get(aid) ?? { content: null, record: {} };
  }

  async saveAgentMd(aid: string, change: Parameters<AgentMdStore['saveAgentMd']>[1]): Promise<string> {
    if (this.broken) throw new Error('disk full');
    this.writes += 1;
    const before = this.entries.get(aid) ?? { content: null, record: {} };
    const given = Object.entries(change.record ?? {}).filter(
      ([, value]) => value !== undefined && value !== null,
    );
    this.entries.set(aid, {
      content: change.content ?? before.content,
      record: { ...before.record, ...(Object.fromEntries(given) as JsonObject) },
    });
    return `/store/${aid}/agent.md`;
  }
}

type Answer = Partial<AgentMdHttpResponse> & { text?: string };

/** A name service in memory: serves what is published, counts and records requests, can be made to fail. */
export class FakeWeb {
  readonly cards = new Map<string, { text: string; lastModified: string }>();
  readonly requests: AgentMdHttpRequest[] = [];
  /** Answers that come before everything else, one per request. */
  readonly scripted: (Answer | Error)[] = [];
  /** While set, requests wait for it. */
  gate: Promise<void> | undefined;
  running = 0;
  mostRunning = 0;

  async request(request: AgentMdHttpRequest): Promise<AgentMdHttpResponse> {
    this.requests.push(request);
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    try {
      await this.gate;
      const scripted = this.scripted.shift();
      if (scripted instanceof Error) throw scripted;
      return scripted === undefined ? this.serve(request) : respond(scripted);
    } finally {
      this.running -= 1;
    }
  }

  publish(aid: string, text: string, lastModified = 'Mon, 15 Jun 2026 12:00:00 GMT'): void {
    this.cards.set(aid, { text, lastModified });
  }

  count(method: string): number {
    return this.requests.filter((request) => request.method === method).length;
  }

  private serve(request: AgentMdHttpRequest): AgentMdHttpResponse {
    const aid = new URL(request.url).hostname;
    if (request.method === 'PUT') return this.put(aid, request);
    const stored = this.cards.get(aid);
    if (stored === undefined) return respond({ status: 404, text: '{"error":"not found"}' });
    const headers = {
      etag: contentEtag(stored.text),
      'last-modified': stored.lastModified,
      'content-length': '9',
    };
    return respond({ status: 200, headers, text: request.method === 'GET' ? stored.text : '' });
  }

  private put(aid: string, { body, headers }: AgentMdHttpRequest): AgentMdHttpResponse {
    if (headers.authorization !== 'Bearer token')
      return respond({ status: 401, text: '{"error":"invalid token"}' });
    const created = !this.cards.has(aid);
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(body);
    this.publish(aid, text);
    const answer = {
      aid,
      bytes: body?.length,
      etag: contentEtag(text),
      last_modified: 'then',
      agent_md_url: 'u',
      x: 1,
    };
    return respond({ status: created ? 201 : 200, text: JSON.stringify(answer) });
  }
}

export function respond({ status = 200, headers = {}, body, text = '' }: Answer): AgentMdHttpResponse {
  return { status, headers, body: body ?? utf8Encode(text) };
}

export function createManager(identities: readonly Identity[], over: Partial<AgentMdPorts> = {}) {
  const web = new FakeWeb();
  const storage = new MemoryStore();
  const clock = new TestClock();
  const known: Certificate[] = identities.map(({ certificate }) => certificate);
  const asked: (string | null)[] = [];
  const manager = new AgentMdManager({
    storage,
    http: web,
    clock,
    urlOf: (aid) => agentMdUrl(aid),
    findCertificate: async (aid, fingerprint) => {
      asked.push(fingerprint);
      const certificate = known.find(
        (candidate) =>
          candidate.commonName === aid &&
          (fingerprint === null || certificateMatchesFingerprint(candidate, fingerprint)),
      );
      return certificate === undefined
        ? { found: false, reason: 'certificate not found' }
        : { found: true, certificate };
    },
    ...over,
  });
  return { manager, web, storage, clock, known, asked };
}
