export { assertAuthority, type CertificateAuthority, type IssueEnvironment } from './issue/authority.js';
export {
  buildCrl,
  type CrlJson,
  type CrlOptions,
  type RevocationReason,
  type RevokedEntry,
} from './issue/build-crl.js';
export { buildOcspResponse, type OcspJson, type OcspRequest } from './issue/build-ocsp.js';
export {
  type CaOptions,
  createIntermediateCa,
  createRootCa,
  type IntermediateCaOptions,
} from './issue/create-ca.js';
export { isDnsName } from './issue/dns-name.js';
export { isIpAddress } from './issue/ip-address.js';
export { type IssueOptions, issueCertificate } from './issue/issue-certificate.js';
export { IssueError, type IssueErrorCode } from './issue/issue-error.js';
export type { CertificateLocations, LeafProfile } from './issue/profiles.js';
export { newSerial } from './issue/serial.js';
