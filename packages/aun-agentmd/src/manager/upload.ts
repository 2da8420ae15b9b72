import {
  ErrorCodes,
  isJsonObject,
  type JsonObject,
  type Result,
  resultErr,
  resultOk,
  tryParseJson,
} from 'aun-core';
import { CryptoError, utf8Decode, utf8Encode } from 'aun-crypto';
import { type Certificate, checkValidity } from 'aun-pki';
import { AgentMdError } from '../agent-md-error.js';
import { toCertificate } from '../certificate-input.js';
import { type AgentMdContent, contentEtag, strongEtag, toText } from '../content.js';
import { parseFrontmatter } from '../frontmatter.js';
import { type AgentMdSigner, signAgentMd } from '../sign.js';
import { type DownloadContext, messageOf } from './download.js';
import { httpError, putCard, remoteMeta } from './exchange.js';
import type { AgentMdHttpResponse } from './ports.js';
import type { AgentMdManagerErrorCode, UploadAgentMdResult } from './results.js';

export interface UploadOptions {
  /** Default: the stored card. */
  readonly content?: AgentMdContent | undefined;
  /** `now` is taken from the manager's clock. */
  readonly signer: AgentMdSigner;
  readonly accessToken: string;
  /** 32 hex digits; sent as `X-AUN-Trace` (09 §10). */
  readonly traceId?: string | undefined;
}

const overtaken = 'the stored agent.md was changed while it was published; it was left as it is';

type UploadOutcome = Result<UploadAgentMdResult, AgentMdManagerErrorCode>;

/** Signs, PUTs, stores (09 §7.4). */
export async function uploadCard(
  context: DownloadContext,
  aid: string,
  options: UploadOptions,
): Promise<UploadOutcome> {
  const source = options.content === undefined ? (await context.book.load(aid)).content : null;
  const text = textToPublish(aid, options.content ?? source ?? '');
  if (!text.ok) return text;
  const signed = signFor(aid, text.data, options.signer, context.clock.now());
  if (!signed.ok) return signed;
  let response: AgentMdHttpResponse;
  try {
    response = await putCard(context.ports, aid, utf8Encode(signed.data), options);
  } catch (error) {
    return resultErr(ErrorCodes.NETWORK_ERROR, messageOf(error), error);
  }
  if (response.status === 404)
    return resultErr(ErrorCodes.AGENTMD_NOT_FOUND, 'the agent.md endpoint was not found');
  if (response.status !== 200 && response.status !== 201) {
    const error = httpError(`PUT agent.md of ${aid}`, response);
    return resultErr(ErrorCodes.NETWORK_ERROR, error.message, error);
  }
  return keepPublished(context, aid, { signed: signed.data, source, response });
}

function textToPublish(aid: string, document: AgentMdContent): Result<string, 'AGENTMD_PARSE_ERROR'> {
  let text: string;
  try {
    text = toText(document);
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return resultErr(ErrorCodes.AGENTMD_PARSE_ERROR, 'agent.md: the document is not UTF-8', error);
  }
  if (text.trim() === '')
    return resultErr(ErrorCodes.AGENTMD_PARSE_ERROR, 'agent.md: there is nothing to publish');
  const frontmatter = parseFrontmatter(text);
  if (!frontmatter.ok) return frontmatter;
  const claimed = frontmatter.data.fields.aid;
  if (typeof claimed !== 'string' || claimed.trim().toLowerCase() !== aid) {
    const seen = typeof claimed === 'string' ? claimed.slice(0, 80) : 'no aid';
    return resultErr(
      ErrorCodes.AGENTMD_PARSE_ERROR,
      `agent.md: the frontmatter names ${seen} instead of ${aid}`,
    );
  }
  return resultOk(text);
}

function signFor(
  aid: string,
  text: string,
  signer: AgentMdSigner,
  nowMs: number,
): Result<string, 'PRIVATE_KEY_NOT_VALID'> {
  try {
    const certificate = toCertificate(signer.certificate ?? signer.certPem ?? '');
    const refused = refuseSigner(certificate, aid, nowMs);
    if (refused !== undefined) return resultErr(ErrorCodes.PRIVATE_KEY_NOT_VALID, refused);
    return resultOk(signAgentMd(text, { certificate, privateKey: signer.privateKey, now: nowMs }));
  } catch (error) {
    if (!(error instanceof AgentMdError || error instanceof CryptoError)) throw error;
    return resultErr(ErrorCodes.PRIVATE_KEY_NOT_VALID, error.message, error);
  }
}

function refuseSigner(certificate: Certificate, aid: string, nowMs: number): string | undefined {
  if (certificate.commonName.toLowerCase() !== aid) {
    return `the signer's certificate belongs to ${certificate.commonName || 'nobody'}, not to ${aid}`;
  }
  const valid = checkValidity(certificate, { now: nowMs, skewSeconds: 0 });
  return valid.ok ? undefined : valid.error.message;
}

interface Published {
  readonly signed: string;
  /** The stored card it was made from; `null` when the caller gave the text. */
  readonly source: Uint8Array | null;
  readonly response: AgentMdHttpResponse;
}

async function keepPublished(
  { ports, book, clock }: DownloadContext,
  aid: string,
  { signed, source, response }: Published,
): Promise<UploadOutcome> {
  const answer = readAnswer(response);
  const content = utf8Encode(signed);
  const meta = remoteMeta(response);
  const etag = strongEtag(text(answer.etag)) || meta.etag || contentEtag(content);
  const lastModified = text(answer.last_modified) || meta.lastModified;
  const nowMs = clock.now();
  const remote = {
    remoteEtag: etag,
    lastModified,
    checkedAt: nowMs,
    remoteStatus: 'found',
    lastError: '',
  } as const;
  let isOvertaken = false;
  const saved = await book.save(aid, (stored) => {
    // Somebody's edit during the upload is newer than what was published.
    isOvertaken = source !== null && (stored.content === null || contentEtag(source) !== stored.localEtag);
    if (isOvertaken) return remote;
    return { ...remote, content, fetchedAt: nowMs, verifyStatus: 'verified', verifyError: '' };
  });
  return resultOk({
    ...answer,
    aid,
    bytes: typeof answer.bytes === 'number' ? answer.bytes : content.length,
    etag,
    last_modified: lastModified,
    agent_md_url: text(answer.agent_md_url) || (await ports.urlOf(aid)),
    content: signed,
    saved_to: isOvertaken ? null : saved.savedTo,
    save_error: isOvertaken ? overtaken : saved.saveError,
  });
}

function readAnswer({ body }: AgentMdHttpResponse): JsonObject {
  try {
    const json = tryParseJson(utf8Decode(body));
    return isJsonObject(json) ? json : {};
  } catch (error) {
    if (error instanceof CryptoError) return {};
    throw error;
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
