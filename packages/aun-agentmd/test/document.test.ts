import { PrivateKey, utf8Encode } from 'aun-crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  AgentMdError,
  contentEtag,
  extractAgentMdAid,
  lintAgentMd,
  MAX_FRONTMATTER_BYTES,
  normalizeAgentMdPayload,
  parseAgentMd,
  parseFrontmatter,
  SIGNATURE_MARKER,
  signAgentMd,
  strongEtag,
  verifyAgentMd,
} from '../src/index.js';
import { card, createIdentity, type Identity, runs, start } from './support.js';

const aid = 'nora.example.test';
let nora: Identity;

beforeAll(async () => {
  nora = await createIdentity(aid);
});

/** Texts that come close to documents: line ends, markers, quotes, anything else. */
const documents = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\n',
        '\r\n',
        '\r',
        '---',
        `${SIGNATURE_MARKER}\n`,
        '-->',
        'aid: ',
        aid,
        '\ufeff',
        'cert_fingerprint: x',
      ),
      fc.string({ maxLength: 20 }),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(''));

describe('signing', () => {
  it('makes documents that verify, for every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (body) => {
        const { certificate, privateKey } = nora;
        const signed = signAgentMd(`---\naid: ${aid}\n---\n${body}`, { certificate, privateKey, now: start });
        const result = verifyAgentMd(signed, certificate, aid, { now: start });
        expect(result).toMatchObject({ ok: true, data: { status: 'verified', timestamp: start / 1000 } });
        expect(verifyAgentMd(utf8Encode(signed), certificate.pem, aid, { now: start })).toEqual(result);
        const again = signAgentMd(signed, { certPem: certificate.pem, privateKey, now: start });
        expect(parseAgentMd(again).payload).toBe(parseAgentMd(signed).payload);
      }),
      { numRuns: runs(100) },
    );
  });

  it('of hostile text still leaves exactly its payload in front of the block', () => {
    fc.assert(
      fc.property(documents, (text) => {
        const payload = normalizeAgentMdPayload(text);
        const { certificate, privateKey } = nora;
        const signed = signAgentMd(text, { certificate, privateKey, now: start });
        expect(signed.startsWith(payload)).toBe(true);
        expect(parseAgentMd(signed).payload).toBe(payload);
        expect(parseAgentMd(signed).fields).not.toBeNull();
      }),
      { numRuns: runs(300) },
    );
  });

  it('any change of the payload breaks it', () => {
    const signed = card(nora);
    const end = signed.lastIndexOf(SIGNATURE_MARKER);
    fc.assert(
      fc.property(fc.nat(end - 1), fc.string({ minLength: 1, maxLength: 3 }), (at, text) => {
        const changed = signed.slice(0, at) + text + signed.slice(at + text.length);
        fc.pre(changed.slice(0, end) !== signed.slice(0, end) || changed.length !== signed.length);
        const result = verifyAgentMd(changed, nora.certificate, aid, { now: start });
        expect(result.ok && result.data.status).not.toBe('verified');
      }),
      { numRuns: runs(200) },
    );
  });

  it('refuses a key that does not belong to the certificate', () => {
    const attempt = () =>
      signAgentMd('x', { certificate: nora.certificate, privateKey: PrivateKey.generate() });
    expect(attempt).toThrow(AgentMdError);
    expect(() => signAgentMd('x', { certPem: 'junk', privateKey: nora.privateKey })).toThrow(AgentMdError);
  });
});

