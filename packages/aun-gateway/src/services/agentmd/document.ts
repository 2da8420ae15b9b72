import { contentEtag, parseFrontmatter } from 'aun-agentmd';
import { type Result, resultErr, resultOk } from 'aun-core';

/** What the server reads from a document (09 §1.1, §3). */
export interface AgentMdFacts {
  readonly etag: string;
  readonly visibility: string;
}

/** Checks 4 and 5 of 09 §6.2: UTF-8, frontmatter a YAML mapping, its `aid` is the host's. */
export const readDocument = (
  content: Uint8Array,
  aid: string,
): Result<AgentMdFacts, 'invalid_frontmatter' | 'aid_mismatch'> => {
  const frontmatter = parseFrontmatter(content);
  if (!frontmatter.ok) return resultErr('invalid_frontmatter', 'invalid frontmatter', frontmatter.error);
  const { aid: named, visibility } = frontmatter.data.fields;
  if (typeof named !== 'string' || named.trim().toLowerCase() !== aid) {
    return resultErr('aid_mismatch', 'frontmatter aid mismatch');
  }
  return resultOk({
    etag: contentEtag(content),
    visibility: typeof visibility === 'string' ? visibility.trim().toLowerCase() : 'public',
  });
};
