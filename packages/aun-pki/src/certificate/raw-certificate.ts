import { AsnProp } from '@peculiar/asn1-schema';
import {
  Name,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Certificate as X509Certificate,
} from '@peculiar/asn1-x509';

/**
 * RFC 5280 TBSCertificate that also keeps the exact bytes of both names and of the public key: names are compared
 * and keys are hashed as they were encoded, never as they would be encoded again (01 §3.2, §3.3).
 */
export class RawTbsCertificate extends TBSCertificate {
  declare issuerRaw: Uint8Array;
  declare subjectRaw: Uint8Array;
  declare subjectPublicKeyInfoRaw: Uint8Array;
}
AsnProp({ type: Name, raw: true })(RawTbsCertificate.prototype, 'issuer');
AsnProp({ type: Name, raw: true })(RawTbsCertificate.prototype, 'subject');
AsnProp({ type: SubjectPublicKeyInfo, raw: true })(RawTbsCertificate.prototype, 'subjectPublicKeyInfo');

export class RawCertificate extends X509Certificate {
  override tbsCertificate = new RawTbsCertificate();
}
AsnProp({ type: RawTbsCertificate, raw: true })(RawCertificate.prototype, 'tbsCertificate');
