import { utf8Decode } from 'aun-crypto';
import { strongEtag } from '../content.js';
import type { AgentMdHttpResponse, AgentMdPorts } from './ports.js';
import { AgentMdHttpError } from './results.js';

/** Largest card that is read (09 §5). */
export const MAX_AGENT_MD_BYTES = 1024 * 1024;

const redirects = 3;
const maxErrorText = 300;

/** Metadata that came with an answer. */
export interface RemoteMeta {
  /** Strong form, `''` when the answer had none. */
  readonly etag: string;
  readonly lastModified: string;
  readonly contentLength: number;
}

/** Plain GET without conditions (09 §5). */
export async function getCard(
  ports: AgentMdPorts,
  aid: string,
  timeoutMs: number,
): Promise<AgentMdHttpResponse> {
  return ports.http.request({
    method: 'GET',
    url: await ports.urlOf(aid),
    headers: { accept: 'text/markdown' },
    timeoutMs,
    maxBytes: MAX_AGENT_MD_BYTES,
    redirects,
  });
}

export async function headCard(ports: AgentMdPorts, aid: string): Promise<AgentMdHttpResponse> {
  return ports.http.request({
    method: 'HEAD',
    url: await ports.urlOf(aid),
    headers: { accept: 'text/markdown' },
    timeoutMs: 15_000,
    maxBytes: MAX_AGENT_MD_BYTES,
    redirects,
  });
}

export async function putCard(
  ports: AgentMdPorts,
  aid: string,
  body: Uint8Array,
  credentials: { readonly accessToken: string; readonly traceId?: string | undefined },
): Promise<AgentMdHttpResponse> {
  return ports.http.request({
    method: 'PUT',
    url: await ports.urlOf(aid),
    headers: {
      authorization: `Bearer ${credentials.accessToken}`,
      'content-type': 'text/markdown; charset=utf-8',
      ...(credentials.traceId === undefined ? {} : { 'x-aun-trace': credentials.traceId }),
    },
    body,
    timeoutMs: 30_000,
    maxBytes: MAX_AGENT_MD_BYTES,
    redirects: 0,
  });
}

export function remoteMeta(response: AgentMdHttpResponse): RemoteMeta {
  const length = Number(response.headers['content-length'] ?? '');
  return {
    etag: strongEtag(response.headers.etag ?? ''),
    lastModified: response.headers['last-modified'] ?? '',
    contentLength: Number.isSafeInteger(length) && length > 0 ? length : 0,
  };
}

/** The error of an answer nobody wanted: status and the beginning of its text. */
export function httpError(what: string, response: AgentMdHttpResponse): AgentMdHttpError {
  const text = readableText(response.body);
  return new AgentMdHttpError(
    response.status,
    `${what}: HTTP ${response.status}${text === '' ? '' : ` ${text}`}`,
  );
}

function readableText(body: Uint8Array): string {
  const text = new TextDecoder().decode(body.subarray(0, maxErrorText));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a hostile answer must not reach a terminal
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
}

/** @throws {CryptoError} when the body is not UTF-8 */
export function cardText(response: AgentMdHttpResponse): string {
  return utf8Decode(response.body);
}
