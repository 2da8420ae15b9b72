/** One thought as put (04 §11). `payloadText` is the full envelope with its recipients. */
export interface Thought {
  readonly thoughtId: string;
  readonly payloadText: string;
  readonly createdAt: number;
}

export interface ThoughtKey {
  readonly sender: string;
  readonly peer: string;
  readonly contextType: string;
  readonly contextId: string;
}

interface Head {
  readonly thoughts: Map<string, Thought>;
  bytes: number;
  updatedAt: number;
}

const MAX_ITEMS = 1_000;
const MAX_BYTES = 4 * 1024 * 1024;
/** All heads together: thoughts live in memory, and everyone may send some. */
const MAX_TOTAL_BYTES = 256 * 1024 * 1024;
const IDLE_TTL_MS = 24 * 60 * 60 * 1000;

export interface ThoughtStore {
  /** Appends, or replaces in place; gives the number of items under the head. */
  put(key: ThoughtKey, thought: Thought): number;
  get(
    key: ThoughtKey,
    nowMs: number,
  ): { readonly thoughts: readonly Thought[]; readonly updatedAt: number } | null;
  /** Drops heads that nobody touched for a day. */
  sweep(nowMs: number): void;
}

const headKey = (key: ThoughtKey): string => JSON.stringify([key.peer, key.contextType, key.contextId]);

/** In memory only, bounded per head, per sender and in all: the least recently updated head goes first. */
export function createThoughtStore(maxHeadsPerSender: number, maxTotalBytes = MAX_TOTAL_BYTES): ThoughtStore {
  const senders = new Map<string, Map<string, Head>>();
  /** In order of updates. */
  const byAge = new Map<Head, { readonly sender: string; readonly id: string }>();
  let totalBytes = 0;

  const drop = (head: Head): void => {
    const place = byAge.get(head);
    if (place === undefined) return;
    const heads = senders.get(place.sender);
    heads?.delete(place.id);
    if (heads?.size === 0) senders.delete(place.sender);
    byAge.delete(head);
    totalBytes -= head.bytes;
  };

  const trim = (head: Head): void => {
    for (const [id, thought] of head.thoughts) {
      if (head.thoughts.size <= MAX_ITEMS && (head.bytes <= MAX_BYTES || head.thoughts.size === 1)) return;
      head.thoughts.delete(id);
      head.bytes -= thought.payloadText.length;
    }
  };

  return {
    put(key, thought) {
      const heads = senders.get(key.sender) ?? new Map<string, Head>();
      senders.set(key.sender, heads);
      const id = headKey(key);
      const head = heads.get(id) ?? { thoughts: new Map(), bytes: 0, updatedAt: 0 };
      const bytesBefore = head.bytes;
      const previous = head.thoughts.get(thought.thoughtId);
      head.bytes += thought.payloadText.length - (previous?.payloadText.length ?? 0);
      head.thoughts.set(thought.thoughtId, thought);
      head.updatedAt = thought.createdAt;
      trim(head);
      // Re-inserted at the end: a Map keeps the order of updates.
      heads.delete(id);
      heads.set(id, head);
      byAge.delete(head);
      byAge.set(head, { sender: key.sender, id });
      totalBytes += head.bytes - bytesBefore;
      for (const oldest of heads.values()) {
        if (heads.size <= maxHeadsPerSender) break;
        drop(oldest);
      }
      for (const oldest of byAge.keys()) {
        if (totalBytes <= maxTotalBytes || oldest === head) break;
        drop(oldest);
      }
      return head.thoughts.size;
    },
    get(key, nowMs) {
      const head = senders.get(key.sender)?.get(headKey(key));
      if (!head || nowMs - head.updatedAt > IDLE_TTL_MS) return null;
      return { thoughts: [...head.thoughts.values()], updatedAt: head.updatedAt };
    },
    sweep(nowMs) {
      for (const head of byAge.keys()) {
        if (nowMs - head.updatedAt <= IDLE_TTL_MS) break;
        drop(head);
      }
    },
  };
}
