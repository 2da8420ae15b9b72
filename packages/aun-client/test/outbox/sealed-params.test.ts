import { PrivateKey } from 'aun-crypto';
import { describe, expect, it } from 'vitest';
import { ParamsSeal } from '../../src/outbox/sealed-params.js';

describe('the seal of queued messages (08, last section)', () => {
  const params = { to: 'otto.demo.example', payload: { text: 'schön' } };

  it('is opened by its own key and by no other', () => {
    const seal = new ParamsSeal(PrivateKey.generate());
    const sealed = seal.seal(params);
    expect(seal.open(sealed)).toEqual(params);
    expect(new ParamsSeal(PrivateKey.generate()).open(sealed)).toBeNull();
    expect(seal.open(new Uint8Array(3))).toBeNull();
    expect(seal.open(sealed.with(20, (sealed[20] ?? 0) ^ 1))).toBeNull();
  });

  it('is opened by every earlier key of the agent, and made with the newest', () => {
    const [first, second, third] = [PrivateKey.generate(), PrivateKey.generate(), PrivateKey.generate()];
    const now = new ParamsSeal(third, [second, first]);
    for (const key of [first, second, third])
      expect(now.open(new ParamsSeal(key).seal(params))).toEqual(params);
    expect(new ParamsSeal(third).open(now.seal(params))).toEqual(params);
  });

  it('opens nothing after close', () => {
    const [first, second] = [PrivateKey.generate(), PrivateKey.generate()];
    const seal = new ParamsSeal(second, [first]);
    const sealed = [first, second].map((key) => new ParamsSeal(key).seal(params));
    seal.close();
    expect(sealed.map((bytes) => seal.open(bytes))).toEqual([null, null]);
  });
});
