import { type Agent, meet } from './agent.js';
import { within } from './explain.js';
import { Inbox } from './inbox.js';
import type { Timeline } from './timeline.js';

/** A message that was really sent, kept to look for it in the gateway's files afterwards. */
export interface SentMessage {
  readonly messageId: string;
  readonly text: string;
}

const patience = 20;

/** Alice sends each text, Bobby answers; the last words are sent while Bobby is away. */
export async function converse(
  alice: Agent,
  bobby: Agent,
  texts: readonly string[],
  timeline: Timeline,
): Promise<readonly SentMessage[]> {
  await Promise.all([meet(alice, bobby, timeline), meet(bobby, alice, timeline)]);
  const inboxes = { alice: new Inbox(alice.client), bobby: new Inbox(bobby.client) };
  await timeline.timed('both connect', () => Promise.all([alice.client.connect(), bobby.client.connect()]));

  const sent: SentMessage[] = [];
  const say = async (from: Agent, to: Agent, text: string) => {
    const started = performance.now();
    const result = await from.client.call('message.send', { to: to.aid, payload: { type: 'text', text } });
    sent.push({ messageId: String(result.message_id), text });
    return { started, acknowledged: performance.now() };
  };

  timeline.heading('The conversation');
  for (const [index, text] of texts.entries()) {
    const times = await say(alice, bobby, text);
    const received = await within(patience, `message ${index + 1} to bobby`, inboxes.bobby.next());
    timeline.message(alice, bobby, received, times);

    const answer = `${index + 1} of ${texts.length} received, ${[...received.text].length} characters. Thank you!`;
    const answerTimes = await say(bobby, alice, answer);
    timeline.message(
      bobby,
      alice,
      await within(patience, 'the answer to alice', inboxes.alice.next()),
      answerTimes,
    );
  }

  await bobby.client.disconnect();
  timeline.note('bobby goes offline');
  const missed = await say(alice, bobby, 'You are offline, so this one waits for you.');
  timeline.waiting(alice, bobby, 'You are offline, so this one waits for you.', missed);
  await bobby.client.connect();
  timeline.note('bobby is back');
  const after = await say(alice, bobby, 'And this one comes after it.');
  timeline.message(alice, bobby, await within(patience, 'the missed message', inboxes.bobby.next()), missed);
  timeline.message(alice, bobby, await within(patience, 'the message after it', inboxes.bobby.next()), after);
  inboxes.bobby.expectOrder();
  return sent;
}
