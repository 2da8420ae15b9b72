export { normalizeFingerprint } from 'aun-pki';
export { AgentMdError, type AgentMdErrorCode } from './agent-md-error.js';
export {
  type CertificateInput,
  certMatchesFingerprint,
  publicKeyMatchesFingerprint,
} from './certificate-input.js';
export { type AgentMdContent, contentEtag, strongEtag } from './content.js';
export { type Frontmatter, MAX_FRONTMATTER_BYTES, parseFrontmatter } from './frontmatter.js';
export { extractAgentMdAid } from './frontmatter-aid.js';
export { type LintFinding, lintAgentMd, RECOMMENDED_MAX_BYTES } from './lint.js';
export { AgentMdManager, type CheckOptions, type DownloadOptions } from './manager/agent-md-manager.js';
export { type AgentMdUrlOptions, agentMdUrl } from './manager/agent-md-url.js';
export { MAX_PARALLEL_DOWNLOADS, MAX_QUEUED_DOWNLOADS } from './manager/download-queue.js';
export { MAX_AGENT_MD_BYTES } from './manager/exchange.js';
export type { AgentMdObservation } from './manager/observations.js';
export type {
  AgentMdHttp,
  AgentMdHttpRequest,
  AgentMdHttpResponse,
  AgentMdPorts,
  CertificateAnswer,
  CertificateLookup,
} from './manager/ports.js';
export type { AgentMdChange, AgentMdRecord, RemoteStatus } from './manager/record.js';
export type { SaveOutcome } from './manager/record-book.js';
export {
  AgentMdHttpError,
  type AgentMdManagerErrorCode,
  type CheckAgentMdResult,
  type FetchAgentMdResult,
  type HeadAgentMdResult,
  type UploadAgentMdResult,
} from './manager/results.js';
export type { UploadOptions } from './manager/upload.js';
export { type ParsedAgentMd, parseAgentMd, type SignatureFields } from './parse.js';
export { type AgentMdSigner, signAgentMd } from './sign.js';
export {
  buildSignatureBlock,
  normalizeAgentMdPayload,
  SIGNATURE_MARKER,
  type SignatureBlockInput,
} from './signature-block.js';
export { type VerifyErrorCode, type VerifyOptions, type VerifyResult, verifyAgentMd } from './verify.js';
