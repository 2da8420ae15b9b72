import { describe, expect, it } from 'vitest';
import { UnheardMessages } from '../../src/delivery/unheard.js';

const numbers = (messages: readonly object[]) => messages.map((message) => (message as { seq: number }).seq);

describe('messages that nobody has heard yet', () => {
  it('are the newest thousand', () => {
    const unheard = new UnheardMessages();
    for (let seq = 1; seq <= 1_500; seq += 1) unheard.add({ seq, payload: {} });
    const kept = numbers(unheard.takeAll());
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([1_000, 501, 1_500]);
    expect(unheard.takeAll()).toEqual([]);
  });

  it('take no more than 16 MB, however long they are', () => {
    const unheard = new UnheardMessages();
    const text = 'x'.repeat(1_000_000);
    for (let seq = 1; seq <= 40; seq += 1) unheard.add({ seq, payload: { text } });
    expect(numbers(unheard.takeAll())).toEqual(Array.from({ length: 16 }, (_, i) => 25 + i));
    unheard.add({ seq: 41, payload: {} });
    expect(numbers(unheard.takeAll())).toEqual([41]);
  });

  it('may be nested as deeply as a payload can be', () => {
    const unheard = new UnheardMessages();
    const payload = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    unheard.add({ seq: 1, payload });
    expect(numbers(unheard.takeAll())).toEqual([1]);
  });
});
