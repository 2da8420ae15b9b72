import { ErrorCodes, type Result, resultErr, resultOk } from 'aun-core';
import { type DownloadContext, messageOf, recordFailure } from './download.js';
import { headCard, httpError, remoteMeta } from './exchange.js';
import type { AgentMdRecord } from './record.js';
import type { AgentMdManagerErrorCode, CheckAgentMdResult, HeadAgentMdResult } from './results.js';

type HeadOutcome = Result<HeadAgentMdResult, AgentMdManagerErrorCode>;

const dayMs = 86_400_000;

/** HEAD and the record that follows from it (09 §7.4). 404 is an answer here: `found: false`. */
export async function headAndRecord(context: DownloadContext, aid: string): Promise<HeadOutcome> {
  const { ports, book, clock } = context;
  try {
    const response = await headCard(ports, aid);
    if (response.status !== 200 && response.status !== 404)
      throw httpError(`HEAD agent.md of ${aid}`, response);
    const found = response.status === 200;
    const meta = found ? remoteMeta(response) : { etag: '', lastModified: '', contentLength: 0 };
    await book.save(aid, {
      remoteEtag: meta.etag,
      lastModified: meta.lastModified,
      checkedAt: clock.now(),
      remoteStatus: found ? 'found' : 'missing',
      lastError: '',
    });
    return resultOk({
      aid,
      found,
      etag: meta.etag,
      last_modified: meta.lastModified,
      content_length: meta.contentLength,
      status: response.status,
    });
  } catch (error) {
    const why = messageOf(error);
    await recordFailure(context, aid, why);
    return resultErr(ErrorCodes.NETWORK_ERROR, why, error);
  }
}

/** Answers from the record while it is fresh, else after a HEAD; never downloads (09 §7.4). */
export async function checkCard(
  context: DownloadContext,
  aid: string,
  ttlDays: number,
): Promise<Result<CheckAgentMdResult, AgentMdManagerErrorCode>> {
  const record = await context.book.load(aid);
  const cachedStatus = statusFromRecord(record, ttlDays, context.clock.now());
  if (cachedStatus !== undefined) return resultOk(describe(record, ttlDays, cachedStatus, true));
  const head = await headAndRecord(context, aid);
  if (!head.ok) return head;
  return resultOk(describe(await context.book.load(aid), ttlDays, head.data.status, false));
}

/** 200 or 404 if the record may answer, else `undefined`. */
function statusFromRecord(record: AgentMdRecord, ttlDays: number, nowMs: number): 200 | 404 | undefined {
  const isFresh = (since: number) => {
    const age = nowMs - since;
    return ttlDays > 0 && since > 0 && age >= 0 && age <= ttlDays * dayMs;
  };
  const { localEtag, remoteEtag, remoteStatus, content, checkedAt, fetchedAt } = record;
  if (localEtag !== '' && localEtag === remoteEtag && isFresh(checkedAt || fetchedAt)) return 200;
  const knownMissing = content === null && remoteEtag === '' && remoteStatus === 'missing';
  return knownMissing && isFresh(checkedAt) ? 404 : undefined;
}

function describe(
  record: AgentMdRecord,
  ttlDays: number,
  status: number,
  cached: boolean,
): CheckAgentMdResult {
  const localFound = record.content !== null;
  const remoteFound = status === 200;
  const inSync = localFound && remoteFound && record.localEtag === record.remoteEtag;
  return {
    aid: record.aid,
    local_found: localFound,
    remote_found: remoteFound,
    local_etag: record.localEtag,
    remote_etag: record.remoteEtag,
    in_sync: inSync,
    needs_update: remoteFound && !inSync,
    last_modified: record.lastModified,
    status,
    cached,
    verify_status: record.verifyStatus,
    verify_error: record.verifyError,
    ttl_days: ttlDays,
  };
}
