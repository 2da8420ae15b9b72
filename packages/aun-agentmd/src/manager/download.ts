import { type Clock, ErrorCodes, type Result, resultErr, resultOk } from 'aun-core';
import { CryptoError, utf8Encode } from 'aun-crypto';
import { contentEtag } from '../content.js';
import type { VerifyResult } from '../verify.js';
import { cardText, getCard, httpError, type RemoteMeta, remoteMeta } from './exchange.js';
import { judgeCard } from './judge-card.js';
import type { AgentMdHttpResponse, AgentMdPorts } from './ports.js';
import type { RecordBook } from './record-book.js';
import type { AgentMdManagerErrorCode, FetchAgentMdResult } from './results.js';

export interface DownloadContext {
  readonly ports: AgentMdPorts;
  readonly book: RecordBook;
  readonly clock: Pick<Clock, 'now'>;
}

export type DownloadOutcome = Result<FetchAgentMdResult, AgentMdManagerErrorCode>;

/** GET, certificate, verification, storing (09 §7.4). A card that fails verification is stored as well. */
export async function downloadCard(
  context: DownloadContext,
  aid: string,
  timeoutMs: number,
): Promise<DownloadOutcome> {
  try {
    const response = await requestCard(context, aid, timeoutMs);
    if (response.status === 404) return await notFound(context, aid);
    if (response.status !== 200) {
      return await failed(context, aid, httpError(`GET agent.md of ${aid}`, response));
    }
    return await keepCard(context, aid, cardText(response), remoteMeta(response));
  } catch (error) {
    return failed(context, aid, error);
  }
}

/** A 304, which nobody asked for, stands for the local copy; without one the card is asked for once more (09 §5). */
async function requestCard(
  { ports, book }: DownloadContext,
  aid: string,
  timeoutMs: number,
): Promise<AgentMdHttpResponse> {
  const response = await getCard(ports, aid, timeoutMs);
  if (response.status !== 304) return response;
  const { content } = await book.load(aid);
  return content === null ? getCard(ports, aid, timeoutMs) : { ...response, status: 200, body: content };
}

async function keepCard(
  { ports, book, clock }: DownloadContext,
  aid: string,
  text: string,
  meta: RemoteMeta,
): Promise<DownloadOutcome> {
  const { outcome, certificate } = await judgeCard(text, aid, ports.findCertificate, clock.now());
  const content = utf8Encode(text);
  const localEtag = contentEtag(content);
  const etag = meta.etag === '' ? localEtag : meta.etag;
  const isOwn = await (ports.isOwn?.(aid) ?? ports.ownAid?.() === aid);
  const nowMs = clock.now();
  const saved = await book.save(aid, {
    content,
    remoteEtag: etag,
    lastModified: meta.lastModified,
    fetchedAt: nowMs,
    checkedAt: nowMs,
    remoteStatus: 'found',
    verifyStatus: outcome.status,
    verifyError: outcome.reason ?? '',
    lastError: '',
  });
  return resultOk({
    aid,
    content: text,
    verification: {
      status: outcome.status,
      ...(outcome.reason === undefined ? {} : { reason: outcome.reason }),
    },
    signature: outcome,
    cert_pem: certificate?.pem ?? '',
    etag,
    last_modified: meta.lastModified,
    status: 200,
    in_sync: isOwn ? localEtag === etag : null,
    saved_to: saved.savedTo,
    save_error: saved.saveError,
  });
}

async function notFound({ book, clock }: DownloadContext, aid: string): Promise<DownloadOutcome> {
  await book.save(aid, {
    remoteEtag: '',
    lastModified: '',
    checkedAt: clock.now(),
    remoteStatus: 'missing',
    lastError: '',
  });
  return resultErr(ErrorCodes.AGENTMD_NOT_FOUND, `${aid} has no agent.md`);
}

async function failed(context: DownloadContext, aid: string, cause: unknown): Promise<DownloadOutcome> {
  const why = cause instanceof CryptoError ? `agent.md of ${aid}: ${cause.message}` : messageOf(cause);
  await recordFailure(context, aid, why);
  return resultErr(ErrorCodes.NETWORK_ERROR, why, cause);
}

/** Keeps a network failure in the record (09 §7.4); an AID of which nothing is stored gets none. */
export async function recordFailure(
  { ports, book, clock }: DownloadContext,
  aid: string,
  why: string,
): Promise<void> {
  const isKnown = await (ports.isKnown?.(aid) ?? true);
  await book.save(aid, (stored) =>
    isKnown || stored.content !== null || stored.updatedAt > 0
      ? { checkedAt: clock.now(), remoteStatus: 'error', lastError: why }
      : undefined,
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Turns a card that is not verified into an error (07 §3.8 `requireVerified`). */
export function demandVerified(outcome: DownloadOutcome): DownloadOutcome {
  if (!outcome.ok || outcome.data.verification.status === 'verified') return outcome;
  const { aid, signature } = outcome.data;
  return resultErr(refusalCode(signature), `agent.md of ${aid}: ${signature.reason ?? 'it is not signed'}`);
}

function refusalCode(outcome: VerifyResult): AgentMdManagerErrorCode {
  if (outcome.status === 'unsigned') return ErrorCodes.SIGNATURE_NOT_FOUND;
  return outcome.reason?.endsWith('fingerprint mismatch') === true
    ? ErrorCodes.CERT_FINGERPRINT_MISMATCH
    : ErrorCodes.SIGNATURE_INVALID;
}
