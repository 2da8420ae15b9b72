import { type Result, resultErr, resultOk } from 'aun-core';
import type { Certificate } from './certificate.js';
import { parseCertificate } from './parse-certificate.js';
import { pemBlocks } from './pem-blocks.js';

/** Most certificates read from one bundle. */
export const MAX_BUNDLE_CERTIFICATES = 64;

/** Largest accepted bundle in characters. */
export const MAX_BUNDLE_CHARS = 512 * 1024;

/**
 * The CERTIFICATE blocks of a PEM bundle in their order, each from its BEGIN to its END line with a final newline;
 * anything else in the text is ignored (01 §4.1). At most {@link MAX_BUNDLE_CERTIFICATES}, blocks that are no base64
 * are skipped, and a text over {@link MAX_BUNDLE_CHARS} yields nothing.
 */
export function splitPemBundle(text: string): string[] {
  if (text.length > MAX_BUNDLE_CHARS) return [];
  return pemBlocks(text, 'CERTIFICATE', MAX_BUNDLE_CERTIFICATES).flatMap((block) =>
    block.ok ? [`${block.data.text}\n`] : [],
  );
}

/** Every certificate of a bundle that parses, unparsable ones skipped: for files of trusted roots (01 §5.1). */
export function readableCertificates(text: string): Certificate[] {
  return splitPemBundle(text).flatMap((pem) => {
    const parsed = parseCertificate(pem);
    return parsed.ok ? [parsed.data] : [];
  });
}

/**
 * Every certificate of a bundle, in order; an unreadable block fails the whole (01 §4.1: the order matters, so
 * nothing may be dropped silently). Code `certificate_malformed`.
 */
export function parseCertificateBundle(text: string): Result<Certificate[], 'certificate_malformed'> {
  if (text.length > MAX_BUNDLE_CHARS) {
    return resultErr('certificate_malformed', `the bundle is too large: ${text.length} characters`);
  }
  const blocks = pemBlocks(text, 'CERTIFICATE', MAX_BUNDLE_CERTIFICATES + 1);
  if (blocks.length > MAX_BUNDLE_CERTIFICATES) {
    return resultErr(
      'certificate_malformed',
      `the bundle has more than ${MAX_BUNDLE_CERTIFICATES} certificates`,
    );
  }
  const certificates: Certificate[] = [];
  for (const [index, block] of blocks.entries()) {
    const parsed = block.ok ? parseCertificate(block.data.der) : block;
    if (!parsed.ok) {
      return resultErr(
        'certificate_malformed',
        `certificate ${index + 1} of the bundle: ${parsed.error.message}`,
      );
    }
    certificates.push(parsed.data);
  }
  return resultOk(certificates);
}
