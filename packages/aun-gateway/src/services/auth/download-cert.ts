import { RpcCode } from 'aun-core';
import { normalizeSerial } from 'aun-pki';
import { z } from 'zod';
import { RpcFailure } from '../../rpc/failure.js';
import { defineMethod } from '../../rpc/method.js';
import type { AuthDeps } from './deps.js';

const params = z.object({ cert_sn: z.string().min(1).max(80) });

/** `auth.download_cert`: any certificate of this network by serial, or the root (01 §12.3). */
export const downloadCert = (deps: AuthDeps) =>
  defineMethod({
    name: 'auth.download_cert',
    session: false,
    params,
    handler(input) {
      const wanted =
        input.cert_sn === 'root'
          ? deps.authorities.first.root.serialHex
          : (normalizeSerial(input.cert_sn) ?? '');
      const row = deps.store.bySerial(wanted);
      const authority =
        row === undefined ? deps.authorities.withCertificate(wanted) : deps.authorities.get(row.issuer);
      const pem = row?.pem ?? authority?.certificate(wanted)?.pem;
      if (authority === undefined || pem === undefined) {
        throw new RpcFailure(RpcCode.notFound, 'not_found: no certificate has this serial');
      }
      return { cert: pem, ca_cert: authority.issuerPem, cert_chain: authority.chain.map((cert) => cert.pem) };
    },
  });