describe('verifying', () => {
  it('against the certificate of another agent is a mismatch, whoever signed', async () => {
    const omar = await createIdentity('omar.example.test');
    const mismatch = { ok: true, data: { status: 'invalid', reason: 'certificate fingerprint mismatch' } };
    const now = start;
    expect(verifyAgentMd(card(nora), omar.certificate, aid, { now })).toMatchObject(mismatch);
    expect(verifyAgentMd(card(nora), omar.certificate, aid, { certValid: true })).toMatchObject(mismatch);
    // Omar signs a card that names Nora.
    const forged = card({ ...omar, aid });
    expect(verifyAgentMd(forged, omar.certificate, aid, { now })).toMatchObject(mismatch);
    expect(verifyAgentMd(card(nora), omar.certificate, omar.aid, { now })).toMatchObject({
      data: { status: 'invalid', reason: 'aid mismatch', aid },
    });
    expect(verifyAgentMd(card(nora, 'x', false), omar.certificate, aid, { now })).toMatchObject({
      data: { status: 'unsigned' },
    });
  });

  it('names a malformed line as a whole, unless it is huge', () => {
    const reason = (line: string) => parseAgentMd(`${SIGNATURE_MARKER}\n${line}\n-->`).parseError ?? '';
    expect(reason('x'.repeat(4000))).toBe(`malformed signature field: ${'x'.repeat(4000)}`);
    expect(reason('x'.repeat(900_000)).length).toBeLessThan(20_000);
  });

  it('needs a certificate that is valid now', () => {
    const text = card(nora);
    const verify = (certificate: typeof nora.certificate | string, who: string, now: number) => {
      const result = verifyAgentMd(text, certificate, who, { now });
      return result.ok ? result.data.status : result.error.code;
    };
    expect(verify(nora.certificate, aid, start)).toBe('verified');
    expect(verify(nora.certificate, aid, nora.certificate.notAfter.getTime() + 1)).toBe('CERT_NOT_VALID');
    expect(verify(nora.certificate, aid, nora.certificate.notBefore.getTime() - 1)).toBe('CERT_NOT_VALID');
    expect(verify('junk', aid, start)).toBe('CERT_PARSE_ERROR');
  });

  it('warns of fingerprints that have only 16 digits', () => {
    const { fingerprint } = nora.certificate;
    const text = card(nora).replace(fingerprint, fingerprint.slice(7, 23));
    expect(verifyAgentMd(text, nora.certificate, aid, { now: start })).toMatchObject({
      data: { status: 'verified', warnings: ['weak_fingerprint'] },
    });
    expect(verifyAgentMd(card(nora), nora.certificate, aid, { now: start })).not.toHaveProperty(
      'data.warnings',
    );
  });

  it('answers every text and every byte string', () => {
    fc.assert(
      fc.property(fc.oneof(documents, fc.uint8Array({ maxLength: 200 })), (content) => {
        const result = verifyAgentMd(content, nora.certificate, aid, { now: start });
        if (result.ok) expect(['unsigned', 'invalid']).toContain(result.data.status);
        else expect(result.error.code).toBe('VERIFICATION_OPERATION_ERROR');
      }),
      { numRuns: runs(500) },
    );
  });

  it('does not slow down on hostile blocks', () => {
    const text = `${SIGNATURE_MARKER}\n${'\n-->  x'.repeat(20_000)}`;
    expect(parseAgentMd(text).parseError).toBe('malformed signature block');
    expect(
      parseAgentMd(`${SIGNATURE_MARKER}\n${':\n'.repeat(50_000)}\n-->${' '.repeat(50_000)}x`).fields,
    ).toBeNull();
  });

  it('does not let a field name reach the prototype', () => {
    const block = card(nora).replace('timestamp:', '__proto__: x\nconstructor: y\ntimestamp:');
    const { fields } = parseAgentMd(block);
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
    expect(verifyAgentMd(block, nora.certificate, aid, { now: start })).toMatchObject({
      data: { status: 'verified' },
    });
  });
});

