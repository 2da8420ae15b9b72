export { Certificate } from './certificate/certificate.js';
export { checkFingerprint, checkSubject } from './certificate/check-subject.js';
export type { KeyUsageName } from './certificate/extensions.js';
export {
  certificateMatchesFingerprint,
  certificateVersionFileName,
  type Fingerprint,
  isShortFingerprint,
  normalizeFingerprint,
  spkiMatchesFingerprint,
} from './certificate/fingerprint.js';
export {
  type CertificateParseErrorCode,
  MAX_CERTIFICATE_BYTES,
  MAX_CERTIFICATE_PEM_CHARS,
  parseCertificate,
} from './certificate/parse-certificate.js';
export {
  MAX_BUNDLE_CERTIFICATES,
  MAX_BUNDLE_CHARS,
  parseCertificateBundle,
  readableCertificates,
  splitPemBundle,
} from './certificate/pem-bundle.js';
export { normalizeSerial } from './certificate/serial.js';
export { ChainCache, type ChainCacheOptions, type VerifiedChain } from './chain/chain-cache.js';
export { type ChainLinkErrorCode, verifyLink } from './chain/chain-link.js';
export { isSignedBy } from './chain/signature.js';
export { type TrustedRoots, TrustStore } from './chain/trust-store.js';
export {
  checkValidity,
  DEFAULT_SKEW_SECONDS,
  type ValidityErrorCode,
  type ValidityOptions,
} from './chain/validity.js';
export {
  type AuthCertificateCheck,
  type CertificateCheck,
  type CertificateErrorCode,
  type PeerCertificateCheck,
  type VerifiedCertificate,
  verifyAuthCertificate,
  verifyPeerCertificate,
} from './chain/verify-certificate.js';
export {
  type ChainErrorCode,
  type ChainOptions,
  MAX_CHAIN_LENGTH,
  verifyChain,
} from './chain/verify-chain.js';
export {
  buildClientSignature,
  CLIENT_SIGNATURE_WINDOW_SECONDS,
  type ClientSignature,
  type ClientSignatureCheck,
  type ClientSignatureErrorCode,
  type ClientSignatureInput,
  type ClientSignatureObject,
  checkClientSignatureTime,
  clientSignatureText,
  parseClientSignature,
  verifyClientSignature,
} from './proof/client-signature.js';
export { signServerProof, verifyServerProof } from './proof/login1.js';
export {
  canonicalParams,
  canonicalParamsOfText,
  clientSignatureParamsHash,
  wireParamsHashes,
} from './proof/params-hash.js';
export { signProof, verifyProof } from './proof/proof.js';
export {
  type GroupProofIds,
  groupRenewProofText,
  groupTransferAcceptProofText,
  groupTransferProofText,
  login2ProofText,
  rekeyProofText,
  renewProofText,
} from './proof/proof-strings.js';
export { publicKeyFromText, publicKeyToText } from './proof/public-key-text.js';
export { isSignedMethod, SIGNED_METHODS } from './proof/signed-methods.js';
export {
  type Crl,
  type CrlErrorCode,
  MAX_CRL_BYTES,
  parseCrl,
  revocationDate,
  verifyCrl,
  verifyCrlSignature,
} from './revocation/crl.js';
export {
  type CrlDocument,
  type OcspDocument,
  readCrlDocument,
  readOcspDocument,
} from './revocation/documents.js';
export {
  evaluateRevocation,
  type RevocationErrorCode,
  type RevocationEvidence,
  type RevocationOptions,
  type RevocationState,
} from './revocation/evaluate-revocation.js';
export {
  MAX_OCSP_BYTES,
  type OcspAnswer,
  type OcspErrorCode,
  type OcspSingleResponse,
  type OcspStatus,
  parseOcspResponse,
} from './revocation/ocsp.js';
export { verifyOcsp, verifyOcspSignature } from './revocation/verify-ocsp.js';
export { signTrustList, trustListSignedText, verifyAuthoritySignature } from './trust/authority-signature.js';
export { type BootstrapMaterial, readBootstrapMaterial } from './trust/bootstrap-material.js';
export { rootFileName, verifyIssuerRoot } from './trust/issuer-root.js';
export { MAX_TRUST_LIST_CHARS } from './trust/trust-list-document.js';
export {
  type TrustedRoot,
  type TrustListErrorCode,
  type TrustListOptions,
  type VerifiedTrustList,
  verifyTrustList,
} from './trust/verify-trust-list.js';
