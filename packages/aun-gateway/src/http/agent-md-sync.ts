import type { HttpDeps } from './deps.js';
import type { HttpApp } from './env.js';
import { bearer, errorReply } from './reply.js';

/** The newest public documents of one issuer in one answer; more would not fit a reader. */
const MAX_DOCUMENTS = 10_000;

/** `POST /api/nameservice/sync_agent_md`: all public documents of the issuer, for directories (09 §6.5). */
export const agentMdSync = (app: HttpApp, { agentMd, limits, now, tokens }: HttpDeps): void => {
  app.post('/api/nameservice/sync_agent_md', async (c) => {
    const token = bearer(c);
    if (token === undefined) return errorReply(c, 401, 'missing token');
    if (!(await tokens.verifyAccessToken(token, now())).ok) return errorReply(c, 401, 'invalid token');
    const wait = limits.pki.take(c.var.address);
    if (wait > 0) {
      c.header('Retry-After', String(Math.ceil(wait)));
      return errorReply(c, 429, 'rate limited');
    }
    const decoder = new TextDecoder();
    const data = agentMd.publicOf(c.var.role.issuer, MAX_DOCUMENTS).map(({ aid, document }) => ({
      agent_id: aid,
      file_content: decoder.decode(document.content),
      etag: document.etag,
      last_modified: document.lastModified,
    }));
    return c.json({
      message: 'OK',
      file_name: 'agent.md',
      full_snapshot: null,
      incremental_snapshot: null,
      data,
    });
  });
};