describe('the frontmatter', () => {
  const fields = (yaml: string) => {
    const parsed = parseFrontmatter(`---\n${yaml}\n---\nbody\n`);
    return parsed.ok ? parsed.data.fields : parsed.error.code;
  };

  it('is a YAML mapping of the core schema', () => {
    expect(
      fields('aid: nora.example.test\ntags: [office, calendar]\nn: 1.5\nyes: true\nday: 2026-01-02'),
    ).toEqual({
      aid,
      tags: ['office', 'calendar'],
      n: 1.5,
      yes: true,
      day: '2026-01-02',
    });
  });

  it('may begin with a BOM and end its lines with CRLF', () => {
    const parsed = parseFrontmatter(utf8Encode(`\ufeff---\r\naid: ${aid}\r\n---\r\nbody`));
    expect(parsed).toMatchObject({ ok: true, data: { fields: { aid }, body: 'body' } });
  });

  it.each([
    ['is missing', '# Hi'],
    ['is not closed', '---\naid: x'],
    ['is a list', '---\n- a\n---\n'],
    ['is empty', '---\n---\n'],
    ['is a text', '---\nhello\n---\n'],
    ['is broken', '---\n{\n---\n'],
    ['has a key twice', '---\na: 1\na: 2\n---\n'],
    ['has an anchor', '---\na: &x 1\n---\n'],
    ['has an alias', '---\na: &x 1\nb: *x\n---\n'],
    ['has a tag of its own', '---\na: !!js/function "x"\n---\n'],
    ['is nested too deep', `---\na: ${'['.repeat(1000)}${']'.repeat(1000)}\n---\n`],
    [
      'is nested too deep in blocks',
      `---\n${Array.from({ length: 400 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')}\n---\n`,
    ],
    ['is nested too deep in lists', `---\na:\n ${'- '.repeat(500)}x\n---\n`],
    ['is too large', `---\na: ${'x'.repeat(MAX_FRONTMATTER_BYTES)}\n---\n`],
  ])('is refused when it %s', (_what, document) => {
    expect(parseFrontmatter(document)).toMatchObject({ error: { code: 'AGENTMD_PARSE_ERROR' } });
  });

  it('may hold any number of brackets in texts and comments', () => {
    const brackets = '['.repeat(100);
    const tags = Array.from({ length: 30 }, () => '"[[["').join(', ');
    expect(fields(`tags: [${tags}]`)).toEqual({ tags: Array(30).fill('[[[') });
    expect(fields(`a: '${brackets}'\nb: x ${brackets}\nc: |\n  ${brackets}\n# ${brackets}`)).toEqual({
      a: brackets,
      b: `x ${brackets}`,
      c: `${brackets}\n`,
    });
  });

  it.each([
    ["a: it's ", ''],
    ["a: '", ''],
    ['a: "', ''],
    ['a: "x" ', ''],
    ['a: [it"s, ', ']'],
    ["a: ['x': ", ']'],
    ['a: |\n  x\nb: ', ''],
    ['# "\na: ', ''],
    ['? ', ''],
    ['a: !x ', ''],
  ])('does not let a quote hide depth: %j', (before, after) => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const parsed = parseFrontmatter(`---\n${before}${deep}${after}\n---\n`);
    if (parsed.ok) expect(JSON.stringify(parsed.data.fields).length).toBeGreaterThan(40_000);
    else expect(parsed.error.code).toBe('AGENTMD_PARSE_ERROR');
  });

  it('is refused when it is no UTF-8', () => {
    expect(parseFrontmatter(Uint8Array.from([0xff]))).toMatchObject({
      error: { code: 'AGENTMD_PARSE_ERROR' },
    });
  });

  it('cannot blow up: the billion laughs are refused at the first anchor', () => {
    const laughs = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`);
    expect(fields(['a0: &a0 lol', ...laughs].join('\n'))).toBe('AGENTMD_PARSE_ERROR');
  });

  it('does not reach the prototype', () => {
    const value = fields('__proto__: { polluted: true }\nconstructor: 1');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(value).toHaveProperty('constructor', 1);
  });

  it('is answered for every text', () => {
    const yaml = fc
      .array(
        fc.oneof(
          fc.constantFrom(
            '\n',
            '- ',
            'a: ',
            '  ',
            '[',
            ']',
            '{',
            '}',
            '"',
            "'",
            '|',
            '>',
            '&a',
            '*a',
            '!!x',
            '#',
            '? ',
            '%',
            '<<: ',
          ),
          fc.string({ maxLength: 8 }),
        ),
        { maxLength: 40 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(yaml, (text) => {
        const result = parseFrontmatter(`---\n${text}\n---\n`);
        expect(result.ok || result.error.code === 'AGENTMD_PARSE_ERROR').toBe(true);
        lintAgentMd(`---\n${text}\n---\n`);
        extractAgentMdAid(text);
      }),
      { numRuns: runs(500) },
    );
  });
});

describe('lint', () => {
  const good = `---\naid: ${aid}\nname: Nora\ntype: assistant\nversion: "1.2.0"\ndescription: Books rooms\n---\n# Nora\n`;
  const findings = (text: string) => lintAgentMd(text).map(({ level, field }) => `${level} ${field}`);

  it('has nothing to say about a good card, signed or not', () => {
    const { certificate, privateKey } = nora;
    expect(lintAgentMd(good)).toEqual([]);
    expect(lintAgentMd(signAgentMd(good, { certificate, privateKey, now: start }))).toEqual([]);
  });

  it.each([
    ['no frontmatter', '# Hi', ['error frontmatter']],
    ['no aid', good.replace(`aid: ${aid}\n`, ''), ['error aid']],
    ['a bad aid', good.replace(aid, 'x'), ['error aid']],
    ['a group aid', good.replace(aid, '10042.example.test'), []],
    ['no name', good.replace('name: Nora\n', ''), ['warning name']],
    ['a number as version', good.replace('"1.2.0"', '1.2'), ['warning version']],
    ['a short version', good.replace('"1.2.0"', '"1.2"'), ['warning version']],
    ['another type', good.replace('assistant', 'robot'), ['warning type']],
    ['a long description', good.replace('Books rooms', 'x'.repeat(101)), ['warning description']],
    ['tags that are no list', good.replace('type:', 'tags: a\ntype:'), ['warning tags']],
    ['an unknown visibility', good.replace('type:', 'visibility: secret\ntype:'), ['warning visibility']],
    ['a long text', good + 'x'.repeat(5000), ['warning document']],
    ['a BOM', `\ufeff${good}`, ['warning document']],
    ['a marker that is shown', `${good}${SIGNATURE_MARKER} is the marker\n`, ['error signature']],
    ['bytes that are no UTF-8', 'x', ['error frontmatter']],
  ])('remarks on %s', (_what, text, expected) => {
    expect(findings(text)).toEqual(expected);
  });

  it('warns of a marker at the start of a line in front of the real block', () => {
    const { certificate, privateKey } = nora;
    const signed = signAgentMd(good, { certificate, privateKey, now: start });
    const stacked = `${good}${SIGNATURE_MARKER}\nshown\n${signed.slice(signed.lastIndexOf(SIGNATURE_MARKER))}`;
    expect(findings(stacked)).toEqual(['warning document']);
  });
});

describe('the ETag', () => {
  it('covers all bytes and carries quotes', () => {
    expect(contentEtag('')).toBe('"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"');
    expect(contentEtag('\ufeffa\r\n')).toBe(contentEtag(utf8Encode('\ufeffa\r\n')));
    expect(contentEtag('a\r\n')).not.toBe(contentEtag('a\n'));
  });

  it.each([
    ['"a"', '"a"'],
    [' W/"a" ', '"a"'],
    ['', ''],
  ])('is compared in its strong form: %s', (header, expected) => {
    expect(strongEtag(header)).toBe(expected);
  });
});
