import { expect, it } from 'vitest';
import { onHidden } from '../../src/browser/on-hidden.js';

class FakeDocument extends EventTarget {
  visibilityState = 'visible';
}
class FakeWindow extends EventTarget {
  readonly document = new FakeDocument();
}

it('tells when a page is hidden or left, until nobody listens any more', () => {
  const page = new FakeWindow();
  let told = 0;
  const end = onHidden(page)(() => {
    told += 1;
  });
  page.document.dispatchEvent(new Event('visibilitychange'));
  expect(told).toBe(0);
  page.document.visibilityState = 'hidden';
  page.document.dispatchEvent(new Event('visibilitychange'));
  page.dispatchEvent(new Event('pagehide'));
  expect(told).toBe(2);
  end();
  page.dispatchEvent(new Event('pagehide'));
  page.document.dispatchEvent(new Event('visibilitychange'));
  expect(told).toBe(2);
});

it('tells nothing in a worker, which has no document, or where there are no events', () => {
  for (const scope of [new EventTarget(), {}]) expect(() => onHidden(scope)(() => undefined)()).not.toThrow();
});
