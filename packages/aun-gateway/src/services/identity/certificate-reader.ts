import { type Certificate, parseCertificate } from 'aun-pki';
import { LRUCache } from 'lru-cache';

/** Parses certificates and remembers the good ones by their text: a login shows the same one again and again. */
export class CertificateReader {
  readonly #parsed = new LRUCache<string, Certificate>({ max: 5_000 });

  read(pem: string): ReturnType<typeof parseCertificate> {
    const known = this.#parsed.get(pem);
    if (known !== undefined) return { ok: true, data: known };
    const parsed = parseCertificate(pem);
    if (parsed.ok) this.#parsed.set(pem, parsed.data);
    return parsed;
  }

  /** A certificate of our own database. @throws Error when it does not parse: the database is damaged */
  stored(pem: string, serial: string): Certificate {
    const parsed = this.read(pem);
    if (parsed.ok) return parsed.data;
    throw new Error(`the stored certificate ${serial} is damaged: ${parsed.error.message}`);
  }
}
