import type { Aid } from 'aun-core';
import type { StoredAgentMd } from '../services/agentmd/agent-md-service.js';
import { agentPage, pageHeaders, wantsPage } from './agent-page.js';
import type { HttpDeps } from './deps.js';
import type { HttpApp, HttpContext } from './env.js';
import { readBody } from './read-body.js';
import { bearer, errorReply, notFound, tagMatches } from './reply.js';

const documentHeaders = (document: StoredAgentMd) => ({
  'Content-Type': 'text/markdown; charset=utf-8',
  ETag: document.etag,
  'Last-Modified': document.lastModified,
  'Cache-Control': 'public, max-age=0, must-revalidate',
  'X-Content-Type-Options': 'nosniff',
});

const isUnchanged = (c: HttpContext, document: StoredAgentMd): boolean => {
  const tags = c.req.header('if-none-match');
  if (tags !== undefined) return tagMatches(tags, document.etag);
  const since = Date.parse(c.req.header('if-modified-since') ?? '');
  return Number.isFinite(since) && Date.parse(document.lastModified) <= since;
};

/** `GET`, `HEAD`, `PUT`, `DELETE /agent.md` of the AID in the Host header (09 §6). */
export const agentMdRoutes = (app: HttpApp, deps: HttpDeps): void => {
  const { agentMd, config, limits, tokens } = deps;

  /** The caller's AID, or the refusal; checks 1 and 2 of 09 §6.2. */
  const requireOwner = async (c: HttpContext, aid: Aid): Promise<Response | undefined> => {
    const token = bearer(c);
    if (token === undefined) return errorReply(c, 401, 'missing token');
    const verdict = await tokens.verifyAccessToken(token, deps.now());
    if (!verdict.ok)
      return errorReply(c, verdict.reason === 'AID not active' ? 403 : 401, tokenText(verdict.reason));
    if (verdict.identity.aid !== aid) return errorReply(c, 403, 'aid mismatch');
    return undefined;
  };

  const mayRead = async (c: HttpContext, document: StoredAgentMd, aid: Aid): Promise<boolean> => {
    if (document.visibility !== 'private') return true;
    const token = bearer(c);
    if (token === undefined) return false;
    const verdict = await tokens.verifyAccessToken(token, deps.now());
    return verdict.ok && verdict.identity.aid === aid;
  };

  const readable = async (c: HttpContext): Promise<StoredAgentMd | undefined> => {
    const { role } = c.var;
    if (role.kind !== 'aid') return undefined;
    const document = agentMd.read(role.aid);
    return document !== undefined && (await mayRead(c, document, role.aid)) ? document : undefined;
  };

  const page = async (c: HttpContext): Promise<Response> => {
    const document = await readable(c);
    if (document === undefined || c.var.role.kind !== 'aid') return notFound(c);
    return c.body(agentPage(c.var.role.aid, document.content), 200, pageHeaders);
  };

  const read = async (c: HttpContext): Promise<Response> => {
    const document = await readable(c);
    if (document === undefined) return notFound(c);
    const headers = documentHeaders(document);
    if (isUnchanged(c, document)) return c.body(null, 304, headers);
    return c.body(new Uint8Array(document.content), 200, {
      ...headers,
      'Content-Length': String(document.content.length),
    });
  };

  app.get('/agent.md', read);
  app.get('/index.html', page);
  app.get('/', (c) => (wantsPage(c.req.header('accept'), c.req.header('user-agent')) ? page(c) : read(c)));

  app.put('/agent.md', async (c) => {
    const { role } = c.var;
    if (role.kind !== 'aid') return notFound(c);
    const refusal = await requireOwner(c, role.aid);
    if (refusal !== undefined) return refusal;
    const wait = limits.agentMdPut.take(role.aid);
    if (wait > 0) {
      c.header('Retry-After', String(Math.ceil(wait)));
      return errorReply(c, 429, 'rate limited');
    }
    const content = await readBody(c.req.raw, config.agentMd.maxBytes);
    if (content === undefined) return errorReply(c, 413, 'document too large');
    const expected = c.req.header('if-match');
    if (expected !== undefined && !tagMatches(expected, agentMd.read(role.aid)?.etag ?? '')) {
      return errorReply(c, 412, 'etag mismatch');
    }
    const published = await agentMd.publish(role.aid, content);
    if (!published.ok) return errorReply(c, published.error.status, published.error.text);
    const { document, created } = published.data;
    return c.json(
      {
        aid: role.aid,
        bytes: document.content.length,
        etag: document.etag,
        last_modified: document.lastModified,
        agent_md_url: `https://${role.aid}/agent.md`,
      },
      created ? 201 : 200,
      { ETag: document.etag, 'Last-Modified': document.lastModified },
    );
  });

  app.delete('/agent.md', async (c) => {
    const { role } = c.var;
    if (role.kind !== 'aid') return notFound(c);
    const refusal = await requireOwner(c, role.aid);
    if (refusal !== undefined) return refusal;
    return (await agentMd.remove(role.aid)) ? c.body(null, 204) : notFound(c);
  });
};

const tokenText = (reason: string): string =>
  reason === 'AID not active' ? 'aid not active' : 'invalid token';
