import { issuerOf, parseAid } from 'aun-core';
import { normalizeFingerprint } from 'aun-pki';
import type { Next } from 'hono';
import type { CertRow } from '../store/tables/identity.js';
import type { HttpDeps } from './deps.js';
import type { HttpApp, HttpContext } from './env.js';
import { errorReply, notFound, pemReply, tagMatches } from './reply.js';

const certificateReply = (c: HttpContext, row: CertRow, fingerprint: string | undefined): Response => {
  const pinned = fingerprint !== undefined && normalizeFingerprint(fingerprint) === row.cert_sha256;
  const etag = `"${row.cert_sha256}"`;
  const cacheControl = pinned ? 'max-age=86400, immutable' : 'no-cache';
  c.header('ETag', etag);
  const known = c.req.header('if-none-match');
  return known !== undefined && tagMatches(known, etag)
    ? c.body(null, 304, { 'Cache-Control': cacheControl })
    : pemReply(c, row.pem, cacheControl);
};

const limitByAddress = (deps: HttpDeps) => async (c: HttpContext, next: Next) => {
  const wait = deps.limits.pki.take(c.var.address);
  if (wait === 0) return next();
  c.header('Retry-After', String(Math.ceil(wait)));
  return errorReply(c, 429, 'rate limited');
};

/** Certificates, chain, CRL, OCSP and trust roots (01 §4, §5.3). */
export const pkiRoutes = (app: HttpApp, deps: HttpDeps): void => {
  const authority = (c: HttpContext) => deps.authorities.require(c.var.role.issuer);
  app.use('/pki/*', limitByAddress(deps));

  app.get('/pki/cert/:aid', async (c) => {
    const aid = parseAid(c.req.param('aid'));
    if (!aid.ok) return notFound(c);
    const fingerprint = c.req.query('cert_fingerprint');
    if (!deps.authorities.serves(issuerOf(aid.data))) {
      const pem = await deps.foreign.certificate(aid.data, fingerprint);
      return pem === undefined ? notFound(c) : pemReply(c, pem, 'no-cache');
    }
    const row =
      fingerprint === undefined
        ? deps.directory.published(aid.data)
        : deps.directory.publishedByFingerprint(aid.data, fingerprint);
    return row === undefined ? notFound(c) : certificateReply(c, row, fingerprint);
  });

  app.get('/pki/chain', (c) => pemReply(c, authority(c).chainPem, 'max-age=300'));

  app.get('/pki/chain/:aid', async (c) => {
    const aid = parseAid(c.req.param('aid'));
    if (aid.ok && !deps.authorities.serves(issuerOf(aid.data))) {
      const pem = await deps.foreign.chain(aid.data);
      return pem === undefined ? notFound(c) : pemReply(c, pem, 'no-cache');
    }
    const row = aid.ok ? deps.directory.published(aid.data) : undefined;
    const issuing = row === undefined ? undefined : deps.authorities.get(row.issuer);
    if (row === undefined || issuing === undefined) return notFound(c);
    return pemReply(c, row.pem + issuing.chainPem, 'no-cache');
  });

  app.get('/pki/crl.json', (c) =>
    c.json(deps.revocation.crl(authority(c).issuer), 200, { 'Cache-Control': 'max-age=60' }),
  );

  app.get('/pki/ocsp/:serial', async (c) =>
    c.json(await deps.revocation.ocsp(c.req.param('serial')), 200, { 'Cache-Control': 'max-age=60' }),
  );

  for (const path of ['/pki/trust-roots.json', '/pki/trust-roots', '/pki/trust-root.json']) {
    app.get(path, (c) => c.json(deps.trustList, 200, { 'Cache-Control': 'max-age=300' }));
  }
  app.get('/pki/root.crt', (c) => pemReply(c, authority(c).root.pem, 'max-age=300'));
  app.get('/ca/cert', (c) => pemReply(c, authority(c).issuerPem, 'max-age=300'));

  const onPkiHost = (c: HttpContext): boolean => c.var.role.kind === 'pki';
  app.get('/trust-root.json', (c) => (onPkiHost(c) ? c.json(deps.trustList) : notFound(c)));
  app.get('/root.crt', (c) =>
    onPkiHost(c) ? pemReply(c, authority(c).root.pem, 'max-age=300') : notFound(c),
  );
};
