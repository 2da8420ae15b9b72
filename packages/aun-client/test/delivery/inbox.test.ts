import { NetworkError } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { ACK_INTERVAL_MS } from '../../src/delivery/ack-scheduler.js';
import { settle } from '../support/fake-clock.js';
import { paramsOf, plainPush, plainRow, ScriptedInbox } from '../support/inbox.js';

/** Numbers in brackets: acceptance behaviours of 04 §25.14. */
describe('the P2P inbox', () => {
  it('fills the gap before a push that came first on an empty tracker, in order and without doubles [80]', async () => {
    const box = new ScriptedInbox();
    box.rows = [1, 2, 3].map(plainRow);
    await box.push('message.received', plainPush(3));
    await box.clock.advance(10);
    expect(box.seqs).toEqual([1, 2, 3]);
  });

  it('ignores a push for another device or slot, and takes one for the same isolation key [81]', async () => {
    const box = new ScriptedInbox();
    await box.push('message.received', plainPush(1, { device_id: 'other' }));
    await box.push('message.received', plainPush(1, { slot_id: 'other' }));
    expect(box.events).toEqual([]);
    await box.push('message.received', plainPush(1, { device_id: 'd-otto-1', slot_id: 'main/2' }));
    expect(box.seqs).toEqual([1]);
  });

  it('ignores a push whose number is covered, and an encrypted one at the contiguous number [82]', async () => {
    const box = new ScriptedInbox(5);
    await box.push('message.received', plainPush(4));
    await box.push('peer.v2.message_received', { seq: 5, message_id: 'm-5' });
    await box.clock.advance(10);
    expect(box.events).toEqual([]);
    expect(box.methods()).not.toContain('message.v2.pull');
  });

  it('takes the hole in a page for permanent and acknowledges to its end [83]', async () => {
    const box = new ScriptedInbox(4);
    box.rows = [5, 7].map(plainRow);
    await box.inbox.fill();
    await settle();
    expect(box.seqs).toEqual([5, 7]);
    expect(box.space.tracker.contiguous).toBe(7);
    expect(box.cursor).toBe(7);
  });

  it('jumps to the cursor of the server without publishing anything [84]', async () => {
    const box = new ScriptedInbox(12);
    box.cursor = 20;
    await box.inbox.fill();
    expect(box.space.tracker.contiguous).toBe(20);
    expect(box.events).toEqual([]);
  });

  it('acknowledges a page with the request for the next one [85]', async () => {
    const box = new ScriptedInbox();
    box.rows = Array.from({ length: 60 }, (_, i) => plainRow(i + 1));
    await box.inbox.fill();
    await settle();
    expect(
      paramsOf(box, 'message.v2.pull').map(({ after_seq, ack_up_to_seq }) => [after_seq, ack_up_to_seq]),
    ).toEqual([
      [0, undefined],
      [50, 50],
    ]);
    expect(paramsOf(box, 'message.v2.ack')).toEqual([{ up_to_seq: 60 }]);
  });

  it('ignores rows at or below what it asked for, and acknowledges nothing for them [85]', async () => {
    const box = new ScriptedInbox(5);
    box.answer = async () => ({ messages: [plainRow(4), plainRow(5)], server_ack_seq: 0, has_more: false });
    await box.inbox.pull({});
    expect(box.events).toEqual([]);
    expect(box.methods()).toEqual(['message.v2.pull']);
  });

  it('pulls once more for a push that came while a pull was under way, and not if it is covered [86]', async () => {
    const box = new ScriptedInbox();
    box.rows = [plainRow(1)];
    let release: () => void = () => undefined;
    const serve = box.answer;
    box.answer = async (call) => {
      if (box.calls.length === 1)
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      return serve(call);
    };
    void box.inbox.fill();
    await settle();
    box.rows.push({ version: 'v2', seq: 2, message_id: 'm-2', from_aid: 'nora.demo.example' });
    await box.push('peer.v2.message_received', { seq: 2, message_id: 'm-2' });
    release();
    await box.clock.advance(10);
    expect(box.seqs).toEqual([1, 2]);
    expect(paramsOf(box, 'message.v2.pull')).toHaveLength(1);
    await box.push('peer.v2.message_received', { seq: 3, message_id: 'm-3' });
    await box.clock.advance(10);
    expect(paramsOf(box, 'message.v2.pull')).toHaveLength(2);
  });

  it('answers a pull from inside a handler with nothing, at once [87]', async () => {
    const box = new ScriptedInbox();
    box.rows = [1, 2].map(plainRow);
    const answers: unknown[] = [];
    box.onEvent = async () => {
      answers.push((await box.inbox.pull({})).messages);
    };
    await box.inbox.fill();
    expect(answers).toEqual([[], []]);
    expect(box.seqs).toEqual([1, 2]);
  });

  it('clamps an acknowledgement to what it has seen, and makes no call for nothing [88]', async () => {
    const box = new ScriptedInbox();
    expect(await box.inbox.ack({})).toEqual({ acked: 0 });
    expect(box.calls).toEqual([]);
    box.rows = [1, 2, 3].map(plainRow);
    await box.inbox.fill();
    await box.inbox.ack({ seq: 99 });
    expect(paramsOf(box, 'message.v2.ack').at(-1)).toEqual({ up_to_seq: 3 });
  });

  it('starts from the stored number after a restart and publishes nothing again [91]', async () => {
    const box = new ScriptedInbox(7);
    box.rows = Array.from({ length: 9 }, (_, i) => plainRow(i + 1));
    await box.inbox.fill();
    expect(paramsOf(box, 'message.v2.pull')[0]).toEqual({ after_seq: 7, limit: 50 });
    expect(box.seqs).toEqual([8, 9]);
    const explicit = await box.inbox.pull({ after_seq: 2, force: true });
    expect(explicit.count).toBe(7);
    expect(box.seqs).toEqual([8, 9]);
  });

  it('goes on after a short page when the server says that there is more', async () => {
    const box = new ScriptedInbox();
    box.pageLimit = 2;
    box.rows = [1, 2, 3, 4, 5].map(plainRow);
    await box.inbox.fill();
    expect(box.seqs).toEqual([1, 2, 3, 4, 5]);
    expect(paramsOf(box, 'message.v2.pull')).toHaveLength(3);
  });

  it('goes back when a push proves that its cursor is ahead of the server', async () => {
    const box = new ScriptedInbox(40);
    box.rows = [3, 4].map((seq) => ({
      version: 'v2',
      seq,
      message_id: `m-${seq}`,
      from_aid: 'nora.demo.example',
    }));
    await box.push('peer.v2.message_received', { seq: 3, message_id: 'm-3' });
    await box.clock.advance(10);
    expect(box.seqs).toEqual([3, 4]);
  });

  it('does not go back for a late copy of what was published', async () => {
    const box = new ScriptedInbox();
    for (const seq of [1, 2, 3]) {
      await box.push('peer.v2.message_received', {
        seq,
        message_id: `m-${seq}`,
        from_aid: 'n',
        envelope_json: '{}',
      });
    }
    await box.push('peer.v2.message_received', {
      seq: 2,
      message_id: 'm-2',
      from_aid: 'n',
      envelope_json: '{}',
    });
    expect(box.seqs).toEqual([1, 2, 3]);
    expect(box.space.tracker.contiguous).toBe(3);
  });

  it('does not acknowledge beyond a message that waits for its sender, and delivers it in the end', async () => {
    const box = new ScriptedInbox();
    let arrive: () => void = () => undefined;
    const ordinary = box.openEncrypted;
    box.openEncrypted = async (row) => {
      if (row.seq !== 2) return ordinary(row);
      const later = new Promise<void>((resolve) => {
        arrive = resolve;
      }).then(() => ordinary(row));
      return { kind: 'held', later };
    };
    box.rows = [1, 2, 3].map((seq) => ({
      version: 'v2',
      seq,
      message_id: `m-${seq}`,
      from_aid: 'nora.demo.example',
    }));
    await box.inbox.fill();
    await settle();
    expect(box.seqs).toEqual([1, 3]);
    expect(box.cursor).toBe(1);
    arrive();
    await settle();
    expect(box.seqs).toEqual([1, 3, 2]);
    await box.clock.advance(ACK_INTERVAL_MS);
    expect(box.cursor).toBe(3);
  });

  it('consumes a replay under another number without a word', async () => {
    const box = new ScriptedInbox();
    box.rows = [plainRow(1), { ...plainRow(2), message_id: 'id-1' }, plainRow(3)];
    await box.inbox.fill();
    await settle();
    expect(box.seqs).toEqual([1, 3]);
    expect(box.cursor).toBe(3);
  });

  it('tells of a recall once, whether it is pushed, pulled, or both', async () => {
    const box = new ScriptedInbox(1);
    const payload = { type: 'message.recalled', message_ids: ['id-1'], recalled_by: 'nora.demo.example' };
    const notice = {
      version: 'v1',
      seq: 2,
      message_id: 'rc-1',
      from_aid: 'nora.demo.example',
      type: 'message.recalled',
    };
    box.rows = [{ ...notice, legacy_v1: { payload } }, plainRow(3)];
    await box.push('message.recalled', {
      ...payload,
      seq: 2,
      message_id: 'rc-1',
      tombstone_message_id: 'rc-1',
      from: 'nora.demo.example',
    });
    await box.inbox.pull({ after_seq: 0, force: true });
    await settle();
    expect(box.events.map(({ event }) => event)).toEqual(['message.recalled', 'message.received']);
    expect(box.events[0]?.message).toMatchObject({
      message_ids: ['id-1'],
      tombstone_message_id: 'rc-1',
      seq: 2,
    });
  });

  it('tries again when a background pull fails on the way, and not for other failures', async () => {
    const box = new ScriptedInbox();
    box.rows = [plainRow(1)];
    const serve = box.answer;
    let failures = 2;
    box.answer = async (call) => {
      if (failures-- > 0) throw new NetworkError('no way');
      return serve(call);
    };
    void box.inbox.fill();
    await box.clock.advance(5_000);
    expect(box.seqs).toEqual([1]);
  });

  it('stops background pulls with the connection', async () => {
    const box = new ScriptedInbox();
    box.rows = [plainRow(1)];
    box.answer = async () => {
      throw new NetworkError('closed');
    };
    void box.inbox.fill();
    await settle();
    box.inbox.stopFilling();
    await box.clock.advance(60_000);
    expect(box.calls).toHaveLength(1);
    expect(box.clock.timers).toBe(0);
  });

  it('starts no background pull while the client is not ready', async () => {
    const box = new ScriptedInbox();
    box.rows = [plainRow(1)];
    box.ready = false;
    await box.inbox.fill(1);
    expect(box.calls).toEqual([]);
    expect(box.clock.timers).toBe(0);
  });

  describe('acknowledges pushes in the background', () => {
    const acked = (box: ScriptedInbox) => paramsOf(box, 'message.v2.ack').map(({ up_to_seq }) => up_to_seq);

    it('at once after a quiet time, and then the rest of a burst together', async () => {
      const box = new ScriptedInbox();
      for (let seq = 1; seq <= 20; seq += 1) await box.push('message.received', plainPush(seq));
      expect(acked(box)).toEqual([1]);
      await box.clock.advance(ACK_INTERVAL_MS);
      expect(acked(box)).toEqual([1, 20]);
      await box.clock.advance(60_000);
      await box.push('message.received', plainPush(21));
      expect(acked(box)).toEqual([1, 20, 21]);
      expect(box.clock.timers).toBe(0);
    });

    it('never more than was handed over', async () => {
      const box = new ScriptedInbox();
      let finish: () => void = () => undefined;
      await box.push('message.received', plainPush(1));
      box.onEvent = () => new Promise((resolve) => (finish = resolve));
      await box.push('message.received', plainPush(2));
      await box.clock.advance(1_000);
      expect(acked(box)).toEqual([1]);
      finish();
      await settle();
      expect(acked(box)).toEqual([1, 2]);
    });

    it('at once when the connection is about to be closed', async () => {
      const box = new ScriptedInbox();
      for (let seq = 1; seq <= 3; seq += 1) await box.push('message.received', plainPush(seq));
      box.inbox.flushAcks();
      await settle();
      expect(acked(box)).toEqual([1, 3]);
      box.inbox.flushAcks();
      await box.clock.advance(1_000);
      expect(acked(box)).toEqual([1, 3]);
    });

    it('on the next connection when this one is lost before', async () => {
      const box = new ScriptedInbox();
      for (let seq = 1; seq <= 3; seq += 1) await box.push('message.received', plainPush(seq));
      box.inbox.stopFilling();
      expect(box.clock.timers).toBe(0);
      await box.clock.advance(1_000);
      await box.inbox.fill();
      await settle();
      expect(acked(box)).toEqual([1, 3]);
    });

    it('also when the clock is set back', async () => {
      const box = new ScriptedInbox();
      await box.push('message.received', plainPush(1));
      box.clock.jump(-3_600_000);
      await box.push('message.received', plainPush(2));
      expect(acked(box)).toEqual([1, 2]);
    });
  });
});
